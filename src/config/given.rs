//! A value, the setting that it is for, and where it was given; and what is wrong with it.

use super::form;
use super::schema::{ENDPOINT, Key, Kind};
use rootwatch_engine::{Ignore, Source, Subscription, without_password};
use std::fmt;

/// What was given for a setting. A setting that takes several has one of these for each.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) key: &'static Key,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Subscription(Subscription),
    Pair(String, String),
    Ignore(Ignore),
}

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    /// A variable of rootwatch's own, by its name.
    Environment(String),
    File(Place),
}

/// A place in a file, counted from one as editors do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, line {}, column {}",
            self.file, self.line, self.column
        )
    }
}

/// Something that is wrong with the settings, as a sentence that names the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, unless it is a flag, which the sentence names.
    pub(crate) place: Option<Place>,
    pub(crate) text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl Given {
    /// The setting as it is written where it was given: the flag, or the key.
    pub(crate) fn subject(&self) -> &str {
        match (&self.origin, &self.value) {
            (Origin::Flag, _) => self.key.flag,
            (Origin::Environment(name), _) => name,
            (Origin::File(_), Value::Subscription(_)) => ENDPOINT.name,
            (Origin::File(_), _) => self.key.name,
        }
    }

    /// The value as it is written where it was given, but for a password in it.
    fn written(&self) -> String {
        match (&self.origin, &self.value) {
            (_, Value::Text(text)) => format!("\"{}\"", without_password(text)),
            (_, Value::Number(number)) => number.to_string(),
            (Origin::Flag | Origin::Environment(_), Value::Subscription(it)) => {
                format!("\"{}={}\"", it.protocol, it.shown())
            }
            (Origin::File(_), Value::Subscription(it)) => format!("\"{}\"", it.shown()),
            (_, Value::Pair(key, _)) => format!("\"{key}\""),
            (_, Value::Ignore(it)) => format!("\"{it}\""),
        }
    }

    /// Where it was given, as the engine keeps it.
    pub(crate) fn source(&self) -> Source {
        match &self.origin {
            Origin::Flag => Source::Flag(self.key.flag.to_owned()),
            Origin::Environment(name) => Source::Environment(name.clone()),
            Origin::File(place) => Source::File(format!("{}, line {}", place.file, place.line)),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match &self.value {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// A problem with this, whose sentence continues after the setting and its value.
    pub(crate) fn problem(&self, what: &str) -> Problem {
        self.reported(format!("{} {} {what}", self.subject(), self.written()))
    }

    /// A problem at the place of this.
    pub(crate) fn reported(&self, text: String) -> Problem {
        let place = match &self.origin {
            Origin::Flag | Origin::Environment(_) => None,
            Origin::File(place) => Some(place.clone()),
        };
        Problem { place, text }
    }

    /// What is wrong with this value alone.
    pub(crate) fn check(&self) -> Option<Problem> {
        let what = match (&self.key.kind, &self.value) {
            (Kind::Text(form) | Kind::List(form), Value::Text(text)) => form(text),
            (Kind::Choice(all), Value::Text(text)) => not_among(text, &all()),
            (Kind::Number(all), Value::Number(number)) => (!all.contains(number)).then(|| {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                format!(
                    "is not one of the values that AWS accepts: {}",
                    all.join(", ")
                )
            }),
            (_, Value::Subscription(it)) => not_among(&it.protocol, &form::protocols())
                .map(|what| format!("begins with \"{}\", which {what}", it.protocol))
                .or_else(|| form::endpoint(it)),
            (Kind::Pairs(form), Value::Pair(key, value)) => form(key, value),
            _ => None,
        };
        what.map(|what| self.problem(&what))
    }
}

fn not_among(text: &str, all: &[String]) -> Option<String> {
    if all.iter().any(|word| word == text) {
        return None;
    }
    let list = all.join(", ");
    Some(match nearest(text, all.iter().map(String::as_str)) {
        Some(word) => format!("is not one of {list}; did you mean \"{word}\"?"),
        None => format!("is not one of {list}"),
    })
}

/// The word that was probably meant.
pub(crate) fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Finds slips of the keyboard and missing parts, and leaves alone what is another word.
    const ALIKE: f64 = 0.8;
    words
        .map(|word| (strsim::jaro_winkler(text, word), word))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_a_slip_away_or_none() {
        let words = ["account", "region", "topic_name", "kms_key", "email"];
        let near = |text| nearest(text, words.into_iter());
        assert_eq!(near("emails"), Some("email"));
        assert_eq!(near("regoin"), Some("region"));
        assert_eq!(near("topic"), Some("topic_name"));
        assert_eq!(near("kms_key_arn"), Some("kms_key"));
        assert_eq!(near("color"), None);
        assert_eq!(near(""), None);
    }
}
