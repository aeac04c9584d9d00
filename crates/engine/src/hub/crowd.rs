//! Somebody else at work on the same hub: what is seen of it when what was written is read back. Pure.
//!
//! AWS shows late what was set, and meanwhile what was there before. A value that is neither of both was set by somebody
//! else, and so was the removal of what had been there.

use super::plan::Planned;
use crate::failure::Late;
use crate::plan::{Action, FieldChange};
use anyhow::Error;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// For how long it has to be seen: a list that lags may show what was there a deployment earlier.
const CERTAIN: Duration = Duration::from_secs(5);

/// What differs from what a run has set, by the resource's id.
pub(super) type Differing = BTreeMap<String, Action>;

/// What others did, and since when each of it is seen without a break.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<String, Instant>);

impl Others {
    /// Notes what is seen now. Fails once it is certain that somebody else is at work.
    pub(super) fn note(
        &mut self,
        resources: &[Planned],
        differing: &Differing,
        now: Instant,
    ) -> Result<(), Error> {
        let seen = resources.iter().flat_map(|planned| {
            let differs = differing.get(&planned.id());
            differs.map_or_else(Vec::new, |differs| by_others(planned, differs))
        });
        let before = std::mem::take(&mut self.0);
        self.0 = seen
            .map(|what| {
                let since = before.get(&what).copied().unwrap_or(now);
                (what, since)
            })
            .collect();
        let certain = self.0.values().any(|since| now - *since >= CERTAIN);
        match certain {
            true => Err(self.said().into()),
            false => Ok(()),
        }
    }

    fn said(&self) -> Late {
        let all: Vec<&str> = self.0.keys().map(String::as_str).collect();
        Late(format!(
            "another run of rootwatch, or somebody else, is changing this hub at the same time:\n  {}\n  What is there now may be some of the one and some of the other. Once nobody else is at work, run the command with the settings that are meant: one run brings all of it to them",
            all.join("\n  ")
        ))
    }
}

/// What others did to a resource that differs now from what this run has set.
fn by_others(planned: &Planned, differs: &Action) -> Vec<String> {
    let id = planned.id();
    match (&planned.action, differs) {
        (Action::Keep | Action::Update { .. }, Action::Create { .. }) => {
            vec![format!("{id} was removed")]
        }
        (Action::Keep, Action::Update { fields }) => {
            let others = fields.iter();
            others.map(|it| said(&id, it)).collect()
        }
        (Action::Update { fields: set }, Action::Update { fields }) => {
            let others = fields.iter().filter(|it| !is_late(it, set));
            others.map(|it| said(&id, it)).collect()
        }
        // Of what was just made, parts may be shown before others.
        _ => Vec::new(),
    }
}

/// Whether a field has the value of before this run, or is a part of what this run has set, or the whole of it.
fn is_late(field: &FieldChange, set: &[FieldChange]) -> bool {
    let within = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    set.iter().any(|it| {
        (it.field == field.field && it.old == field.old)
            || within(&it.field, &field.field)
            || within(&field.field, &it.field)
    })
}

fn said(id: &str, field: &FieldChange) -> String {
    // A policy is a page long, and a value may not be for everybody's eyes.
    let short = |value: &Option<serde_json::Value>| match value {
        Some(value) if value.is_object() || value.is_array() => None,
        Some(value) => Some(value.to_string()).filter(|it| it.len() <= 60),
        None => Some("nothing".to_owned()),
    };
    match (short(&field.old), short(&field.new)) {
        (Some(now), Some(ours)) => format!(
            "{id}: {} was set to {now}, and this run had set {ours}",
            field.field
        ),
        _ => format!("{id}: {} was set to something else", field.field),
    }
}

/// The names of what differs, each with the fields that do.
pub(super) fn words(differing: &Differing) -> String {
    let each = differing.iter().map(|(id, action)| match action {
        Action::Update { .. } => {
            let fields: Vec<&str> = action.changed().into_iter().collect();
            format!("{id} ({})", fields.join(", "))
        }
        _ => id.clone(),
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::desired::hub;
    use crate::hub::sample;
    use serde_json::{Value, json};

    fn field(name: &str, old: Value, new: Value) -> FieldChange {
        FieldChange {
            field: name.into(),
            old: Some(old).filter(|it| !it.is_null()),
            new: Some(new).filter(|it| !it.is_null()),
            source: None,
        }
    }

    fn planned(action: Action) -> Planned {
        Planned {
            wanted: hub(&sample::wanted()).remove(0),
            found: None,
            action,
        }
    }

    fn seen(action: Action, differs: Action) -> Vec<String> {
        by_others(&planned(action), &differs)
    }

    fn update(fields: Vec<FieldChange>) -> Action {
        Action::Update { fields }
    }

    #[test]
    fn what_was_there_before_is_late_and_all_else_is_somebodys() {
        let set = || update(vec![field("days", json!(30), json!(90))]);
        let late = update(vec![field("days", json!(30), json!(90))]);
        assert_eq!(seen(set(), late), Vec::<String>::new());
        let other = update(vec![field("days", json!(400), json!(90))]);
        let said = seen(set(), other);
        assert!(
            said[0].ends_with("days was set to 400, and this run had set 90"),
            "{said:?}"
        );
        let beside = update(vec![field("name", json!("x"), json!("y"))]);
        assert_eq!(seen(set(), beside).len(), 1);
        let part = update(vec![field("days.a", json!(1), json!(2))]);
        assert_eq!(seen(set(), part), Vec::<String>::new());
        let gone = || Action::Create { fields: Vec::new() };
        assert!(seen(set(), gone())[0].ends_with("was removed"));
        assert!(seen(Action::Keep, gone())[0].ends_with("was removed"));
        assert_eq!(seen(gone(), gone()), Vec::<String>::new());
    }

    #[test]
    fn it_is_certain_only_when_it_is_seen_without_a_break() {
        let resources = [planned(update(vec![field("days", json!(30), json!(90))]))];
        let other = |days: u32| {
            let action = update(vec![field("days", json!(days), json!(90))]);
            Differing::from([(resources[0].id(), action)])
        };
        let (mut others, start) = (Others::default(), Instant::now());
        let mut note = |differing: &Differing, seconds: u64| {
            others.note(&resources, differing, start + Duration::from_secs(seconds))
        };
        note(&other(400), 0).unwrap();
        note(&other(400), 4).unwrap();
        note(&other(30), 5).unwrap();
        note(&other(400), 6).unwrap();
        let said = note(&other(400), 11).unwrap_err();
        assert!(said.to_string().contains("at the same time"), "{said}");
        assert!(crate::failure::passes(&said));
    }
}
