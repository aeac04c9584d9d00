use crate::every::of_all;
use crate::faults::denied;
use crate::world::{DEPLOY_SPOKES, PERSON, REGION, Running, World, eventually, side_by_side};
use rootwatch_lab::{Fault, InstanceFault, Kind};
use std::time::Duration;

const HUB: [&str; 3] = ["teardown", "hub", "--yes"];
const ALL: [&str; 3] = ["teardown", "all", "--yes"];
const NOTHING: &str = "There is nothing to remove.\n";
/// What the removal of a hub says when it is interrupted, of a step that waits, or at the look whether all is gone: which
/// read falls into which depends on how often the steps before it had to look. That of spokes says nothing before its call
/// has ended.
const HEARD: [&str; 3] = [
    "Interrupted: finishing what is under way",
    "not finished",
    "whether it is gone was not seen",
];

/// How long the lab may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many writes a removal makes that nothing disturbs.
fn writes_of(world: &World, removal: &[&str]) -> u64 {
    world.count_calls();
    world.rootwatch(removal).ends_with(0);
    world.writes().len() as u64
}

/// A call of a removal.
struct At<'a> {
    account: &'a str,
    write: bool,
    /// Which of its kind, from 1.
    nth: u64,
}

impl<'a> At<'a> {
    fn write(world: &'a World, nth: u64) -> Self {
        let account = &world.organization.hub;
        let write = true;
        Self {
            account,
            write,
            nth,
        }
    }

    fn read(world: &'a World, nth: u64) -> Self {
        let write = false;
        Self {
            write,
            ..Self::write(world, nth)
        }
    }
}

/// Begins a removal, and does something to it while one of its calls, which is named, is under way in the lab.
fn at_call<T>(
    world: &World,
    removal: &[&str],
    at: &At<'_>,
    act: impl FnOnce(Running, &str) -> T,
) -> T {
    let fault = Fault {
        write: Some(at.write),
        ..Fault::new(Kind::Hold { ms: 30_000 }).nth(at.nth)
    };
    world.fail(&fault);
    let running = Running::start(&world.lab.env(at.account, REGION), removal);
    let mut held = Vec::new();
    eventually("the call", || {
        held = world.lab.held().unwrap();
        !held.is_empty()
    });
    let done = act(running, &held[0]);
    world.lab.clear_faults().unwrap();
    eventually("the end of the call", || {
        world.lab.held().unwrap().is_empty()
    });
    done
}

/// Ctrl-C while a call is under way; gives the exit code, and what was said.
fn interrupted(world: &World, removal: &[&str], at: &At<'_>) -> (i32, String) {
    let running = at_call(world, removal, at, |running, call| {
        running.interrupt();
        if !call.starts_with("cloudformation ") {
            running.has_said(&HEARD);
        }
        running
    });
    ended(running)
}

/// The same while nothing is being written, so that the run ends before the call does.
fn interrupted_before_writing(world: &World, removal: &[&str], at: &At<'_>) -> (i32, String) {
    let running = at_call(world, removal, at, |mut running, _| {
        running.interrupt();
        running.has_ended();
        running
    });
    ended(running)
}

fn ended(running: Running) -> (i32, String) {
    let ran = running.wait();
    let said = ran.stdout + &ran.stderr;
    let nothing_done = said.contains("interrupted before anything was changed");
    assert_eq!(said.contains("error:"), nothing_done, "{said}");
    (ran.code, said)
}

#[test]
fn ctrl_c_at_any_write_of_the_hubs_removal_leaves_what_the_next_run_removes() {
    let before = World::new().lab.snapshot().unwrap();
    let deployed = World::with_hub();
    let writes = writes_of(&deployed.fork(), &HUB);
    assert!(writes > 15, "{writes}");
    side_by_side(of_all(writes), |&nth| {
        let world = deployed.fork();
        let (code, said) = interrupted(&world, &HUB, &At::write(&world, nth));
        // What was under way with one of the last writes may have been all that was left.
        let done = world.lab.snapshot().unwrap() == before;
        assert_eq!(code, if done { 0 } else { 130 }, "{nth}\n{said}");
        assert!(done || said.contains("\nNot done: "), "{nth}\n{said}");
        world.rootwatch(&HUB).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    });
}

