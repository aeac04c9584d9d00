//! What is given: the flags' values over those of rootwatch's own variables, over the file's.

use super::given::{Given, Origin, Value};
use super::reset;
use super::schema::{EMAIL, IGNORE, Key, Kind, LOG_RETENTION_DAYS, OU, ROOT, SUBSCRIPTIONS};
use rootwatch_engine::{Ignore, Sources, Subscription};
use std::collections::BTreeMap;

/// All effective values.
#[derive(Debug, Default)]
pub(super) struct Values(pub(super) Vec<Given>);

impl Values {
    /// Each layer replaces what those after it say for the same setting. Pairs are replaced one by one, and the lists of
    /// whom to notify and what to watch are put together; beside a list of the file nothing else may be given.
    pub(super) fn merge(layers: impl IntoIterator<Item = Vec<Given>>) -> Self {
        let mut all: Vec<Given> = Vec::new();
        for mut layer in layers {
            layer.retain(|given| !all.iter().any(|over| replaces(over, given)));
            all.append(&mut layer);
        }
        Self(all)
    }

    /// Where each setting was given. A list of the file's is the whole list.
    pub(super) fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        let paths = reset::paths(ROOT, "");
        let of_file = self.0.iter().filter(|it| is_of_file(it) && is_list(it.key));
        for given in of_file.chain(&self.0) {
            let is_email = given.key.is(&EMAIL);
            let key = if is_email { &SUBSCRIPTIONS } else { given.key };
            if let Some((path, _)) = paths.iter().find(|(_, it)| it.is(key)) {
                sources.set(path, given.source());
                // A unit may be removed by another of its names, which only the organization knows to be the same.
                if key.is(&OU) {
                    sources.set(&format!("{path}.{}", given.text()), given.source());
                }
            }
        }
        sources
    }

    pub(super) fn all(&self, key: &'static Key) -> impl Iterator<Item = &Given> {
        self.0.iter().filter(|given| given.key.is(key))
    }

    pub(super) fn one(&self, key: &'static Key) -> Option<&Given> {
        self.all(key).next()
    }

    pub(super) fn text(&self, key: &'static Key) -> Option<String> {
        self.one(key).map(|given| given.text().to_owned())
    }

    /// The choice that was given, or else the default.
    pub(super) fn choice<T: Copy + Default>(&self, key: &'static Key, all: &[(&str, T)]) -> T {
        self.one_of(key, all).unwrap_or_default()
    }

    /// The choice that was given, if any.
    pub(super) fn one_of<T: Copy>(&self, key: &'static Key, all: &[(&str, T)]) -> Option<T> {
        let word = self.one(key).map(Given::text)?;
        let found = all.iter().find(|(known, _)| *known == word);
        found.map(|(_, choice)| *choice)
    }

    /// Several texts, sorted, none twice.
    pub(super) fn texts(&self, key: &'static Key) -> Vec<String> {
        let mut texts: Vec<String> = self.all(key).map(|given| given.text().to_owned()).collect();
        texts.sort();
        texts.dedup();
        texts
    }

    /// All subscriptions, sorted. One that is given twice, as an address and in full, is still one.
    pub(super) fn subscriptions(&self) -> Vec<Subscription> {
        let email = |given: &Given| Subscription {
            protocol: "email".into(),
            endpoint: given.text().into(),
        };
        let others = self
            .all(&SUBSCRIPTIONS)
            .filter_map(|given| match &given.value {
                Value::Subscription(subscription) => Some(subscription.clone()),
                _ => None,
            });
        let mut all: Vec<Subscription> = self.all(&EMAIL).map(email).chain(others).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Names and texts, such as tags.
    pub(super) fn pairs(&self, key: &'static Key) -> BTreeMap<String, String> {
        self.all(key)
            .filter_map(|given| match &given.value {
                Value::Pair(key, value) => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect()
    }

    /// Findings that are accepted.
    pub(super) fn ignores(&self) -> Vec<Ignore> {
        let all = self.all(&IGNORE).filter_map(|given| match &given.value {
            Value::Ignore(ignore) => Some(ignore.clone()),
            _ => None,
        });
        all.collect()
    }

    pub(super) fn log_retention_days(&self) -> i32 {
        self.one(&LOG_RETENTION_DAYS)
            .and_then(|given| match given.value {
                Value::Number(days) => i32::try_from(days).ok(),
                _ => None,
            })
            .unwrap_or(super::LOG_RETENTION_DAYS)
    }
}

/// Whether a value replaces one from further below.
fn replaces(over: &Given, under: &Given) -> bool {
    match (&over.value, &under.value) {
        (Value::Pair(one, _), Value::Pair(other, _)) => over.key.is(under.key) && one == other,
        _ => over.key.is(under.key) && !is_added_to(over.key),
    }
}

/// Whether this is a list to which each flag and variable adds: whom to notify, what to watch, and what is accepted.
fn is_added_to(key: &Key) -> bool {
    key.is(&EMAIL) || key.is(&SUBSCRIPTIONS) || key.is(&OU) || key.is(&IGNORE)
}

fn is_list(key: &Key) -> bool {
    is_added_to(key) || matches!(key.kind, Kind::Pairs(_))
}

fn is_of_file(given: &Given) -> bool {
    matches!(given.origin, Origin::File(_))
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::super::schema;
    use super::*;
    use rootwatch_engine::source::key;

    fn flag(key: &'static Key, value: Value) -> Given {
        Given {
            key,
            value,
            origin: Origin::Flag,
        }
    }

    fn merged(flags: Vec<Given>) -> Values {
        let file = parse(
            r#"
            name = "of-file"
            org_id = "o-a1b2c3d4e5"
            [hub]
            email = ["a@example.com", "a@example.com"]
            subscriptions = [
                { protocol = "email", endpoint = "a@example.com" },
                { protocol = "sms", endpoint = "+491701234567" },
            ]
            [tags]
            team = "file"
            cost = "file"
            "#,
            "f",
        );
        assert_eq!(file.problems, []);
        Values::merge([flags, file.given])
    }

    #[test]
    fn flags_win_over_the_file() {
        let settings = merged(vec![
            flag(&schema::NAME, Value::Text("of-flag".into())),
            flag(&schema::TAGS, Value::Pair("team".into(), "flag".into())),
        ]);
        assert_eq!(settings.text(&schema::NAME).as_deref(), Some("of-flag"));
        let org_id = settings.text(&schema::ORG_ID);
        assert_eq!(org_id.as_deref(), Some("o-a1b2c3d4e5"));
        let tags: Vec<String> = settings.pairs(&schema::TAGS).into_values().collect();
        assert_eq!(tags, ["file", "flag"]);
    }

    #[test]
    fn a_list_of_the_file_is_the_whole_list() {
        let file = merged(Vec::new());
        let all = file.subscriptions();
        let reported: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(reported, ["email a@example.com", "sms +491701234567"]);
        let flags = merged(vec![flag(&EMAIL, Value::Text("a@example.com".into()))]);
        let source = |key: &str| flags.sources().get(key).map(ToString::to_string);
        assert_eq!(source(key::SUBSCRIPTIONS).as_deref(), Some("f, line 5"));
        assert_eq!(source(key::TOPIC_NAME), None);
    }
}
