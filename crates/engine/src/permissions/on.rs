//! What an action is allowed on: ARNs of one deployment, as narrow as AWS supports, and conditions.
//!
//! Source: Service Authorization Reference, for each service. What supports no resource-level permissions has `*`, and so
//! have the lists of Organizations' tree, which only read.

use crate::adopt::Named;
use crate::hub::pattern::CANARY_DETAIL_TYPE;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::reference::{BUS, FUNCTION, ROLE, RULE};
use rootwatch_root_event::CANARY_SOURCE;
use serde_json::{Value, json};

/// Where a command runs.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) names: Names,
    pub(super) management: String,
    pub(super) organization: String,
    /// ARNs of the topics of routes.
    pub(super) routes: Vec<String>,
    /// The role in the spokes that `verify` and `test` enter.
    pub(super) role: Option<String>,
    /// What of AWS's published pattern has a name that somebody chose; `None` where that is not known.
    pub(super) pattern: Option<Named>,
}

/// Resources and the condition of a statement.
#[derive(Debug, PartialEq)]
pub(super) struct On {
    pub(super) sid: String,
    pub(super) resources: Vec<String>,
    pub(super) condition: Option<Value>,
}

impl On {
    /// Of a kind in the table; `None` for one that is unknown, or that this run does not have.
    pub(super) fn of(kind: &str, place: &Place) -> Option<Self> {
        Some(Self {
            sid: sid(kind),
            resources: place.resources(kind)?,
            condition: place.condition(kind),
        })
    }
}

/// `test-queues` as `TestQueues`: a Sid has letters and digits only.
fn sid(kind: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    kind.split('-').map(word).collect()
}

impl Place {
    fn resources(&self, kind: &str) -> Option<Vec<String>> {
        let names = &self.names;
        let (partition, account) = (names.partition.name(), &names.account);
        let one = |arn: String| vec![arn];
        let global =
            |service: &str, rest: &str| format!("arn:{partition}:{service}::{account}:{rest}");
        let anywhere =
            |service: &str, rest: &str| format!("arn:{partition}:{service}:*:{account}:{rest}");
        let of_organization = |rest: &str| {
            format!(
                "arn:{partition}:organizations::{}:{rest}/{}",
                self.management, self.organization
            )
        };
        let set = names.stack_set();
        let topics = || {
            vec![
                names.topic_arn(&names.alerts_topic()),
                names.topic_arn(&names.health_topic()),
            ]
        };
        Some(match kind {
            "any" => one("*".into()),
            "bus" => one(names.bus_arn()),
            "bus-anywhere" => one(anywhere("events", &format!("event-bus/{}", names.bus()))),
            // Those on the bus, and those for changes of the hub on the default bus.
            "rules" => vec![
                names.rule_arn(&format!("{}-*", names.deployment)),
                names.default_rule_arn(&format!("{}-hub-*", names.deployment)),
                names.default_rule_arn(&names.self_check()),
            ],
            "all-rules" => one(names.rule_arn("*")),
            "test-rules" => one(names.rule_arn(&names.test("*"))),
            "spoke-rules" => std::iter::once(names.spoke_rule())
                .chain(names.spoke_tampering_rules())
                .map(|it| anywhere("events", &format!("rule/{it}")))
                .collect(),
            "role" | "role-passed" => vec![names.role_arn(), names.self_check_role_arn()],
            "function" => vec![names.function_arn(), names.self_check_arn()],
            "function-versions" => one(format!("{}:*", names.function_arn())),
            "mappings" => one(names.arn("lambda", "event-source-mapping:*")),
            // Both functions', and their streams: a policy has room for 6,144 characters.
            "log-group" => one(names.arn(
                "logs",
                &format!("log-group:/aws/lambda/{}-*", names.deployment),
            )),
            "log-groups" => one(names.arn("logs", "log-group:*")),
            "alarms" => one(names.alarm_arn(&names.alarm("*"))),
            "all-alarms" => one(names.alarm_arn("*")),
            "topics" => topics(),
            "alerts-topic" => one(names.topic_arn(&names.alerts_topic())),
            "route-topics" => match self.routes.as_slice() {
                [] => return None,
                routes => routes.to_vec(),
            },
            "queues" => [
                names.acts_queue(),
                names.reads_queue(),
                names.dead_letter_queue(),
            ]
            .map(|it| names.queue_arn(&it))
            .into(),
            "dead-letters" => one(names.queue_arn(&names.dead_letter_queue())),
            "test-queues" => one(names.queue_arn(&names.test("*"))),
            "keys" => one(names.arn("kms", "key/*")),
            "policies" => vec![names.boundary_arn()?],
            "entered-role" => one(format!(
                "arn:{partition}:iam::*:role/{}",
                self.role.as_ref()?
            )),
            "account" => one(global("account", "account")),
            "accounts" => one(format!(
                "arn:{partition}:account::{}:account/{}/*",
                self.management, self.organization
            )),
            "trails" => one(format!("arn:{partition}:cloudtrail:*:*:trail/*")),
            "stack-set" | "stack-set-anywhere" => self.stack_set(&set),
            "own-stacks" => one(anywhere("cloudformation", &format!("stack/{set}/*"))),
            "own-queues" => one(anywhere("sqs", &format!("{set}-*"))),
            "own-roles" => {
                let (path, prefix) = (names.iam.path(), &names.iam.role_prefix);
                one(global("iam", &format!("role{path}{prefix}{set}-*")))
            }
            _ if kind.ends_with("-in-spokes") => return self.in_spokes(kind),
            "pattern-bus" => one(anywhere("events", &format!("event-bus/{BUS}"))),
            "pattern-rule" => one(anywhere("events", &format!("rule/{BUS}/{RULE}"))),
            "pattern-rules" => one(anywhere("events", &format!("rule/{BUS}/*"))),
            "pattern-function" => one(anywhere("lambda", &format!("function:{FUNCTION}"))),
            "pattern-role" => one(global("iam", &format!("role/{ROLE}"))),
            "pattern-logs" => one(anywhere("logs", "log-group:*")),
            "pattern-topics" => match &self.pattern {
                None => one(anywhere("sns", "*")),
                Some(named) if named.topics.is_empty() => return None,
                Some(named) => named.topics.clone(),
            },
            "pattern-stack-sets" => match &self.pattern {
                None => self.stack_set("*"),
                Some(named) if named.stack_sets.is_empty() => return None,
                Some(named) => named
                    .stack_sets
                    .iter()
                    .flat_map(|it| self.stack_set(it))
                    .collect(),
            },
            "stack-sets" => self.stack_set("*"),
            "subscribed-queues" => one(anywhere("sqs", "*")),
            "subscribed-functions" => one(anywhere("lambda", "function:*")),
            "accounts-of-organization" => one(format!("{}/*", of_organization("account"))),
            "scp" => one(format!(
                "{}/service_control_policy/*",
                of_organization("policy")
            )),
            // Neither has an ARN before it is made.
            "scp-new" | "scp-tagged" | "mappings-new" => one("*".into()),
            "scp-and-targets" => ["policy", "root", "ou", "account"]
                .map(|it| match it {
                    "policy" => format!("{}/service_control_policy/*", of_organization(it)),
                    other => format!("{}/*", of_organization(other)),
                })
                .into(),
            "roots" => one(format!("{}/*", of_organization("root"))),
            _ => return None,
        })
    }

