//! After the writes: reading back until AWS shows what was set.
//!
//! AWS shows some changes late, and somebody else may change them back at once. Success is said only of what was seen.

use super::desired::Node;
use super::resource::HubResource;
use super::{HubPlan, observe};
use crate::aws::Aws;
use crate::aws::late::{Look, until};
use crate::plan::Action;
use crate::progress::Progress;
use anyhow::{Context, Result};
use std::cell::RefCell;
use std::time::Duration;

/// SQS takes up to a minute to show most attributes (SQS API Reference, SetQueueAttributes); nothing else is slower.
const PATIENCE: Duration = Duration::from_secs(120);

impl HubPlan {
    /// Reads what was made or changed, and who is subscribed, until all of it is as wanted.
    ///
    /// Fails, with the names of what differs, when AWS does not show it in time.
    pub(crate) async fn settle(
        &self,
        aws: &Aws,
        progress: &Progress,
        at_most: Duration,
    ) -> Result<Vec<HubResource>> {
        let patience = PATIENCE.min(at_most);
        let unseen = RefCell::new(self.read_back());
        let seen = RefCell::new(Vec::new());
        let progress = progress.of("hub");
        let looked = until(
            &progress,
            "AWS to show what was set",
            patience,
            async || {
                let nodes = unseen.borrow().clone();
                let found = observe(aws, &nodes).await?;
                let (as_wanted, other): (Vec<_>, Vec<_>) = nodes
                    .into_iter()
                    .zip(found)
                    .partition(|(node, found)| !node.resource.decide(found.as_ref()).is_change());
                seen.borrow_mut()
                    .extend(as_wanted.into_iter().filter_map(|(_, found)| found));
                let left = names(&other);
                unseen.replace(other.into_iter().map(|(node, _)| node).collect());
                Ok(if left.is_empty() {
                    Look::Ready(())
                } else {
                    Look::PendingOn(left)
                })
            },
        )
        .await;
        progress.end();
        looked.context(
            "AWS took all changes, and they are read back before success is said; `rootwatch plan hub` shows what differs",
        )?;
        Ok(seen.into_inner())
    }

    /// What is read back: all that was written, and the subscriptions, of which people have to confirm some.
    pub(super) fn read_back(&self) -> Vec<Node> {
        let is_read = |(node, action): &(&Node, &Action)| match action {
            Action::Create { .. } | Action::Update { .. } => true,
            Action::Keep => matches!(node.resource, HubResource::Subscriptions(_)),
            Action::Delete => false,
        };
        let nodes = self.nodes.iter().zip(&self.actions).filter(is_read);
        nodes.map(|(node, _)| node.clone()).collect()
    }
}

fn names(nodes: &[(Node, Option<HubResource>)]) -> String {
    let names: Vec<String> = nodes.iter().map(|(node, _)| node.resource.id()).collect();
    names.join(", ")
}
