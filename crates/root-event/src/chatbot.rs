//! The body as a custom notification of Amazon Q Developer in chat applications (formerly AWS Chatbot).
//!
//! Schema and limits are from its administrator guide, "Custom notifications". The text is the chat program's markdown:
//! what comes from an event is put into code spans, without characters that could end one or mention somebody.

use serde_json::{Value, json};

use crate::body::Body;
use crate::json::without_nulls;
use crate::message::Attributes;
use crate::sanitize;

/// The maximum length of each part, in characters.
const TITLE: usize = 250;
const DESCRIPTION: usize = 8_000;
const STEP: usize = 350;
const KEYWORD: usize = 75;
/// How much is shown of an event that could not be read; the e-mail has more.
const RAW: usize = 2_000;
/// Reserved for the line that says how many lines are left out.
const RESERVE: usize = 80;

/// What a notification has beside its body.
pub(crate) struct Head<'a> {
    pub(crate) subject: &'a str,
    pub(crate) summary: &'a str,
    /// CloudTrail's id of the event.
    pub(crate) id: Option<&'a str>,
    /// Equal for messages that belong together.
    pub(crate) thread: Option<String>,
    pub(crate) attributes: &'a Attributes,
}

pub(crate) fn notification(head: &Head<'_>, body: &Body) -> Value {
    let keywords = head
        .attributes
        .pairs()
        .map(|(_, value)| chat(value, KEYWORD));
    without_nulls(json!({
        "version": "1.0",
        "source": "custom",
        "id": head.id,
        "content": without_nulls(json!({
            "textType": "client-markdown",
            "title": title(head.subject),
            "description": description(body),
            "nextSteps": steps(body),
            "keywords": keywords,
        })),
        "metadata": without_nulls(json!({
            "threadId": head.thread,
            "summary": chat(head.summary, TITLE),
            "eventType": head.attributes.activity,
            "additionalContext": head.attributes,
        })),
    }))
}

/// The brackets around the severity, which comes first, are rootwatch's own.
pub(crate) fn title(subject: &str) -> String {
    match subject.split_once("] ") {
        Some((label, rest)) => format!("{label}] {}", chat(rest, TITLE - label.len() - 2)),
        None => chat(subject, TITLE),
    }
}

fn description(body: &Body) -> String {
    let fields = body
        .fields
        .iter()
        .map(|(name, value)| format!("*{name}:* `{}`", chat(value, 300)));
    let (title, list) = &body.list;
    let list = list.iter().map(|line| format!("- `{}`", chat(line, 300)));
    let notes = body
        .notes
        .iter()
        .map(|note| format!("- {}", chat(note, 600)));
    let mut lines = vec![chat(&body.sentence, 800), String::new()];
    lines.extend(fields);
    lines.extend(titled(title, list.collect()));
    lines.extend(titled("Note", notes.collect()));
    let sender = body.sender.as_ref();
    lines.extend(sender.map(|it| format!("\nSent by {}", chat(it, 200))));
    let mut text = fitting(&lines);
    if let Some((raw, left_out)) = &body.raw {
        text.push_str(&code_block(raw, *left_out));
    }
    text
}

fn titled(title: &str, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        return lines;
    }
    let mut all = vec![String::new(), format!("*{title}:*")];
    all.extend(lines);
    all
}

/// As many lines as there is room for, and how many are left out.
fn fitting(lines: &[String]) -> String {
    let mut text = String::new();
    let mut room = DESCRIPTION - RESERVE;
    for (index, line) in lines.iter().enumerate() {
        let length = line.chars().count() + 1;
        if length > room {
            let more = lines.len() - index;
            text.push_str(&format!(
                "({more} more lines are left out; the e-mail has them)\n"
            ));
            break;
        }
        room -= length;
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn code_block(raw: &str, left_out: usize) -> String {
    let shown: String = raw.chars().take(RAW).collect();
    let hidden = raw.chars().count() - shown.chars().count() + left_out;
    let lines: Vec<String> = shown.lines().map(|line| chat(line, RAW)).collect();
    let mut text = format!("```\n{}\n```\n", lines.join("\n"));
    if hidden > 0 {
        text.push_str(&format!("({hidden} more characters are left out)\n"));
    }
    text
}

fn steps(body: &Body) -> Vec<String> {
    let link = body
        .link
        .as_ref()
        .map(|link| format!("See the event in CloudTrail (sign in to the account first): {link}"));
    let help = body.help.iter().map(|line| with_links(line, STEP));
    let steps = body.steps.iter().map(|step| chat(step, STEP));
    help.chain(steps).chain(link).collect()
}

/// A line of the settings, whose links stay links: nothing else in it is markup or a mention.
pub(crate) fn with_links(text: &str, longest: usize) -> String {
    let plain = text.replace(['<', '>', '[', ']', '`', '|'], "'");
    sanitize::line_within(&plain, longest)
}

/// A safe line without what chat programs would interpret as markup, a mention or a link.
pub(crate) fn chat(text: &str, longest: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '<' | '[' => '(',
            '>' | ']' => ')',
            '`' => '\'',
            '*' | '~' => '-',
            '|' => '/',
            c => c,
        })
        .collect();
    sanitize::line_within(&plain, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_mentioned_and_no_code_span_ends() {
        assert_eq!(
            chat("`<!channel> *[click](https://x)*|y`", 100),
            "'(!channel) -(click)(https://x)-/y'"
        );
    }

    #[test]
    fn a_link_of_the_settings_stays_one_and_mentions_nobody() {
        assert_eq!(
            with_links("Runbook: https://wiki/a_b~c*d <!here> [x](y)", 100),
            "Runbook: https://wiki/a_b~c*d '!here' 'x'(y)"
        );
    }

    #[test]
    fn too_many_lines_are_counted() {
        let text = fitting(&vec!["x".repeat(99); 100]);
        assert!(text.chars().count() <= DESCRIPTION);
        assert!(
            text.ends_with("(21 more lines are left out; the e-mail has them)\n"),
            "{text}"
        );
    }

    #[test]
    fn of_the_raw_event_no_more_than_a_screenful() {
        let text = code_block(&"y".repeat(RAW + 5), 7);
        assert!(
            text.ends_with("(12 more characters are left out)\n"),
            "{text}"
        );
    }
}
