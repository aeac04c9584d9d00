//! Where the value of each setting comes from.

use std::collections::BTreeMap;
use std::fmt;

/// The settings that a deployment remembers, and how AWS is reached, by their keys in the settings file.
pub mod key {
    /// Profile of the AWS configuration; not remembered.
    pub const PROFILE: &str = "profile";
    /// Region of the hub and the StackSet; not remembered.
    pub const REGION: &str = "region";
    /// Address of all calls; not remembered.
    pub const ENDPOINT_URL: &str = "endpoint_url";
    /// Organization that may forward events.
    pub const ORG_ID: &str = "org_id";
    /// Who is notified.
    pub const SUBSCRIPTIONS: &str = "hub.subscriptions";
    /// Name of the alerts topic.
    pub const TOPIC_NAME: &str = "hub.topic_name";
    /// Key of the alerts topic.
    pub const KMS_KEY: &str = "hub.kms_key";
    /// Key of the notifier's log.
    pub const LOG_KMS_KEY: &str = "hub.log_kms_key";
    /// Key of the queues.
    pub const QUEUE_KMS_KEY: &str = "hub.queue_kms_key";
    /// Days that the notifier's log is kept.
    pub const LOG_RETENTION_DAYS: &str = "hub.log_retention_days";
    /// Whether the self-check runs, and how often it mails that all is well.
    pub const SELF_CHECK: &str = "hub.self_check";
    /// The hub's account, for the spokes.
    pub const HUB_ACCOUNT: &str = "hub.account";
    /// The hub's region, for the spokes.
    pub const HUB_REGION: &str = "hub.region";
    /// How read-only activity is reported.
    pub const READ_ONLY: &str = "notify.read_only";
    /// Form of messages.
    pub const FORMAT: &str = "notify.format";
    /// Link to the runbook.
    pub const RUNBOOK: &str = "notify.runbook";
    /// Whom to ask.
    pub const CONTACT: &str = "notify.contact";
    /// Names of accounts.
    pub const ACCOUNT_NAMES: &str = "account_names";
    /// Owners of accounts and units.
    pub const OWNERS: &str = "owners";
    /// What further topics get.
    pub const ROUTES: &str = "routes";
    /// Organizational units.
    pub const OU: &str = "spokes.ou";
    /// Regions that are watched.
    pub const REGIONS: &str = "spokes.regions";
    /// How often each account and region says that it is there.
    pub const HEARTBEAT: &str = "spokes.heartbeat";
    /// Accounts that are worked on at once.
    pub const MAX_CONCURRENT: &str = "spokes.max_concurrent";
    /// Accounts that may fail.
    pub const FAILURE_TOLERANCE: &str = "spokes.failure_tolerance";
    /// Whether all regions are worked on at once.
    pub const REGION_CONCURRENCY: &str = "spokes.region_concurrency";
    /// Roles that the guardrail does not bind.
    pub const FREE_ROLES: &str = "guardrail.free_roles";
    /// Permissions boundary of each role.
    pub const PERMISSIONS_BOUNDARY: &str = "iam.permissions_boundary";
    /// Path of the roles.
    pub const IAM_PATH: &str = "iam.path";
    /// What the roles' names begin with.
    pub const ROLE_PREFIX: &str = "iam.role_prefix";
    /// Tags of everything.
    pub const TAGS: &str = "tags";

    /// Those that the hub and the spokes both have, each its own.
    pub const SHARED: [&str; 4] = [PERMISSIONS_BOUNDARY, IAM_PATH, ROLE_PREFIX, TAGS];

    /// All that are remembered.
    pub const ALL: [&str; 28] = [
        ORG_ID,
        SUBSCRIPTIONS,
        TOPIC_NAME,
        KMS_KEY,
        LOG_KMS_KEY,
        QUEUE_KMS_KEY,
        LOG_RETENTION_DAYS,
        SELF_CHECK,
        HUB_ACCOUNT,
        HUB_REGION,
        READ_ONLY,
        FORMAT,
        RUNBOOK,
        CONTACT,
        ACCOUNT_NAMES,
        OWNERS,
        ROUTES,
        OU,
        REGIONS,
        HEARTBEAT,
        MAX_CONCURRENT,
        FAILURE_TOLERANCE,
        REGION_CONCURRENCY,
        FREE_ROLES,
        PERMISSIONS_BOUNDARY,
        IAM_PATH,
        ROLE_PREFIX,
        TAGS,
    ];
}

