//! What IAM would decide by some policies.
//!
//! An explicit Deny wins, then an Allow is needed. What is not evaluated here, and a condition key whose value is not known
//! here, make the answer unknown. Where AWS's pages leave something open, and where they and the simulator that
//! `tests/eval/policies.rs` holds every answer against disagree, it is unknown too.
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements".

mod condition;
mod keys;
mod principal;
mod wildcard;

pub use keys::Keys;
pub use principal::Principal;

use crate::Answer;
use crate::Policy;
use serde_json::Value;
use wildcard::Pattern;

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
            ("Allow", Answer::Unknown(why)) => {
                unknown.get_or_insert((false, sid, why));
            }
            ("Deny", Answer::Unknown(why)) => unknown = Some((true, sid, why)),
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
    Answer::all(
        fields
            .iter()
            .map(|(element, value)| match element.as_str() {
                "Effect" | "Sid" => Answer::Yes,
                "Principal" => principal::is_named(value, request.principal.as_ref()),
                "Action" => action(value, request.action),
                "NotAction" => action(value, request.action).negated(),
                "Resource" => resource(value, &request.resource),
                "NotResource" => not_resource(value, &request.resource),
                "Condition" => condition::all(value, &request.keys),
                other => Answer::unknown(format!("the element {other} is not evaluated")),
            }),
    )
}

/// Actions have no case, and no policy variables.
fn action(wanted: &Value, action: &str) -> Answer {
    let action = action.to_lowercase();
    any(wanted, |wanted| {
        Answer::of(Pattern::plain(&wanted.to_lowercase()).is_like(&action))
    })
}

fn resource(wanted: &Value, resource: &str) -> Answer {
    any(wanted, |wanted| match Pattern::of(wanted) {
        Ok(pattern) => pattern.is_resource(resource),
        Err(why) => Answer::Unknown(why),
    })
}

/// Only what it names is certain: whether it reaches the resources of another service is judged differently.
fn not_resource(wanted: &Value, arn: &str) -> Answer {
    match resource(wanted, arn) {
        Answer::Yes => Answer::No,
        _ => Answer::unknown("the element NotResource is not evaluated"),
    }
}

/// Whether one of the texts passes the test; a list of none is not a policy's.
fn any(value: &Value, test: impl Fn(&str) -> Answer) -> Answer {
    let texts = texts(value);
    if texts.is_empty() {
        return Answer::unknown("a list in it has no text");
    }
    Answer::any(texts.into_iter().map(test))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;
