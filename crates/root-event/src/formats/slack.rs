//! A message of Slack, as `chat.postMessage` and incoming webhooks take it (Slack developer documentation, "Block Kit" and
//! "Formatting message text"). The channel is not in it: the one who sends it on adds it, or the webhook has it.

use serde_json::{Value, json};

use crate::chatbot::{chat, title, with_links};
use crate::message::Message;

/// Characters of a section. A header has room for 150, more than a subject has.
const SECTION: usize = 2_900;

pub(crate) fn slack(message: &Message) -> Value {
    let body = &message.body;
    let fields: Vec<String> = body
        .fields
        .iter()
        .map(|(name, value)| format!("*{name}:* `{}`", safe(value, 250)))
        .collect();
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": title(&message.subject), "emoji": false } }),
        section(&safe(&body.sentence, 800)),
    ];
    let (name, list) = &body.list;
    let list: Vec<String> = list
        .iter()
        .map(|line| format!("`{}`", safe(line, 250)))
        .collect();
    let help = body
        .help
        .iter()
        .map(|line| with_links(line, 350).replace('&', "&amp;"));
    let steps = help.chain(body.steps.iter().map(|step| safe(step, 350)));
    let notes = body.notes.iter().map(|note| safe(note, 350));
    let titled = [
        ("", fields),
        (*name, bullets(list.into_iter())),
        ("What to do now", bullets(steps)),
        ("Note", bullets(notes)),
    ];
    blocks.extend(
        titled
            .iter()
            .filter(|(_, lines)| !lines.is_empty())
            .map(|(title, lines)| match *title {
                "" => section(&joined(lines)),
                title => section(&format!("*{title}:*\n{}", joined(lines))),
            }),
    );
    if let Some(link) = &body.link {
        let text = "See the event in CloudTrail (sign in to the account first)";
        blocks.push(section(&format!("<{}|{text}>", link.replace('&', "&amp;"))));
    }
    if let Some((raw, _)) = &body.raw {
        let lines: Vec<String> = raw.lines().map(|line| safe(line, 1_000)).collect();
        blocks.push(section(&format!("```{}```", joined(&lines))));
    }
    if let Some(sender) = &body.sender {
        let text = format!("Sent by {}", safe(sender, 200));
        blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] }));
    }
    json!({ "text": safe(&message.sms, 300), "blocks": blocks, "unfurl_links": false })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn bullets(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines.map(|line| format!("• {line}")).collect()
}

/// As many lines as a section holds.
fn joined(lines: &[String]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if text.chars().count() + line.chars().count() > SECTION - 60 {
            text.push_str(&format!(
                "({} more lines are in the e-mail)",
                lines.len() - index
            ));
            break;
        }
        text.push_str(line);
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// Without markup, mentions and entities.
fn safe(text: &str, longest: usize) -> String {
    chat(text, longest).replace('&', "&amp;")
}
