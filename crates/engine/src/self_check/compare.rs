//! What changed between two reports, as far as they list it. Pure.

use super::report::{Change, Found, Group, Report};
use std::collections::{BTreeMap, BTreeSet};

/// How the findings changed since the report before, kind by kind.
pub(super) fn changes(before: &Report, now: &Report) -> Vec<Change> {
    let wrong = of_both(&before.wrong, &now.wrong);
    let unread = of_both(&before.unread, &now.unread);
    wrong.into_iter().chain(unread).collect()
}

fn of_both(before: &Found, now: &Found) -> Vec<Change> {
    let ids: BTreeSet<&str> = before
        .kinds
        .iter()
        .chain(&now.kinds)
        .map(|it| it.id.as_str())
        .collect();
    ids.into_iter()
        .filter_map(|id| of_kind(id, before, now))
        .collect()
}

fn of_kind(id: &str, before: &Found, now: &Found) -> Option<Change> {
    let digest = |it: Option<&Group>| it.map(|it| it.digest.clone());
    let count = |it: Option<&Group>| it.map(|it| it.count).unwrap_or_default();
    let (was, is) = (before.kind(id), now.kind(id));
    if digest(was) == digest(is) {
        return None;
    }
    let (were, are) = (listed(before, id), listed(now, id));
    let is_whole = were.len() == count(was) && are.len() == count(is);
    let only = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| {
        let only = these.iter().filter(|(key, _)| !those.contains_key(*key));
        match is_whole {
            true => only.map(|(_, words)| words.clone()).collect(),
            false => Vec::new(),
        }
    };
    Some(Change {
        id: id.to_owned(),
        before: count(was),
        now: count(is),
        new: only(&are, &were),
        gone: only(&were, &are),
    })
}

/// The listed findings of a kind: what each is known by, and where it is in words.
fn listed(found: &Found, id: &str) -> BTreeMap<String, String> {
    let listed = found.listed(id);
    listed
        .map(|it| {
            let place = it.place();
            let words = match place.as_str() {
                "" => it.resource.clone(),
                place => format!("{} ({place})", it.resource),
            };
            (it.key(), words)
        })
        .collect()
}
