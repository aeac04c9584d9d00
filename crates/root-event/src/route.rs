//! Routes: further topics that get a part of the messages, so that a team has those of its own accounts. The alerts topic
//! gets all of them in any case.

use std::collections::BTreeSet;
use std::fmt;

use crate::message::Message;
use crate::options::Format;
use crate::severity::Severity;

/// The maximum number of accounts and units of one route.
const MOST: usize = 100;

/// What one further topic gets, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// ARN of the topic.
    pub topic: String,
    /// The least severity that it gets.
    pub severity: Severity,
    /// Ids of the accounts and units that it gets messages about; of all where there is none.
    pub of: BTreeSet<String>,
    /// The body for subscriptions other than mail and SMS.
    pub format: Format,
}

/// Why a route is not valid, as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteError(String);

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RouteError {}

impl Route {
    /// The form of a route, for people.
    pub const FORM: &str =
        "all, or one or more of severity=…, of=… (accounts and units, with commas) and format=…";

    /// A route to this topic, from words such as `severity=high of=111122223333,ou-ab12-cdefgh34 format=pagerduty`, or
    /// `all`.
    ///
    /// # Errors
    /// When the topic is no ARN of a topic, or a word is not known.
    pub fn parse(topic: &str, words: &str) -> Result<Self, RouteError> {
        let error = |text: String| Err(RouteError(text));
        if !is_topic(topic) {
            return error("is not the ARN of an SNS topic".to_owned());
        }
        let mut route = Self {
            topic: topic.to_owned(),
            severity: Severity::Info,
            of: BTreeSet::new(),
            format: Format::Text,
        };
        let words: Vec<&str> = words.split_whitespace().collect();
        if words.is_empty() {
            return error(format!("says nothing; write {}", Self::FORM));
        }
        let mut seen = BTreeSet::new();
        for word in words
            .iter()
            .filter(|word| **word != "all" || words.len() > 1)
        {
            let Some((name, value)) = word.split_once('=') else {
                return error(format!("has the word \"{word}\"; write {}", Self::FORM));
            };
            if !seen.insert(name) {
                return error(format!("has {name}= twice"));
            }
            route.read(name, value)?;
        }
        Ok(route)
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), RouteError> {
        match name {
            "severity" => self.severity = one_of(value, name, &Severity::ALL)?,
            "format" => self.format = one_of(value, name, &Format::OF_ROUTES)?,
            "of" => {
                for id in value.split(',') {
                    if !is_account(id) && !is_unit(id) {
                        return Err(RouteError(format!(
                            "has \"{id}\" in of=, which is neither an account id (12 digits) nor the id of a unit (ou-ab12-cdefgh34) or of the root (r-ab12)"
                        )));
                    }
                    self.of.insert(id.to_owned());
                }
                if self.of.len() > MOST {
                    return Err(RouteError(format!(
                        "has more than {MOST} accounts and units"
                    )));
                }
            }
            other => {
                return Err(RouteError(format!(
                    "has \"{other}=\", and there are severity=, of= and format="
                )));
            }
        }
        Ok(())
    }

    /// The region of the topic.
    #[must_use]
    pub fn region(&self) -> &str {
        self.topic.split(':').nth(3).unwrap_or_default()
    }

    /// Whether it is about units, which have to be looked up.
    #[must_use]
    pub fn has_units(&self) -> bool {
        self.of.iter().any(|id| is_unit(id))
    }

    /// Whether it could be for this route, as far as its severity goes.
    #[must_use]
    pub fn is_grave_enough(&self, message: &Message) -> bool {
        message.about.severity >= self.severity
    }

    /// Whether the topic gets this message; `units` are those of the account that it is about, as far as they are known.
    #[must_use]
    pub fn takes(&self, message: &Message, units: &[String]) -> bool {
        let about = &message.about;
        let is_of = || {
            let mut ids = about.accounts.iter().chain(units);
            self.of.is_empty() || ids.any(|id| self.of.contains(id))
        };
        self.is_grave_enough(message) && is_of()
    }
}

/// As it is written.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if self.severity > Severity::Info {
            words.push(format!("severity={}", self.severity.name()));
        }
        if !self.of.is_empty() {
            let of: Vec<&str> = self.of.iter().map(String::as_str).collect();
            words.push(format!("of={}", of.join(",")));
        }
        if self.format != Format::Text {
            words.push(format!("format={}", self.format.name()));
        }
        if words.is_empty() {
            words.push("all".to_owned());
        }
        f.write_str(&words.join(" "))
    }
}

fn one_of<T: Copy>(value: &str, name: &str, all: &[(&str, T)]) -> Result<T, RouteError> {
    let found = all.iter().find(|(word, _)| *word == value);
    found.map(|(_, it)| *it).ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
        RouteError(format!(
            "has {name}={value}, which is not one of {}",
            words.join(", ")
        ))
    })
}

/// `arn:partition:sns:region:account:name`
fn is_topic(arn: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    };
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, "sns", region, account, name] => {
            is_name(partition) && is_name(region) && is_account(account) && is_name(name)
        }
        _ => false,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether this is the id of a unit or of the organization's root (Organizations API reference, `ParentId`).
fn is_unit(text: &str) -> bool {
    let is_id = |text: &str, least: usize| {
        (least..=32).contains(&text.len())
            && text
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        ["r", root] => is_id(root, 4),
        ["ou", root, unit] => is_id(root, 4) && is_id(unit, 8),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:payments";

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "all",
            "severity=high",
            "of=111122223333,ou-ab12-cdefgh34,r-ab12",
            "severity=critical of=111122223333 format=pagerduty",
        ] {
            assert_eq!(Route::parse(TOPIC, text).unwrap().to_string(), text);
        }
        let route = Route::parse(TOPIC, "  format=chatbot   severity=info ").unwrap();
        assert_eq!(route.to_string(), "format=chatbot");
        assert_eq!(route.region(), "eu-west-1");
    }

    #[test]
    fn what_is_not_a_route_says_why() {
        let why = |topic: &str, text: &str| Route::parse(topic, text).unwrap_err().to_string();
        for (text, part) in [
            ("", "says nothing"),
            ("high", "the word \"high\""),
            ("all severity=high", "the word \"all\""),
            ("severity=urgent", "critical"),
            ("of=1111", "12 digits"),
            ("of=", "12 digits"),
            ("of=/Workloads", "ou-ab12"),
            ("format=xml", "pagerduty"),
            ("severity=low severity=high", "twice"),
            ("to=me", "severity=, of= and format="),
        ] {
            let said = why(TOPIC, text);
            assert!(said.contains(part), "{text}: {said}");
        }
        for topic in [
            "",
            "payments",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            "arn:aws:sns:eu-west-1:1:q",
        ] {
            assert!(why(topic, "all").contains("ARN"), "{topic}");
        }
    }
}
