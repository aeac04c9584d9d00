//! The whole of `verify`, from answers as AWS gives them: what stops it, what is left out, and what is counted.

use super::state::Hub;
use crate::aws::canned::{Row, aws, refused};
use crate::findings::hub::UNREAD;
use crate::hub::desired::Wanted;
use crate::hub::sample;
use crate::ignore::Ignore;
use crate::session::Session;
use crate::settings::Settings;
use crate::spokes::trail::{Best, Coverage};
use crate::verify::finding::{CannotRead, Hop, Part, Verdict};
use crate::verify::{Counts, Selection, trail, verify};
use serde_json::json;
use std::collections::BTreeMap;

/// A run in an account of no organization, if these answers name none.
fn session(settings: Settings, mut rows: Vec<Row>) -> Session {
    let none = refused("AWSOrganizationsNotInUseException");
    rows.push((&["DescribeOrganization"], none));
    Session::sample(settings, aws("111122223333", "eu-west-1", rows))
}

fn settings() -> Settings {
    Settings::of_deployed("rootwatch")
}

/// The hub's bus, and nothing else of a hub.
fn bus() -> Vec<Row> {
    let arn = sample::wanted().names.bus_arn();
    let bus = json!({"Name": "rootwatch", "Arn": arn, "Policy": "{\"Statement\": []}"});
    vec![(&["DescribeEventBus"], bus.to_string())]
}

/// This account forwards to another hub.
fn forwards() -> Vec<Row> {
    let target = json!({"Targets": [{"Id": "hub", "Arn": "arn:aws:events:us-east-1:999988887777:event-bus/rootwatch"}]});
    vec![(
        &["ListTargetsByRule", "rootwatch-root-activity"],
        target.to_string(),
    )]
}

fn organization() -> Vec<Row> {
    let found = json!({"Organization": {"Id": "o-abcdefghij", "MasterAccountId": "111122223333", "FeatureSet": "ALL"}});
    let member = json!({"Account": {"Id": "444444444444", "Name": "sandbox", "Status": "ACTIVE"}});
    vec![
        (&["DescribeOrganization"], found.to_string()),
        (&["DescribeAccount", "444444444444"], member.to_string()),
        (&["DescribeAccount"], refused("AccountNotFoundException")),
    ]
}

#[tokio::test]
async fn what_is_not_fine_is_counted_and_what_is_accepted_is_not() {
    let run = session(settings(), bus());
    let report = verify(&run, &Selection::default(), false).await.unwrap();
    let is_of = |part: Part| report.hops.iter().any(|hop| hop.part == part);
    assert!(is_of(Part::Hub) && is_of(Part::StackSet) && is_of(Part::Organization));
    let count = |verdict| {
        report
            .hops
            .iter()
            .filter(|it| it.verdict == verdict)
            .count()
    };
    let Counts {
        ok,
        broken,
        differs,
        unknown,
    } = report.counts;
    let counted = [ok, broken, differs, unknown];
    let wanted = [
        Verdict::Ok,
        Verdict::Broken,
        Verdict::Differs,
        Verdict::Unknown,
    ]
    .map(count);
    assert_eq!(counted, wanted);
    assert_eq!(report.counts.findings(), broken + differs + unknown);
    let some = Counts {
        ok: 1,
        broken: 2,
        differs: 3,
        unknown: 4,
    };
    assert_eq!(some.findings(), 9);

    let first = report
        .hops
        .iter()
        .find(|hop| hop.verdict == Verdict::Broken)
        .unwrap();
    let accept = |region: &str, resource: &str| Ignore {
        id: first.id.unwrap(),
        account: None,
        region: Some(region.to_owned()),
        resource: Some(resource.to_owned()),
        reason: "known".into(),
        source: "--ignore".into(),
    };
    let gone = accept("eu-west-1", "queue gone");
    let ignores = vec![accept(&first.region, &first.resource), gone.clone()];
    let run = session(
        Settings {
            ignores,
            ..settings()
        },
        bus(),
    );
    let accepting = verify(&run, &Selection::default(), false).await.unwrap();
    let accepted: Vec<&Hop> = accepting.accepted.iter().map(|it| &it.finding).collect();
    assert_eq!(accepted, [first]);
    assert_eq!(accepting.hops.len(), report.hops.len() - 1);
    assert_eq!(accepting.counts.broken, broken - 1);
    assert_eq!(accepting.unused_ignores, [gone]);
}

#[tokio::test]
async fn the_hub_alone_is_judged_where_that_is_asked_for() {
    let run = session(settings(), bus());
    let report = verify(&run, &Selection::default(), true).await.unwrap();
    assert!(!report.hops.is_empty());
    assert!(report.hops.iter().all(|hop| hop.part != Part::StackSet));
}

