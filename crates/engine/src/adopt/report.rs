//! The result of `adopt`, as data.

use super::old_path::{OldPath, terraform_commands};
use crate::canary::Target;
use crate::failure::Failure;
use crate::hub::deployed;
use crate::spokes::operation::Ended;
use crate::spokes::reach::Stuck;
use crate::subscription::Subscription;
use crate::words::count;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Versioned form of the JSON that `adopt` prints.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch adopt, version 1")
)]
pub struct Report {
    /// `rootwatch.adopt/1`.
    pub schema: &'static str,
    /// The account that this ran in.
    pub account: String,
    /// The region that this ran in.
    pub region: String,
    /// The old path's parts.
    pub found: Vec<String>,
    /// What has its names, or its shape, and is not touched.
    pub left_alone: Vec<String>,
    /// Regions in which these credentials may not read, with AWS's reason.
    pub unread: BTreeMap<String, String>,
    /// What it misses today.
    pub misses: Vec<String>,
    /// As `deploy hub` prints it.
    pub hub: Option<deployed::Report>,
    /// As `deploy spokes` prints it.
    #[cfg_attr(test, schemars(with = "Option<crate::spokes::deployed::Report<'_>>"))]
    pub spokes: Value,
    /// Why the old path is not removed yet.
    pub waiting: Vec<String>,
    /// Whether an event arrived by the new path.
    pub is_proved: bool,
    /// Where the proof begins.
    pub proved: Proved,
    /// StackSet operations that removed instances.
    pub operations: Vec<Ended>,
    /// Stacks that stay in accounts and regions that StackSets cannot reach.
    pub retained: Vec<Stuck>,
    /// Parts of the old path that are gone.
    pub removed: Vec<String>,
    /// Parts of the old path that were to be removed and are still there.
    pub left: Vec<String>,
    /// Why it ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Subscriptions that were taken over and are in no setting.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub to_keep: Vec<Subscription>,
    /// Commands that make Terraform forget the old parts.
    pub terraform: Vec<String>,
}

/// How much of the new path a test event has shown.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Proved {
    /// Nothing yet.
    Nothing,
    /// All of it.
    FromSpokes,
    /// The hub's part; the way there was judged.
    FromHub,
}

impl Proved {
    /// What a test event from there shows.
    pub(crate) fn of(target: &Target) -> Self {
        match target {
            Target::Hub => Self::FromHub,
            Target::Spokes { .. } => Self::FromSpokes,
        }
    }
}

impl Report {
    pub(crate) fn before(old: &OldPath) -> Self {
        let parts = old.hubs.iter().flat_map(|hub| {
            let ids = hub.found().map(|it| it.id());
            let kept = hub.topic.iter().filter(|_| hub.topic_stays.is_some());
            let ids = ids.chain(kept.map(|it| format!("topic {}", it.name)));
            ids.map(|id| with_region(old.home(), &id, &hub.region))
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
            with_region(old.home(), &text, &it.region)
        });
        Self {
            schema: "rootwatch.adopt/1",
            account: old.account().to_owned(),
            region: old.home().to_owned(),
            found: parts.chain(sets).collect(),
            left_alone: old.left_alone.clone(),
            unread: old.unread.clone(),
            misses: old.gaps.clone(),
            hub: None,
            spokes: Value::Null,
            waiting: Vec::new(),
            is_proved: false,
            proved: Proved::Nothing,
            operations: Vec::new(),
            retained: Vec::new(),
            removed: Vec::new(),
            left: Vec::new(),
            error: None,
            to_keep: Vec::new(),
            terraform: terraform_commands(old),
        }
    }
}

/// A part, and its region where it is not the run's own.
pub(crate) fn with_region(home: &str, part: &str, region: &str) -> String {
    match region == home {
        true => part.to_owned(),
        false => format!("{part}, in {region}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&["adopt/1"]);
    }
}
