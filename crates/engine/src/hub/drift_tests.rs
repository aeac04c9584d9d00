//! Every property of every resource of the hub, changed in every way that its value allows: the plan names that
//! property and no other. The values are walked as they are serialized, so that a new property needs no new row.

use super::desired::{Wanted, hub};
use super::hub_resource::HubResource;
use super::sample;
use crate::plan::{Action, decide, kept};
use crate::settings::Notify;
use rootwatch_root_event::ReadOnly;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Properties in which others may have entries of their own.
const SHARED: [&str; 3] = ["others", "policy", "tags"];
const THEIRS: &str = "somebodys";

/// A step into a value: by key, or by index.
#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// A value as somebody else left it.
struct Drift {
    found: Value,
    /// What the plan has to name; nothing where it has to keep what it found.
    field: Option<String>,
}

/// The resources of hubs whose settings differ, and with them which properties are set.
fn wanted() -> Vec<HubResource> {
    let own_key = Wanted {
        kms_key: Some("arn:aws:kms:eu-west-1:111122223333:key/1".into()),
        log_kms_key: Some("arn:aws:kms:eu-west-1:111122223333:key/2".into()),
        queue_kms_key: Some("arn:aws:kms:eu-west-1:111122223333:key/3".into()),
        notify: Notify {
            read_only: ReadOnly::Each,
            account_names: BTreeMap::from([("333333333333".into(), "shop".into())]),
            owners: BTreeMap::from([("ou-ab12-cdefgh34".into(), "shop".into())]),
            routes: BTreeMap::from([(
                "arn:aws:sns:eu-west-1:444455556666:shops".into(),
                "severity=high".into(),
            )]),
            runbook: Some("https://wiki.example.com/root".into()),
            contact: Some("on call".into()),
            ..Notify::default()
        },
        ..sample::wanted()
    };
    let nodes = [sample::wanted(), own_key]
        .into_iter()
        .flat_map(|it| hub(&it));
    let mut seen = BTreeSet::new();
    let resources = nodes.map(|node| node.resource);
    resources
        .filter(|it| seen.insert(it.id() + &serialized(it).to_string()))
        .collect()
}

fn serialized(resource: &HubResource) -> Value {
    serde_json::to_value(resource).unwrap()
}

/// Every place in a value but its root.
fn places(value: &Value) -> Vec<Vec<Step>> {
    let children: Vec<(Step, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, child)| (Step::Key(key.clone()), child))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, child)| (Step::Index(index), child))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (step, child) in children {
        all.push(vec![step.clone()]);
        all.extend(places(child).into_iter().map(|mut below| {
            below.insert(0, step.clone());
            below
        }));
    }
    all
}

fn at<'a>(value: &'a mut Value, place: &[Step]) -> &'a mut Value {
    place.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(index) => &mut value[*index],
    })
}

/// As the plan names it; lists are compared as a whole.
fn field(place: &[Step]) -> String {
    let keys = place.iter().map_while(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    keys.collect::<Vec<_>>().join(".")
}

/// Other values of the same property.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![json!("set"), json!({"set": 1})],
        Value::Bool(is_so) => vec![json!(!is_so), Value::Null],
        Value::Number(number) => vec![json!(number.as_f64().unwrap() + 1.0), Value::Null],
        Value::String(text) => vec![json!(format!("{text}x")), json!(""), Value::Null],
        Value::Array(items) => {
            let more = [items.clone(), vec![json!("more")]].concat();
            let mut all = vec![json!(more), Value::Null];
            if !items.is_empty() {
                all.push(json!([]));
            }
            all
        }
        Value::Object(_) => vec![Value::Null],
    }
}

fn replaced(wanted: &Value, place: &[Step]) -> Vec<Drift> {
    let old = at(&mut wanted.clone(), place).clone();
    let drift = |other: Value| {
        let mut found = wanted.clone();
        *at(&mut found, place) = other;
        let field = Some(field(place));
        Drift { found, field }
    };
    others(&old).into_iter().map(drift).collect()
}

