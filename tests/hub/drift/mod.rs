//! Drift on the lab: what changes behind rootwatch's back, how the plan says it, and the writes that repair it. That
//! every change of every property is named is a pure test beside the resources (`drift_tests.rs`); here AWS's answers
//! are read and AWS is written to.
//!
//! The rows of one resource come one after the other, those of different resources side by side. A row changes several
//! properties where one call sets them all, whichever of them differs.

mod alarms;
mod events;
mod functions;
mod queues;
mod roles;
mod topics;

use crate::intruder::{Change, Intruder};
use crate::world::{PERSON, Ran, World};
use rootwatch_lab::Late;
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) const SETTINGS: [&str; 14] = [
    "hub",
    "--email",
    PERSON,
    "--tag",
    "team=security",
    // What is not given is what is deployed, and no drift.
    "--log-retention-days",
    "365",
    "--notify-format",
    "text",
    "--notify-read-only",
    "digest",
    "--reset",
    "account_names",
    "--yes",
];

pub(crate) struct Row<'a> {
    resource: &'static str,
    /// The paths that the plan names; none when the resource is gone as a whole.
    fields: &'static [&'static str],
    /// The writes that repair it, in order.
    pub(crate) writes: &'static [&'static str],
    pub(crate) drift: Change<'a>,
}

impl<'a> Row<'a> {
    fn new(
        resource: &'static str,
        fields: &'static [&'static str],
        writes: &'static [&'static str],
        drift: impl Future<Output = ()> + 'a,
    ) -> Self {
        Self {
            resource,
            fields,
            writes,
            drift: Box::pin(drift),
        }
    }

    fn gone(
        resource: &'static str,
        writes: &'static [&'static str],
        drift: impl Future<Output = ()> + 'a,
    ) -> Self {
        Self::new(resource, &[], writes, drift)
    }

    /// As [`changes`] gives it.
    fn changes(&self) -> Vec<(String, Option<String>)> {
        let fields = self.fields.iter().map(|field| Some((*field).to_owned()));
        let gone = self.fields.is_empty().then_some(None);
        let all = fields.chain(gone);
        all.map(|field| (self.resource.to_owned(), field)).collect()
    }
}

/// The rows of each resource.
pub(crate) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    [
        alarms::rows(c),
        events::rows(c),
        functions::rows(c),
        queues::rows(c),
        roles::rows(c),
        topics::rows(c),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Of each resource the first row, then of each the second.
pub(crate) fn waves(rows: Vec<Vec<Row<'_>>>) -> Vec<Vec<Row<'_>>> {
    let most = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut waves: Vec<Vec<Row>> = (0..most).map(|_| Vec::new()).collect();
    for of_one in rows {
        for (wave, row) in waves.iter_mut().zip(of_one) {
            wave.push(row);
        }
    }
    waves
}

fn plan(world: &World, more: &[&str]) -> Ran {
    world.rootwatch(&[&["plan"], &SETTINGS[..13], more].concat())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Kind and top-level field of every property that a deployment sets.
fn properties(plan: &Value) -> BTreeSet<(String, String)> {
    let top = |text: String, end: char| text.split(end).next().unwrap().to_owned();
    let mut all = BTreeSet::new();
    for step in plan["steps"].as_array().unwrap() {
        let kind = top(text(&step["resource"]), ' ');
        for change in step["fields"].as_array().unwrap() {
            all.insert((kind.clone(), top(text(&change["field"]), '.')));
        }
    }
    all
}

fn every_property_has_a_row(plan: &Value, rows: &[Vec<Row>]) {
    let tried: BTreeSet<(String, String)> = rows
        .iter()
        .flatten()
        .flat_map(|row| {
            let kind = row.resource.split(' ').next().unwrap();
            let tops = row.fields.iter().map(|it| it.split('.').next().unwrap());
            tops.map(move |top| (kind.to_owned(), top.to_owned()))
        })
        .collect();
    let all = properties(plan);
    let without: Vec<_> = all.difference(&tried).collect();
    assert!(without.is_empty(), "no row for {without:?}");
}

/// The steps of a plan that change something; what makes a resource is the same wherever it is made.
fn changed_steps(mut plan: Value) -> Vec<Value> {
    let mut steps = std::mem::take(plan["steps"].as_array_mut().unwrap());
    steps.retain(|step| step["action"] != "keep");
    for step in &mut steps {
        if step["action"] == "create" {
            step.as_object_mut().unwrap().remove("fields");
        }
    }
    steps
}

/// Resource and field of every change in a plan; no field where the resource is to be made.
fn changes(plan: &Value) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for step in plan["steps"].as_array().unwrap() {
        let resource = text(&step["resource"]);
        match step["action"].as_str().unwrap() {
            "keep" => {}
            "update" => {
                let fields = step["fields"].as_array().unwrap().iter();
                found.extend(fields.map(|it| (resource.clone(), Some(text(&it["field"])))));
            }
            _ => found.push((resource, None)),
        }
    }
    found.sort();
    found
}

/// What `deploy` shows before it changes anything.
fn shown(ran: &Ran) -> &str {
    let (_, plan) = ran.stderr.split_once('\n').unwrap();
    let end = plan.find("Plan: ").unwrap();
    plan[..end].trim_end()
}

/// Fails unless these rows' writes were made and no other, and those of each row in its order.
fn repaired_by_their_own_writes(wave: &[(&str, &[&str])], made: &[String]) {
    let mut expected: Vec<&str> = wave
        .iter()
        .flat_map(|(_, writes)| *writes)
        .copied()
        .collect();
    let mut sorted: Vec<&str> = made.iter().map(String::as_str).collect();
    expected.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "{wave:#?}");
    for (resource, writes) in wave {
        let mut left = made.iter();
        let in_order = writes.iter().all(|write| left.any(|it| it == write));
        assert!(in_order, "{resource}: {writes:?} in {made:?}");
    }
}

#[test]
fn drift_is_found_and_repaired_with_its_own_writes_alone() {
    let world = World::new();
    let late = Late {
        mapping_ms: Some(0),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let intruder = Intruder::new(&world);
    let rows = rows(&intruder);
    let all = plan(&world, &["--output", "json"]).ends_with(0).json();
    every_property_has_a_row(&all, &rows);
    let deploy = [&["deploy"], &SETTINGS[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut texts, mut steps) = (Vec::new(), Vec::new());
    for wave in waves(rows) {
        let mut expected: Vec<_> = wave.iter().flat_map(Row::changes).collect();
        expected.sort();
        let writes: Vec<_> = wave.iter().map(|row| (row.resource, row.writes)).collect();
        for row in wave {
            runtime.block_on(row.drift);
        }
        let json = plan(&world, &["--output", "json"]).ends_with(0).json();
        assert_eq!(changes(&json), expected);
        steps.extend(changed_steps(json));
        world.count_calls();
        let ran = world.rootwatch(&deploy).ends_with(0);
        texts.push(shown(&ran).to_owned());
        repaired_by_their_own_writes(&writes, &world.writes());
    }
    let steps = serde_json::to_string_pretty(&steps).unwrap();
    insta::assert_snapshot!("drift", world.stable(&texts.join("\n\n")));
    insta::assert_snapshot!("drift-json", world.stable(&steps));
    // Each wave's plan has shown that the wave before was repaired; this one shows the last.
    plan(&world, &["--detailed-exitcode"]).ends_with(0);
}
