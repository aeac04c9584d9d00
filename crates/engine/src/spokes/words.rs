//! StackSet operations as text, for plans, reports and errors.

use super::operation::{Ended, Failure, Last, Running};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Failures that the text shows; the JSON has all.
const SHOWN: usize = 50;

/// An operation that is under way.
#[must_use]
pub fn running(operation: &Running) -> String {
    format!(
        "operation {} ({}) is {} since {}",
        operation.operation_id,
        operation.action,
        operation.status.to_lowercase(),
        operation.since
    )
}

/// The newest operation that has ended.
#[must_use]
pub fn last(operation: &Last) -> String {
    let ended = operation.ended.as_deref().unwrap_or("an unknown time");
    let reason = operation.status_reason.as_ref();
    format!(
        "last operation {} ({}) {} at {ended}{}",
        operation.operation_id,
        operation.action,
        operation.status.to_lowercase(),
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
        ended.status,
        counts.join(", ")
    );
    if let Some(reason) = &ended.status_reason {
        let _ = writeln!(text, "  {reason}");
    }
    text.push_str(&table(&ended.failures));
    text
}

fn words(status: &str) -> String {
    status.to_lowercase().replace('_', " ")
}

/// The failures as a table, their hints below, each once.
fn table(failures: &[Failure]) -> String {
    let Some(shown) = failures
        .get(..failures.len().min(SHOWN))
        .filter(|it| !it.is_empty())
    else {
        return String::new();
    };
    let account = |it: &Failure| match &it.name {
        Some(name) => format!("{} ({name})", it.account),
        None => it.account.clone(),
    };
    let head = ["STATUS", "ACCOUNT", "REGION", "REASON"].map(str::to_owned);
    let rows: Vec<[String; 4]> = shown
        .iter()
        .map(|it| {
            [
                it.status.clone(),
                account(it),
                it.region.clone(),
                it.reason.clone(),
            ]
        })
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]);
        cells
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let (status, account, region) = (width(0), width(1), width(2));
    let mut text = String::new();
    for row in [&head].into_iter().chain(&rows) {
        let [first, second, third, reason] = row;
        let _ = writeln!(
            text,
            "  {first:status$}  {second:account$}  {third:region$}  {reason}"
        );
    }
    if failures.len() > shown.len() {
        let more = failures.len() - shown.len();
        let _ = writeln!(text, "  and {more} more; --output json has all of them");
    }
    let hints: BTreeSet<&str> = shown.iter().filter_map(|it| it.hint.as_deref()).collect();
    for hint in hints {
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
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
        }
    }

    #[test]
    fn failures_are_a_table_with_each_hint_once() {
        let failures = [
            failure(
                "111122223333",
                Some("payments"),
                "eu-west-1",
                "Access denied by SCP",
            ),
            failure(
                "444455556666",
                None,
                "ap-southeast-1",
                "Access denied by SCP",
            ),
        ];
        insta::assert_snapshot!(table(&failures), @r"
          STATUS  ACCOUNT                  REGION          REASON
          FAILED  111122223333 (payments)  eu-west-1       Access denied by SCP
          FAILED  444455556666             ap-southeast-1  Access denied by SCP
          hint: an SCP denies it: exempt the roles stacksets-exec-* there, or leave the region out with --regions; if the account is new and in quarantine, run the same command again after it
        ");
    }

    #[test]
    fn of_very_many_failures_the_text_shows_some() {
        let failures = vec![failure("1", None, "us-east-1", "x"); 60];
        let text = table(&failures);
        assert_eq!(text.lines().count(), 52);
        assert!(text.contains("and 10 more"), "{text}");
    }
}
