//! `rootwatch explain`: what would be sent for an event, and why. Without AWS.

pub(crate) mod examples;
mod gzip;
mod shown;
mod unwrap;
#[cfg(test)]
mod unwrap_tests;

use super::Exit;
use crate::cli::{Cli, ExplainArgs, HubArgs, SpokesArgs, flags};
use crate::output::Output;
use crate::{config, input};
use anyhow::{Context, Result, bail};
use rootwatch_engine::{Notify, one_line};
use rootwatch_root_event::{
    Assessment, Context as MessageContext, Decision, Explanation, Guide, Message, assess,
    explain as explain_event, message, unreadable_message,
};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Of what could not be read, the most that is said.
const MOST_SAID: usize = 10;

/// An event, what is decided of it, and the message.
pub(super) struct Explained {
    /// Where it was read, if there are several files.
    file: Option<String>,
    explanation: Explanation,
    /// None when nothing is sent.
    message: Option<Message>,
    /// Whether it is nothing that AWS or a test sends.
    is_no_event: bool,
}

pub(super) async fn explain(args: &ExplainArgs, cli: &Cli) -> Result<Exit> {
    let flags = flags(cli, &HubArgs::default(), &SpokesArgs::default());
    let mut notify = config::resolve(flags)?.notify;
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    if let Some(example) = args.example.as_deref().and_then(examples::of) {
        let (account, name) = examples::ACCOUNT;
        let names = &mut notify.account_names;
        names.entry(account.to_owned()).or_insert(name.to_owned());
        all = of_bytes(example.event.as_bytes(), &notify);
    }
    for path in &args.files {
        let file = name(path);
        let from = path.clone();
        let bytes = input::read(move || read(&from)).await?;
        let found = bytes.and_then(|bytes| events(&bytes));
        let found = found.unwrap_or_else(|error| unwrap::Found::nothing(format!("{error:#}")));
        let events = found
            .values
            .iter()
            .flat_map(|value| of_value(value, &notify));
        let place = (args.files.len() > 1).then_some(&file);
        all.extend(events.map(|it| Explained {
            file: place.cloned(),
            ..it
        }));
        let said = found.unread.iter();
        unread.extend(said.map(|why| format!("{file}{}", one_line(why))));
    }
    shown::show(&all, args.form, Output::of(cli))?;
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
fn of_value(value: &serde_json::Value, notify: &Notify) -> Vec<Explained> {
    let of_an_event = ["detail-type", "eventName", "eventSource", "eventVersion"];
    let is_no_event = of_an_event.iter().all(|key| value.get(key).is_none());
    let mut all = of_bytes(&value.to_string().into_bytes(), notify);
    all.iter_mut()
        .for_each(|it| it.is_no_event = is_no_event && it.explanation.activity == "unreadable");
    all
}

fn of_bytes(bytes: &[u8], notify: &Notify) -> Vec<Explained> {
    match rootwatch_root_event::parse(bytes) {
        Ok(events) => events
            .iter()
            .map(|event| of(&assess(event).under(notify.read_only), notify))
            .collect(),
        Err(why) => {
            let context = MessageContext::new().guide(guide(notify));
            vec![Explained {
                file: None,
                explanation: rootwatch_root_event::explain_unreadable(bytes, &why, &context),
                message: Some(unreadable_message(bytes, &why, &context)),
                is_no_event: false,
            }]
        }
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
fn of(it: &Assessment, notify: &Notify) -> Explained {
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
    Explained {
        file: None,
        explanation: explain_event(it, &context),
        message: (it.decision != Decision::Ignore).then(|| message(it, &context)),
        is_no_event: false,
    }
}
