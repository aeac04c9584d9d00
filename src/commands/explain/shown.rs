//! What `explain` prints.

use super::Explained;
use crate::cli::{MessageForm, OutputForm};
use crate::output::Output;
use anyhow::{Context, Result};
use rootwatch_root_event::{Decision, Explanation, Message};
use serde::Serialize;
use serde_json::Value;

/// A line for programs.
#[derive(Serialize)]
struct Line<'a> {
    /// `rootwatch.explain/1`.
    schema: &'static str,
    /// Where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a String>,
    #[serde(flatten)]
    explanation: &'a Explanation,
    /// The message in the form that was asked for; that of mail is the subject and the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
}

/// Prints all of them.
pub(super) fn show(all: &[Explained], form: MessageForm, output: Output) -> Result<()> {
    for (index, it) in all.iter().enumerate() {
        let text = match (output.form, form) {
            (OutputForm::Json, _) => line(it, form)?,
            (OutputForm::Text, MessageForm::Mail) => mail(it, place(index, all.len())),
            (OutputForm::Text, _) => {
                output.aside(decided(it, place(index, all.len())).trim_end());
                body(it, form)?
            }
        };
        output.text(&text)?;
    }
    if output.form == OutputForm::Text && all.len() > 1 {
        output.aside(&summary(all));
    }
    Ok(())
}

fn line(it: &Explained, form: MessageForm) -> Result<String> {
    let message = it.message.as_ref().and_then(|message| match form {
        MessageForm::Mail => None,
        MessageForm::Sms => Some(Value::from(message.sms.as_str())),
        MessageForm::Json => Some(message.json.clone()),
        MessageForm::Chat => Some(message.chatbot.clone()),
    });
    let line = Line {
        schema: "rootwatch.explain/1",
        file: it.file.as_ref(),
        explanation: &it.explanation,
        message,
    };
    Ok(serde_json::to_string(&line).context("writing JSON")? + "\n")
}

/// The message and nothing else, so that another program can read it.
fn body(it: &Explained, form: MessageForm) -> Result<String> {
    let Some(message) = &it.message else {
        return Ok(String::new());
    };
    let json = |value: &Value| serde_json::to_string_pretty(value).context("writing JSON");
    Ok(match form {
        MessageForm::Mail => text(message),
        MessageForm::Sms => format!("{}\n", message.sms),
        MessageForm::Json => json(&message.json)? + "\n",
        MessageForm::Chat => json(&message.chatbot)? + "\n",
    })
}

/// Which of several it is, to stand before what is decided.
fn place(index: usize, all: usize) -> String {
    match all {
        1 => String::new(),
        all => format!("{} of {all}: ", index + 1),
    }
}

fn mail(it: &Explained, place: String) -> String {
    let head = decided(it, place);
    match &it.message {
        Some(message) => format!("{head}\n{}", text(message)),
        None => head,
    }
}

fn text(message: &Message) -> String {
    format!(
        "Subject: {}\n\n{}\n",
        message.subject,
        message.text.trim_end()
    )
}

fn decided(it: &Explained, place: String) -> String {
    let decision = match it.explanation.decision {
        _ if it.is_no_event => {
            "This is not an AWS event, and no rootwatch rule matches it. If it arrived all the same, an alert would be sent"
        }
        Decision::Alert => "An alert would be sent",
        Decision::Digest => "It would be part of a digest",
        Decision::Ignore => "Nothing would be sent",
    };
    let file = it.file.as_ref().map(|file| format!("{file}: "));
    let file = file.unwrap_or_default();
    let alone = match (it.explanation.decision, &it.message) {
        (Decision::Digest, Some(_)) => "On its own it would read:\n",
        _ => "",
    };
    format!(
        "{place}{file}{decision}: {}\n{alone}",
        it.explanation.reason
    )
}

/// How many of them are told, and how.
fn summary(all: &[Explained]) -> String {
    let count = |wanted: Decision| {
        let found = all.iter().filter(|it| it.explanation.decision == wanted);
        found.count()
    };
    format!(
        "{} events: {} alerts, {} in digests, {} of which nothing would be sent",
        all.len(),
        count(Decision::Alert),
        count(Decision::Digest),
        count(Decision::Ignore)
    )
}
