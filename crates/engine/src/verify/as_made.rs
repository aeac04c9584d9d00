//! Whether a resource is what rootwatch makes: by the plan, field by field. Pure.

use super::finding::Hop;
use crate::findings::FindingId;
use crate::plan::{Action, FieldChange, decide};
use crate::words::one_line;
use serde::Serialize;
use serde_json::Value;

/// Fields that cannot keep an event or a notification from getting through, each with the reason.
const HARMLESS: [(&str, &str); 1] = [(
    "description",
    "a text for people, which no service evaluates",
)];
/// Characters of a value in a finding; a policy may have thousands.
const MOST: usize = 160;

/// What differs of one resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Vec<FieldChange>);

impl Changes {
    /// Of what a plan would do.
    pub(super) fn of(action: &Action) -> Self {
        let (Action::Update { fields } | Action::Create { fields }) = action else {
            return Self::default();
        };
        let matters = |it: &&FieldChange| HARMLESS.iter().all(|(field, _)| it.field != *field);
        Self(fields.iter().filter(matters).cloned().collect())
    }

    /// Between two states.
    pub(super) fn between<T: Serialize>(wanted: &T, found: &T) -> Self {
        Self::of(&decide(wanted, Some(found)))
    }

    /// Whether this field differs, or a part of it.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.iter().any(|it| is_within(&it.field, field))
    }

    /// The fields that differ.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|it| it.field.as_str())
    }

    /// The finding of all that no other finding is about; none where there is nothing left.
    pub(super) fn left(
        &self,
        id: FindingId,
        resource: &str,
        hops: &[Hop],
        fix: &str,
    ) -> Option<Hop> {
        let is_left = |it: &&FieldChange| {
            let mut about = hops.iter().flat_map(|hop| &hop.about);
            !about.any(|about| is_within(&it.field, about) || is_within(about, &it.field))
        };
        let left: Vec<String> = self.0.iter().filter(is_left).map(words).collect();
        if left.is_empty() {
            return None;
        }
        let finding = format!("differs from what rootwatch makes: {}", left.join("; "));
        Some(Hop::differs(id, resource, finding, fix))
    }
}

/// Whether a path is this field, or of a part of it.
fn is_within(path: &str, field: &str) -> bool {
    let rest = path.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn words(change: &FieldChange) -> String {
    let value = |it: &Option<Value>| match it {
        None | Some(Value::Null) => "not set".to_owned(),
        Some(Value::String(text)) => format!("\"{}\"", cut(&one_line(text))),
        Some(other) => cut(&other.to_string()),
    };
    let (field, old, new) = (&change.field, value(&change.old), value(&change.new));
    format!("{field} is {old}, wanted {new}")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::hub::RULE_DIFFERS;
    use serde_json::json;

    fn changes() -> Changes {
        let wanted = json!({"description": "a", "policy": {"Ours": {"Effect": "Deny"}}, "state": "ON", "targets": {"a": {"arn": "x"}}});
        let found = json!({"description": "b", "policy": {"Ours": {}, "Theirs": 1}, "state": "OFF", "targets": {"a": {"arn": "y"}}});
        Changes::between(&wanted, &found)
    }

    #[test]
    fn what_differs_is_named_with_both_values_and_a_description_is_not() {
        let hop = changes()
            .left(RULE_DIFFERS, "rule x", &[], "fix it")
            .unwrap();
        assert_eq!(
            hop.finding,
            "differs from what rootwatch makes: policy.Ours.Effect is not set, wanted \"Deny\"; state is \"OFF\", wanted \"ON\"; targets.a.arn is \"y\", wanted \"x\""
        );
        assert!(changes().has("policy") && changes().has("targets.a") && !changes().has("target"));
    }

    #[test]
    fn what_another_finding_is_about_is_not_named_again() {
        let about = |field: &str| Hop::broken(RULE_DIFFERS, "rule x", "c", "f", "fix").about(field);
        let hops = [
            about("state"),
            about("targets.a"),
            about("policy.Ours.Effect.x"),
        ];
        assert_eq!(changes().left(RULE_DIFFERS, "rule x", &hops, "fix"), None);
        let some = changes()
            .left(RULE_DIFFERS, "rule x", &hops[..2], "fix")
            .unwrap();
        assert!(
            some.finding
                .ends_with("policy.Ours.Effect is not set, wanted \"Deny\"")
        );
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(cut(&"ä".repeat(MOST + 1)), format!("{}…", "ä".repeat(MOST)));
    }
}