#[tokio::test]
async fn where_nothing_is_here_one_finding_says_so_and_another_hub_is_an_error() {
    let run = session(settings(), Vec::new());
    let report = verify(&run, &Selection::default(), true).await.unwrap();
    let of_hub: Vec<_> = report
        .hops
        .iter()
        .filter(|hop| hop.part == Part::Hub)
        .collect();
    assert_eq!(of_hub.len(), 1, "{of_hub:#?}");
    assert_eq!((&*of_hub[0].resource, of_hub[0].check), ("hub", "exists"));
    let run = session(settings(), forwards());
    let error = verify(&run, &Selection::default(), true).await.unwrap_err();
    assert!(
        error.to_string().contains("account 999988887777"),
        "{error:#}"
    );
    // What is here is judged, whatever else there is.
    let run = session(settings(), [bus(), forwards()].concat());
    assert!(verify(&run, &Selection::default(), true).await.is_ok());
}

#[tokio::test]
async fn an_account_that_is_not_there_ends_the_run() {
    let named = |account: &str| Selection {
        accounts: vec![account.to_owned()],
        ..Selection::default()
    };
    let run = session(settings(), [bus(), organization()].concat());
    let error = verify(&run, &named("999999999999"), true).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("account 999999999999 is not in the organization o-abcdefghij"),
        "{error}"
    );
    // What is not known stops nothing.
    for (rows, account) in [
        (organization(), "444444444444"),
        (Vec::new(), "999999999999"),
    ] {
        let run = session(settings(), [bus(), rows].concat());
        assert!(
            verify(&run, &named(account), true).await.is_ok(),
            "{account}"
        );
    }
}

#[tokio::test]
async fn what_the_hub_shows_is_wanted_and_tags_are_read_again_for_it() {
    let is_read = |hub: &crate::verify::deployed::Deployed, id: &str| {
        matches!(hub.found.get(id), Some(Ok(Some(_))))
    };
    let bare = Hub::of(Wanted {
        tags: BTreeMap::new(),
        ..sample::wanted()
    });
    let team = || BTreeMap::from([("team".to_owned(), "security".to_owned())]);
    for (hub, tags, again) in [
        (Hub::good(), BTreeMap::new(), true),
        (Hub::good(), team(), false),
        (bare, BTreeMap::new(), false),
    ] {
        let run = session(Settings { tags, ..settings() }, Vec::new());
        let mut deployed = hub.deployed();
        let denied = CannotRead {
            why: "no".into(),
            fix: None,
        };
        let alarm = "alarm rootwatch-dead-letters";
        deployed.found.insert(alarm.into(), Err(denied.clone()));
        let shown = deployed.wanted.len();
        deployed.remember(&run).await;
        // What is read again is nowhere.
        assert_eq!(!is_read(&deployed, "rule rootwatch-acts"), again);
        assert!(is_read(&deployed, "queue rootwatch-acts"));
        assert_eq!(deployed.unread(alarm), Some(&denied));
        assert_eq!(deployed.wanted.len(), shown);
    }
}

#[test]
fn read_events_are_wanted_unless_the_notifier_says_that_they_are_off() {
    let reports = |change: &dyn Fn(&mut Hub)| {
        let mut hub = Hub::good();
        change(&mut hub);
        super::super::notifying::reports_reads(&hub.deployed())
    };
    let off = |hub: &mut Hub| {
        hub.function("rootwatch-notifier")
            .settings
            .set("read_only", "off");
    };
    assert!(reports(&|_| ()));
    assert!(!reports(&off));
    assert!(reports(&|hub| hub.delete("function rootwatch-notifier")));
}

#[test]
fn what_lacks_of_the_trail_is_of_write_events_alone() {
    let aws = aws("111122223333", "eu-west-1", Vec::new());
    let trail = |best| Coverage {
        best,
        idle: Vec::new(),
    };
    let without_reads = trail(Best::Organization { reads: false });
    let hops = trail::check(&aws, &without_reads, true);
    assert!(hops.iter().all(|hop| hop.part == Part::Organization
        && (&*hop.account, &*hop.region) == ("111122223333", "eu-west-1")));
    let of_reads: Vec<bool> = hops.iter().map(trail::is_of_reads).collect();
    assert_eq!(of_reads, [false, true]);
    // A check of that name of another part is not meant.
    assert!(!trail::is_of_reads(&hops[1].clone().at(
        Part::Hub,
        "1",
        "r"
    )));
    assert_eq!(trail::lacks(&aws, &without_reads), None);
    let lacking = trail::lacks(&aws, &trail(Best::Nothing)).unwrap();
    assert_eq!(
        (lacking.check, lacking.verdict),
        ("write events", Verdict::Broken)
    );
}

#[test]
fn a_hop_in_one_line_says_all_of_it() {
    let why = CannotRead {
        why: "could\nnot".into(),
        fix: Some("allow it".into()),
    };
    let hop = Hop::unread(UNREAD, "queue q", "exists", &why).at(Part::Hub, "1", "eu-west-1");
    let said = format!(
        "unknown {UNREAD}: queue q in account 1, eu-west-1, exists: could not\nfix: allow it"
    );
    assert_eq!(hop.to_string(), said);
    let fine = Hop::ok("queue q", "as made", "is fine").at(Part::Hub, "1", "eu-west-1");
    let said = "ok: queue q in account 1, eu-west-1, as made: is fine";
    assert_eq!(fine.to_string(), said);
    let words = [Verdict::Broken, Verdict::Differs].map(Verdict::word);
    assert_eq!(words, ["broken", "differs"]);
}
