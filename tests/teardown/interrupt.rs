use crate::world::{DEPLOY_SPOKES, PERSON, REGION, Running, World, eventually};
use rootwatch_lab::{Fault, InstanceFault, Kind};
use std::thread;
use std::time::Duration;

const HUB: [&str; 3] = ["teardown", "hub", "--yes"];
const ALL: [&str; 3] = ["teardown", "all", "--yes"];
const NOTHING: &str = "There is nothing of rootwatch's to remove.\n";
/// Labs that work side by side.
const LABS: usize = 2;

fn deploy_all(world: &World) {
    world.deploy_hub();
    world.deploy_spokes().ends_with(0);
}

/// How many writes a removal makes that nothing disturbs.
fn writes_of(world: &World, removal: &[&str]) -> u64 {
    world.lab.clear_calls().unwrap();
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

/// Begins a removal, and does something to it while one of its calls is under way in the lab.
fn at_call<T>(world: &World, removal: &[&str], at: &At<'_>, act: impl FnOnce(Running) -> T) -> T {
    let fault = Fault {
        write: Some(at.write),
        ..Fault::new(Kind::Hold { ms: 30_000 }).nth(at.nth)
    };
    world.lab.add_fault(&fault).unwrap();
    let running = Running::start(&world.lab.env(at.account, REGION), removal);
    eventually("the call", || world.lab.held().unwrap() == 1);
    let done = act(running);
    world.lab.clear_faults().unwrap();
    eventually("the end of the call", || world.lab.held().unwrap() == 0);
    done
}

/// Ctrl-C while a call is under way; gives the exit code, and what was said.
fn interrupted(world: &World, removal: &[&str], at: &At<'_>) -> (i32, String) {
    let running = at_call(world, removal, at, |running| {
        running.interrupt();
        // The signal is heard before the call's answer.
        thread::sleep(Duration::from_millis(50));
        running
    });
    let ran = running.wait();
    let said = ran.stdout + &ran.stderr;
    let nothing_done = said.contains("interrupted before anything was changed");
    assert_eq!(said.contains("error:"), nothing_done, "{said}");
    (ran.code, said)
}

/// Does the same with each of some things, in labs side by side.
pub(crate) fn for_each<T: Sync>(
    things: impl IntoIterator<Item = T>,
    work: impl Fn(&World, &T) + Sync,
) {
    let things: Vec<T> = things.into_iter().collect();
    thread::scope(|scope| {
        for lab in 0..LABS {
            let (things, work) = (&things, &work);
            scope.spawn(move || {
                let world = World::new();
                for thing in things.iter().skip(lab).step_by(LABS) {
                    work(&world, thing);
                }
            });
        }
    });
}

#[test]
fn ctrl_c_at_any_write_of_the_hubs_removal_leaves_what_the_next_run_removes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world.deploy_hub();
    let writes = writes_of(&world, &HUB);
    assert!(writes > 15, "{writes}");
    for_each(1..=writes, |world, &nth| {
        world.deploy_hub();
        let (code, said) = interrupted(world, &HUB, &At::write(world, nth));
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
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    deploy_all(&world);
    let writes = writes_of(&world, &ALL);
    deploy_all(&world);
    world.lab.clear_calls().unwrap();
    let mut runs = 0;
    while world.lab.snapshot().unwrap() != before {
        interrupted(&world, &ALL, &At::write(&world, 1));
        world.lab.wait_idle(Duration::from_secs(30)).unwrap();
        runs += 1;
        assert!(runs <= writes, "{runs} runs, and it is not done");
    }
    // Much goes side by side, and what is under way is finished.
    assert!(runs > 3, "{runs}");
    // No call was made twice but those that ask whether something is there.
    assert!(world.writes().len() as u64 <= writes + runs);
    assert_eq!(world.rootwatch(&ALL).ends_with(0).stdout, NOTHING);
}

#[test]
fn ctrl_c_at_each_write_of_the_spokes_removal_leaves_what_the_next_run_removes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    deploy_all(&world);
    let of_all = writes_of(&world, &ALL);
    world.deploy_hub();
    let of_spokes = of_all - writes_of(&world, &HUB);
    assert!(of_spokes >= 2, "{of_spokes}");
    for nth in 1..=of_spokes {
        deploy_all(&world);
        world.lab.clear_calls().unwrap();
        let (code, said) = interrupted(&world, &ALL, &At::write(&world, nth));
        assert_eq!(code, 130, "{nth}\n{said}");
        let reported = [
            "Detached: operation",
            "Interrupted. Run the same command again",
        ];
        assert!(reported.iter().any(|it| said.contains(it)), "{nth}\n{said}");
        // Nothing of the hub goes before the spokes have gone.
        let writes = world.writes();
        assert!(
            writes.iter().all(|it| it.starts_with("cloudformation:")),
            "{writes:?}"
        );
        world.rootwatch(&ALL).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    }
}

#[test]
fn ctrl_c_at_a_read_before_the_first_write_changes_nothing() {
    let world = World::new();
    deploy_all(&world);
    let before = world.lab.snapshot().unwrap();
    for nth in [1, 4, 12, 30, 50] {
        world.lab.clear_calls().unwrap();
        let (code, said) = interrupted(&world, &ALL, &At::read(&world, nth));
        assert_eq!(code, 130, "{nth}\n{said}");
        let reported = "interrupted before anything was changed";
        assert!(said.contains(reported), "{nth}\n{said}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{nth}");
    }
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

/// Numbers of the first, a middle and the last read that a removal makes between its writes.
fn reads_between_writes(world: &World) -> [u64; 3] {
    world.lab.clear_calls().unwrap();
    world.rootwatch(&HUB).ends_with(0);
    let calls = world.lab.calls().unwrap();
    let first = calls.iter().position(|call| call.write).unwrap();
    let reads = |calls: &[rootwatch_lab::Call]| {
        let own = |call: &&rootwatch_lab::Call| !call.write && !call.by_function;
        calls.iter().filter(own).count() as u64
    };
    let (before, all) = (reads(&calls[..first]), reads(&calls));
    assert!(all > before + 1, "{before} {all}");
    [before + 1, before.midpoint(all), all]
}

#[test]
fn ctrl_c_at_a_read_between_writes_leaves_what_the_next_run_removes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world.deploy_hub();
    for nth in reads_between_writes(&world) {
        world.deploy_hub();
        let (code, said) = interrupted(&world, &HUB, &At::read(&world, nth));
        let done = world.lab.snapshot().unwrap() == before;
        assert!(code == 130 || done, "{nth}: {code}\n{said}");
        world.rootwatch(&HUB).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    }
}

#[test]
fn ctrl_c_at_each_write_to_the_management_accounts_stacks_is_no_harm() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world.deploy_hub();
    let hub_alone = world.lab.snapshot().unwrap();
    // Two stacks, the instances, the StackSet.
    for nth in 1..=4 {
        world
            .as_management(&[&DEPLOY_SPOKES[..3], &["/Security"], &DEPLOY_SPOKES[4..]].concat())
            .ends_with(0);
        let spokes = ["teardown", "spokes", "--yes"];
        let at = At {
            account: &world.organization.management,
            ..At::write(&world, nth)
        };
        let (code, said) = interrupted(&world, &spokes, &at);
        let done = world.lab.snapshot().unwrap() == hub_alone;
        assert_eq!(code, if done { 0 } else { 130 }, "{nth}\n{said}");
        world.as_management(&spokes).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), hub_alone, "{nth}");
    }
    world.rootwatch(&ALL).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

