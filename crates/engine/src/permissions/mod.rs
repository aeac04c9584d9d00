//! What a caller must be allowed to run a command: IAM policies made from one table, `table.tsv`.

mod on;
mod table;

use crate::adopt::{self, Named};
use crate::memory::{self, Recalled};
use crate::names::Names;
use crate::session::Session;
use crate::spokes::organization::{self, Organization};
use anyhow::Result;
use on::{On, Place};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use table::{Mark, Row, TABLE};

/// Characters of a managed policy without white space (IAM and STS quotas).
const MOST_CHARACTERS: usize = 6_144;
/// The same of all inline policies of a role.
const MOST_INLINE_CHARACTERS: usize = 10_240;

/// The role of [`Command::Reader`], as CloudFormation makes it in each account.
pub const READER_ROLE: &str = include_str!("../../../../templates/reader-role.yaml");

/// A command for which a policy can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `plan hub`.
    PlanHub,
    /// `deploy hub`.
    DeployHub,
    /// `plan spokes`.
    PlanSpokes,
    /// `deploy spokes`.
    DeploySpokes,
    /// `plan guardrail`.
    PlanGuardrail,
    /// `deploy guardrail`, and `teardown guardrail`.
    DeployGuardrail,
    /// `status`.
    Status,
    /// `verify`.
    Verify,
    /// `test`.
    Test,
    /// `teardown`.
    Teardown,
    /// `confirm`.
    Confirm,
    /// `export`.
    Export,
    /// `adopt`.
    Adopt,
    /// No command: the role in the spokes that `verify` and `test` enter.
    Reader,
}

impl Command {
    /// Each as it is typed.
    pub const ALL: [(&'static str, Self); 14] = [
        ("plan hub", Self::PlanHub),
        ("deploy hub", Self::DeployHub),
        ("plan spokes", Self::PlanSpokes),
        ("deploy spokes", Self::DeploySpokes),
        ("plan guardrail", Self::PlanGuardrail),
        ("deploy guardrail", Self::DeployGuardrail),
        ("status", Self::Status),
        ("verify", Self::Verify),
        ("test", Self::Test),
        ("teardown", Self::Teardown),
        ("confirm", Self::Confirm),
        ("export", Self::Export),
        ("adopt", Self::Adopt),
        ("reader", Self::Reader),
    ];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, it)| *it == self);
        found.map_or("", |(name, _)| name)
    }

    /// The parts of the table that it needs; those beginning with `own-` in the management account only.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::PlanHub => &["organization", "hub-read", "elsewhere"],
            Self::DeployHub => &["organization", "hub-read", "hub-write", "elsewhere"],
            Self::PlanSpokes => &[
                "organization",
                "tree",
                "regions",
                "trails",
                "spokes-read",
                "bus-read",
                "own-read",
            ],
            Self::DeploySpokes => &[
                "organization",
                "tree",
                "regions",
                "trails",
                "spokes-read",
                "spokes-write",
                "bus-read",
                "recall",
                "access",
                "own-read",
                "own-write",
            ],
            Self::PlanGuardrail => &["organization", "guardrail"],
            Self::DeployGuardrail => &["organization", "guardrail", "guardrail-write"],
            Self::Status => &[
                "organization",
                "hub-read",
                "elsewhere",
                "metrics",
                "clicks",
                "guardrail-read",
                "tree",
                "regions",
                "trails",
                "spokes-read",
                "drift",
                "own-read",
            ],
            Self::Verify => &[
                "organization",
                "hub-read",
                "elsewhere",
                "attached",
                "clicks",
                "trails",
                "spokes-read",
                "enter",
            ],
            Self::Test => &[
                "organization",
                "test",
                "recall",
                "trails",
                "spokes-read",
                "enter",
            ],
            Self::Teardown => &[
                "organization",
                "hub-read",
                "hub-delete",
                "guardrail-read",
                "tree",
                "regions",
                "spokes-read",
                "spokes-delete",
                "own-read",
                "own-write",
                "own-delete",
            ],
            Self::Confirm => &["confirm"],
            // Both deployments, the proof by `verify` and `test`, and the old path.
            Self::Adopt => &[
                "organization",
                "hub-read",
                "hub-write",
                "elsewhere",
                "tree",
                "regions",
                "trails",
                "spokes-read",
                "spokes-write",
                "bus-read",
                "own-read",
                "own-write",
                "attached",
                "clicks",
                "test",
                "enter",
                "pattern",
                "pattern-delete",
            ],
            Self::Export => &["organization", "hub-read", "elsewhere", "export"],
            // In each spoke, and nothing in the hub's account.
            Self::Reader => &["spoke-look", "spoke-send"],
        }
    }
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Statement {
    /// Its name.
    pub sid: String,
    /// The actions that it allows.
    pub actions: Vec<&'static str>,
    /// On what.
    pub resources: Vec<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// What for.
    pub purposes: Vec<&'static str>,
    /// Whether a run that may not do this goes on, and says what it then does not know.
    pub optional: bool,
}

