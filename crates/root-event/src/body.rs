//! The content of a message, before it is formatted for e-mail or chat.

use std::fmt::Write as _;

use crate::sanitize;

/// The parts of a message, in the order in which people read them. Every text is a safe line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) sentence: String,
    pub(crate) fields: Vec<(&'static str, String)>,
    /// What a message about several events lists, and the list's title.
    pub(crate) list: (&'static str, Vec<String>),
    /// The runbook and whom to ask, which come before the steps.
    pub(crate) help: Vec<String>,
    pub(crate) steps: Vec<&'static str>,
    pub(crate) notes: Vec<String>,
    /// The event in the CloudTrail console.
    pub(crate) link: Option<String>,
    /// An event that could not be read: the part that is shown, and how many characters are left out.
    pub(crate) raw: Option<(String, usize)>,
    /// Which deployment sends it.
    pub(crate) sender: Option<String>,
}

impl Body {
    /// For people who read e-mail.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n\n{}", self.sentence, fields(&self.fields));
        let (title, lines) = &self.list;
        section(&mut text, title, lines.iter().map(String::as_str));
        section(&mut text, "What to do now", self.all_steps());
        section(&mut text, "Note", self.notes.iter().map(String::as_str));
        if let Some(link) = &self.link {
            let _ = write!(
                text,
                "\nThe event in CloudTrail (sign in to the account first):\n{link}\n"
            );
        }
        if let Some((raw, left_out)) = &self.raw {
            let raw = sanitize::block(raw);
            let _ = writeln!(text, "\nThe event, each line marked with |:\n{raw}");
            if *left_out > 0 {
                let _ = writeln!(text, "({left_out} more characters are left out)");
            }
        }
        if let Some(sender) = &self.sender {
            let _ = writeln!(text, "\nSent by {sender}");
        }
        text
    }

    /// What to do now, the organization's own first.
    pub(crate) fn all_steps(&self) -> impl Iterator<Item = &str> {
        let help = self.help.iter().map(String::as_str);
        help.chain(self.steps.iter().copied())
    }
}

/// One aligned line each.
fn fields(fields: &[(&'static str, String)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{:<13}{value}\n", format!("{name}:")))
        .collect()
}

fn section<'a>(text: &mut String, title: &str, lines: impl Iterator<Item = &'a str>) {
    for (index, line) in lines.enumerate() {
        if index == 0 {
            let _ = write!(text, "\n{title}:\n");
        }
        let _ = writeln!(text, "- {line}");
    }
}
