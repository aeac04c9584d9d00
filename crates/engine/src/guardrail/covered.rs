//! Which accounts the guardrail binds, for `status`.

use super::policy;
use super::report::Target;
use super::resource::{self, Guardrail};
use super::targets::is_account;
use crate::aws::Aws;
use crate::aws::error::{AwsError, is_stopped};
use crate::findings::coverage as kinds;
use crate::plan::decide;
use crate::session::Session;
use crate::spokes::Directory;
use crate::spokes::coverage::{AccountStanding, Named, Standing};
use crate::spokes::organization;
use crate::status::Gap;
use anyhow::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether what a member account has can be changed there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum State {
    /// It could not be read.
    #[default]
    Unknown,
    /// There is no guardrail of this deployment.
    None,
    /// It binds some member accounts and not others.
    Partly,
    /// It binds every member account.
    Guarded,
}

/// What is known of the guardrail.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Guarded {
    /// Whether it is there, and whom it binds.
    pub state: State,
    /// Why that is not known, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Id of the service control policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What it is attached to.
    pub targets: Vec<Target>,
    /// Active member accounts that it binds.
    pub guarded: usize,
    /// Active member accounts that it does not bind. The management account, which no SCP binds, is not among them.
    pub not_guarded: Vec<Named>,
}

/// What `status` reports of it, and which of that is a gap.
pub(crate) struct Looked {
    pub(crate) guarded: Guarded,
    pub(crate) gaps: Vec<Gap>,
}

/// Nothing is known of it, for this reason.
pub(crate) fn unknown(why: &str) -> Looked {
    Looked {
        guarded: Guarded {
            unknown: Some(why.to_owned()),
            ..Guarded::default()
        },
        gaps: Vec::new(),
    }
}

/// The accounts of the organization, as `status` knows them.
pub(crate) struct Accounts<'a> {
    pub(crate) all: &'a [AccountStanding],
    /// Whether these are all that there are.
    pub(crate) are_known: bool,
    /// The management account, which no SCP binds.
    pub(crate) management: &'a str,
}

/// Reads the guardrail. `session` has the settings that the StackSet remembers, where it `is_recalled`.
///
/// # Errors
/// When the run is stopped.
pub(crate) async fn look(
    session: &Session,
    accounts: &Accounts<'_>,
    is_recalled: bool,
) -> Result<Looked> {
    // Credentials that the settings give and that do not work are a gap elsewhere.
    let management = session.management(accounts.management).await;
    let aws = management
        .ok()
        .flatten()
        .unwrap_or_else(|| session.aws.clone());
    let name = session.names().guardrail();
    let found = match Guardrail::find(&aws, &name).await {
        Ok(found) => found,
        Err(error) if is_stopped(&error) => return Err(error),
        Err(error) => return Ok(unread(session, &name, &error)),
    };
    let Some(mut found) = found.filter(|it| it.is_of(&session.settings.name)) else {
        return Ok(Looked {
            guarded: Guarded {
                state: State::None,
                ..Guarded::default()
            },
            gaps: Vec::new(),
        });
    };
    let (is_on, directory) =
        tokio::join!(resource::root(&aws), directory(&aws, accounts.all, &found));
    // While they are off, nothing else of it can be put back, and nothing is attached.
    let gaps = match off(&name, &is_on) {
        Some(gap) => vec![gap],
        None => gaps(session, &found, is_recalled, &directory),
    };
    if matches!(is_on, Ok((_, false))) {
        found.attached.clear();
    }
    let gaps = gaps
        .into_iter()
        .map(|gap| gap.at(&aws.account, &session.aws.region));
    Ok(Looked {
        guarded: of(&found, accounts, &directory),
        gaps: gaps.collect(),
    })
}

/// The paths of units in which there are accounts, and of those that the guardrail is attached to.
async fn directory(aws: &Aws, accounts: &[AccountStanding], found: &Guardrail) -> Directory {
    let paths = accounts.iter();
    let paths = paths.filter_map(|it| Some((it.unit.clone(), it.unit_path.clone()?)));
    let mut paths: BTreeMap<String, String> = paths.collect();
    let targets = found.attached.iter().chain(found.targets.keys());
    let unknown = targets.filter(|it| !is_account(it) && !paths.contains_key(*it));
    let read = organization::paths(aws, unknown).await;
    paths.extend(read);
    Directory::of(paths, [])
}

