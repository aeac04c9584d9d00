//! No bytes make finding events in their wrappers panic or take for ever, and an input without any says so.

#![no_main]
#![allow(dead_code, reason = "the program uses more of these modules")]

#[path = "../../src/commands/explain/gzip.rs"]
mod gzip;
#[path = "../../src/commands/explain/unwrap.rs"]
mod unwrap;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(opened) = gzip::opened(bytes) else {
        return;
    };
    // What is compressed may be a thousand times as much.
    if opened.len() > 1 << 20 {
        return;
    }
    let found = unwrap::all(&opened);
    assert!(!found.values.is_empty() || !found.unread.is_empty());
});
