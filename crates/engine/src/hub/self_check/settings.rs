//! What the self-check is told: the settings in its deployment package. Pure.

use crate::hub::notifier_settings::NotifierSettings;
use crate::ignore::Ignore;
use crate::settings::SelfCheck;
use serde_json::{Map, Value, json};

const NAME: &str = "name";
const MAILS: &str = "mails";
const ACCEPTED: &str = "accepted";

/// What is in `settings.json` beside the self-check's executable. All else it takes from what is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Name of the deployment.
    pub name: String,
    /// How often it mails that all is well.
    pub mails: SelfCheck,
    /// Findings that are accepted.
    pub accepted: Vec<Ignore>,
}

impl Told {
    /// From the text of the file.
    ///
    /// What this version does not know is left out: a finding that is not accepted is mailed, and nobody misses one.
    ///
    /// # Errors
    /// When it names no deployment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let all: Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| format!("settings.json is not a JSON object: {error}"))?;
        let name = all.get(NAME).and_then(Value::as_str);
        let name = name.ok_or("settings.json does not name the deployment")?;
        Ok(Self {
            name: name.to_owned(),
            mails: mails(&all).unwrap_or_default(),
            accepted: accepted(&all),
        })
    }

    /// As a function has it.
    pub(crate) fn to_function(&self) -> NotifierSettings {
        let mut all = Map::new();
        if !self.accepted.is_empty() {
            all.insert(ACCEPTED.into(), json!(self.accepted));
        }
        all.insert(MAILS.into(), self.mails.name().into());
        all.insert(NAME.into(), self.name.as_str().into());
        NotifierSettings::of_fields(all)
    }
}

fn mails(all: &Map<String, Value>) -> Option<SelfCheck> {
    SelfCheck::named(all.get(MAILS)?.as_str()?)
}

/// The findings that a function was told to accept.
pub(crate) fn accepted(all: &Map<String, Value>) -> Vec<Ignore> {
    let list = all.get(ACCEPTED).and_then(Value::as_array);
    let each = list.into_iter().flatten().cloned();
    each.filter_map(|it| serde_json::from_value(it).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut ignore =
            Ignore::parse("RW301@111122223333/eu-west-1", "a lab", "--ignore").unwrap();
        ignore.resource = Some("stack-set x".into());
        let told = Told {
            name: "watch".into(),
            mails: SelfCheck::Daily,
            accepted: vec![ignore],
        };
        assert_eq!(Told::parse(&told.to_function().text()).unwrap(), told);
    }

    #[test]
    fn what_is_not_known_is_left_out_and_a_name_is_needed() {
        let text = r#"{"name":"a","mails":"hourly","accepted":[{"id":"RW999","reason":"x","source":"y"},3],"new":1}"#;
        let told = Told::parse(text).unwrap();
        assert_eq!((told.mails, told.accepted.len()), (SelfCheck::Weekly, 0));
        for wrong in ["", "[]", "{}", r#"{"name":3}"#] {
            assert!(Told::parse(wrong).is_err(), "{wrong}");
        }
    }
}
