//! StackSet operations as text, for plans, reports and errors.

use super::operation::{Ended, Failure};
use super::operations::{Last, Running};
use super::reason;
use crate::failure::again;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Rows of failures that the text shows; the JSON has every failure.
const SHOWN: usize = 50;
/// Regions that a row names.
const NAMED: usize = 3;

/// `2026-11-25T16:57:45Z` of a time with a fraction of a second, which nobody reads.
fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((whole, fraction)) if fraction.ends_with('Z') => format!("{whole}Z"),
        _ => time.to_owned(),
    }
}

/// An operation that is under way.
#[must_use]
pub fn running(operation: &Running) -> String {
    format!(
        "operation {} ({}) is {} since {}",
        operation.operation_id,
        operation.action,
        operation.status.to_lowercase(),
        to_the_second(&operation.since)
    )
}

/// The newest operation that has ended.
#[must_use]
pub fn last(operation: &Last) -> String {
    let ended = operation.ended.as_deref().unwrap_or("an unknown time");
    let ended = to_the_second(ended);
    let reason = operation.status_reason.as_ref();
    let how = match (operation.status.as_str(), operation.failed) {
        (status, 0) => status.to_lowercase(),
        ("SUCCEEDED", failed) => format!("finished, {failed} failed,"),
        (status, failed) => format!("{}, {failed} failed,", status.to_lowercase()),
    };
    format!(
        "last operation {} ({}) {how} at {ended}{}",
        operation.operation_id,
        operation.action,
        reason.map(|it| format!(": {it}")).unwrap_or_default()
    )
}

/// How a StackSet operation ended, with each account and region that it did not succeed in.
#[must_use]
pub fn operation(ended: &Ended) -> String {
    let counts: Vec<String> = ended
        .counts
        .iter()
        .map(|(status, count)| format!("{count} {}", words(status)))
        .collect();
    let mut text = format!(
        "StackSet operation {} ({}): {} ({})\n",
        ended.operation_id,
        ended.action,
        ended.result,
        counts.join(", ")
    );
    if let Some(reason) = &ended.status_reason {
        let _ = writeln!(text, "  {reason}");
    }
    text.push_str(&rows(&ended.failures, &ended.regions));
    if let Some(id) = ended.id {
        let again = again(ended.passes());
        let _ = writeln!(text, "  {id}: {again}");
    }
    text
}

fn words(status: &str) -> String {
    status.to_lowercase().replace('_', " ")
}

/// One row for each account and reason, with the hints below, each once.
fn rows(failures: &[Failure], all: &BTreeSet<String>) -> String {
    let mut groups: BTreeMap<(&str, &str, String), Vec<&Failure>> = BTreeMap::new();
    for failure in failures {
        let kind = reason::kind(&failure.reason);
        let key = (failure.account.as_str(), failure.status.as_str(), kind);
        groups.entry(key).or_default().push(failure);
    }
    let mut text = String::new();
    for group in groups.values().take(SHOWN) {
        let _ = writeln!(text, "  {}", row(group, all));
    }
    let more = groups.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more; --output json has all of them");
    }
    let shown = groups.values().take(SHOWN).flatten();
    let hints: BTreeSet<&str> = shown.filter_map(|it| it.hint.as_deref()).collect();
    for hint in hints {
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
}

fn row(group: &[&Failure], all: &BTreeSet<String>) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let who = match &first.name {
        Some(name) => format!("{name} {}", first.account),
        None => first.account.clone(),
    };
    let status = match first.status.as_str() {
        "FAILED" => String::new(),
        other => format!("{}: ", words(other)),
    };
    let regions: Vec<&str> = group.iter().map(|it| it.region.as_str()).collect();
    let (where_, why) = (
        regions_of(&regions, all.len()),
        reason::short(&first.reason),
    );
    format!("{who} · {where_} · {status}{why}")
}

