//! `[hub]`: the account that gathers the events and notifies people.

use super::{KEY, Key, Kind, words};
use crate::config::form;
use rootwatch_engine::SelfCheck;

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
    meaning: "The daily self-check, which mails what is wrong or changed: also that all is well every week or day (`weekly`, `daily`), or not at all (`problems`); `off`: no self-check",
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
