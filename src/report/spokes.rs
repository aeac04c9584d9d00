//! Plans and outcomes of the spokes as text.

use super::{GREEN, RED, YELLOW, next, step_error, step_line};
use rootwatch_engine::findings::steps::OWN_STACKS_FAILED;
use rootwatch_engine::spokes::{
    Accounts, Change, ChangeKind, Directory, InstanceCounts, Management, SpokesDeployed,
    SpokesPlan, Stops, Watched, reason, words,
};
use rootwatch_engine::verify::{Hop, Verdict};
use rootwatch_engine::{Action, End, Step, cost, count, failure, hint_of, one_line};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

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
        note: None,
        calls: &[],
    };
    let stacks = plan.management.stacks().iter().map(|it| &it.step);
    for step in [&set].into_iter().chain(stacks) {
        if step.action.is_change() || verbose {
            step_line(&mut text, step, verbose);
        }
    }
    for change in &plan.changes {
        let _ = writeln!(text, "{}", instances(change, &plan.directory));
    }
    if plan.is_change() {
        let _ = writeln!(text, "Plan: {}.", counts(&plan.instances));
        if let Some(cost) = cost::of_spokes(plan) {
            let _ = writeln!(text, "{cost}");
        }
    }
    if let Some(hop) = &plan.trail {
        text.push_str(&trail(hop));
        let fix = hop.fix.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  fix: {fix}");
    }
    asides(&mut text, plan);
    if !plan.is_change() {
        let kept = plan.current;
        let _ = match plan.management.stacks().len() {
            0 => writeln!(
                text,
                "No changes: all {kept} stack instances are up to date."
            ),
            own => writeln!(
                text,
                "No changes: all {kept} stack instances and {own} stacks of the management account are up to date."
            ),
        };
    }
    text.extend(plan.trail.as_ref().map(trail));
    text
}

/// What is wrong with the trails; the last line too, since all else is in vain without one.
fn trail(hop: &Hop) -> String {
    let style = match hop.verdict {
        Verdict::Broken => RED,
        _ => YELLOW,
    };
    let found = one_line(&hop.finding);
    format!("{style}!{style:#} {}: {found}\n", hop.resource)
}

fn asides(text: &mut String, plan: &SpokesPlan) {
    for account in &plan.suspended {
        let _ = writeln!(
            text,
            "  account {} ({}) is suspended: no stack is made there, and an operation counts its regions as skipped",
            account.id, account.name
        );
    }
    for location in &plan.off {
        let _ = writeln!(
            text,
            "  region {} is turned off in account {}: nothing to watch there",
            location.region,
            plan.directory.account(&location.account)
        );
    }
    for note in &plan.notes {
        let _ = writeln!(text, "  {note}");
    }
    for operation in &plan.running {
        let _ = writeln!(text, "  {}: deploy waits for it", words::running(operation));
    }
    if plan.stops.count() > 0 {
        let _ = writeln!(text, "{YELLOW}!{YELLOW:#} {}", stops(&plan.stops));
    }
    if let Management::Elsewhere { account, command } = &plan.management {
        let _ = writeln!(
            text,
            "  StackSets never reach the management account {}. Left to run with its credentials:\n    {command}",
            plan.directory.account(account)
        );
    }
}

/// The accounts that a plan leaves unwatched.
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
            listed(stops.regions.iter().cloned(), usize::MAX)
        ));
    }
    parts.join("; ")
}

/// How many stack instances are kept, created, updated and deleted.
fn counts(counts: &InstanceCounts) -> String {
    let mut text = format!("{} kept", count(counts.kept, "stack instance"));
    for (number, verb) in [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
    ] {
        if number > 0 {
            let _ = write!(text, ", {number} {verb}");
        }
    }
    text
}

