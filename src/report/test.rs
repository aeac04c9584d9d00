//! The result of a test.

use super::{GREEN, RED, YELLOW};
use rootwatch_engine::canary::{Outcome, Sent};
use rootwatch_engine::one_line;
use rootwatch_engine::spokes::Location;
use std::fmt::Write;

/// The result, for people.
pub(crate) fn text(outcome: &Outcome) -> String {
    let mut text = ending(outcome);
    if let Some(warning) = &outcome.warning {
        let _ = writeln!(text, "{YELLOW}Warning{YELLOW:#}: {}.", one_line(warning));
    }
    text
}

fn ending(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.spokes.len() > 1 || !outcome.is_passed() {
        for (location, sent) in &outcome.spokes {
            text += &spoke_line(location, sent);
        }
    }
    for (hop, ms) in &outcome.hops {
        let _ = writeln!(text, "{ms:>8} ms  {hop}");
    }
    let Some(diagnosis) = &outcome.diagnosis else {
        let _ = writeln!(text, "{GREEN}Passed{GREEN:#}: the test event arrived.");
        return text;
    };
    let _ = writeln!(
        text,
        "{RED}Failed{RED:#}: it stopped {}.",
        diagnosis.stopped
    );
    for trace in &diagnosis.traces {
        let _ = writeln!(text, "  {}", one_line(trace));
    }
    for hop in &diagnosis.findings {
        let place = format!("account {}, {}", hop.account, hop.region);
        let _ = writeln!(
            text,
            "  {} in {place}, {}: {}",
            hop.resource,
            hop.check,
            one_line(&hop.finding)
        );
        if let Some(fix) = &hop.fix {
            let _ = writeln!(text, "    fix: {fix}");
        }
    }
    text
}

fn spoke_line(location: &Location, sent: &Sent) -> String {
    let (style, said) = match sent {
        Sent::Arrived { ms } => (GREEN, format!("on the hub's bus after {ms} ms")),
        Sent::Lost => (RED, "did not reach the hub's bus".to_owned()),
        Sent::Unsent { why } => (RED, format!("could not be sent: {}", one_line(why))),
    };
    format!(
        "{}  {:<15} {style}{said}{style:#}\n",
        location.account, location.region
    )
}
