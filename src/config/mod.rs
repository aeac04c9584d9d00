//! The settings of a run: flags over rootwatch's own variables over `rootwatch.toml`, checked before the first call.
//!
//! Below them is what is deployed, which the engine reads.

mod describe;
mod environment;
mod file;
mod form;
mod given;
mod layers;
mod messages;
mod operations;
mod recorded;
mod reset;
mod schema;
mod search;
mod settings;
pub(crate) mod shown;
mod together;

pub(crate) use describe::{Values as Written, file as commented_file, in_force, json_schema};
pub(crate) use file::DEFAULT as DEFAULT_FILE;
pub(crate) use form::parse_duration;
pub(crate) use given::{Given, Origin, Problem, Value, nearest};
pub(crate) use recorded::{given, recorded};
pub(crate) use schema::Key;

/// The keys that flags give.
pub(crate) mod keys {
    pub(crate) use super::schema::{
        ACCOUNT_NAMES, CALL_AS, CONTACT, EMAIL, ENDPOINT_URL, FAILURE_TOLERANCE, FORMAT,
        FREE_ROLES, HEARTBEAT, HUB_ACCOUNT, HUB_PROFILE, HUB_REGION, HUB_ROLE, IAM_PATH, IGNORE,
        INSTANCE_QUOTA, KMS_KEY, LOG_KMS_KEY, LOG_RETENTION_DAYS, MANAGEMENT_PROFILE,
        MANAGEMENT_ROLE, MAX_CONCURRENT, NAME, ORG_ID, OU, OWNERS, PERMISSIONS_BOUNDARY, PROFILE,
        QUEUE_KMS_KEY, READ_ONLY, REGION, REGION_CONCURRENCY, REGIONS, ROLE_PREFIX, ROUTES,
        RUNBOOK, SELF_CHECK, SUBSCRIPTIONS, TAGS, TIMEOUT, TOPIC_NAME,
    };
}

use anyhow::{Result, bail};
use rootwatch_engine::source::key;
use rootwatch_engine::{
    Access, Boundary, CallAs, Connection, DEFAULT_NAME, GuardrailSettings, Heartbeat, HubSettings,
    IamSettings, Notify, SelfCheck, Settings, Source, Sources, SpokesSettings,
};
use rootwatch_root_event::{Format, ReadOnly};
use settings::Values;
use std::path::PathBuf;
use std::time::Duration;

/// The command line's values, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) given: Vec<Given>,
    pub(crate) problems: Vec<Problem>,
    /// Whether all enabled regions are wanted, whatever a variable or the file says.
    pub(crate) all_regions: bool,
    /// Settings that go back to their defaults, by name.
    pub(crate) reset: Vec<String>,
    /// Subscriptions that are removed.
    pub(crate) unsubscribed: Vec<Given>,
    /// Organizational units that are no longer watched.
    pub(crate) removed_ous: Vec<Given>,
    /// The settings file that was named.
    pub(crate) file: Option<PathBuf>,
}

/// A year: what audits ask for, and cheap, since the notifier logs one line an event.
const LOG_RETENTION_DAYS: i32 = 365;
/// A StackSet operation over a large organization takes hours.
const TIMEOUT: Duration = Duration::from_secs(4 * 3600);

/// Merges what was typed with the file and the environment, and checks all of it.
///
/// Fails with every problem that it finds, not only the first.
pub(crate) fn resolve(flags: Flags) -> Result<Settings> {
    let file = file::read(flags.file.as_deref())?;
    merged(flags, file)
}

/// The same without a file, for one that is to be written.
pub(crate) fn resolve_without_file(flags: Flags) -> Result<Settings> {
    merged(flags, file::File::default())
}

