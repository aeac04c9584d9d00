//! Flags as the values that they give.

use super::{Cli, HubArgs, SpokesArgs};
use crate::config::keys::{
    ACCOUNT_NAMES, CALL_AS, CONTACT, EMAIL, ENDPOINT_URL, FAILURE_TOLERANCE, FORMAT, FREE_ROLES,
    HEARTBEAT, HUB_ACCOUNT, HUB_PROFILE, HUB_REGION, HUB_ROLE, IAM_PATH, IGNORE, INSTANCE_QUOTA,
    KMS_KEY, LOG_KMS_KEY, LOG_RETENTION_DAYS, MANAGEMENT_PROFILE, MANAGEMENT_ROLE, MAX_CONCURRENT,
    NAME, ORG_ID, OU, OWNERS, PERMISSIONS_BOUNDARY, PROFILE, QUEUE_KMS_KEY, READ_ONLY, REGION,
    REGION_CONCURRENCY, REGIONS, ROLE_PREFIX, ROUTES, RUNBOOK, SELF_CHECK, SUBSCRIPTIONS, TAGS,
    TIMEOUT, TOPIC_NAME,
};
use crate::config::{Flags, Given, Key, Origin, Problem, Value};
use rootwatch_engine::{CallAs, Ignore, RegionConcurrency, Subscription, without_password};

/// What the flags of a run give.
pub(crate) fn flags(cli: &Cli, hub: &HubArgs, spokes: &SpokesArgs) -> Flags {
    let mut flags = Flags {
        all_regions: spokes.regions.all_regions,
        file: cli.config.clone(),
        reset: cli.reset.clone(),
        ..Flags::default()
    };
    flags.texts(&NAME, &cli.name);
    flags.texts(&PROFILE, &cli.profile);
    flags.texts(&REGION, &cli.region);
    flags.texts(&ENDPOINT_URL, &cli.endpoint_url);
    flags.texts(&TIMEOUT, &cli.timeout);
    flags.texts(&PERMISSIONS_BOUNDARY, &cli.iam.permissions_boundary);
    flags.texts(&IAM_PATH, &cli.iam.iam_path);
    flags.texts(&ROLE_PREFIX, &cli.iam.role_prefix);
    flags.pairs(&TAGS, &cli.tag, Value::Pair);
    flags.settings(hub, spokes);
    flags
}

/// What is wrong with values of these, each by itself.
pub(crate) fn problems(
    hub: &HubArgs,
    spokes: &SpokesArgs,
    name: Option<&String>,
    tags: &[String],
) -> Vec<Problem> {
    let mut flags = Flags::default();
    flags.settings(hub, spokes);
    flags.answered(name, None, tags);
    flags.problems
}

impl Flags {
    /// The settings of the hub and the spokes. All that is given by now is checked.
    fn settings(&mut self, hub: &HubArgs, spokes: &SpokesArgs) {
        let flags = self;
        flags.texts(&ORG_ID, &hub.org_id);
        flags.texts(&TOPIC_NAME, &hub.topic.topic_name);
        flags.texts(&KMS_KEY, &hub.kms_key);
        flags.texts(&LOG_KMS_KEY, &hub.log_kms_key);
        flags.texts(&QUEUE_KMS_KEY, &hub.queue_kms_key);
        flags.texts(&EMAIL, &hub.email);
        if let Some(days) = hub.log_retention_days {
            flags.give(&LOG_RETENTION_DAYS, Value::Number(days.into()));
        }
        flags.texts(&SELF_CHECK, &hub.self_check);
        flags.texts(&READ_ONLY, &hub.notify_read_only);
        flags.texts(&FORMAT, &hub.notify_format);
        flags.texts(&RUNBOOK, &hub.notify_runbook);
        flags.texts(&CONTACT, &hub.notify_contact);
        flags.pairs(&ACCOUNT_NAMES, &hub.account_name, Value::Pair);
        flags.pairs(&OWNERS, &hub.owner, Value::Pair);
        flags.pairs(&ROUTES, &hub.route, Value::Pair);
        flags.texts(&HUB_ACCOUNT, &spokes.hub_account);
        flags.texts(&HUB_REGION, &spokes.hub_region);
        flags.texts(&HUB_PROFILE, &spokes.others.hub_profile);
        flags.texts(&HUB_ROLE, &spokes.others.hub_role);
        flags.texts(&MANAGEMENT_PROFILE, &spokes.others.management_profile);
        flags.texts(&MANAGEMENT_ROLE, &spokes.others.management_role);
        flags.texts(&OU, &spokes.ou);
        flags.texts(&REGIONS, &spokes.regions.regions);
        flags.texts(&HEARTBEAT, &spokes.heartbeat);
        flags.choice(&CALL_AS, spokes.caller.call_as, &CallAs::ALL);
        flags.texts(&MAX_CONCURRENT, &spokes.operations.max_concurrent);
        flags.texts(&FAILURE_TOLERANCE, &spokes.operations.failure_tolerance);
        flags.texts(&INSTANCE_QUOTA, &spokes.operations.instance_quota);
        let order = spokes.operations.region_concurrency;
        flags.choice(&REGION_CONCURRENCY, order, &RegionConcurrency::ALL);
        flags.pairs(
            &SUBSCRIPTIONS,
            &hub.sns_subscription,
            |protocol, endpoint| Value::Subscription(Subscription { protocol, endpoint }),
        );
        flags.removals(hub, spokes);
        let wrong: Vec<Problem> = flags.given.iter().filter_map(Given::check).collect();
        flags.problems.extend(wrong);
    }

