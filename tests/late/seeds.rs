//! Everything under late truths, lost answers and lists that lag, drawn from seeds: the hub with its self-check and the
//! spokes are deployed, tested and removed, each in the one run.
//!
//! `ROOTWATCH_SEEDS=1-200 cargo test -p rootwatch --test rootwatch late::seeds -- --nocapture` takes many, and prints how
//! often each truth was met.

use super::scenarios::{EMPTY, in_management};
use crate::world::{World, at_a_time};
use rootwatch_lab::Truths;
use std::collections::BTreeMap;
use std::sync::Mutex;

const VARIABLE: &str = "ROOTWATCH_SEEDS";
/// What a run of the tests takes.
const USUAL: &str = "1-6";
const PERSON: &str = "a@example.com";

/// Ten times as often as in other tests, and what nobody has seen, too.
fn truths(seed: u64) -> Truths {
    Truths {
        rate: 0.3,
        lost: 0.05,
        lag: 0.2,
        inferred: true,
        ..Truths::of(seed)
    }
}

fn commands() -> [Vec<&'static str>; 5] {
    let spokes = ["deploy", "spokes", "--ou", "/Workloads/Prod", "--yes"];
    let spokes = [&spokes[..], &["--regions", "us-east-1,eu-west-1"]].concat();
    let changed = [&spokes[..], &["--tag", "team=security"]].concat();
    [
        vec!["deploy", "hub", "--email", PERSON, "--yes"],
        spokes,
        changed,
        vec!["test"],
        vec!["teardown", "all", "--yes"],
    ]
}

/// What was met, by its name; or what failed.
fn run(seed: u64) -> Result<BTreeMap<String, u64>, String> {
    let world: World = EMPTY.fork().with_self_check();
    world.lab.truths(&truths(seed)).unwrap();
    for command in commands() {
        let ran = in_management(&world, &command);
        if ran.code != 0 {
            let (code, said) = (ran.code, ran.stdout + &ran.stderr);
            return Err(format!(
                "seed {seed}: {command:?} ended with {code}\n{said}"
            ));
        }
        if command.contains(&"hub") {
            world.lab.confirm_subscription(PERSON).unwrap();
        }
    }
    Ok(world.lab.truths_met().unwrap())
}

#[test]
fn every_command_ends_well_under_every_seed() {
    let asked = std::env::var(VARIABLE).unwrap_or_else(|_| USUAL.to_owned());
    let (first, last) = asked.split_once('-').expect("FIRST-LAST");
    let seeds: Vec<u64> = (first.parse().unwrap()..=last.parse().unwrap()).collect();
    let (met, failed) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    at_a_time(8, &seeds, |seed| match run(**seed) {
        Ok(of_one) => {
            let mut met = met.lock().unwrap();
            for (truth, count) in of_one {
                *met.entry(truth).or_insert(0) += count;
            }
        }
        Err(why) => failed.lock().unwrap().push(why),
    });
    let (met, failed) = (met.into_inner().unwrap(), failed.into_inner().unwrap());
    for (truth, count) in &met {
        eprintln!("{count:>6}  {truth}");
    }
    eprintln!("{:>6}  in {} seeds", met.values().sum::<u64>(), seeds.len());
    let count = failed.len();
    assert!(
        failed.is_empty(),
        "{count} seeds failed:\n{}",
        failed.join("\n")
    );
    assert!(!met.is_empty());
}
