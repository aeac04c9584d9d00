//! What can be set: the one list that the file's check, the editors' schema and `rootwatch init` come from.

use super::form::{self, Form, PairForm};
use super::messages;
use rootwatch_engine::{CallAs, RegionConcurrency, SelfCheck};
use rootwatch_root_event::{Format, ReadOnly};

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
    default: "rootwatch",
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

pub(crate) static HUB: Key = Key {
    name: "hub",
    kind: Kind::Table(&[
        &EMAIL,
        &TOPIC_NAME,
        &KMS_KEY,
        &LOG_KMS_KEY,
        &QUEUE_KMS_KEY,
        &LOG_RETENTION_DAYS,
        &SELF_CHECK,
        &HUB_ACCOUNT,
        &HUB_REGION,
        &HUB_PROFILE,
        &HUB_ROLE,
        &SUBSCRIPTIONS,
    ]),
    meaning: "The account that gathers the events and notifies people",
    ..KEY
};

pub(crate) static EMAIL: Key = Key {
    name: "email",
    kind: Kind::List(form::email),
    meaning: "E-mail addresses to notify; each person confirms twice, for alerts and for health, by the links in two mails from AWS",
    default: "none",
    example: r#"["security@example.com"]"#,
    flag: "--email",
    essential: true,
    ..KEY
};

pub(crate) static TOPIC_NAME: Key = Key {
    name: "topic_name",
    kind: Kind::Text(form::topic_name),
    meaning: "Name of the topic for alerts",
    default: "<name>-alerts",
    example: r#""root-alerts""#,
    flag: "--topic-name",
    ..KEY
};

pub(crate) static KMS_KEY: Key = Key {
    name: "kms_key",
    kind: Kind::Text(form::kms_key),
    meaning: "KMS key for the alerts topic, by ARN; it must be in the hub's region",
    default: "alias/aws/sns",
    example: r#""arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab""#,
    flag: "--kms-key",
    ..KEY
};

pub(crate) static LOG_KMS_KEY: Key = Key {
    name: "log_kms_key",
    kind: Kind::Text(form::key_arn),
    meaning: "KMS key for the notifier's log, by ARN; its policy must let CloudWatch Logs use it",
    default: "CloudWatch's own",
    example: r#""arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab""#,
    flag: "--log-kms-key",
    ..KEY
};

pub(crate) static QUEUE_KMS_KEY: Key = Key {
    name: "queue_kms_key",
    kind: Kind::Text(form::key_arn),
    meaning: "KMS key for the hub's queues, by ARN; its policy must let EventBridge (events.amazonaws.com), and for `test` SNS (sns.amazonaws.com), call kms:GenerateDataKey and kms:Decrypt",
    default: "SQS's own",
    example: r#""arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab""#,
    flag: "--queue-kms-key",
    ..KEY
};

pub(crate) static LOG_RETENTION_DAYS: Key = Key {
    name: "log_retention_days",
    kind: Kind::Number(&form::RETENTION_DAYS),
    meaning: "Days to keep the logs of the notifier and of the self-check",
    default: "365",
    example: "90",
    flag: "--log-retention-days",
    ..KEY
};

pub(crate) static SELF_CHECK: Key = Key {
    name: "self_check",
    kind: Kind::Choice(|| words(&SelfCheck::ALL)),
    meaning: "The daily self-check, which mails what is wrong or changed: how often also that all is well (`weekly`, `daily`, or never: `problems`), or `off`",
    default: "weekly",
    example: r#""daily""#,
    flag: "--self-check",
    ..KEY
};

pub(crate) static HUB_ACCOUNT: Key = Key {
    name: "account",
    kind: Kind::Text(form::account),
    meaning: "Account of the hub, for `deploy spokes` run elsewhere",
    default: "this one, if the hub is here",
    example: r#""111122223333""#,
    flag: "--hub-account",
    ..KEY
};

pub(crate) static HUB_REGION: Key = Key {
    name: "region",
    kind: Kind::Text(form::region),
    meaning: "Region of the hub, for `deploy spokes` run elsewhere",
    default: "the region of this run",
    example: r#""eu-west-1""#,
    flag: "--hub-region",
    ..KEY
};

pub(crate) static HUB_PROFILE: Key = Key {
    name: "profile",
    kind: Kind::Text(form::not_empty),
    meaning: "Profile of the AWS configuration with credentials of the hub's account, for a run elsewhere",
    default: "none, so a run elsewhere does not see the hub",
    example: r#""hub""#,
    flag: "--hub-profile",
    ..KEY
};

