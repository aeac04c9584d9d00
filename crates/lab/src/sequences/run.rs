//! One command of a sequence: with what goes wrong and who acts meanwhile, and what has to hold after it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::Result;

use super::confirm::{Given, Standing};
use super::judge::{self, Seen};
use super::model::Part;
use super::play::{Playing, REST};
use super::promise::Facts;
use super::settings::SpokesChange;
use super::step::{Command, Run};
use super::tally::Group;
use crate::sweep::command::By;
use crate::sweep::process::{Ended, Ran};

/// What became of a command.
struct Went {
    ran: Ran,
    /// Whether its fault met a call.
    met: bool,
    /// Whether a root user acted meanwhile.
    acted: bool,
}

impl Playing<'_> {
    /// Runs a command, and says what does not hold then.
    pub(super) fn run(&mut self, run: &Run) -> Result<Vec<String>> {
        let command = &run.command;
        let begun = self.model.begin(command);
        let given = self.given(command)?;
        let facts = Facts {
            asked: given.as_ref().map(|it| self.standing_of(it)),
            ..self.facts()
        };
        let (model, before) = (self.model.clone(), self.listing.clone());
        let link = given.iter().map(|it| it.text.clone());
        let flags: Vec<String> = begun.flags.iter().cloned().chain(link).collect();
        let since = Instant::now();
        let went = self.go(run, &flags)?;
        self.tally.spend("commands", since);
        self.count(run, &went);
        self.look_around()?;
        let same = before == self.listing;
        self.model.end(command, begun, went.ran.ended, same);
        self.excuse(run, went.acted);
        let mut problems = self.standing(command.words()[0] == "teardown")?;
        problems.extend(judge::of_command(&Seen {
            command,
            model: &model,
            facts: &facts,
            is_disturbed: went.met,
            ran: &went.ran,
            before: &before,
            after: &self.listing,
        }));
        if problems.is_empty() && went.ran.ended == Ended::Code(0) {
            problems = self.done(command, given.as_ref())?;
        }
        self.forget_second()?;
        let shown = problems.into_iter();
        Ok(shown
            .map(|it| format!("{}: {it}", command.name()))
            .collect())
    }

    /// What `confirm` is given: a link of the mails that were sent by now.
    fn given(&self, command: &Command) -> Result<Option<Given>> {
        let Command::Confirm(link) = command else {
            return Ok(None);
        };
        Ok(Some(link.among(&self.lab.mailbox(link.person())?)))
    }

    fn standing_of(&self, given: &Given) -> Standing {
        given.standing(&self.snapshot[&self.model.organization.hub])
    }

    /// To its end, which is a kill where the fault is one.
    fn go(&mut self, run: &Run, flags: &[String]) -> Result<Went> {
        let args = args(&run.command, flags);
        let lab = &self.lab;
        lab.clear_calls()?;
        if let Some(fault) = run.fault {
            lab.add_fault(&fault.trouble.fault_of_any(fault.nth, fault.writes))?;
        }
        let kills = run.fault.is_some_and(|it| it.trouble.kills());
        let (acts, acted) = (RefCell::new(&mut self.acts), Cell::new(false));
        let act_once_called = || -> Result<()> {
            if let Some((after, act)) = run.meanwhile
                && !acted.get()
                && lab.count_calls()? >= after
            {
                acted.set(true);
                let (spot, signs_in) = self.model.organization.of_act(act);
                let owed = self.model.owes(&spot) && keeps_paths(&run.command);
                acts.borrow_mut().make(lab, spot, signs_in, owed)?;
            }
            Ok(())
        };
        let running = self
            .stage
            .worlds
            .begin_as_told(lab, run.command.by(), &args)?;
        let ran = running.kill_once(self.stage.limit, || {
            act_once_called()?;
            Ok(kills && !lab.held()?.is_empty())
        })?;
        let met = lab.met_faults()?.iter().any(|times| *times > 0);
        lab.clear_faults()?;
        let since = Instant::now();
        lab.wait_disconnected(REST)?;
        self.tally.spend("until all are disconnected", since);
        Ok(Went {
            ran,
            met,
            acted: acted.get(),
        })
    }

    /// Whoever acts while a path changes is told for sure only if it was whole before and is after.
    fn excuse(&mut self, run: &Run, acted: bool) {
        let Some((_, act)) = run.meanwhile.filter(|_| acted) else {
            return;
        };
        let (spot, _) = self.model.organization.of_act(act);
        if !self.model.owes(&spot) {
            self.acts.excuse_last();
        }
    }

    fn count(&mut self, run: &Run, went: &Went) {
        let ended = match went.ran.ended {
            Ended::Code(code) => format!("ended with {code}"),
            Ended::Killed => "killed".to_owned(),
            ended => format!("{ended:?}"),
        };
        self.tally
            .count(Group::Command, &run.command.name(), &ended);
        if let Some(change) = run.command.change() {
            self.tally.count(Group::Change, &change, &ended);
        }
        if let Some(fault) = run.fault {
            let met = if went.met {
                "met a call"
            } else {
                "met no call"
            };
            self.tally.count(Group::Fault, fault.trouble.name(), met);
        }
    }

    /// What does not hold after a command that ended with 0.
    fn done(&mut self, command: &Command, given: Option<&Given>) -> Result<Vec<String>> {
        let model = &self.model;
        match command {
            Command::DeployHub(_) => {
                let fresh = self.stage.fresh(model.hub_settings.has_self_check())?;
                let problems = judge::of_hub(model, &self.snapshot, &self.listing, &fresh);
                self.and_nothing_to_do(&Command::PlanHub, problems)
            }
            Command::DeploySpokes(by, _) => {
                let problems = judge::of_spokes(model, &self.snapshot);
                self.and_nothing_to_do(&Command::PlanSpokes(*by), problems)
            }
            Command::DeployGuardrail(_) => {
                let units = model.guard.units.iter();
                let ids: Result<BTreeSet<String>> = units.map(|it| self.stage.unit(it)).collect();
                let ids: Vec<String> = ids?.into_iter().collect();
                let problems = judge::of_guardrail(model, Some(&ids), &self.snapshot);
                self.and_nothing_to_do(&Command::PlanGuardrail, problems)
            }
            Command::TeardownGuardrail => Ok(judge::of_guardrail(model, None, &self.snapshot)),
            Command::Confirm(_) => {
                let standing = given.map(|it| self.standing_of(it));
                let is_so = standing == Some(Standing::Signed);
                let said = (!is_so).then(|| format!("a click can still end it: {standing:?}"));
                Ok(said.into_iter().collect())
            }
            Command::TeardownSpokes(_) => Ok(judge::no_spokes(model, &self.snapshot)),
            Command::TeardownHub => Ok(judge::no_hub(model, &self.stage.planted, &self.listing)),
            Command::TeardownAll(By::Hub) => {
                let mut problems = judge::no_spokes(model, &self.snapshot);
                problems.extend(judge::no_hub(model, &self.stage.planted, &self.listing));
                Ok(problems)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn and_nothing_to_do(
        &mut self,
        plan: &Command,
        mut problems: Vec<String>,
    ) -> Result<Vec<String>> {
        let flags = [
            vec!["--detailed-exitcode".to_owned()],
            self.model.place_of_hub(plan),
        ];
        let ran = self.again("plans after them", plan, &flags.concat())?;
        if ran.ended != Ended::Code(0) {
            problems.push(format!("{} says after it: {}", plan.name(), ran.words()));
        }
        Ok(problems)
    }

    fn again(&mut self, what: &'static str, command: &Command, flags: &[String]) -> Result<Ran> {
        let since = Instant::now();
        let args = args(command, flags);
        let worlds = &self.stage.worlds;
        let running = worlds.begin_as_told(&self.lab, command.by(), &args)?;
        let ran = running.wait(self.stage.limit)?;
        self.tally.spend(what, since);
        Ok(ran)
    }

    /// Removes all that there is of rootwatch, which has to succeed.
    pub(super) fn remove_all(&mut self) -> Result<Vec<String>> {
        let retain = match self.facts().stranded.is_empty() {
            true => Vec::new(),
            false => vec!["--retain-stacks".to_owned()],
        };
        let mut removals = vec![
            (Command::TeardownSpokes(By::Management), retain),
            (Command::TeardownAll(By::Hub), Vec::new()),
        ];
        if self.model.guard.part != Part::Gone {
            removals.push((Command::TeardownGuardrail, Vec::new()));
        }
        for (command, flags) in removals {
            let ran = self.again("removals at the end", &command, &flags)?;
            self.look_around()?;
            let mut problems = judge::of_output(&ran);
            problems.extend(self.standing(true)?);
            if ran.ended != Ended::Code(0) {
                problems.push(ran.words());
            }
            if !problems.is_empty() {
                let name = command.name();
                let shown = problems.into_iter();
                return Ok(shown.map(|it| format!("the end, {name}: {it}")).collect());
            }
        }
        Ok(Vec::new())
    }
}

fn args(command: &Command, flags: &[String]) -> Vec<String> {
    let words = command.words().iter();
    let words = words.map(|it| (*it).to_owned());
    words.chain(flags.iter().cloned()).collect()
}

/// Whether a deployment of this kind leaves acts their way all the time.
fn keeps_paths(command: &Command) -> bool {
    let moves = matches!(command, Command::DeploySpokes(_, SpokesChange::Unit(_)));
    command.words()[0] != "teardown" && !moves
}
