//! What is tried at each call of a run: at all of them where `ROOTWATCH_EVERY_CALL` is set, else at enough of them for each
//! kind of call to be among them. `cargo sweep` tries every fault at every call.

use std::collections::BTreeMap;
use std::env;

/// Numbers that are tried: the first, the last, and each so many between.
const STEP: usize = 4;

fn is_every() -> bool {
    env::var_os("ROOTWATCH_EVERY_CALL").is_some()
}

/// The first and the last call of each operation.
pub(crate) fn of_each_operation(calls: Vec<(String, String, u64)>) -> Vec<(String, String, u64)> {
    if is_every() {
        return calls;
    }
    let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (service, operation, nth) in &calls {
        last.insert((service.clone(), operation.clone()), *nth);
    }
    let mut calls = calls;
    calls.retain(|(service, operation, nth)| {
        *nth == 1 || last[&(service.clone(), operation.clone())] == *nth
    });
    calls
}

/// Some of the calls from 1 to `count`, by their numbers.
pub(crate) fn of_all(count: u64) -> Vec<u64> {
    if is_every() {
        return (1..=count).collect();
    }
    let mut some: Vec<u64> = (1..=count).step_by(STEP).collect();
    if some.last() != Some(&count) {
        some.push(count);
    }
    some
}

/// One of so many of what is tried one by one.
pub(crate) fn one_of<T>(step: usize, all: Vec<T>) -> Vec<T> {
    let step = if is_every() { 1 } else { step };
    all.into_iter().step_by(step).collect()
}

#[test]
fn each_operation_and_both_ends_are_among_what_is_tried() {
    if is_every() {
        return assert_eq!(of_all(9).len(), 9);
    }
    assert_eq!(of_all(9), [1, 5, 9]);
    assert_eq!(one_of(2, vec![1, 2, 3]), [1, 3]);
    assert_eq!(of_all(6), [1, 5, 6]);
    let call = |operation: &str, nth| ("events".to_owned(), operation.to_owned(), nth);
    let calls = vec![
        call("PutRule", 1),
        call("PutTargets", 1),
        call("PutRule", 2),
        call("PutRule", 3),
    ];
    let kept = [
        call("PutRule", 1),
        call("PutTargets", 1),
        call("PutRule", 3),
    ];
    assert_eq!(of_each_operation(calls), kept);
}
