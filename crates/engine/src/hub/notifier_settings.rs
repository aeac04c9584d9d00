//! What the notifier is told: the settings in its deployment package. Pure.

use crate::settings::Notify;
use crate::words::one_line;
use rootwatch_bundle::{Package, with_settings, zip};
use rootwatch_root_event::{Format, ReadOnly};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Variables of the function's environment in which earlier versions told it, and the fields for them.
const FORMER: [(&str, &str); 4] = [
    ("ROOTWATCH_TOPIC_ARN", TOPIC),
    ("ROOTWATCH_READ_ONLY", READ_ONLY),
    ("ROOTWATCH_FORMAT", FORMAT),
    ("ROOTWATCH_ACCOUNT_NAMES", ACCOUNT_NAMES),
];
const TOPIC: &str = "topic_arn";
const READ_ONLY: &str = "read_only";
const FORMAT: &str = "format";
const ACCOUNT_NAMES: &str = "account_names";
const OWNERS: &str = "owners";
const ROUTES: &str = "routes";
const RUNBOOK: &str = "runbook";
const CONTACT: &str = "contact";

/// The settings by name, as `settings.json` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct NotifierSettings(Map<String, Value>);

impl NotifierSettings {
    /// The settings of a hub with this topic.
    ///
    /// The notifier decides which read-only events matter, not a rule, so that every one reaches it, whatever `read_only`
    /// says.
    pub(crate) fn of(notify: &Notify, topic_arn: &str) -> Self {
        let mut all = Map::new();
        if !notify.account_names.is_empty() {
            all.insert(ACCOUNT_NAMES.into(), json!(notify.account_names));
        }
        if !notify.owners.is_empty() {
            all.insert(OWNERS.into(), json!(notify.owners));
        }
        if !notify.routes.is_empty() {
            all.insert(ROUTES.into(), json!(notify.routes));
        }
        let texts = [(RUNBOOK, &notify.runbook), (CONTACT, &notify.contact)];
        for (field, text) in texts {
            all.extend(text.clone().map(|text| (field.to_owned(), text.into())));
        }
        all.insert(FORMAT.into(), notify.format.name().into());
        all.insert(READ_ONLY.into(), notify.read_only.name().into());
        all.insert(TOPIC.into(), topic_arn.into());
        Self(all)
    }

    /// These fields, of another function.
    pub(crate) fn of_fields(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// All fields.
    pub(crate) fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// From the text of the file; what is no JSON object has no settings, as the notifier takes it.
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// From the environment that earlier versions set.
    pub(crate) fn of_environment(environment: &BTreeMap<String, String>) -> Self {
        let mut all = Map::new();
        for (variable, field) in FORMER {
            let Some(text) = environment.get(variable) else {
                continue;
            };
            let value = match field {
                ACCOUNT_NAMES => serde_json::from_str(text).unwrap_or_default(),
                _ => Value::from(text.as_str()),
            };
            all.insert(field.into(), value);
        }
        Self(all)
    }

    /// The text of the file, the same for the same settings.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }

    /// ARN of the topic that messages are published to.
    pub(crate) fn topic(&self) -> Option<&str> {
        self.word(TOPIC)
    }

    /// How read-only activity is reported; `None` where nothing valid is said.
    pub(crate) fn read_only(&self) -> Option<ReadOnly> {
        one_of(&ReadOnly::ALL, self.word(READ_ONLY)?)
    }

    /// Form of the body; `None` where nothing valid is said.
    pub(crate) fn format(&self) -> Option<Format> {
        one_of(&Format::ALL, self.word(FORMAT)?)
    }

    /// Names by account number.
    pub(crate) fn account_names(&self) -> BTreeMap<String, String> {
        self.pairs(ACCOUNT_NAMES)
    }

    /// Owners by the id of an account or a unit.
    pub(crate) fn owners(&self) -> BTreeMap<String, String> {
        self.pairs(OWNERS)
    }

    /// What further topics get, by their ARNs.
    pub(crate) fn routes(&self) -> BTreeMap<String, String> {
        self.pairs(ROUTES)
    }

    /// Link to the runbook.
    pub(crate) fn runbook(&self) -> Option<String> {
        self.word(RUNBOOK).map(one_line)
    }

    /// Whom to ask.
    pub(crate) fn contact(&self) -> Option<String> {
        self.word(CONTACT).map(one_line)
    }

    fn pairs(&self, field: &str) -> BTreeMap<String, String> {
        let pairs = self.0.get(field).cloned().unwrap_or_default();
        let pairs: BTreeMap<String, String> = serde_json::from_value(pairs).unwrap_or_default();
        // Whoever can change the function's code can write anything there.
        let plain = pairs.into_iter();
        plain
            .map(|(id, text)| (one_line(&id), one_line(&text)))
            .collect()
    }

    fn word(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    #[cfg(test)]
    pub(crate) fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.0.insert(field.to_owned(), value.into());
    }

    #[cfg(test)]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The notifier with these settings, as it is uploaded.
    pub(crate) fn package(&self) -> Arc<Package> {
        self.package_of(Some(zip()))
    }

    /// A function of this code with these settings, as it is uploaded; nothing where its code is not known.
    pub(crate) fn package_of(&self, code: Option<&'static [u8]>) -> Arc<Package> {
        let Some(zip) = code else {
            return Arc::default();
        };
        // A run asks for the same few again and again.
        const KEPT: usize = 6;
        static MADE: Mutex<Vec<(usize, String, Arc<Package>)>> = Mutex::new(Vec::new());
        let text = self.text();
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(size, it, _): &&(usize, String, _)| *size == zip.len() && *it == text;
        if let Some((.., package)) = made.iter().find(is_it) {
            return package.clone();
        }
        // The executable's zip is one, and writing to memory does not fail; Lambda would refuse an empty one.
        let package = with_settings(zip, &text).unwrap_or_default();
        let package = Arc::new(package);
        if made.len() == KEPT {
            made.remove(0);
        }
        made.push((zip.len(), text, package.clone()));
        package
    }
}

fn one_of<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    let mut all = all.iter();
    all.find(|(it, _)| *it == word).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rootwatch_bundle::settings_in;

