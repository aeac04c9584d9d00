//! What is deployed as a settings file: with it, no plan changes anything.

use super::describe::{Entry, Values};
use super::form;
use super::shown::{self, Differing};
use rootwatch_engine::source::key;
use rootwatch_engine::{Settings, memory};

const EMAIL: &str = "hub.email";

const PASSWORD: &str = "\
A subscription has a password, which AWS does not show and which is not written here. A list in this file is the whole
list, so without that subscription it would be removed: all are left out, and who is subscribed stays. To list them here,
put in the password.";

const UNREAD: &str = "What could not be read is left out, and stays as it is.";

/// What the file has, and what people should know of what it has not.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) values: Values,
    /// What could not be read, each as a sentence.
    pub(crate) unread: Vec<String>,
}

impl Recorded {
    /// What is not in force, with the reason, and what could not be read.
    pub(crate) fn notes(&self) -> Vec<String> {
        let left_out = self.values.iter().filter_map(|(path, entry)| match entry {
            Entry::LeftOut { why, .. } => {
                let why: Vec<&str> = why.lines().collect();
                Some(format!("{path} is left out. {}", why.join(" ")))
            }
            Entry::Set(_) => None,
        });
        left_out.chain(self.unread.iter().cloned()).collect()
    }
}

/// The settings of what is deployed, but for how this run reached it.
pub(crate) fn recorded(deployed: &memory::Deployed) -> Recorded {
    let settings = &deployed.settings;
    let mut all = shown::values(settings);
    all.retain(|path, _| is_recorded(settings, path));
    let mut values: Values = all
        .into_iter()
        .map(|(path, value)| (path, Entry::Set(value)))
        .collect();
    if settings.hub.subscriptions.iter().any(has_password) {
        leave_out(&mut values, &[EMAIL, key::SUBSCRIPTIONS], PASSWORD);
    }
    for differing in shown::differing(deployed) {
        let (path, entry) = differs(differing);
        values.insert(path, entry);
    }
    let mut unread = deployed.unknown.clone();
    if !unread.is_empty() {
        unread.push(UNREAD.to_owned());
    }
    Recorded { values, unread }
}

/// The settings that flags, variables and answers give, to be written into a new file.
pub(crate) fn given(settings: &Settings) -> Values {
    let mut all = shown::values(settings);
    all.retain(|path, _| match *path {
        "name" => settings.name != rootwatch_engine::DEFAULT_NAME,
        key::REGION => settings.connection.region.is_some(),
        _ => is_recorded(settings, path),
    });
    let entries = all.into_iter();
    entries
        .map(|(path, value)| (path, Entry::Set(value)))
        .collect()
}

/// Whether a value belongs into the file: it is not only a default, and would be good for others who use the file.
fn is_recorded(settings: &Settings, path: &str) -> bool {
    match path {
        key::PROFILE | key::ENDPOINT_URL => false,
        "name" | key::REGION => true,
        EMAIL => settings.sources.get(key::SUBSCRIPTIONS).is_some(),
        _ => settings.sources.get(path).is_some(),
    }
}

fn has_password(subscription: &rootwatch_engine::Subscription) -> bool {
    form::has_stars(&subscription.shown())
}

fn leave_out(values: &mut Values, paths: &[&'static str], why: &str) {
    for path in paths {
        if let Some(Entry::Set(value)) = values.remove(path) {
            let entry = Entry::LeftOut {
                why: why.to_owned(),
                value: Some(value),
            };
            values.insert(path, entry);
        }
    }
}

/// What the hub and the spokes each have of a setting that the file could only have once.
fn differs(of: Differing) -> (&'static str, Entry) {
    let words = |value: &Option<String>| value.clone().unwrap_or("the default".into());
    let why = format!(
        "The hub has {}, and the spokes have {}. A value here would hold for both: it is left out, and each keeps its own.",
        words(&of.hub),
        words(&of.spokes.value)
    );
    (of.key, Entry::LeftOut { why, value: None })
}