    /// In whatever account a spoke is. What CloudFormation names begins with the stack's name, of which a role's keeps a
    /// part only.
    fn in_spokes(&self, kind: &str) -> Option<Vec<String>> {
        let names = &self.names;
        let (partition, set) = (names.partition.name(), names.stack_set());
        let regional = |service: &str, rest: &str| format!("arn:{partition}:{service}:*:*:{rest}");
        let iam = |rest: &str| format!("arn:{partition}:iam::*:{rest}");
        Some(match kind {
            "bus-in-spokes" => vec![regional("events", "event-bus/default")],
            "rules-in-spokes" => std::iter::once(names.spoke_rule())
                .chain(names.spoke_tampering_rules())
                .map(|it| regional("events", &format!("rule/{it}")))
                .collect(),
            "roles-in-spokes" => vec![
                iam("role/*StackSet-*-ForwardRole-*"),
                iam(&format!("role/*{set}-*")),
            ],
            "policies-in-spokes" => vec![iam("policy/*")],
            "queues-in-spokes" => vec![
                regional("sqs", &format!("StackSet-{set}-*")),
                regional("sqs", &format!("{set}-*")),
            ],
            _ => return None,
        })
    }

    /// The StackSet, whose ARN has the account that administers it, and what an operation on it is about.
    fn stack_set(&self, set: &str) -> Vec<String> {
        let partition = self.names.partition.name();
        let mut accounts = vec![&self.names.account, &self.management];
        accounts.dedup();
        let of = |account: &&String| {
            let arn = |kind: &str, rest: &str| {
                format!("arn:{partition}:cloudformation:*:{account}:{kind}/{set}:{rest}")
            };
            [arn("stackset", "*"), arn("stackset-target", "*")]
        };
        let types = format!("arn:{partition}:cloudformation:*::type/resource/*");
        accounts.iter().flat_map(of).chain([types]).collect()
    }

    fn condition(&self, kind: &str) -> Option<Value> {
        match kind {
            "role-passed" => {
                Some(json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}))
            }
            "mappings" | "mappings-new" => {
                Some(json!({"ArnEquals": {"lambda:FunctionArn": self.names.function_arn()}}))
            }
            // Both keys are lists, and the operator alone would let empty ones pass.
            "bus-in-spokes" => Some(json!({
                "ForAllValues:StringEquals": {
                    "events:detail-type": CANARY_DETAIL_TYPE,
                    "events:source": CANARY_SOURCE,
                },
                "Null": {"events:detail-type": "false", "events:source": "false"},
            })),
            "scp-new" => Some(
                json!({"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}),
            ),
            "scp-tagged" => {
                let key = format!("aws:RequestTag/{DEPLOYMENT_TAG}");
                Some(json!({"StringEquals": {key: self.names.deployment}}))
            }
            _ => None,
        }
    }
}
