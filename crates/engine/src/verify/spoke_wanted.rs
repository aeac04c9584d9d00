//! What the template makes in an account and region. Pure.
//!
//! The template is CloudFormation's, so this says the same a second time; the lab deploys the template, and
//! `tests/verify/reads.rs` holds the one against the other.

use super::identity::Identity;
use crate::heartbeat::Heartbeat;
use crate::hub::not_default::{self, NotDefault};
use crate::hub::pattern;
use crate::hub::queue::Queue;
use crate::hub::rule::{ALL_MANAGEMENT_EVENTS, DEFAULT_BUS, ENABLED, Rule};
use crate::hub::tampering;
use crate::hub::targets::Target;
use crate::names::{DEPLOYMENT_TAG, Names};
use rootwatch_eval::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Key of the one statement in each policy of the template, none of which has a `Sid`.
pub(super) const STATEMENT: &str = "statement 1";
/// Seconds.
const RETENTION: u64 = 14 * 24 * 3600;
/// Seconds, where the template says nothing (SQS API Reference, SetQueueAttributes).
const VISIBILITY: u64 = 30;

/// An account and region, and the parameters of its stack.
pub(super) struct At<'a> {
    pub(super) names: &'a Names,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) parameters: &'a BTreeMap<String, String>,
}

/// The role that forwards, as it is compared.
#[derive(Debug, Serialize)]
pub(super) struct Forwarder {
    trust: Policy,
    /// All that it has, inline and managed.
    policies: Vec<Policy>,
    permissions_boundary: Option<String>,
    /// The tag that says whose it is.
    deployment: Option<String>,
}

impl Forwarder {
    pub(super) fn found(role: &Identity) -> Self {
        Self {
            trust: role.trust.clone(),
            policies: role.policies.clone(),
            permissions_boundary: role.boundary_arn.clone(),
            deployment: role.tags.get(DEPLOYMENT_TAG).cloned(),
        }
    }
}

impl At<'_> {
    fn partition(&self) -> &'static str {
        self.names.partition.name()
    }

    /// The ARNs of the three rules, that for root's activity first.
    pub(super) fn rule_arns(&self) -> [String; 3] {
        let [own, of_organization] = self.names.spoke_tampering_rules();
        [self.names.spoke_rule(), own, of_organization].map(|name| self.arn(&name))
    }

    fn arn(&self, rule: &str) -> String {
        let (partition, region, account) = (self.partition(), self.region, self.account);
        format!("arn:{partition}:events:{region}:{account}:rule/{rule}")
    }

    /// The rules for tampering. They forward by the same role and the same queue as the rule for root's activity, where that
    /// is found.
    pub(super) fn tampering_rules(&self, found: [&Rule; 2], main: Option<&Rule>) -> [Rule; 2] {
        let none = String::new();
        let prefix = self.parameters.get("RolePrefix").unwrap_or(&none);
        let patterns = [
            tampering::spoke(&self.names.deployment, prefix),
            tampering::organization(),
        ];
        let [own, of_organization] = self.names.spoke_tampering_rules();
        let main = main.filter(|it| {
            let bus = self.names.bus_arn();
            let mut targets = it.targets.values().filter(|target| target.arn == bus);
            targets.any(|target| target.role.is_some() && target.dead_letter_queue.is_some())
        });
        let rule = |name: String, found: &Rule, pattern| Rule {
            arn: self.arn(&name),
            name,
            event_pattern: pattern,
            not_default: NotDefault::new(),
            state: ENABLED.into(),
            tags: found.tags.clone(),
            ..self.rule(main.unwrap_or(found))
        };
        let [for_own, for_organization] = patterns;
        [
            rule(own, found[0], for_own),
            rule(of_organization, found[1], for_organization),
        ]
    }

    /// The names of the role and the queue are CloudFormation's: those that are found are judged by themselves.
    pub(super) fn rule(&self, found: &Rule) -> Rule {
        let bus = self.names.bus_arn();
        let target = found.targets.values().find(|it| it.arn == bus);
        let named = |arn: Option<&String>, what: &str| {
            Some(
                arn.cloned()
                    .unwrap_or_else(|| format!("the {what} of its stack")),
            )
        };
        let target = Target {
            dead_letter_queue: named(
                target.and_then(|it| it.dead_letter_queue.as_ref()),
                "dead-letter queue",
            ),
            role: named(target.and_then(|it| it.role.as_ref()), "role"),
            arn: bus,
            input: None,
            maximum_event_age: None,
            maximum_retry_attempts: None,
            not_default: NotDefault::new(),
        };
        Rule {
            name: self.names.spoke_rule(),
            arn: self.arn(&self.names.spoke_rule()),
            bus: DEFAULT_BUS.into(),
            description: String::new(),
            event_pattern: pattern::root_activity(),
            not_default: not_default::of_rule(self.schedule(found), None),
            state: ALL_MANAGEMENT_EVENTS.into(),
            tags: found.tags.clone(),
            targets: BTreeMap::from([("hub".into(), target)]),
        }
    }

    /// That of the parameters; where they are not known, one that rootwatch could have made.
    fn schedule<'a>(&'a self, found: &'a Rule) -> Option<&'a str> {
        let schedule = self.parameters.get(Heartbeat::PARAMETER);
        let found = found.not_default.get("ScheduleExpression");
        let found = found.and_then(Value::as_str);
        let found = found.filter(|it| Heartbeat::of_schedule(it).is_some());
        schedule.map(String::as_str).or(found)
    }

    /// The role of the rules' targets.
    pub(super) fn role(&self) -> Forwarder {
        let trust = json!({
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": self.account},
                "ArnEquals": {"aws:SourceArn": self.rule_arns()},
            },
        });
        let forward = json!({
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": self.names.bus_arn(),
        });
        Forwarder {
            trust: one(trust),
            policies: vec![one(forward)],
            permissions_boundary: self.boundary(),
            deployment: Some(self.names.deployment.clone()),
        }
    }

    fn boundary(&self) -> Option<String> {
        let parameter = |name| self.parameters.get(name).filter(|it| !it.is_empty());
        let policy = parameter("PermissionsBoundary")?;
        let owner = parameter("BoundaryAccount").map_or(self.account, String::as_str);
        Some(format!(
            "arn:{}:iam::{owner}:policy/{policy}",
            self.partition()
        ))
    }

    /// The queue of the rule's target, of this ARN.
    pub(super) fn queue(&self, arn: &str) -> Queue {
        let sends = json!({
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self.rule_arns()}},
        });
        Queue {
            name: arn.rsplit(':').next().unwrap_or_default().to_owned(),
            kms_key: None,
            message_retention_period: Some(RETENTION),
            not_default: NotDefault::new(),
            policy: one(sends),
            redrive: None,
            sqs_managed_sse: true,
            tags: BTreeMap::new(),
            visibility_timeout: Some(VISIBILITY),
            depth: None,
            in_flight: None,
        }
    }
}

fn one(statement: Value) -> Policy {
    Policy::of([(STATEMENT, statement)])
}
