//! `rootwatch explain`: what would be sent for an event, and why. Without AWS.

mod gzip;
mod unwrap;
#[cfg(test)]
mod unwrap_tests;

use super::Exit;
use crate::cli::{Cli, ExplainArgs, HubArgs, OutputForm, SpokesArgs, flags};
use crate::output::Output;
use crate::{config, input};
use anyhow::{Context, Result, bail};
use rootwatch_engine::{Notify, one_line};
use rootwatch_root_event::{
    Assessment, Context as MessageContext, Decision, Explanation, Guide, assess,
    explain as explain_event,
};
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Of what could not be read, the most that is said.
const MOST_SAID: usize = 10;

pub(super) async fn explain(args: &ExplainArgs, cli: &Cli) -> Result<Exit> {
    let flags = flags(cli, &HubArgs::default(), &SpokesArgs::default());
    let notify = config::resolve(flags)?.notify;
    let output = Output {
        form: cli.output,
        verbose: false,
        quiet: false,
    };
    let is_one = args.files.len() == 1;
    let mut unread = Vec::new();
    for path in &args.files {
        let file = name(path);
        let from = path.clone();
        let bytes = input::read(move || read(&from)).await?;
        let found = bytes.and_then(|bytes| events(&bytes));
        let found = found.unwrap_or_else(|error| unwrap::Found::nothing(format!("{error:#}")));
        for value in &found.values {
            for explanation in of_value(value, &notify) {
                show(&explanation, (!is_one).then_some(&file), output)?;
            }
        }
        unread.extend(
            found
                .unread
                .iter()
                .map(|why| format!("{file}{}", one_line(why))),
        );
    }
    if unread.is_empty() {
        return Ok(Exit::Done);
    }
    bail!(said(&unread))
}

/// What could not be read, each with its place.
fn said(unread: &[String]) -> String {
    let mut lines: Vec<&str> = unread.iter().take(MOST_SAID).map(String::as_str).collect();
    let more = format!("and {} more", unread.len().saturating_sub(MOST_SAID));
    if unread.len() > MOST_SAID {
        lines.push(&more);
    }
    lines.join("\n")
}

fn name(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    let from: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path).context(": it cannot be read")?),
    };
    let mut bytes = Vec::new();
    from.take(gzip::MOST + 1)
        .read_to_end(&mut bytes)
        .context(": it cannot be read")?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > gzip::MOST {
        bail!(
            ": more than {} MiB: more is not read at once",
            gzip::MOST >> 20
        );
    }
    Ok(bytes)
}

fn events(bytes: &[u8]) -> Result<unwrap::Found> {
    let bytes = gzip::opened(bytes).map_err(|why| anyhow::anyhow!(": {why}"))?;
    if bytes.trim_ascii().is_empty() {
        bail!(" is empty: there is no event in it");
    }
    Ok(unwrap::all(&bytes))
}

/// What would be sent for the events of a JSON value that is none of the wrappers; one that is no event is sent as it is.
fn of_value(value: &serde_json::Value, notify: &Notify) -> Vec<Explanation> {
    let bytes = value.to_string().into_bytes();
    match rootwatch_root_event::parse(&bytes) {
        Ok(events) => events
            .iter()
            .map(|event| of(&assess(event).under(notify.read_only), notify))
            .collect(),
        Err(why) => vec![rootwatch_root_event::explain_unreadable(
            &bytes,
            &why,
            &MessageContext::new().guide(guide(notify)),
        )],
    }
}

/// What the settings say about every message. Which hub sends it is known only there.
fn guide(notify: &Notify) -> Guide<'_> {
    Guide {
        runbook: notify.runbook.as_deref(),
        contact: notify.contact.as_deref(),
        sender: None,
    }
}

/// With the names and owners that the settings give; Organizations is not called.
fn of(it: &Assessment, notify: &Notify) -> Explanation {
    let name = |account: &Option<String>| {
        let name = notify.account_names.get(account.as_ref()?)?;
        Some(name.as_str())
    };
    let owner = it.affected_account().and_then(|id| notify.owners.get(id));
    let context = MessageContext::new()
        .guide(guide(notify))
        .owner(owner.map(String::as_str))
        .account_name(name(&it.account))
        .target_name(name(&it.target_account));
    explain_event(it, &context)
}

/// A line for programs.
#[derive(Serialize)]
struct Line<'a> {
    /// Where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a String>,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

fn show(explanation: &Explanation, file: Option<&String>, output: Output) -> Result<()> {
    let text = match output.form {
        OutputForm::Json => {
            let line = Line { file, explanation };
            serde_json::to_string(&line).context("writing JSON")? + "\n"
        }
        OutputForm::Text => {
            let head = file.map(|file| format!("{file}: ")).unwrap_or_default();
            format!("{head}{}", words(explanation))
        }
    };
    output.text(&text)
}

fn words(it: &Explanation) -> String {
    let decision = match it.decision {
        Decision::Alert => "An alert would be sent",
        Decision::Digest => "It would go into a digest; alone that would be",
        Decision::Ignore => "Nothing would be sent",
    };
    let head = format!("{decision}: {}\n", it.reason);
    match (&it.subject, &it.text) {
        (Some(subject), Some(text)) => {
            format!("{head}\nSubject: {subject}\n\n{}\n", text.trim_end())
        }
        _ => head,
    }
}