/// Without this entry of a map or a list.
fn removed(wanted: &Value, place: &[Step]) -> Option<Drift> {
    let (last, parent) = place.split_last()?;
    let mut found = wanted.clone();
    let parent = at(&mut found, parent);
    let old = match last {
        Step::Key(key) => parent.as_object_mut()?.remove(key)?,
        Step::Index(index) => parent.as_array_mut()?.remove(*index),
    };
    // What is not set is the same as what is not there.
    let is_same = old.is_null() && matches!(last, Step::Key(_));
    let field = (!is_same).then(|| field(place));
    Some(Drift { found, field })
}

/// With one more entry in a map.
fn added(wanted: &Value, place: &[Step]) -> Option<Drift> {
    let mut found = wanted.clone();
    let entries: &mut Map<String, Value> = at(&mut found, place).as_object_mut()?;
    entries.insert(THEIRS.into(), json!("x"));
    let is_in_list = place.iter().any(|step| matches!(step, Step::Index(_)));
    let name = field(place);
    let field = match SHARED.contains(&name.as_str()) {
        true => None,
        false if is_in_list => Some(name),
        false => Some(format!("{name}.{THEIRS}")),
    };
    Some(Drift { found, field })
}

fn drifts(wanted: &Value) -> Vec<Drift> {
    let all = places(wanted);
    let of_place = |place: &Vec<Step>| {
        let mut drifts = replaced(wanted, place);
        drifts.extend(removed(wanted, place));
        drifts.extend(added(wanted, place));
        drifts
    };
    all.iter().flat_map(of_place).collect()
}

/// What the plan names of a drift; nothing where it keeps what it found.
fn named(wanted: &Value, drift: &Drift) -> Option<String> {
    match decide(wanted, Some(&drift.found)) {
        Action::Keep => None,
        Action::Update { fields } if fields.len() == 1 => Some(fields[0].field.clone()),
        other => panic!("{:?}: {other:?}", drift.field),
    }
}

#[test]
fn every_change_of_every_property_is_named_and_no_other() {
    for resource in wanted() {
        let (id, wanted) = (resource.id(), serialized(&resource));
        let mut changed = BTreeSet::new();
        for drift in drifts(&wanted) {
            assert_eq!(named(&wanted, &drift), drift.field, "{id}: {}", drift.found);
            changed.extend(
                drift
                    .field
                    .map(|it| it.split('.').next().unwrap().to_owned()),
            );
        }
        let all = wanted.as_object().unwrap().keys().cloned().collect();
        assert_eq!(changed, all, "{id}");
    }
}

#[test]
fn what_others_added_to_shared_properties_is_listed_and_kept() {
    for resource in wanted() {
        let wanted = serialized(&resource);
        for shared in SHARED.iter().filter(|it| wanted.get(it).is_some()) {
            let place = [Step::Key((*shared).to_owned())];
            let drift = added(&wanted, &place).unwrap();
            assert!(!decide(&wanted, Some(&drift.found)).is_change());
            assert_eq!(
                kept(&wanted, Some(&drift.found)).len(),
                1,
                "{}",
                resource.id()
            );
        }
    }
}

#[test]
fn what_is_missing_is_created_with_every_property() {
    for resource in wanted() {
        let action = resource.decide(None);
        assert!(matches!(action, Action::Create { .. }), "{}", resource.id());
        let wanted = serialized(&resource);
        let tops: Vec<&str> = wanted
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, value)| {
                let is_others = SHARED.contains(&key.as_str()) && *value == &json!({});
                !value.is_null() && !is_others
            })
            .map(|(key, _)| key.as_str())
            .collect();
        assert_eq!(action.changed().into_iter().collect::<Vec<_>>(), tops);
        assert_eq!(resource.decide(Some(&resource)), Action::Keep);
    }
}
