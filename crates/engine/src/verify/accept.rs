//! Hops that somebody accepts. Pure.

use super::finding::Hop;
use super::run::{Report, count};
use crate::findings::{Command, FindingId};
use crate::ignore::{self, Finding, Ignore};
use crate::spokes::Location;

impl Finding for Hop {
    fn id(&self) -> Option<FindingId> {
        self.id
    }

    fn resource(&self) -> &str {
        &self.resource
    }

    fn locations(&self) -> Vec<Location> {
        vec![Location::of(&self.account, &self.region)]
    }
}

impl Report {
    /// Takes out the hops that somebody accepts, and says which of that was in vain.
    pub(super) fn accept(&mut self, ignores: &[Ignore]) {
        let sorted = ignore::sort(std::mem::take(&mut self.hops), ignores);
        self.hops = sorted.open;
        self.counts = count(&self.hops);
        let unused = ignore::unused(ignores, &sorted.accepted, |id| Command::Verify.tells(id));
        self.unused_ignores = unused.into_iter().cloned().collect();
        self.accepted = sorted.accepted;
    }
}