#[test]
fn a_removal_that_is_killed_leaves_what_the_next_one_removes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    deploy_all(&world);
    let writes = writes_of(&world, &ALL);
    for_each((1..=writes).step_by(11), |world, &nth| {
        deploy_all(world);
        // The call under way takes effect all the same.
        at_call(world, &ALL, &At::write(world, nth), Running::kill);
        world.rootwatch(&ALL).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{nth}");
    });
}

/// Deploys until something fails, then removes all of it.
fn after_a_failure(world: &World, fault: &Fault, args: &[&str]) {
    world.lab.add_fault(fault).unwrap();
    world.rootwatch(args).ends_with(1);
    world.lab.clear_faults().unwrap();
    world.rootwatch(&ALL).ends_with(0);
}

const DEPLOY_HUB: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];

#[test]
fn what_a_half_failed_deployment_made_goes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    let fail = || {
        Fault::new(Kind::Fail {
            code: "AccessDeniedException".into(),
            message: "not today".into(),
            status: 403,
        })
    };
    for nth in [2, 9, 18] {
        after_a_failure(&world, &fail().writes().nth(nth), &DEPLOY_HUB);
        assert_eq!(world.lab.snapshot().unwrap(), before, "hub, write {nth}");
    }
    for operation in ["CreateStackSet", "CreateStackInstances"] {
        world.deploy_hub();
        after_a_failure(&world, &fail().operation(operation), &DEPLOY_SPOKES);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{operation}");
    }
}

#[test]
fn what_a_half_failed_operation_made_goes() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world.deploy_hub();
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
