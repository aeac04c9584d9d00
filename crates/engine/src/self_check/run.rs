//! One self-check: looks, compares with the last, mails what is due.

use super::compare;
use super::entries::Entries;
use super::mail::{self, Occasion};
use super::past;
use super::report::{Figures, Found, Mailed, Report, SCHEMA};
use super::{Cause, entries};
use crate::aws::error::{AwsError, Call};
use crate::canary::{Quiet, send_quietly};
use crate::session::Session;
use crate::settings::SelfCheck;
use crate::status;
use crate::verify::{self, Selection};
use anyhow::{Error, Result};
use jiff::Timestamp;
use serde_json::json;
use std::time::Instant;

/// Looks at the deployment, and mails what is due. What could not be done is in the report.
pub async fn run(session: &Session, mails: SelfCheck, cause: Cause) -> Report {
    let began = Instant::now();
    let names = session.names();
    let selection = Selection::default();
    let (before, status, verified, sent) = tokio::join!(
        past::last(&session.aws, &names),
        status::status(session, false),
        verify::verify(session, &selection, false),
        send_quietly(session),
    );
    let looked = Looked {
        status,
        verified,
        sent,
    };
    let mut entries = looked.entries(session);
    let before = before.unwrap_or_else(|error| {
        entries.incomplete(&names, "reading the last report", &Error::from(error));
        None
    });
    let mut report = looked.report(session, entries);
    report.figures.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(before) = &before {
        report.changes = compare::changes(before, &report);
        report.last_mail = before.last_mail;
    }
    let is_scheduled = cause == Cause::Schedule;
    if let Some(occasion) = mail::due(&report, before.as_ref(), mails, is_scheduled) {
        let mailed = send(session, &report, occasion).await;
        if mailed.error.is_none() {
            report.last_mail = Some(report.at);
        }
        report.mailed = Some(mailed);
    }
    report
}

/// What the parts of the work came to.
struct Looked {
    status: Result<status::Report>,
    verified: Result<verify::Report>,
    sent: Result<Quiet>,
}

impl Looked {
    fn entries(&self, session: &Session) -> Entries {
        let (names, mut all) = (session.names(), entries::Entries::default());
        let hops = match &self.verified {
            Ok(report) => report.hops.as_slice(),
            Err(error) => {
                all.incomplete(&names, "what `verify` does", error);
                &[]
            }
        };
        all.hops(hops);
        match &self.status {
            Ok(report) => all.gaps(&names, &report.gaps, hops),
            Err(error) => all.incomplete(&names, "what `status` does", error),
        }
        all.test_event(&names, &self.sent);
        all
    }

    fn report(&self, session: &Session, entries: Entries) -> Report {
        let names = session.names();
        Report {
            schema: SCHEMA.to_owned(),
            at: Timestamp::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            deployment: names.deployment,
            account: names.account,
            region: names.region,
            figures: self.figures(),
            wrong: Found::of(entries.wrong),
            unread: Found::of(entries.unread),
            ..Report::default()
        }
    }

    fn figures(&self) -> Figures {
        let status = self.status.as_ref().ok();
        let spokes = status.map(|it| &it.spokes);
        let coverage = spokes
            .filter(|it| it.unknown.is_none() && it.instances_unknown.is_none())
            .map(|it| &it.coverage);
        let heartbeats = spokes.and_then(|it| it.heartbeats.as_ref());
        let metrics = status.and_then(|it| it.hub.metrics.as_ref());
        Figures {
            accounts: coverage.map(|it| it.accounts),
            covered: coverage.map(|it| it.covered_accounts),
            regions: coverage.map(|it| it.regions.len()),
            heartbeats: heartbeats.and_then(|it| it.expected),
            heard: heartbeats.and_then(|it| it.heard),
            notifier_ran: metrics.and_then(|it| it.last_invocation),
            test_event_ms: match self.sent {
                Ok(Quiet::Arrived(ms)) => Some(ms),
                _ => None,
            },
            took_ms: 0,
        }
    }
}

/// Mails it to those who are notified when the path breaks.
async fn send(session: &Session, report: &Report, occasion: Occasion) -> Mailed {
    let subject = mail::subject(report);
    let sent = publish(session, &subject, &mail::body(report, occasion)).await;
    Mailed {
        why: occasion.name().to_owned(),
        subject,
        error: sent.err().map(|error| error.to_string()),
    }
}

/// A text message has room for the subject alone.
async fn publish(session: &Session, subject: &str, body: &str) -> Result<(), AwsError> {
    let names = session.names();
    let message = json!({"default": body, "sms": subject});
    let call = session.aws.sns.publish().subject(subject);
    let call = call.topic_arn(names.topic_arn(&names.health_topic()));
    let call = call.message_structure("json").message(message.to_string());
    call.send().await.call("sns:Publish")?;
    Ok(())
}
