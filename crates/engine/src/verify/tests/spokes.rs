//! Which spokes are looked at, and what is said of the StackSet and of each.

use crate::aws::canned::{Row, aws, xml};
use crate::aws::spoke::Entry;
use crate::names::Names;
use crate::session::Session;
use crate::settings::Settings;
use crate::spokes::instances::{Instance, Instances};
use crate::spokes::{HubBus, Location, Observed, stack_set};
use crate::verify::Selection;
use crate::verify::finding::{CannotRead, Hop, Part, Read, Verdict};
use crate::verify::spokes::{check, look_at};
use std::collections::BTreeMap;

const SHOP: &str = "333333333333";
const SOLO: &str = "444444444444";
const SUSPENDED: &str = "555555555555";
const NEW: &str = "666666666666";

fn instances() -> Instances {
    let mut all = Instances::default();
    for (account, region, detail) in [
        (SHOP, "eu-west-1", "SUCCEEDED"),
        (SHOP, "us-east-1", "SUCCEEDED"),
        (SOLO, "eu-west-1", "SUCCEEDED"),
        (SUSPENDED, "us-east-1", "SKIPPED_SUSPENDED_ACCOUNT"),
    ] {
        let instance = Instance {
            status: "CURRENT".into(),
            detail: detail.into(),
            reason: None,
            unit: "ou-shops".into(),
            operation: "".into(),
            has_stack: true,
        };
        all.insert(Location::of(account, region), instance);
    }
    all
}

fn selection(accounts: &[&str], regions: &[&str]) -> Selection {
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    Selection {
        entry: None,
        accounts: texts(accounts),
        regions: texts(regions),
    }
}

#[test]
fn what_is_selected_is_what_there_is_and_what_was_named() {
    for (accounts, regions, wanted) in [
        (
            &[][..],
            &[][..],
            &[
                (SHOP, "eu-west-1"),
                (SHOP, "us-east-1"),
                (SOLO, "eu-west-1"),
            ][..],
        ),
        (&[SHOP], &[], &[(SHOP, "eu-west-1"), (SHOP, "us-east-1")]),
        (&[], &["us-east-1"], &[(SHOP, "us-east-1")]),
        (&[SHOP], &["us-east-1"], &[(SHOP, "us-east-1")]),
        // One that is named and is not there is looked for: in the home region where none is named.
        (&[SOLO], &[], &[(SOLO, "eu-west-1")]),
        (&[SOLO], &["us-east-1"], &[(SOLO, "us-east-1")]),
        (&[NEW], &[], &[(NEW, "us-east-1")]),
        (
            &[SOLO, NEW],
            &["eu-west-1", "ap-south-1"],
            &[
                (SOLO, "ap-south-1"),
                (SOLO, "eu-west-1"),
                (NEW, "ap-south-1"),
                (NEW, "eu-west-1"),
            ],
        ),
    ] {
        let found = selection(accounts, regions).of(&instances(), "us-east-1");
        let wanted = wanted
            .iter()
            .map(|(account, region)| Location::of(account, region));
        assert_eq!(found, wanted.collect(), "{accounts:?} {regions:?}");
    }
}

fn run(rows: Vec<Row>) -> Session {
    let settings = Settings::of_deployed("rootwatch");
    Session::sample(settings, aws("111122223333", "eu-west-1", rows))
}

/// The StackSet of this hub, if there is one, and its instances.
fn observed(is_there: bool) -> Read<Observed> {
    let hub = HubBus {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    };
    let name = Names::sample().stack_set();
    let mut set = stack_set(&Settings::of_deployed("rootwatch"), name, &hub);
    // Its memory, which decides nothing.
    set.description = "regions: eu-west-1".into();
    Ok(Observed {
        stack_set: is_there.then_some(set),
        instances: instances(),
        auto_deployment: BTreeMap::new(),
        running: Vec::new(),
        last: None,
        ends: BTreeMap::new(),
    })
}

fn unread() -> CannotRead {
    CannotRead {
        why: "could not be read: no".into(),
        fix: None,
    }
}

async fn checked(rows: Vec<Row>, observed: &Read<Observed>, selection: &Selection) -> Vec<Hop> {
    let place = Err(unread());
    check(&run(rows), &Names::sample(), &place, observed, selection).await
}

fn wrong(hops: &[Hop]) -> Vec<(Part, &str, &str)> {
    let wrong = hops.iter().filter(|hop| hop.verdict != Verdict::Ok);
    wrong
        .map(|hop| (hop.part, &*hop.resource, hop.check))
        .collect()
}

