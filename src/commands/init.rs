//! `rootwatch init`: a settings file that explains every setting, with what was asked, given by flags, or is deployed.

mod ask;
mod follow;

use super::Exit;
use super::file::Target;
use super::run::Run;
use crate::cli::{Cli, HubArgs, InitArgs, OutputForm, SpokesArgs, flags};
use crate::config::{
    DEFAULT_FILE, Written, commented_file, given, in_force, json_schema, recorded,
    resolve_without_file,
};
use crate::output::Output;
use crate::report;
use anyhow::{Result, bail};
use ask::Answers;
use rootwatch_engine::{NotConfirmed, Session, Settings, memory, survey};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What was written: as text, and for programs.
type Done = (String, Report);

/// Versioned form of the JSON that `init` prints.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch init, version 1")
)]
struct Report {
    /// `rootwatch.init/1`.
    schema: &'static str,
    /// The file that was written.
    file: PathBuf,
    /// The first of the steps.
    next: Option<String>,
    /// What comes next, in order.
    steps: Vec<String>,
    /// What could not be read of what is deployed, and so is not in the file.
    notes: Vec<String>,
}

impl Report {
    fn of(target: &Target, steps: &[String], notes: Vec<String>) -> Self {
        Self {
            schema: "rootwatch.init/1",
            file: target.path.clone(),
            next: steps.first().cloned(),
            steps: steps.to_vec(),
            notes,
        }
    }
}

pub(super) async fn init(run: &Run<'_>, args: &InitArgs, cli: &Cli) -> Result<Exit> {
    let output = Output {
        quiet: false,
        ..Output::of(cli)
    };
    if args.schema {
        let schema = Output {
            form: OutputForm::Json,
            ..output
        };
        schema.result("", &json_schema())?;
        return Ok(Exit::Done);
    }
    let path = args.file.clone().or(cli.config.clone());
    let path = path.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let target = Target::of(path, args.overwrite, "init the name of another file")?;
    let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let (written, result) = match (args.template, args.from_deployed) {
        (true, _) => template(&target)?,
        (_, true) => from_deployed(run, cli, &target).await?,
        _ if is_terminal && !cli.yes => asked(run, args, cli, &target).await?,
        _ => given_by_flags(args, cli, &target)?,
    };
    output.result(&written, &result)?;
    Ok(Exit::Done)
}

/// Writes every setting with its meaning.
fn template(target: &Target) -> Result<Done> {
    target.write(commented_file(&Written::default(), &[]).as_bytes())?;
    let path = &target.path;
    let next = follow::plan(path, "hub");
    let text = format!(
        "Wrote {}: every setting with its meaning, default and an example.\nFill in `email` and `ou`, then see what would be made: {next}\n",
        path.display()
    );
    Ok((text, Report::of(target, &[next], Vec::new())))
}

/// Writes what flags and variables give. Asks nobody, AWS neither.
fn given_by_flags(args: &InitArgs, cli: &Cli, target: &Target) -> Result<Done> {
    let settings = resolve_without_file(flags(cli, &args.hub, &args.spokes))?;
    refuse(&settings)?;
    let missing: Vec<&str> = [
        (
            settings.hub.subscriptions.is_empty(),
            "who is notified: --email ADDRESS, or --sns-subscription PROTOCOL=ENDPOINT",
        ),
        (
            settings.spokes.ous.is_empty(),
            "what is watched: --ou PATH, or --ou / for every account",
        ),
    ]
    .into_iter()
    .filter_map(|(is_missing, what)| is_missing.then_some(what))
    .collect();
    if !missing.is_empty() {
        bail!(
            "there is no terminal to ask on, or --yes forbids it, so flags have to say\n  {}\nor --template writes a file to fill in. Nothing was written",
            missing.join("\n  ")
        );
    }
    set(target, &settings)?;
    Ok(written(target, &follow::steps(target, &settings, None)))
}

