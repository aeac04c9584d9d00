//! What is known in addition to an event: names, owners, and what the settings say about acting on it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::assess::Assessment;
use crate::json::without_nulls;
use crate::sanitize;

/// The maximum length of an owner or a contact, and of a link, in characters; settings are checked against them.
const TEXT: usize = 120;
const LINK: usize = 300;

/// What is known in addition to the event.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The name of the account, if known.
    pub account_name: Option<&'a str>,
    /// The name of the account that a privileged session is for ([`Assessment::target_account`]), if known.
    pub target_name: Option<&'a str>,
    /// Names of accounts by their number, for messages about several.
    pub names: Option<&'a BTreeMap<String, String>>,
    /// When rootwatch received the event.
    pub received: Option<Timestamp>,
    /// Who owns the account that the event is about ([`Assessment::affected_account`]), if known.
    pub owner: Option<&'a str>,
    /// What people are told beside the event.
    pub guide: Guide<'a>,
}

/// What people are told beside the event, the same in every message of a deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guide<'a> {
    /// Link to what the organization does when root acts.
    pub runbook: Option<&'a str>,
    /// Whom to ask.
    pub contact: Option<&'a str>,
    /// Which deployment sends the message.
    pub sender: Option<Sender<'a>>,
}

/// A deployment, for who has several, or knows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender<'a> {
    /// The deployment's name.
    pub name: &'a str,
    /// The hub's account.
    pub account: &'a str,
    /// The hub's region.
    pub region: &'a str,
}

impl<'a> Context<'a> {
    /// Nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            account_name: None,
            target_name: None,
            names: None,
            received: None,
            owner: None,
            guide: Guide {
                runbook: None,
                contact: None,
                sender: None,
            },
        }
    }

    /// With the account's name, if known.
    #[must_use]
    pub const fn account_name(mut self, name: Option<&'a str>) -> Self {
        self.account_name = name;
        self
    }

    /// With the name of the account that a privileged session is for, if known.
    #[must_use]
    pub const fn target_name(mut self, name: Option<&'a str>) -> Self {
        self.target_name = name;
        self
    }

    /// With names of accounts by their number, for messages about several.
    #[must_use]
    pub const fn names(mut self, names: &'a BTreeMap<String, String>) -> Self {
        self.names = Some(names);
        self
    }

    /// With the time at which rootwatch received the event.
    #[must_use]
    pub const fn received(mut self, at: Timestamp) -> Self {
        self.received = Some(at);
        self
    }

    /// With the owner of the account that the event is about, if known.
    #[must_use]
    pub const fn owner(mut self, owner: Option<&'a str>) -> Self {
        self.owner = owner;
        self
    }

    /// With what people are told beside the event.
    #[must_use]
    pub const fn guide(mut self, guide: Guide<'a>) -> Self {
        self.guide = guide;
        self
    }

    pub(crate) fn name_of(&self, account: &str) -> Option<&'a str> {
        self.names?.get(account).map(String::as_str)
    }

    /// The owner as one safe line.
    pub(crate) fn owner_in_words(&self) -> Option<String> {
        line(self.owner, TEXT)
    }
}

impl Guide<'_> {
    /// What comes before all that can be done about an event.
    pub(crate) fn steps(&self) -> Vec<String> {
        let runbook = self.runbook().map(|it| format!("Runbook: {it}"));
        let contact = self.contact().map(|it| format!("Contact: {it}"));
        runbook.into_iter().chain(contact).collect()
    }

    pub(crate) fn runbook(&self) -> Option<String> {
        line(self.runbook, LINK)
    }

    pub(crate) fn contact(&self) -> Option<String> {
        line(self.contact, TEXT)
    }

    /// `rootwatch, account 111122223333, eu-west-1`
    pub(crate) fn sender(&self) -> Option<String> {
        let Sender {
            name,
            account,
            region,
        } = self.sender?;
        line(Some(&format!("{name}, account {account}, {region}")), TEXT)
    }

    /// The sender for programs.
    pub(crate) fn sender_as_json(&self) -> Option<Value> {
        let Sender {
            name,
            account,
            region,
        } = self.sender?;
        let line = |text: &str| sanitize::line_within(text, TEXT);
        Some(json!({ "name": line(name), "account": line(account), "region": line(region) }))
    }
}

impl Assessment {
    /// The account that the event is about: the one in which `sts:AssumeRoot` starts a session, else the one whose root
    /// user acted.
    #[must_use]
    pub fn affected_account(&self) -> Option<&str> {
        self.target_account.as_deref().or(self.account.as_deref())
    }
}

/// The fields that every body for programs has beside the event's own.
pub(crate) fn with_context(mut body: Value, context: &Context<'_>, owner: Option<String>) -> Value {
    let more = without_nulls(json!({
        "owner": owner,
        "runbook": context.guide.runbook(),
        "contact": context.guide.contact(),
        "sender": context.guide.sender_as_json(),
    }));
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

fn line(text: Option<&str>, longest: usize) -> Option<String> {
    let line = sanitize::line_within(text?, longest);
    (!line.is_empty()).then_some(line)
}
