//! `rootwatch explain`: what would be sent for an event, and why. Without AWS.

use super::Exit;
use crate::cli::{Cli, ExplainArgs, HubArgs, OutputForm, SpokesArgs, flags};
use crate::config;
use crate::output::Output;
use anyhow::{Context, Result, bail};
use rootwatch_engine::Notify;
use rootwatch_engine::shell::quoted;
use rootwatch_root_event::{
    Assessment, Context as MessageContext, Decision, Explanation, assess, explain as explain_event,
};
use std::io::Read;
use std::path::Path;

/// How a compressed log begins, as CloudTrail leaves it in S3.
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub(super) fn explain(args: &ExplainArgs, cli: &Cli) -> Result<Exit> {
    let form = cli.output;
    let flags = flags(cli, &HubArgs::default(), &SpokesArgs::default());
    let notify = config::resolve(flags)?.notify;
    let bytes = read(&args.file)?;
    if bytes.trim_ascii().is_empty() {
        bail!("{} is empty: there is no event in it", args.file.display());
    }
    if bytes.starts_with(&GZIP) {
        bail!(
            "{} is compressed: `gunzip -c {} | rootwatch explain -`",
            args.file.display(),
            quoted(&args.file.display().to_string())
        );
    }
    let explanations = match rootwatch_root_event::parse(&bytes) {
        Ok(events) => events
            .iter()
            .map(|event| of(&assess(event).under(notify.read_only), &notify))
            .collect(),
        Err(why) => vec![rootwatch_root_event::explain_unreadable(
            &bytes,
            &why,
            &MessageContext::new(),
        )],
    };
    let output = Output {
        form,
        verbose: false,
        quiet: false,
    };
    for explanation in &explanations {
        let text = match form {
            OutputForm::Json => serde_json::to_string(explanation).context("writing JSON")? + "\n",
            OutputForm::Text => words(explanation),
        };
        output.text(&text)?;
    }
    Ok(Exit::Done)
}

/// With the names that the settings give; Organizations is not called.
fn of(it: &Assessment, notify: &Notify) -> Explanation {
    let name = |account: &Option<String>| {
        let name = notify.account_names.get(account.as_ref()?)?;
        Some(name.as_str())
    };
    let context = MessageContext::new()
        .account_name(name(&it.account))
        .target_name(name(&it.target_account));
    explain_event(it, &context)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("reading standard input")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
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
