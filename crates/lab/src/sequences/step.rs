//! What a sequence is made of. Each step means something in any state: an account is counted among those that are there,
//! and a setting is one of a table. So a sequence without some of its steps is a sequence.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::confirm::Link;
use super::guard::GuardChange;
use super::settings::{HubChange, SpokesChange};
use crate::sweep::command::By;
use crate::sweep::trouble::Trouble;
use crate::sweep::worlds::World;

/// One sequence. As JSON it is what `--case` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// What there is at first.
    pub(crate) from: World,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// A command of rootwatch.
    Run(Run),
    /// Somebody changes a part of the hub by hand (`hands.py`).
    Hub(String),
    /// The same in a spoke.
    Spoke { work: String, place: Place },
    /// Others hang something on the hub, or take it away.
    Others(Hanging),
    /// An account comes, moves or goes.
    Move(Move),
    /// A root user acts.
    Act(Act),
    /// The second person follows the links in the mails that ask to confirm.
    Follow,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) command: Command,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) fault: Option<Fault>,
    /// A root user acts once the command has made so many calls.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) meanwhile: Option<(usize, Act)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Command {
    DeployHub(HubChange),
    DeploySpokes(By, SpokesChange),
    DeployGuardrail(GuardChange),
    PlanHub,
    PlanSpokes(By),
    PlanGuardrail,
    Status(By),
    Verify,
    Test,
    Confirm(Link),
    TeardownHub,
    TeardownSpokes(By),
    TeardownGuardrail,
    TeardownAll(By),
}

impl Command {
    /// As it is typed.
    pub(crate) fn words(&self) -> &'static [&'static str] {
        match self {
            Self::DeployHub(_) => &["deploy", "hub"],
            Self::DeploySpokes(..) => &["deploy", "spokes"],
            Self::DeployGuardrail(_) => &["deploy", "guardrail"],
            Self::PlanHub => &["plan", "hub"],
            Self::PlanSpokes(_) => &["plan", "spokes"],
            Self::PlanGuardrail => &["plan", "guardrail"],
            Self::Status(_) => &["status", "--strict"],
            Self::Verify => &["verify", "--hub-only"],
            Self::Test => &["test", "--wait=60s"],
            Self::Confirm(_) => &["confirm"],
            Self::TeardownHub => &["teardown", "hub"],
            Self::TeardownSpokes(_) => &["teardown", "spokes"],
            Self::TeardownGuardrail => &["teardown", "guardrail"],
            Self::TeardownAll(_) => &["teardown", "all"],
        }
    }

    /// Who runs it.
    pub(crate) fn by(&self) -> By {
        match self {
            Self::DeploySpokes(by, _)
            | Self::PlanSpokes(by)
            | Self::Status(by)
            | Self::TeardownSpokes(by)
            | Self::TeardownAll(by) => *by,
            Self::DeployGuardrail(_) | Self::PlanGuardrail | Self::TeardownGuardrail => {
                By::Management
            }
            _ => By::Hub,
        }
    }

    /// Its name in a table.
    pub(crate) fn name(&self) -> String {
        let words = self.words();
        let shown = words.iter().filter(|word| !word.starts_with("--"));
        shown.copied().collect::<Vec<_>>().join(" ")
    }

    /// What of the settings it changes, by its name in a table.
    pub(crate) fn change(&self) -> Option<String> {
        let (of, what) = match self {
            Self::DeployHub(change) => ("hub", change.name()),
            Self::DeploySpokes(_, change) => ("spokes", change.name()),
            Self::DeployGuardrail(change) => ("guardrail", change.name()),
            _ => return None,
        };
        Some(format!("{of}: {what}"))
    }

    /// Whether it may change anything but what is temporary.
    pub(crate) fn changes(&self) -> bool {
        matches!(self.words()[0], "deploy" | "teardown" | "confirm")
    }
}

/// What goes wrong with a call of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) trouble: Trouble,
    /// Which call, from 1.
    pub(crate) nth: u64,
    /// Whether writes are counted alone.
    pub(crate) writes: bool,
}

/// An account and a region, each counted among those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) account: usize,
    pub(crate) region: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Hanging {
    /// A rule on the bus.
    Rule,
    /// A queue that is subscribed to the alerts.
    Subscription,
}

/// An account, counted among the members that may be moved, and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Move {
    Come { unit: usize },
    Go { account: usize, unit: usize },
    Leave { account: usize },
    Suspend { account: usize },
    Reinstate,
}

/// What a root user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    /// Signs in to the console.
    SignIn { account: usize },
    /// Calls an API that writes.
    Call(Place),
}

impl Display for Case {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| std::fmt::Error)?;
        // It is pasted between single quotes.
        write!(to, "{}", text.replace('\'', "\\u0027"))
    }
}

impl FromStr for Case {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}