#[test]
fn a_removal_of_all_comes_to_its_end_though_ctrl_c_ends_it_at_each_write() {
    let before = World::new().lab.snapshot().unwrap();
    let world = World::deployed();
    let writes = writes_of(&world.fork(), &ALL);
    world.count_calls();
    let mut runs = 0;
    while world.lab.snapshot().unwrap() != before {
        interrupted(&world, &ALL, &At::write(&world, 1));
        world.lab.wait_idle(PATIENCE).unwrap();
        runs += 1;
        assert!(runs <= writes, "{runs} runs, and it is not done");
    }
    // Much goes side by side, and what is under way is finished.
    assert!(runs > 3, "{runs}");
    // No call was made twice but those that ask whether something is there.
    assert!(world.writes().len() as u64 <= writes + runs);
    assert_eq!(world.rootwatch(&ALL).ends_with(0).stdout, NOTHING);
}

/// Ctrl-C at a write of the spokes' removal, in a world of its own. A signal may come after the call's answer, and
/// nothing shows that but what is written next: then it is done once more.
fn interrupted_in_time(deployed: &World, nth: u64) -> (World, i32, String) {
    for _ in 0..3 {
        let world = deployed.fork();
        world.count_calls();
        let (code, said) = interrupted(&world, &ALL, &At::write(&world, nth));
        let of_spokes = |write: &String| write.starts_with("cloudformation:");
        if world.writes().iter().all(of_spokes) {
            return (world, code, said);
        }
    }
    panic!("write {nth}: the hub's removal began after Ctrl-C every time");
}

#[test]
fn ctrl_c_at_each_write_of_the_spokes_removal_leaves_what_the_next_run_removes() {
    let before = World::new().lab.snapshot().unwrap();
    let deployed = World::deployed();
    let of_all = writes_of(&deployed.fork(), &ALL);
    let of_spokes = of_all - writes_of(&World::with_hub(), &HUB);
    assert!(of_spokes >= 2, "{of_spokes}");
    side_by_side(1..=of_spokes, |&nth| {
        // Nothing of the hub goes before the spokes have gone.
        let (world, code, said) = interrupted_in_time(&deployed, nth);
        assert_eq!(code, 130, "{nth}\n{said}");
        let reported = [
            "Detached: operation",
            "Interrupted. Run the same command again",
        ];
        assert!(reported.iter().any(|it| said.contains(it)), "{nth}\n{said}");
        world.rootwatch(&ALL).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    });
}

#[test]
fn ctrl_c_at_a_read_before_the_first_write_changes_nothing() {
    let deployed = World::deployed();
    let before = deployed.lab.snapshot().unwrap();
    side_by_side([1, 4, 12, 30, 50], |&nth| {
        let world = deployed.fork();
        world.count_calls();
        let (code, said) = interrupted_before_writing(&world, &ALL, &At::read(&world, nth));
        assert_eq!(code, 130, "{nth}\n{said}");
        let reported = "interrupted before anything was changed";
        assert!(said.contains(reported), "{nth}\n{said}");
        world.lab.wait_disconnected(PATIENCE).unwrap();
        assert_eq!(world.writes(), Vec::<String>::new(), "{nth}");
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    });
}

/// Numbers of the first, a middle and the last read that a removal makes between its writes.
fn reads_between_writes(world: &World) -> [u64; 3] {
    world.count_calls();
    world.rootwatch(&HUB).ends_with(0);
    let calls = world.lab.calls().unwrap();
    let first = calls.iter().position(|call| call.write).unwrap();
    let last = calls.iter().rposition(|call| call.write).unwrap();
    let reads = |calls: &[rootwatch_lab::Call]| {
        let own = |call: &&rootwatch_lab::Call| !call.write && !call.by_function;
        calls.iter().filter(own).count() as u64
    };
    let (before, between) = (reads(&calls[..first]), reads(&calls[..last]));
    assert!(between > before + 1, "{before} {between}");
    [before + 1, before.midpoint(between), between]
}

#[test]
fn ctrl_c_at_a_read_between_writes_leaves_what_the_next_run_removes() {
    let before = World::new().lab.snapshot().unwrap();
    let deployed = World::with_hub();
    side_by_side(reads_between_writes(&deployed.fork()), |&nth| {
        let world = deployed.fork();
        let (code, said) = interrupted(&world, &HUB, &At::read(&world, nth));
        let done = world.lab.snapshot().unwrap() == before;
        assert!(code == 130 || done, "{nth}: {code}\n{said}");
        world.rootwatch(&HUB).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    });
}

