//! The settings of a run: flags over the environment over `rootwatch.toml`, checked before the first call.

mod check;
mod file;

use file::File;

use crate::cli::{Cli, HubArgs, SpokesArgs};
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How to reach AWS, where it is not left to the SDK's own rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint_url: Option<String>,
}

/// Who is told: an SNS protocol and its endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.endpoint)
    }
}

impl Serialize for Subscription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Who calls the StackSet operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CallAs {
    /// The management account
    #[value(name = "self")]
    #[serde(rename = "self")]
    Management,
    /// A delegated administrator for StackSets
    DelegatedAdmin,
}

/// Settings of the hub.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hub {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) topic_name: Option<String>,
    pub(crate) kms_key: Option<String>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) log_retention_days: i32,
}

/// Settings of the spokes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spokes {
    pub(crate) ous: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) call_as: Option<CallAs>,
}

/// All settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Name of the deployment; every resource's name begins with it.
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) org_id: Option<String>,
    pub(crate) hub: Hub,
    pub(crate) spokes: Spokes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) timeout: Duration,
}

/// A year: what audits ask for, and cheap, since the notifier logs one line an event.
const LOG_RETENTION_DAYS: i32 = 365;
/// A StackSet operation over a large organization takes hours.
const TIMEOUT: Duration = Duration::from_secs(4 * 3600);

impl Config {
    /// Merges what was typed with the environment and the file, and checks all of it.
    ///
    /// Fails with every problem that it finds, not only the first.
    pub(crate) fn resolve(cli: &Cli, hub: &HubArgs, spokes: &SpokesArgs) -> Result<Self> {
        let file = File::read(cli.config.as_deref())?;
        let mut problems = Vec::new();
        let config = Self {
            name: cli
                .name
                .clone()
                .or(file.name)
                .unwrap_or_else(|| "rootwatch".into()),
            connection: connection(cli, file.profile, file.region, file.endpoint_url),
            org_id: hub.org_id.clone().or(file.org_id),
            hub: Hub {
                account: spokes.hub_account.clone().or(file.hub.account),
                region: spokes.hub_region.clone().or(file.hub.region),
                topic_name: hub.topic.topic_name.clone().or(file.hub.topic_name),
                kms_key: hub.kms_key.clone().or(file.hub.kms_key),
                subscriptions: subscriptions(
                    hub,
                    file.hub.email,
                    file.hub.subscriptions,
                    &mut problems,
                ),
                log_retention_days: hub
                    .log_retention_days
                    .or(file.hub.log_retention_days)
                    .unwrap_or(LOG_RETENTION_DAYS),
            },
            spokes: Spokes {
                ous: first_given(&spokes.ou, file.spokes.ou),
                regions: first_given(&spokes.regions, file.spokes.regions),
                call_as: spokes.caller.call_as.or(file.spokes.call_as),
            },
            tags: tags(&cli.tag, file.tags, &mut problems),
            timeout: timeout(cli.timeout.as_deref(), &mut problems),
        };
        problems.extend(check::problems(&config));
        match problems.as_slice() {
            [] => Ok(config),
            [one] => bail!("{one}"),
            many => bail!(
                "{} settings are wrong:\n  {}",
                many.len(),
                many.join("\n  ")
            ),
        }
    }
}

fn first_given(flags: &[String], file: Vec<String>) -> Vec<String> {
    let mut chosen = if flags.is_empty() {
        file
    } else {
        flags.to_vec()
    };
    chosen.sort();
    chosen.dedup();
    chosen
}

/// The SDK reads the environment itself, so a value from the file counts only where the environment is silent.
fn connection(
    cli: &Cli,
    profile: Option<String>,
    region: Option<String>,
    endpoint_url: Option<String>,
) -> Connection {
    let silent = |names: &[&str]| names.iter().all(|name| std::env::var_os(name).is_none());
    let credentials = ["AWS_PROFILE", "AWS_ACCESS_KEY_ID"];
    let regions = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    Connection {
        profile: cli
            .profile
            .clone()
            .or(profile.filter(|_| silent(&credentials))),
        region: cli.region.clone().or(region.filter(|_| silent(&regions))),
        endpoint_url: cli
            .endpoint_url
            .clone()
            .or(endpoint_url.filter(|_| silent(&["AWS_ENDPOINT_URL"]))),
    }
}

fn subscriptions(
    flags: &HubArgs,
    file_email: Vec<String>,
    file: Vec<Subscription>,
    problems: &mut Vec<String>,
) -> Vec<Subscription> {
    let email = |endpoint: String| Subscription {
        protocol: "email".into(),
        endpoint,
    };
    let mut all: Vec<Subscription> = if flags.email.is_empty() && flags.sns_subscription.is_empty()
    {
        file_email.into_iter().map(email).chain(file).collect()
    } else {
        flags.email.iter().cloned().map(email).collect()
    };
    for text in &flags.sns_subscription {
        match text.split_once('=') {
            Some((protocol, endpoint)) => all.push(Subscription {
                protocol: protocol.into(),
                endpoint: endpoint.into(),
            }),
            None => problems.push(format!(
                "--sns-subscription \"{text}\" is not of the form PROTOCOL=ENDPOINT, such as sms=+491701234567"
            )),
        }
    }
    all.sort();
    all.dedup();
    all
}

fn tags(
    flags: &[String],
    mut file: BTreeMap<String, String>,
    problems: &mut Vec<String>,
) -> BTreeMap<String, String> {
    for text in flags {
        match text.split_once('=') {
            Some((key, value)) => {
                file.insert(key.into(), value.into());
            }
            None => problems.push(format!("--tag \"{text}\" is not of the form KEY=VALUE")),
        }
    }
    file
}

fn timeout(text: Option<&str>, problems: &mut Vec<String>) -> Duration {
    let Some(text) = text else { return TIMEOUT };
    let parsed = text
        .parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok());
    parsed.unwrap_or_else(|| {
        problems.push(format!(
            "--timeout \"{text}\" is no duration, such as 90s, 30m or 2h"
        ));
        TIMEOUT
    })
}