    fn notify() -> Notify {
        Notify {
            read_only: ReadOnly::Each,
            format: Format::Chatbot,
            account_names: BTreeMap::from([("111122223333".into(), "Shop \"a\"".into())]),
            owners: BTreeMap::from([("ou-ab12-cdefgh34".into(), "Payments".into())]),
            routes: BTreeMap::from([("arn:aws:sns:eu-west-1:1:t".into(), "all".into())]),
            runbook: Some("https://wiki.example.com/root".into()),
            contact: Some("Security on call".into()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let topic = "arn:aws:sns:eu-west-1:111122223333:alerts";
        let wanted = NotifierSettings::of(&notify(), topic);
        let package = wanted.package();
        let text = settings_in(&package.zip).unwrap().unwrap();
        let found = NotifierSettings::parse(&text);
        assert_eq!(found, wanted);
        assert_eq!(found.topic(), Some(topic));
        assert_eq!(
            (found.read_only(), found.format()),
            (Some(ReadOnly::Each), Some(Format::Chatbot))
        );
        assert_eq!(found.account_names(), notify().account_names);
        assert_eq!(found.owners(), notify().owners);
        assert_eq!(found.routes(), notify().routes);
        assert_eq!(
            (found.runbook(), found.contact()),
            (notify().runbook, notify().contact)
        );
        assert_eq!(found.package(), package);
    }

    #[test]
    fn an_earlier_environment_says_the_same() {
        let environment = [
            ("ROOTWATCH_TOPIC_ARN", "arn:x"),
            ("ROOTWATCH_READ_ONLY", "each"),
            ("ROOTWATCH_FORMAT", "chatbot"),
            (
                "ROOTWATCH_ACCOUNT_NAMES",
                r#"{"111122223333":"Shop \"a\""}"#,
            ),
            ("ELSE", "x"),
        ];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let found = NotifierSettings::of_environment(&environment.into());
        assert_eq!(found.account_names(), notify().account_names);
        assert_eq!(
            (found.topic(), found.read_only(), found.format()),
            (Some("arn:x"), Some(ReadOnly::Each), Some(Format::Chatbot))
        );
        let none = NotifierSettings::of_environment(&BTreeMap::new());
        assert_eq!(none, NotifierSettings::default());
    }

    #[test]
    fn what_is_not_valid_says_nothing() {
        for text in [
            "",
            "[]",
            "{",
            "null",
            r#"{"read_only":3,"format":"FORMAT","account_names":[1]}"#,
        ] {
            let found = NotifierSettings::parse(text);
            assert_eq!((found.read_only(), found.format()), (None, None), "{text}");
            assert!(found.account_names().is_empty() && found.topic().is_none());
        }
    }

    #[test]
    fn many_packages_do_not_pile_up_and_stay_the_same() {
        let one = |format| {
            let notify = Notify {
                format,
                ..Notify::default()
            };
            NotifierSettings::of(&notify, "arn:x")
                .package()
                .sha256
                .clone()
        };
        let first: Vec<String> = Format::ALL.iter().map(|(_, it)| one(*it)).collect();
        let again: Vec<String> = Format::ALL.iter().map(|(_, it)| one(*it)).collect();
        assert_eq!(first, again);
    }
}
