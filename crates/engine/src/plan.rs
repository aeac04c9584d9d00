//! What has to change: desired state against observed state, as data.
//!
//! Pure: nothing here holds a client, waits, or prints.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FieldChange {
    /// Path from the resource, `policy.RootwatchOrganization.Condition`.
    pub field: String,
    /// The value in AWS, where the field is set.
    pub old: Option<Value>,
    /// What it should be.
    pub new: Option<Value>,
    /// Where the new value was given, if by a setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What to do with a resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// It does not exist.
    Create {
        /// All its fields, as changes from nothing.
        fields: Vec<FieldChange>,
    },
    /// Some of its fields differ.
    Update {
        /// Those fields.
        fields: Vec<FieldChange>,
    },
    /// It is up to date.
    Keep,
    /// It exists and must not.
    Delete,
}

impl Action {
    /// Whether carrying this out writes anything.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// Names of the top-level fields that change.
    pub(crate) fn changed(&self) -> BTreeSet<&str> {
        let (Self::Create { fields } | Self::Update { fields }) = self else {
            return BTreeSet::new();
        };
        fields
            .iter()
            .filter_map(|change| change.field.split('.').next())
            .collect()
    }
}

/// Compares the desired with the observed state.
pub(crate) fn decide<T: Serialize>(desired: &T, observed: Option<&T>) -> Action {
    let value = |state: &T| serde_json::to_value(state).unwrap_or_default();
    let (desired, old) = (value(desired), observed.map(value));
    let mut fields = Vec::new();
    differences("", Some(&desired), old.as_ref(), &mut fields);
    match (observed, fields.is_empty()) {
        (None, _) => Action::Create { fields },
        (Some(_), true) => Action::Keep,
        (Some(_), false) => Action::Update { fields },
    }
}

/// Fields in which others may add entries; theirs are kept and are not a difference.
const SHARED: [&str; 3] = ["others", "policy", "tags"];

/// What others added to the shared fields of a resource and keep.
pub(crate) fn kept<T: Serialize>(desired: &T, observed: Option<&T>) -> Vec<String> {
    let value = |state: &T| serde_json::to_value(state).unwrap_or_default();
    let (desired, observed) = (value(desired), observed.map(value).unwrap_or_default());
    let mut found = Vec::new();
    for (field, word) in SHARED
        .iter()
        .zip(["subscription", "policy statement", "tag"])
    {
        for key in observed[field]
            .as_object()
            .into_iter()
            .flat_map(|it| it.keys())
        {
            // Neither AWS's own tags nor the marks of our subscriptions are foreign.
            let is_known = key.starts_with("aws:") || key.starts_with("rootwatch:");
            if desired[field].get(key).is_none() && !is_known {
                found.push(format!("{word} \"{key}\""));
            }
        }
    }
    found
}

fn differences(
    path: &str,
    desired: Option<&Value>,
    observed: Option<&Value>,
    found: &mut Vec<FieldChange>,
) {
    if let (Some(Value::Object(new)), Some(Value::Object(old))) = (desired, observed) {
        let theirs = if SHARED.contains(&path) {
            None
        } else {
            Some(old)
        };
        let keys: BTreeSet<&String> = new
            .keys()
            .chain(theirs.into_iter().flat_map(|old| old.keys()))
            .collect();
        for key in keys {
            differences(&join(path, key), new.get(key), old.get(key), found);
        }
    } else if let (None, Some(Value::Object(old)), true) = (desired, observed, is_not_default(path))
    {
        // Nothing is wanted there, and each of what was found is taken away by itself.
        for (key, value) in old {
            differences(&join(path, key), None, Some(value), found);
        }
    } else if SHARED.contains(&path) && desired.is_none() {
        // All of it is others'.
    } else if let (Some(Value::Object(new)), None, true) = (desired, observed, path.is_empty()) {
        for (key, value) in new {
            differences(key, Some(value), None, found);
        }
    } else if desired.filter(|v| !v.is_null()) != observed.filter(|v| !v.is_null()) {
        found.push(FieldChange {
            field: path.to_owned(),
            old: observed.cloned(),
            new: desired.cloned(),
            source: None,
        });
    }
}

