//! What is deployed, in as few words as the invariants need: whether there is a hub, where acts are forwarded, what was
//! told, and which acts were made. It knows nothing of how rootwatch does what it does. Pure.

use std::collections::BTreeSet;

use super::guard::{Guard, GuardChange, Units};
use super::hands::{BREAKING_HUB, BREAKING_SPOKE};
use super::organization::{Moved, Organization, Spot};
use super::settings::{HubChange, HubSettings, SpokesChange, SpokesSettings};
use super::step::{Command, Hanging};
use crate::sweep::command::{By, REGION, SECOND};
use crate::sweep::process::Ended;
use crate::sweep::worlds::World;

/// Hand edits after which the hub no longer knows how people were notified, or how long its log is kept.
const FORGETTING: [&str; 3] = ["delete-function", "delete-log", "set-variable"];

/// Whether a part is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Gone,
    There,
    /// A command that deploys or removes it has failed, or was killed.
    Unsure,
}

/// The model.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) organization: Organization,
    pub(super) hub: Part,
    /// Whether an act that reaches the hub is told, as far as anybody knows.
    pub(super) is_whole: bool,
    /// Whether the hub can be asked for its settings.
    remembers: bool,
    pub(super) hub_settings: HubSettings,
    pub(super) spokes: Part,
    pub(super) spokes_settings: SpokesSettings,
    /// Where acts are forwarded, as far as anybody knows.
    pub(super) forwarding: BTreeSet<Spot>,
    /// Where somebody has changed a spoke by hand, which no plan can see.
    pub(super) spoiled: BTreeSet<Spot>,
    pub(super) hanging: BTreeSet<Hanging>,
    pub(super) guard: Guard,
}

/// What a command is run with, and what the settings are when it has ended with 0.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    pub(super) flags: Vec<String>,
    pub(super) hub_settings: HubSettings,
    pub(super) spokes_settings: SpokesSettings,
    pub(super) guarded: Units,
}

impl Model {
    pub(super) fn new(organization: Organization, from: World) -> Self {
        let there = |is: bool| if is { Part::There } else { Part::Gone };
        let has_spokes = matches!(from, World::Watched | World::Whole | World::Guarded);
        let has_hub = has_spokes || matches!(from, World::Hub | World::Asked);
        let mut model = Self {
            organization,
            hub: there(has_hub),
            is_whole: has_hub,
            remembers: has_hub,
            hub_settings: HubSettings::default(),
            spokes: there(has_spokes),
            spokes_settings: SpokesSettings::default(),
            forwarding: BTreeSet::new(),
            spoiled: BTreeSet::new(),
            hanging: BTreeSet::new(),
            guard: Guard::new(there(from == World::Guarded)),
        };
        if from == World::Asked {
            model.hub_settings.people.insert(SECOND);
        }
        if has_spokes {
            let by = match from {
                World::Watched => By::Hub,
                _ => By::Management,
            };
            model.forwarding = model.reached(by, &model.spokes_settings);
        }
        model
    }

    /// The flags of a command.
    pub(super) fn begin(&self, command: &Command) -> Begun {
        let mut begun = Begun {
            flags: Vec::new(),
            hub_settings: self.hub_settings.clone(),
            spokes_settings: self.spokes_settings.clone(),
            guarded: self.guard.units.clone(),
        };
        match command {
            Command::DeployHub(change) => {
                let settings = self.hub_settings.changed(*change, self.is_remembered());
                (begun.hub_settings, begun.flags) = settings;
            }
            Command::DeploySpokes(_, change) => {
                let is_deployed = self.spokes == Part::There;
                let settings = self.spokes_settings.changed(*change, is_deployed);
                (begun.spokes_settings, begun.flags) = settings;
            }
            Command::DeployGuardrail(change) => {
                (begun.guarded, begun.flags) = self.guard.changed(*change);
            }
            Command::PlanGuardrail => {
                begun.flags = self.guard.changed(GuardChange::Nothing).1;
            }
            Command::PlanSpokes(_) if self.spokes != Part::There => {
                let all = self.spokes_settings.changed(SpokesChange::Nothing, false);
                begun.flags = all.1;
            }
            _ => {}
        }
        begun.flags.extend(self.place_of_hub(command));
        begun
    }

    /// Whether a run need not say the settings of the hub.
    fn is_remembered(&self) -> bool {
        self.hub == Part::There && self.remembers
    }

    /// Whether a command takes the second person away.
    pub(super) fn takes_away(&self, command: &Command) -> bool {
        *command == Command::DeployHub(HubChange::Person)
            && self.is_remembered()
            && self.hub_settings.people.contains(SECOND)
    }

    /// Where the hub is, for those who are elsewhere.
    pub(super) fn place_of_hub(&self, command: &Command) -> Vec<String> {
        let elsewhere = matches!(
            command,
            Command::DeploySpokes(By::Management, _) | Command::PlanSpokes(By::Management)
        );
        let flags = [
            "--hub-account",
            &self.organization.hub,
            "--hub-region",
            REGION,
        ];
        let flags = flags.iter().filter(|_| elsewhere);
        flags.map(|flag| (*flag).to_owned()).collect()
    }

