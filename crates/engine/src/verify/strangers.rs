//! Statements of others in a policy of ours: whom each names, and what it lets happen. Pure.

use super::finding::Hop;
use crate::findings::FindingId;
use rootwatch_eval::Policy;
use serde_json::Value;

/// The resource whose policy it is.
pub(super) struct Of<'a> {
    /// Of a statement that lets somebody do what they must not.
    pub(super) open: FindingId,
    /// Of any other statement.
    pub(super) statement: FindingId,
    /// Kind and name of the resource.
    pub(super) id: &'a str,
    /// The command that shows the policy.
    pub(super) shown_by: String,
}

/// A finding for each statement that rootwatch does not make, whatever its `Sid`. What it lets happen may be meant, so it
/// is unknown at best; it is broken where `opens` says what it lets in together with every statement that denies.
pub(super) fn statements(
    of: &Of<'_>,
    ours: &Policy,
    found: &Policy,
    opens: impl Fn(&Policy) -> Option<String>,
) -> Vec<Hop> {
    let theirs = found
        .statements()
        .filter(|(sid, _)| ours.statement(sid).is_none());
    theirs
        .map(|(sid, statement)| {
            let words = words(sid, statement);
            let fix = format!(
                "find out who made it and what it is for (`{}` shows it), and have it taken away unless somebody needs it",
                of.shown_by
            );
            let alone = found.clone().only_with_denies(sid);
            let is_allow = statement["Effect"] == "Allow";
            match is_allow.then(|| opens(&alone)).flatten() {
                Some(what) => {
                    Hop::broken(of.open, of.id, "policy", format!("{words}: {what}"), fix)
                }
                None => Hop::unknown(of.statement, of.id, "policy", words, Some(fix)),
            }
        })
        .collect()
}

/// `statement "X" of its policy is not rootwatch's: it allows 999988887777 sqs:*, if StringEquals k is v`.
pub(super) fn words(sid: &str, statement: &Value) -> String {
    let name = match sid.starts_with("statement ") {
        true => format!("{sid} of its policy, which has no name of its own,"),
        false => format!("statement \"{sid}\" of its policy"),
    };
    let effect = match statement["Effect"].as_str() {
        Some("Allow") => "allows",
        Some("Deny") => "denies",
        _ => "has for",
    };
    let condition = condition(&statement["Condition"]);
    format!(
        "{name} is not rootwatch's: it {effect} {} {}{condition}",
        who(statement),
        what(statement)
    )
}

fn who(statement: &Value) -> String {
    let (principals, but) = match &statement["NotPrincipal"] {
        Value::Null => (&statement["Principal"], ""),
        others => (others, "everybody but "),
    };
    let kinds = principals.as_object().into_iter().flatten();
    let named: Vec<String> = kinds.flat_map(|(_, names)| texts(names)).collect();
    match named.as_slice() {
        [one] if one == "*" && but.is_empty() => "everybody".to_owned(),
        _ => format!("{but}{}", named.join(", ")),
    }
}

fn what(statement: &Value) -> String {
    match &statement["NotAction"] {
        Value::Null => texts(&statement["Action"]).join(", "),
        others => format!("every action but {}", texts(others).join(", ")),
    }
}

fn condition(condition: &Value) -> String {
    let operators = condition.as_object().into_iter().flatten();
    let tests = operators.flat_map(|(operator, tests)| {
        let tests = tests.as_object().into_iter().flatten();
        tests
            .map(move |(key, values)| format!("{operator} {key} is {}", texts(values).join(" or ")))
    });
    let tests: Vec<String> = tests.collect();
    match tests.is_empty() {
        true => String::new(),
        false => format!(", if {}", tests.join(" and ")),
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    match value {
        Value::Array(many) => many.iter().map(text).collect(),
        Value::Null => Vec::new(),
        one => vec![text(one)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_statement_is_shown_with_whom_it_names_and_what_it_lets_happen() {
        for (statement, wanted) in [
            (
                json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*"}),
                "it allows everybody sqs:*",
            ),
            (
                json!({"Effect": "Allow", "Principal": {"AWS": ["1", "2"], "Service": "s3.amazonaws.com"}, "Action": ["a:B", "a:C"],
                    "Condition": {"ArnLike": {"aws:PrincipalArn": ["x", "y"]}, "Bool": {"k": "true"}}}),
                "it allows 1, 2, s3.amazonaws.com a:B, a:C, if ArnLike aws:PrincipalArn is x or y and Bool k is true",
            ),
            (
                json!({"Effect": "Deny", "NotPrincipal": {"AWS": "1"}, "NotAction": "a:B"}),
                "it denies everybody but 1 every action but a:B",
            ),
        ] {
            let words = words("RootwatchBackup", &statement);
            let wanted =
                format!("statement \"RootwatchBackup\" of its policy is not rootwatch's: {wanted}");
            assert_eq!(words, wanted);
        }
        let unnamed = words("statement 2", &json!({"Effect": "Allow"}));
        assert!(unnamed.starts_with("statement 2 of its policy, which has no name"));
    }
}
