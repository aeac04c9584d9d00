//! What of the old path has a name that somebody chose: its topics and StackSets. Read-only.

use super::Options;
use super::look::look;
use crate::session::Session;
use anyhow::Result;
use std::time::Duration;

/// The names that are not the pattern's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Named {
    /// ARNs of the topics that its functions publish to.
    pub(crate) topics: Vec<String>,
    /// Names of its StackSets.
    pub(crate) stack_sets: Vec<String>,
}

/// Finds them in every region.
///
/// # Errors
/// When the old path cannot be read.
pub(crate) async fn named(session: &Session) -> Result<Named> {
    let options = Options {
        role: None,
        external_id: None,
        sample: None,
        wait: Duration::ZERO,
        leave_behind: Vec::new(),
        accept_unknown: false,
        terraform_state: None,
        hub_only: false,
        accounts: Vec::new(),
    };
    let old = look(session, &options).await?;
    let topics = old.hubs.iter().filter_map(|it| it.topic.as_ref());
    let stack_sets = old.stack_sets().iter();
    Ok(Named {
        topics: topics.map(|it| it.arn.clone()).collect(),
        stack_sets: stack_sets.map(|it| it.name.clone()).collect(),
    })
}
