//! `[spokes]`: the accounts that forward, and how they are deployed to.

use super::{KEY, Key, Kind, words};
use crate::config::form;
use rootwatch_engine::{CallAs, RegionConcurrency};

pub(crate) static SPOKES: Key = Key {
    name: "spokes",
    kind: Kind::Table(&[
        &OU,
        &REGIONS,
        &HEARTBEAT,
        &CALL_AS,
        &MAX_CONCURRENT,
        &FAILURE_TOLERANCE,
        &REGION_CONCURRENCY,
        &INSTANCE_QUOTA,
    ]),
    meaning: "The accounts whose root users are watched",
    ..KEY
};

pub(crate) static OU: Key = Key {
    name: "ou",
    kind: Kind::List(form::organizational_unit),
    meaning: "Organizational units, by id (ou-…), root id (r-…) or path; \"/\" selects all accounts",
    default: "none, so `deploy spokes` asks for one",
    example: r#"["/Workloads/Prod", "ou-ab12-cdefgh34"]"#,
    flag: "--ou",
    essential: true,
    ..KEY
};

pub(crate) static REGIONS: Key = Key {
    name: "regions",
    kind: Kind::List(form::region),
    meaning: "Regions to watch; the one that AWS records root sign-ins in must be among them",
    default: "all that are enabled",
    example: r#"["us-east-1", "eu-west-1"]"#,
    flag: "--regions",
    ..KEY
};

pub(crate) static HEARTBEAT: Key = Key {
    name: "heartbeat",
    kind: Kind::Text(form::heartbeat),
    meaning: "How often each account and region tells the hub that it is there, 1h to 12h, or off; `status` says who was last heard when",
    default: "6h",
    example: r#""12h""#,
    flag: "--heartbeat",
    ..KEY
};

pub(crate) static CALL_AS: Key = Key {
    name: "call_as",
    kind: Kind::Choice(|| words(&CallAs::ALL)),
    meaning: "Who calls CloudFormation: the management account, or a delegated administrator",
    default: "detected",
    example: r#""delegated-admin""#,
    flag: "--call-as",
    ..KEY
};

pub(crate) static MAX_CONCURRENT: Key = Key {
    name: "max_concurrent",
    kind: Kind::Text(form::at_least_one),
    meaning: "Accounts that a StackSet operation works on at once in each region, as a number or in percent",
    default: "100%",
    example: r#""25%""#,
    flag: "--max-concurrent",
    ..KEY
};

pub(crate) static FAILURE_TOLERANCE: Key = Key {
    name: "failure_tolerance",
    kind: Kind::Text(form::amount),
    meaning: "Accounts that may fail in a region before a StackSet operation stops there, as a number or in percent; each is reported all the same",
    default: "100%",
    example: r#""10""#,
    flag: "--failure-tolerance",
    ..KEY
};

pub(crate) static REGION_CONCURRENCY: Key = Key {
    name: "region_concurrency",
    kind: Kind::Choice(|| words(&RegionConcurrency::ALL)),
    meaning: "Whether a StackSet operation goes through all regions at once",
    default: "parallel",
    example: r#""sequential""#,
    flag: "--region-concurrency",
    ..KEY
};

pub(crate) static INSTANCE_QUOTA: Key = Key {
    name: "instance_quota",
    kind: Kind::Text(form::count),
    meaning: "Stack instances (accounts by regions) that AWS lets one StackSet have; a higher one has to be asked for first",
    default: "100000",
    example: r#""200000""#,
    flag: "--instance-quota",
    ..KEY
};