    /// What is asked beside the flags of a run.
    pub(crate) fn answered(
        &mut self,
        name: Option<&String>,
        region: Option<&String>,
        tags: &[String],
    ) {
        let before = self.given.len();
        self.texts(&NAME, name);
        self.texts(&REGION, region);
        self.pairs(&TAGS, tags, Value::Pair);
        let wrong = self.given[before..].iter().filter_map(Given::check);
        self.problems.extend(wrong);
    }

    /// Findings that are accepted, each as RW301[@ACCOUNT[/REGION]]=REASON.
    pub(crate) fn ignores(&mut self, texts: &[String]) {
        for text in texts {
            let (what, reason) = text.split_once('=').unwrap_or((text, ""));
            match Ignore::parse(what, reason, IGNORE.flag) {
                Ok(ignore) => self.give(&IGNORE, Value::Ignore(ignore)),
                Err(why) => self.problems.push(Problem {
                    place: None,
                    text: format!("{} {why}", IGNORE.flag),
                }),
            }
        }
    }

    /// Roles that the guardrail leaves free.
    pub(crate) fn free_roles(&mut self, texts: &[String]) {
        let before = self.given.len();
        self.texts(&FREE_ROLES, texts);
        let wrong = self.given[before..].iter().filter_map(Given::check);
        self.problems.extend(wrong);
    }

    /// Whom no longer to notify, and what no longer to watch.
    fn removals(&mut self, hub: &HubArgs, spokes: &SpokesArgs) {
        let given = std::mem::take(&mut self.given);
        for text in &hub.remove_subscription {
            match text.contains('=') || !text.contains('@') {
                true => self.pairs(
                    &SUBSCRIPTIONS,
                    std::slice::from_ref(text),
                    |protocol, endpoint| Value::Subscription(Subscription { protocol, endpoint }),
                ),
                false => self.texts(&EMAIL, [text]),
            }
        }
        self.unsubscribed = std::mem::take(&mut self.given);
        self.texts(&OU, &spokes.remove_ou);
        self.removed_ous = std::mem::replace(&mut self.given, given);
    }

    fn give(&mut self, key: &'static Key, value: Value) {
        self.given.push(Given {
            key,
            value,
            origin: Origin::Flag,
        });
    }

    fn texts<'a>(&mut self, key: &'static Key, texts: impl IntoIterator<Item = &'a String>) {
        for text in texts {
            self.give(key, Value::Text(text.clone()));
        }
    }

    /// Gives the word of a choice.
    fn choice<T: Copy + PartialEq>(
        &mut self,
        key: &'static Key,
        chosen: Option<T>,
        all: &[(&'static str, T)],
    ) {
        for (word, _) in all.iter().filter(|(_, choice)| Some(*choice) == chosen) {
            self.give(key, Value::Text((*word).to_owned()));
        }
    }

    fn pairs(
        &mut self,
        key: &'static Key,
        texts: &[String],
        value: impl Fn(String, String) -> Value,
    ) {
        for text in texts {
            match text.split_once('=') {
                Some((left, right)) => self.give(key, value(left.into(), right.into())),
                None => {
                    let form = match key {
                        key if key.is(&TAGS) => "KEY=VALUE, such as team=security",
                        key if key.is(&ROUTES) => {
                            "TOPIC-ARN=WHAT, such as arn:aws:sns:eu-west-1:111122223333:payments=severity=high"
                        }
                        key if key.is(&OWNERS) => "ID=WHO, such as 111122223333=Payments",
                        key if key.is(&ACCOUNT_NAMES) => "ID=NAME, such as 111122223333=Prod",
                        _ => "PROTOCOL=ENDPOINT, such as sms=+491701234567",
                    };
                    let text = without_password(text);
                    let text = format!("{} \"{text}\" is not of the form {form}", key.flag);
                    self.problems.push(Problem { place: None, text });
                }
            }
        }
    }
}
