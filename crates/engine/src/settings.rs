//! The settings of a run, checked: the desired configuration for the engine.

use crate::aws::partition::Partition;
use crate::heartbeat::Heartbeat;
use crate::hub::notifier_settings::NotifierSettings;
use crate::ignore::Ignore;
use crate::names::DEFAULT_NAME;
use crate::shell::quoted;
use crate::source::Sources;
use crate::subscription::Subscription;
use rootwatch_root_event::{Format, ReadOnly, Route};
use std::collections::BTreeMap;
use std::time::Duration;

/// All settings of a run.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(Default))]
pub struct Settings {
    /// Name of the deployment; every resource's name begins with it.
    pub name: String,
    /// The settings file, as it is shown; none where there is none.
    pub file: Option<String>,
    /// How AWS is reached.
    pub connection: Connection,
    /// The organization whose accounts may forward events; looked up where it is not given.
    pub org_id: Option<String>,
    /// Settings of the hub.
    pub hub: HubSettings,
    /// How a run in another account gets credentials of the management account.
    pub management: Option<Access>,
    /// How people are notified.
    pub notify: Notify,
    /// Settings of the spokes.
    pub spokes: SpokesSettings,
    /// Settings of the guardrail.
    pub guardrail: GuardrailSettings,
    /// What the organization demands of IAM roles.
    pub iam: IamSettings,
    /// Tags for everything that can carry one.
    pub tags: BTreeMap<String, String>,
    /// How long AWS may take to end a StackSet operation, or to show what was set.
    pub timeout: Duration,
    /// Findings that are accepted: shown, and no reason to end with 2.
    pub ignores: Vec<Ignore>,
    /// Where each value comes from.
    pub sources: Sources,
}

impl Settings {
    /// Those of a run that only names the deployment: all else is what is deployed.
    #[must_use]
    pub fn of_deployed(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            file: None,
            connection: Connection::default(),
            org_id: None,
            hub: HubSettings::default(),
            management: None,
            notify: Notify::default(),
            spokes: SpokesSettings::default(),
            guardrail: GuardrailSettings::default(),
            iam: IamSettings::default(),
            tags: BTreeMap::new(),
            timeout: Duration::from_secs(60),
            ignores: Vec::new(),
            sources: Sources::default(),
        }
    }

    /// The flags that a command for the same deployment needs where there is no settings file, each after a space: its
    /// name, what is demanded of roles, and the tags.
    pub(crate) fn flags(&self, partition: Partition) -> String {
        let mut flags = String::new();
        let mut add =
            |flag: &str, value: &str| flags.push_str(&format!(" {flag} {}", quoted(value)));
        if self.name != DEFAULT_NAME {
            add("--name", &self.name);
        }
        if let Some(boundary) = &self.iam.boundary {
            add("--permissions-boundary", &boundary.shown(partition));
        }
        if let Some(path) = &self.iam.path {
            add("--iam-path", path);
        }
        if !self.iam.role_prefix.is_empty() {
            add("--role-prefix", &self.iam.role_prefix);
        }
        for (key, value) in &self.tags {
            add("--tag", &format!("{key}={value}"));
        }
        flags
    }
}

/// How to reach AWS, where the SDK's defaults are not used.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Profile of the AWS configuration.
    pub profile: Option<String>,
    /// Whether the profile was typed: then it goes before the environment's credentials, as in the AWS CLI.
    pub is_profile_typed: bool,
    /// Region that the hub and the StackSet live in.
    pub region: Option<String>,
    /// Address that all calls go to instead of AWS's.
    pub endpoint_url: Option<String>,
}

/// How credentials of another account are got: by a profile, by a role, or by a role that a profile may assume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// A profile of the AWS configuration; the run's own credentials where there is none.
    pub profile: Option<String>,
    /// ARN of the role to assume.
    pub role: Option<String>,
}

impl Access {
    /// As text.
    pub(crate) fn words(&self) -> String {
        let profile = self.profile.iter().map(|it| format!("the profile {it}"));
        let role = self.role.iter().map(|it| format!("the role {it}"));
        let ways: Vec<String> = profile.chain(role).collect();
        ways.join(" and ")
    }
}

