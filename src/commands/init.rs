//! `rootwatch init`: a settings file that explains every setting.

use super::Exit;
use super::run::Run;
use crate::cli::{Cli, HubArgs, InitArgs, OutputForm, SpokesArgs};
use crate::config::{DEFAULT_FILE, commented_file, json_schema, recorded};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use rootwatch_engine::{Session, memory};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(super) async fn init(run: &Run<'_>, args: &InitArgs, cli: &Cli) -> Result<Exit> {
    let output = Output {
        form: cli.output,
        verbose: cli.is_verbose(),
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
    let (written, result) = match args.from_deployed {
        true => from_deployed(run, &path).await?,
        false => template(&path)?,
    };
    output.result(&written, &result)?;
    Ok(Exit::Done)
}

/// Writes every setting with its meaning. Returns what was done, as text and as JSON.
fn template(path: &Path) -> Result<(String, Value)> {
    write(path, &commented_file(&Default::default(), &[]))?;
    let next = plan(path, "hub");
    let text = format!(
        "Wrote {}: every setting with its meaning, default and an example.\nFill in `email` and `ou`, then see what would be made: {next}\n",
        path.display()
    );
    Ok((text, json!({"file": path, "next": next})))
}

/// Writes the settings of what is deployed. Fails when nothing is here: a file is the whole list of whom to notify and
/// what to watch. What cannot be read of the spokes is left out of the file, which says so: then it stays.
async fn from_deployed(run: &Run<'_>, path: &Path) -> Result<(String, Value)> {
    if path.exists() {
        bail!(exists(path));
    }
    let session = run
        .start(&HubArgs::default(), &SpokesArgs::default())
        .await?;
    let deployed = memory::deployed(&session).await?;
    let parts = [("hub", &deployed.hub), ("spokes", &deployed.spokes)];
    let plans = parts.iter().filter(|(_, found)| found.is_some());
    let plans: Vec<String> = plans.map(|(what, _)| plan(path, what)).collect();
    let Some(next) = plans.first() else {
        bail!(nothing(&session, &deployed.unknown));
    };
    let recorded = recorded(&deployed);
    write(path, &commented_file(&recorded.values, &recorded.unread))?;
    let notes = recorded.notes();
    let mut text = format!(
        "Wrote {}: the settings of what is deployed, and every other with its meaning, default and an example.\n",
        path.display()
    );
    notes
        .iter()
        .for_each(|note| text.push_str(&format!("{note}\n")));
    text.push_str("See that nothing would change:\n");
    plans
        .iter()
        .for_each(|plan| text.push_str(&format!("  {plan}\n")));
    Ok((text, json!({"file": path, "next": next, "notes": notes})))
}

fn nothing(session: &Session, unknown: &[String]) -> String {
    let why: String = unknown.iter().map(|why| format!(", and {why}")).collect();
    format!(
        "nothing of the deployment \"{}\" is in {}{why}: run this with the credentials and --region of the hub, or of the account that deploys the spokes",
        session.settings().name,
        session.place()
    )
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

/// The command that shows what would change of the hub or of the spokes.
fn plan(path: &Path, what: &str) -> String {
    if path == Path::new(DEFAULT_FILE) {
        return format!("rootwatch plan {what}");
    }
    format!("rootwatch plan {what} --config {}", path.display())
}
