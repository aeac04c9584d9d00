//! What `adopt` says, for people and for programs. Pure.

use super::look::{Old, terraform_commands};
use crate::canary::Target;
use crate::commands::{Exit, Run};
use crate::config::Subscription;
use crate::hub::subscriptions::Standing;
use crate::reference::subscribers::Takeover;
use crate::report::{count, one_line, steps};
use crate::spokes::operation::Ended;
use crate::spokes::reach::Stuck;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Versioned form of the JSON that `adopt` prints.
#[derive(Serialize)]
pub(super) struct Report {
    schema: &'static str,
    account: String,
    region: String,
    /// The old path's parts.
    found: Vec<String>,
    /// What has its names, or its shape, and is left alone.
    left_alone: Vec<String>,
    /// Regions in which these credentials may not look, with AWS's reason.
    unread: BTreeMap<String, String>,
    /// What it misses today.
    misses: Vec<String>,
    /// As `deploy hub` prints it.
    pub(super) hub: Value,
    /// As `deploy spokes` prints it.
    pub(super) spokes: Value,
    /// Why the old path is not removed yet.
    pub(super) waiting: Vec<String>,
    /// Whether an event came all the way by the new path.
    pub(super) is_proved: bool,
    /// From where on.
    pub(super) proved: Proved,
    /// StackSet operations that removed instances.
    pub(super) operations: Vec<Ended>,
    /// Stacks that stay in accounts and regions that nobody can reach.
    pub(super) retained: Vec<Stuck>,
    pub(super) removed: Vec<String>,
    /// Parts of the old path that were to go and are still there.
    pub(super) left: Vec<String>,
    /// Subscriptions that were taken over and stand in no setting.
    pub(super) to_keep: Vec<Subscription>,
    /// Commands that make Terraform forget the old parts.
    terraform: Vec<String>,
}

/// How much of the new path a test event has shown.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Proved {
    Nothing,
    /// All of it.
    FromSpokes,
    /// The hub's part; the way there was judged.
    FromHub,
}

impl Proved {
    /// What a test event from there shows.
    pub(super) fn of(target: &Target) -> Self {
        match target {
            Target::Hub => Self::FromHub,
            Target::Spokes { .. } => Self::FromSpokes,
        }
    }

    /// In words that follow "proved".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::FromHub => " from the hub's bus on",
            Self::Nothing | Self::FromSpokes => "",
        }
    }
}

impl Report {
    pub(super) fn before(run: &Run, old: &Old) -> Self {
        let parts = old.hubs.iter().flat_map(|hub| {
            let ids = hub.found().map(|it| it.id());
            let kept = hub.topic.iter().filter(|_| hub.topic_stays.is_some());
            let ids = ids.chain(kept.map(|it| format!("topic {}", it.name)));
            ids.map(|id| with_region(run, &id, &hub.region))
        });
        let sets = old.stack_sets().iter();
        let sets = sets.map(|it| {
            let instances = &it.observed.instances;
            let text = format!(
                "stack-set {} with {} in {}",
                it.name,
                count(instances.len(), "stack instance"),
                count(instances.accounts().len(), "account")
            );
            with_region(run, &text, &it.region)
        });
        Self {
            schema: "rootwatch.adopt/1",
            account: run.aws.account.clone(),
            region: run.aws.region.clone(),
            found: parts.chain(sets).collect(),
            left_alone: old.left_alone.clone(),
            unread: old.unread.clone(),
            misses: old.gaps.clone(),
            hub: Value::Null,
            spokes: Value::Null,
            waiting: Vec::new(),
            is_proved: false,
            proved: Proved::Nothing,
            operations: Vec::new(),
            retained: Vec::new(),
            removed: Vec::new(),
            left: Vec::new(),
            to_keep: Vec::new(),
            terraform: terraform_commands(old),
        }
    }
}

/// A part, and its region where it is not the run's own.
pub(super) fn with_region(run: &Run, part: &str, region: &str) -> String {
    match region == run.aws.region {
        true => part.to_owned(),
        false => format!("{part}, in {region}"),
    }
}

/// What is there of the old path, and what it misses.
pub(super) fn found(old: &Old, report: &Report) -> String {
    let mut text = "Found of the published pattern:\n".to_owned();
    for it in &report.found {
        let _ = writeln!(text, "  {it}");
    }
    for (who, standing) in &old.subscribers() {
        let state = match standing {
            Standing::Confirmed(_) => "confirmed",
            Standing::Pending => "never confirmed",
        };
        let _ = writeln!(text, "  subscriber {}, {state}", one_line(&who.to_string()));
    }
    for it in &report.left_alone {
        let _ = writeln!(text, "Left alone: {it}.");
    }
    for (region, why) in &report.unread {
        let _ = writeln!(text, "Not looked at: {region}: {}.", one_line(why));
    }
    let _ = writeln!(text, "What it misses today:");
    for it in &report.misses {
        let _ = writeln!(text, "  - {it}");
    }
    if !report.terraform.is_empty() {
        let parts = count(report.terraform.len(), "part");
        let _ = writeln!(text, "A Terraform state lists {parts} of it; see the end.");
    }
    text
}

