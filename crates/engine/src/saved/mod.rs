//! A plan that is kept: for a moment, while somebody is asked about it, or in a file, until it is carried out.
//!
//! It is carried out by making it anew and comparing: what is done is what the new plan says, which is the same in
//! every step or is not carried out at all. So nothing that stands in a file is ever sent to AWS.

mod world;

pub use world::World;

use crate::names::Names;
use crate::words::one_line;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes that a plan file may have: that of 10,000 accounts in 20 regions has a tenth.
pub const MOST_BYTES: u64 = 64 << 20;
/// Its versioned form.
const SCHEMA: &str = "rootwatch.saved-plan/1";

/// What a plan rests on, and what it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// What was read.
    pub world: World,
    /// What the plan changes, as data.
    pub plan: Value,
}

/// A plan in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch plan --out, version 1")
)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// `rootwatch.saved-plan/1`.
    pub schema: String,
    /// The command that carries it out, `deploy hub`.
    pub command: String,
    /// Version of the rootwatch that made it.
    pub rootwatch: String,
    /// Digest of the sources of that rootwatch's notifier.
    pub functions: String,
    /// When it was made, in UTC.
    pub made: String,
    /// Name of the deployment.
    pub deployment: String,
    /// Account of the run that made it.
    pub account: String,
    /// Region of that run.
    pub region: String,
    /// The settings that were given, as the settings file has them, without passwords; and the flags that are none.
    pub settings: BTreeMap<String, String>,
    /// Digest of all that was read, by part and field.
    pub world: World,
    /// Digest of the whole of that.
    pub world_digest: String,
    /// What it changes, as the plan's JSON has it.
    pub plan: Value,
}

/// What a run that carries out a plan is.
pub struct Run<'a> {
    /// The command, `deploy hub`.
    pub command: &'a str,
    /// Names of the deployment, with account and region.
    pub names: &'a Names,
    /// As in [`SavedPlan`].
    pub settings: BTreeMap<String, String>,
}

impl SavedPlan {
    /// A plan to be kept.
    #[must_use]
    pub fn of(run: Run<'_>, basis: Basis) -> Self {
        let world = serde_json::to_value(&basis.world).unwrap_or_default();
        Self {
            schema: SCHEMA.to_owned(),
            command: run.command.to_owned(),
            rootwatch: env!("CARGO_PKG_VERSION").to_owned(),
            functions: rootwatch_bundle::source_digest().to_owned(),
            made: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
            deployment: run.names.deployment.clone(),
            account: run.names.account.clone(),
            region: run.names.region.clone(),
            settings: run.settings,
            world_digest: world::digest(&world),
            world: basis.world,
            plan: basis.plan,
        }
    }

    /// Reads one from the text of a file.
    ///
    /// # Errors
    /// When it is not such a plan, or of another form.
    pub fn parse(text: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Form {
            schema: String,
        }
        let safe = |error: serde_json::Error| anyhow::anyhow!(shortened(&error.to_string()));
        let form: Form = serde_json::from_slice(text)
            .map_err(safe)
            .context("it is no plan that `rootwatch plan --out` wrote, or is cut short")?;
        if form.schema != SCHEMA {
            bail!(
                "its form is {}, and this rootwatch reads {SCHEMA}: make the plan anew",
                shortened(&form.schema)
            );
        }
        let plan: Self = serde_json::from_slice(text)
            .map_err(safe)
            .context("it is not as `rootwatch plan --out` wrote it")?;
        let world = serde_json::to_value(&plan.world).unwrap_or_default();
        if world::digest(&world) != plan.world_digest {
            bail!("its digest is not of what it says was read: somebody changed the file");
        }
        Ok(plan)
    }

    /// Fails when a run is not the one that this was made for: another command, account, region, deployment, version, or
    /// other settings.
    ///
    /// # Errors
    /// With all that moved, and what was compared.
    pub fn check_run(&self, run: &Run<'_>) -> Result<()> {
        self.check_command(run.command)?;
        let functions = rootwatch_bundle::source_digest();
        let version = env!("CARGO_PKG_VERSION");
        let names = run.names;
        let mut moved = Vec::new();
        let mut compare = |what: &str, then: &str, now: &str| {
            if then != now {
                let (then, now) = (shortened(then), shortened(now));
                moved.push(format!("the {what} was {then}, and is {now}"));
            }
        };
        compare("account", &self.account, &names.account);
        compare("region", &self.region, &names.region);
        compare("deployment", &self.deployment, &names.deployment);
        compare("version of rootwatch", &self.rootwatch, version);
        if self.rootwatch == version {
            compare("build of rootwatch's functions", &self.functions, functions);
        }
        moved.extend(self.settings_moved(&run.settings));
        self.refuse(&moved)
    }

