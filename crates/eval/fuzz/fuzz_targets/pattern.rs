//! No pattern and no event, and no filter policy and no message, make matching them panic or take for ever. The input is a
//! pattern, a line, and an event.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Some(at) = bytes.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (pattern, event) = (&bytes[..at], &bytes[at + 1..]);
    let (Ok(pattern), Ok(event)) = (
        serde_json::from_slice::<Value>(pattern),
        serde_json::from_slice::<Value>(event),
    ) else {
        return;
    };
    let answer = matches(&pattern, &event);
    // The same question has the same answer.
    assert_eq!(matches(&pattern, &event), answer);
    // More ways to match never make a match none.
    let wider = json!({ "$or": [pattern, { "no.such": [{ "exists": true }] }] });
    if answer == Answer::Yes {
        assert_ne!(matches(&wider, &event), Answer::No, "{wider}");
    }
});