/// Whether this is what a resource has that is not at AWS's default.
fn is_not_default(path: &str) -> bool {
    path.rsplit('.').next() == Some("not_default")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A resource and what is to be done with it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    /// `topic rootwatch-alerts`.
    pub resource: String,
    /// What is to be done.
    #[serde(flatten)]
    pub action: Action,
    /// The resources that must be there first.
    pub needs: Vec<String>,
    /// What others added to it; it stays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// A note about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The calls that make it, one after the other, where it is to be made.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub calls: &'static [&'static str],
}

/// How many resources are created, changed, deleted and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Resources to create.
    pub create: usize,
    /// Resources to change.
    pub update: usize,
    /// Resources to delete.
    pub delete: usize,
    /// Resources that stay as they are.
    pub keep: usize,
}

impl Counts {
    /// Counts the steps of a plan.
    pub fn of<'a>(actions: impl IntoIterator<Item = &'a Action>) -> Self {
        let mut counts = Self::default();
        for action in actions {
            *match action {
                Action::Create { .. } => &mut counts.create,
                Action::Update { .. } => &mut counts.update,
                Action::Delete => &mut counts.delete,
                Action::Keep => &mut counts.keep,
            } += 1;
        }
        counts
    }

    /// Whether anything is to be written.
    pub fn changes(&self) -> usize {
        self.create + self.update + self.delete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(desired: Value, observed: Value) -> Vec<String> {
        match decide(&desired, Some(&observed)) {
            Action::Update { fields } => fields.into_iter().map(|change| change.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn equal_states_are_kept() {
        let state = json!({"timeout": 30, "kms": null, "environment": {"A": "1"}});
        assert_eq!(decide(&state, Some(&state)), Action::Keep);
        assert!(
            !decide(
                &state,
                Some(&json!({"timeout": 30, "environment": {"A": "1"}}))
            )
            .is_change()
        );
    }

    #[test]
    fn each_difference_is_named_by_its_path() {
        let desired = json!({"timeout": 30, "environment": {"A": "1"}, "policy": {"Ours": {"Effect": "Allow"}}});
        let observed = json!({"timeout": 3, "environment": {"A": "1", "B": "2"}, "policy": {"Ours": {"Effect": "Deny"}}});
        assert_eq!(
            paths(desired, observed),
            ["environment.B", "policy.Ours.Effect", "timeout"]
        );
    }

    #[test]
    fn what_others_added_to_a_shared_field_is_kept_and_no_difference() {
        let desired = json!({"policy": {"Ours": 1}, "tags": {"a": "b"}, "others": {}});
        let observed = json!({
            "policy": {"Ours": 1, "Theirs": 2},
            "tags": {"a": "b", "c": "d", "aws:stack": "x", "rootwatch:subscription:1": "email"},
            "others": {"email x": true},
        });
        assert!(paths(desired.clone(), observed.clone()).is_empty());
        assert_eq!(
            kept(&desired, Some(&observed)),
            [
                "subscription \"email x\"",
                "policy statement \"Theirs\"",
                "tag \"c\""
            ]
        );
        assert!(kept(&desired, None).is_empty());
    }

    #[test]
    fn what_is_not_at_its_default_is_named_by_itself() {
        let observed = json!({"not_default": {"Delay": 1, "Size": 2}, "targets": {"a": {"not_default": {"Role": "x"}}}});
        let found = paths(json!({"targets": {"a": {}}}), observed);
        let wanted = [
            "not_default.Delay",
            "not_default.Size",
            "targets.a.not_default.Role",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_not_there_is_created_with_all_its_fields() {
        let action = decide(&json!({"a": 1, "b": {"c": 2}}), None);
        assert_eq!(action.changed(), BTreeSet::from(["a", "b"]));
        assert!(matches!(action, Action::Create { .. }));
    }
}
