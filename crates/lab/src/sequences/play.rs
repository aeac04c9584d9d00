//! A sequence, step by step, in a world of its own.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::acts::{Acts, State, waiting};
use super::confirm::{Standing, standing};
use super::hands::{Became, Hands};
use super::judge;
use super::model::Model;
use super::organization::{Moved, Organization, Spot};
use super::promise::Facts;
use super::stage::Stage;
use super::step::{Case, Hanging, Move, Step};
use super::tally::{Group, Tally};
use crate::control::Message;
use crate::server::Lab;
use crate::sweep::command::{PERSON, REGION, SECOND};
use crate::sweep::listing::Listing;

/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(150);

/// Messages that have not moved for so long wait for a repair: a notifier that fails is given them again sooner.
const STUCK: Duration = Duration::from_secs(3);

/// How long the lab may take to come to rest.
pub(super) const REST: Duration = Duration::from_secs(60);

/// The same where what waits may wait for ever.
const BROKEN_REST: Duration = Duration::from_secs(10);

/// The same where the hub's self-check waits for two minutes.
const CHECKED_REST: Duration = Duration::from_secs(150);

/// A sequence that is being played.
pub(super) struct Playing<'a> {
    pub(super) stage: &'a Stage,
    pub(super) lab: Lab,
    pub(super) hands: &'a mut Hands,
    pub(super) model: Model,
    pub(super) acts: Acts,
    /// All that there is now.
    pub(super) snapshot: Value,
    pub(super) listing: Listing,
    pub(super) tally: &'a mut Tally,
    /// Accounts that came.
    came: usize,
}

/// Plays a sequence to its end, or to the first step after which something does not hold; that is said with its step.
pub(super) fn play(
    stage: &Stage,
    hands: &mut Hands,
    case: &Case,
    tally: &mut Tally,
) -> Result<Vec<String>> {
    let since = Instant::now();
    let lab = stage.worlds.fork(case.from)?;
    tally.spend("worlds", since);
    let snapshot = lab.snapshot()?;
    let organization = Organization::new(stage.worlds.organization());
    let mut playing = Playing {
        stage,
        hands,
        model: Model::new(organization, case.from),
        acts: Acts::default(),
        listing: Listing::of_snapshot(&snapshot).without_messages(),
        snapshot,
        lab,
        tally,
        came: 0,
    };
    for (at, step) in (1..).zip(&case.steps) {
        let problems = playing
            .step(step)
            .with_context(|| format!("step {at}: {step:?}"))?;
        if !problems.is_empty() {
            let said = problems.into_iter();
            return Ok(said.map(|it| format!("step {at}: {it}")).collect());
        }
    }
    let problems = playing.end().context("the end")?;
    playing.count_acts();
    Ok(problems)
}

/// What of a message changes when somebody takes it.
fn moves(message: &Message) -> (String, u32) {
    (message.body.clone(), message.receive_count)
}

