//! What has to hold after a command. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::confirm::{self, Standing};
use super::guard;
use super::hands::Became;
use super::model::Model;
use super::organization::Spot;
use super::promise::{self, Facts};
use super::settings::{RETENTION, TAG};
use super::step::Command;
use crate::secrets;
use crate::sweep::command::REGION;
use crate::sweep::listing::Listing;
use crate::sweep::process::{Ended, Ran};

/// Lines of a difference that are shown.
const SHOWN: usize = 6;
pub(super) const STACK_SET: &str = "rootwatch-spoke";
pub(super) const TOPICS: [&str; 2] = ["rootwatch-alerts", "rootwatch-health"];
/// What differs between hubs by their settings and by what others hang on them.
const OF_SETTINGS: [&str; 12] = [
    "/Tags/",
    "/RetentionInDays",
    "/Subscriptions",
    "/CodeSha256",
    "/CodeSize",
    "/event_source_mappings",
    "/Rules/siem/",
    // What a mail calls its sender is none of rootwatch's: nobody is told less or more by it.
    "/DisplayName",
    // The topic of a route, and the statement that lets the notifier publish to it.
    ":siem-alerts\"",
    "\"Routes\"",
    "\"ReadRoutes\"",
    // What a killed test left stays until the next one.
    "rootwatch-test-",
];
/// What every account has that is made for an organization.
const OF_ACCOUNTS: [&str; 2] = [
    "/roles/OrganizationAccountAccessRole/",
    "/roles/rootwatch-reader/",
];

/// A command that has ended.
pub(super) struct Seen<'a> {
    pub(super) command: &'a Command,
    /// As it was before.
    pub(super) model: &'a Model,
    pub(super) facts: &'a Facts,
    pub(super) is_disturbed: bool,
    pub(super) ran: &'a Ran,
    pub(super) before: &'a Listing,
    pub(super) after: &'a Listing,
}

/// What of the command itself does not hold.
pub(super) fn of_command(seen: &Seen<'_>) -> Vec<String> {
    let mut all = of_output(seen.ran);
    let codes = match seen.is_disturbed {
        true => promise::disturbed(seen.command),
        false => promise::undisturbed(seen.command, seen.model, seen.facts),
    };
    match seen.ran.ended {
        Ended::Code(code) if codes.contains(&code) => {}
        Ended::Killed => {}
        ended => all.push(format!(
            "ended with {ended:?} in place of {codes:?}: {}",
            last_lines(&seen.ran.stderr)
        )),
    }
    all.extend(of_what_it_left(seen));
    all
}

/// What of its output does not hold.
pub(super) fn of_output(ran: &Ran) -> Vec<String> {
    let mut all = Vec::new();
    if ran.stderr.contains("panicked at") {
        all.push(format!("a panic: {}", ran.stderr));
    }
    for text in [&ran.stdout, &ran.stderr] {
        all.extend(secrets::found(text).map(|secret| format!("a secret is printed: {secret}")));
    }
    let is_json = serde_json::from_str::<Value>(&ran.stdout).is_ok();
    if !is_json && matches!(ran.ended, Ended::Code(_)) {
        all.push(format!("stdout is no JSON: {}", ran.stdout));
    }
    all
}

/// What only looks changes nothing; what refuses has changed nothing; what was a test is gone, unless it was disturbed.
fn of_what_it_left(seen: &Seen<'_>) -> Option<String> {
    let is_refused = !seen.is_disturbed && refuses(seen);
    if seen.command.changes() && !is_refused {
        return None;
    }
    let may_leave = matches!(seen.command, Command::Test) && seen.is_disturbed;
    let counts = |line: &String| !(may_leave && line.contains("rootwatch-test-"));
    let difference = |one: &Listing, other: &Listing| -> Vec<String> {
        one.beyond(other).into_iter().filter(counts).collect()
    };
    let more = difference(seen.after, seen.before);
    let less = difference(seen.before, seen.after);
    (!more.is_empty() || !less.is_empty()).then(|| {
        format!(
            "changed what there is: more {}; less {}",
            some(&more),
            some(&less)
        )
    })
}