    /// Fails when this is the plan of another command.
    ///
    /// # Errors
    /// With the command that carries it out.
    pub fn check_command(&self, command: &str) -> Result<()> {
        if self.command == command {
            return Ok(());
        }
        bail!(
            "the plan is one of `rootwatch {}`, and this is `rootwatch {command}`: nothing was changed",
            shortened(&self.command)
        )
    }

    fn settings_moved(&self, now: &BTreeMap<String, String>) -> Vec<String> {
        let keys: std::collections::BTreeSet<&String> =
            self.settings.keys().chain(now.keys()).collect();
        let said = |value: Option<&String>| match value {
            Some(value) => shortened(value),
            None => "not given".to_owned(),
        };
        keys.into_iter()
            .filter(|key| self.settings.get(*key) != now.get(*key))
            .map(|key| {
                let (then, now) = (said(self.settings.get(key)), said(now.get(key)));
                format!("the setting {} was {then}, and is {now}", shortened(key))
            })
            .collect()
    }

    /// Fails when what is there, or what is to be done about it, is no longer what this was made from.
    pub(crate) fn check(&self, now: &Basis) -> Result<()> {
        let then = Basis {
            world: self.world.clone(),
            plan: self.plan.clone(),
        };
        self.refuse(&then.moved(now))
    }

    fn refuse(&self, moved: &[String]) -> Result<()> {
        if moved.is_empty() {
            return Ok(());
        }
        bail!(
            "the plan of {} no longer holds, and nothing was changed:\n  {}\n  Make it anew with `rootwatch {} --out FILE`, and look at what it says now",
            shortened(&self.made),
            listed(moved),
            self.command.replacen("deploy", "plan", 1)
        )
    }
}

impl Basis {
    /// What is otherwise now.
    fn moved(&self, now: &Self) -> Vec<String> {
        let moved = self.world.moved(&now.world);
        match moved.is_empty() && self.plan != now.plan {
            true => vec![
                "what was read is the same, and the changes that follow from it are others".into(),
            ],
            false => moved,
        }
    }

    /// Fails when somebody changed what a plan rests on while its question stood.
    pub(crate) fn refuse_moved(&self, now: &Self) -> Result<()> {
        let moved = self.moved(now);
        if moved.is_empty() {
            return Ok(());
        }
        bail!(
            "while the question stood, something was changed that the plan rests on, by another run of rootwatch or by somebody else, and nothing was changed by this one:\n  {}\n  Run the same command again: it makes a plan of what is there now",
            listed(&moved)
        )
    }
}

/// A line for each, as far as somebody reads on.
fn listed(moved: &[String]) -> String {
    const MOST: usize = 20;
    let mut lines: Vec<&str> = moved.iter().take(MOST).map(String::as_str).collect();
    let more = format!("and {} more", moved.len().saturating_sub(MOST));
    if moved.len() > MOST {
        lines.push(&more);
    }
    lines.join("\n  ")
}

/// Of what a file says, as much as a line can hold.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let text = one_line(text);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Steps as data without what only says where a value was given, in what order it is done and by which calls: a plan is
/// the same without it.
pub(crate) fn essence(steps: &[crate::plan::Step]) -> Value {
    let changes = steps.iter().filter(|step| step.action.is_change());
    let mut all: Vec<Value> = changes
        .map(|step| serde_json::to_value(step).unwrap_or_default())
        .collect();
    for step in &mut all {
        let Some(step) = step.as_object_mut() else {
            continue;
        };
        for field in ["needs", "calls", "note"] {
            step.remove(field);
        }
        let fields = step.get_mut("fields").and_then(Value::as_array_mut);
        for field in fields.into_iter().flatten() {
            if let Some(field) = field.as_object_mut() {
                field.remove("source");
            }
        }
    }
    Value::Array(all)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
