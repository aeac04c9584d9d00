//! The settings of a run: flags over the environment over `rootwatch.toml`, checked before the first call.

mod describe;
mod file;
mod flags;
mod form;
mod given;
mod operations;
mod schema;
mod settings;
mod together;

pub(crate) use describe::{file as commented_file, json_schema};
pub(crate) use file::DEFAULT as DEFAULT_FILE;
pub(crate) use form::parse_duration;
pub(crate) use operations::{Amount, OperationSettings, RegionConcurrency};

use clap::ValueEnum;
use schema::Key;
use settings::Settings;

use crate::cli::{Cli, HubArgs, SpokesArgs};
use anyhow::{Result, bail};
use rootwatch_root_event::{Format, ReadOnly};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How to reach AWS, where it is not left to the SDK's own rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    pub(crate) profile: Option<String>,
    /// Whether the profile was typed: then it goes before the environment's credentials, as in the AWS CLI.
    pub(crate) is_profile_typed: bool,
    pub(crate) region: Option<String>,
    pub(crate) endpoint_url: Option<String>,
}

/// Who is told: an SNS protocol and its endpoint.
///
/// An address may hold a password. SNS shows stars in its place, so it is neither compared nor shown.
#[derive(Clone)]
pub(crate) struct Subscription {
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
}

impl Subscription {
    /// The endpoint as SNS lists it: `https://user:****@host/path`.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        let Some((scheme, rest)) = self.endpoint.split_once("://") else {
            return (&self.endpoint).into();
        };
        let host_begins = rest.find('/').unwrap_or(rest.len());
        let Some((user, host)) = rest[..host_begins].rsplit_once('@') else {
            return (&self.endpoint).into();
        };
        let Some((user, _)) = user.split_once(':') else {
            return (&self.endpoint).into();
        };
        let path = &rest[host_begins..];
        format!("{scheme}://{user}:****@{host}{path}").into()
    }
}

impl PartialEq for Subscription {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Subscription {}

impl PartialOrd for Subscription {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Subscription {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_protocol = self.protocol.cmp(&other.protocol);
        by_protocol.then_with(|| self.shown().cmp(&other.shown()))
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("protocol", &self.protocol)
            .field("endpoint", &self.shown())
            .finish()
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.shown())
    }
}

impl Serialize for Subscription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Who calls the StackSet operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CallAs {
    /// The management account
    #[value(name = "self")]
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

/// How people are told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notify {
    pub(crate) read_only: ReadOnly,
    pub(crate) format: Format,
    /// Names by account number, for a hub that may not ask Organizations.
    pub(crate) account_names: BTreeMap<String, String>,
}

/// Settings of the spokes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spokes {
    pub(crate) ous: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) call_as: Option<CallAs>,
    pub(crate) operations: OperationSettings,
}

/// All settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Name of the deployment; every resource's name begins with it.
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) org_id: Option<String>,
    pub(crate) hub: Hub,
    pub(crate) notify: Notify,
    pub(crate) spokes: Spokes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) timeout: Duration,
}

/// What the deployment is called when nobody says otherwise.
const NAME: &str = "rootwatch";
/// A year: what audits ask for, and cheap, since the notifier logs one line an event.
const LOG_RETENTION_DAYS: i32 = 365;
/// A StackSet operation over a large organization takes hours.
const TIMEOUT: Duration = Duration::from_secs(4 * 3600);

impl Config {
    /// Merges what was typed with the environment and the file, and checks all of it.
    ///
    /// Fails with every problem that it finds, not only the first.
    pub(crate) fn resolve(cli: &Cli, hub: &HubArgs, spokes: &SpokesArgs) -> Result<Self> {
        let file = file::read(cli.config.as_deref())?;
        let flags = flags::read(cli, hub, spokes);
        let mut problems = flags.problems;
        problems.extend(file.problems);
        let is_known = !file.is_broken;
        let mut of_the_file = file.given;
        of_the_file.retain(|given| !in_environment(given.key));
        if spokes.regions.all_regions {
            of_the_file.retain(|given| !given.key.is(&schema::REGIONS));
        }
        let settings = Settings::merge(flags.given, of_the_file);
        if is_known {
            problems.extend(together::problems(&settings));
        }
        match problems.as_slice() {
            [] => {
                let mut config = Self::of(&settings);
                config.connection.is_profile_typed = cli.profile.is_some();
                Ok(config)
            }
            [one] => bail!("{one}"),
            many => {
                let lines: Vec<String> = many.iter().map(ToString::to_string).collect();
                bail!(
                    "{} settings are wrong:\n  {}",
                    many.len(),
                    lines.join("\n  ")
                )
            }
        }
    }

