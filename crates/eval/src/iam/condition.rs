//! The conditions of a statement.

use super::any;
use super::keys::{Keys, Values};
use super::principal::no_or_session;
use super::wildcard::{Pattern, has_variable};
use crate::Answer;
use serde_json::Value;

/// Whether all conditions hold.
pub(super) fn all(operators: &Value, keys: &Keys) -> Answer {
    let Some(operators) = operators.as_object() else {
        return Answer::unknown("its condition is not an object");
    };
    Answer::all(operators.iter().map(|(name, tests)| {
        match tests.as_object() {
            Some(tests) if !tests.is_empty() => Answer::all(
                tests
                    .iter()
                    .map(|(key, wanted)| condition(name, key, wanted, keys)),
            ),
            _ => Answer::unknown(format!("{name} names no key")),
        }
    }))
}

/// How a key's value is compared.
#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Null,
}

/// How the values of a request are taken together.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    Plain,
    Any,
    All,
}

/// `ForAnyValue:StringNotEqualsIfExists`, in its parts.
struct Operator {
    set: Set,
    comparison: Comparison,
    is_negated: bool,
    if_exists: bool,
}

impl Operator {
    fn of(name: &str) -> Result<Self, String> {
        let unknown = || format!("the operator {name} is not evaluated");
        let (set, plain) = match name.split_once(':') {
            None => (Set::Plain, name),
            Some(("ForAnyValue", plain)) => (Set::Any, plain),
            Some(("ForAllValues", plain)) => (Set::All, plain),
            Some(_) => return Err(unknown()),
        };
        let (plain, if_exists) = match plain.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (plain, false),
        };
        let (comparison, is_negated) = match plain {
            "StringEquals" => (Comparison::Equals, false),
            "StringNotEquals" => (Comparison::Equals, true),
            "StringEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, true),
            "StringLike" => (Comparison::Like, false),
            "StringNotLike" => (Comparison::Like, true),
            "Bool" => (Comparison::EqualsIgnoreCase, false),
            "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
            "Null" if set == Set::Plain && !if_exists => (Comparison::Null, false),
            _ => return Err(unknown()),
        };
        Ok(Self {
            set,
            comparison,
            is_negated,
            if_exists,
        })
    }

    /// What holds of a key that the request lacks.
    fn of_absence(&self, key: &str) -> Answer {
        match self.set {
            Set::All => Answer::Yes,
            Set::Any if self.if_exists => Answer::unknown(format!(
                "whether ForAnyValue with IfExists holds without {key} is not documented"
            )),
            Set::Any => Answer::No,
            // A negated operator also matches when its key is absent.
            Set::Plain => Answer::of(self.is_negated || self.if_exists),
        }
    }

    fn of_value(&self, wanted: &Value, have: &str) -> Answer {
        let found = any(wanted, |wanted| self.comparison.of(wanted, have));
        if self.is_negated {
            found.negated()
        } else {
            found
        }
    }
}

fn condition(name: &str, key: &str, wanted: &Value, keys: &Keys) -> Answer {
    let Some(have) = keys.values(key) else {
        return Answer::unknown(format!("the value of {key} is not known"));
    };
    let operator = match Operator::of(name) {
        Ok(operator) => operator,
        Err(why) => return Answer::Unknown(why),
    };
    if operator.comparison == Comparison::Null {
        let is_absent = have.all.is_empty().to_string();
        return any(wanted, |wanted| {
            Answer::of(wanted.eq_ignore_ascii_case(&is_absent))
        });
    }
    if have.all.is_empty() {
        return operator.of_absence(key);
    }
    let each = have.all.iter().map(|have| operator.of_value(wanted, have));
    match operator.set {
        Set::Any => Answer::any(each),
        Set::All => Answer::all(each),
        Set::Plain => plain(&operator, key, &have, each),
    }
}

/// Without a set operator; of a key with several values, IAM's guide only says that it needs one. Whether it never matches
/// then, as the simulator has it, or as it does for a key of one value, is not known; what is refused by both is refused.
fn plain(
    operator: &Operator,
    key: &str,
    have: &Values<'_>,
    each: impl Iterator<Item = Answer>,
) -> Answer {
    let found = if operator.is_negated {
        Answer::all(each)
    } else {
        Answer::any(each)
    };
    if have.is_list && found == Answer::Yes {
        return Answer::unknown(format!(
            "{key} can have several values, which need ForAnyValue or ForAllValues"
        ));
    }
    found
}

impl Comparison {
    fn of(self, wanted: &str, have: &str) -> Answer {
        let pattern = match Pattern::of(wanted) {
            Ok(pattern) => pattern,
            Err(why) => return Answer::Unknown(why),
        };
        let found = match self {
            Self::Equals | Self::Null => Answer::of(pattern.literal() == have),
            Self::EqualsIgnoreCase => ignoring_case(&pattern.literal(), have),
            Self::Like => Answer::of(pattern.is_like(have)),
            Self::Arn => pattern.is_arn(have),
        };
        match found {
            Answer::No => no_or_session(wanted),
            // The guide says so of wildcards only.
            Answer::Yes if has_variable(wanted) && self != Self::Like => Answer::unknown(format!(
                "whether the policy variable in \"{wanted}\" is resolved is not documented"
            )),
            found => found,
        }
    }
}

/// How IAM folds other letters than ASCII's is not documented.
fn ignoring_case(wanted: &str, have: &str) -> Answer {
    if wanted.eq_ignore_ascii_case(have) {
        return Answer::Yes;
    }
    if wanted.to_lowercase() == have.to_lowercase() {
        return Answer::unknown(format!(
            "how IAM compares \"{wanted}\" without case is not known"
        ));
    }
    Answer::No
}
