//! IAM policy documents, compared by what they mean and not by how they are written.
//!
//! AWS gives them back in another order, with a string where a list was, or URL-encoded.

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A policy's statements by their `Sid`, each in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Policy(BTreeMap<String, Value>);

impl Policy {
    /// A policy of our own statements, each with its `Sid`.
    pub fn of<const N: usize>(statements: [(&str, Value); N]) -> Self {
        Self(
            statements
                .into_iter()
                .map(|(sid, statement)| (sid.to_owned(), canonical_statement(statement)))
                .collect(),
        )
    }

    /// Adds a statement.
    pub fn with(mut self, sid: &str, statement: Value) -> Self {
        self.0
            .insert(sid.to_owned(), canonical_statement(statement));
        self
    }

    /// Reads a document as AWS returns it: plain, or URL-encoded as IAM does.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = if text.trim_start().starts_with('%') {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .context("a URL-encoded policy is not UTF-8")?
                .into_owned()
        } else {
            text.to_owned()
        };
        let document: Value = serde_json::from_str(&plain).context("a policy is not JSON")?;
        let statements = match &document["Statement"] {
            Value::Array(many) => many.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let has_variables = document["Version"] == VERSION;
        let mut all = BTreeMap::new();
        for (index, mut statement) in statements.into_iter().enumerate() {
            if !has_variables {
                without_variables(&mut statement);
            }
            let (sid, statement) = keyed((index, statement));
            // Of two statements with one Sid the second counts as foreign.
            let key = if all.contains_key(&sid) {
                format!("{UNNAMED}{} ({sid})", index + 1)
            } else {
                sid
            };
            all.insert(key, statement);
        }
        Ok(Self(all))
    }

    /// The document to send, with the given policy's further statements kept.
    pub fn document_over(&self, observed: Option<&Self>) -> String {
        let mut all = observed.map(|policy| policy.0.clone()).unwrap_or_default();
        all.extend(self.0.clone());
        let statements: Vec<Value> = all
            .into_iter()
            .map(|(sid, mut statement)| {
                if !sid.starts_with(UNNAMED) {
                    statement["Sid"] = Value::String(sid);
                }
                statement
            })
            .collect();
        json!({"Version": VERSION, "Statement": statements}).to_string()
    }

    /// The document to send.
    pub fn document(&self) -> String {
        self.document_over(None)
    }

    /// Every statement in canonical form, with its `Sid`.
    pub fn statements(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .map(|(sid, statement)| (sid.as_str(), statement))
    }

    /// This one statement, and every statement that does not allow.
    pub fn only_with_denies(mut self, sid: &str) -> Self {
        self.0
            .retain(|key, statement| key == sid || statement["Effect"] != "Allow");
        self
    }

    /// One statement in canonical form.
    pub fn statement(&self, sid: &str) -> Option<&Value> {
        self.0.get(sid)
    }
}

/// The only version with policy variables; a document without one has the older.
const VERSION: &str = "2012-10-17";

/// `${` of an older version is no variable. What it means there is written `${$}{` in this one, as which it is sent back.
///
/// Source: IAM User Guide, "IAM policy elements: Variables and tags".
fn without_variables(statement: &mut Value) {
    for element in ["Resource", "NotResource", "Condition"] {
        if let Some(value) = statement.get_mut(element) {
            escape(value);
        }
    }
}

fn escape(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("${", "${$}{"),
        Value::Array(many) => many.iter_mut().for_each(escape),
        Value::Object(fields) => fields.values_mut().for_each(escape),
        _ => {}
    }
}

/// Begins the key of a statement without `Sid`; no `Sid` can hold a space.
const UNNAMED: &str = "statement ";

fn keyed((index, mut statement): (usize, Value)) -> (String, Value) {
    let sid = statement
        .as_object_mut()
        .and_then(|fields| fields.remove("Sid"))
        .and_then(|sid| sid.as_str().map(str::to_owned))
        .filter(|sid| !sid.is_empty())
        .unwrap_or_else(|| format!("{UNNAMED}{}", index + 1));
    (sid, canonical_statement(statement))
}

fn canonical_statement(statement: Value) -> Value {
    let Value::Object(fields) = statement else {
        return statement;
    };
    Value::Object(
        fields
            .into_iter()
            .map(|(key, value)| {
                let value = match key.as_str() {
                    "Principal" | "NotPrincipal" => canonical_principal(value),
                    "Condition" => canonical_condition(value),
                    _ => one_or_sorted(value),
                };
                (key, value)
            })
            .collect(),
    )
}

/// `"*"` and `{"AWS": "*"}` are the same in a policy of a resource.
fn canonical_principal(principal: Value) -> Value {
    match principal {
        Value::Object(kinds) => map_values(kinds, one_or_sorted),
        everyone => json!({ "AWS": everyone }),
    }
}

fn canonical_condition(condition: Value) -> Value {
    match condition {
        Value::Object(operators) => map_values(operators, |keys| match keys {
            Value::Object(keys) => map_values(keys, one_or_sorted),
            other => other,
        }),
        other => other,
    }
}

