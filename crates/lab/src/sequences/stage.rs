//! What all sequences have in common: the worlds that they begin with, and what has to be in each at the end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::hands::{BREAKING_HUB, BREAKING_SPOKE, HARMLESS_HUB, HARMLESS_SPOKE, Hands};
use super::play::REST;
use crate::control::Late;
use crate::sweep::command::REGION;
use crate::sweep::listing::Listing;
use crate::sweep::lock;
use crate::sweep::process::Program;
use crate::sweep::worlds::{World, Worlds};

/// The stage.
pub(super) struct Stage {
    pub(super) worlds: Worlds,
    pub(super) limit: Duration,
    /// All that there is before anything of rootwatch's.
    pub(super) planted: Listing,
    /// The same with a new hub.
    fresh: Arc<Listing>,
    /// The same with a new hub and its self-check, once somebody asked for it.
    checked: Mutex<Option<Arc<Listing>>>,
    /// Those who wait for work.
    hands: Mutex<Vec<Hands>>,
}

impl Stage {
    pub(super) fn new(program: Program) -> Result<Self> {
        let limit = program.limit;
        let mut first = None;
        let worlds = Worlds::new(program, |lab, organization| {
            let hands = first.insert(Hands::start(lab.python())?);
            hands.plant(lab, organization)?;
            // What a broken notifier does not take is a dead letter within seconds.
            lab.set_late(&Late {
                visibility_percent: Some(1),
                ..Late::default()
            })?;
            // What others have deployed is there before anybody looks.
            lab.wait_idle(REST)
        })?;
        Ok(Self {
            planted: listing(&worlds, World::Empty)?,
            fresh: Arc::new(listing(&worlds, World::Hub)?),
            checked: Mutex::default(),
            limit,
            hands: Mutex::new(first.into_iter().collect()),
            worlds,
        })
    }

    /// All that there is with a new hub, with its self-check or without.
    pub(super) fn fresh(&self, has_self_check: bool) -> Result<Arc<Listing>> {
        if !has_self_check {
            return Ok(Arc::clone(&self.fresh));
        }
        let mut checked = lock(&self.checked);
        if let Some(made) = &*checked {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(listing(&self.worlds, World::Checked)?);
        Ok(Arc::clone(checked.insert(made)))
    }

    /// Does something with somebody's hands.
    pub(super) fn with_hands<T>(&self, work: impl FnOnce(&mut Hands) -> Result<T>) -> Result<T> {
        let free = lock(&self.hands).pop();
        let mut hands = free.map_or_else(|| Hands::start(&crate::python()?), Ok)?;
        let done = work(&mut hands);
        lock(&self.hands).push(hands);
        done
    }

    /// The edits by hand that change nothing where everything is deployed.
    pub(super) fn edits_without_effect(&self) -> Result<Vec<String>> {
        let organization = self.worlds.organization();
        let hub = (organization.hub.as_str(), REGION);
        let spoke = (organization.account("shop")?.id.as_str(), REGION);
        let of_hub = BREAKING_HUB.iter().chain(&HARMLESS_HUB);
        let of_spoke = BREAKING_SPOKE.iter().chain(&HARMLESS_SPOKE);
        let all = of_hub.map(|work| (hub, *work));
        let mut idle = Vec::new();
        for (place, work) in all.chain(of_spoke.map(|work| (spoke, *work))) {
            let lab = self.worlds.fork(World::Watched)?;
            let before = Listing::of(&lab)?;
            self.with_hands(|hands| hands.work(&lab, place, work))?;
            lab.wait_idle(REST)?;
            if Listing::of(&lab)? == before {
                idle.push(work.to_owned());
            }
        }
        Ok(idle)
    }

    /// The id of the unit with this path.
    pub(super) fn unit(&self, path: &str) -> Result<String> {
        let organization = self.worlds.organization();
        match path {
            "/" => Ok(organization.root_id.clone()),
            path => Ok(organization
                .ou(path)
                .context("a unit of the lab")?
                .id
                .clone()),
        }
    }
}

fn listing(worlds: &Worlds, world: World) -> Result<Listing> {
    Ok(Listing::of(&worlds.fork(world)?)?.without_messages())
}
