//! `rootwatch init`: a settings file that explains every setting.

use super::Exit;
use super::run::Run;
use crate::cli::{Cli, HubArgs, InitArgs, OutputForm, SpokesArgs};
use crate::config::{DEFAULT_FILE, commented_file, json_schema, shown};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use rootwatch_engine::source::key;
use rootwatch_engine::{Settings, memory};
use serde_json::json;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(super) async fn init(run: &Run<'_>, args: &InitArgs, cli: &Cli) -> Result<Exit> {
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
    let next = next(&path);
    let text = if args.from_deployed {
        let contents = from_deployed(run, &path).await?;
        write(&path, &contents)?;
        format!(
            "Wrote {}: the settings of what is deployed, and every other with its meaning, default and an example.\nSee that nothing would change: {next}\n",
            path.display()
        )
    } else {
        write(&path, &commented_file(&Default::default()))?;
        format!(
            "Wrote {}: every setting with its meaning, default and an example.\nFill in `email` and `ou`, then see what would be made: {next}\n",
            path.display()
        )
    };
    output.result(&text, &json!({"file": path, "next": next}))?;
    Ok(Exit::Done)
}

/// The file of what is deployed. Fails when nothing is, or not all of it can be read: a file is the whole list of whom
/// to notify and what to watch.
async fn from_deployed(run: &Run<'_>, path: &Path) -> Result<String> {
    if path.exists() {
        bail!(exists(path));
    }
    let session = run
        .start(&HubArgs::default(), &SpokesArgs::default())
        .await?;
    let deployed = memory::deployed(&session).await?;
    if deployed.found.is_empty() {
        let why = deployed.unknown.join("; ");
        bail!(
            "nothing of the deployment \"{}\" is in {}{}{why}: run this with the credentials and --region of the hub, or of the account that deploys the spokes",
            session.settings().name,
            session.place(),
            if why.is_empty() { "" } else { ", and " }
        );
    }
    let mut settings = deployed.settings;
    settings.connection.region = Some(session.names().region);
    let mut values = shown::values(&settings);
    values
        .retain(|path, _| *path != "profile" && *path != "endpoint_url" && is_set(&settings, path));
    Ok(commented_file(&values))
}

/// Whether the value is not only a default.
fn is_set(settings: &Settings, path: &str) -> bool {
    let source = match path {
        "hub.email" => settings.sources.get(key::SUBSCRIPTIONS),
        _ => settings.sources.get(path),
    };
    source.is_some() || matches!(path, "name" | "region")
}

fn exists(path: &Path) -> String {
    format!(
        "{} exists already and was not changed; give init the name of another file",
        path.display()
    )
}

/// Never over an existing file, not even one that was created a moment ago.
fn write(path: &Path, contents: &str) -> Result<()> {
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(exists(path)),
        opened => opened.with_context(|| format!("creating {}", path.display()))?,
    };
    file.write_all(contents.as_bytes())
        .with_context(|| format!("writing {}", path.display()))
}

/// The next command.
fn next(path: &Path) -> String {
    if path == Path::new(DEFAULT_FILE) {
        return "rootwatch plan hub".into();
    }
    format!("rootwatch plan hub --config {}", path.display())
}
