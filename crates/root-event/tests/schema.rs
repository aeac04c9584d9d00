//! Every JSON body is valid against the committed schema. The checker knows the few keywords that the schema uses.

use rootwatch_root_event::{ALERT_SCHEMA, assess, digest, message, parse, unreadable_message};

use crate::golden::session;
use crate::sound::{is_sound, obeys, violations};
use crate::{context, fixtures};

#[test]
fn every_message_obeys_the_schema() {
    for (_, event) in fixtures() {
        is_sound(&message(&assess(&event), &context()));
    }
    is_sound(&digest(&session(), &context()).unwrap());
    obeys(&unreadable_message(b"{", &parse(b"{").unwrap_err(), &context()).json);
}

#[test]
fn the_checker_finds_violations() {
    let schema: serde_json::Value = serde_json::from_str(ALERT_SCHEMA).unwrap();
    let bad = serde_json::json!({ "schema": "rootwatch.alert/2", "surprise": 1, "notes": [3] });
    assert_eq!(violations(&bad, &schema, "message").len(), 4);
}
