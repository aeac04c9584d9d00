//! `rootwatch`: notifies people when any root user of an AWS Organization does anything.

mod cli;
mod commands;
mod config;
mod input;
mod interrupt;
mod operator;
mod output;
#[cfg(test)]
#[path = "../crates/engine/src/page.rs"]
mod page;
mod plain;
mod progress;
mod report;
#[cfg(test)]
#[path = "../crates/engine/src/schema.rs"]
mod schema;
mod trace;
mod typed;
mod version;
mod wrap;

use anyhow::Context;
use interrupt::{Interrupted, Interrupts};
use std::io::IsTerminal;
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
            // The terminal has shown ^C where the cursor was.
            let below = match error.is::<Interrupted>() && std::io::stderr().is_terminal() {
                true => "\n",
                false => "",
            };
            progress::make_room();
            let text = typed::complete(&report::error(&error));
            output::to_stderr(&format!("{below}{}", wrap::for_stderr(&text)));
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
