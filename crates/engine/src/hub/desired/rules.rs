//! The rules: on the hub's bus, for what the spokes forward, and on the default bus, for what is done to the hub.

use super::Wanted;
use crate::hub::not_default::NotDefault;
use crate::hub::rule::{ALL_MANAGEMENT_EVENTS, DEFAULT_BUS, ENABLED, Rule};
use crate::hub::targets::Target;
use crate::hub::{pattern, tampering};
use std::collections::BTreeMap;

/// Seconds and attempts for which EventBridge retries; both are the maximum.
const TARGET_AGE: i32 = 24 * 3600;
const TARGET_ATTEMPTS: i32 = 185;

impl Wanted {
    pub(super) fn acts_rule(&self) -> Rule {
        let arn = self.names.queue_arn(&self.names.acts_queue());
        self.rule(
            self.names.acts_rule(),
            "Root sign-ins and write events of root users, to their queue",
            pattern::acts(&self.names.account),
            // The id that earlier versions gave to the function as the target: PutTargets replaces it by one call.
            ("notifier", arn),
        )
    }

    pub(super) fn reads_rule(&self) -> Rule {
        self.rule(
            self.names.reads_rule(),
            "Read-only events of root users, to the queue for digests",
            pattern::reads(),
            ("reads", self.reads_queue_arn()),
        )
    }

    /// To the queue that may wait: nobody is notified of a heartbeat, and an act must not stand behind thousands.
    pub(super) fn heartbeats_rule(&self) -> Rule {
        self.rule(
            self.names.heartbeats_rule(),
            "Heartbeats of the spokes, to the queue for digests",
            pattern::heartbeats(&self.names.spoke_rule()),
            ("reads", self.reads_queue_arn()),
        )
    }

    fn reads_queue_arn(&self) -> String {
        self.names.queue_arn(&self.names.reads_queue())
    }

    /// To the queue for digests: what anybody may try a thousand times must not delay an alert, and what a deployment
    /// changes within half a minute is one message.
    pub(super) fn tampering_rule(&self) -> Rule {
        let rule = self.rule(
            self.names.tampering_rule(),
            "Changes by others than root of what carries alerts, to the queue for digests",
            tampering::forwarded(&self.names.deployment),
            ("reads", self.reads_queue_arn()),
        );
        // None of these calls is read-only.
        Rule {
            state: ENABLED.into(),
            ..rule
        }
    }

    pub(super) fn hub_tampering_rule(&self) -> Rule {
        self.on_default_bus(
            self.names.hub_tampering_rule(),
            "Changes of the hub, to the queue for digests",
            tampering::hub(&self.names),
        )
    }

    pub(super) fn hub_urgent_rule(&self) -> Rule {
        self.on_default_bus(
            self.names.hub_urgent_rule(),
            "What takes a part of the hub away, to the queue for digests; an alarm counts it",
            tampering::hub_urgent(&self.names),
        )
    }

    /// The hub's own account is watched where its events arrive.
    fn on_default_bus(&self, name: String, description: &str, pattern: serde_json::Value) -> Rule {
        let target = ("reads", self.reads_queue_arn());
        Rule {
            arn: self.names.default_rule_arn(&name),
            bus: DEFAULT_BUS.into(),
            state: ENABLED.into(),
            ..self.rule(name, description, pattern, target)
        }
    }

    fn rule(
        &self,
        name: String,
        description: &str,
        event_pattern: serde_json::Value,
        (target, arn): (&str, String),
    ) -> Rule {
        let target_settings = Target {
            arn,
            dead_letter_queue: Some(self.dead_letters_arn()),
            input: None,
            maximum_event_age: Some(TARGET_AGE),
            maximum_retry_attempts: Some(TARGET_ATTEMPTS),
            not_default: NotDefault::new(),
            role: None,
        };
        Rule {
            arn: self.names.rule_arn(&name),
            name,
            bus: self.names.bus(),
            description: description.into(),
            event_pattern,
            not_default: NotDefault::new(),
            // Plain ENABLED leaves out read-only calls, here as in the spokes.
            state: ALL_MANAGEMENT_EVENTS.into(),
            tags: self.tags(),
            targets: BTreeMap::from([(target.to_owned(), target_settings)]),
        }
    }
}
