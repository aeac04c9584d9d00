//! How sequences are drawn. Each step is drawn by itself and means something anywhere, so that proptest can leave any of
//! them out.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::confirm::Link;
use super::guard::GuardChange;
use super::hands::{BREAKING_HUB, BREAKING_SPOKE, HARMLESS_HUB, HARMLESS_SPOKE};
use super::settings::{Chosen, HubChange, OF_HUB, OF_SPOKES, SpokesChange, UNITS};
use super::step::{Act, Case, Command, Fault, Hanging, Move, Place, Run, Step};
use crate::sweep::command::By;
use crate::sweep::trouble::Trouble;
use crate::sweep::worlds::World;

/// More than there are accounts or regions at any time.
const MANY: usize = 12;
/// Calls at which something goes wrong, and after which a root user acts: as often among the first, since a command that
/// finds little to do makes few.
const CALLS: [u64; 2] = [12, 60];
const WRITES: [u64; 2] = [3, 30];
/// Faults and kills in one sequence.
const FAULTS: usize = 2;

/// Sequences of at most so many steps.
pub(super) fn case(longest: usize) -> impl Strategy<Value = Case> {
    let from = prop_oneof![
        3 => Just(World::Watched),
        2 => Just(World::Whole),
        1 => Just(World::Guarded),
        1 => Just(World::Hub),
        2 => Just(World::Asked),
        1 => Just(World::Empty),
    ];
    let steps = vec(step(), 1..=longest.max(1));
    (from, steps).prop_map(|(from, steps)| Case {
        from,
        steps: with_few_faults(steps),
    })
}

fn with_few_faults(mut steps: Vec<Step>) -> Vec<Step> {
    let runs = steps.iter_mut().filter_map(|step| match step {
        Step::Run(run) if run.fault.is_some() => Some(run),
        _ => None,
    });
    for run in runs.skip(FAULTS) {
        run.fault = None;
    }
    steps
}

fn step() -> impl Strategy<Value = Step> {
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|it| (*it).into()).collect() };
    let hub = names(&[&BREAKING_HUB[..], &HARMLESS_HUB].concat());
    let spoke = names(&[&BREAKING_SPOKE[..], &HARMLESS_SPOKE].concat());
    prop_oneof![
        10 => run().prop_map(Step::Run),
        3 => select(hub).prop_map(Step::Hub),
        1 => (select(spoke), place()).prop_map(|(work, place)| Step::Spoke { work, place }),
        1 => select(&[Hanging::Rule, Hanging::Subscription][..]).prop_map(Step::Others),
        3 => moves().prop_map(Step::Move),
        4 => act().prop_map(Step::Act),
        1 => Just(Step::Follow),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    let fault = option::weighted(0.4, fault());
    let meanwhile = option::weighted(0.4, (0..60usize, act()));
    (command(), fault, meanwhile).prop_map(|(command, fault, meanwhile)| Run {
        command,
        fault,
        meanwhile,
    })
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![Just(By::Hub), Just(By::Management)]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => hub_change().prop_map(Command::DeployHub),
        8 => (by(), spokes_change()).prop_map(|(by, it)| Command::DeploySpokes(by, it)),
        3 => guard_change().prop_map(Command::DeployGuardrail),
        1 => Just(Command::PlanHub),
        1 => by().prop_map(Command::PlanSpokes),
        1 => Just(Command::PlanGuardrail),
        1 => by().prop_map(Command::Status),
        1 => Just(Command::Verify),
        2 => Just(Command::Test),
        3 => select(&Link::ALL[..]).prop_map(Command::Confirm),
        2 => Just(Command::TeardownHub),
        2 => by().prop_map(Command::TeardownSpokes),
        1 => Just(Command::TeardownGuardrail),
        2 => by().prop_map(Command::TeardownAll),
    ]
}

fn chosen(settings: usize) -> impl Strategy<Value = Chosen> {
    (0..settings, 0..MANY).prop_map(|(setting, value)| Chosen { setting, value })
}

fn hub_change() -> impl Strategy<Value = HubChange> {
    prop_oneof![
        2 => Just(HubChange::Nothing),
        2 => Just(HubChange::Person),
        1 => Just(HubChange::SelfCheck),
        3 => chosen(OF_HUB.len()).prop_map(HubChange::Setting),
    ]
}

fn spokes_change() -> impl Strategy<Value = SpokesChange> {
    prop_oneof![
        2 => Just(SpokesChange::Nothing),
        2 => (0..UNITS.len()).prop_map(SpokesChange::Unit),
        2 => chosen(OF_SPOKES.len()).prop_map(SpokesChange::Setting),
    ]
}

fn guard_change() -> impl Strategy<Value = GuardChange> {
    prop_oneof![
        1 => Just(GuardChange::Nothing),
        2 => (0..UNITS.len()).prop_map(GuardChange::Unit),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    let call = prop_oneof![
        upto(CALLS).prop_map(|nth| (nth, false)),
        upto(WRITES).prop_map(|nth| (nth, true)),
    ];
    // As many kills as other troubles.
    let kill = select(&[Trouble::KillBefore, Trouble::KillAfter][..]);
    let trouble = prop_oneof![select(&Trouble::ALL[..]), kill];
    (trouble, call).prop_map(|(trouble, (nth, writes))| Fault {
        trouble,
        nth,
        writes,
    })
}

fn upto([few, many]: [u64; 2]) -> impl Strategy<Value = u64> {
    prop_oneof![1..=few, 1..=many]
}

fn place() -> impl Strategy<Value = Place> {
    (0..MANY, 0..MANY).prop_map(|(account, region)| Place { account, region })
}

fn moves() -> impl Strategy<Value = Move> {
    let (account, unit) = (0..MANY, 0..UNITS.len());
    prop_oneof![
        2 => unit.clone().prop_map(|unit| Move::Come { unit }),
        3 => (account.clone(), unit).prop_map(|(account, unit)| Move::Go { account, unit }),
        1 => account.clone().prop_map(|account| Move::Leave { account }),
        1 => account.prop_map(|account| Move::Suspend { account }),
        1 => Just(Move::Reinstate),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => (0..MANY).prop_map(|account| Act::SignIn { account }),
        2 => place().prop_map(Act::Call),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    #[test]
    fn a_sequence_has_at_most_two_faults_and_is_read_as_it_is_written() {
        let strategy = case(12);
        let mut runner = TestRunner::deterministic();
        let mut most = 0;
        for _ in 0..200 {
            let drawn = strategy.new_tree(&mut runner).unwrap().current();
            let is_disturbed = |step: &&Step| matches!(step, Step::Run(it) if it.fault.is_some());
            most = most.max(drawn.steps.iter().filter(is_disturbed).count());
            assert_eq!(drawn.to_string().parse::<Case>().unwrap(), drawn);
        }
        assert_eq!(most, FAULTS);
    }
}
