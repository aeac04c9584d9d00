//! What the self-check consists of, and what each part needs. Pure.

use super::permission::Permission;
use super::schedule::Schedule;
use super::settings::Told;
use super::{OfSelfCheck, SelfCheckFunction, SelfCheckLog, SelfCheckRole, policy};
use crate::hub::alarm::Alarm;
use crate::hub::desired::{Node, Wanted};
use crate::hub::function::Function;
use crate::hub::log_group::LogGroup;
use crate::hub::not_default::NotDefault;
use crate::hub::role::Role;
use crate::hub::targets::Target;
use crate::settings::SelfCheck;
use rootwatch_bundle as bundle;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds; the longest that Lambda lets a function run. At 10,000 accounts in 20 regions reading takes minutes.
const TIMEOUT: i32 = 900;
/// MB. `cargo bench-selfcheck` measures what the largest organization needs.
const MEMORY: i32 = 1024;
/// The day begins with the deployment.
const SCHEDULE: &str = "rate(1 day)";
/// Seconds of half a day, and how many of them without a run set off the alarm. CloudWatch evaluates seven days at the
/// most (CloudWatch API Reference, PutMetricAlarm).
const HALF_A_DAY: i32 = 12 * 3600;
const QUIET_HALF_DAYS: i32 = 3;
/// What the self-check's alarms are called, behind the deployment's name.
pub(crate) const ALARMS: [&str; 2] = ["selfcheck-errors", "selfcheck-silent"];

impl Wanted {
    /// Whether the self-check is to be there.
    pub(crate) fn has_self_check(&self) -> bool {
        self.self_check != SelfCheck::Off
    }

    /// Every resource of the self-check but its alarms, each after all that it needs; where it is off, in the order in
    /// which they are removed.
    pub(crate) fn self_check_nodes(&self, is_off: bool) -> Vec<Node> {
        let role = Node::free(self.of(self.self_check_role(), is_off));
        let log = Node::free(self.of(self.self_check_log(), is_off));
        let function = Node::free(self.of(self.self_check_function(), is_off));
        let permission = Node::free(self.of(self.self_check_permission(), is_off)).of(&function);
        let schedule = Node::free(self.of(self.self_check_schedule(), is_off));
        let needs = [
            (&function, &role),
            (&function, &log),
            (&permission, &function),
            (&schedule, &permission),
        ];
        let needs: Vec<(String, String)> = needs
            .iter()
            .map(|(one, other)| match is_off {
                true => (other.resource.id(), one.resource.id()),
                false => (one.resource.id(), other.resource.id()),
            })
            .collect();
        let mut nodes = vec![role, log, function, permission, schedule];
        if is_off {
            nodes.reverse();
        }
        for node in &mut nodes {
            let id = node.resource.id();
            let of_it = needs.iter().filter(|(one, _)| *one == id);
            node.needs = of_it.map(|(_, other)| other.clone()).collect();
        }
        nodes
    }

    fn of<R>(&self, it: R, is_off: bool) -> OfSelfCheck<R> {
        OfSelfCheck { it, is_off }
    }

    fn self_check_log(&self) -> LogGroup {
        LogGroup {
            name: self.names.self_check_log(),
            arn: self.names.self_check_log_arn(),
            ..self.log_group()
        }
    }

    fn self_check_role(&self) -> Role {
        Role {
            name: self.names.self_check_role(),
            policy_name: "selfcheck",
            description: Some(
                "Lets the rootwatch self-check read the deployment, send its test event and mail what it found".into(),
            ),
            inline_policy: policy::of(
                &self.names,
                &self.org_id,
                &self.own_keys(),
                &self.route_topics(),
            ),
            ..self.role()
        }
    }

    /// ARNs of the topics of routes.
    fn route_topics(&self) -> Vec<String> {
        let routes = self.notify.routes().into_iter();
        routes.map(|it| it.topic).collect()
    }