fn instances(change: &Change, directory: &Directory) -> String {
    let (sign, style) = match change.kind {
        ChangeKind::Create => ("+", GREEN),
        ChangeKind::Update => ("~", YELLOW),
        ChangeKind::Delete => ("-", RED),
    };
    let named = |accounts: &BTreeSet<String>| {
        let names = accounts.iter().map(|it| directory.account(it));
        match accounts.len() {
            1 => format!("account {}", listed(names, NAMED)),
            _ => format!("accounts {}", listed(names, NAMED)),
        }
    };
    let units = change.units.iter().map(|it| directory.unit(it));
    let is_there = change.kind == ChangeKind::Create && change.instances == 0;
    if is_there && change.accounts == Accounts::All {
        return format!(
            "{style}{sign}{style:#} automatic deployment to {} in {} (no stack instance is missing there)",
            listed(units, NAMED),
            change.regions.join(", ")
        );
    }
    let accounts = match &change.accounts {
        Accounts::All => "all accounts".to_owned(),
        Accounts::Only(accounts) => named(accounts),
        Accounts::AllBut(accounts) => format!("all but {}", named(accounts)),
        Accounts::AllAnd(accounts) => format!("all accounts, and {}", named(accounts)),
    };
    format!(
        "{style}{sign}{style:#} {}: {accounts} of {} in {} ({})",
        count(change.instances, "stack instance"),
        listed(units, NAMED),
        change.regions.join(", "),
        change.why
    )
}

