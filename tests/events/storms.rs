//! Two storms that anybody can make: many audits of root's credentials, and refused calls of `sts:AssumeRoot`.

use super::collected::{
    MOST_A_SECOND, PATIENCE, Published, at_once, collected, most_in_a_second, published,
};
use crate::world::{PERSON, REGION, World, api_call, at_a_time};
use jiff::Timestamp;
use rootwatch_lab::Late;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// Mails about one audit of a whole organization.
const MOST_MAILS: usize = 5;
/// An alert's, behind a storm.
const MOST_MS: i64 = 60_000;
const ALERT: &str = "root-in-the-storm";

/// What became of a storm.
#[derive(Debug)]
pub(crate) struct Storm {
    events: BTreeSet<String>,
    messages: Vec<Published>,
    mails: usize,
    most_in_a_second: usize,
    /// From root's call to its alert at the topic.
    alert_ms: Option<i64>,
}

impl Storm {
    fn missing(&self) -> Vec<&String> {
        let reported: BTreeSet<&String> = self.messages.iter().flat_map(|it| &it.ids).collect();
        let events = self.events.iter();
        events.filter(|id| !reported.contains(*id)).collect()
    }

    fn check(&self) {
        assert_eq!(self.missing(), Vec::<&String>::new(), "{self}");
        assert!(self.most_in_a_second <= MOST_A_SECOND, "{self}");
        let digests = self.messages.iter().filter(|it| it.is_digest());
        let counted: BTreeSet<&String> = digests.flat_map(|it| &it.ids).collect();
        let alone = self.events.iter().filter(|id| !counted.contains(id));
        let expected: Vec<&str> = self.alert_ms.iter().map(|_| ALERT).collect();
        assert_eq!(alone.collect::<Vec<_>>(), expected, "{self}");
    }

    /// Fails when an audit is not in a digest, or when there were too many mails.
    pub(crate) fn check_audits(&self) {
        self.check();
        assert!((1..=MOST_MAILS).contains(&self.mails), "{self}");
    }

    /// Fails when a refused call is not in a digest, or when root's alert came too late.
    pub(crate) fn check_refused(&self) {
        self.check();
        assert!(self.alert_ms.is_some_and(|ms| ms < MOST_MS), "{self}");
    }
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digests = self.messages.iter().filter(|it| it.is_digest()).count();
        writeln!(f, "events                         {:>6}", self.events.len())?;
        writeln!(
            f,
            "  lost                         {:>6}",
            self.missing().len()
        )?;
        writeln!(
            f,
            "mails                          {:>6}, {digests} of them digests",
            self.mails
        )?;
        writeln!(
            f,
            "messages in any second         {:>6} at the most",
            self.most_in_a_second
        )?;
        match self.alert_ms {
            Some(ms) => writeln!(f, "root's alert was out after     {ms:>6} ms"),
            None => Ok(()),
        }
    }
}

/// So many sessions that only audit root's credentials, by one administrator, in as many accounts.
pub(crate) fn audits(count: usize) -> Storm {
    let world = storm_world();
    let events: Vec<Value> = (0..count).map(|number| audit(&world, number)).collect();
    send(&world, &events);
    ended(&world, &events, None)
}

/// So many refused calls of one user; and root of another account acts in the middle.
pub(crate) fn refused(count: usize) -> Storm {
    let world = storm_world();
    let mut events: Vec<Value> = (0..count).map(|number| denied(&world, number)).collect();
    let (first, second) = events.split_at(count / 2);
    send(&world, first);
    let account = world.account("payments");
    let mut act = api_call(&account, REGION, "s3", "PutBucketPolicy", false);
    act["eventID"] = json!(ALERT);
    let acted = Timestamp::now();
    send(&world, std::slice::from_ref(&act));
    send(&world, second);
    events.push(act);
    ended(&world, &events, Some(acted))
}

/// A digest's window is what it is on AWS.
fn storm_world() -> World {
    let world = collected();
    let late = Late {
        batching_window_percent: Some(100),
        ..at_once()
    };
    world.lab.set_late(&late).unwrap();
    world.lab.clear_calls().unwrap();
    world
}

fn send(world: &World, events: &[Value]) {
    at_a_time(4, events, |event| {
        world.root_does(event["recipientAccountId"].as_str().unwrap(), REGION, event);
    });
}

fn ended(world: &World, events: &[Value], acted: Option<Timestamp>) -> Storm {
    world.lab.wait_idle(PATIENCE).unwrap();
    let ids = events
        .iter()
        .map(|it| it["eventID"].as_str().unwrap().to_owned());
    let messages = published(world);
    let alert = messages
        .iter()
        .find(|it| !it.is_digest() && it.ids.contains(ALERT));
    let after = |acted: Timestamp| Some(alert?.at_ms - acted.as_millisecond());
    let alert_ms = acted.and_then(after);
    let mails = world.lab.mailbox(PERSON).unwrap().into_iter();
    let is_alert = |topic: &str| topic.ends_with(":rootwatch-alerts");
    Storm {
        events: ids.collect(),
        mails: mails
            .filter(|it| it.kind == "notification" && is_alert(&it.topic_arn))
            .count(),
        most_in_a_second: most_in_a_second(world),
        alert_ms,
        messages,
    }
}

/// A call of `sts:AssumeRoot` in one account for another one.
fn assume_root(world: &World, identity: Value, target: usize) -> Value {
    let account = world.account("shop");
    let mut event = api_call(&account, REGION, "sts", "AssumeRoot", false);
    event["userIdentity"] = identity;
    event["userIdentity"]["accountId"] = json!(account);
    event["requestParameters"] =
        json!({"targetPrincipal": format!("{:012}", 600_000_000_000_u64 + target as u64)});
    event
}

fn audit(world: &World, number: usize) -> Value {
    let identity =
        json!({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Audit/alex"});
    let mut event = assume_root(world, identity, number);
    let policy = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    event["requestParameters"]["taskPolicyArn"] = json!({"arn": policy});
    event["eventID"] = json!(format!("audit-{number}"));
    event
}

fn denied(world: &World, number: usize) -> Value {
    let identity = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory"});
    let mut event = assume_root(world, identity, number % 7);
    event["errorCode"] = json!("AccessDenied");
    event["eventID"] = json!(format!("denied-{number}"));
    event
}

#[test]
fn an_audit_of_many_accounts_is_few_mails() {
    audits(100).check_audits();
}

#[test]
fn the_alert_of_root_does_not_wait_behind_refused_calls() {
    refused(200).check_refused();
}
