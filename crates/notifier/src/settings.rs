//! The function's settings: from a file beside its executable, else from its environment.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use rootwatch_root_event::{Format, Guide, ReadOnly, Route, Sender};
use serde_json::{Map, Value};

use crate::log;

/// The file's name, in the folder of the function's code.
const FILE: &str = "settings.json";

/// The notifier's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// `topic_arn` in the file, or `ROOTWATCH_TOPIC_ARN`: where messages are published.
    pub topic_arn: String,
    /// The topic's region: messages go there, in whichever region the function runs.
    pub region: String,
    /// `account_names`, or `ROOTWATCH_ACCOUNT_NAMES`: a JSON object of account ids and names. Optional.
    pub account_names: BTreeMap<String, String>,
    /// `read_only`, or `ROOTWATCH_READ_ONLY`: how read-only activity is reported; in digests by default.
    pub read_only: ReadOnly,
    /// `format`, or `ROOTWATCH_FORMAT`: the default body; JSON for programs by default.
    pub format: Format,
    /// `owners`: who owns an account or a unit, by its id.
    pub owners: BTreeMap<String, String>,
    /// `runbook`: link to what the organization does when root acts.
    pub runbook: Option<String>,
    /// `contact`: whom to ask.
    pub contact: Option<String>,
    /// `routes`: further topics, by their ARNs, and what each gets.
    pub routes: Vec<Route>,
    /// Which deployment sends, by the name of this function; none where its name is not that of a notifier.
    pub deployment: Option<String>,
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
    /// Reads the settings of `file`, the text of a JSON object, and for what is not in it those of the environment;
    /// `variable` returns an environment variable's value.
    ///
    /// # Errors
    /// When there is no topic in either, or it is not the ARN of an SNS topic.
    pub fn read(
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let file = File::of(file);
        let text = |field: &str, name: &str| file.text(field).or_else(|| variable(name));
        let topic_arn = text("topic_arn", "ROOTWATCH_TOPIC_ARN").ok_or_else(|| {
            SettingsError(format!(
                "{FILE} has no topic_arn, and ROOTWATCH_TOPIC_ARN is not set: `rootwatch deploy hub` sets it"
            ))
        })?;
        let names_of_environment = || {
            let text = variable("ROOTWATCH_ACCOUNT_NAMES");
            text.map(|text| names(&text)).unwrap_or_default()
        };
        Ok(Self {
            region: region(&topic_arn)?,
            topic_arn,
            account_names: file
                .pairs("account_names")
                .unwrap_or_else(names_of_environment),
            owners: file.pairs("owners").unwrap_or_default(),
            routes: routes(file.pairs("routes").unwrap_or_default()),
            runbook: file.text("runbook"),
            contact: file.text("contact"),
            deployment: variable("AWS_LAMBDA_FUNCTION_NAME")
                .and_then(|it| it.strip_suffix("-notifier").map(str::to_owned)),
            read_only: choice(
                "read_only",
                text("read_only", "ROOTWATCH_READ_ONLY"),
                &ReadOnly::ALL,
            ),
            format: choice("format", text("format", "ROOTWATCH_FORMAT"), &Format::ALL),
            endpoint_url: endpoint(&variable, "SNS"),
            organizations_endpoint_url: endpoint(&variable, "ORGANIZATIONS"),
        })
    }
}

/// The text of the settings file in this folder, if there is one. What cannot be read is as if it were not there, since
/// the environment may have what is needed; the log says so.
pub(crate) fn file_in(folder: &Path) -> Option<String> {
    let path = folder.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            log::warning(&format!(
                "{} cannot be read, the settings of the environment are used: {error}",
                path.display()
            ));
            None
        }
    }
}

/// The settings file. Fields that are not known here are those of a later version.
struct File(Map<String, Value>);

impl File {
    fn of(text: Option<&str>) -> Self {
        let read = serde_json::from_str(text.unwrap_or("{}"));
        Self(read.unwrap_or_else(|error| {
            log::warning(&format!(
                "{FILE} is not a JSON object, the settings of the environment are used: {error}"
            ));
            Map::new()
        }))
    }

    /// A field that has another type is as if it were not there.
    fn text(&self, field: &str) -> Option<String> {
        let value = self.0.get(field)?;
        let text = value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            log::warning(&format!("{field} in {FILE} is not text, it is left out"));
        }
        text.map(str::to_owned)
    }

    fn pairs(&self, field: &str) -> Option<BTreeMap<String, String>> {
        let value = self.0.get(field)?;
        let pairs = serde_json::from_value(value.clone());
        pairs
            .inspect_err(|error| {
                log::warning(&format!(
                    "{field} in {FILE} is not an object of names, it is left out: {error}"
                ));
            })
            .ok()
    }
}

impl Settings {
    /// What people are told in every message.
    pub(crate) fn guide(&self) -> Guide<'_> {
        let account = self.topic_arn.split(':').nth(4);
        let sender = self.deployment.as_deref().zip(account);
        Guide {
            runbook: self.runbook.as_deref(),
            contact: self.contact.as_deref(),
            sender: sender.map(|(name, account)| Sender {
                name,
                account,
                region: &self.region,
            }),
        }
    }
}

