//! The forms of other services, by example: `tests/golden/formats/<message>.<format>.json`.

use rootwatch_root_event::{
    Format, Message, Route, digest, message, parse, reports, unreadable_message,
};
use serde_json::{Value, json};

use crate::golden::{compare, session, sorted};
use crate::reports::storms;
use crate::sound::{is_sound, ocsf_schema, violations};
use crate::{context, fixture, helpful};

/// What differs in form: an event, several, many accounts, what could not be read, a test, and what anybody may write.
fn examples() -> Vec<(&'static str, Message)> {
    let bytes = b"{\"half";
    let unreadable = unreadable_message(bytes, &parse(bytes).unwrap_err(), &context());
    let of = |name| message(&fixture(name), &helpful());
    let storm = storms()
        .into_iter()
        .find(|(name, _)| *name == "storm-others");
    vec![
        ("credential-access-key", of("credential-access-key")),
        ("privileged-session-start", of("privileged-session-start")),
        ("canary", of("canary")),
        ("hostile", of("hostile")),
        ("digest", digest(&session(), &helpful()).unwrap()),
        ("storm-others", storm.unwrap().1),
        ("unreadable", unreadable),
    ]
}

#[test]
fn each_form_by_example() {
    for (name, message) in examples() {
        is_sound(&message);
        for (word, format) in Format::OF_ROUTES {
            if ![Format::Text, Format::Chatbot].contains(&format) {
                let mut body = message.body(format);
                if format == Format::Ocsf {
                    let raw: Value =
                        serde_json::from_str(body["raw_data"].as_str().unwrap()).unwrap();
                    assert_eq!(raw, message.json, "nothing is lost");
                    body["raw_data"] = json!("the body for programs");
                    body["metadata"]["product"]["version"] = json!("0.0.0");
                }
                let text = format!("{:#}\n", sorted(&body));
                compare(&format!("formats/{name}.{word}.json"), &text);
            }
        }
    }
}

#[test]
fn the_schema_of_ocsf_finds_what_is_wrong() {
    let mut finding = message(&fixture("api-write"), &context()).body(Format::Ocsf);
    assert_eq!(
        violations(&finding, &ocsf_schema(), ""),
        Vec::<String>::new()
    );
    finding["severity_id"] = json!(9);
    finding["surprise"] = json!(1);
    finding["metadata"]["product"] = json!({ "version": "1" });
    finding.as_object_mut().unwrap().remove("cloud");
    assert_eq!(violations(&finding, &ocsf_schema(), "").len(), 4);
}

/// The same message is one incident, however often it comes, and another is another.
#[test]
fn what_is_delivered_twice_is_one_incident() {
    let key = |message: &Message| message.body(Format::PagerDuty)["dedup_key"].clone();
    let mut it = fixture("api-write");
    let first = message(&it, &context());
    assert_eq!(key(&first), key(&message(&it, &helpful())));
    assert_eq!(
        key(&first),
        message(&it, &context()).body(Format::Jira)["alias"]
    );
    assert_eq!(
        key(&first),
        message(&it, &context()).body(Format::Ocsf)["finding_info"]["uid"]
    );
    // The same session goes on: an incident that is acknowledged must not swallow it.
    it.event_id = Some("00000000-1111-4222-8333-999999999999".to_owned());
    assert_ne!(key(&first), key(&message(&it, &context())));
    // What an archive has sent again is no new incident of the old one.
    let mut replayed = fixture("api-write");
    replayed.replay = Some("look-again".to_owned());
    assert_ne!(key(&first), key(&message(&replayed, &context())));
    let digests = digest(&session(), &context()).unwrap();
    assert_eq!(key(&digests), key(&digest(&session(), &context()).unwrap()));
    assert_ne!(key(&digests), key(&first));
}

#[test]
fn a_route_takes_what_is_of_its_accounts_units_and_severity() {
    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:payments";
    let takes = |words: &str, message: &Message, units: &[&str]| {
        let units: Vec<String> = units.iter().map(|&it| it.to_owned()).collect();
        Route::parse(TOPIC, words).unwrap().takes(message, &units)
    };
    let read = message(&fixture("api-read"), &context());
    let start = message(&fixture("privileged-session-start"), &context());
    let bytes = b"{";
    let unreadable = unreadable_message(bytes, &parse(bytes).unwrap_err(), &context());
    for (words, message, units, expected) in [
        ("all", &read, &[][..], true),
        ("all", &unreadable, &[], true),
        ("severity=low", &read, &[], true),
        ("severity=high", &read, &[], false),
        ("of=111122223333", &read, &[], true),
        ("of=444455556666", &read, &[], false),
        (
            "of=444455556666,r-ab12",
            &read,
            &["ou-ab12-cdefgh34", "r-ab12"],
            true,
        ),
        ("of=ou-ab12-cdefgh34", &read, &["ou-ab12-other000"], false),
        ("of=111122223333", &unreadable, &[], false),
        // Of the caller's account, and of the one in which the session is.
        ("of=999988887777", &start, &[], true),
        ("of=111122223333", &start, &[], true),
        ("severity=critical of=111122223333", &start, &[], false),
    ] {
        assert_eq!(
            takes(words, message, units),
            expected,
            "{words}: {}",
            message.subject
        );
    }
    // One of several accounts is enough.
    let mut batch = vec![fixture("failed-sign-in"), fixture("failed-sign-in")];
    batch[1].account = Some("444455556666".to_owned());
    batch[1].event_id = Some("another".to_owned());
    let spray = reports(&batch, 20)[0].message(&batch, &context()).unwrap();
    assert!(takes("of=444455556666", &spray, &[]));
}
