//! What root users did, and what became of each act.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::organization::Spot;
use crate::control::Message;
use crate::server::Lab;
use crate::sweep::command::{PERSON, REGION};

const QUEUES: [&str; 3] = [
    "rootwatch-acts",
    "rootwatch-reads",
    "rootwatch-dead-letters",
];

/// Where an act is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody has to be told of it.
    Free,
    /// It has not been seen anywhere.
    Owed,
    /// It is in a queue of the hub.
    Waits,
    Told,
}

#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) id: String,
    pub(super) spot: Spot,
    pub(super) state: State,
}

/// All acts of a sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Acts(pub(super) Vec<Done>);

impl Acts {
    /// A root user acts.
    pub(super) fn make(&mut self, lab: &Lab, spot: Spot, signs_in: bool, owed: bool) -> Result<()> {
        let nth = self.0.len() + 1;
        let id = format!("sequence-act-{nth}");
        let (kind, event) = match signs_in {
            true => (
                "AWS Console Sign In via CloudTrail",
                sign_in(&spot, &id, nth),
            ),
            false => ("AWS API Call via CloudTrail", call(&spot, &id, nth)),
        };
        lab.cloudtrail_event(&spot.0, &spot.1, kind, &event)?;
        let state = if owed { State::Owed } else { State::Free };
        self.0.push(Done { id, spot, state });
        Ok(())
    }

    /// The last one need not be told after all: what it was made under has changed meanwhile.
    pub(super) fn excuse_last(&mut self) {
        if let Some(last) = self.0.last_mut() {
            last.state = State::Free;
        }
    }

    /// Looks where each is now, and gives those that are nowhere. What waited in a queue that somebody has taken away is
    /// lost by that, and nobody's fault but his.
    pub(super) fn look(
        &mut self,
        lab: &Lab,
        hub: &str,
        queue_was_taken: bool,
    ) -> Result<Vec<Done>> {
        let is_open = |it: &&mut Done| matches!(it.state, State::Owed | State::Waits);
        if !self.0.iter_mut().any(|it| is_open(&it)) {
            return Ok(Vec::new());
        }
        let mails = lab.mailbox(PERSON)?;
        let waiting = waiting(lab, hub).into_iter().map(|it| it.body);
        let waiting: Vec<String> = waiting.collect();
        let mut lost = Vec::new();
        for act in self.0.iter_mut().filter(is_open) {
            let is_in = |text: &String| names(text, &act.id);
            if mails.iter().any(|mail| is_in(&mail.body)) {
                act.state = State::Told;
            } else if waiting.iter().any(is_in) {
                act.state = State::Waits;
            } else {
                if !(queue_was_taken && act.state == State::Waits) {
                    lost.push(act.clone());
                }
                act.state = State::Free;
            }
        }
        Ok(lost)
    }
}

/// The messages in the hub's queues. A queue that is not there has none.
pub(super) fn waiting(lab: &Lab, hub: &str) -> Vec<Message> {
    let messages = |queue| lab.queue_messages(hub, REGION, queue).unwrap_or_default();
    QUEUES.into_iter().flat_map(messages).collect()
}

/// Whether the text has this id, and not one that begins with it.
fn names(text: &str, id: &str) -> bool {
    let mut after = text.match_indices(id).map(|(at, _)| &text[at + id.len()..]);
    after.any(|rest| !rest.starts_with(|it: char| it.is_ascii_digit()))
}

/// An address of its own for each act, so that none is told as a part of another's session.
fn address(nth: usize) -> String {
    format!("198.51.{}.{}", 100 + nth / 250, 1 + nth % 250)
}

fn sign_in((account, region): &Spot, id: &str, nth: usize) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root", "principalId": account, "arn": format!("arn:aws:iam::{account}:root"), "accountId": account,
        },
        "eventTime": now(),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": region,
        "sourceIPAddress": address(nth),
        "userAgent": "Mozilla/5.0",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "No"},
        "eventID": id,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": true,
        "recipientAccountId": account,
    })
}

fn call((account, region): &Spot, id: &str, nth: usize) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root", "principalId": account, "arn": format!("arn:aws:iam::{account}:root"), "accountId": account,
            "accessKeyId": format!("ASIAEXAMPLE{nth:09}"),
            "sessionContext": {"attributes": {"creationDate": now(), "mfaAuthenticated": "true"}},
        },
        "eventTime": now(),
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "awsRegion": region,
        "sourceIPAddress": address(nth),
        "userAgent": "aws-cli/2.32.0",
        "eventID": id,
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
    })
}

fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_not_taken_for_one_that_it_begins() {
        assert!(names("Event id: sequence-act-1\n", "sequence-act-1"));
        assert!(names("act-12, act-1", "act-1"));
        assert!(!names("Event id: sequence-act-12\n", "sequence-act-1"));
        assert_ne!(address(1), address(251));
    }
}
