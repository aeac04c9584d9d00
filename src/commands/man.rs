//! `rootwatch man`: manual pages.

use super::Exit;
use crate::cli::{Cli, ManArgs, OutputForm};
use crate::output::Output;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;

/// Prints the page of the program, or writes that of each command into a folder.
pub(super) fn man(args: &ManArgs) -> Result<Exit> {
    let output = Output {
        form: OutputForm::Text,
        verbose: false,
        quiet: false,
    };
    // One line, as pages have it, not the digests.
    let mut command = Cli::command()
        .long_version(None::<&str>)
        .disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        Man::new(command)
            .render(&mut page)
            .context("writing the page")?;
        output.text(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Done);
    };
    let doing = || format!("writing manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(doing)?;
    clap_mangen::generate_to(command, folder).with_context(doing)?;
    Ok(Exit::Done)
}
