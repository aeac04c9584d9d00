//! The worlds that commands begin with, each made once; a case has a fork of one.

use std::collections::BTreeMap;
use std::process::Command as Process;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::command::{
    By, Command, PERSON, REGION, SECOND, TOKEN, adopt, deploy_guardrail, deploy_hub, spokes_by,
};
use super::lock;
use super::process::{Ended, Program, Ran, Running};
use crate::organization::Organization;
use crate::secrets;
use crate::server::Lab;

/// Who receives the topic of AWS's published pattern.
const OLD_PERSON: &str = "cloud-team@example.com";
/// Somebody changes and removes parts of a hub.
const DAMAGE: &str = include_str!("damage.py");
/// AWS's published pattern, as people have it deployed.
const PUBLISHED: &str = include_str!("published.py");
/// The template of its StackSet.
const PUBLISHED_TEMPLATE: &str = include_str!("published.yaml");
/// The time of temporary resources is over.
const EXPIRE: &str = include_str!("expire.py");
/// A hub is without a self-check unless it is asked for: it is a second function, which takes seconds.
const OFF: Option<(&str, &str)> = Some(("ROOTWATCH_SELF_CHECK", "off"));
/// How long the lab may take to come to rest.
const REST: Duration = Duration::from_secs(60);

/// What there is before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum World {
    /// The organization, and nothing else.
    Empty,
    /// A hub whose subscriber has not confirmed.
    Unconfirmed,
    /// A hub.
    Hub,
    /// A hub with a second subscriber, who has not confirmed.
    Asked,
    /// A hub with the self-check, which the others do without.
    Checked,
    /// A hub of which somebody has removed and changed parts.
    Damaged,
    /// A hub, and spokes by its own account.
    Watched,
    /// A hub, and spokes by the management account, which is watched too.
    Whole,
    /// The same with a guardrail.
    Guarded,
    /// AWS's published pattern.
    Published,
    /// Both that and rootwatch, and everybody has confirmed.
    Beside,
}

impl World {
    fn base(self) -> Option<Self> {
        match self {
            Self::Empty => None,
            Self::Unconfirmed | Self::Published => Some(Self::Empty),
            Self::Hub => Some(Self::Unconfirmed),
            Self::Asked | Self::Checked | Self::Damaged | Self::Watched | Self::Whole => {
                Some(Self::Hub)
            }
            Self::Guarded => Some(Self::Whole),
            Self::Beside => Some(Self::Published),
        }
    }
}

/// All of them, as far as they were asked for.
pub(crate) struct Worlds {
    program: Program,
    empty: Arc<Lab>,
    organization: Organization,
    made: Mutex<BTreeMap<World, Arc<Lab>>>,
}

impl Worlds {
    /// Those of a program; `prepare` adds to the organization what is there before anything of rootwatch's.
    pub(crate) fn new(
        program: Program,
        prepare: impl FnOnce(&Lab, &Organization) -> Result<()>,
    ) -> Result<Self> {
        let empty = Lab::start()?;
        let organization = empty.sample_organization()?;
        empty.delegate_stacksets(&organization.hub)?;
        prepare(&empty, &organization)?;
        Ok(Self {
            program,
            empty: Arc::new(empty),
            organization,
            made: Mutex::default(),
        })
    }

    /// The organization in which all of them are.
    pub(crate) fn organization(&self) -> &Organization {
        &self.organization
    }

    /// A fork of one, in which nobody has made a call.
    pub(crate) fn fork(&self, world: World) -> Result<Lab> {
        let lab = self.get(world)?.fork()?;
        lab.clear_calls()?;
        Ok(lab)
    }

    fn get(&self, world: World) -> Result<Arc<Lab>> {
        let Some(base) = world.base() else {
            return Ok(Arc::clone(&self.empty));
        };
        if let Some(made) = lock(&self.made).get(&world) {
            return Ok(Arc::clone(made));
        }
        let lab = self.get(base)?.fork()?;
        self.make(world, &lab)
            .with_context(|| format!("making the world {world:?}"))?;
        lab.wait_idle(REST)?;
        let lab = Arc::new(lab);
        lock(&self.made).insert(world, Arc::clone(&lab));
        Ok(lab)
    }

