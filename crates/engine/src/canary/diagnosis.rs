//! Where a test event stopped: from its traces, and from what `verify` finds.

use super::alert::Alert;
use super::outcome::{Diagnosis, Sent};
use super::test::Test;
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::aws::hint;
use crate::findings::{FindingId, canary as kinds};
use crate::hub::desired::Wanted;
use crate::names::Names;
use crate::session::Session;
use crate::spokes::{Location, organization};
use crate::verify;
use crate::verify::deployed::Deployed;
use crate::verify::finding::{CannotRead, Hop, Verdict};
use crate::verify::spokes::look_at;
use crate::work::Work;
use aws_sdk_sqs::types::Message;
use serde_json::Value;
use std::collections::BTreeSet;

/// Spokes that are diagnosed after a failure; more would show the same.
const MOST_SPOKES: usize = 10;
/// How far this machine's clock may differ from AWS's, in milliseconds.
const CLOCKS_MS: i64 = 300_000;
/// How often the dead-letter queue is asked for up to ten messages.
const LOOKS: usize = 10;

/// Looks for the place where the event stopped. Its messages in the dead-letter queue are deleted.
pub(super) async fn find(session: &Session, wanted: &Wanted, test: &Test<'_>) -> Diagnosis {
    let (aws, work) = (&session.aws, &session.work);
    let organization = organization::find(aws).await;
    let org_id = organization.map(|found| found.id).map_err(CannotRead::from);
    let mut deployed = Deployed::read(aws, wanted, org_id).await;
    deployed.remember(session).await;
    let lost = Lost::of(test);
    let sample = lost.sample();
    let places = sample
        .iter()
        .map(|it| (it.account.as_str(), it.region.as_str()));
    let hub = verify::hub(&deployed, places);
    match test.alert() {
        Some(alert) if !alert.is_delivered => in_hub(aws, &wanted.names, &alert, hub).await,
        _ => in_spokes(test, &lost, &wanted.names, hub, work).await,
    }
}

/// The places whose canary did not arrive.
struct Lost<'a> {
    places: Vec<&'a Location>,
    /// Of how many.
    all: usize,
    /// Whether one of them was sent.
    is_sent: bool,
    /// What to do where the role of the spokes cannot be assumed.
    hint: Option<&'static str>,
}

impl<'a> Lost<'a> {
    fn of(test: &Test<'a>) -> Self {
        let (mut places, mut is_sent, mut hint) = (Vec::new(), false, None);
        let results = test.places();
        let all = results.len();
        for (location, sent) in results {
            if matches!(sent, Sent::Arrived { .. }) {
                continue;
            }
            is_sent |= sent == Sent::Lost;
            if let Sent::Unsent { why } = &sent {
                hint = hint.or_else(|| not_entered(why));
            }
            places.push(location);
        }
        Self {
            places,
            all,
            is_sent,
            hint,
        }
    }

    /// The hub treats all accounts of the organization alike, so a few show what is wrong with it.
    fn sample(&self) -> Vec<Location> {
        let few = self.places.iter().take(MOST_SPOKES);
        few.map(|location| (*location).clone()).collect()
    }
}

/// What to do where a role could not be assumed; `None` where it is something else.
fn not_entered(why: &str) -> Option<&'static str> {
    let (operation, code) = ("sts:AssumeRole", "AccessDenied");
    let is_refused = why.starts_with(&format!("{operation}: {code}"));
    let error = is_refused.then(|| AwsError::of_entry(operation, Some(code), why))?;
    hint::of_call(&error)
}

async fn in_spokes<'a>(
    test: &Test<'a>,
    lost: &Lost<'a>,
    names: &Names,
    hub: Vec<Hop>,
    work: &Work,
) -> Diagnosis {
    let mut findings = Vec::new();
    for location in lost.places.iter().take(MOST_SPOKES) {
        if let Some(spoke) = test.sender.spoke(location, work).await {
            findings.extend(look_at(&spoke, names).await);
        }
    }
    findings.extend(
        hub.into_iter()
            .filter(|hop| hop.resource.starts_with("event-bus")),
    );
    let (id, place) = if lost.is_sent {
        (kinds::LOST, "between the spoke and the hub's bus")
    } else {
        (kinds::NOT_SENT, "before it was sent")
    };
    Diagnosis {
        id,
        stopped: format!("{place}, for {} of {} spokes", lost.places.len(), lost.all),
        traces: lost
            .hint
            .map(|it| format!("what to do: {it}"))
            .into_iter()
            .collect(),
        findings: wrong(findings),
    }
}

async fn in_hub(aws: &Aws, names: &Names, alert: &Alert, hub: Vec<Hop>) -> Diagnosis {
    let (logged, dead) = tokio::join!(log(aws, names, alert), dead_letters(aws, names, &alert.id));
    let findings = wrong(hub);
    let first = findings.iter().find(|hop| hop.verdict == Verdict::Broken);
    let (id, stopped) = match (&logged, &dead, first) {
        (Trace::Found(said), _, _) | (_, Trace::Found(said), _) => (said.id, said.place.to_owned()),
        (_, _, Some(hop)) => (kinds::AT_HOP, format!("at {}", hop.resource)),
        _ => (kinds::SOMEWHERE, "between the hub's bus and the topic, where every hop is fine: it may only be late; try a longer --wait".to_owned()),
    };
    let mut traces: Vec<String> = [logged, dead]
        .into_iter()
        .filter_map(Trace::words)
        .collect();
    if traces.is_empty() {
        traces.push("the queue brings the test event again for some minutes: it may still reach the dead-letter queue, or people".into());
    }
    Diagnosis {
        id,
        stopped,
        traces,
        findings,
    }
}