/// What could not be read is a gap only where it is known that there is something.
fn unread(session: &Session, name: &str, error: &Error) -> Looked {
    let answer: Option<&AwsError> = error.chain().find_map(|it| it.downcast_ref());
    let is_there = answer.is_none_or(|it| it.operation != "organizations:ListPolicies");
    let resource = format!("service-control-policy {name}");
    let gap = Gap::failed(kinds::GUARDRAIL_NOT_READ, resource, error);
    let text = format!("the guardrail {name} {}", gap.text);
    let gap = Gap { text, ..gap }.at(&session.aws.account, &session.aws.region);
    Looked {
        guarded: Guarded {
            unknown: Some(format!("{error:#}")),
            ..Guarded::default()
        },
        gaps: is_there.then_some(gap).into_iter().collect(),
    }
}

/// Service control policies that are turned off bind nobody.
fn off(name: &str, is_on: &Result<(String, bool), AwsError>) -> Option<Gap> {
    let resource = format!("service-control-policy {name}");
    match is_on {
        Ok((_, true)) => None,
        Ok((root, false)) => Some(Gap::new(
            kinds::GUARDRAIL_OFF,
            resource,
            format!(
                "the guardrail {name} binds nobody: service control policies are turned off in the organization (root {root})"
            ),
            "with the management account's credentials `rootwatch deploy guardrail --enable-policy-type` fixes it",
        )),
        Err(why) => Some(Gap::unread(
            kinds::GUARDRAIL_NOT_READ,
            resource,
            "whether service control policies are enabled",
            why,
        )),
    }
}

/// What somebody changed of it. Pure.
fn gaps(
    session: &Session,
    found: &Guardrail,
    is_recalled: bool,
    directory: &Directory,
) -> Vec<Gap> {
    let resource = format!("service-control-policy {}", found.name);
    let fix = "with the management account's credentials `rootwatch deploy guardrail` fixes it";
    let mut gaps = Vec::new();
    let missing = found
        .targets
        .keys()
        .filter(|it| !found.attached.contains(*it));
    let missing: Vec<String> = missing
        .map(|it| Target::of(it, directory).words())
        .collect();
    if !missing.is_empty() {
        let text = format!(
            "the guardrail {} is no longer attached to {}, to which `deploy guardrail` attached it",
            found.name,
            missing.join(", ")
        );
        gaps.push(Gap::new(kinds::GUARDRAIL_DETACHED, &resource, text, fix));
    }
    if is_recalled && is_changed(session, found) {
        let text = format!(
            "the guardrail {} is not what rootwatch makes: somebody changed it, or another version made it (`rootwatch plan guardrail` shows the difference, with the management account's credentials)",
            found.name
        );
        gaps.push(Gap::new(kinds::GUARDRAIL_CHANGED, &resource, text, fix));
    }
    gaps
}

/// Whether its statements are others than those for this deployment, with the roles that it leaves free.
fn is_changed(session: &Session, found: &Guardrail) -> bool {
    let session = super::deployment::with_free_roles(session.clone(), Some(found));
    let free = &session.settings.guardrail.free_roles;
    let wanted = policy::content(&session.names(), free);
    decide(&wanted, Some(&found.content)).is_change()
}

/// Whom it binds. Pure.
fn of(found: &Guardrail, accounts: &Accounts<'_>, directory: &Directory) -> Guarded {
    let paths = &directory.units;
    let members = accounts
        .all
        .iter()
        .filter(|it| it.standing != Standing::Suspended && it.named.account != accounts.management);
    let (bound, open): (Vec<_>, Vec<_>) =
        members.partition(|it| found.attached.iter().any(|target| binds(target, it, paths)));
    let unread = found
        .attached
        .iter()
        .find(|it| !is_account(it) && !paths.contains_key(*it));
    let unknown = match unread {
        _ if !accounts.are_known => Some("the organization's accounts are not known".to_owned()),
        Some(unit) => Some(format!(
            "where the unit {unit} is in the organization is not known"
        )),
        None => None,
    };
    Guarded {
        state: match (&unknown, open.is_empty()) {
            (Some(_), _) => State::Unknown,
            (None, true) => State::Guarded,
            (None, false) => State::Partly,
        },
        unknown,
        policy: Some(found.id.clone()),
        targets: found
            .attached
            .iter()
            .map(|it| Target::of(it, directory))
            .collect(),
        guarded: bound.len(),
        not_guarded: open.into_iter().map(|it| it.named.clone()).collect(),
    }
}

/// Whether what is attached to a target binds an account: its own, its unit, or one above.
fn binds(target: &str, account: &AccountStanding, paths: &BTreeMap<String, String>) -> bool {
    if target == account.named.account || target == account.unit || target.starts_with("r-") {
        return true;
    }
    match (paths.get(target), &account.unit_path) {
        (Some(above), Some(path)) => path.starts_with(&format!("{above}/")),
        _ => false,
    }
}

#[cfg(test)]
#[path = "covered_tests.rs"]
mod tests;
