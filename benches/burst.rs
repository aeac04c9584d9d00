//! 5,000 root events of many kinds in a burst, some of which come twice, while SNS fails for a while: counts where each
//! has ended, and fails when one is lost. A smaller one of it is among the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
// They are the tests', which need more of them.
#![allow(dead_code, unreachable_pub)]

#[path = "../tests/events/burst.rs"]
mod burst;
#[path = "../tests/faults.rs"]
mod faults;
#[path = "../tests/world.rs"]
mod world;

use burst::{Burst, run};
use std::io::Write as _;
use std::time::Duration;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut number = |otherwise| {
        words
            .next()
            .map_or(otherwise, |word| word.parse().expect("EVENTS SECONDS"))
    };
    let events = number(5_000);
    let outage = Duration::from_secs(number(20) as u64);
    let ledger = run(Burst { events, outage });
    let mut out = std::io::stdout();
    write!(out, "{ledger}").unwrap();
    ledger.check();
}