#[tokio::test]
async fn the_stack_set_is_judged_with_the_instances_that_are_selected() {
    let all = checked(Vec::new(), &observed(true), &Selection::default()).await;
    assert_eq!(wrong(&all), []);
    let said: Vec<&str> = all.iter().map(|hop| &*hop.finding).collect();
    assert!(
        said.contains(&"3 up to date, 1 skipped: their accounts are suspended"),
        "{said:?}"
    );
    assert!(all.iter().all(|hop| hop.part == Part::StackSet
        && (&*hop.account, &*hop.region) == ("111122223333", "eu-west-1")));
    let one = checked(Vec::new(), &observed(true), &selection(&[SOLO], &[])).await;
    assert!(
        one.iter().any(|hop| hop.finding == "1 up to date"),
        "{one:?}"
    );
    let closed = checked(Vec::new(), &observed(true), &selection(&[SUSPENDED], &[])).await;
    let skipped = "0 up to date, 1 skipped: their accounts are suspended";
    assert!(
        closed.iter().any(|hop| hop.finding == skipped),
        "{closed:?}"
    );
    let other = checked(
        Vec::new(),
        &observed(true),
        &selection(&[SOLO], &["us-east-1"]),
    )
    .await;
    assert!(other.iter().all(|hop| hop.check != "status"), "{other:?}");
    let none = checked(Vec::new(), &observed(false), &Selection::default()).await;
    let set = "stack-set rootwatch-spoke";
    assert_eq!(wrong(&none), [(Part::StackSet, set, "exists")]);
    assert_eq!(none[0].verdict, Verdict::Broken);
}

#[tokio::test]
async fn a_stack_set_that_cannot_be_read_is_needed_unless_accounts_are_named_and_entered() {
    let entry = || {
        Some(Entry::Role {
            name: "reader".into(),
            external_id: None,
        })
    };
    let set = (Part::StackSet, "stack-set rootwatch-spoke", "exists");
    let rule = (Part::Spoke, "rule rootwatch-root-activity", "exists");
    for (entry, accounts, wanted) in [
        (None, &[][..], &[set][..]),
        (None, &[NEW], &[set]),
        (entry(), &[], &[set]),
        (entry(), &[NEW], &[rule]),
    ] {
        let selection = Selection {
            entry,
            ..selection(accounts, &[])
        };
        let hops = checked(Vec::new(), &Err(unread()), &selection).await;
        assert_eq!(wrong(&hops), wanted, "{selection:?}");
    }
}

/// Lets this caller into each account.
fn entered() -> Vec<Row> {
    let given = "<Credentials><AccessKeyId>AKIDEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>";
    vec![(&["Action=AssumeRole"], xml("AssumeRole", given))]
}

#[tokio::test]
async fn each_selected_spoke_is_read_in_its_account_and_says_how_it_is_made_again() {
    let selection = Selection {
        entry: Some(Entry::Role {
            name: "reader".into(),
            external_id: None,
        }),
        ..selection(&[SHOP, NEW], &[])
    };
    let hops = checked(entered(), &observed(true), &selection).await;
    let spokes: Vec<_> = hops.iter().filter(|hop| hop.part == Part::Spoke).collect();
    let places: Vec<_> = spokes
        .iter()
        .map(|hop| (&*hop.account, &*hop.region))
        .collect();
    let wanted = [(SHOP, "eu-west-1"), (SHOP, "us-east-1"), (NEW, "us-east-1")];
    assert_eq!(places, wanted);
    for hop in &spokes {
        assert_eq!((hop.check, hop.verdict), ("exists", Verdict::Broken));
        let fix = hop.fix.as_deref().unwrap_or_default();
        match &*hop.account {
            SHOP => assert!(
                fix.contains(&format!("OrganizationalUnitIds=ou-shops,Accounts={SHOP},"))
                    && fix.contains(&format!("--regions {} ", hop.region)),
                "{fix}"
            ),
            _ => assert!(fix.contains("with --ou and the unit"), "{fix}"),
        }
    }
    // One that was entered by a test of the path.
    let session = run(Vec::new());
    let spoke = session.aws.own_session().spoke("eu-west-1");
    let hops = look_at(&spoke, &Names::sample()).await;
    let rule = (Part::Spoke, "rule rootwatch-root-activity", "exists");
    assert_eq!(wrong(&hops), [rule]);
}