/// Finds out what can be found out, asks the rest, shows what that comes to, and writes it.
async fn asked(run: &Run<'_>, args: &InitArgs, cli: &Cli, target: &Target) -> Result<Done> {
    let session = run.start_without_file(&args.hub, &args.spokes).await?;
    let found = survey::survey(&session).await;
    let message = |text: &str| session.work().message(text.trim_end());
    message(&report::survey::text(&found));
    let profiles = survey::profiles().await;
    if !found.deployed.is_empty() && ask::is_to_be_recorded(&found).await? {
        return from_deployed_of(&session, target).await;
    }
    let answers = ask::answers(&found, profiles, args, cli).await?;
    let settings = settled(&answers, cli)?;
    refuse(&settings)?;
    let shown = in_force(&given(&settings));
    message(&report::survey::settled(&target.path, &shown, &found));
    if !ask::is_to_be_written(&target.path).await? {
        bail!(NotConfirmed::unasked("the file was not wanted so"));
    }
    set(target, &settings)?;
    Ok(written(
        target,
        &follow::steps(target, &settings, Some(&found)),
    ))
}

/// The settings of the flags and the answers.
fn settled(answers: &Answers, cli: &Cli) -> Result<Settings> {
    let mut flags = flags(cli, &answers.hub, &answers.spokes);
    flags.answered(
        answers.name.as_ref(),
        answers.region.as_ref().filter(|_| cli.region.is_none()),
        &answers.tags,
    );
    resolve_without_file(flags)
}

/// What a new file cannot have.
fn refuse(settings: &Settings) -> Result<()> {
    if !settings.hub.unsubscribed.is_empty() || !settings.spokes.removed_ous.is_empty() {
        bail!("--remove-subscription and --remove-ou have no meaning for a new file");
    }
    let has_password = |it: &rootwatch_engine::Subscription| it.shown() != it.endpoint;
    if settings.hub.subscriptions.iter().any(has_password) {
        bail!(
            "an endpoint has a password, which init does not write: leave that subscription out here, and give it to `rootwatch deploy hub` with --sns-subscription"
        );
    }
    Ok(())
}

fn set(target: &Target, settings: &Settings) -> Result<()> {
    target.write(commented_file(&given(settings), &[]).as_bytes())
}

fn written(target: &Target, steps: &[String]) -> Done {
    let path = target.path.display();
    let text = format!(
        "Wrote {path}: these settings, and every other with its meaning, default and an example.\n{}",
        report::next::steps(steps)
    );
    (text, Report::of(target, steps, Vec::new()))
}

/// Writes the settings of what is deployed. Fails when nothing is here: a file is the whole list of whom to notify and
/// what to watch. What cannot be read of the spokes is left out of the file, which says so: then it stays.
async fn from_deployed(run: &Run<'_>, cli: &Cli, target: &Target) -> Result<Done> {
    let (hub, spokes) = (HubArgs::default(), SpokesArgs::default());
    let session = match cli.config.as_ref() == Some(&target.path) {
        // It is not there yet.
        true => run.start_without_file(&hub, &spokes).await?,
        false => run.start(&hub, &spokes).await?,
    };
    from_deployed_of(&session, target).await
}

async fn from_deployed_of(session: &Session, target: &Target) -> Result<Done> {
    let path = &target.path;
    let deployed = memory::deployed(session).await?;
    let parts = [("hub", &deployed.hub), ("spokes", &deployed.spokes)];
    let plans = parts.iter().filter(|(_, found)| found.is_some());
    let plans: Vec<String> = plans.map(|(what, _)| follow::plan(path, what)).collect();
    if plans.is_empty() {
        bail!(nothing(session, &deployed.unknown));
    }
    let recorded = recorded(&deployed);
    target.write(commented_file(&recorded.values, &recorded.unread).as_bytes())?;
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
    Ok((text, Report::of(target, &plans, notes)))
}

fn nothing(session: &Session, unknown: &[String]) -> String {
    let why: String = unknown.iter().map(|why| format!(", and {why}")).collect();
    format!(
        "nothing of the deployment \"{}\" is in {}{why}: run this with the credentials and --region of the hub, or of the account that deploys the spokes",
        session.settings().name,
        session.place()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&["init/1"]);
    }
}
