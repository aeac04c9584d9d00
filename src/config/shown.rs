//! Settings as they are written in the file: for `rootwatch settings`, and `rootwatch init --from-deployed`.

use super::reset::paths;
use super::schema::{EMAIL, IGNORE, Key, ROOT, SUBSCRIPTIONS};
use rootwatch_engine::source::key;
use rootwatch_engine::{Amount, CallAs, RegionConcurrency, SelfCheck, Settings, Source, memory};
use rootwatch_root_event::{Format, ReadOnly};
use std::collections::BTreeMap;

/// A value as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// One value, or a list.
    Value(String),
    /// A table of names with a text each.
    Pairs(Vec<(String, String)>),
    /// Several tables of the same keys.
    Tables(Vec<Vec<(&'static str, String)>>),
}

impl Written {
    /// On one line.
    pub(crate) fn inline(&self) -> String {
        let table = |pairs: Vec<String>| format!("{{ {} }}", pairs.join(", "));
        match self {
            Self::Value(text) => text.clone(),
            Self::Pairs(pairs) => table(
                pairs
                    .iter()
                    .map(|(key, value)| format!("{key} = {value}"))
                    .collect(),
            ),
            Self::Tables(tables) => {
                let each = tables.iter().map(|pairs| {
                    table(
                        pairs
                            .iter()
                            .map(|(key, value)| format!("{key} = {value}"))
                            .collect(),
                    )
                });
                format!("[{}]", each.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// One setting as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Its path in the file, `hub.topic_name`.
    pub(crate) key: String,
    /// Its value as TOML; `None` where it is not set.
    pub(crate) value: Option<String>,
    /// What holds where it is not set.
    pub(crate) default: &'static str,
    /// Where it comes from; `None` for the default.
    pub(crate) source: Option<Source>,
    /// What the spokes have, where that is something else.
    pub(crate) spokes: Option<Held>,
}

/// A value of the spokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// As TOML; `None` where it is not set.
    pub(crate) value: Option<String>,
    /// Where it comes from; `None` for the default.
    pub(crate) source: Option<Source>,
}

/// A setting of which the hub has another value than the spokes.
pub(crate) struct Differing {
    pub(crate) key: &'static str,
    /// The hub's value as TOML; `None` where it is not set.
    pub(crate) hub: Option<String>,
    pub(crate) spokes: Held,
}

/// The settings of which the hub has another value than the spokes.
pub(crate) fn differing(deployed: &memory::Deployed) -> Vec<Differing> {
    let Some(of_spokes) = &deployed.of_spokes else {
        return Vec::new();
    };
    let (hub, spokes) = (values(&deployed.settings), values(of_spokes));
    let differing = key::SHARED.into_iter().map(|key| Differing {
        key,
        hub: hub.get(key).map(Written::inline),
        spokes: Held {
            value: spokes.get(key).map(Written::inline),
            source: of_spokes.sources.get(key).cloned(),
        },
    });
    differing.filter(|it| it.hub != it.spokes.value).collect()
}

/// Every setting of the file, in its order.
pub(crate) fn all(deployed: &memory::Deployed) -> Vec<Shown> {
    let settings = &deployed.settings;
    let values = values(settings);
    let differing = differing(deployed);
    let of_spokes = |path: &str| {
        let found = differing.iter().find(|it| it.key == path)?;
        Some(found.spokes.clone())
    };
    let sources = &settings.sources;
    paths(ROOT, "")
        .into_iter()
        .map(|(path, key)| Shown {
            value: values.get(path.as_str()).map(Written::inline),
            default: key.default,
            source: source(&path, key, settings).filter(|_| {
                values.contains_key(path.as_str()) || sources.get(&path) == Some(&Source::Reset)
            }),
            spokes: of_spokes(&path),
            key: path,
        })
        .collect()
}

/// Addresses and other subscriptions are one list.
fn source(path: &str, key: &Key, settings: &Settings) -> Option<Source> {
    let path = match key.is(&EMAIL) || key.is(&SUBSCRIPTIONS) {
        true => key::SUBSCRIPTIONS,
        false => path,
    };
    settings.sources.get(path).cloned()
}

/// The values that are set, as TOML, by their paths.
pub(crate) fn values(settings: &Settings) -> BTreeMap<&'static str, Written> {
    let mut all: BTreeMap<&'static str, Written> = BTreeMap::new();
    let written = [
        (key::SUBSCRIPTIONS, others(settings)),
        (key::ACCOUNT_NAMES, pairs(&settings.notify.account_names)),
        (key::OWNERS, pairs(&settings.notify.owners)),
        (key::ROUTES, pairs(&settings.notify.routes)),
        (key::TAGS, pairs(&settings.tags)),
        (IGNORE.name, ignores(settings)),
    ];
    all.extend(
        written
            .into_iter()
            .filter_map(|(path, it)| Some((path, it?))),
    );
    let mut add = |path: &'static str, value: Option<String>| {
        all.extend(value.map(|value| (path, Written::Value(value))));
    };
    let Settings {
        connection,
        hub,
        notify,
        spokes,
        guardrail,
        iam,
        ..
    } = settings;
    let text = |it: &Option<String>| it.as_deref().map(quoted);
    add("name", Some(quoted(&settings.name)));
    add("profile", text(&connection.profile));
    add("region", text(&connection.region));
    let endpoint = connection.endpoint_url.as_deref();
    add(
        "endpoint_url",
        endpoint.map(|it| quoted(&rootwatch_engine::without_password(it))),
    );
    add("org_id", text(&settings.org_id));
    add(
        "timeout",
        Some(quoted(&rounded(settings.timeout.as_secs()))),
    );
    add("hub.email", list(emails(settings)));
    add(key::TOPIC_NAME, text(&hub.topic_name));
    add(key::KMS_KEY, text(&hub.kms_key));
    add(key::LOG_KMS_KEY, text(&hub.log_kms_key));
    add(key::QUEUE_KMS_KEY, text(&hub.queue_kms_key));
    let of_hub = hub.access.as_ref();
    add("hub.profile", of_hub.and_then(|it| text(&it.profile)));
    add("hub.role", of_hub.and_then(|it| text(&it.role)));
    let management = settings.management.as_ref();
    let profile = management.and_then(|it| text(&it.profile));
    add("management.profile", profile);
    add("management.role", management.and_then(|it| text(&it.role)));
    add(
        key::LOG_RETENTION_DAYS,
        Some(hub.log_retention_days.to_string()),
    );
    add(key::SELF_CHECK, word(&SelfCheck::ALL, hub.self_check));
    add(key::HUB_ACCOUNT, text(&hub.account));
    add(key::HUB_REGION, text(&hub.region));
    add(key::READ_ONLY, word(&ReadOnly::ALL, notify.read_only));
    add(key::FORMAT, word(&Format::ALL, notify.format));
    add(key::RUNBOOK, text(&notify.runbook));
    add(key::CONTACT, text(&notify.contact));
    add(key::OU, list(spokes.ous.iter().map(String::as_str)));
    add(
        key::REGIONS,
        list(spokes.regions.iter().map(String::as_str)),
    );
    add(
        "spokes.call_as",
        spokes.call_as.and_then(|it| word(&CallAs::ALL, it)),
    );
    add(key::HEARTBEAT, Some(quoted(&spokes.heartbeat.to_string())));
    let operations = &spokes.operations;
    add(key::MAX_CONCURRENT, Some(amount(operations.max_concurrent)));
    add(
        key::FAILURE_TOLERANCE,
        Some(amount(operations.failure_tolerance)),
    );
    add(
        key::REGION_CONCURRENCY,
        word(&RegionConcurrency::ALL, operations.region_concurrency),
    );
    add(
        "spokes.instance_quota",
        Some(quoted(&operations.instance_quota.to_string())),
    );
    add(
        key::FREE_ROLES,
        list(guardrail.free_roles.iter().map(String::as_str)),
    );
    let boundary = iam.boundary.as_ref();
    add(
        key::PERMISSIONS_BOUNDARY,
        boundary.map(|it| quoted(&it.given())),
    );
    add(key::IAM_PATH, text(&iam.path));
    add(
        key::ROLE_PREFIX,
        Some(quoted(&iam.role_prefix)).filter(|_| !iam.role_prefix.is_empty()),
    );
    all
}

fn emails(settings: &Settings) -> impl Iterator<Item = &str> {
    let all = settings.hub.subscriptions.iter();
    all.filter(|it| it.protocol == "email")
        .map(|it| it.endpoint.as_str())
}

fn others(settings: &Settings) -> Option<Written> {
    let all = settings.hub.subscriptions.iter();
    let others: Vec<Vec<(&str, String)>> = all
        .filter(|it| it.protocol != "email")
        .map(|it| {
            vec![
                ("protocol", quoted(&it.protocol)),
                ("endpoint", quoted(&it.shown())),
            ]
        })
        .collect();
    (!others.is_empty()).then_some(Written::Tables(others))
}

fn ignores(settings: &Settings) -> Option<Written> {
    let all: Vec<Vec<(&str, String)>> = settings
        .ignores
        .iter()
        .map(|it| {
            let optional = [
                ("account", &it.account),
                ("region", &it.region),
                ("resource", &it.resource),
            ];
            let optional = optional.into_iter();
            let optional = optional.filter_map(|(key, it)| Some((key, quoted(it.as_deref()?))));
            let mut parts = vec![("id", quoted(&it.id.to_string()))];
            parts.extend(optional);
            parts.push(("reason", quoted(&it.reason)));
            parts
        })
        .collect();
    (!all.is_empty()).then_some(Written::Tables(all))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list<'a>(all: impl Iterator<Item = &'a str>) -> Option<String> {
    let all: Vec<String> = all.map(quoted).collect();
    (!all.is_empty()).then(|| format!("[{}]", all.join(", ")))
}

fn pairs(all: &BTreeMap<String, String>) -> Option<Written> {
    let each = all.iter().map(|(key, value)| (quoted(key), quoted(value)));
    (!all.is_empty()).then(|| Written::Pairs(each.collect()))
}

fn word<T: PartialEq>(all: &[(&str, T)], chosen: T) -> Option<String> {
    let found = all.iter().find(|(_, it)| *it == chosen);
    found.map(|(word, _)| quoted(word))
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Count(count) => quoted(&count.to_string()),
        Amount::Percent(percent) => quoted(&format!("{percent}%")),
    }
}
/// A time in the largest unit that has no rest, as people write it.
fn rounded(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        hours if hours % 3600 == 0 => format!("{}h", hours / 3600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        seconds => format!("{seconds}s"),
    }
}
