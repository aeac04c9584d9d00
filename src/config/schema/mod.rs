//! What can be set: the one list that the file's check, the editors' schema and `rootwatch init` come from.

mod hub;
mod ignore;
mod notify;
mod spokes;

pub(crate) use hub::{
    EMAIL, ENDPOINT, HUB, HUB_ACCOUNT, HUB_PROFILE, HUB_REGION, HUB_ROLE, KMS_KEY, LOG_KMS_KEY,
    LOG_RETENTION_DAYS, PROTOCOL, QUEUE_KMS_KEY, SELF_CHECK, SUBSCRIPTIONS, TOPIC_NAME,
};
pub(crate) use ignore::{
    IGNORE, IGNORE_ACCOUNT, IGNORE_ID, IGNORE_REASON, IGNORE_REGION, IGNORE_RESOURCE,
};
pub(crate) use notify::{
    ACCOUNT_NAMES, CONTACT, FORMAT, NOTIFY, OWNERS, READ_ONLY, ROUTES, RUNBOOK,
};
pub(crate) use spokes::{
    CALL_AS, FAILURE_TOLERANCE, HEARTBEAT, INSTANCE_QUOTA, MAX_CONCURRENT, OU, REGION_CONCURRENCY,
    REGIONS, SPOKES,
};

use super::form::{self, Form, PairForm};
use rootwatch_engine::DEFAULT_NAME;

/// A key of `rootwatch.toml`, and the flag that says the same.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it is for, as a sentence without its full stop.
    pub(crate) meaning: &'static str,
    /// What holds when it is not given.
    pub(crate) default: &'static str,
    /// A value that may be given, as TOML.
    pub(crate) example: &'static str,
    pub(crate) flag: &'static str,
    /// Variables of AWS's that win over the file: they are the credentials of whoever runs this.
    pub(crate) environment: &'static [&'static str],
    /// Whether nearly everyone has to set it.
    pub(crate) essential: bool,
    /// Whether a table that holds it may leave it out.
    pub(crate) optional: bool,
}

impl Key {
    /// Whether this is the same key: several tables have one called `region`.
    pub(crate) fn is(&self, other: &Key) -> bool {
        std::ptr::eq(self, other)
    }

    /// What stands above each of its tables, without the brackets.
    pub(crate) fn header(&self) -> String {
        match self.is(&IGNORE) {
            true => self.name.to_owned(),
            false => format!("hub.{}", self.name),
        }
    }
}

/// The type of a key's value.
#[derive(Debug)]
pub(crate) enum Kind {
    Text(Form),
    /// One of several strings.
    Choice(fn() -> Vec<String>),
    /// One of several numbers.
    Number(&'static [i64]),
    /// Several strings.
    List(Form),
    /// Any names, each with a text.
    Pairs(PairForm),
    Table(&'static [&'static Key]),
    /// Several tables, in each of which every key must be there that is not optional.
    Tables(&'static [&'static Key]),
}

/// What most keys have in common.
const KEY: Key = Key {
    name: "",
    kind: Kind::Table(&[]),
    meaning: "",
    default: "",
    example: "",
    flag: "",
    environment: &[],
    essential: false,
    optional: false,
};

/// All keys, in the order in which people read them.
pub(crate) static ROOT: &[&Key] = &[
    &NAME,
    &PROFILE,
    &REGION,
    &ENDPOINT_URL,
    &ORG_ID,
    &TIMEOUT,
    &HUB,
    &MANAGEMENT,
    &NOTIFY,
    &ACCOUNT_NAMES,
    &OWNERS,
    &ROUTES,
    &SPOKES,
    &GUARDRAIL,
    &IAM,
    &TAGS,
    &IGNORE,
];

pub(crate) static NAME: Key = Key {
    name: "name",
    kind: Kind::Text(form::deployment_name),
    meaning: "Name of the deployment; every resource's name begins with it",
    default: DEFAULT_NAME,
    example: r#""rootwatch""#,
    flag: "--name",
    ..KEY
};

pub(crate) static PROFILE: Key = Key {
    name: "profile",
    kind: Kind::Text(form::not_empty),
    meaning: "Profile of the AWS configuration to take credentials and region from",
    default: "as the AWS CLI finds them",
    example: r#""security""#,
    flag: "--profile",
    environment: &["AWS_PROFILE", "AWS_ACCESS_KEY_ID"],
    ..KEY
};

