//! After the writes: reading back until AWS shows what was set.
//!
//! AWS is eventually consistent, and somebody else may change things back at once. Success is only reported for what
//! was seen.

use super::crowd::{Differing, Others, words};
use super::desired::Node;
use super::hub_resource::HubResource;
use super::observe::{Found, observe};
use super::plan::{HubPlan, Planned};
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until};
use crate::plan::Action;
use crate::work::Work;
use anyhow::{Context, Result};
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// SQS takes up to a minute to show most attributes (SQS API Reference, SetQueueAttributes); nothing else is slower.
const PATIENCE: Duration = Duration::from_secs(120);

impl HubPlan {
    /// Reads what was made or changed, and who is subscribed, until all of it has the desired state.
    ///
    /// Fails, with the names of what differs, when AWS does not show it in time.
    pub(crate) async fn settle(
        &self,
        aws: &Aws,
        work: &Work,
        at_most: Duration,
    ) -> Result<Vec<HubResource>> {
        let patience = PATIENCE.min(at_most);
        let unseen = RefCell::new(self.read_back());
        let seen = RefCell::new(Vec::new());
        let mut by_others = Others::default();
        let work = work.of("hub");
        let looked = poll_until(&work, "AWS to show what was set", patience, async || {
            let nodes = unseen.take();
            let found = observe(aws, &nodes).await?;
            let (as_wanted, others, differing) = compare(nodes, found);
            seen.borrow_mut().extend(as_wanted);
            unseen.replace(others);
            by_others.note(&self.resources, &differing, Instant::now())?;
            Ok(match differing.is_empty() {
                true => Poll::Ready(()),
                false => Poll::PendingOn(words(&differing)),
            })
        })
        .await;
        work.end();
        looked.context(
            "AWS accepted all changes, but does not show all of them yet; `rootwatch plan hub` shows what differs",
        )?;
        Ok(seen.into_inner())
    }

    /// What is read back: all that was written, and the subscriptions, of which people have to confirm some.
    pub(super) fn read_back(&self) -> Vec<Node> {
        let is_read = |planned: &&Planned| match planned.action {
            Action::Create { .. } | Action::Update { .. } => true,
            Action::Keep => matches!(planned.wanted.resource, HubResource::Subscriptions(_)),
            Action::Delete => false,
        };
        let read = self.resources.iter().filter(is_read);
        read.map(|planned| planned.wanted.clone()).collect()
    }
}

/// Whether all that is seen of a resource is as wanted, but for what SQS shows only after up to 15 minutes (SQS API
/// Reference, SetQueueAttributes): nobody waits for that.
fn is_as_wanted(node: &Node, found: Option<&HubResource>) -> bool {
    let action = node.resource.decide(found);
    match (&node.resource, found) {
        (HubResource::Queue(_), Some(_)) => {
            let changed = action.changed();
            changed
                .iter()
                .all(|field| *field == "message_retention_period")
        }
        (HubResource::Function(_), Some(HubResource::Function(found))) => {
            !action.is_change() && found.active
        }
        (HubResource::SelfCheckFunction(_), Some(HubResource::SelfCheckFunction(found))) => {
            !action.is_change() && found.it.active
        }
        _ => !action.is_change(),
    }
}

/// What is up to date, the nodes of which something still differs, and what that is.
fn compare(nodes: Vec<Node>, mut found: Found) -> (Vec<HubResource>, Vec<Node>, Differing) {
    let (mut as_wanted, mut others) = (Vec::new(), Vec::new());
    let mut differing = Differing::new();
    for node in nodes {
        let id = node.resource.id();
        let found = found.remove(&id);
        if is_as_wanted(&node, found.as_ref()) {
            as_wanted.extend(found);
            continue;
        }
        differing.insert(id, node.resource.decide(found.as_ref()));
        others.push(node);
    }
    (as_wanted, others, differing)
}