/// Whether its end says that it has changed nothing.
fn refuses(seen: &Seen<'_>) -> bool {
    let is_late = seen.facts.asked == Some(Standing::Clicked);
    match (seen.command, seen.ran.ended) {
        (Command::Confirm(_), Ended::Code(code)) => code == 1 || code == 2 && is_late,
        (command, Ended::Code(1)) => {
            command.words()[0] == "teardown" || seen.model.takes_away(command)
        }
        _ => false,
    }
}

/// Whoever administers an account does there what the guardrail lets him, and nothing that it denies.
pub(super) fn of_edit(work: &str, became: Became, is_bound: Option<bool>) -> Vec<String> {
    let said = match (is_bound, became) {
        (Some(true), Became::Done) => "was done although the guardrail binds",
        (Some(false), Became::Denied) => "was denied although no guardrail binds",
        _ => return Vec::new(),
    };
    vec![format!("{work} {said}")]
}

/// What others own is there, as it was.
pub(super) fn of_others(planted: &Listing, now: &Listing) -> Option<String> {
    let gone = planted.beyond(now);
    (!gone.is_empty()).then(|| format!("what others own is not as it was: {}", some(&gone)))
}

/// What a `deploy hub` that ended with 0 told: to whom, for how long, and with which tag; and that the rest is as in any
/// other hub.
pub(super) fn of_hub(model: &Model, now: &Value, made: &Listing, fresh: &Listing) -> Vec<String> {
    let hub = &now[&model.organization.hub][REGION];
    let mut all = Vec::new();
    let wanted: BTreeSet<&str> = model.hub_settings.people.iter().copied().collect();
    for topic in TOPICS {
        let people = people(&now[&model.organization.hub], topic);
        // Who was only asked is asked until he answers, or SNS forgets him.
        let stays = |(who, standing): (&&str, &Standing)| {
            !wanted.contains(*who) && *standing != Standing::Asked
        };
        let is_missing = |who: &&str| !people.contains_key(*who);
        if wanted.iter().any(is_missing) || people.iter().any(stays) {
            all.push(format!(
                "{topic} notifies {people:?} in place of {wanted:?}"
            ));
        }
    }
    let flags = &model.hub_settings.flags;
    let days = flags.get(RETENTION).copied().unwrap_or("365");
    let kept = &hub["log_groups"]["/aws/lambda/rootwatch-notifier"]["RetentionInDays"];
    if kept.as_u64() != days.parse().ok() {
        all.push(format!(
            "the log is kept for {kept} days in place of {days}"
        ));
    }
    let tags = &hub["functions"]["rootwatch-notifier"]["Tags"];
    if let Some((key, value)) = flags.get(TAG).and_then(|tag| tag.split_once('='))
        && tags[key] != value
    {
        all.push(format!("the function's tag {key} is not {value}: {tags}"));
    }
    let (made, fresh) = (of_account(model, made), of_account(model, fresh));
    let difference = |one: &[String], other: &[String]| -> Vec<String> {
        let only = one.iter().filter(|line| !other.contains(line));
        only.cloned().collect()
    };
    let (more, less) = (difference(&made, &fresh), difference(&fresh, &made));
    if !more.is_empty() || !less.is_empty() {
        all.push(format!(
            "the hub differs from a new one: more {}; less {}",
            some(&more),
            some(&less)
        ));
    }
    all
}

fn of_account(model: &Model, listing: &Listing) -> Vec<String> {
    let begins = [
        format!("/{}/{REGION}/", model.organization.hub),
        format!("/{}/aws/", model.organization.hub),
    ];
    // Spokes in the hub's own account are no part of the hub.
    let is_of_hub = |line: &&String| {
        begins.iter().any(|begin| line.starts_with(begin))
            && !["spoke", "StackSet", "root-activity", "org-tampering"]
                .iter()
                .any(|word| line.contains(word))
            && !line.contains("/default/Rules/rootwatch-tampering/")
            && !OF_SETTINGS.iter().any(|word| line.contains(word))
    };
    listing.lines().iter().filter(is_of_hub).cloned().collect()
}

/// Who has mails of a topic, or was asked whether he wants them.
fn people<'a>(account: &'a Value, topic: &str) -> BTreeMap<&'a str, Standing> {
    let all = account[REGION]["topics"][topic]["Subscriptions"].as_array();
    let mails = all.into_iter().flatten().filter(|it| it[0] == "email");
    let people = mails.filter_map(|it| it[1].as_str());
    people
        .map(|who| (who, confirm::standing(account, topic, who)))
        .collect()
}