#[test]
fn ctrl_c_while_it_is_looked_whether_all_is_gone_says_that_it_was_not_seen() {
    const LOOK: &str = "DescribeLogGroups";
    let before = World::new().lab.snapshot().unwrap();
    let deployed = World::with_hub().calm();
    let undisturbed = deployed.fork();
    undisturbed.count_calls();
    undisturbed.rootwatch(&HUB).ends_with(0);
    let calls = undisturbed.lab.calls().unwrap();
    let looks = calls.iter().filter(|call| call.operation == LOOK).count() as u64;
    let fault = Fault::new(Kind::Hold { ms: 30_000 }).operation(LOOK);
    deployed.fail(&fault.nth(looks));
    let mut running = deployed.begin(&HUB);
    eventually("the look", || !deployed.lab.held().unwrap().is_empty());
    running.interrupt();
    running.has_ended();
    deployed.lab.clear_faults().unwrap();
    let (code, said) = ended(running);
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("whether it is gone was not seen"), "{said}");
    eventually("rest", || deployed.lab.held().unwrap().is_empty());
    assert_eq!(deployed.lab.snapshot().unwrap(), before);
}

#[test]
fn ctrl_c_at_each_write_to_the_management_accounts_stacks_is_no_harm() {
    let before = World::new().lab.snapshot().unwrap();
    let deployed = World::with_hub();
    let hub_alone = deployed.lab.snapshot().unwrap();
    deployed
        .as_management(&[&DEPLOY_SPOKES[..3], &["/Security"], &DEPLOY_SPOKES[4..]].concat())
        .ends_with(0);
    let spokes = ["teardown", "spokes", "--yes"];
    // Two stacks, the instances, the StackSet.
    side_by_side(1..=4, |&nth| {
        let world = deployed.fork();
        let at = At {
            account: &world.organization.management,
            ..At::write(&world, nth)
        };
        let (code, said) = interrupted(&world, &spokes, &at);
        let done = world.lab.snapshot().unwrap() == hub_alone;
        assert_eq!(code, if done { 0 } else { 130 }, "{nth}\n{said}");
        world.as_management(&spokes).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), hub_alone, "{nth}");
    });
    deployed.as_management(&spokes).ends_with(0);
    deployed.rootwatch(&ALL).ends_with(0);
    assert_eq!(deployed.lab.snapshot().unwrap(), before);
}

#[test]
fn a_removal_that_is_killed_leaves_what_the_next_one_removes() {
    let before = World::new().lab.snapshot().unwrap();
    let deployed = World::deployed();
    let writes = writes_of(&deployed.fork(), &ALL);
    side_by_side((1..=writes).step_by(11), |&nth| {
        let world = deployed.fork();
        let at = At::write(&world, nth);
        // The call under way takes effect all the same.
        at_call(&world, &ALL, &at, |running, _| running.kill());
        world.lab.wait_disconnected(PATIENCE).unwrap();
        world.rootwatch(&ALL).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    });
}

/// Deploys until something fails, then removes all of it.
fn after_a_failure(world: &World, fault: &Fault, args: &[&str]) {
    world.fail(fault);
    world.rootwatch(args).ends_with(1);
    world.lab.clear_faults().unwrap();
    world.rootwatch(&ALL).ends_with(0);
}

const DEPLOY_HUB: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];

#[test]
fn what_a_half_failed_deployment_made_goes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    for nth in [2, 9, 18] {
        let world = world.fork();
        after_a_failure(&world, &denied().writes().nth(nth), &DEPLOY_HUB);
        assert_eq!(world.lab.snapshot().unwrap(), before, "hub, write {nth}");
    }
    for operation in ["CreateStackSet", "CreateStackInstances"] {
        let world = World::with_hub();
        after_a_failure(&world, &denied().operation(operation), &DEPLOY_SPOKES);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{operation}");
    }
}

#[test]
fn what_a_half_failed_operation_made_goes() {
    let before = World::new().lab.snapshot().unwrap();
    let world = World::with_hub();
    let fault = InstanceFault {
        account: Some(world.account("shop")),
        action: Some("CREATE".into()),
        reason: "Access denied by SCP".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    world.rootwatch(&DEPLOY_SPOKES).ends_with(1);
    // Still denied: an instance without a stack is removed with RetainStacks.
    let fault = InstanceFault {
        action: Some("DELETE".into()),
        times: Some(2),
        ..fault
    };
    world.lab.fail_instances(&fault).unwrap();
    world.rootwatch(&ALL).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
}
