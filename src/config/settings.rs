//! The effective settings: the flags' values over the file's.

use super::given::{Given, Value};
use super::schema::{EMAIL, Key, LOG_RETENTION_DAYS, SUBSCRIPTIONS};
use rootwatch_engine::Subscription;
use std::collections::BTreeMap;

/// All effective values.
#[derive(Debug, Default)]
pub(super) struct Values(pub(super) Vec<Given>);

impl Values {
    /// Flags replace what the file says for the same setting; tags are replaced one by one.
    pub(super) fn merge(flags: Vec<Given>, mut file: Vec<Given>) -> Self {
        file.retain(|given| !flags.iter().any(|flag| replaces(flag, given)));
        let mut all = flags;
        all.append(&mut file);
        Self(all)
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

    pub(super) fn log_retention_days(&self) -> i32 {
        self.one(&LOG_RETENTION_DAYS)
            .and_then(|given| match given.value {
                Value::Number(days) => i32::try_from(days).ok(),
                _ => None,
            })
            .unwrap_or(super::LOG_RETENTION_DAYS)
    }
}

/// Whether a flag replaces a value from the file.
fn replaces(flag: &Given, file: &Given) -> bool {
    // Addresses and other subscriptions are one list: whom to notify.
    let to_tell = |key: &Key| key.is(&EMAIL) || key.is(&SUBSCRIPTIONS);
    match (&flag.value, &file.value) {
        (Value::Pair(one, _), Value::Pair(other, _)) => flag.key.is(file.key) && one == other,
        _ => flag.key.is(file.key) || to_tell(flag.key) && to_tell(file.key),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::super::given::Origin;
    use super::super::schema;
    use super::*;

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
        Values::merge(flags, file.given)
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
    fn subscribers_are_one_list_without_duplicates() {
        let reported = |values: &Values| -> Vec<String> {
            let all = values.subscriptions();
            all.iter().map(ToString::to_string).collect()
        };
        let file = merged(Vec::new());
        assert_eq!(
            reported(&file),
            ["email a@example.com", "sms +491701234567"]
        );
        let flags = merged(vec![flag(&EMAIL, Value::Text("b@example.com".into()))]);
        assert_eq!(reported(&flags), ["email b@example.com"]);
    }
}