/// Settings of the hub.
#[derive(Clone, Debug, Default)]
pub struct HubSettings {
    /// Its account, for a run elsewhere.
    pub account: Option<String>,
    /// Its region, for a run elsewhere.
    pub region: Option<String>,
    /// How a run elsewhere gets credentials of its account.
    pub access: Option<Access>,
    /// Name of the topic for alerts, where it is not the default.
    pub topic_name: Option<String>,
    /// ARN of the alerts topic's KMS key.
    pub kms_key: Option<String>,
    /// ARN of the log group's KMS key.
    pub log_kms_key: Option<String>,
    /// ARN of the queues' KMS key.
    pub queue_kms_key: Option<String>,
    /// Who is notified: beside those who are subscribed already, unless the settings file lists them.
    pub subscriptions: Vec<Subscription>,
    /// Who is no longer notified.
    pub unsubscribed: Vec<Subscription>,
    /// Days that the logs of the notifier and of the self-check are kept.
    pub log_retention_days: i32,
    /// Whether the self-check runs, and how often it mails that all is well.
    pub self_check: SelfCheck,
    /// Findings that the deployed self-check accepts: it goes on accepting them where a run names none.
    pub accepted_by_self_check: Vec<Ignore>,
}

/// Whether the self-check runs, and how often it mails that all is well. What is wrong or changed it mails in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfCheck {
    /// There is none.
    Off,
    /// Never.
    Problems,
    /// Once a week.
    #[default]
    Weekly,
    /// Every day.
    Daily,
}

impl SelfCheck {
    /// Each with its value in settings.
    pub const ALL: [(&str, Self); 4] = [
        ("off", Self::Off),
        ("problems", Self::Problems),
        ("weekly", Self::Weekly),
        ("daily", Self::Daily),
    ];

    /// Its value in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        let found = all.find(|(_, it)| *it == self);
        found.map(|(name, _)| *name).unwrap_or_default()
    }

    /// The one of this value in settings.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(it, _)| *it == name).map(|(_, it)| *it)
    }
}

/// How people are notified.
#[derive(Clone, Debug, Default)]
pub struct Notify {
    /// How read-only activity is reported.
    pub read_only: ReadOnly,
    /// Form of the body for subscriptions but mail and SMS.
    pub format: Format,
    /// Names by account number, for a hub that may not ask Organizations.
    pub account_names: BTreeMap<String, String>,
    /// Who owns an account, or the accounts of a unit, by its id.
    pub owners: BTreeMap<String, String>,
    /// What further topics get, as [`rootwatch_root_event::Route::parse`] reads it, by their ARNs.
    pub routes: BTreeMap<String, String>,
    /// Link to what the organization does when root acts.
    pub runbook: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
}

impl Notify {
    /// Bytes that the settings in the function's package have, with a topic of this ARN.
    #[must_use]
    pub fn package_settings_len(&self, topic_arn: &str) -> usize {
        NotifierSettings::of(self, topic_arn).text().len()
    }

    /// Whether the notifier has to know which units an account is in.
    pub(crate) fn asks_for_units(&self) -> bool {
        let is_account = |id: &String| id.bytes().all(|it| it.is_ascii_digit());
        !self.owners.keys().all(is_account) || self.routes().iter().any(Route::has_units)
    }

    /// The routes; what is not valid is none, as the notifier takes it.
    pub(crate) fn routes(&self) -> Vec<Route> {
        let read = |(topic, words): (&String, &String)| Route::parse(topic, words).ok();
        self.routes.iter().filter_map(read).collect()
    }
}

/// What the organization demands of IAM roles, the notifier's and those of the spokes.
#[derive(Clone, Debug, Default)]
pub struct IamSettings {
    /// The permissions boundary of each.
    pub boundary: Option<Boundary>,
    /// Their path, where it is not `/`.
    pub path: Option<String>,
    /// What their names begin with, before the deployment's.
    pub role_prefix: String,
}

impl IamSettings {
    /// The path of the roles.
    pub(crate) fn path(&self) -> &str {
        self.path.as_deref().unwrap_or("/")
    }
}

/// A policy that exists in every account, and so has an ARN of its own in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Whether it is one of AWS's, and not the accounts' own.
    pub is_aws: bool,
    /// Its path and name, without a slash before them.
    pub policy: String,
}

