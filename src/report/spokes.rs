//! Plans and outcomes of the spokes in words.

use super::{GREEN, RED, YELLOW, count, step_line};
use crate::plan::{Action, Step};
use crate::spokes::change::{Accounts, Change, ChangeKind};
use crate::spokes::management::Management;
use crate::spokes::operation::{Ended, Failure, Last, Running};
use crate::spokes::plan::{SpokesPlan, Stops};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Failures that the text shows; the JSON has all.
const SHOWN: usize = 50;
/// Accounts or units that one line names.
const NAMED: usize = 3;

/// A plan for the spokes.
pub(crate) fn plan(plan: &SpokesPlan, name: &str, verbose: bool) -> String {
    let mut text = String::new();
    if plan.enable_trusted_access {
        let _ = writeln!(
            text,
            "{GREEN}+{GREEN:#} trusted access for StackSets in the organization"
        );
    }
    let set = Step {
        resource: format!("stack-set {name}"),
        action: plan.stack_set.clone(),
        needs: Vec::new(),
        kept: Vec::new(),
        calls: &[],
    };
    let stacks = plan.management.stacks().iter().map(|it| &it.step);
    for step in [&set].into_iter().chain(stacks) {
        if step.action.is_change() || verbose {
            step_line(&mut text, step, verbose);
        }
    }
    for change in &plan.changes {
        let _ = writeln!(text, "{}", instances(change));
    }
    asides(&mut text, plan);
    if !plan.is_change() {
        let kept = plan.current;
        let _ = match plan.management.stacks().len() {
            0 => writeln!(
                text,
                "No changes: all {kept} stack instances are as wanted."
            ),
            own => writeln!(
                text,
                "No changes: all {kept} stack instances and {own} stacks of the management account are as wanted."
            ),
        };
    }
    text
}

fn asides(text: &mut String, plan: &SpokesPlan) {
    for account in &plan.suspended {
        let _ = writeln!(
            text,
            "  account {} ({}) is suspended: no stack is made there, and an operation counts its regions as skipped",
            account.id, account.name
        );
    }
    for spot in &plan.off {
        let _ = writeln!(
            text,
            "  region {} is turned off in account {}: nothing to watch there",
            spot.region, spot.account
        );
    }
    for note in &plan.notes {
        let _ = writeln!(text, "  {note}");
    }
    for operation in &plan.running {
        let _ = writeln!(text, "  {}: deploy waits for it", running(operation));
    }
    if plan.stops.count() > 0 {
        let _ = writeln!(text, "{YELLOW}!{YELLOW:#} {}", stops(&plan.stops));
    }
    if let Management::Elsewhere { account, command } = &plan.management {
        let _ = writeln!(
            text,
            "  StackSets never reach the management account {account}. Left to run with its credentials:\n    {command}"
        );
    }
}

/// An operation that is under way.
pub(crate) fn running(operation: &Running) -> String {
    format!(
        "operation {} ({}) is {} since {}",
        operation.operation_id,
        operation.action,
        operation.status.to_lowercase(),
        operation.since
    )
}

/// The newest operation that has ended.
pub(crate) fn last(operation: &Last) -> String {
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

/// Whom a plan leaves unwatched.
pub(crate) fn stops(stops: &Stops) -> String {
    let accounts = |count: usize| match count {
        1 => "1 account stops".to_owned(),
        many => format!("{many} accounts stop"),
    };
    let mut parts = Vec::new();
    if !stops.accounts.is_empty() {
        parts.push(format!("{} being watched", accounts(stops.accounts.len())));
    }
    if !stops.partly.is_empty() {
        parts.push(format!(
            "{} being watched in {}",
            accounts(stops.partly.len()),
            listed(stops.regions.iter(), usize::MAX)
        ));
    }
    parts.join("; ")
}

fn instances(change: &Change) -> String {
    let (sign, style) = match change.kind {
        ChangeKind::Create => ("+", GREEN),
        ChangeKind::Update => ("~", YELLOW),
        ChangeKind::Delete => ("-", RED),
    };
    let named = |accounts: &BTreeSet<String>| match accounts.len() {
        1 => format!("account {}", listed(accounts.iter(), NAMED)),
        _ => format!("accounts {}", listed(accounts.iter(), NAMED)),
    };
    let accounts = match &change.accounts {
        Accounts::All => "all accounts".to_owned(),
        Accounts::Only(accounts) => named(accounts),
        Accounts::AllBut(accounts) => format!("all but {}", named(accounts)),
        Accounts::AllAnd(accounts) => format!("all accounts, and {}", named(accounts)),
    };
    format!(
        "{style}{sign}{style:#} {}: {accounts} of {} in {} ({})",
        count(change.instances, "stack instance"),
        listed(change.units.iter(), NAMED),
        change.regions.join(", "),
        change.why
    )
}

fn listed<'a>(all: impl ExactSizeIterator<Item = &'a String>, most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let names: Vec<&str> = all.take(most).map(String::as_str).collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// How a StackSet operation ended, with each account and region that it did not succeed in.
pub(crate) fn operation(ended: &Ended) -> String {
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
        let style = if row == &head {
            anstyle::Style::new()
        } else {
            RED
        };
        let [first, second, third, reason] = row;
        let _ = writeln!(
            text,
            "  {style}{first:status$}{style:#}  {second:account$}  {third:region$}  {reason}"
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

/// The stacks of the management account that were made, changed or removed.
pub(crate) fn management(done: &[&Step]) -> String {
    let verb = |action: &Action| match action {
        Action::Create { .. } => "created",
        Action::Update { .. } => "updated",
        Action::Delete => "deleted",
        Action::Keep => "kept",
    };
    let mut text = String::new();
    for step in done {
        let _ = writeln!(
            text,
            "{} of the management account: {}",
            step.resource,
            verb(&step.action)
        );
    }
    text
}

/// How a run that was interrupted left an operation.
pub(crate) fn detached(operation_id: &str, follow: &str) -> String {
    format!(
        "Detached: operation {operation_id} goes on in AWS.\nTo follow it: {follow}\nThe same command again waits for it and goes on from there.\n"
    )
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
            hint: crate::spokes::hint::hint(reason).map(str::to_owned),
        }
    }

    #[test]
    fn failures_are_a_table_with_each_hint_once() {
        let failures = [
            failure(
                "111122223333",
                Some("payments"),
                "us-east-1",
                "Access denied by SCP",
            ),
            failure(
                "444455556666",
                None,
                "ap-southeast-1",
                "Access denied by SCP",
            ),
        ];
        insta::assert_snapshot!(anstream::adapter::strip_str(&table(&failures)).to_string(), @r"
          STATUS  ACCOUNT                  REGION          REASON
          FAILED  111122223333 (payments)  us-east-1       Access denied by SCP
          FAILED  444455556666             ap-southeast-1  Access denied by SCP
          hint: an SCP denies it: exempt the roles stacksets-exec-* there, or leave the region out with --regions
        ");
    }

    #[test]
    fn of_very_many_failures_the_text_shows_some() {
        let failures = vec![failure("1", None, "us-east-1", "x"); 60];
        let text = table(&failures);
        assert_eq!(text.lines().count(), 52);
        assert!(text.contains("and 10 more"), "{text}");
    }

    #[test]
    fn a_plan_says_how_many_accounts_stop_being_watched() {
        let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let both = Stops {
            accounts: set(&["1"]),
            partly: set(&["2", "3"]),
            regions: set(&["eu-west-1"]),
        };
        assert_eq!(
            stops(&both),
            "1 account stops being watched; 2 accounts stop being watched in eu-west-1"
        );
        assert_eq!(both.count(), 3);
    }
}
