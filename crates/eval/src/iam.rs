//! What IAM would decide by some policies.
//!
//! An explicit Deny wins, then an Allow is needed. Only the elements and operators that rootwatch writes; of any other,
//! and of a condition key whose value is not known here, the answer is that it is unknown.
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".

use crate::Answer;
use crate::Policy;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An AWS service, `events.amazonaws.com`.
    Service(String),
    /// A role.
    Role {
        /// Number of its account.
        account: String,
        /// Its ARN.
        arn: String,
    },
}

/// Condition keys in lower case: with their value, or `None` for those that the request certainly lacks. A key that is
/// not in it may have any value.
pub type Keys = BTreeMap<&'static str, Option<String>>;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `None` for identity-based policies, whose statements name none.
    pub principal: Option<Principal>,
    /// `sqs:SendMessage`.
    pub action: &'static str,
    /// ARN of the resource.
    pub resource: String,
    /// The condition keys of the request.
    pub keys: Keys,
}

/// The decision of the policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// By the statement of this `Sid`.
    Denied(String),
    /// No statement allows it.
    NotAllowed,
    /// A statement allows it, and the permissions boundary does not.
    OutOfBounds,
    /// It cannot be judged, for this reason.
    Unknown(String),
}

impl Decision {
    /// What follows "the policy".
    pub fn words(&self) -> String {
        match self {
            Self::Allowed => "allows it".into(),
            Self::Denied(sid) => format!("denies it in statement \"{sid}\""),
            Self::NotAllowed => "has no statement that allows it".into(),
            Self::OutOfBounds => "allows it, and the permissions boundary does not".into(),
            Self::Unknown(why) => format!("cannot be judged: {why}"),
        }
    }
}

/// What all these policies together decide.
pub fn decide<'a>(policies: impl IntoIterator<Item = &'a Policy>, request: &Request) -> Decision {
    let (mut allowed, mut unknown) = (false, None);
    for (sid, statement) in policies.into_iter().flat_map(Policy::statements) {
        let effect = statement["Effect"].as_str().unwrap_or_default();
        match (effect, applies(statement, request)) {
            (_, Answer::No) => {}
            ("Deny", Answer::Yes) => return Decision::Denied(sid.to_owned()),
            ("Allow", Answer::Yes) => allowed = true,
            ("Deny", Answer::Unknown(why)) => unknown = Some((true, sid, why)),
            (_, Answer::Unknown(why)) => {
                unknown.get_or_insert((false, sid, why));
            }
            _ => unknown = Some((true, sid, "its effect is neither Allow nor Deny".into())),
        }
    }
    match unknown {
        Some((may_deny, sid, why)) if may_deny || !allowed => {
            Decision::Unknown(format!("\"{sid}\": {why}"))
        }
        _ if allowed => Decision::Allowed,
        _ => Decision::NotAllowed,
    }
}

fn applies(statement: &Value, request: &Request) -> Answer {
    let Some(fields) = statement.as_object() else {
        return Answer::unknown("it is not an object");
    };
    Answer::all(fields.iter().map(|(element, value)| {
        match element.as_str() {
            "Effect" | "Sid" => Answer::Yes,
            "Principal" => principal(value, request.principal.as_ref()),
            "Action" => Answer::of(
                texts(value)
                    .iter()
                    .any(|action| like(&action.to_lowercase(), &request.action.to_lowercase())),
            ),
            "Resource" => matches_text(value, |wanted| like(wanted, &request.resource)),
            "Condition" => conditions(value, &request.keys),
            other => Answer::unknown(format!(
                "the element {other} is one that rootwatch does not write"
            )),
        }
    }))
}

/// Runs a test over one text or a list of them; one with a policy variable is unknown.
fn matches_text(value: &Value, test: impl Fn(&str) -> bool) -> Answer {
    Answer::any(texts(value).into_iter().map(|text| {
        if text.contains("${") {
            Answer::unknown(format!("the policy variable in \"{text}\" is not known"))
        } else if test(text) {
            Answer::Yes
        } else {
            no_or_session(text)
        }
    }))
}

