//! Every answer about a pattern, held against that of Event Ruler, AWS's own matcher.

use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Oracle {
    rows: Vec<(String, Value, Value, Value)>,
}

/// Rows of which we know less than Event Ruler, and why. This list may only get shorter.
const UNKNOWN: &[(&str, &str)] = &[(
    "300 digits",
    "Event Ruler compares the texts of such numbers, and serde_json does not keep them",
)];

#[test]
fn every_answer_is_that_of_event_ruler_or_unknown() {
    let oracle: Oracle = serde_json::from_str(include_str!("oracles/patterns.json")).unwrap();
    assert_eq!(oracle.rows.len(), 124);
    let mut unknown = Vec::new();
    for (what, pattern, event, answer) in &oracle.rows {
        let ours = matches(pattern, event);
        match (&ours, answer.as_bool()) {
            (Answer::Unknown(_), Some(_)) => unknown.push(what.as_str()),
            (_, Some(yes)) => assert_eq!(ours, Answer::of(yes), "{what}: {pattern} {event}"),
            // A pattern that Event Ruler refuses cannot be deployed, so there is no answer.
            (_, None) => {
                assert_eq!(answer, "refused", "{what}");
                assert!(matches!(ours, Answer::Unknown(_)), "{what}: {ours:?}");
            }
        }
    }
    let listed: Vec<&str> = UNKNOWN.iter().map(|(what, _)| *what).collect();
    assert_eq!(unknown, listed);
}