fn wrong(hops: Vec<Hop>) -> Vec<Hop> {
    hops.into_iter()
        .filter(|hop| hop.verdict != Verdict::Ok)
        .collect()
}

/// What was found of the event at one place.
enum Trace {
    Nothing,
    Unread(String),
    Found(Said),
}

struct Said {
    id: FindingId,
    place: &'static str,
    words: String,
}

impl Trace {
    fn words(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Unread(why) => Some(why),
            Self::Found(said) => Some(said.words),
        }
    }

    fn of(result: Result<Option<Said>, AwsError>) -> Self {
        match result {
            Ok(None) => Self::Nothing,
            Ok(Some(said)) => Self::Found(said),
            Err(error) => Self::Unread(format!("could not be read: {error}")),
        }
    }
}

/// What the notifier logged about the event since it was sent.
async fn log(aws: &Aws, names: &Names, alert: &Alert) -> Trace {
    Trace::of(find_logged(aws, names, alert).await)
}

async fn find_logged(aws: &Aws, names: &Names, alert: &Alert) -> Result<Option<Said>, AwsError> {
    let call = aws
        .logs
        .filter_log_events()
        .log_group_name(names.log_group())
        .start_time(alert.sent_ms - CLOCKS_MS)
        .filter_pattern(format!("\"{}\"", alert.id));
    // A page may be empty although another follows it.
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = absent(page.call("logs:FilterLogEvents"))? else {
            break;
        };
        let lines = page
            .events()
            .iter()
            .filter_map(|event| serde_json::from_str(event.message()?).ok());
        if let Some(said) = lines.filter_map(|line: Value| logged(&line)).next() {
            return Ok(Some(said));
        }
    }
    Ok(None)
}

fn logged(line: &Value) -> Option<Said> {
    if let Some(error) = line["error"].as_str() {
        return Some(Said {
            id: kinds::NOT_PUBLISHED,
            place: "between the notifier and the topic",
            words: format!("the notifier got the event and could not publish it: {error}"),
        });
    }
    line["sns_message_id"].as_str().map(|message| Said {
        id: kinds::NOT_DELIVERED,
        place: "between the topic and the temporary queue",
        words: format!("the notifier published it as message {message}"),
    })
}

/// The event as EventBridge or Lambda sent it to the dead-letter queue, from which it is deleted.
async fn dead_letters(aws: &Aws, names: &Names, id: &str) -> Trace {
    Trace::of(take_out(aws, names, id).await)
}

async fn take_out(aws: &Aws, names: &Names, id: &str) -> Result<Option<Said>, AwsError> {
    let answer = aws
        .sqs
        .get_queue_url()
        .queue_name(names.dead_letter_queue())
        .send()
        .await;
    let Some(url) = answer
        .found("sqs:GetQueueUrl")?
        .and_then(|answer| answer.queue_url)
    else {
        return Ok(None);
    };
    let (mut said, mut seen) = (None, BTreeSet::new());
    for _ in 0..LOOKS {
        let call = aws
            .sqs
            .receive_message()
            .queue_url(&url)
            .max_number_of_messages(10);
        // A short poll asks some of SQS's servers only. Other messages become visible again in a moment.
        let call = call.wait_time_seconds(1).visibility_timeout(5);
        let call = call.message_attribute_names("All");
        let messages = call
            .send()
            .await
            .call("sqs:ReceiveMessage")?
            .messages
            .unwrap_or_default();
        if messages
            .iter()
            .all(|it| !seen.insert(it.message_id.clone()))
        {
            break;
        }
        for message in messages
            .iter()
            .filter(|it| it.body().is_some_and(|body| body.contains(id)))
        {
            said = Some(dead_letter(message));
            let call = aws.sqs.delete_message().queue_url(&url);
            let call = call.set_receipt_handle(message.receipt_handle.clone());
            call.send().await.call("sqs:DeleteMessage")?;
        }
    }
    Ok(said)
}

fn dead_letter(message: &Message) -> Said {
    let attribute = |name: &str| {
        let found = message.message_attributes()?.get(name)?;
        found.string_value().map(str::to_owned)
    };
    if let Some(code) = attribute("ERROR_CODE") {
        let why = attribute("ERROR_MESSAGE").unwrap_or_default();
        return Said {
            id: kinds::BEFORE_NOTIFIER,
            place: "between the rule and the notifier",
            words: format!(
                "EventBridge could not deliver it and sent it to the dead-letter queue: {code}: {why}"
            ),
        };
    }
    let record: Value = message
        .body()
        .and_then(|body| serde_json::from_str(body).ok())
        .unwrap_or_default();
    let why = &record["responsePayload"]["errorMessage"];
    let why = why.as_str().unwrap_or("it gave no reason");
    Said {
        id: kinds::AT_NOTIFIER,
        place: "at the notifier",
        words: format!(
            "the notifier failed on it after all retries, and Lambda sent it to the dead-letter queue: {why}"
        ),
    }
}