impl Boundary {
    /// From the ARN of a policy of AWS's, or from the path and name of the accounts' own; `None` for all else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (is_aws, policy) = match text.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "iam", "", "aws", policy] => (true, policy.strip_prefix("policy/")?),
            [policy] => (false, policy.strip_prefix('/').unwrap_or(policy)),
            _ => return None,
        };
        // IAM API Reference, CreatePolicy: `PolicyName` and `Path`.
        let is_name = |part: &str| {
            let is_good = |it: u8| it.is_ascii_alphanumeric() || b"_+=,.@-".contains(&it);
            !part.is_empty() && part.bytes().all(is_good)
        };
        policy.split('/').all(is_name).then(|| Self {
            is_aws,
            policy: policy.to_owned(),
        })
    }
}

impl Boundary {
    /// From the ARN of the policy in an account; `None` for one of another account.
    pub(crate) fn of_arn(arn: &str, account: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, "iam", "", owner, policy] = parts.as_slice() else {
            return None;
        };
        let is_aws = *owner == "aws";
        let policy = policy.strip_prefix("policy/")?;
        (is_aws || *owner == account).then(|| Self {
            is_aws,
            policy: policy.to_owned(),
        })
    }

    /// As it is given in any partition: AWS's own by the ARN of the partition `aws`, which means the same in others.
    #[must_use]
    pub fn given(&self) -> String {
        self.shown(Partition::Aws)
    }

    /// As it is given.
    fn shown(&self, partition: Partition) -> String {
        match self.is_aws {
            true => format!("arn:{}:iam::aws:policy/{}", partition.name(), self.policy),
            false => format!("/{}", self.policy),
        }
    }
}

/// Settings of the spokes.
#[derive(Clone, Debug, Default)]
pub struct SpokesSettings {
    /// Organizational units, by id, root id or path: beside those that are deployed to, unless the settings file lists
    /// them.
    pub ous: Vec<String>,
    /// Organizational units that are no longer watched.
    pub removed_ous: Vec<String>,
    /// Regions to watch; all that are enabled where none is given.
    pub regions: Vec<String>,
    /// Who calls CloudFormation; detected where it is not given.
    pub call_as: Option<CallAs>,
    /// How often each account and region says that it is there.
    pub heartbeat: Heartbeat,
    /// How StackSet operations go through accounts and regions.
    pub operations: OperationSettings,
}

/// Settings of the guardrail, the organization's service control policy.
#[derive(Clone, Debug, Default)]
pub struct GuardrailSettings {
    /// Roles that it does not bind, beside those of StackSets: names, patterns of names, or patterns of ARNs.
    pub free_roles: Vec<String>,
}

/// Who calls the StackSet operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallAs {
    /// The management account.
    Management,
    /// A delegated administrator for StackSets.
    DelegatedAdmin,
}

impl CallAs {
    /// Each with its value in settings.
    pub const ALL: [(&str, Self); 2] = [
        ("self", Self::Management),
        ("delegated-admin", Self::DelegatedAdmin),
    ];
}

/// How many accounts: a count or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A count.
    Count(i32),
    /// A percentage.
    Percent(i32),
}

/// Whether an operation goes through the regions at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionConcurrency {
    /// All regions at once.
    Parallel,
    /// One region after the other.
    Sequential,
}

impl RegionConcurrency {
    /// Each with its value in settings.
    pub const ALL: [(&str, Self); 2] = [
        ("parallel", Self::Parallel),
        ("sequential", Self::Sequential),
    ];
}

/// Preferences of all StackSet operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationSettings {
    /// Accounts that are worked on at once, in each region.
    pub max_concurrent: Amount,
    /// Accounts that may fail in a region before the operation stops there.
    pub failure_tolerance: Amount,
    /// Whether all regions are worked on at once.
    pub region_concurrency: RegionConcurrency,
    /// Stack instances that AWS lets one StackSet have.
    pub instance_quota: usize,
}

impl Default for OperationSettings {
    fn default() -> Self {
        Self {
            max_concurrent: Amount::Percent(100),
            failure_tolerance: Amount::Percent(100),
            region_concurrency: RegionConcurrency::Parallel,
            // CloudFormation User Guide, "Understand CloudFormation quotas"; AWS raises it on request.
            instance_quota: 100_000,
        }
    }
}