fn merged(flags: Flags, file: file::File) -> Result<Settings> {
    let mut problems = flags.problems;
    problems.extend(file.problems);
    let mut of_the_file = file.given;
    of_the_file.retain(|given| !in_environment(given.key));
    let (mut of_variables, wrong) = environment::read(variables());
    problems.extend(wrong);
    if flags.all_regions {
        for layer in [&mut of_variables, &mut of_the_file] {
            layer.retain(|given| !given.key.is(&schema::REGIONS));
        }
    }
    let is_profile = |it: &Given| it.key.is(&schema::PROFILE);
    let is_profile_typed = flags.given.iter().chain(&of_variables).any(is_profile);
    if !file.is_broken {
        let removed = flags.unsubscribed.iter().chain(&flags.removed_ous);
        let above: Vec<Given> = [&flags.given[..], &of_variables].concat();
        problems.extend(layers::problems(removed, &above, &of_the_file));
    }
    let values = Values::merge([flags.given, of_variables, of_the_file]);
    let mut sources = values.sources();
    problems.extend(reset::reset(&flags.reset, &values.0, &mut sources));
    if flags.all_regions {
        sources.set(key::REGIONS, Source::Reset);
    }
    if !file.is_broken {
        problems.extend(together::problems(&values));
    }
    match problems.as_slice() {
        [] => {
            let mut settings = settings(&values);
            settings.connection.is_profile_typed = is_profile_typed;
            settings.sources = sources;
            settings.hub.unsubscribed = Values(flags.unsubscribed).subscriptions();
            settings.spokes.removed_ous = Values(flags.removed_ous).texts(&schema::OU);
            settings.file = file.path;
            Ok(settings)
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

/// The engine's settings of these values.
fn settings(values: &Values) -> Settings {
    Settings {
        name: values.text(&schema::NAME).unwrap_or(DEFAULT_NAME.into()),
        file: None,
        connection: Connection {
            profile: values.text(&schema::PROFILE),
            is_profile_typed: false,
            region: values.text(&schema::REGION),
            endpoint_url: values.text(&schema::ENDPOINT_URL),
        },
        org_id: values.text(&schema::ORG_ID),
        hub: HubSettings {
            account: values.text(&schema::HUB_ACCOUNT),
            region: values.text(&schema::HUB_REGION),
            access: access(values, &schema::HUB_PROFILE, &schema::HUB_ROLE),
            topic_name: values.text(&schema::TOPIC_NAME),
            kms_key: values.text(&schema::KMS_KEY),
            log_kms_key: values.text(&schema::LOG_KMS_KEY),
            queue_kms_key: values.text(&schema::QUEUE_KMS_KEY),
            subscriptions: values.subscriptions(),
            log_retention_days: values.log_retention_days(),
            unsubscribed: Vec::new(),
            self_check: values.choice(&schema::SELF_CHECK, &SelfCheck::ALL),
            accepted_by_self_check: Vec::new(),
        },
        management: access(
            values,
            &schema::MANAGEMENT_PROFILE,
            &schema::MANAGEMENT_ROLE,
        ),
        notify: Notify {
            read_only: values.choice(&schema::READ_ONLY, &ReadOnly::ALL),
            format: values.choice(&schema::FORMAT, &Format::ALL),
            account_names: values.pairs(&schema::ACCOUNT_NAMES),
            owners: values.pairs(&schema::OWNERS),
            routes: values.pairs(&schema::ROUTES),
            runbook: values.text(&schema::RUNBOOK),
            contact: values.text(&schema::CONTACT),
        },
        spokes: SpokesSettings {
            ous: values.texts(&schema::OU),
            removed_ous: Vec::new(),
            regions: values.texts(&schema::REGIONS),
            call_as: values.one_of(&schema::CALL_AS, &CallAs::ALL),
            heartbeat: values
                .text(&schema::HEARTBEAT)
                .and_then(|text| Heartbeat::parse(&text))
                .unwrap_or_default(),
            operations: operations::settings(values),
        },
        guardrail: GuardrailSettings {
            free_roles: values.texts(&schema::FREE_ROLES),
        },
        iam: IamSettings {
            boundary: values
                .text(&schema::PERMISSIONS_BOUNDARY)
                .and_then(|text| Boundary::parse(&text)),
            path: values.text(&schema::IAM_PATH),
            role_prefix: values.text(&schema::ROLE_PREFIX).unwrap_or_default(),
        },
        tags: values.pairs(&schema::TAGS),
        timeout: values
            .text(&schema::TIMEOUT)
            .and_then(|text| form::parse_duration(&text))
            .unwrap_or(TIMEOUT),
        ignores: values.ignores(),
        sources: Sources::default(),
    }
}

/// The environment, but for what is not text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// How another account is reached, if the settings say.
fn access(values: &Values, profile: &'static Key, role: &'static Key) -> Option<Access> {
    let access = Access {
        profile: values.text(profile),
        role: values.text(role),
    };
    (access != Access::default()).then_some(access)
}

/// Credentials of the environment are somebody's who runs this now, and go before a profile of the file.
fn in_environment(key: &Key) -> bool {
    key.environment
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a file, without flags.
    fn of_file(text: &str) -> Settings {
        let file = file::parse(text, "f");
        assert_eq!(file.problems, []);
        let values = Values(file.given);
        assert_eq!(together::problems(&values), []);
        settings(&values)
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
        let config = of_file(&describe::uncommented(&describe::file(
            &Default::default(),
            &[],
        )));
        insta::assert_debug_snapshot!(config, @r#"
        Settings {
            name: "rootwatch",
            file: None,
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
            hub: HubSettings {
                account: Some(
                    "111122223333",
                ),
                region: Some(
                    "eu-west-1",
                ),
                access: Some(
                    Access {
                        profile: Some(
                            "hub",
                        ),
                        role: Some(
                            "arn:aws:iam::111122223333:role/rootwatch",
                        ),
                    },
                ),
                topic_name: Some(
                    "root-alerts",
                ),
                kms_key: Some(
                    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                ),
                log_kms_key: Some(
                    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                ),
                queue_kms_key: Some(
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
                unsubscribed: [],
                log_retention_days: 90,
                self_check: Daily,
                accepted_by_self_check: [],
            },
            management: Some(
                Access {
                    profile: Some(
                        "management",
                    ),
                    role: Some(
                        "arn:aws:iam::444455556666:role/rootwatch",
                    ),
                },
            ),
            notify: Notify {
                read_only: Off,
                format: Chatbot,
                account_names: {
                    "111122223333": "Prod-Payments",
                },
                owners: {
                    "ou-ab12-cdefgh34": "Payments, payments-oncall@example.com",
                },
                routes: {
                    "arn:aws:sns:eu-west-1:111122223333:payments-alerts": "severity=high of=ou-ab12-cdefgh34",
                },
                runbook: Some(
                    "https://wiki.example.com/runbooks/root",
                ),
                contact: Some(
                    "Security on call, +49 30 1234567, #sec-incident",
                ),
            },
            spokes: SpokesSettings {
                ous: [
                    "/Workloads/Prod",
                    "ou-ab12-cdefgh34",
                ],
                removed_ous: [],
                regions: [
                    "eu-west-1",
                    "us-east-1",
                ],
                call_as: Some(
                    DelegatedAdmin,
                ),
                heartbeat: Every(
                    12,
                ),
                operations: OperationSettings {
                    max_concurrent: Percent(
                        25,
                    ),
                    failure_tolerance: Count(
                        10,
                    ),
                    region_concurrency: Sequential,
                    instance_quota: 200000,
                },
            },
            guardrail: GuardrailSettings {
                free_roles: [
                    "AWSControlTowerExecution",
                ],
            },
            iam: IamSettings {
                boundary: Some(
                    Boundary {
                        is_aws: false,
                        policy: "team/Boundary",
                    },
                ),
                path: Some(
                    "/team/",
                ),
                role_prefix: "Corp-",
            },
            tags: {
                "team": "security",
            },
            timeout: 1800s,
            ignores: [
                Ignore {
                    id: FindingId(
                        307,
                    ),
                    account: Some(
                        "111122223333",
                    ),
                    region: Some(
                        "ap-southeast-5",
                    ),
                    resource: Some(
                        "stack-set rootwatch-spoke",
                    ),
                    reason: "an SCP denies this region to everybody",
                    source: "f, line 210",
                },
            ],
            sources: Sources(
                {},
            ),
        }
        "#);
    }
}
