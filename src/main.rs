//! `rootwatch`: notifies people when any root user of an AWS Organization does anything.

mod cli;
mod commands;
mod config;
mod input;
mod interrupt;
mod operator;
mod output;
mod plain;
mod progress;
mod report;
mod trace;
mod typed;
mod version;

use anyhow::Context;
use interrupt::Interrupts;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let (cli, matches) = match cli::parse() {
        Ok(parsed) => parsed,
        Err(error) => return commands::Exit::of_usage(&error).into(),
    };
    output::set_color(cli.color);
    typed::set(&matches);
    trace::begin(cli.verbosity());
    let ended = run(&cli).await;
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::to_stderr(&typed::complete(&report::error(&error)));
            // A program that reads JSON gets one value whatever happened; where stdout fails, stderr has said it.
            let _ = output::Output::of(&cli).error(cli.command.name(), &error);
            commands::Exit::of(&error).into()
        }
    }
}

async fn run(cli: &cli::Cli) -> anyhow::Result<commands::Exit> {
    let interrupts = Interrupts::listen().context("catching signals")?;
    tokio::select! {
        ended = commands::run(cli, &interrupts) => ended,
        interrupted = interrupts.to_end_at_once() => Err(interrupted.into()),
    }
}
