//! No input makes reading, deciding or wording panic, or yields a message that cannot be published.

#![no_main]

#[path = "../../tests/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use rootwatch_root_event::{
    Activity, Assessment, Context, Decision, Guide, ReadOnly, Sender, assess, digest, explain,
    message, parse, reports, unreadable_message,
};
use serde_json::Value;
use sound::is_sound;

/// How many messages a batch may become.
const MOST: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    let name = String::from_utf8_lossy(bytes);
    let context = Context::new()
        .account_name(Some(&name))
        .target_name(Some(&name))
        .owner(Some(&name))
        .guide(Guide {
            runbook: Some(&name),
            contact: Some(&name),
            sender: Some(Sender {
                name: &name,
                account: "111122223333",
                region: "eu-west-1",
            }),
        });
    match parse(bytes) {
        Err(why) => is_sound(&unreadable_message(bytes, &why, &context)),
        Ok(events) => {
            let all: Vec<Assessment> = events.iter().map(assess).collect();
            all.iter().for_each(|it| check(it, &context));
            digest(&all, &context).iter().for_each(is_sound);
            all_are_reported(&all, &context);
            if is_record_of_root(bytes) {
                assert!(all.iter().all(is_reported));
            }
        }
    }
});

fn check(it: &Assessment, context: &Context<'_>) {
    is_sound(&message(it, context));
    for (_, read_only) in ReadOnly::ALL {
        let under = it.clone().under(read_only);
        let is_reported = explain(&under, context).text.is_some();
        assert_eq!(is_reported, under.decision != Decision::Ignore);
    }
}

/// As a batch: few messages, and each event in one of them.
fn all_are_reported(all: &[Assessment], context: &Context<'_>) {
    let reports = reports(all, MOST);
    assert!(reports.len() <= MOST);
    for report in &reports {
        report.message(all, context).iter().for_each(is_sound);
    }
    let reported: usize = reports.iter().map(|report| report.events.len()).sum();
    let wanted = all.iter().filter(|it| it.decision != Decision::Ignore);
    assert_eq!(reported, wanted.count());
}

/// A bare record, not wrapped in anything that would be read differently.
fn is_record_of_root(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return false;
    };
    let others = ["detail", "Records", "Events", "CloudTrailEvent"];
    value["userIdentity"]["type"] == "Root" && others.iter().all(|key| value.get(key).is_none())
}

/// The only exception is what a service does on behalf of root.
fn is_reported(it: &Assessment) -> bool {
    it.decision != Decision::Ignore || it.activity == Activity::ServiceMade
}