/// Who is taken over.
pub(super) fn takeover(takeover: &Takeover, old: &Old) -> String {
    let mut text = String::new();
    for it in &takeover.taken {
        let who = &it.endpoint;
        let told = match it.protocol.as_str() {
            "email" | "sms" => String::new(),
            "email-json" => {
                format!(", and gets JSON; for words: --leave-behind email-json={who} --email {who}")
            }
            _ => ", and gets rootwatch's JSON in place of the event as it came".into(),
        };
        let _ = writeln!(text, "{it} is subscribed to the new topic too{told}.");
    }
    for it in &takeover.never_confirmed {
        let _ = writeln!(
            text,
            "{it} never confirmed and hears nothing today: not taken over; --email or --sns-subscription does it."
        );
    }
    for it in old.hubs.iter().flat_map(|hub| &hub.special) {
        let _ = writeln!(text, "! {}", one_line(it));
    }
    for it in &takeover.left_behind {
        let _ = writeln!(text, "{it} is left behind, as you said.");
    }
    text
}

/// What goes, in words.
pub(super) fn removal(run: &Run, old: &Old) -> String {
    let mut text = String::new();
    for set in old.stack_sets() {
        let instances = &set.observed.instances;
        let _ = writeln!(
            text,
            "- stack-set {} with {}: {} in {} forward to the old bus no longer",
            set.name,
            count(instances.len(), "stack instance"),
            count(instances.accounts().len(), "account"),
            count(instances.regions().count(), "region")
        );
    }
    for hub in &old.hubs {
        if hub.region != run.aws.region {
            let _ = writeln!(text, "In {}:", hub.region);
        }
        text += &steps(&hub.removal.steps(), run.output.verbose);
        if let Some(stays) = &hub.topic_stays {
            let _ = writeln!(text, "= kept: {stays}");
        }
    }
    let management = &old.organization.management_account;
    if *management != run.aws.account {
        let _ = writeln!(
            text,
            "! StackSets never reach the management account {management}: if a stack made by hand forwards its root to the old bus, make ours there first"
        );
    }
    text
}

/// What a run ends with.
pub(super) fn ending(run: &Run, report: &Report, old: &Old, exit: Exit) -> String {
    let mut text = String::new();
    if report.found.is_empty() {
        let _ = writeln!(
            text,
            "There is nothing of the published pattern in account {}, in any of its {}.",
            run.aws.account,
            count(old.regions.len(), "region")
        );
        for it in &report.left_alone {
            let _ = writeln!(text, "Left alone: {it}.");
        }
    }
    if !report.waiting.is_empty() {
        let _ = writeln!(
            text,
            "Both paths stand. The old one stays until this is done; then run the same command again:"
        );
        for it in &report.waiting {
            let _ = writeln!(text, "  - {}", it.replace('\n', "\n    "));
        }
    }
    if !matches!(exit, Exit::Done | Exit::Found) {
        text += match report.removed.is_empty() {
            true => "The old path was not touched; the same command goes on from here.\n",
            false => "The new path is proved and stands; the same command removes what is left.\n",
        };
    }
    if exit == Exit::Done && !report.found.is_empty() {
        let _ = writeln!(
            text,
            "The old path is gone ({}), and the new one is proved{}.",
            count(report.removed.len(), "part"),
            report.proved.words()
        );
        text += &after(old);
    }
    text + &settings(&report.to_keep) + &terraform_ending(report, old, exit)
}

fn after(old: &Old) -> String {
    let mut text = String::new();
    for it in old.hubs.iter().flat_map(|hub| &hub.topic_stays) {
        let _ = writeln!(text, "Kept: {it}.");
    }
    for (name, region) in &old.log_groups {
        let _ = writeln!(
            text,
            "Kept: log group {name} in {region}, what the old function wrote; `aws logs delete-log-group --region {region} --log-group-name {name}` removes it."
        );
    }
    if old.sets.is_none() {
        text += "If the old StackSet is still there, it forwards to a bus that is gone: in the management account, `aws cloudformation delete-stack-instances` and `delete-stack-set` remove it.\n";
    }
    text
}

fn settings(to_keep: &[Subscription]) -> String {
    if to_keep.is_empty() {
        return String::new();
    }
    let mut text = "Settings are not remembered. Add this to rootwatch.toml, or the next `deploy hub` drops those who were taken over:\n".to_owned();
    let quoted = |text: &str| Value::from(text).to_string();
    let (mails, others): (Vec<_>, Vec<_>) = to_keep.iter().partition(|it| it.protocol == "email");
    if !mails.is_empty() {
        let mails: Vec<String> = mails.iter().map(|it| quoted(&it.endpoint)).collect();
        let _ = writeln!(text, "  [hub]\n  email = [{}]", mails.join(", "));
    }
    for it in others {
        let (protocol, endpoint) = (quoted(&it.protocol), quoted(&it.endpoint));
        let _ = writeln!(
            text,
            "  [[hub.subscriptions]]\n  protocol = {protocol}\n  endpoint = {endpoint}"
        );
    }
    text
}

fn terraform_text(commands: &[String]) -> String {
    if commands.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "A Terraform state lists {} of it. Before anybody runs Terraform there again, take the module out of its configuration and run:\n",
        count(commands.len(), "part")
    );
    for it in commands {
        let _ = writeln!(text, "  {it}");
    }
    text
}

fn terraform_ending(report: &Report, old: &Old, exit: Exit) -> String {
    match old.terraform.is_known() {
        true => terraform_text(&report.terraform),
        false if exit == Exit::Done && !report.found.is_empty() => "If Terraform made it, its next run would make it again: take the module out of its configuration, and give its state (`terraform state pull`) to `rootwatch adopt --terraform-state FILE` for the `terraform state rm` lines.\n".into(),
        false => String::new(),
    }
}