/// Versioned form of the JSON that `policy` prints.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch policy, version 1")
)]
pub struct Permissions {
    /// `rootwatch.policy/1`.
    pub schema: &'static str,
    /// The command.
    pub command: &'static str,
    /// The account whose credentials run it.
    pub account: String,
    /// The region that it runs in.
    pub region: String,
    /// Characters of the policy without white space.
    pub characters: usize,
    /// Each statement, with what it is for.
    pub statements: Vec<Statement>,
    /// The policy.
    pub policy: Value,
}

impl Permissions {
    /// Whether one managed policy holds it.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.characters <= MOST_CHARACTERS
    }

    /// Whether an inline policy of a role holds it.
    #[must_use]
    pub fn fits_inline(&self) -> bool {
        self.characters <= MOST_INLINE_CHARACTERS
    }
}

/// What the caller of a command needs, in this account and region. `role` is the one that `verify` and `test` enter.
///
/// # Errors
/// When the organization cannot be read.
pub async fn policy(
    session: &Session,
    command: Command,
    role: Option<&str>,
) -> Result<Permissions> {
    let found = organization::find(&session.aws).await?;
    let deployed = deployed(session, &found).await?;
    let routes = deployed.settings.notify.routes();
    let place = Place {
        names: deployed.names(),
        routes: routes.into_iter().map(|it| it.topic).collect(),
        management: found.management_account,
        organization: found.id,
        role: role.map(str::to_owned),
        pattern: match command {
            Command::Adopt => pattern(session).await?,
            _ => None,
        },
    };
    Ok(permissions(command, &place))
}

/// The run with the names that are deployed: the hub's topic and role, and in the management account those of the spokes'
/// roles. Somebody who may not read them yet gets the policy for the names of the run.
async fn deployed(session: &Session, organization: &Organization) -> Result<Session> {
    let recalled = if session.aws.account == organization.management_account {
        let place = session.stack_sets(organization);
        memory::recall_spokes(session, &place)
            .await
            .map(|(it, _)| it)
    } else {
        let Recalled {
            session, unread, ..
        } = memory::recall_readable(session).await;
        match unread.into_iter().next() {
            Some(it) => Err(it.error),
            None => Ok(session),
        }
    };
    match recalled {
        Err(error) if !crate::is_stopped(&error) => {
            session.work.message(&format!(
                "What is deployed cannot be read ({error:#}): the policy is for the names that this run's settings give."
            ));
            Ok(session.clone())
        }
        recalled => recalled,
    }
}

/// What of AWS's published pattern is there. `None` where that cannot be read: it may be anything then.
async fn pattern(session: &Session) -> Result<Option<Named>> {
    match adopt::named(session).await {
        Err(error) if !crate::is_stopped(&error) => {
            session.work.message(&format!(
                "What is there of AWS's published pattern cannot be read ({error:#}): the policy is for any topic and any StackSet of this account."
            ));
            Ok(None)
        }
        named => named.map(Some),
    }
}

/// The statements of a command, and the document. Pure.
fn permissions(command: Command, place: &Place) -> Permissions {
    let statements = statements(command, place);
    let policy = document(&statements);
    let Names {
        account, region, ..
    } = &place.names;
    Permissions {
        schema: "rootwatch.policy/1",
        command: command.name(),
        account: account.clone(),
        region: region.clone(),
        characters: policy.to_string().chars().count(),
        statements,
        policy,
    }
}

fn statements(command: Command, place: &Place) -> Vec<Statement> {
    let is_management = place.names.account == place.management;
    let is_needed = |row: &&Row| {
        command.parts().contains(&row.part) && (is_management || !row.part.starts_with("own-"))
    };
    let mut all: BTreeMap<(String, bool), Vec<&Row>> = BTreeMap::new();
    for row in TABLE.iter().filter(is_needed) {
        let optional = row.mark == Mark::Optional;
        all.entry((row.on.to_owned(), optional))
            .or_default()
            .push(row);
    }
    let mut made: Vec<Statement> = Vec::new();
    for ((on, optional), rows) in all {
        let Some(on) = On::of(&on, place) else {
            continue;
        };
        let known: BTreeSet<&str> = made
            .iter()
            .filter(|it| it.resources == on.resources)
            .flat_map(|it| it.actions.iter().copied())
            .collect();
        let actions: BTreeSet<&'static str> =
            rows.iter().flat_map(|it| it.actions.clone()).collect();
        let actions: Vec<&'static str> = actions
            .into_iter()
            .filter(|it| !known.contains(it))
            .collect();
        if actions.is_empty() {
            continue;
        }
        let purposes: BTreeSet<&'static str> = rows.iter().map(|it| it.purpose).collect();
        made.push(Statement {
            sid: match optional {
                true => format!("{}IfAllowed", on.sid),
                false => on.sid,
            },
            actions,
            resources: on.resources,
            condition: on.condition,
            purposes: purposes
                .into_iter()
                .filter(|it| *it != "the same")
                .collect(),
            optional,
        });
    }
    made
}

fn document(statements: &[Statement]) -> Value {
    let one = |it: &Statement| {
        let mut statement = json!({
            "Sid": it.sid,
            "Effect": "Allow",
            "Action": it.actions,
            "Resource": it.resources,
        });
        if let Some(condition) = &it.condition {
            statement["Condition"] = condition.clone();
        }
        statement
    };
    let statements: Vec<Value> = statements.iter().map(one).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests;