fn map_values(fields: Map<String, Value>, change: impl Fn(Value) -> Value) -> Value {
    Value::Object(
        fields
            .into_iter()
            .map(|(key, value)| (key, change(value)))
            .collect(),
    )
}

/// A list of one as the one, a longer list sorted, every scalar as a string.
fn one_or_sorted(value: Value) -> Value {
    let mut texts: Vec<String> = match value {
        Value::Array(many) => many.iter().map(scalar).collect(),
        one => return Value::String(scalar(&one)),
    };
    texts.sort();
    texts.dedup();
    match texts.as_slice() {
        [one] => Value::String(one.clone()),
        _ => json!(texts),
    }
}

fn scalar(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_added_beside_the_others() {
        let both = ours().with("Freeze", json!({"Effect": "Deny", "Action": ["b", "a"]}));
        let added = json!({"Effect": "Deny", "Action": ["a", "b"]});
        assert_eq!(both.statement("Freeze"), Some(&added));
        assert_eq!(both.statements().count(), ours().statements().count() + 1);
    }

    fn ours() -> Policy {
        Policy::of([(
            "Organization",
            json!({
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["events:PutEvents"],
                "Resource": ["b", "a"],
                "Condition": {"Bool": {"aws:SecureTransport": true}}
            }),
        )])
    }

    #[test]
    fn order_lists_of_one_booleans_and_url_encoding_do_not_matter() {
        let other = r#"{"Statement":{"Condition":{"Bool":{"aws:SecureTransport":["true"]}},"Resource":["a","b"],
            "Action":"events:PutEvents","Principal":{"AWS":["*"]},"Effect":"Allow","Sid":"Organization"},"Version":"2012-10-17"}"#;
        let encoded =
            percent_encoding::utf8_percent_encode(other, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        assert_eq!(Policy::parse(other).unwrap(), ours());
        assert_eq!(Policy::parse(&encoded).unwrap(), ours());
    }

    #[test]
    fn a_narrower_or_wider_statement_is_another() {
        for (field, value) in [
            ("Action", json!("events:*")),
            ("Resource", json!(["a"])),
            ("Effect", json!("Deny")),
            ("Condition", json!({})),
            ("Principal", json!({"AWS": "111122223333"})),
        ] {
            let mut statement = ours().0["Organization"].clone();
            statement[field] = value;
            assert_ne!(Policy::of([("Organization", statement)]), ours(), "{field}");
        }
    }

    #[test]
    fn two_statements_of_one_sid_are_both_kept() {
        let allow = json!({"Sid": "A", "Effect": "Allow", "Action": "a"});
        let deny = json!({"Sid": "A", "Effect": "Deny", "Action": "a"});
        let parse = |statements: Value| {
            Policy::parse(&json!({"Statement": statements}).to_string()).unwrap()
        };
        let both = parse(json!([allow, deny]));
        let keys: Vec<&str> = both.statements().map(|(sid, _)| sid).collect();
        assert_eq!(keys, ["A", "statement 2 (A)"]);
        assert_ne!(both, parse(json!([allow])));
        assert_ne!(both, parse(json!([deny])));
        // Written again, no Sid occurs twice.
        assert_eq!(both.document().matches("Sid").count(), 1);
        assert_eq!(Policy::parse(&both.document()).unwrap().0.len(), 2);
    }

    #[test]
    fn what_only_looks_like_a_variable_keeps_its_meaning() {
        let read = |version: Value| {
            let statement = json!({"Sid": "A", "Effect": "Allow", "Action": "a", "Resource": "x/${y}",
                "Condition": {"StringEquals": {"k": ["${y}", "z"]}}});
            Policy::parse(&json!({"Version": version, "Statement": statement}).to_string()).unwrap()
        };
        let new = read(json!("2012-10-17"));
        assert_eq!(new.statement("A").unwrap()["Resource"], "x/${y}");
        for old in [json!("2008-10-17"), Value::Null] {
            let old = read(old);
            let statement = old.statement("A").unwrap();
            assert_eq!(statement["Resource"], "x/${$}{y}");
            assert_eq!(
                statement["Condition"]["StringEquals"]["k"],
                json!(["${$}{y}", "z"])
            );
            assert_eq!(Policy::parse(&old.document()).unwrap(), old);
        }
    }

    #[test]
    fn a_document_reads_back_as_itself_and_keeps_what_others_added() {
        assert_eq!(Policy::parse(&ours().document()).unwrap(), ours());
        let theirs = Policy::parse(r#"{"Statement":[{"Effect":"Deny","Action":"a"},{"Sid":"Organization","Effect":"Deny"}]}"#).unwrap();
        let both = Policy::parse(&ours().document_over(Some(&theirs))).unwrap();
        assert_eq!(both.0.len(), 2);
        assert_eq!(
            both.statement("Organization"),
            ours().statement("Organization")
        );
    }
}
