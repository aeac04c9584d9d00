//! Who asks, and whether a statement names them.

use super::{any, texts};
use crate::Answer;
use serde_json::Value;

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

/// Whether the element `Principal` names the caller.
pub(super) fn is_named(named: &Value, asking: Option<&Principal>) -> Answer {
    let Some(kinds) = named.as_object().filter(|kinds| !kinds.is_empty()) else {
        return Answer::unknown("its principal is not an object with names");
    };
    Answer::any(
        kinds
            .iter()
            .map(|(kind, names)| match (kind.as_str(), asking) {
                ("AWS", Some(Principal::Role { account, arn })) => {
                    any(names, |name| names_role(name, account, arn))
                }
                ("AWS", Some(Principal::Service(_))) => Answer::of(texts(names).contains(&"*")),
                ("Service", Some(Principal::Service(service))) => {
                    Answer::of(texts(names).contains(&service.as_str()))
                }
                ("Service", Some(Principal::Role { .. }))
                | ("Federated" | "CanonicalUser", Some(Principal::Service(_))) => Answer::No,
                (kind, _) => {
                    Answer::unknown(format!("a principal of kind {kind} is not evaluated"))
                }
            }),
    )
}

fn names_role(name: &str, account: &str, arn: &str) -> Answer {
    let is_account = name.starts_with("arn:") && name.ends_with(&format!(":iam::{account}:root"));
    if name == "*" || name == account || name == arn || is_account {
        return Answer::Yes;
    }
    no_or_session(name)
}

/// No match; but whether a session or a unique id belongs to the caller is unknown.
pub(super) fn no_or_session(name: &str) -> Answer {
    let is_session = name.split(':').nth(2) == Some("sts") || name.contains(":assumed-role/");
    let is_id = ["AROA", "AIDA"].iter().any(|kind| name.starts_with(kind));
    if is_session || is_id {
        return Answer::unknown(format!("whether \"{name}\" is meant by it is not known"));
    }
    Answer::No
}