/// No match; but whether a session or a unique id belongs to the caller is unknown.
fn no_or_session(name: &str) -> Answer {
    let is_session = name.split(':').nth(2) == Some("sts") || name.contains(":assumed-role/");
    let is_id = ["AROA", "AIDA"].iter().any(|kind| name.starts_with(kind));
    if is_session || is_id {
        return Answer::unknown(format!("whether \"{name}\" is meant by it is not known"));
    }
    Answer::No
}

fn principal(named: &Value, asking: Option<&Principal>) -> Answer {
    let Some(kinds) = named.as_object() else {
        return Answer::unknown("its principal is not an object");
    };
    Answer::any(
        kinds
            .iter()
            .map(|(kind, names)| match (kind.as_str(), asking) {
                ("AWS", Some(Principal::Role { account, arn })) => {
                    Answer::any(texts(names).into_iter().map(|name| {
                        if names_role(name, account, arn) {
                            Answer::Yes
                        } else {
                            no_or_session(name)
                        }
                    }))
                }
                ("AWS", Some(Principal::Service(_))) => Answer::of(texts(names).contains(&"*")),
                ("Service", Some(Principal::Service(service))) => {
                    Answer::of(texts(names).contains(&service.as_str()))
                }
                ("Service", Some(Principal::Role { .. })) => Answer::No,
                (kind, _) => Answer::unknown(format!(
                    "a principal of kind {kind} is one that rootwatch does not write"
                )),
            }),
    )
}

fn names_role(name: &str, account: &str, arn: &str) -> bool {
    let is_account = name.starts_with("arn:") && name.ends_with(&format!(":iam::{account}:root"));
    name == "*" || name == account || name == arn || is_account
}

fn conditions(operators: &Value, keys: &Keys) -> Answer {
    let Some(operators) = operators.as_object() else {
        return Answer::unknown("its condition is not an object");
    };
    let none = Map::new();
    Answer::all(operators.iter().flat_map(|(operator, tests)| {
        let tests = tests.as_object().unwrap_or(&none);
        tests
            .iter()
            .map(move |(key, wanted)| condition(operator, key, wanted, keys))
    }))
}

fn condition(operator: &str, key: &str, wanted: &Value, keys: &Keys) -> Answer {
    let Some(have) = keys.get(key.to_lowercase().as_str()) else {
        return Answer::unknown(format!("the value of {key} is not known"));
    };
    if operator == "Null" {
        let absent = have.is_none().to_string();
        return matches_text(wanted, |text| text.eq_ignore_ascii_case(&absent));
    }
    let (test, negated): (fn(&str, &str) -> bool, bool) = match operator {
        "StringEquals" => (|wanted, have| wanted == have, false),
        "StringNotEquals" => (|wanted, have| wanted == have, true),
        "StringLike" => (like, false),
        "StringNotLike" => (like, true),
        "Bool" => (|wanted, have| wanted.eq_ignore_ascii_case(have), false),
        "ArnEquals" | "ArnLike" => (arn_like, false),
        "ArnNotEquals" | "ArnNotLike" => (arn_like, true),
        other => {
            return Answer::unknown(format!(
                "the operator {other} is one that rootwatch does not write"
            ));
        }
    };
    match have {
        // A negated operator also matches when its key is absent.
        None => Answer::of(negated),
        Some(have) => {
            let found = matches_text(wanted, |wanted| test(wanted, have));
            if negated { found.negated() } else { found }
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// `*` stands for any characters, `?` for one.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            // The star matches one more character.
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

/// Each of an ARN's six parts is compared by itself.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (wanted, have): (Vec<&str>, Vec<&str>) = (
        pattern.splitn(6, ':').collect(),
        arn.splitn(6, ':').collect(),
    );
    wanted.len() == have.len()
        && wanted
            .iter()
            .zip(have)
            .all(|(wanted, have)| like(wanted, have))
}

#[cfg(test)]
#[path = "iam_tests.rs"]
mod tests;