    /// Takes note of how a command ended, and whether all is as it was before.
    pub(super) fn end(&mut self, command: &Command, begun: Begun, ended: Ended, same: bool) {
        let is_done = ended == Ended::Code(0);
        match command {
            Command::DeployHub(_) if is_done => {
                (self.hub, self.is_whole, self.remembers) = (Part::There, true, true);
                self.hub_settings = begun.hub_settings;
            }
            Command::DeployHub(_) => self.hub_is_unsure(&begun, same),
            Command::DeploySpokes(by, _) => self.spokes_deployed(*by, begun, is_done, same),
            Command::DeployGuardrail(_) => self.guard.deployed(begun.guarded, is_done, same),
            Command::TeardownGuardrail => self.guard.removed(is_done, same),
            Command::TeardownHub => self.hub_removed(is_done, same),
            Command::TeardownSpokes(by) => self.spokes_removed(*by, is_done, same),
            Command::TeardownAll(by) => {
                self.spokes_removed(*by, is_done, same);
                self.hub_removed(is_done && *by == By::Hub, same || *by == By::Management);
            }
            _ => {}
        }
    }

    fn hub_is_unsure(&mut self, begun: &Begun, same: bool) {
        if same {
            return;
        }
        // A hub whose path was whole keeps it: what is told must not depend on how a deployment ends.
        self.is_whole &= self.hub == Part::There;
        self.remembers = false;
        self.hub = match self.hub {
            Part::There => Part::There,
            _ => Part::Unsure,
        };
        let new = begun.hub_settings.clone();
        self.hub_settings = new.either(&self.hub_settings);
    }

    fn spokes_deployed(&mut self, by: By, begun: Begun, is_done: bool, same: bool) {
        if same && !is_done {
            return;
        }
        let new = begun.spokes_settings;
        let reached = self.reached(by, &new);
        let management = self.organization.management.clone();
        if is_done {
            self.spokes = Part::There;
            self.spokes_settings = new;
            // The management account's own stacks stay as they are where it does not deploy them itself.
            self.forwarding
                .retain(|spot| spot.0 == management && by == By::Hub);
            self.forwarding.extend(reached);
            self.forwarding = &self.forwarding - &self.spoiled;
        } else {
            self.spokes = Part::Unsure;
            self.spokes_settings = new.either(&self.spokes_settings);
            let is_kept =
                |spot: &Spot| reached.contains(spot) || (spot.0 == management && by == By::Hub);
            self.forwarding.retain(is_kept);
        }
    }

    fn hub_removed(&mut self, is_done: bool, same: bool) {
        if same && !is_done {
            return;
        }
        self.hub = if is_done { Part::Gone } else { Part::Unsure };
        (self.is_whole, self.remembers) = (false, false);
        if is_done {
            self.hanging.clear();
        }
    }

    fn spokes_removed(&mut self, by: By, is_done: bool, same: bool) {
        if same && !is_done {
            return;
        }
        self.spokes = if is_done { Part::Gone } else { Part::Unsure };
        let management = &self.organization.management;
        let stays = |spot: &Spot| spot.0 == *management && by == By::Hub;
        self.forwarding.retain(stays);
        if is_done {
            self.spoiled.retain(stays);
        }
    }

    /// Where acts are forwarded when these settings are deployed.
    fn reached(&self, by: By, settings: &SpokesSettings) -> BTreeSet<Spot> {
        let mut all = self.organization.watched(settings);
        if by == By::Management {
            let own = settings.regions().map(str::to_owned);
            all.extend(own.map(|region| (self.organization.management.clone(), region)));
        }
        all
    }

    /// Somebody has changed the hub by hand.
    pub(super) fn spoil_hub(&mut self, work: &str) {
        self.is_whole &= !BREAKING_HUB.contains(&work);
        self.remembers &= !FORGETTING.contains(&work);
    }

    /// The same for a spoke.
    pub(super) fn spoil_spoke(&mut self, spot: Spot, work: &str) {
        if BREAKING_SPOKE.contains(&work) {
            self.forwarding.remove(&spot);
        }
        self.spoiled.insert(spot);
    }

    pub(super) fn hang(&mut self, what: Hanging, is_there: bool) {
        match is_there {
            true => self.hanging.insert(what),
            false => self.hanging.remove(&what),
        };
    }

    /// What becomes of an account that is moved is known when the spokes were deployed again.
    pub(super) fn note(&mut self, moved: &Moved) {
        self.organization.note(moved);
        if let Some(account) = moved.account() {
            self.forwarding.retain(|spot| spot.0 != account);
        }
    }

    /// Whether an act here is owed to somebody.
    pub(super) fn owes(&self, spot: &Spot) -> bool {
        self.hub == Part::There && self.is_whole && self.forwarding.contains(spot)
    }
}
