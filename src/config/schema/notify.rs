//! What messages say and where else they go: `[notify]`, names and owners of accounts, routes.

use super::{KEY, Key, Kind, words};
use crate::config::form;
use crate::config::messages;
use rootwatch_root_event::{Format, ReadOnly};

pub(crate) static NOTIFY: Key = Key {
    name: "notify",
    kind: Kind::Table(&[&READ_ONLY, &FORMAT, &RUNBOOK, &CONTACT]),
    meaning: "How people are notified",
    ..KEY
};

pub(crate) static READ_ONLY: Key = Key {
    name: "read_only",
    kind: Kind::Choice(|| words(&ReadOnly::ALL)),
    meaning: "How read-only activity is reported: a digest a session, each call on its own, or not at all",
    default: "digest",
    example: r#""off""#,
    flag: "--notify-read-only",
    ..KEY
};

pub(crate) static FORMAT: Key = Key {
    name: "format",
    kind: Kind::Choice(|| words(&Format::ALL)),
    meaning: "Message body for subscriptions other than e-mail and SMS: JSON (text), or a notification for Amazon Q Developer in chat applications (chatbot)",
    default: "text",
    example: r#""chatbot""#,
    flag: "--notify-format",
    ..KEY
};

pub(crate) static RUNBOOK: Key = Key {
    name: "runbook",
    kind: Kind::Text(messages::runbook),
    meaning: "Link to what the organization does when root acts; it stands first under \"What to do now\"",
    default: "none",
    example: r#""https://wiki.example.com/runbooks/root""#,
    flag: "--notify-runbook",
    ..KEY
};

pub(crate) static CONTACT: Key = Key {
    name: "contact",
    kind: Kind::Text(messages::contact),
    meaning: "Whom to ask, in a few words; it stands below the runbook",
    default: "none",
    example: r##""Security on call, +49 30 1234567, #sec-incident""##,
    flag: "--notify-contact",
    ..KEY
};

pub(crate) static OWNERS: Key = Key {
    name: "owners",
    kind: Kind::Pairs(messages::owner),
    meaning: "Who owns an account, or the accounts of an organizational unit (ou-…) or the root (r-…), by its id; the nearest counts. Units need a hub that may read Organizations",
    default: "none",
    example: r#"ou-ab12-cdefgh34 = "Payments, payments-oncall@example.com""#,
    flag: "--owner",
    ..KEY
};

pub(crate) static ROUTES: Key = Key {
    name: "routes",
    kind: Kind::Pairs(messages::route),
    meaning: "What further topics get, by their ARNs, in the hub's region: all, or severity=… (the least), of=… (accounts and units, with commas) and format=… (text, chatbot, jira, ocsf, pagerduty, slack, teams); the alerts topic gets all messages in any case",
    default: "none",
    example: r#""arn:aws:sns:eu-west-1:111122223333:payments-alerts" = "severity=high of=ou-ab12-cdefgh34""#,
    flag: "--route",
    ..KEY
};

pub(crate) static ACCOUNT_NAMES: Key = Key {
    name: "account_names",
    kind: Kind::Pairs(form::account_name),
    meaning: "Names of accounts, where the hub may not read them from Organizations",
    default: "as Organizations says, if the hub is a delegated administrator",
    example: r#"111122223333 = "Prod-Payments""#,
    flag: "--account-name",
    ..KEY
};