impl Playing<'_> {
    fn step(&mut self, step: &Step) -> Result<Vec<String>> {
        match step {
            Step::Run(run) => self.run(run),
            Step::Hub(work) => {
                let hub = (self.model.organization.hub.clone(), REGION.to_owned());
                let became = self.work(&hub, work)?;
                if became == Became::Done {
                    self.model.spoil_hub(work);
                }
                let mut problems = judge::of_edit(work, became, Some(false));
                problems.extend(self.settle(work.ends_with("-queue"))?);
                Ok(problems)
            }
            Step::Spoke { work, place } => {
                let spot = self.model.organization.spot(*place);
                let became = self.work(&spot, work)?;
                let model = &self.model;
                let is_bound = model.guard.binds(&model.organization, &spot.0);
                if became == Became::Done {
                    self.model.spoil_spoke(spot, work);
                }
                let mut problems = judge::of_edit(work, became, is_bound);
                problems.extend(self.settle(false)?);
                Ok(problems)
            }
            Step::Others(what) => {
                let is_there = !self.model.hanging.contains(what);
                self.hang(*what, is_there)?;
                self.settle(false)
            }
            Step::Move(what) => {
                self.move_account(*what)?;
                self.settle(false)
            }
            Step::Act(act) => {
                let (spot, signs_in) = self.model.organization.of_act(*act);
                let owed = self.model.owes(&spot);
                self.acts.make(&self.lab, spot, signs_in, owed)?;
                self.settle(false)
            }
            Step::Follow => {
                let is_asked = self.stands(Standing::Asked);
                let became = if is_asked {
                    Became::Done
                } else {
                    Became::Missing
                };
                self.tally.count(Group::Edit, "follow-links", became.name());
                self.lab.confirm_subscription(SECOND)?;
                self.settle(false)
            }
        }
    }

    fn work(&mut self, spot: &Spot, work: &str) -> Result<Became> {
        let since = Instant::now();
        let became = self.hands.work(&self.lab, (&spot.0, &spot.1), work)?;
        self.tally.spend("edits", since);
        self.tally.count(Group::Edit, work, became.name());
        Ok(became)
    }

    /// Whether the second person stands so with one of the topics.
    pub(super) fn stands(&self, so: Standing) -> bool {
        let hub = &self.snapshot[&self.model.organization.hub];
        let mut topics = judge::TOPICS.into_iter();
        topics.any(|topic| standing(hub, topic, SECOND) == so)
    }

    fn hang(&mut self, what: Hanging, is_there: bool) -> Result<()> {
        let work = match (what, is_there) {
            (Hanging::Rule, true) => "hang-rule",
            (Hanging::Rule, false) => "take-rule",
            (Hanging::Subscription, true) => "hang-subscription",
            (Hanging::Subscription, false) => "take-subscription",
        };
        let hub = (self.model.organization.hub.clone(), REGION.to_owned());
        let became = self.work(&hub, work)?;
        self.model.hang(what, is_there && became == Became::Done);
        Ok(())
    }

    fn move_account(&mut self, what: Move) -> Result<()> {
        let Some(moved) = self.model.organization.moved(what) else {
            return Ok(());
        };
        self.tally.count(Group::Move, moved.name(), "done");
        let lab = &self.lab;
        match &moved {
            Moved::Come { unit } => {
                self.came += 1;
                let name = format!("new-{}", self.came);
                let account = lab.add_account(&name, &self.stage.unit(unit)?)?;
                self.model.organization.come(&account.id, unit);
            }
            Moved::Go { account, unit } => lab.move_account(account, &self.stage.unit(unit)?)?,
            Moved::Leave { account } => lab.remove_account(account)?,
            Moved::Suspend { account } => lab.suspend_account(account)?,
            Moved::Reinstate { account } => lab.reinstate_account(account)?,
        }
        self.model.note(&moved);
        Ok(())
    }

    /// Waits until nothing is left to do, and says what does not hold whatever was done.
    fn settle(&mut self, queue_was_taken: bool) -> Result<Vec<String>> {
        self.look_around()?;
        self.standing(queue_was_taken)
    }

    /// Waits until nothing is left to do, has the first person confirm, and looks at what there is.
    pub(super) fn look_around(&mut self) -> Result<()> {
        let since = Instant::now();
        self.rest()?;
        self.tally.spend("until nothing is left to do", since);
        self.lab.confirm_subscription(PERSON)?;
        self.look()
    }

    fn look(&mut self) -> Result<()> {
        let since = Instant::now();
        self.snapshot = self.lab.snapshot()?;
        self.tally.spend("snapshots", since);
        let since = Instant::now();
        self.listing = Listing::of_snapshot(&self.snapshot).without_messages();
        self.tally.spend("listings", since);
        Ok(())
    }

    /// SNS forgets who was asked, has not answered, and is no longer wanted.
    pub(super) fn forget_second(&mut self) -> Result<()> {
        let is_wanted = self.model.hub_settings.people.contains(SECOND);
        if is_wanted || !self.stands(Standing::Asked) {
            return Ok(());
        }
        self.lab.expire_subscriptions(SECOND)?;
        self.look()
    }

    /// A hub that somebody has broken leaves for ever in its queues what it cannot deliver.
    fn rest(&self) -> Result<()> {
        if self.model.is_whole {
            return self.lab.wait_idle(REST);
        }
        let hub = &self.model.organization.hub;
        let waiting = || -> Vec<_> { waiting(&self.lab, hub).iter().map(moves).collect() };
        let (begun, mut seen) = (Instant::now(), (Instant::now(), waiting()));
        // The self-check waits for its own event, which may not come.
        let limit = match self.model.hub_settings.has_self_check() {
            true => CHECKED_REST,
            false => BROKEN_REST,
        };
        while !self.lab.is_idle()? {
            let now = waiting();
            if now != seen.1 {
                seen = (Instant::now(), now);
            }
            let is_stuck = !seen.1.is_empty() && seen.0.elapsed() > STUCK;
            if is_stuck {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < limit,
                "the lab is still busy after {limit:?}"
            );
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// What others own is there, and each act is told or waits.
    pub(super) fn standing(&mut self, queue_was_taken: bool) -> Result<Vec<String>> {
        let lost = self
            .acts
            .look(&self.lab, &self.model.organization.hub, queue_was_taken)?;
        let lost = lost.into_iter();
        let lost = lost.map(|act| format!("nobody was told of {} in {:?}", act.id, act.spot));
        Ok(judge::of_others(&self.stage.planted, &self.listing)
            .into_iter()
            .chain(lost)
            .collect())
    }

    pub(super) fn facts(&self) -> Facts {
        let organization = &self.model.organization;
        let instances = judge::instances(&self.model, &self.snapshot);
        let accounts = organization.suspended().chain(&organization.left);
        let is_stranded = |account: &&String| {
            let mut of_it = instances.iter().filter(|(spot, _)| spot.0 == **account);
            of_it.any(|(spot, _)| self.has_stack(spot))
        };
        Facts {
            stranded: accounts.filter(is_stranded).cloned().collect(),
            is_confirmed: self.stands(Standing::Clicked) || self.stands(Standing::Signed),
            asked: None,
        }
    }

    fn has_stack(&self, (account, region): &Spot) -> bool {
        let stacks = self.snapshot[account][region]["stacks"].as_object();
        let mut names = stacks.into_iter().flatten().map(|(name, _)| name);
        names.any(|name| name.starts_with("StackSet-rootwatch-spoke-"))
    }

    /// Everything is removed, and only what others own is left.
    fn end(&mut self) -> Result<Vec<String>> {
        for what in [Hanging::Rule, Hanging::Subscription] {
            if self.model.hanging.contains(&what) {
                self.hang(what, false)?;
            }
        }
        for account in self.facts().stranded {
            if !self.model.organization.left.contains(&account) {
                self.lab.reinstate_account(&account)?;
                self.model.note(&Moved::Reinstate { account });
            }
        }
        if self.listing.has_temporary() {
            self.stage.worlds.expire(&self.lab)?;
        }
        let problems = self.remove_all()?;
        if !problems.is_empty() {
            return Ok(problems);
        }
        let left = judge::of_end(&self.model, &self.stage.planted, &self.listing);
        Ok(left
            .into_iter()
            .map(|it| format!("the end: {it}"))
            .collect())
    }

    fn count_acts(&mut self) {
        for act in &self.acts.0 {
            let became = match act.state {
                State::Told => "told",
                State::Waits => "waits in a queue",
                _ => "nobody was to be told",
            };
            self.tally.count(Group::Act, "acts of root", became);
        }
    }
}
