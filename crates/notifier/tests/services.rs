//! SNS and Organizations at an endpoint: the notifier's own clients call them over HTTP, as they call AWS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_sns::config::Credentials;
use rootwatch_lab::{Answer, Host, Request};
use rootwatch_notifier::{Clients, Notifier, Settings};
use serde_json::{Value, json};

use crate::TOPIC;

pub(crate) const NEVER: &str = "no subject has this in it";

/// A form of AWS's query protocol, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn of(body: &str) -> Self {
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| unreachable!("no {name} in {self:?}"))
    }

    /// A message attribute of this name: its value, when it is a string.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.of_type("String", name)
    }

    /// A message attribute of this name: its value, when it is a list of strings.
    pub(crate) fn array(&self, name: &str) -> Option<&str> {
        self.of_type("String.Array", name)
    }

    fn of_type(&self, wanted: &str, name: &str) -> Option<&str> {
        let (key, _) = self.0.iter().find(|(key, value)| {
            key.starts_with("MessageAttributes.") && key.ends_with(".Name") && *value == name
        })?;
        let of = |what: &str| self.0.get(&key.replace(".Name", what));
        of(".Value.DataType").filter(|kind| *kind == wanted)?;
        of(".Value.StringValue").map(String::as_str)
    }
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let code = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&code).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// SNS, and what it accepted.
pub(crate) struct Sns {
    host: Host,
    accepted: Arc<Mutex<Vec<Form>>>,
}

impl Sns {
    /// Refuses every message with `refuse` in its subject.
    pub(crate) fn refusing(refuse: &'static str) -> Self {
        Self::refusing_if(move |form| form.get("Subject").contains(refuse))
    }

    /// Refuses every message for a topic of this name.
    pub(crate) fn refusing_topic(name: &'static str) -> Self {
        Self::refusing_if(move |form| form.get("TopicArn").ends_with(name))
    }

    fn refusing_if(refuses: impl Fn(&Form) -> bool + Send + Sync + 'static) -> Self {
        let accepted = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&accepted);
        let host = Host::start(move |request| {
            let form = Form::of(&request.body);
            assert_eq!(form.get("Action"), "Publish");
            if refuses(&form) {
                return Some(xml(400, DOWN));
            }
            list.lock().unwrap().push(form);
            Some(xml(200, PUBLISHED))
        });
        Self {
            host: host.unwrap(),
            accepted,
        }
    }

    pub(crate) fn accepted(&self) -> MutexGuard<'_, Vec<Form>> {
        self.accepted.lock().unwrap()
    }

    pub(crate) fn subjects(&self) -> Vec<String> {
        let accepted = self.accepted();
        let subjects = accepted.iter().map(|form| form.get("Subject").to_owned());
        subjects.collect()
    }
}

const PUBLISHED: &str = "<PublishResponse><PublishResult><MessageId>sns-1</MessageId></PublishResult></PublishResponse>";
const DOWN: &str = "<ErrorResponse><Error><Code>InternalError</Code><Message>down</Message></Error></ErrorResponse>";

fn xml(status: u16, body: &str) -> Answer {
    Answer::new(status, "text/xml", body)
}

/// Organizations, and how often it was called.
pub(crate) struct Organizations(Host);

impl Organizations {
    /// Organizations for an account that is not a delegated administrator.
    pub(crate) fn refusing() -> Self {
        Self::answering(|_| error("AccessDeniedException"))
    }

    /// Organizations that knows one account.
    pub(crate) fn knowing(id: &'static str, name: &'static str) -> Self {
        Self::answering(move |account| {
            if account != id {
                return error("AccountNotFoundException");
            }
            let body = json!({ "Account": { "Id": id, "Name": name } });
            Answer::new(200, JSON, body.to_string())
        })
    }

    fn answering(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let host = Host::start(move |request: &Request| {
            let operation = "AWSOrganizationsV20161128.DescribeAccount";
            assert_eq!(request.target.as_deref(), Some(operation));
            let asked: Value = serde_json::from_str(&request.body).unwrap();
            Some(answer(asked["AccountId"].as_str().unwrap()))
        });
        Self(host.unwrap())
    }

    /// Organizations in which each of these is in the next, and that knows no name.
    pub(crate) fn with_units(chain: &'static [&'static str]) -> Self {
        let host = Host::start(move |request: &Request| {
            if request.target.as_deref() != Some("AWSOrganizationsV20161128.ListParents") {
                return Some(error("AccountNotFoundException"));
            }
            let asked: Value = serde_json::from_str(&request.body).unwrap();
            let child = asked["ChildId"].as_str().unwrap();
            let parent = chain.windows(2).find(|pair| pair[0] == child);
            Some(match parent {
                Some(pair) => {
                    let kind = if pair[1].starts_with("r-") {
                        "ROOT"
                    } else {
                        "ORGANIZATIONAL_UNIT"
                    };
                    let body = json!({ "Parents": [{ "Id": pair[1], "Type": kind }] });
                    Answer::new(200, JSON, body.to_string())
                }
                None => error("ChildNotFoundException"),
            })
        });
        Self(host.unwrap())
    }

    /// How often it was called since the last call of this function.
    pub(crate) fn asked(&self) -> usize {
        self.0.requests.try_iter().count()
    }
}

const JSON: &str = "application/x-amz-json-1.1";

fn error(code: &str) -> Answer {
    Answer::new(400, JSON, json!({ "__type": code }).to_string())
}

pub(crate) fn settings(read_only: &str) -> Settings {
    let file = json!({
        "topic_arn": TOPIC,
        "account_names": { "111122223333": "Prod-Payments" },
        "read_only": read_only,
    });
    Settings::read(|_| None, Some(&file.to_string())).unwrap()
}

/// A notifier that uses these two.
pub(crate) fn notifier(
    mut settings: Settings,
    sns: &Sns,
    organizations: &Organizations,
) -> Notifier {
    let url = |host: &Host| Some(format!("http://{}", host.address));
    settings.endpoint_url = url(&sns.host);
    settings.organizations_endpoint_url = url(&organizations.0);
    let credentials = Credentials::new("an-id", "a-key", None, None, "tests");
    let clients = Clients::with_credentials(&settings, Some(credentials));
    Notifier::new(clients, settings)
}
