//! Answers that get lost: the SDK repeats the call, and a repetition that meets its own work goes on with it.

use super::scenarios::{Scenario, all, numbered};
use crate::every::of_all;
use crate::world::{World, side_by_side};
use rootwatch_lab::{Call, Fault, Kind};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// Each value that is there, with where it is, without the ids that AWS gives.
fn listing(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    values("", &world.lab.snapshot().unwrap(), &mut all);
    let unstable = [
        ("spoke-[0-9a-f]{8}-[0-9a-f-]+", "spoke-ID"),
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
        ("-[0-9A-Z]{12}\\b", "-SUFFIX"),
        ("email [0-9-]{10}T[0-9:]{8}Z", "email TIME"),
    ];
    for (pattern, stable) in unstable {
        let pattern = regex_lite::Regex::new(pattern).unwrap();
        for line in &mut all {
            *line = pattern.replace_all(line, stable).into_owned();
        }
    }
    all.sort();
    all
}

fn values(path: &str, value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => map
            .iter()
            .for_each(|(key, value)| values(&format!("{path}/{key}"), value, all)),
        Value::Array(list) if !list.is_empty() => {
            list.iter().for_each(|value| values(path, value, all));
        }
        leaf => all.push(format!("{path}: {leaf}")),
    }
}

/// A scenario, and what it comes to when nothing disturbs it.
struct Undisturbed {
    scenario: Scenario,
    calls: Vec<Call>,
    code: i32,
    listing: Vec<String>,
}

impl Undisturbed {
    fn of(scenario: Scenario) -> Self {
        let world = scenario.world();
        let code = scenario.run(&world).code;
        let calls = scenario.made_in(&world);
        world.lab.wait_idle(PATIENCE).unwrap();
        Self {
            scenario,
            calls,
            code,
            listing: listing(&world),
        }
    }

    fn writes(&self) -> impl Iterator<Item = (&Call, u64)> {
        numbered(&self.calls)
            .into_iter()
            .filter(|(call, _)| call.write)
    }

    /// How often the write is made that is made most often.
    fn most(&self) -> u64 {
        self.writes().map(|(_, nth)| nth).max().unwrap_or_default()
    }

    /// Each write loses one answer, as many of them in a run as there are operations.
    fn survives(&self, nth: u64, applied: bool) {
        let world = self.scenario.world();
        let lost: BTreeSet<_> = self
            .writes()
            .filter(|(_, at)| *at == nth)
            .map(|(call, _)| (&call.service, &call.operation))
            .collect();
        for (service, operation) in &lost {
            let fault = Fault::new(Kind::Drop { applied });
            let fault = fault.service(service).operation(operation).nth(nth);
            world.lab.add_fault(&fault).unwrap();
        }
        let name = &self.scenario.name;
        let what = format!("{name}: answer {nth} of {lost:?}, applied: {applied}");
        let ran = self.scenario.run(&world);
        assert_eq!(
            ran.code, self.code,
            "{what}\n{}\n{}",
            ran.stdout, ran.stderr
        );
        world.lab.clear_faults().unwrap();
        // A canary that was sent twice may still be on its way.
        world.lab.wait_idle(PATIENCE).unwrap();
        let found = listing(&world);
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            let here = these.iter().filter(|it| !those.contains(it));
            here.cloned().collect()
        };
        let differ = (only(&found, &self.listing), only(&self.listing, &found));
        assert!(found == self.listing, "{what}: {differ:#?}");
    }
}

fn each_answer_is_lost_once(applied: bool) {
    // Every write of a first deployment of the hub is lost in tests/hub/interrupt.rs.
    let scenarios = all().into_iter().filter(|it| it.name != "hub");
    let undisturbed: Vec<Undisturbed> = scenarios.map(Undisturbed::of).collect();
    let rounds = undisturbed
        .iter()
        .flat_map(|it| of_all(it.most()).into_iter().map(move |nth| (it, nth)));
    side_by_side(rounds, |(it, nth)| it.survives(*nth, applied));
}

#[test]
fn an_answer_lost_before_any_write_does_no_harm() {
    each_answer_is_lost_once(false);
}

#[test]
fn an_answer_lost_after_any_write_does_no_harm() {
    each_answer_is_lost_once(true);
}