pub(crate) static HUB_ROLE: Key = Key {
    name: "role",
    kind: Kind::Text(form::role_arn),
    meaning: "Role to assume in the hub's account, for a run elsewhere; with the credentials of the profile, if there is one",
    default: "none",
    example: r#""arn:aws:iam::111122223333:role/rootwatch""#,
    flag: "--hub-role",
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

pub(crate) static SUBSCRIPTIONS: Key = Key {
    name: "subscriptions",
    kind: Kind::Tables(&[&PROTOCOL, &ENDPOINT]),
    meaning: "Any other subscription; write one such block for each. The same one twice counts once",
    default: "none",
    flag: "--sns-subscription",
    ..KEY
};

pub(crate) static PROTOCOL: Key = Key {
    name: "protocol",
    kind: Kind::Choice(form::protocols),
    meaning: "How SNS reaches it",
    example: r#""sms""#,
    ..KEY
};

pub(crate) static ENDPOINT: Key = Key {
    name: "endpoint",
    kind: Kind::Text(form::not_empty),
    meaning: "Address, phone number or ARN, in the form that the protocol requires",
    example: r#""+491701234567""#,
    ..KEY
};

pub(crate) static NOTIFY: Key = Key {
    name: "notify",
    kind: Kind::Table(&[&READ_ONLY, &FORMAT, &RUNBOOK, &CONTACT]),
    meaning: "How people are notified",
    ..KEY
};

pub(crate) static READ_ONLY: Key = Key {
    name: "read_only",
    kind: Kind::Choice(|| words(&ReadOnly::ALL)),
    meaning: "How read-only activity is reported: a digest a session, each call on its own, or not at all",
    default: "digest",
    example: r#""off""#,
    flag: "--notify-read-only",
    ..KEY
};

pub(crate) static FORMAT: Key = Key {
    name: "format",
    kind: Kind::Choice(|| words(&Format::ALL)),
    meaning: "Message body for subscriptions other than e-mail and SMS: JSON (text), or a notification for Amazon Q Developer in chat applications (chatbot)",
    default: "text",
    example: r#""chatbot""#,
    flag: "--notify-format",
    ..KEY
};

pub(crate) static RUNBOOK: Key = Key {
    name: "runbook",
    kind: Kind::Text(messages::runbook),
    meaning: "Link to what the organization does when root acts; it stands first under \"What to do now\"",
    default: "none",
    example: r#""https://wiki.example.com/runbooks/root""#,
    flag: "--notify-runbook",
    ..KEY
};

pub(crate) static CONTACT: Key = Key {
    name: "contact",
    kind: Kind::Text(messages::contact),
    meaning: "Whom to ask, in a few words; it stands below the runbook",
    default: "none",
    example: r##""Security on call, +49 30 1234567, #sec-incident""##,
    flag: "--notify-contact",
    ..KEY
};

pub(crate) static OWNERS: Key = Key {
    name: "owners",
    kind: Kind::Pairs(messages::owner),
    meaning: "Who owns an account, or the accounts of an organizational unit (ou-…) or the root (r-…), by its id; the nearest counts. Units need a hub that may read Organizations",
    default: "none",
    example: r#"ou-ab12-cdefgh34 = "Payments, payments-oncall@example.com""#,
    flag: "--owner",
    ..KEY
};

pub(crate) static ROUTES: Key = Key {
    name: "routes",
    kind: Kind::Pairs(messages::route),
    meaning: "What further topics get, by their ARNs, in the hub's region: all, or severity=… (the least), of=… (accounts and units, with commas) and format=… (text, chatbot, jira, ocsf, pagerduty, slack, teams); the alerts topic gets all messages in any case",
    default: "none",
    example: r#""arn:aws:sns:eu-west-1:111122223333:payments-alerts" = "severity=high of=ou-ab12-cdefgh34""#,
    flag: "--route",
    ..KEY
};

pub(crate) static ACCOUNT_NAMES: Key = Key {
    name: "account_names",
    kind: Kind::Pairs(form::account_name),
    meaning: "Names of accounts, where the hub may not read them from Organizations",
    default: "as Organizations says, if the hub is a delegated administrator",
    example: r#"111122223333 = "Prod-Payments""#,
    flag: "--account-name",
    ..KEY
};

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

pub(crate) static IGNORE: Key = Key {
    name: "ignore",
    kind: Kind::Tables(&[
        &IGNORE_ID,
        &IGNORE_ACCOUNT,
        &IGNORE_REGION,
        &IGNORE_RESOURCE,
        &IGNORE_REASON,
    ]),
    meaning: "A finding of `status` or `verify` that is accepted: shown, and no reason to end with 2; write one such block for each. docs/findings.md lists the kinds",
    default: "none",
    flag: "--ignore",
    ..KEY
};

pub(crate) static IGNORE_ID: Key = Key {
    name: "id",
    kind: Kind::Text(form::finding),
    meaning: "Number of the kind of finding",
    example: r#""RW307""#,
    ..KEY
};

pub(crate) static IGNORE_ACCOUNT: Key = Key {
    name: "account",
    kind: Kind::Text(form::account),
    meaning: "Only of this account",
    example: r#""111122223333""#,
    optional: true,
    ..KEY
};

pub(crate) static IGNORE_REGION: Key = Key {
    name: "region",
    kind: Kind::Text(form::region),
    meaning: "Only in this region",
    example: r#""ap-southeast-5""#,
    optional: true,
    ..KEY
};

pub(crate) static IGNORE_RESOURCE: Key = Key {
    name: "resource",
    kind: Kind::Text(form::not_empty),
    meaning: "Only of this resource, by its name, or by its kind and name",
    example: r#""stack-set rootwatch-spoke""#,
    optional: true,
    ..KEY
};

pub(crate) static IGNORE_REASON: Key = Key {
    name: "reason",
    kind: Kind::Text(form::not_empty),
    meaning: "Why it is accepted",
    example: r#""an SCP denies this region to everybody""#,
    ..KEY
};

fn words<T>(all: &[(&'static str, T)]) -> Vec<String> {
    all.iter().map(|(word, _)| (*word).to_owned()).collect()
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