/// What is not valid is left out, and the log says so: the alerts topic gets all messages in any case.
fn routes(pairs: BTreeMap<String, String>) -> Vec<Route> {
    let read = |(topic, words): (String, String)| match Route::parse(&topic, &words) {
        Ok(route) => Some(route),
        Err(error) => {
            log::warning(&format!(
                "the route {topic} in {FILE} {error}, it is left out"
            ));
            None
        }
    };
    pairs.into_iter().filter_map(read).collect()
}

fn endpoint(variable: &impl Fn(&str) -> Option<String>, service: &str) -> Option<String> {
    variable(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variable("AWS_ENDPOINT_URL"))
}

/// A setting is never worth a lost alert either: an unknown value means the default, and the log says so.
fn choice<T: Copy + Default>(field: &str, text: Option<String>, all: &[(&str, T)]) -> T {
    let Some(text) = text else {
        return T::default();
    };
    let found = all.iter().find(|(word, _)| *word == text);
    found.map_or_else(
        || {
            let values: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
            log::warning(&format!(
                "the setting {field} is not valid, the default is used; expected one of: {}",
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
            "the setting topic_arn (ROOTWATCH_TOPIC_ARN) is not the ARN of an SNS topic: {topic_arn}"
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
        with_file(variables, None)
    }

    fn with_file(
        variables: &[(&str, &str)],
        file: Option<&str>,
    ) -> Result<Settings, SettingsError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_owned())
        };
        Settings::read(variable, file)
    }

    const ENVIRONMENT: [(&str, &str); 4] = [
        ("ROOTWATCH_TOPIC_ARN", TOPIC),
        ("ROOTWATCH_READ_ONLY", "each"),
        ("ROOTWATCH_FORMAT", "chatbot"),
        ("ROOTWATCH_ACCOUNT_NAMES", r#"{"111122223333":"Prod"}"#),
    ];

    #[test]
    fn the_file_wins_over_the_environment() {
        let other = "arn:aws:sns:eu-west-1:111122223333:others";
        let file = format!(
            r#"{{"topic_arn":"{other}","read_only":"off","format":"text","account_names":{{"444455556666":"Shop"}},"later":1}}"#
        );
        let settings = with_file(&ENVIRONMENT, Some(&file)).unwrap();
        assert_eq!(
            (settings.topic_arn.as_str(), settings.region.as_str()),
            (other, "eu-west-1")
        );
        assert_eq!(
            (settings.read_only, settings.format),
            (ReadOnly::Off, Format::Text)
        );
        let names: Vec<&String> = settings.account_names.values().collect();
        assert_eq!(names, ["Shop"]);
        assert_eq!(
            with_file(&[], Some(&file)).unwrap(),
            settings,
            "it is enough"
        );
    }

    #[test]
    fn what_the_file_does_not_have_is_of_the_environment() {
        let of_environment = read(&ENVIRONMENT).unwrap();
        let odd = r#"{"topic_arn":3,"read_only":"","format":[],"account_names":{"a":1}}"#;
        for file in ["{}", "[]", "{", "", odd] {
            let settings = with_file(&ENVIRONMENT, Some(file)).unwrap();
            assert_eq!(settings, of_environment, "{file}");
        }
    }

    #[test]
    fn a_topic_in_the_file_has_to_be_one() {
        let file = r#"{"topic_arn":"arn:aws:sqs:eu-west-1:111122223333:q"}"#;
        let error = with_file(&ENVIRONMENT, Some(file)).unwrap_err();
        assert!(error.to_string().contains("sqs"), "{error}");
    }

    #[test]
    fn the_guide_is_of_the_file_and_the_sender_of_the_functions_name() {
        let file = r#"{"runbook":"https://wiki","contact":"on call","owners":{"111122223333":"Payments"}}"#;
        let variables = [
            ("ROOTWATCH_TOPIC_ARN", TOPIC),
            ("AWS_LAMBDA_FUNCTION_NAME", "audit-notifier"),
        ];
        let settings = with_file(&variables, Some(file)).unwrap();
        let sender = Sender {
            name: "audit",
            account: "111122223333",
            region: "us-gov-west-1",
        };
        let guide = Guide {
            runbook: Some("https://wiki"),
            contact: Some("on call"),
            sender: Some(sender),
        };
        assert_eq!(settings.guide(), guide);
        assert_eq!(settings.owners["111122223333"], "Payments");
        let elsewhere = with_file(&variables[..1], Some(r#"{"runbook":3,"owners":[]}"#)).unwrap();
        assert_eq!(elsewhere.guide(), Guide::default());
        assert!(elsewhere.owners.is_empty());
    }

    #[test]
    fn a_route_that_is_not_valid_is_left_out() {
        let file = r#"{"routes":{"arn:aws:sns:eu-west-1:111122223333:a":"severity=high","b":"all","arn:aws:sns:eu-west-1:111122223333:c":"?"}}"#;
        let settings = with_file(&ENVIRONMENT, Some(file)).unwrap();
        let routes: Vec<String> = settings.routes.iter().map(ToString::to_string).collect();
        assert_eq!(routes, ["severity=high"]);
    }

    #[test]
    fn without_a_file_there_is_none() {
        assert_eq!(file_in(Path::new("a folder that is not there")), None);
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