fn listed(all: impl ExactSizeIterator<Item = String>, most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let names: Vec<String> = all.take(most).collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The stacks of the management account that were made, changed or removed: one line for each of these, since a line for
/// each region was shown when it was done.
fn management(done: &[&Step]) -> String {
    let verb = |action: &Action| match action {
        Action::Create { .. } => "created",
        Action::Update { .. } => "updated",
        Action::Delete => "deleted",
        Action::Keep => "kept",
    };
    let mut text = String::new();
    for wanted in ["created", "updated", "deleted"] {
        let alike: Vec<&&Step> = done
            .iter()
            .filter(|it| verb(&it.action) == wanted)
            .collect();
        match alike.as_slice() {
            [] => {}
            [one] => {
                let resource = &one.resource;
                let _ = writeln!(text, "{resource} of the management account: {wanted}");
            }
            many => {
                let number = many.len();
                let _ = writeln!(text, "{number} stacks of the management account: {wanted}");
            }
        }
    }
    text
}

/// The result of `deploy spokes`, with what comes next.
pub(crate) fn deployed(deployed: &SpokesDeployed, verbose: bool) -> String {
    // What was done and the error have been shown.
    if deployed.end != End::Interrupted && deployed.error.is_some() {
        return String::new();
    }
    let text = ended(deployed, verbose) + &next::steps(&what_next(deployed));
    text + &last_line(deployed)
}

/// The same as a step of another command, which goes on.
pub(super) fn step(deployed: &SpokesDeployed, verbose: bool) -> String {
    if deployed.end != End::Interrupted && deployed.error.is_some() {
        return String::new();
    }
    ended(deployed, verbose) + &last_line(deployed)
}

/// What is wrong with the trails, where the plan was shown before what was done.
fn last_line(deployed: &SpokesDeployed) -> String {
    let trails = deployed.planned.plan.trail.as_ref();
    trails.map(trail).unwrap_or_default()
}

fn ended(deployed: &SpokesDeployed, verbose: bool) -> String {
    let planned = &deployed.planned;
    let text = match planned.plan.is_change() {
        true => done(deployed),
        false => plan(&planned.plan, planned.stack_set(), verbose),
    };
    text + &watched_now(deployed)
}

/// Who is watched now, unless that is not known.
fn watched_now(deployed: &SpokesDeployed) -> String {
    match (deployed.end, deployed.watched()) {
        (End::Done | End::Failed, Some(it)) => format!("{}\n", watched(&it)),
        _ => String::new(),
    }
}

fn watched(it: &Watched) -> String {
    let mut text = format!(
        "Watched now: {} of {} in {}.",
        it.watched,
        count(it.accounts, "account"),
        count(it.regions, "region")
    );
    if !it.not_yet.is_empty() {
        let not_yet = listed(it.not_yet.iter().cloned(), NAMED);
        let _ = write!(text, " Not yet: {not_yet}.");
    }
    if let Some(account) = &it.unseen {
        let _ = write!(text, " Not seen from here: management account {account}.");
    }
    text
}

/// What is left to do, in order.
fn what_next(deployed: &SpokesDeployed) -> Vec<String> {
    let planned = &deployed.planned;
    let is_over = matches!(deployed.end, End::Done | End::Failed);
    if !is_over || !planned.plan.is_change() {
        return Vec::new();
    }
    let mut all = Vec::new();
    if deployed.end == End::Failed {
        all.push("once what failed is fixed: the same command again; it tries that alone".into());
    }
    if let Management::Elsewhere { command, .. } = &planned.plan.management {
        all.push(format!(
            "watch the management account too, if it is not yet (as the management account): {command}"
        ));
    }
    let (account, test) = &planned.test;
    all.push(format!("in the hub account {account}: {test}"));
    all
}

/// What was done for the spokes, and what failed.
pub(crate) fn done(deployed: &SpokesDeployed) -> String {
    let mut text = management(&deployed.stacks());
    text.push_str(&failed_stacks(deployed));
    text.extend(deployed.operations.iter().map(words::operation));
    if let Some((id, follow)) = deployed.detached() {
        text.push_str(&detached(id, follow));
    }
    text
}

/// The management account's stacks that failed, one row for each reason.
fn failed_stacks(deployed: &SpokesDeployed) -> String {
    let stacks = deployed.planned.plan.management.stacks();
    let region_of = |resource: &String| {
        let stack = stacks.iter().find(|it| it.step.resource == *resource);
        stack.map_or("", |it| it.region.as_str())
    };
    let mut groups: BTreeMap<String, Vec<(&str, &anyhow::Error)>> = BTreeMap::new();
    for (resource, failure) in deployed.failed() {
        let alike = groups.entry(reason::kind(&cause(failure))).or_default();
        alike.push((region_of(resource), failure));
    }
    let (account, name) = (deployed.planned.account(), deployed.planned.stack_set());
    let groups = groups.values();
    groups
        .map(|alike| match alike.as_slice() {
            [(_, failure)] => step_error(OWN_STACKS_FAILED, failure),
            many => {
                let regions: Vec<&str> = many.iter().map(|(region, _)| *region).collect();
                let regions = words::regions_of(&regions, stacks.len());
                let who = format!("stack {name} of the management account {account}");
                alike_stacks(&format!("{who} · {regions}"), many[0].1)
            }
        })
        .collect()
}

/// Without what it was said of, which names the region.
fn cause(failure: &anyhow::Error) -> String {
    let causes: Vec<String> = failure.chain().skip(1).map(ToString::to_string).collect();
    causes.join(": ")
}

fn alike_stacks(stacks: &str, failed: &anyhow::Error) -> String {
    let why = reason::short(&cause(failed));
    let mut text = format!("{RED}error:{RED:#} {stacks} · {why}\n");
    if let Some(hint) = hint_of(failed) {
        let _ = writeln!(text, "  hint: {hint}");
    }
    let again = failure::again(failure::passes(failed));
    let _ = writeln!(text, "  {OWN_STACKS_FAILED}: {again}");
    text
}

/// The state in which an interrupted run left an operation.
pub(crate) fn detached(operation_id: &str, follow: &str) -> String {
    format!(
        "Detached: operation {operation_id} continues in AWS.\nTo follow it: {follow}\nRun the same command again to wait for it and continue.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_plan_counts_what_is_kept() {
        for (kept, created, updated, deleted, words) in [
            (
                34,
                34,
                0,
                2,
                "34 stack instances kept, 34 created, 2 deleted",
            ),
            (0, 0, 7, 0, "0 stack instances kept, 7 updated"),
            (1, 0, 0, 0, "1 stack instance kept"),
        ] {
            let all = InstanceCounts {
                kept,
                created,
                updated,
                deleted,
            };
            assert_eq!(counts(&all), words);
        }
    }

    #[test]
    fn the_end_says_who_is_watched_and_who_is_not() {
        let mut it = Watched {
            watched: 4,
            accounts: 5,
            regions: 17,
            not_yet: vec!["111111111111 (management)".into()],
            unseen: None,
        };
        assert_eq!(
            watched(&it),
            "Watched now: 4 of 5 accounts in 17 regions. Not yet: 111111111111 (management)."
        );
        it.unseen = std::mem::take(&mut it.not_yet).pop();
        assert_eq!(
            watched(&it),
            "Watched now: 4 of 5 accounts in 17 regions. Not seen from here: management account 111111111111 (management)."
        );
    }
}