    fn make(&self, world: World, lab: &Lab) -> Result<()> {
        match world {
            World::Empty => Ok(()),
            World::Unconfirmed => self.ends_with(lab, By::Hub, deploy_hub(), 0),
            World::Hub => lab.confirm_subscription(PERSON),
            World::Asked => {
                let args = ["deploy", "hub", "--email", SECOND];
                self.ends_with(lab, By::Hub, &args, 0)
            }
            World::Checked => {
                let args = ["deploy", "hub", "--self-check", "weekly"];
                self.ends_with(lab, By::Hub, &args, 0)
            }
            World::Damaged => self.python(lab, By::Hub, &[DAMAGE]),
            World::Watched => self.ends_with(lab, By::Hub, &spokes_by(By::Hub), 0),
            World::Whole => {
                let args = spokes_by(By::Management);
                self.ends_with(lab, By::Management, &args, 0)
            }
            World::Guarded => self.ends_with(lab, By::Management, deploy_guardrail(), 0),
            World::Published => {
                self.python(lab, By::Management, &[PUBLISHED, PUBLISHED_TEMPLATE])?;
                lab.confirm_subscription(OLD_PERSON)
            }
            World::Beside => {
                self.ends_with(lab, By::Hub, adopt(), 2)?;
                lab.confirm_subscription(OLD_PERSON)
            }
        }
    }

    fn ends_with(&self, lab: &Lab, by: By, args: &[&str], code: i32) -> Result<()> {
        let ran = self.start(lab, by, args, OFF)?.wait(self.program.limit)?;
        ensure!(ran.ended == Ended::Code(code), "{}", ran.words());
        Ok(())
    }

    /// What a killed `test` left may be removed from now on.
    pub(crate) fn expire(&self, lab: &Lab) -> Result<()> {
        self.python(lab, By::Hub, &[EXPIRE])
    }

    /// Runs code, with what it is given after it.
    fn python(&self, lab: &Lab, by: By, code: &[&str]) -> Result<()> {
        let output = Process::new(lab.python())
            .args(["-B", "-c"])
            .args(code)
            .envs(lab.env(self.account(by), REGION))
            .output()
            .context("starting Python")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        Ok(())
    }

    fn account(&self, by: By) -> &str {
        match by {
            By::Hub => &self.organization.hub,
            By::Management => &self.organization.management,
        }
    }

    /// The command's arguments, the same for each of its runs in one world.
    pub(crate) fn args(lab: &Lab, command: &Command) -> Result<Vec<String>> {
        let given = |arg: &&str| match *arg {
            TOKEN => {
                let token = lab.confirmation_token(PERSON)?;
                token.context("nobody was asked to confirm")
            }
            other => Ok(other.to_owned()),
        };
        command.args.iter().map(given).collect()
    }

    /// Begins a command.
    pub(crate) fn begin(&self, lab: &Lab, by: By, args: &[String]) -> Result<Running> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.start(lab, by, &args, OFF)
    }

    /// The same where the hub remembers whether it has a self-check, or the arguments say so.
    pub(crate) fn begin_as_told(&self, lab: &Lab, by: By, args: &[String]) -> Result<Running> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.start(lab, by, &args, None)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, lab: &Lab, by: By, args: &[String]) -> Result<Ran> {
        self.begin(lab, by, args)?.wait(self.program.limit)
    }

    fn start(
        &self,
        lab: &Lab,
        by: By,
        args: &[&str],
        self_check: Option<(&str, &str)>,
    ) -> Result<Running> {
        let always = ["--yes", "--output", "json", "--timeout", "1m"];
        let mut env = lab.env(self.account(by), REGION);
        let attempts = self.program.attempts.to_string();
        let more = [Some(("AWS_MAX_ATTEMPTS", attempts.as_str())), self_check];
        let more = more.into_iter().flatten();
        env.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let binary = &self.program.binary;
        Running::start(binary, &[args, &always].concat(), secrets::planted(&env))
    }
}
