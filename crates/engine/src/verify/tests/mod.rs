//! Each hop of a correct hub is broken in turn: that hop is named and no other, and its fix fixes it.

mod alarms;
mod bus;
mod function;
mod hub_reads;
mod keys;
mod queues;
mod reads;
mod role;
mod routes;
mod rules;
mod run;
mod spoke_reads;
mod spokes;
pub(super) mod state;
mod strangers;
mod table;
mod topics;

use super::finding::{CannotRead, Hop, Part, Verdict};
use crate::findings::hub::UNREAD;
use state::Hub;
use std::collections::BTreeSet;

const DEPLOY: &str = "`rootwatch deploy hub";

/// One way to break the hub.
struct Break {
    what: &'static str,
    /// Resource, check and verdict of each hop that is named.
    hops: Vec<(&'static str, &'static str, Verdict)>,
    change: Box<dyn FnOnce(&mut Hub)>,
    /// What the hint must contain.
    hint: &'static str,
    /// Whether `rootwatch deploy hub` alone fixes it.
    deploy_fixes: bool,
}

impl Break {
    fn new(
        what: &'static str,
        resource: &'static str,
        check: &'static str,
        change: impl FnOnce(&mut Hub) + 'static,
    ) -> Self {
        Self {
            what,
            hops: vec![(resource, check, Verdict::Broken)],
            change: Box::new(change),
            hint: DEPLOY,
            deploy_fixes: true,
        }
    }

    /// With a further hop that it breaks.
    fn and(mut self, resource: &'static str, check: &'static str) -> Self {
        self.hops.push((resource, check, Verdict::Broken));
        self
    }

    /// With a further hop that cannot be judged.
    fn and_unknown(mut self, resource: &'static str, check: &'static str) -> Self {
        self.hops.push((resource, check, Verdict::Unknown));
        self
    }

    fn unknown(mut self) -> Self {
        for hop in &mut self.hops {
            hop.2 = Verdict::Unknown;
        }
        self
    }

    /// It differs, and nothing says that it breaks anything.
    fn differs(mut self) -> Self {
        for hop in &mut self.hops {
            (hop.1, hop.2) = ("as made", Verdict::Differs);
        }
        self
    }

    /// A deployment alone does not fix it; the hint says this.
    fn needs(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self.deploy_fixes = false;
        self
    }

    /// The hint says this too, though a deployment alone fixes it.
    fn says(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }
}

/// The hops of a hub that are not fine.
fn wrong(hub: &Hub) -> Vec<Hop> {
    let mut hops = super::hub(&hub.deployed(), [].into_iter());
    assert!(hops.iter().all(|hop| hop.part == Part::Hub
        && hop.account == hub.names().account
        && hop.region == hub.names().region));
    hops.retain(|hop| hop.verdict != Verdict::Ok);
    hops
}

/// Whether something is fine, and is not.
pub(super) fn is_contradictory(hops: &[Hop]) -> bool {
    let fine = hops.iter().filter(|hop| hop.verdict == Verdict::Ok);
    let fine: BTreeSet<_> = fine
        .map(|hop| (&hop.account, &hop.region, &hop.resource))
        .collect();
    let mut wrong = hops.iter().filter(|hop| hop.verdict != Verdict::Ok);
    wrong.any(|hop| fine.contains(&(&hop.account, &hop.region, &hop.resource)))
}

/// What differs from its row, and its text.
fn tried(one: Break) -> (Vec<String>, String) {
    let what = format!("{}: {}", one.hops[0].0, one.what);
    let mut hub = Hub::good();
    (one.change)(&mut hub);
    let found = wrong(&hub);
    let mut complaints = Vec::new();
    let named: BTreeSet<_> = found
        .iter()
        .map(|hop| (hop.resource.as_str(), hop.check, hop.verdict))
        .collect();
    let expected: BTreeSet<_> = one.hops.iter().copied().collect();
    if named != expected || found.len() != expected.len() {
        complaints.push(format!("{what}: found {found:#?}"));
    }
    let hints: Vec<&str> = found.iter().filter_map(|hop| hop.fix.as_deref()).collect();
    if hints.len() != found.len() || !hints.join("\n").contains(one.hint) {
        complaints.push(format!("{what}: the hint is {hints:?}"));
    }
    hub.deploy();
    let left = wrong(&hub);
    if left.is_empty() != one.deploy_fixes {
        complaints.push(format!("{what}: a deployment leaves {left:#?}"));
    }
    (complaints, words(&what, &found))
}

fn words(what: &str, found: &[Hop]) -> String {
    let mut text = format!("{what}\n");
    for hop in found {
        let verdict = match hop.verdict {
            Verdict::Unknown => " is unknown",
            Verdict::Differs => " differs",
            _ => "",
        };
        text += &format!(
            "  {}, {}{verdict}: {}\n",
            hop.resource, hop.check, hop.finding
        );
        text += &format!("    {}\n", hop.fix.as_deref().unwrap_or("(no hint)"));
    }
    text
}

/// Tries each row; its text is compared with the snapshot.
fn all_are_named_and_fixed(name: &str, breaks: Vec<Break>) {
    let (complaints, texts): (Vec<_>, Vec<_>) = breaks.into_iter().map(tried).unzip();
    let complaints = complaints.concat();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let this = rootwatch_bundle::ARCHITECTURE;
    let texts = texts.concat().replace(this, "(this)");
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("breaks-of-{name}"), texts);
    });
}

#[test]
fn a_good_hub_is_fine() {
    assert_eq!(wrong(&Hub::good()), []);
}

#[test]
fn what_could_not_be_read_is_unknown_and_is_not_missed() {
    let hub = Hub::good();
    let why = CannotRead {
        why: "could not be read: no".into(),
        fix: Some("allow it".into()),
    };
    for node in hub.deployed().wanted {
        let id = node.resource.id();
        let mut deployed = hub.deployed();
        deployed.found.insert(id.clone(), Err(why.clone()));
        let hops = super::hub(&deployed, [].into_iter());
        let of: Vec<_> = hops.iter().filter(|hop| hop.resource == id).collect();
        let named: Vec<_> = of.iter().map(|hop| (hop.id, hop.verdict)).collect();
        assert_eq!(named, [(Some(UNREAD), Verdict::Unknown)], "{of:#?}");
        assert_eq!((&of[0].finding, &of[0].fix), (&why.why, &why.fix));
    }
}