pub(crate) static REGION: Key = Key {
    name: "region",
    kind: Kind::Text(form::region),
    meaning: "Region that the hub and the StackSet live in; it must be in the partition of the credentials",
    default: "AWS_REGION, AWS_DEFAULT_REGION, or as the AWS CLI finds it",
    example: r#""eu-west-1""#,
    flag: "--region",
    ..KEY
};

pub(crate) static ENDPOINT_URL: Key = Key {
    name: "endpoint_url",
    kind: Kind::Text(form::web_address),
    meaning: "Address to send all calls to instead of AWS's",
    default: "AWS_ENDPOINT_URL, or AWS's own",
    example: r#""http://localhost:4566""#,
    flag: "--endpoint-url",
    ..KEY
};

pub(crate) static ORG_ID: Key = Key {
    name: "org_id",
    kind: Kind::Text(form::organization),
    meaning: "Organization that may forward events to the hub",
    default: "looked up",
    example: r#""o-a1b2c3d4e5""#,
    flag: "--org-id",
    ..KEY
};

pub(crate) static TIMEOUT: Key = Key {
    name: "timeout",
    kind: Kind::Text(form::duration),
    meaning: "How long to wait at most for AWS to end a StackSet operation, or to show what was set",
    default: "4h",
    example: r#""30m""#,
    flag: "--timeout",
    ..KEY
};

pub(crate) static MANAGEMENT: Key = Key {
    name: "management",
    kind: Kind::Table(&[&MANAGEMENT_PROFILE, &MANAGEMENT_ROLE]),
    meaning: "The management account, whose own stacks no other account can see",
    ..KEY
};

pub(crate) static MANAGEMENT_PROFILE: Key = Key {
    name: "profile",
    kind: Kind::Text(form::not_empty),
    meaning: "Profile of the AWS configuration with credentials of the management account, for a run elsewhere",
    default: "none, so its own stacks need a run there",
    example: r#""management""#,
    flag: "--management-profile",
    ..KEY
};

pub(crate) static MANAGEMENT_ROLE: Key = Key {
    name: "role",
    kind: Kind::Text(form::role_arn),
    meaning: "Role to assume in the management account, for a run elsewhere; with the credentials of the profile, if there is one",
    default: "none",
    example: r#""arn:aws:iam::444455556666:role/rootwatch""#,
    flag: "--management-role",
    ..KEY
};

pub(crate) static GUARDRAIL: Key = Key {
    name: "guardrail",
    kind: Kind::Table(&[&FREE_ROLES]),
    meaning: "The organization's service control policy that keeps the spokes as they are, which `deploy guardrail` makes",
    ..KEY
};

pub(crate) static FREE_ROLES: Key = Key {
    name: "free_roles",
    kind: Kind::List(form::free_role),
    meaning: "Roles of the member accounts that it does not bind, by name, by pattern or by ARN, such as Control Tower's; the roles of StackSets are never bound",
    default: "none",
    example: r#"["AWSControlTowerExecution"]"#,
    flag: "--free-role",
    ..KEY
};

pub(crate) static IAM: Key = Key {
    name: "iam",
    kind: Kind::Table(&[&PERMISSIONS_BOUNDARY, &IAM_PATH, &ROLE_PREFIX]),
    meaning: "What the organization demands of IAM roles, the notifier's and those of the spokes",
    ..KEY
};

pub(crate) static PERMISSIONS_BOUNDARY: Key = Key {
    name: "permissions_boundary",
    kind: Kind::Text(form::permissions_boundary),
    meaning: "Policy that bounds each role: the ARN of one of AWS's, or the path and name of one that exists in every account",
    default: "none",
    example: r#""/team/Boundary""#,
    flag: "--permissions-boundary",
    ..KEY
};

pub(crate) static IAM_PATH: Key = Key {
    name: "path",
    kind: Kind::Text(form::iam_path),
    meaning: "Path of the roles; to change it, change the prefix too",
    default: "/",
    example: r#""/team/""#,
    flag: "--iam-path",
    ..KEY
};

pub(crate) static ROLE_PREFIX: Key = Key {
    name: "role_prefix",
    kind: Kind::Text(form::role_prefix),
    meaning: "What the roles' names begin with, before the deployment's name",
    default: "none",
    example: r#""Corp-""#,
    flag: "--role-prefix",
    ..KEY
};

pub(crate) static TAGS: Key = Key {
    name: "tags",
    kind: Kind::Pairs(form::tag),
    meaning: "Tags for everything that can carry one",
    default: "none",
    example: r#"team = "security""#,
    flag: "--tag",
    ..KEY
};

fn words<T>(all: &[(&'static str, T)]) -> Vec<String> {
    all.iter().map(|(word, _)| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests;
