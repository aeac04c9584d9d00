use crate::world::{REGION, World};
use serde_json::{Value, json};

#[test]
fn patterns_are_judged_as_the_emulator_judges_them() {
    let world = World::new();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cases = include_str!("../fixtures/patterns.json");
    let cases: Vec<(Value, Value, bool)> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() >= 25);
    for (pattern, fields, expected) in cases {
        // EventBridge wants a whole event; the case's fields are its detail.
        let event = json!({"id": "1", "account": "1", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [], "detail-type": "t", "detail": fields});
        let call = client
            .test_event_pattern()
            .event_pattern(json!({"detail": pattern}).to_string());
        let answer = runtime
            .block_on(call.event(event.to_string()).send())
            .unwrap();
        assert_eq!(answer.result, expected, "{pattern} {fields}");
    }
}
