//! The result of a test.

use super::{GREEN, RED, YELLOW, alike};
use anstyle::Style;
use rootwatch_engine::canary::{Audience, Diagnosis, Outcome, Sent};
use rootwatch_engine::findings::canary as kinds;
use rootwatch_engine::one_line;
use rootwatch_engine::spokes::Location;
use std::fmt::Write;

/// More places than this are counted, and only those that failed are named.
const MANY: usize = 20;
/// Of those that failed, the most that are named.
const MOST_NAMED: usize = 100;

/// The result, for people; the last line says whether somebody was notified.
pub(crate) fn text(outcome: &Outcome) -> String {
    let mut text = way(outcome);
    match &outcome.diagnosis {
        Some(diagnosis) => text += &stopped(diagnosis),
        None if outcome.is_passed() => {
            let _ = writeln!(text, "{GREEN}Passed{GREEN:#}: the test event arrived.");
        }
        None => return text + &in_vain(outcome),
    }
    for warning in outcome.warnings() {
        let _ = writeln!(text, "{YELLOW}Warning{YELLOW:#}: {}.", one_line(&warning));
    }
    text
}

/// Where the event was seen.
fn way(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.spokes.len() > MANY {
        text += &counted(outcome);
    } else if outcome.spokes.len() > 1 || !outcome.is_arrived() {
        let places = outcome.spokes.iter().collect();
        for group in alike::groups(places, trouble) {
            text += &spokes_line(&group);
        }
    }
    for (hop, ms) in &outcome.hops {
        let _ = writeln!(text, "{ms:>8} ms  {hop}");
    }
    text
}

/// Many places: how many there are of each result, and those that failed.
fn counted(outcome: &Outcome) -> String {
    let counts = outcome.counts();
    let failed = |sent: &Sent| !matches!(sent, Sent::Arrived { .. });
    let failures = outcome.spokes.iter().filter(|(_, sent)| failed(sent));
    let groups = alike::groups(failures.collect(), trouble);
    let named = groups.iter().take(MOST_NAMED);
    let mut text: String = named.map(|it| spokes_line(it)).collect();
    let more: usize = groups.iter().skip(MOST_NAMED).map(Vec::len).sum();
    if more > 0 {
        let _ = writeln!(text, "and {more} more: --output json names each");
    }
    let _ = write!(
        text,
        "{} of {} accounts and regions reached the hub's bus",
        counts.arrived, counts.tested
    );
    if let Some(ms) = counts.slowest_ms {
        let _ = write!(text, ", after at most {ms} ms");
    }
    for (count, what) in [
        (counts.late, "took longer than --wait"),
        (counts.lost, "did not"),
        (counts.not_sent, "could not be tested"),
    ] {
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    }
    text + "\n"
}

fn stopped(diagnosis: &Diagnosis) -> String {
    let mut text = format!(
        "{RED}Failed{RED:#}: it stopped {} ({}).\n",
        diagnosis.stopped, diagnosis.id
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
        text += &fix(hop.fix.as_deref(), "    ");
    }
    text
}

/// The event arrived, and that does not show that people are notified.
fn in_vain(outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(hop) = &outcome.trail {
        let (style, word) = match outcome.lost_before() {
            Some(_) => (RED, "Failed"),
            None => (YELLOW, "Warning"),
        };
        let found = one_line(&hop.finding);
        let _ = writeln!(
            text,
            "{style}{word}{style:#}: the test event arrived; real ones are another matter. {}: {found} ({}).",
            hop.resource,
            kinds::TRAIL
        );
        text += &fix(hop.fix.as_deref(), "  ");
    }
    let audience = &outcome.audience;
    let Some(problem) = audience.problem() else {
        return text;
    };
    if outcome.allow_nobody && audience.unknown.is_none() {
        let _ = writeln!(text, "{YELLOW}Warning{YELLOW:#}: {}.", one_line(&problem));
        return text;
    }
    let (how, who) = nobody(audience);
    text += &fix(how, "  ");
    let _ = writeln!(
        text,
        "{RED}Reached the topic. {} ({}){RED:#}",
        one_line(&who),
        outcome.audience.problem_id()
    );
    text
}

/// What to do, and the last line.
fn nobody(audience: &Audience) -> (Option<&'static str>, String) {
    match (&audience.unknown, audience.pending.as_slice()) {
        (Some(why), _) => (
            Some("allow the caller sns:ListSubscriptionsByTopic"),
            format!("Who is subscribed could not be read, so perhaps nobody was notified: {why}."),
        ),
        (None, []) => (
            Some(
                "run `rootwatch deploy hub` with --email and an address, and confirm by the link in the mail from SNS; --allow-nobody lets the test pass until then",
            ),
            "Nobody is subscribed, so nobody was notified.".into(),
        ),
        (None, pending) => (
            Some(
                "give the link in the mail from SNS to `rootwatch confirm`, or click it; after two days run `rootwatch deploy hub` again; --allow-nobody lets the test pass until then",
            ),
            format!(
                "Nobody has confirmed, so nobody was notified. Not confirmed yet: {}.",
                pending.join(", ")
            ),
        ),
    }
}

