//! The line that people see first, often cut: in a list of mails on a phone after some 40 characters.

use crate::sanitize;

/// SNS accepts subjects of less than 100 characters, without line breaks (SNS API reference, Publish).
const SUBJECT: usize = 99;
/// A single SMS has 160 GSM characters; this leaves room for the sender's name.
const SMS: usize = 139;
/// Less of a name than this says nothing.
const SHORTEST_NAME: usize = 8;

/// What happened, and where. What comes first is what is left when the line is cut.
pub(crate) struct Headline<'a> {
    /// "Root signed in without MFA"
    pub(crate) what: String,
    /// Between what and where.
    pub(crate) link: &'static str,
    /// None where there are several.
    pub(crate) account: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    /// What else belongs to it, such as who did it.
    pub(crate) more: Option<String>,
}

impl Default for Headline<'_> {
    fn default() -> Self {
        Self {
            what: String::new(),
            link: "in",
            account: None,
            name: None,
            more: None,
        }
    }
}

impl Headline<'_> {
    /// `[HIGH] Root called s3:PutBucketPolicy in Name 111122223333 eu-west-1`
    pub(crate) fn subject(&self, label: &str, region: Option<&str>) -> String {
        let region = region.map(|region| sanitize::ascii_within(region, 20));
        // The label is in brackets, so only what follows it is sanitized again.
        let rest = self.line(SUBJECT - label.len() - 3, 62, 40, region);
        format!("[{label}] {rest}")
    }

    /// `HIGH Root called s3:PutBucketPolicy in Name 111122223333 from 198.51.100.7`
    pub(crate) fn sms(&self, label: &str, from: Option<&str>) -> String {
        let from = from.map(|ip| format!("from {}", sanitize::ascii_within(ip, 39)));
        let line = self.line(SMS - label.len() - 1, 50, 24, from);
        format!("{label} {line}")
    }

    /// Within `longest` characters; a long name is cut first, then what happened.
    fn line(&self, longest: usize, what: usize, name: usize, last: Option<String>) -> String {
        let what = sanitize::ascii_within(&self.what, what);
        let account = self.account.map(|it| sanitize::ascii_within(it, 16));
        let more = self
            .more
            .as_deref()
            .map(|more| sanitize::ascii_within(more, 44));
        let tail: Vec<String> = [account, more, last].into_iter().flatten().collect();
        let link = if self.account.is_some() {
            self.link
        } else {
            ""
        };
        let taken = [what.as_str(), link, &tail.join(" ")].join(" ").len() + 1;
        let name = self.short_name(longest.saturating_sub(taken).min(name));
        let words = [what, link.to_owned(), name].into_iter().chain(tail);
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        sanitize::ascii_within(&words.join(" "), longest)
    }

    /// Empty where there is no room for a meaningful part of the name.
    fn short_name(&self, room: usize) -> String {
        match self.name {
            Some(name) if room >= SHORTEST_NAME => sanitize::ascii_within(name, room),
            _ => String::new(),
        }
    }
}
