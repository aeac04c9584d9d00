//! One command of a sequence: with what goes wrong and who acts meanwhile, and what has to hold after it.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use anyhow::Result;

use super::judge::{self, Seen};
use super::play::{Playing, REST};
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
        let (model, facts, before) = (self.model.clone(), self.facts(), self.listing.clone());
        let since = Instant::now();
        let went = self.go(run, &begun.flags)?;
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
            problems = self.done(command)?;
        }
        let shown = problems.into_iter();
        Ok(shown
            .map(|it| format!("{}: {it}", command.name()))
            .collect())
    }

    /// To its end, which is a kill where the fault is one.
    fn go(&mut self, run: &Run, flags: &[String]) -> Result<Went> {
        let words = run.command.words().map(str::to_owned);
        let args = [&words[..], flags].concat();
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
        let running = self.stage.worlds.begin(lab, run.command.by(), &args)?;
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
    fn done(&mut self, command: &Command) -> Result<Vec<String>> {
        let model = &self.model;
        let fresh = &self.stage.fresh;
        match command {
            Command::DeployHub(_) => {
                let problems = judge::of_hub(model, &self.snapshot, &self.listing, fresh);
                self.and_nothing_to_do(&Command::PlanHub, problems)
            }
            Command::DeploySpokes(by, _) => {
                let problems = judge::of_spokes(model, &self.snapshot);
                self.and_nothing_to_do(&Command::PlanSpokes(*by), problems)
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
        let words = command.words().map(str::to_owned);
        let args = [&words[..], flags].concat();
        let ran = self.stage.worlds.run(&self.lab, command.by(), &args)?;
        self.tally.spend(what, since);
        Ok(ran)
    }

    /// Removes all that there is of rootwatch, which has to succeed.
    pub(super) fn remove_all(&mut self) -> Result<Vec<String>> {
        let retain = match self.facts().stranded.is_empty() {
            true => Vec::new(),
            false => vec!["--retain-stacks".to_owned()],
        };
        let spokes = (Command::TeardownSpokes(By::Management), retain);
        for (command, flags) in [spokes, (Command::TeardownAll(By::Hub), Vec::new())] {
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

/// Whether a deployment of this kind leaves acts their way all the time.
fn keeps_paths(command: &Command) -> bool {
    let moves = matches!(command, Command::DeploySpokes(_, SpokesChange::Unit(_)));
    command.words()[0] != "teardown" && !moves
}
