use super::*;
use crate::aws::error::AwsError;

fn account(id: &str, active: bool) -> Account {
    Account {
        id: id.into(),
        name: format!("name-{id}"),
        active,
        unit: "ou-1".into(),
    }
}

fn instances(locations: &[(&str, &str, &str, &str)]) -> Instances {
    let mut all = Instances::default();
    for (account, region, status, detail) in locations {
        let instance = Instance {
            status: (*status).into(),
            detail: (*detail).into(),
            reason: (*status == "OUTDATED").then(|| "no permission".into()),
            unit: "ou-1".into(),
            operation: "".into(),
            has_stack: true,
        };
        all.insert(Location::of(account, region), instance);
    }
    all
}

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// The gaps and what cannot be seen, as text, with the number of accounts and of those covered.
fn reported(
    accounts: &[Account],
    instances: &Instances,
    management: Option<&BTreeMap<String, Option<String>>>,
    off: &[Location],
) -> (usize, usize, Vec<String>) {
    reported_of(accounts, instances, management, &Unread::new(), off)
}

fn reported_of(
    accounts: &[Account],
    instances: &Instances,
    management: Option<&BTreeMap<String, Option<String>>>,
    unread: &Unread,
    off: &[Location],
) -> (usize, usize, Vec<String>) {
    let regions = REGIONS.map(str::to_owned).into();
    let coverage = coverage(&Known {
        accounts,
        regions: &regions,
        instances: Some(instances),
        management_account: "0",
        management,
        unread,
        off: &off.iter().cloned().collect(),
        directory: &Directory::default(),
    });
    let gaps = coverage.gaps.iter();
    let gaps = gaps.map(|gap| format!("{} {}: {}", gap.id, gap.words(2), gap.closes));
    let all = gaps.chain(coverage.unseen.iter().cloned()).collect();
    (coverage.accounts, coverage.covered_accounts, all)
}

