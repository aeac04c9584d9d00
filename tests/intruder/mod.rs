//! Somebody else with all rights in the hub's account, or in a spoke's: the calls by which a deployment is changed
//! behind rootwatch's back, by service.

mod alarms;
mod events;
mod functions;
mod keys;
mod logs;
mod queues;
mod roles;
mod spoke;
mod topics;
mod upgrade;

pub(crate) use functions::filter;
pub(crate) use spoke::SpokeIntruder;

use crate::world::{REGION, World};
use serde_json::{Value, json};
use std::pin::Pin;

pub(crate) const BUS: &str = "rootwatch";
pub(crate) const ACTS: &str = "rootwatch-acts";
pub(crate) const READS: &str = "rootwatch-reads";
pub(crate) const FUNCTION: &str = "rootwatch-notifier";
pub(crate) const LOGS: &str = "/aws/lambda/rootwatch-notifier";
pub(crate) const ALARM: &str = "rootwatch-dead-letters";
pub(crate) const ROLE: &str = "rootwatch-notifier-eu-west-1";
pub(crate) const ALERTS: &str = "rootwatch-alerts";
pub(crate) const HEALTH: &str = "rootwatch-health";
pub(crate) const DEAD_LETTERS: &str = "rootwatch-dead-letters";

/// What somebody is about to do.
pub(crate) type Change<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

pub(crate) struct Intruder {
    pub(crate) hub: String,
    pub(crate) alarms: aws_sdk_cloudwatch::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

impl Intruder {
    pub(crate) fn new(world: &World) -> Self {
        let hub = world.organization.hub.clone();
        let sdk = world.sdk(&hub, REGION);
        Self {
            hub,
            alarms: aws_sdk_cloudwatch::Client::new(&sdk),
            events: aws_sdk_eventbridge::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            kms: aws_sdk_kms::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(&sdk),
            sns: aws_sdk_sns::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
        }
    }

    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{REGION}:{}:{resource}", self.hub)
    }
}

/// A policy of one statement.
pub(crate) fn policy(statement: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// A policy with a change to one of its statements, or without it.
pub(crate) fn policy_with(policy: &str, sid: &str, change: Option<(&str, Value)>) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array_mut().unwrap();
    match change {
        None => statements.retain(|statement| statement["Sid"] != sid),
        Some((field, value)) => {
            let statement = statements.iter_mut().find(|it| it["Sid"] == sid);
            statement.unwrap()[field] = value;
        }
    }
    policy.to_string()
}

/// A policy with one more statement.
pub(crate) fn with_statement(policy: &str, statement: Value) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    policy["Statement"].as_array_mut().unwrap().push(statement);
    policy.to_string()
}
