//! `rootwatch completions`: a completion script.

use super::Exit;
use crate::cli::{Cli, OutputForm};
use crate::output::Output;
use anyhow::Result;
use clap::CommandFactory;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rootwatch", &mut script);
    let output = Output {
        form: OutputForm::Text,
        verbose: false,
        quiet: false,
    };
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