/// A `deploy guardrail` that ended with 0 has attached the policy to what was told, by its ids, and to nothing else; a
/// removal has left none.
pub(super) fn of_guardrail(model: &Model, wanted: Option<&[String]>, now: &Value) -> Vec<String> {
    let found = guard::policy(&now[&model.organization.management]);
    let attached = found.map(|it| &it["attached"]);
    let is_so = match (wanted, attached) {
        (None, None) => true,
        (Some(wanted), Some(attached)) => *attached == json!(wanted),
        _ => false,
    };
    let said = (!is_so).then(|| format!("the guardrail is {found:?} in place of {wanted:?}"));
    said.into_iter().collect()
}

/// The instances of the StackSet: where they are, and whether each is as it should be.
pub(super) fn instances(model: &Model, now: &Value) -> Vec<(Spot, bool)> {
    let set = &now[&model.organization.management][REGION]["stack_sets"][STACK_SET];
    let all = set["Instances"].as_object().into_iter().flatten();
    let of = all.filter_map(|(place, state)| {
        let (account, region) = place.split_once('/')?;
        Some((
            (account.to_owned(), region.to_owned()),
            state[0] == "CURRENT",
        ))
    });
    of.collect()
}

/// A `deploy spokes` that ended with 0 has an instance wherever the settings say, and nowhere else but where StackSets do
/// not reach.
pub(super) fn of_spokes(model: &Model, now: &Value) -> Vec<String> {
    let wanted = model.organization.watched(&model.spokes_settings);
    let found = instances(model, now);
    let current = found.iter().filter(|(_, is_current)| *is_current);
    let current: BTreeSet<Spot> = current.map(|(spot, _)| spot.clone()).collect();
    let out_of_reach: BTreeSet<&String> = model
        .organization
        .suspended()
        .chain(&model.organization.left)
        .collect();
    let all: BTreeSet<Spot> = found.into_iter().map(|(spot, _)| spot).collect();
    let missing: Vec<String> = (&wanted - &current)
        .iter()
        .map(|it| format!("{it:?}"))
        .collect();
    let surplus = (&all - &wanted).into_iter();
    let surplus = surplus.filter(|(account, _)| !out_of_reach.contains(account));
    let surplus: Vec<String> = surplus.map(|it| format!("{it:?}")).collect();
    let mut problems = Vec::new();
    if !missing.is_empty() {
        problems.push(format!("no current instance in {}", some(&missing)));
    }
    if !surplus.is_empty() {
        problems.push(format!("an instance also in {}", some(&surplus)));
    }
    problems
}

/// After a removal that ended with 0 there is no StackSet.
pub(super) fn no_spokes(model: &Model, now: &Value) -> Vec<String> {
    let sets = &now[&model.organization.management][REGION]["stack_sets"];
    let left = sets.get(STACK_SET);
    left.map(|it| format!("the StackSet is there: {it}"))
        .into_iter()
        .collect()
}

/// And nothing of the hub's.
pub(super) fn no_hub(model: &Model, planted: &Listing, now: &Listing) -> Vec<String> {
    let planted = of_account(model, planted);
    let left = of_account(model, now).into_iter();
    let left: Vec<String> = left.filter(|line| !planted.contains(line)).collect();
    let said = (!left.is_empty()).then(|| format!("the removal left {}", some(&left)));
    said.into_iter().collect()
}

/// At a sequence's end all is as before the first command.
pub(super) fn of_end(model: &Model, planted: &Listing, end: &Listing) -> Option<String> {
    // What is in an account that left the organization is out of everybody's reach.
    let is_reached = |line: &String| {
        let mut left = model.organization.left.iter();
        !OF_ACCOUNTS.iter().any(|it| line.contains(it))
            && !left.any(|it| line.starts_with(&format!("/{it}/")))
    };
    let more = end.beyond(planted).into_iter().filter(is_reached);
    let more: Vec<String> = more.collect();
    (!more.is_empty()).then(|| format!("the removal left {}", some(&more)))
}

fn some(lines: &[String]) -> String {
    let shown: Vec<&str> = lines.iter().take(SHOWN).map(String::as_str).collect();
    match lines.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; {more} more", shown.join("; ")),
    }
}

/// The end of what a run said.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|it| !it.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN)..].join(" / ")
}
