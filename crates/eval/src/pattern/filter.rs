//! One entry of a pattern's list: a value, or an operator.

use super::address::{Address, Block};
use super::compare::{IgnoreCase, Wildcard};
use super::number::{self, Range};
use crate::Answer;
use serde_json::{Map, Value};

/// What is asked of a value.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// This value.
    Is(Value),
    /// A string.
    Text(Text),
    /// A number.
    Within(Range),
    /// An address.
    In(Block),
    /// Any value but these.
    ButValues(Vec<Value>),
    /// Any value but strings like these.
    ButTexts(Vec<Text>),
    /// That there is a value, or none.
    Exists(bool),
    /// An operator that is not known here, of this name.
    Unknown(String),
}

/// What is asked of a string.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Prefix(String),
    Suffix(String),
    IgnoreCase(IgnoreCase),
    PrefixIgnoreCase(IgnoreCase),
    SuffixIgnoreCase(IgnoreCase),
    Like(Wildcard),
}

impl Filter {
    /// Reads it, or says why EventBridge refuses it.
    pub(super) fn of(entry: &Value) -> Result<Self, String> {
        match entry {
            Value::Object(operator) => {
                let (name, value) = only(operator)?;
                operation(name, value)
            }
            Value::Array(_) => Err("a list within a list of values".into()),
            value => Ok(Self::Is(value.clone())),
        }
    }

    /// Whether a value is what is asked for.
    pub(super) fn of_value(&self, value: &Value) -> Answer {
        match self {
            Self::Is(wanted) => same(wanted, value),
            Self::Text(text) => text.of(value),
            Self::Within(range) => Answer::of(range.has(value)),
            Self::In(block) => {
                let address = value.as_str().and_then(Address::of);
                Answer::of(address.is_some_and(|it| block.has(it)))
            }
            Self::ButValues(values) => {
                Answer::any(values.iter().map(|it| same(it, value))).negated()
            }
            Self::ButTexts(texts) => Answer::any(texts.iter().map(|it| it.of(value))).negated(),
            Self::Exists(wanted) => Answer::of(*wanted),
            Self::Unknown(name) => unknown(name),
        }
    }

    /// Whether it is what is asked for that there is no value.
    pub(super) fn of_absence(&self) -> Answer {
        match self {
            Self::Exists(wanted) => Answer::of(!wanted),
            Self::Unknown(name) => unknown(name),
            _ => Answer::No,
        }
    }
}

fn unknown(name: &str) -> Answer {
    Answer::unknown(format!("the operator \"{name}\" is not known to rootwatch"))
}

fn only(operator: &Map<String, Value>) -> Result<(&str, &Value), String> {
    let mut entries = operator.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        _ => Err("a filter must have exactly one operator".into()),
    }
}

fn operation(name: &str, value: &Value) -> Result<Filter, String> {
    let refused = || Err(format!("\"{name}\" does not take {value}"));
    match (name, value) {
        ("exactly", Value::String(_)) => Ok(Filter::Is(value.clone())),
        ("exists", Value::Bool(wanted)) => Ok(Filter::Exists(*wanted)),
        ("cidr", Value::String(text)) => match Block::of(text) {
            Some(block) => Ok(Filter::In(block)),
            None => refused(),
        },
        ("numeric", Value::Array(terms)) => match Range::of(terms) {
            Some(range) => Ok(Filter::Within(range)),
            None => refused(),
        },
        ("prefix" | "suffix" | "equals-ignore-case" | "wildcard", _) => {
            text(name, value).map(Filter::Text)
        }
        ("anything-but", _) => anything_but(value),
        ("exactly" | "exists" | "cidr" | "numeric", _) => refused(),
        _ => Ok(Filter::Unknown(name.to_owned())),
    }
}

fn text(name: &str, value: &Value) -> Result<Text, String> {
    let of = |text: &Value| match text.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("\"{name}\" does not take {text}")),
    };
    let without_case = |value: &Map<String, Value>| match only(value)? {
        ("equals-ignore-case", text) => Ok(IgnoreCase::of(&of(text)?)),
        (inner, _) => Err(format!("\"{name}\" does not take \"{inner}\"")),
    };
    Ok(match (name, value) {
        ("prefix", Value::Object(inner)) => Text::PrefixIgnoreCase(without_case(inner)?),
        ("suffix", Value::Object(inner)) => Text::SuffixIgnoreCase(without_case(inner)?),
        ("prefix", text) => Text::Prefix(of(text)?),
        ("suffix", text) => Text::Suffix(of(text)?),
        ("wildcard", text) => Text::Like(Wildcard::of(&of(text)?)?),
        (_, text) => Text::IgnoreCase(IgnoreCase::of(&of(text)?)),
    })
}

fn anything_but(value: &Value) -> Result<Filter, String> {
    let refused = || Err(format!("\"anything-but\" does not take {value}"));
    let (operator, value) = match value {
        Value::Object(inner) => {
            let (name, value) = only(inner)?;
            (Some(name), value)
        }
        value => (None, value),
    };
    let values = match value {
        Value::Array(many) => many.clone(),
        one => vec![one.clone()],
    };
    let is_number = |it: &Value| number::comparable(it).is_some();
    match operator {
        _ if values.is_empty() => refused(),
        None if values.iter().all(Value::is_string) || values.iter().all(is_number) => {
            Ok(Filter::ButValues(values))
        }
        Some(name @ ("prefix" | "suffix" | "equals-ignore-case" | "wildcard")) => {
            let is_empty = |it: &Value| it == "" && matches!(name, "prefix" | "suffix");
            if values.iter().any(|it| is_empty(it) || !it.is_string()) {
                return refused();
            }
            let texts = values.iter().map(|it| text(name, it));
            texts.collect::<Result<_, _>>().map(Filter::ButTexts)
        }
        _ => refused(),
    }
}

impl Text {
    /// Only strings are like a text.
    fn of(&self, value: &Value) -> Answer {
        let Some(text) = value.as_str() else {
            return Answer::No;
        };
        match self {
            Self::Prefix(start) => Answer::of(text.starts_with(start.as_str())),
            Self::Suffix(end) => Answer::of(text.ends_with(end.as_str())),
            Self::IgnoreCase(wanted) => wanted.is(text),
            Self::PrefixIgnoreCase(wanted) => wanted.begins(text),
            Self::SuffixIgnoreCase(wanted) => wanted.ends(text),
            Self::Like(wildcard) => Answer::of(wildcard.is(text)),
        }
    }
}

/// 1 and 1.0 are the same number, "1" and 1 are not the same; an address is the same however it is written.
fn same(wanted: &Value, have: &Value) -> Answer {
    match (wanted, have) {
        (Value::Number(wanted), Value::Number(have)) => number::same(wanted, have),
        (Value::String(wanted), Value::String(have)) => match Address::of(wanted) {
            Some(address) => Answer::of(Address::of(have) == Some(address)),
            None => Answer::of(wanted == have),
        },
        _ => Answer::of(wanted == have),
    }
}
