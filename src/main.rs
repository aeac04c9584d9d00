//! `rootwatch`: tells people when any root user of an AWS Organization does anything.

mod apply;
mod aws;
mod canary;
mod cli;
mod commands;
mod config;
mod hub;
mod interrupt;
mod names;
mod output;
mod plan;
mod policy;
mod progress;
mod reference;
mod report;
mod spokes;
mod status;
mod verify;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return commands::Exit::of_usage(&error).into(),
    };
    output::set_color(cli.color);
    interrupt::listen();
    let ended = tokio::select! {
        ended = commands::run(&cli) => ended,
        interrupted = interrupt::to_end_at_once() => Err(interrupted.into()),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Nobody is left to tell when stderr is gone.
            let _ = write!(anstream::stderr(), "{}", report::error(&error));
            commands::Exit::of(&error).into()
        }
    }
}