    fn of(settings: &Settings) -> Self {
        let hub = Hub {
            account: settings.text(&schema::HUB_ACCOUNT),
            region: settings.text(&schema::HUB_REGION),
            topic_name: settings.text(&schema::TOPIC_NAME),
            kms_key: settings.text(&schema::KMS_KEY),
            subscriptions: settings.subscriptions(),
            log_retention_days: settings.log_retention_days(),
        };
        Self {
            name: settings.text(&schema::NAME).unwrap_or(NAME.into()),
            connection: Connection {
                profile: settings.text(&schema::PROFILE),
                is_profile_typed: false,
                region: settings.text(&schema::REGION),
                endpoint_url: settings.text(&schema::ENDPOINT_URL),
            },
            org_id: settings.text(&schema::ORG_ID),
            hub,
            notify: Notify {
                read_only: settings.choice(&schema::READ_ONLY, &ReadOnly::ALL),
                format: settings.choice(&schema::FORMAT, &Format::ALL),
                account_names: settings.pairs(&schema::ACCOUNT_NAMES),
            },
            spokes: Spokes {
                ous: settings.texts(&schema::OU),
                regions: settings.texts(&schema::REGIONS),
                call_as: settings
                    .text(&schema::CALL_AS)
                    .and_then(|text| CallAs::from_str(&text, false).ok()),
                operations: OperationSettings::of(settings),
            },
            tags: settings.pairs(&schema::TAGS),
            timeout: settings
                .text(&schema::TIMEOUT)
                .and_then(|text| form::parse_duration(&text))
                .unwrap_or(TIMEOUT),
        }
    }
}

/// The SDK reads the environment itself, so a value from the file counts only where the environment is silent.
fn in_environment(key: &Key) -> bool {
    key.environment
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a file, with nothing typed.
    fn of_file(text: &str) -> Config {
        let file = file::parse(text, "f");
        assert_eq!(file.problems, []);
        let settings = Settings(file.given);
        assert_eq!(together::problems(&settings), []);
        Config::of(&settings)
    }

    #[test]
    fn a_password_in_an_address_is_neither_compared_nor_shown() {
        let https = |endpoint: &str| Subscription {
            protocol: "https".into(),
            endpoint: endpoint.into(),
        };
        let (given, listed) = (
            https("https://me:secret@siem.example.com/in"),
            https("https://me:****@siem.example.com/in"),
        );
        assert_eq!(given, listed);
        assert_eq!(given.to_string(), listed.to_string());
        assert!(!format!("{given:?}").contains("secret"));
        for plain in ["https://siem.example.com/a:b@c", "https://me@host", "a@b.c"] {
            assert_eq!(https(plain).shown(), plain);
        }
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = of_file("");
        assert_eq!(config.name, schema::NAME.default);
        let days = config.hub.log_retention_days.to_string();
        assert_eq!(days, schema::LOG_RETENTION_DAYS.default);
        let timeout = form::parse_duration(schema::TIMEOUT.default);
        assert_eq!(Some(config.timeout), timeout);
    }

    /// What `rootwatch init` writes, with every setting in force.
    #[test]
    fn every_key_of_the_file_reaches_its_setting() {
        let config = of_file(&describe::uncommented(&describe::file()));
        insta::assert_debug_snapshot!(config, @r#"
        Config {
            name: "rootwatch",
            connection: Connection {
                profile: Some(
                    "security",
                ),
                is_profile_typed: false,
                region: Some(
                    "eu-west-1",
                ),
                endpoint_url: Some(
                    "http://localhost:4566",
                ),
            },
            org_id: Some(
                "o-a1b2c3d4e5",
            ),
            hub: Hub {
                account: Some(
                    "111122223333",
                ),
                region: Some(
                    "eu-west-1",
                ),
                topic_name: Some(
                    "root-alerts",
                ),
                kms_key: Some(
                    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                ),
                subscriptions: [
                    Subscription {
                        protocol: "email",
                        endpoint: "security@example.com",
                    },
                    Subscription {
                        protocol: "sms",
                        endpoint: "+491701234567",
                    },
                ],
                log_retention_days: 90,
            },
            notify: Notify {
                read_only: Off,
                format: Chatbot,
                account_names: {
                    "111122223333": "Prod-Payments",
                },
            },
            spokes: Spokes {
                ous: [
                    "/Workloads/Prod",
                    "ou-ab12-cdefgh34",
                ],
                regions: [
                    "eu-west-1",
                    "us-east-1",
                ],
                call_as: Some(
                    DelegatedAdmin,
                ),
                operations: OperationSettings {
                    max_concurrent: Percent(
                        25,
                    ),
                    failure_tolerance: Count(
                        10,
                    ),
                    region_concurrency: Sequential,
                },
            },
            tags: {
                "team": "security",
            },
            timeout: 1800s,
        }
        "#);
    }
}