#[test]
fn every_account_is_covered_suspended_or_a_gap_with_its_reason() {
    let accounts = ["0", "1", "2", "4", "5", "6"].map(|id| account(id, true));
    let accounts = [&accounts[..], &[account("3", false)]].concat();
    let found = instances(&[
        ("1", "us-east-1", "CURRENT", "SUCCEEDED"),
        ("1", "eu-west-1", "CURRENT", "SUCCEEDED"),
        ("2", "us-east-1", "CURRENT", "SUCCEEDED"),
        ("2", "eu-west-1", "OUTDATED", "FAILED"),
        ("6", "us-east-1", "INOPERABLE", "INOPERABLE"),
        ("6", "eu-west-1", "CURRENT", "RUNNING"),
    ]);
    let (all, covered, reported) = reported(&accounts, &found, None, &[]);
    assert_eq!((all, covered), (6, 1));
    let known = Known {
        accounts: &accounts,
        regions: &REGIONS.map(str::to_owned).into(),
        instances: Some(&found),
        management_account: "0",
        management: None,
        unread: &Unread::new(),
        off: &BTreeSet::new(),
        directory: &Directory::default(),
    };
    let every = coverage(&known).every_account;
    let standings = every
        .iter()
        .map(|it| (it.named.account.as_str(), it.standing));
    let expected = [
        ("0", Standing::Unseen),
        ("1", Standing::Covered),
        ("2", Standing::Gap),
        ("4", Standing::Gap),
        ("5", Standing::Gap),
        ("6", Standing::Gap),
        ("3", Standing::Suspended),
    ];
    assert!(standings.eq(expected), "{every:?}");
    let unseen = coverage(&known).unseen_locations;
    assert_eq!(unseen, REGIONS.map(|region| Location::of("0", region)));
    insta::assert_snapshot!(reported.join("\n"), @r"
    RW301 2 accounts, 4 (name-4), 5 (name-5): all 2 regions no stack instance: its unit was not given, or automatic deployment has not reached it yet; `rootwatch deploy spokes --ou ou-1` creates it
    RW302 account 2 (name-2): eu-west-1 OUTDATED no permission: `rootwatch deploy spokes` tries again
    RW303 account 6 (name-6): us-east-1 INOPERABLE INOPERABLE: `rootwatch deploy spokes` deletes the instance and creates it again
    management account 0 (name-0): StackSets never reach it, and its own stacks cannot be seen from here
    ");
}

#[test]
fn the_management_account_is_covered_by_its_own_stacks() {
    let accounts = [account("0", true)];
    let none = Instances::default();
    let mut own: BTreeMap<String, Option<String>> =
        REGIONS.map(|region| (region.to_owned(), None)).into();
    assert_eq!(reported(&accounts, &none, Some(&own), &[]), (1, 1, vec![]));
    own.insert("us-east-1".into(), Some("stack ROLLBACK_COMPLETE".into()));
    own.remove("eu-west-1");
    insta::assert_snapshot!(reported(&accounts, &none, Some(&own), &[]).2.join("\n"), @r"
    RW305 account 0 (name-0): eu-west-1 no stack: `rootwatch deploy spokes` fixes it
    RW306 account 0 (name-0): us-east-1 stack ROLLBACK_COMPLETE: `rootwatch deploy spokes` fixes it
    ");
}

#[test]
fn a_region_that_cannot_be_read_is_neither_covered_nor_a_gap() {
    let own = [("us-east-1".to_owned(), None)].into();
    let why = AwsError::of_entry(
        "cloudformation:DescribeStacks",
        Some("AccessDenied"),
        "by an SCP",
    );
    let unread = [("eu-west-1".to_owned(), why.clone()), ("x".to_owned(), why)].into();
    let accounts = [account("0", true)];
    let (_, covered, reported) =
        reported_of(&accounts, &Instances::default(), Some(&own), &unread, &[]);
    assert_eq!(covered, 0);
    insta::assert_snapshot!(reported.join("\n"), @"management account 0 (name-0): its own stacks in eu-west-1 cannot be read from here (cloudformation:DescribeStacks: AccessDenied: by an SCP)");
}

#[test]
fn a_region_that_is_turned_off_is_no_gap() {
    let found = instances(&[
        ("1", "us-east-1", "CURRENT", "SUCCEEDED"),
        ("1", "eu-west-1", "OUTDATED", "FAILED"),
    ]);
    let off = [Location::of("1", "eu-west-1")];
    assert_eq!(
        reported(&[account("1", true)], &found, None, &off),
        (1, 1, vec![])
    );
}

#[test]
fn of_many_accounts_only_some_are_named() {
    let accounts: Vec<Account> = (10..30).map(|id| account(&id.to_string(), true)).collect();
    let (_, _, reported) = reported(&accounts, &Instances::default(), None, &[]);
    assert_eq!(reported.len(), 1);
    assert!(
        reported[0].starts_with("RW301 20 accounts, 10 (name-10), "),
        "{reported:?}"
    );
    assert!(
        reported[0].contains("19 (name-19) and 10 more: all 2 regions"),
        "{reported:?}"
    );
}

#[test]
fn a_unit_is_given_and_shown_by_its_path() {
    let accounts = [account("1", true)];
    let units = BTreeMap::from([("ou-1".to_owned(), "/Work loads".to_owned())]);
    let known = Known {
        accounts: &accounts,
        regions: &REGIONS.map(str::to_owned).into(),
        instances: Some(&Instances::default()),
        management_account: "0",
        management: None,
        unread: &Unread::new(),
        off: &BTreeSet::new(),
        directory: &Directory::of(units, &accounts),
    };
    let coverage = coverage(&known);
    assert_eq!(
        coverage.every_account[0].unit_path.as_deref(),
        Some("/Work loads")
    );
    let closes = &coverage.gaps[0].closes;
    assert!(
        closes.contains("--ou '/Work loads'` creates it"),
        "{closes}"
    );
}

#[test]
fn what_is_taken_out_of_a_gap_leaves_the_rest_as_few_gaps() {
    let accounts: Vec<Account> = ["1", "2", "3"].map(|id| account(id, true)).into();
    let regions = REGIONS.map(str::to_owned).into();
    let mut all = coverage(&Known {
        accounts: &accounts,
        regions: &regions,
        instances: Some(&Instances::default()),
        management_account: "0",
        management: None,
        unread: &Unread::new(),
        off: &BTreeSet::new(),
        directory: &Directory::default(),
    });
    let gap = all.gaps.remove(0);
    let (left, taken) = gap
        .clone()
        .split(|account, region| account == "2" || (account == "3" && region == "us-east-1"));
    let shown = |gaps: &[Gap]| -> Vec<String> { gaps.iter().map(|it| it.words(2)).collect() };
    let why =
        "no stack instance: its unit was not given, or automatic deployment has not reached it yet";
    let why = &why[..why.find(':').unwrap()];
    assert_eq!(
        shown(&left),
        [
            format!("account 3 (name-3): eu-west-1 {why}"),
            format!("account 1 (name-1): all 2 regions {why}"),
        ]
    );
    assert_eq!(
        shown(&taken),
        [
            format!("account 2 (name-2): all 2 regions {why}"),
            format!("account 3 (name-3): us-east-1 {why}"),
        ]
    );
    assert_eq!(gap.clone().split(|_, _| false), (vec![gap], Vec::new()));
}

#[test]
fn what_could_not_be_listed_is_neither_covered_nor_a_gap() {
    let accounts = [account("1", true)];
    let all = coverage(&Known {
        accounts: &accounts,
        regions: &REGIONS.map(str::to_owned).into(),
        instances: None,
        management_account: "0",
        management: None,
        unread: &Unread::new(),
        off: &BTreeSet::new(),
        directory: &Directory::default(),
    });
    assert_eq!((all.covered_accounts, all.gaps), (0, Vec::new()));
    assert_eq!(all.every_account[0].standing, Standing::Unseen);
    assert_eq!(all.unseen_locations.len(), 2);
}

#[test]
fn a_failure_says_what_to_do_and_what_nobody_works_on_is_tried_again() {
    const AGAIN: &str = "`rootwatch deploy spokes` tries again";
    let closes = |detail: &str, why: &str, region: &str| {
        let instance = Instance {
            status: "OUTDATED".into(),
            detail: detail.into(),
            reason: Some(why.into()),
            unit: "ou-1".into(),
            operation: "".into(),
            has_stack: true,
        };
        not_current(&instance, region).unwrap().closes
    };
    let scp = "Access denied with an explicit deny in a service control policy";
    let elsewhere = closes("FAILED", scp, "eu-west-1");
    for part in [
        "stacksets-exec-*",
        "--regions",
        "deploy the spokes again after it",
    ] {
        assert!(elsewhere.contains(part), "{part}: {elsewhere}");
    }
    assert!(elsewhere.ends_with(&format!("; {AGAIN}")), "{elsewhere}");
    assert!(!elsewhere.contains("same command"), "{elsewhere}");
    let sign_in = closes("FAILED", scp, "us-east-1");
    assert!(!sign_in.contains("--regions"), "{sign_in}");
    assert_eq!(closes("FAILED", "Internal failure", "eu-west-1"), AGAIN);
    // AWS may show an operation that is long over (github.com/aws-cloudformation/cloudformation-coverage-roadmap, issue 1751).
    let pending = closes("PENDING", "", "eu-west-1");
    assert!(
        pending.ends_with("or tries again where none is"),
        "{pending}"
    );
}