    /// The KMS keys of one's own, by their ARNs.
    fn own_keys(&self) -> Vec<String> {
        let all = [&self.kms_key, &self.log_kms_key, &self.queue_kms_key];
        let all: BTreeSet<&String> = all.into_iter().flatten().collect();
        all.into_iter().cloned().collect()
    }

    /// What its function is told.
    pub(crate) fn told(&self) -> Told {
        Told {
            name: self.names.deployment.clone(),
            mails: self.self_check,
            accepted: self.accepted.clone(),
        }
    }

    fn self_check_function(&self) -> Function {
        let settings = self.told().to_function();
        let code = bundle::self_check_zip();
        let package = settings.package_of(code);
        let function = Function {
            name: self.names.self_check(),
            arn: self.names.self_check_arn(),
            code,
            code_sha256: package.sha256.clone(),
            description: "Looks every day whether people would be notified".into(),
            log_group: self.names.self_check_log(),
            memory_size: MEMORY,
            role: self.names.self_check_role_arn(),
            settings,
            tags: self.tags(),
            timeout: TIMEOUT,
            package,
            ..self.function()
        };
        function.marked(bundle::self_check_digest())
    }

    fn self_check_permission(&self) -> Permission {
        let rule = self.names.default_rule_arn(&self.names.self_check());
        let arn = self.names.self_check_arn();
        Permission::of_rule(self.names.self_check(), &arn, rule)
    }

    fn self_check_schedule(&self) -> Schedule {
        let name = self.names.self_check();
        let target = Target {
            arn: self.names.self_check_arn(),
            dead_letter_queue: None,
            input: None,
            maximum_event_age: None,
            maximum_retry_attempts: None,
            not_default: NotDefault::new(),
            role: None,
        };
        Schedule {
            arn: self.names.default_rule_arn(&name),
            name,
            description: "The daily self-check of rootwatch".into(),
            not_default: NotDefault::new(),
            schedule: SCHEDULE.into(),
            state: "ENABLED".into(),
            tags: self.tags(),
            targets: BTreeMap::from([("selfcheck".to_owned(), target)]),
        }
    }

    /// That it fails, and that it does not run.
    pub(crate) fn self_check_alarms(&self) -> Vec<Alarm> {
        let function = || vec![("FunctionName", self.names.self_check())];
        let [errors, silent] = ALARMS;
        let is_off = !self.has_self_check();
        vec![
            Alarm {
                is_off,
                ..self.alarm(
                    errors,
                    "The daily rootwatch self-check failed, so nothing checks whether root activity would be reported.",
                    ("AWS/Lambda", "Errors", "Sum"),
                    function(),
                )
            },
            Alarm {
                comparison: "LessThanThreshold".into(),
                evaluation_periods: Some(QUIET_HALF_DAYS),
                period: Some(HALF_A_DAY),
                threshold: Some(1.0),
                // Lambda has no data point where nothing was invoked.
                treat_missing_data: "breaching".into(),
                is_off,
                ..self.alarm(
                    silent,
                    "The daily rootwatch self-check has not run for a day and a half, so nothing checks whether root activity would be reported.",
                    ("AWS/Lambda", "Invocations", "Sum"),
                    function(),
                )
            },
        ]
    }
}

/// The parts of another type.
impl SelfCheckFunction {
    /// See [`Function::as_compared`].
    pub(crate) fn as_compared(&self, found: &Self) -> Self {
        self.with(self.it.as_compared(&found.it))
    }
}

impl SelfCheckLog {
    /// See [`LogGroup::as_compared`].
    pub(crate) fn as_compared(&self, found: &Self) -> Self {
        self.with(self.it.as_compared(&found.it))
    }
}

impl SelfCheckRole {
    /// See [`Role::as_compared`].
    pub(crate) fn as_compared(&self, found: &Self) -> Self {
        self.with(self.it.as_compared(&found.it))
    }
}