/// Where a value comes from, the strongest first. A setting without one has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag of this run, `--topic-name`.
    Flag(String),
    /// A variable of rootwatch's own, `ROOTWATCH_TOPIC_NAME`.
    Environment(String),
    /// The settings file: the place in it.
    File(String),
    /// `--reset`: the default, whatever is deployed.
    Reset,
    /// The configuration of AWS's own tools, `profile security`.
    Configuration(String),
    /// What is deployed: the resource that shows it, `topic root-alerts`.
    Deployed(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(place) => f.write_str(place),
            Self::Reset => f.write_str("default, by --reset"),
            Self::Configuration(what) => f.write_str(what),
            Self::Deployed(resource) => write!(f, "deployed: {resource}"),
        }
    }
}

/// The source of each setting that does not have its default, by the setting's key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Where the value of this setting comes from; `None` for its default.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Source> {
        self.0.get(key)
    }

    /// Where the value of this setting comes from, as text.
    pub(crate) fn words(&self, key: &str) -> Option<String> {
        let source = self.get(key);
        let words = source.map_or_else(|| "default".to_owned(), ToString::to_string);
        let resets: Vec<String> = self
            .resets_of(key)
            .map(|name| format!("--reset {key}.{name}"))
            .collect();
        Some(match resets.is_empty() {
            true => words,
            false => format!("{words}, without what {} takes away", resets.join(", ")),
        })
    }

    /// The names within a table of this key that are reset by themselves.
    pub(crate) fn resets_of(&self, key: &str) -> impl Iterator<Item = &str> {
        let resets = self.0.iter().filter(|(_, it)| **it == Source::Reset);
        resets.filter_map(move |(name, _)| name.strip_prefix(key)?.strip_prefix('.'))
    }

    /// Notes where a value comes from. The strongest source of a list is kept.
    pub fn set(&mut self, key: &str, source: Source) {
        self.0.entry(key.to_owned()).or_insert(source);
    }

    /// Forgets where a value comes from: it is the default.
    pub(crate) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Whether what is deployed decides: nothing stronger gives or resets this setting.
    pub(crate) fn is_open(&self, key: &str) -> bool {
        matches!(self.get(key), None | Some(Source::Deployed(_)))
    }

    /// Whether a list is the whole one. The file's and a reset one is, and what is deployed adds nothing to it; one of
    /// flags or variables adds to what is deployed.
    pub(crate) fn is_whole(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Source::File(_) | Source::Reset))
    }

    /// Whether this setting is to have its default, whatever is deployed.
    pub(crate) fn is_reset(&self, key: &str) -> bool {
        self.get(key) == Some(&Source::Reset)
    }

    /// Takes what is deployed where nothing stronger decides.
    pub(crate) fn remember<T>(&mut self, key: &str, slot: &mut T, value: Option<T>, from: &str) {
        if let Some(value) = value
            && self.is_open(key)
        {
            *slot = value;
            self.set(key, Source::Deployed(from.to_owned()));
        }
    }

    /// Adds the pairs that are deployed to those that are given, which win, unless those are all.
    pub(crate) fn remember_pairs(
        &mut self,
        key: &str,
        slot: &mut BTreeMap<String, String>,
        deployed: BTreeMap<String, String>,
        from: &str,
    ) {
        if self.is_whole(key) || deployed.is_empty() {
            return;
        }
        for (name, value) in deployed {
            if !self.is_reset(&format!("{key}.{name}")) {
                slot.entry(name).or_insert(value);
            }
        }
        self.set(key, Source::Deployed(from.to_owned()));
    }
}
