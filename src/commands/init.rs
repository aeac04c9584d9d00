//! `rootwatch init`: a settings file that explains every setting.

use super::Exit;
use crate::cli::{Cli, InitArgs, OutputForm};
use crate::config::{DEFAULT_FILE, commented_file, json_schema};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(super) fn init(args: &InitArgs, cli: &Cli) -> Result<Exit> {
    let output = Output {
        form: cli.output,
        verbose: cli.verbose,
        quiet: false,
    };
    if args.schema {
        let schema = Output {
            form: OutputForm::Json,
            ..output
        };
        schema.result("", &json_schema())?;
        return Ok(Exit::Done);
    }
    let path = args
        .file
        .clone()
        .or(cli.config.clone())
        .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    write(&path)?;
    let next = next(&path);
    let text = format!(
        "Wrote {}: every setting with its meaning, default and an example.\nFill in `email` and `ou`, then see what would be made: {next}\n",
        path.display()
    );
    output.result(&text, &json!({"file": path, "next": next}))?;
    Ok(Exit::Done)
}

/// Never over an existing file, not even one that was created a moment ago.
fn write(path: &Path) -> Result<()> {
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
            "{} exists already and was not changed; name another file: rootwatch init FILE",
            path.display()
        ),
        opened => opened.with_context(|| format!("creating {}", path.display()))?,
    };
    file.write_all(commented_file().as_bytes())
        .with_context(|| format!("writing {}", path.display()))
}

/// The next command.
fn next(path: &Path) -> String {
    if path == Path::new(DEFAULT_FILE) {
        return "rootwatch plan hub".into();
    }
    format!("rootwatch plan hub --config {}", path.display())
}
