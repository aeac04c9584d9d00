//! Three storms on the lab, each in a world of its own; each fails when an event is lost, or when the topic gets more than
//! eight messages in any second:
//!
//! - `mixed [EVENTS] [SECONDS]`: root events of many kinds, some of which come twice, while SNS fails for a while;
//! - `audits [SESSIONS]`: one administrator audits root's credentials in many accounts, which is five mails at the most;
//! - `refused [CALLS]`: calls of `sts:AssumeRoot` by one user are refused, and root of another account acts in the middle,
//!   whose alert is out within a minute.
//!
//! Without a name all three run. Smaller ones are among the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
// They are the tests', which need more of them.
#![allow(dead_code, unreachable_pub)]

#[path = "../tests/events/burst.rs"]
mod burst;
#[path = "../tests/events/collected.rs"]
mod collected;
#[path = "../tests/faults.rs"]
mod faults;
#[path = "../tests/schemas.rs"]
mod schemas;
#[path = "../tests/secrets.rs"]
mod secrets;
#[path = "../tests/steers.rs"]
mod steers;
#[path = "../tests/events/storms.rs"]
mod storms;
#[path = "../tests/world.rs"]
mod world;

use burst::Burst;
use std::fmt::Display;
use std::io::Write as _;
use std::time::Duration;

fn main() {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let words: Vec<String> = words.collect();
    let number = |place: usize, otherwise| {
        let word = words.get(place);
        word.map_or(otherwise, |word| word.parse().expect("a number"))
    };
    let mixed = || {
        let events = number(1, 5_000);
        let outage = Duration::from_secs(number(2, 20) as u64);
        let ledger = burst::run(Burst { events, outage });
        say("root events of many kinds", &ledger);
        ledger.check();
    };
    let audits = || {
        let storm = storms::audits(number(1, 1_000));
        say("sessions that audit root's credentials", &storm);
        storm.check_audits();
    };
    let refused = || {
        let storm = storms::refused(number(1, 5_000));
        say("refused calls of sts:AssumeRoot", &storm);
        storm.check_refused();
    };
    match words.first().map(String::as_str) {
        None => {
            audits();
            refused();
            mixed();
        }
        Some("mixed") => mixed(),
        Some("audits") => audits(),
        Some("refused") => refused(),
        Some(other) => panic!(
            "{other}? Known are mixed [EVENTS] [SECONDS], audits [SESSIONS], refused [CALLS]"
        ),
    }
}

fn say(what: &str, result: &dyn Display) {
    let mut out = std::io::stdout();
    writeln!(out, "{what}\n{result}").unwrap();
}
