//! One file a command: settings in, one call into the engine, text or JSON out.

mod adopt;
mod completions;
mod confirm;
mod deploy;
mod explain;
mod export;
mod file;
pub(crate) use explain::examples;
mod guardrail;
mod init;
mod man;
mod plan;
mod plan_file;
mod policy;
mod run;
mod schema;
mod scp;
mod settings;
mod status;
mod teardown;
mod test;
mod verify;

use crate::cli::{Cli, Command, Deploy, Plan, Teardown};
use crate::interrupt::{Interrupted, Interrupts};
use anyhow::Result;
use rootwatch_engine::End;
use run::Run;
use std::process::ExitCode;

/// How a run ended; the codes stand in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Error,
    /// Changes are pending, or gaps were found.
    Found,
    NotConfirmed,
    Interrupted,
}

impl Exit {
    /// The exit code for an error that ended a run.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        match error.is::<Interrupted>() {
            true => Self::Interrupted,
            false => End::of(error).into(),
        }
    }

    /// Prints clap's help or error and returns the exit code for it; clap's own would be that of findings.
    pub(crate) fn of_usage(said: &clap::Error) -> Self {
        let text = said.render().ansi().to_string();
        if said.use_stderr() {
            crate::output::to_stderr(&text);
            return Self::Error;
        }
        match crate::output::to_stdout(&text) {
            Ok(()) => Self::Done,
            Err(_) => Self::Error,
        }
    }

    /// [`Self::Found`] if something was.
    fn found(is_found: bool) -> Self {
        match is_found {
            true => Self::Found,
            false => Self::Done,
        }
    }
}

impl From<End> for Exit {
    fn from(end: End) -> Self {
        match end {
            End::Done => Self::Done,
            End::Waiting => Self::Found,
            End::Failed => Self::Error,
            End::NotConfirmed => Self::NotConfirmed,
            End::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Found => 2,
            Exit::NotConfirmed => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// Runs the command that was typed.
pub(crate) async fn run(cli: &Cli, interrupts: &Interrupts) -> Result<Exit> {
    let run = Run::new(cli, interrupts);
    match &cli.command {
        Command::Deploy(Deploy::Hub {
            hub,
            switches,
            saved,
        }) => deploy::hub(&run, hub, *switches, saved).await,
        Command::Deploy(Deploy::Spokes(args)) => deploy::spokes(&run, args).await,
        Command::Deploy(Deploy::Guardrail(args)) => guardrail::deploy(&run, args).await,
        Command::Plan(Plan::Hub(args)) => plan::hub(&run, args).await,
        Command::Plan(Plan::Spokes(args)) => plan::spokes(&run, args).await,
        Command::Plan(Plan::Guardrail(args)) => guardrail::plan(&run, args).await,
        Command::Status(args) => status::status(&run, args).await,
        Command::Teardown(args) if args.what == Teardown::Guardrail => {
            guardrail::teardown(&run, args).await
        }
        Command::Teardown(args) => teardown::teardown(&run, args).await,
        Command::Verify(args) => verify::verify(&run, args).await,
        Command::Test(args) => test::test(&run, args).await,
        Command::Adopt(args) => adopt::adopt(&run, args).await,
        Command::Confirm(args) => confirm::confirm(&run, args).await,
        Command::Policy(args) => policy::policy(&run, args).await,
        Command::Export(args) => export::export(&run, args).await,
        Command::Scp(args) => scp::scp(&run, args).await,
        Command::Explain(args) => explain::explain(args, cli).await,
        Command::Settings(args) => settings::settings(&run, &args.hub, &args.spokes).await,
        Command::Init(args) => init::init(&run, args, cli).await,
        Command::Completions { shell } => completions::completions(*shell),
        Command::Schema(args) => schema::schema(args),
        Command::Man(args) => man::man(args),
    }
}