/// Some regions of so many that are meant: all of them, their names, or the first of them.
#[must_use]
pub fn regions_of(regions: &[&str], all: usize) -> String {
    let count = regions.len();
    if count == all && all > 1 {
        return format!("all {all} regions");
    }
    let named = regions[..count.min(NAMED)].join(", ");
    match count.saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more of {all} regions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(account: &str, name: Option<&str>, region: &str, reason: &str) -> Failure {
        Failure {
            account: account.into(),
            name: name.map(str::to_owned),
            region: region.into(),
            status: "FAILED".into(),
            reason: reason.into(),
            hint: super::super::hint::hint(reason, region).map(str::to_owned),
            retry: super::super::again::can_pass(reason),
        }
    }

    fn regions(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    fn denied(region: &str, id: &str) -> String {
        format!(
            "Resource handler returned message: \"User: arn:aws:sts::444455556666:assumed-role/stacksets-exec-{id}/{id} is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::444455556666:role/StackSet-rootwatch-{region}-{id} with an explicit deny in a service control policy\""
        )
    }

    #[test]
    fn an_account_that_fails_for_one_reason_is_one_row() {
        let all = regions(&["ap-southeast-1", "eu-west-1", "eu-west-2", "us-east-1"]);
        let everywhere = all.iter().enumerate().map(|(index, region)| {
            let reason = denied(region, &format!("0a{index}b1c2d3e4f"));
            failure("444455556666", Some("payments"), region, &reason)
        });
        let mut failures: Vec<Failure> = everywhere.collect();
        let full = "The maximum limit of roles is reached";
        failures.push(failure("111122223333", None, "us-east-1", full));
        failures.push(failure("111122223333", None, "eu-west-1", "Stack is busy"));
        failures.push(Failure {
            status: "CANCELLED".into(),
            ..failure("111122223333", None, "eu-west-2", "Cancelled by user")
        });
        insta::assert_snapshot!(rows(&failures, &all), @r"
        111122223333 · eu-west-2 · cancelled: Cancelled by user
        111122223333 · eu-west-1 · Stack is busy
        111122223333 · us-east-1 · The maximum limit of roles is reached
        payments 444455556666 · all 4 regions · iam:CreateRole denied by an SCP
        hint: a service quota is reached there: ask AWS for a higher one
        hint: new roles are denied there, often those without a certain permissions boundary, path or name: give it with --permissions-boundary, --iam-path or --role-prefix, or exempt the roles stacksets-exec-*
        hint: somebody stopped the operation: run the same command again
        ");
    }

    #[test]
    fn times_have_no_fraction() {
        assert_eq!(
            to_the_second("2026-11-25T16:57:45.465191Z"),
            "2026-11-25T16:57:45Z"
        );
        assert_eq!(
            to_the_second("2026-11-25T16:57:45Z"),
            "2026-11-25T16:57:45Z"
        );
        assert_eq!(to_the_second("an unknown time"), "an unknown time");
    }

    #[test]
    fn regions_are_named_or_counted() {
        let many = ["a", "b", "c", "d", "e"];
        assert_eq!(regions_of(&many, 5), "all 5 regions");
        assert_eq!(regions_of(&many, 17), "a, b, c and 2 more of 17 regions");
        assert_eq!(regions_of(&many[..2], 17), "a, b");
        assert_eq!(regions_of(&many[..1], 1), "a");
    }

    #[test]
    fn of_very_many_failures_the_text_shows_some() {
        let failure = |index: usize| failure(&index.to_string(), None, "us-east-1", "x");
        let failures: Vec<Failure> = (0..60).map(failure).collect();
        let text = rows(&failures, &regions(&["us-east-1"]));
        assert_eq!(text.lines().count(), 51);
        assert!(text.contains("and 10 more"), "{text}");
    }

    #[test]
    fn the_last_operation_is_not_called_succeeded_when_something_failed() {
        let said = |status: &str, failed: usize| {
            last(&Last {
                operation_id: "id".into(),
                action: "CREATE".into(),
                status: status.into(),
                failed,
                status_reason: None,
                ended: Some("noon".into()),
                ended_s: None,
            })
        };
        for (status, failed, how) in [
            ("SUCCEEDED", 0, "succeeded at noon"),
            ("SUCCEEDED", 17, "finished, 17 failed, at noon"),
            ("FAILED", 3, "failed, 3 failed, at noon"),
            ("STOPPED", 0, "stopped at noon"),
        ] {
            assert_eq!(
                said(status, failed),
                format!("last operation id (CREATE) {how}")
            );
        }
    }
}
