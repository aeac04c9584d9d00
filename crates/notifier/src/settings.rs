//! The function's settings, from its environment.

use std::collections::BTreeMap;
use std::fmt;

use rootwatch_root_event::{Format, ReadOnly};

use crate::log;

/// The notifier's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// `ROOTWATCH_TOPIC_ARN`: where messages are published.
    pub topic_arn: String,
    /// The topic's region: messages go there, in whichever region the function runs.
    pub region: String,
    /// `ROOTWATCH_ACCOUNT_NAMES`: a JSON object of account ids and names. Optional.
    pub account_names: BTreeMap<String, String>,
    /// `ROOTWATCH_READ_ONLY`: how read-only activity is reported; in digests by default.
    pub read_only: ReadOnly,
    /// `ROOTWATCH_FORMAT`: the default body; JSON for programs by default.
    pub format: Format,
    /// `AWS_ENDPOINT_URL_SNS` or `AWS_ENDPOINT_URL`, as in every AWS SDK.
    pub endpoint_url: Option<String>,
    /// `AWS_ENDPOINT_URL_ORGANIZATIONS` or `AWS_ENDPOINT_URL`.
    pub organizations_endpoint_url: Option<String>,
}

/// Why the settings are not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Reads the settings by `variable`, which returns an environment variable's value.
    ///
    /// # Errors
    /// When `ROOTWATCH_TOPIC_ARN` is missing or is not the ARN of an SNS topic.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let missing = || SettingsError("ROOTWATCH_TOPIC_ARN is not set".to_owned());
        let topic_arn = variable("ROOTWATCH_TOPIC_ARN").ok_or_else(missing)?;
        Ok(Self {
            region: region(&topic_arn)?,
            topic_arn,
            account_names: variable("ROOTWATCH_ACCOUNT_NAMES")
                .map(|text| names(&text))
                .unwrap_or_default(),
            read_only: choice(&variable, "ROOTWATCH_READ_ONLY", &ReadOnly::ALL),
            format: choice(&variable, "ROOTWATCH_FORMAT", &Format::ALL),
            endpoint_url: endpoint(&variable, "SNS"),
            organizations_endpoint_url: endpoint(&variable, "ORGANIZATIONS"),
        })
    }
}

fn endpoint(variable: &impl Fn(&str) -> Option<String>, service: &str) -> Option<String> {
    variable(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variable("AWS_ENDPOINT_URL"))
}

/// A setting is never worth a lost alert either: an unknown value means the default, and the log says so.
fn choice<T: Copy + Default>(
    variable: &impl Fn(&str) -> Option<String>,
    name: &str,
    all: &[(&str, T)],
) -> T {
    let Some(text) = variable(name) else {
        return T::default();
    };
    let found = all.iter().find(|(word, _)| *word == text);
    found.map_or_else(
        || {
            let values: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
            log::warning(&format!(
                "the value of {name} is not valid, the default is used; expected one of: {}",
                values.join(", ")
            ));
            T::default()
        },
        |(_, choice)| *choice,
    )
}

/// `arn:partition:sns:region:account:name`
fn region(topic_arn: &str) -> Result<String, SettingsError> {
    let parts: Vec<&str> = topic_arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "sns", region, _, _] if !region.is_empty() => Ok((*region).to_owned()),
        _ => Err(SettingsError(format!(
            "ROOTWATCH_TOPIC_ARN is not the ARN of an SNS topic: {topic_arn}"
        ))),
    }
}

/// A name is never worth a lost alert: names that cannot be read are left out, and the log says so.
fn names(text: &str) -> BTreeMap<String, String> {
    serde_json::from_str(text).unwrap_or_else(|error| {
        log::warning(&format!(
            "ROOTWATCH_ACCOUNT_NAMES is not a JSON object of account names, names are left out: {error}"
        ));
        BTreeMap::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:alerts";

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_region_is_the_topics() {
        assert_eq!(
            read(&[("ROOTWATCH_TOPIC_ARN", TOPIC)]).unwrap().region,
            "us-gov-west-1"
        );
    }

    #[test]
    fn a_topic_is_required() {
        assert!(read(&[]).is_err());
        assert!(read(&[("ROOTWATCH_TOPIC_ARN", "")]).is_err());
        assert!(
            read(&[(
                "ROOTWATCH_TOPIC_ARN",
                "arn:aws:sqs:eu-west-1:111122223333:q"
            )])
            .is_err()
        );
    }

    #[test]
    fn names_are_not_worth_a_lost_alert() {
        let names = |text| {
            read(&[
                ("ROOTWATCH_TOPIC_ARN", TOPIC),
                ("ROOTWATCH_ACCOUNT_NAMES", text),
            ])
            .unwrap()
            .account_names
        };
        assert_eq!(names(r#"{"111122223333":"Prod"}"#).len(), 1);
        assert!(names("[").is_empty());
        assert!(names(r#"{"111122223333":3}"#).is_empty());
    }

    #[test]
    fn an_unknown_value_means_the_default() {
        let read = |word| {
            let settings = read(&[
                ("ROOTWATCH_TOPIC_ARN", TOPIC),
                ("ROOTWATCH_READ_ONLY", word),
            ]);
            settings.unwrap().read_only
        };
        assert_eq!(read("off"), ReadOnly::Off);
        assert_eq!(read(""), ReadOnly::Digest);
        assert_eq!(read("OFF"), ReadOnly::Digest);
    }

    #[test]
    fn the_endpoint_of_the_service_wins() {
        let topic = ("ROOTWATCH_TOPIC_ARN", TOPIC);
        let both = read(&[
            topic,
            ("AWS_ENDPOINT_URL", "http://a"),
            ("AWS_ENDPOINT_URL_SNS", "http://b"),
        ]);
        let both = both.unwrap();
        assert_eq!(both.endpoint_url.as_deref(), Some("http://b"));
        assert_eq!(both.organizations_endpoint_url.as_deref(), Some("http://a"));
    }
}