fn fix(fix: Option<&str>, indent: &str) -> String {
    let line = fix.map(|fix| format!("{indent}fix: {fix}\n"));
    line.unwrap_or_default()
}

type Place = (Location, Sent);

/// Why the event of a place could not be sent, whatever account it is.
fn trouble((_, sent): &&Place) -> Option<String> {
    match sent {
        Sent::Unsent { why } => Some(alike::trouble(why)),
        Sent::Arrived { .. } | Sent::Lost => None,
    }
}

/// Places with one trouble, which the first shows.
fn spokes_line(group: &[&Place]) -> String {
    match group {
        [] => String::new(),
        [(location, sent)] => spoke_line(location, sent),
        [(_, sent), ..] => {
            let accounts = group.iter().map(|(location, _)| location.account.as_str());
            let (style, said) = said(sent);
            format!(
                "{}{} {style}{said}{style:#}\n",
                alike::places(accounts),
                id(sent)
            )
        }
    }
}

fn spoke_line(location: &Location, sent: &Sent) -> String {
    let (style, said) = said(sent);
    format!(
        "{}  {:<15}{} {style}{said}{style:#}\n",
        location.account,
        location.region,
        id(sent)
    )
}

fn id(sent: &Sent) -> String {
    let id = sent.id().map(|id| format!(" {id}"));
    id.unwrap_or_default()
}

fn said(sent: &Sent) -> (Style, String) {
    match sent {
        Sent::Arrived { ms, is_late: false } => (GREEN, format!("on the hub's bus after {ms} ms")),
        Sent::Arrived { ms, is_late: true } => (
            YELLOW,
            format!("on the hub's bus after {ms} ms, longer than --wait"),
        ),
        Sent::Lost => (RED, "did not reach the hub's bus".to_owned()),
        Sent::Unsent { why } => (RED, format!("could not be sent: {}", one_line(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(spokes: Vec<(Location, Sent)>) -> Outcome {
        Outcome {
            id: "id".into(),
            spokes,
            hops: Vec::new(),
            diagnosis: None,
            audience: Audience::default(),
            trail: None,
            allow_nobody: true,
        }
    }

    fn place(number: usize) -> Location {
        Location {
            account: format!("{number:012}"),
            region: "eu-west-1".into(),
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn many_places_are_counted_and_only_those_that_failed_are_named() {
        let arrived = |ms, is_late| Sent::Arrived { ms, is_late };
        let mut spokes: Vec<_> = (0..200)
            .map(|number| (place(number), arrived(7, false)))
            .collect();
        spokes.extend([(place(200), arrived(90, true)), (place(201), Sent::Lost)]);
        let expected = "000000000201  eu-west-1       RW602 did not reach the hub's bus\n\
            201 of 202 accounts and regions reached the hub's bus, after at most 90 ms; 1 took longer than --wait; 1 did not\n";
        assert_eq!(plain(&way(&outcome(spokes))), expected);
        let lost = (0..250).map(|number| (place(number), Sent::Lost)).collect();
        let text = plain(&way(&outcome(lost)));
        assert_eq!(text.lines().count(), MOST_NAMED + 2, "{text}");
        assert!(
            text.contains("and 150 more: --output json names each"),
            "{text}"
        );
    }

    #[test]
    fn many_places_that_cannot_be_entered_are_one_line() {
        let unsent = |number| {
            let why =
                format!("sts:AssumeRole: AccessDenied: not in {number:012} (request id {number})");
            (place(number), Sent::Unsent { why })
        };
        let expected = "400 places of 400 accounts (000000000000, 000000000001, 000000000002 and 397 more) RW601 could not be sent: sts:AssumeRole: AccessDenied: not in 000000000000 (request id 0)\n\
            0 of 400 accounts and regions reached the hub's bus; 400 could not be tested\n";
        let text = plain(&way(&outcome((0..400).map(unsent).collect())));
        assert_eq!(text, expected);
        let text = plain(&way(&outcome((0..3).map(unsent).collect())));
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn few_places_are_named_with_what_is_wrong() {
        let late = Sent::Arrived {
            ms: 90,
            is_late: true,
        };
        let text = plain(&way(&outcome(vec![
            (place(1), late),
            (place(2), Sent::Lost),
        ])));
        let expected = "000000000001  eu-west-1       RW603 on the hub's bus after 90 ms, longer than --wait\n\
            000000000002  eu-west-1       RW602 did not reach the hub's bus\n";
        assert_eq!(text, expected);
    }
}
