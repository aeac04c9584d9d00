//! After a removal: reading until AWS shows that what was removed is gone.
//!
//! An answer alone proves nothing: what is believed to be deleted and is still there would never be looked at again.

use super::desired::Node;
use super::observe::observe;
use super::plan::HubPlan;
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until};
use crate::plan::Action;
use crate::stop::Stopped;
use crate::work::Work;
use anyhow::{Context, Error, Result};
use std::cell::RefCell;
use std::time::Duration;

/// A deleted queue may answer for up to a minute (SQS API Reference, DeleteQueue); nothing else takes longer but an event
/// source mapping, which counts as gone while it is deleted.
const PATIENCE: Duration = Duration::from_secs(120);

/// What AWS still shows.
pub(crate) struct StillThere {
    /// Kinds and names.
    pub(crate) left: Vec<String>,
    pub(crate) error: Error,
}

impl HubPlan {
    /// Reads what was removed until nothing of it is there.
    ///
    /// Fails, with the names of what is still there, when AWS shows it for too long or it cannot be read.
    pub(crate) async fn see_gone(
        &self,
        aws: &Aws,
        work: &Work,
        at_most: Duration,
    ) -> Result<(), StillThere> {
        let removed = self.resources.iter();
        let removed = removed.filter(|it| matches!(it.action, Action::Delete));
        let there: RefCell<Vec<Node>> = RefCell::new(removed.map(|it| it.wanted.clone()).collect());
        let work = work.of("hub");
        let patience = PATIENCE.min(at_most);
        let what = "AWS to show that all is gone";
        let polled = poll_until(&work, what, patience, async || {
            let mut nodes = there.borrow().clone();
            let found = observe(aws, &nodes).await?;
            nodes.retain(|node| found.contains_key(&node.resource.id()));
            let names = names(&nodes);
            there.replace(nodes);
            Ok(match names.is_empty() {
                true => Poll::Ready(()),
                false => Poll::PendingOn(names.join(", ")),
            })
        });
        // Whoever stopped the run at the last removal still learns that it was the last.
        let looked = match work.stop().check() {
            Err(_) => polled.await,
            Ok(()) => tokio::select! {
                looked = polled => looked,
                () = work.stop().requested() => Err(Stopped.into()),
            },
        };
        work.end();
        let looked = looked.with_context(|| {
            format!(
                "AWS accepted the removal in {}, and whether all of it is gone is not seen; `rootwatch teardown` again removes what is left",
                aws.place()
            )
        });
        looked.map_err(|error| StillThere {
            left: names(&there.take()),
            error,
        })
    }
}

fn names(nodes: &[Node]) -> Vec<String> {
    nodes.iter().map(|node| node.resource.id()).collect()
}
