//! The tables of docs/severities.md, from what decides.

use super::*;
use crate::known::KNOWN;
use crate::page;
use std::collections::BTreeMap;

const ALL: [Activity; 14] = [
    Activity::SignIn,
    Activity::FailedSignIn,
    Activity::PasswordRecovery,
    Activity::CredentialChange,
    Activity::AccountChange,
    Activity::Tampering,
    Activity::ApiWrite,
    Activity::ApiRead,
    Activity::PrivilegedSessionStart,
    Activity::PrivilegedSessionAction,
    Activity::ServiceMade,
    Activity::Canary,
    Activity::NotRoot,
    Activity::Forged,
];

/// Why it is so severe, and what is said of it besides.
fn why(activity: Activity) -> &'static str {
    match activity {
        Activity::SignIn => {
            "Somebody acts as root from now on. Without MFA the password alone was enough. Where the record does not say, MFA is not held against anybody."
        }
        Activity::FailedSignIn => {
            "Somebody knows the address of root and has no access. In several accounts from one address it is high, and critical when one from there succeeds at the same time."
        }
        Activity::PasswordRecovery => {
            "Whoever reads root's mail gets the account. Once it is completed, they have it."
        }
        Activity::CredentialChange => "It decides who is root from now on.",
        Activity::AccountChange => {
            "It changes whose the account is, who is asked and who pays. Critical is what closes it or takes it out of the organization."
        }
        Activity::Tampering => {
            "Whoever tries it, root or not, means to act unseen, so that an attempt is as severe as a success ([tampering](tampering.md))."
        }
        Activity::ApiWrite => "Root changes something, for which there are roles.",
        Activity::ApiRead => {
            "Nothing is changed. A call that changes nothing by any name, such as the heartbeat of CloudShell, counts as one."
        }
        Activity::PrivilegedSessionStart => {
            "An administrator gets root's rights in a member account by `sts:AssumeRoot`. With the task policy `IAMAuditRootUserCredentials` they can only read."
        }
        Activity::PrivilegedSessionAction => "What was done counts, not by which way root came in.",
        Activity::ServiceMade => {
            "An AWS service acts for the account, and no person does. Nothing is sent."
        }
        Activity::Canary => {
            "The event of `rootwatch test`, or of the self-check, of which nobody is notified."
        }
        Activity::NotRoot => "It is not root, and nothing that alerts depend on. Nothing is sent.",
        Activity::Forged => "Its source is no service of AWS's. Nothing is sent.",
    }
}

fn of(activity: Activity, with: impl FnOnce(&mut Factors)) -> &'static str {
    let mut factors = Factors {
        activity,
        critical: is_always_critical(activity),
        failed: false,
        without_mfa: false,
        long_lived_key: false,
        audit: false,
    };
    with(&mut factors);
    factors.severity().name()
}

fn known(activity: Activity) -> impl Iterator<Item = &'static crate::known::Known> {
    KNOWN.iter().filter(move |it| it.activity == activity)
}

fn is_always_critical(activity: Activity) -> bool {
    known(activity).next().is_some() && known(activity).all(|it| it.critical)
}

/// The ordinary severity, then what makes it another one.
fn cell(activity: Activity, failed: bool) -> String {
    let ordinary = of(activity, |it| it.failed = failed);
    let has_critical = known(activity).any(|it| it.critical);
    let others = [
        (
            "for some calls",
            of(activity, |it| {
                it.failed = failed;
                it.critical |= has_critical;
            }),
        ),
        (
            "without MFA",
            of(activity, |it| {
                it.failed = failed;
                it.without_mfa = true;
            }),
        ),
        (
            "to audit",
            of(activity, |it| {
                it.failed = failed;
                it.audit = true;
            }),
        ),
    ];
    let others = others.iter().filter(|(_, severity)| *severity != ordinary);
    let others = others.map(|(when, severity)| format!("; {when}: {severity}"));
    format!("{ordinary}{}", others.collect::<String>())
}

#[test]
fn the_page_in_docs_has_each_activity_with_its_severity_and_why() {
    let mut table = String::from(
        "| activity | severity | failed or refused | with a long-lived root key | why |\n|---|---|---|---|---|\n",
    );
    for activity in ALL {
        let cells = match activity {
            Activity::PrivilegedSessionAction => {
                let same = "as the action itself";
                [same; 3].map(str::to_owned)
            }
            // A sign-in that failed is an activity of its own.
            Activity::SignIn | Activity::FailedSignIn => {
                let key = of(activity, |it| it.long_lived_key = true);
                [cell(activity, false), "\u{2014}".to_owned(), key.to_owned()]
            }
            activity => {
                let key = of(activity, |it| it.long_lived_key = true);
                [cell(activity, false), cell(activity, true), key.to_owned()]
            }
        };
        let [done, failed, key] = cells;
        let (name, why) = (activity.name(), why(activity));
        table.push_str(&format!(
            "| `{name}` | {done} | {failed} | {key} | {why} |\n"
        ));
    }
    page::holds("severities", "activities", &table);
}

#[test]
fn the_page_in_docs_has_each_call_that_is_known_by_name() {
    let mut rows: BTreeMap<(Activity, &str), Vec<&str>> = BTreeMap::new();
    for it in KNOWN {
        let severity = of(it.activity, |factors| factors.critical = it.critical);
        rows.entry((it.activity, severity))
            .or_default()
            .push(it.name);
    }
    let mut table = String::from("| activity | severity | calls |\n|---|---|---|\n");
    for ((activity, severity), names) in rows {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let (name, names) = (activity.name(), names.join(", "));
        table.push_str(&format!("| `{name}` | {severity} | {names} |\n"));
    }
    page::holds("severities", "calls", &table);
}

#[test]
fn the_page_in_docs_says_what_each_severity_asks_for() {
    let meaning = |severity: Severity| match severity {
        Severity::Info => "nothing to do",
        Severity::Low => "worth a look when there is time",
        Severity::Medium => "worth a look today",
        Severity::High => "find out now who did this",
        Severity::Critical => "act now, unless this was planned",
    };
    let mut table = String::from("| severity | what it asks for |\n|---|---|\n");
    for (name, severity) in Severity::ALL.iter().rev() {
        table.push_str(&format!("| {name} | {} |\n", meaning(*severity)));
    }
    page::holds("severities", "severities", &table);
}
