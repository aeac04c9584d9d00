//! What `adopt` finds and takes over, and its result.

use super::steps;
use rootwatch_engine::adopt::{Adopted, OldPath, Proved, Report, Takeover};
use rootwatch_engine::{End, Subscription, count, one_line};
use serde_json::Value;
use std::fmt::Write;

/// Where the proof of the new path begins; follows "proved".
pub(crate) fn proved(proved: Proved) -> &'static str {
    match proved {
        Proved::FromHub => " from the hub's bus on",
        Proved::Nothing | Proved::FromSpokes => "",
    }
}

/// The parts of the old path that were found, and what it misses.
pub(crate) fn found(old: &OldPath, report: &Report) -> String {
    let mut text = "Found of the published pattern:\n".to_owned();
    for it in &report.found {
        let _ = writeln!(text, "  {it}");
    }
    for (who, is_confirmed) in old.all_subscribers() {
        let state = match is_confirmed {
            true => "confirmed",
            false => "never confirmed",
        };
        let _ = writeln!(text, "  subscriber {}, {state}", one_line(&who.to_string()));
    }
    for it in &report.left_alone {
        let _ = writeln!(text, "Left alone: {it}.");
    }
    for (region, why) in &report.unread {
        let _ = writeln!(text, "Not read: {region}: {}.", one_line(why));
    }
    let _ = writeln!(text, "What it misses today:");
    for it in &report.misses {
        let _ = writeln!(text, "  - {it}");
    }
    if !report.terraform.is_empty() {
        let parts = count(report.terraform.len(), "part");
        let _ = writeln!(text, "A Terraform state lists {parts} of it; see below.");
    }
    text
}

/// Who is taken over.
pub(crate) fn takeover(takeover: &Takeover, old: &OldPath) -> String {
    let mut text = String::new();
    for it in &takeover.taken {
        let who = &it.endpoint;
        let reported = match it.protocol.as_str() {
            "email" | "sms" => String::new(),
            "email-json" => {
                format!(
                    ", and gets JSON; for plain text: --leave-behind email-json={who} --email {who}"
                )
            }
            _ => ", and gets rootwatch's JSON in place of the event as it came".into(),
        };
        let _ = writeln!(text, "{it} is subscribed to the new topic too{reported}.");
    }
    for it in &takeover.never_confirmed {
        let _ = writeln!(
            text,
            "{it} never confirmed and is not notified today: not taken over; --email or --sns-subscription subscribes it."
        );
    }
    for it in old.special_subscriptions() {
        let _ = writeln!(text, "! {}", one_line(it));
    }
    for it in &takeover.left_behind {
        let _ = writeln!(text, "{it} is left behind, as requested.");
    }
    text
}

/// What is removed, as text.
pub(crate) fn removal(old: &OldPath, verbose: bool) -> String {
    let mut text = String::new();
    for set in old.old_stack_sets() {
        let _ = writeln!(
            text,
            "- stack-set {} with {}: {} in {} no longer forward to the old bus",
            set.name,
            count(set.instances, "stack instance"),
            count(set.accounts, "account"),
            count(set.regions, "region")
        );
    }
    for hub in old.old_hubs() {
        if hub.region != old.home() {
            let _ = writeln!(text, "In {}:", hub.region);
        }
        text += &steps(&hub.steps, verbose);
        if let Some(stays) = hub.topic_stays {
            let _ = writeln!(text, "= kept: {stays}");
        }
    }
    let management = old.management_account();
    if management != old.account() {
        let _ = writeln!(
            text,
            "! StackSets never reach the management account {management}: if a stack made by hand forwards its root to the old bus, deploy rootwatch's there first"
        );
    }
    text
}

/// The end of a run's report.
pub(crate) fn ending(adopted: &Adopted) -> String {
    let Adopted { end, old, report } = adopted;
    let end = *end;
    let mut text = String::new();
    if report.found.is_empty() {
        let _ = writeln!(
            text,
            "There is nothing of the published pattern in account {}, in any of its {}.",
            report.account,
            count(old.region_count(), "region")
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
    if !matches!(end, End::Done | End::Waiting) {
        text += match report.removed.is_empty() {
            true => "The old path was not touched; run the same command again to continue.\n",
            false => {
                "The new path is deployed and proved; run the same command again to remove what is left.\n"
            }
        };
    }
    if end == End::Done && !report.found.is_empty() {
        let _ = writeln!(
            text,
            "The old path is gone ({}), and the new one is proved{}.",
            count(report.removed.len(), "part"),
            proved(report.proved)
        );
        text += &after(old);
    }
    text + &settings(&report.to_keep) + &terraform_ending(report, old, end)
}

fn after(old: &OldPath) -> String {
    let mut text = String::new();
    for it in old.old_hubs().filter_map(|hub| hub.topic_stays) {
        let _ = writeln!(text, "Kept: {it}.");
    }
    for (name, region) in old.kept_log_groups() {
        let _ = writeln!(
            text,
            "Kept: log group {name} in {region}, what the old function wrote; `aws logs delete-log-group --region {region} --log-group-name {name}` removes it."
        );
    }
    if old.is_hub_only() {
        text += "If the old StackSet is still there, it forwards to a bus that is gone: in the management account, `aws cloudformation delete-stack-instances` and `delete-stack-set` remove it.\n";
    }
    text
}

fn settings(to_keep: &[Subscription]) -> String {
    if to_keep.is_empty() {
        return String::new();
    }
    let mut text = "The settings file lists who is notified, and leaves out whom this run took over. Add them to it, or the next `deploy hub` removes them:\n".to_owned();
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

fn terraform_ending(report: &Report, old: &OldPath, end: End) -> String {
    match old.has_terraform_state() {
        true => terraform_text(&report.terraform),
        false if end == End::Done && !report.found.is_empty() => "If Terraform made it, its next run would make it again: take the module out of its configuration, and give its state (`terraform state pull`) to `rootwatch adopt --terraform-state FILE` for the `terraform state rm` lines.\n".into(),
        false => String::new(),
    }
}
