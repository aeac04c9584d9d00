//! What people do by hand, in a process with AWS's SDK for Python that stays for the next one (`hands.py`).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::organization::Organization;
use crate::server::Lab;
use crate::sweep::command::REGION;

const CODE: &str = include_str!("hands.py");
/// Where others have something that is named like ours.
const PLANTED: [(&str, &str); 4] = [
    ("222222222222", "eu-west-1"),
    ("333333333333", "us-east-1"),
    ("555555555555", "eu-west-1"),
    ("111111111111", "us-east-1"),
];

/// What breaks the way of an act in the hub.
pub(super) const BREAKING_HUB: [&str; 12] = [
    "disable-acts",
    "delete-acts",
    "narrow-acts",
    "untarget-acts",
    "delete-acts-queue",
    "close-acts-queue",
    "delete-acts-mapping",
    "delete-function",
    "delete-role-policy",
    "trust-another",
    "close-bus",
    "close-topic",
];
/// What leaves it whole.
pub(super) const HARMLESS_HUB: [&str; 14] = [
    "delete-reads",
    "disable-heartbeats",
    "delete-tampering",
    "delete-hub-tampering",
    "delete-reads-mapping",
    "delete-reads-queue",
    "delete-alarms",
    "spoil-alarm",
    "delete-log",
    "keep-logs-a-day",
    "shorten-function",
    "set-variable",
    "rename-topic",
    "hide-acts",
];
/// The same in a spoke.
pub(super) const BREAKING_SPOKE: [&str; 5] = [
    "disable-rule",
    "narrow-rule",
    "delete-rule",
    "untarget-rule",
    "forbid-forwarding",
];
pub(super) const HARMLESS_SPOKE: [&str; 2] = ["delete-spoke-queue", "delete-spoke-tampering"];

/// The process, which ends with this value.
#[derive(Debug)]
pub(super) struct Hands {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Became {
    Done,
    /// There was nothing to do it with.
    Missing,
    Denied,
}

impl Became {
    /// Its name in a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Missing => "nothing there",
            Self::Denied => "denied",
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Ended { done: Became },
    Failed { error: String },
}

impl Hands {
    /// With a Python that has boto3.
    pub(super) fn start(python: &Path) -> Result<Self> {
        let mut child = Command::new(python)
            .args(["-B", "-c", CODE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting Python")?;
        let requests = child.stdin.take();
        let answers = child.stdout.take().context("Python has no output")?;
        Ok(Self {
            child,
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// Does it.
    pub(super) fn work(&mut self, lab: &Lab, place: (&str, &str), work: &str) -> Result<Became> {
        let request = json!({
            "endpoint": lab.endpoint(), "account": place.0, "region": place.1, "work": work,
        });
        let requests = self.requests.as_mut().context("Python has no input")?;
        writeln!(requests, "{request}").context("asking Python")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match serde_json::from_str(&line).with_context(|| format!("{work}: Python said {line}"))? {
            Answer::Ended { done } => Ok(done),
            Answer::Failed { error } => bail!("{work} in {place:?}: {error}"),
        }
    }

    /// What others own from the beginning.
    pub(super) fn plant(&mut self, lab: &Lab, organization: &Organization) -> Result<()> {
        self.work(lab, (&organization.hub, REGION), "plant-hub")?;
        for place in PLANTED {
            self.work(lab, place, "plant-account")?;
        }
        let management = (organization.management.as_str(), REGION);
        self.work(lab, management, "plant-management")?;
        Ok(())
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        // The end of its input is its end.
        drop(self.requests.take());
        drop(self.child.wait());
    }
}
