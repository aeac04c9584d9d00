//! Many root events at once, while SNS fails for a while: none may be lost.

use super::collected::{MOST_A_SECOND, PATIENCE, at_once, collected, most_in_a_second, published};
use crate::faults::failing;
use crate::world::{REGION, World, api_call, sign_in};
use rootwatch_lab::Late;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const DEAD_LETTERS: &str = "rootwatch-dead-letters";
/// How much longer SNS fails at the most.
const LONGER: Duration = Duration::from_secs(60);
/// Every so many events one comes twice, as EventBridge's at-least-once delivery may bring it.
const TWICE: usize = 20;

/// How much happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Burst {
    /// Of root users; what services do comes on top.
    pub(crate) events: usize,
    /// How long SNS fails at least, after half of the events were sent.
    pub(crate) outage: Duration,
}

/// Where every event ended, by the ids of the events.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What root did, and must be reported.
    root: BTreeSet<String>,
    /// What a service did in root's name, and must not be reported.
    of_services: BTreeSet<String>,
    sent_twice: usize,
    /// In messages of their own, and in how many.
    alerts: BTreeMap<String, usize>,
    /// In digests.
    digests: BTreeSet<String>,
    digest_messages: usize,
    dead_letters: BTreeSet<String>,
    invocations: usize,
    failed_invocations: usize,
    sending: Duration,
    outage: Duration,
    took: Duration,
    /// Messages that the topic accepted in any second.
    most_in_a_second: usize,
}

impl Ledger {
    fn is_reported(&self, id: &str) -> bool {
        self.alerts.contains_key(id) || self.digests.contains(id)
    }

    fn lost(&self) -> Vec<&String> {
        let is_lost = |id: &&String| !self.is_reported(id) && !self.dead_letters.contains(*id);
        self.root.iter().filter(is_lost).collect()
    }

    /// Fails when an event was lost, or when one was reported that is nobody's doing.
    pub(crate) fn check(&self) {
        assert_eq!(self.lost(), Vec::<&String>::new(), "{self}");
        let made_up = |id: &&String| self.is_reported(id) || self.dead_letters.contains(*id);
        let reported: Vec<_> = self.of_services.iter().filter(made_up).collect();
        assert_eq!(
            reported,
            Vec::<&String>::new(),
            "what services did was reported"
        );
        // A burst in which nothing went wrong would show little.
        assert!(self.failed_invocations > 0, "{self}");
        assert!(!self.dead_letters.is_empty(), "{self}");
        let (alerts, digests) = (self.alerts.len(), self.digests.len());
        assert!(alerts > 0 && digests > 0, "{self}");
        assert!(self.sent_twice > 0, "{self}");
        assert!(self.most_in_a_second <= MOST_A_SECOND, "{self}");
    }
}

impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count =
            |reported: &dyn Fn(&String) -> bool| self.root.iter().filter(|id| reported(id)).count();
        let more_than_once = self.alerts.values().filter(|times| **times > 1).count();
        writeln!(f, "SNS failed for {:.1} s", self.outage.as_secs_f64())?;
        writeln!(
            f,
            "events of root users           {:>6}, sent in {:.1} s, all done after {:.1} s",
            self.root.len(),
            self.sending.as_secs_f64(),
            self.took.as_secs_f64()
        )?;
        writeln!(f, "  of these sent twice          {:>6}", self.sent_twice)?;
        writeln!(
            f,
            "  in an alert                  {:>6}, {more_than_once} of them reported more than once",
            count(&|id| self.alerts.contains_key(id))
        )?;
        writeln!(
            f,
            "  in a digest                  {:>6}, in {} messages",
            count(&|id| self.digests.contains(id)),
            self.digest_messages
        )?;
        writeln!(
            f,
            "  in the dead-letter queue     {:>6}, {} of them reported too",
            self.dead_letters.len(),
            count(&|id| self.dead_letters.contains(id) && self.is_reported(id))
        )?;
        writeln!(f, "  lost                         {:>6}", self.lost().len())?;
        writeln!(
            f,
            "events of services, not reported   {:>6}",
            self.of_services.len()
        )?;
        writeln!(
            f,
            "invocations                    {:>6}, {} of them failed",
            self.invocations, self.failed_invocations
        )?;
        writeln!(
            f,
            "messages in any second         {:>6} at the most",
            self.most_in_a_second
        )
    }
}

/// Lets it all happen in a world of its own.
pub(crate) fn run(burst: Burst) -> Ledger {
    let world = collected();
    // Minutes between attempts are seconds here.
    let quick = Late {
        async_retry_ms: Some(300),
        visibility_percent: Some(1),
        ..at_once()
    };
    world.lab.set_late(&quick).unwrap();
    let mut ledger = Ledger::default();
    let began = Instant::now();
    send(&world, burst, &mut ledger);
    ledger.sending = began.elapsed();
    world.lab.wait_idle(PATIENCE).unwrap();
    ledger.took = began.elapsed();
    look(&world, &mut ledger);
    ledger
}

fn send(world: &World, burst: Burst, ledger: &mut Ledger) {
    let mut outage = None;
    for number in 0.. {
        let sent = ledger.root.len();
        if sent == burst.events {
            break;
        }
        if sent == burst.events / 2 && outage.is_none() {
            break_sns(world);
            outage = Some(Outage::begin(burst.outage));
        }
        if let Some(outage) = &mut outage {
            outage.end_in_time(world);
        }
        let (region, event) = event(world, number);
        let account = event["recipientAccountId"].as_str().unwrap();
        world.root_does(account, region, &event);
        if number % TWICE == 0 {
            world.root_does(account, region, &event);
            ledger.sent_twice += 1;
        }
        let by_service = event["userIdentity"]["invokedBy"].is_string();
        let ids = if by_service {
            &mut ledger.of_services
        } else {
            &mut ledger.root
        };
        ids.insert(event["eventID"].as_str().unwrap().to_owned());
    }
    let mut outage = outage.unwrap();
    while outage.lasted.is_none() {
        std::thread::sleep(Duration::from_millis(50));
        outage.end_in_time(world);
    }
    ledger.outage = outage.lasted.unwrap_or_default();
}

/// The time in which SNS fails. On a busy machine it lasts until an event has been tried as often as it may be.
struct Outage {
    began: Instant,
    at_least: Duration,
    /// Once it is over.
    lasted: Option<Duration>,
}

impl Outage {
    fn begin(at_least: Duration) -> Self {
        Self {
            began: Instant::now(),
            at_least,
            lasted: None,
        }
    }

    fn end_in_time(&mut self, world: &World) {
        let lasted = self.began.elapsed();
        if self.lasted.is_some() || lasted < self.at_least {
            return;
        }
        let hub = &world.organization.hub;
        let letters = world.lab.queue_messages(hub, REGION, DEAD_LETTERS).unwrap();
        if !letters.is_empty() || lasted > self.at_least + LONGER {
            world.lab.clear_faults().unwrap();
            self.lasted = Some(lasted);
        }
    }
}

/// SNS fails in two ways by turns: one that the SDK tries again by itself, and one that it gives up at once.
fn break_sns(world: &World) {
    for fault in [
        failing("InternalError", "down", 500).every(20),
        failing("KMSDisabled", "down", 400),
    ] {
        world.fail(&fault.operation("Publish"));
    }
}

/// One of many kinds, in one of several accounts and regions; the region is where it is recorded.
fn event(world: &World, number: usize) -> (&'static str, Value) {
    let account = world.account(["shop", "payments", "hub"][number % 3]);
    let region = ["eu-west-1", "us-east-1"][number / 3 % 2];
    let call = |service: &str, name: &str, reads| api_call(&account, region, service, name, reads);
    let mut event = match number % 50 {
        0..=3 => sign_in(&account, ["Yes", "No"][number % 2]),
        4..=6 => {
            let mut failed = sign_in(&account, "No");
            failed["responseElements"]["ConsoleLogin"] = json!("Failure");
            failed["errorMessage"] = json!("Failed authentication");
            failed
        }
        7..=13 => call("s3", "PutBucketPolicy", false),
        14 => call("iam", "CreateAccessKey", false),
        15 => call("organizations", "LeaveOrganization", false),
        16 => call("payments", "Instruments_Create", true),
        17 => call("autoscaling", "RunInstances", false),
        18 => privileged_session(call("sts", "AssumeRoot", false)),
        19 => odd(call("s3", "PutBucketPolicy", false)),
        20 => {
            let mut with_key = call("sts", "GetCallerIdentity", true);
            with_key["userIdentity"]["accessKeyId"] = json!("AKIAEXAMPLEEXAMPLE42");
            with_key
        }
        read => call("ec2", &format!("Describe{read}"), true),
    };
    if number % 50 == 17 {
        event["userIdentity"]["invokedBy"] = json!("autoscaling.amazonaws.com");
    }
    if event["userIdentity"]["accessKeyId"] == "ASIAEXAMPLEEXAMPLE42" {
        // A session of some hundred calls, as one at the console is.
        event["userIdentity"]["accessKeyId"] = json!(format!("ASIAEXAMPLE{:09}", number / 300));
    }
    event["eventID"] = json!(format!("burst-{number:06}"));
    let recorded = match event["eventType"].as_str() {
        Some("AwsConsoleSignIn") => "us-east-1",
        _ => region,
    };
    (recorded, event)
}

fn privileged_session(mut event: Value) -> Value {
    event["userIdentity"]["type"] = json!("AssumedRole");
    event["requestParameters"] = json!({"targetPrincipal": "444444444444"});
    event
}

/// A record of root's without what records should have.
fn odd(mut event: Value) -> Value {
    for field in ["eventName", "eventTime", "readOnly", "userAgent"] {
        event.as_object_mut().unwrap().remove(field);
    }
    event
}

/// Reads what came of it: the messages that were collected, the invocations, the dead letters.
fn look(world: &World, ledger: &mut Ledger) {
    let hub = &world.organization.hub;
    let invocations = world.lab.invocations().unwrap();
    ledger.invocations = invocations.len();
    ledger.failed_invocations = invocations
        .iter()
        .filter(|it| !it.ok || it.response.contains("itemIdentifier"))
        .count();
    for message in published(world) {
        if message.is_digest() {
            ledger.digests.extend(message.ids);
            ledger.digest_messages += 1;
        } else {
            for id in message.ids {
                *ledger.alerts.entry(id).or_default() += 1;
            }
        }
    }
    ledger.most_in_a_second = most_in_a_second(world);
    for letter in world.lab.queue_messages(hub, REGION, DEAD_LETTERS).unwrap() {
        event_ids(
            &serde_json::from_str(&letter.body).unwrap(),
            &mut ledger.dead_letters,
        );
    }
}

/// The ids of all events in what a service has left: the event itself, or the record of a failed invocation.
fn event_ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(
                fields
                    .get("eventID")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            fields.values().for_each(|value| event_ids(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| event_ids(item, found)),
        _ => {}
    }
}

#[test]
fn no_event_of_a_burst_is_lost_while_sns_fails() {
    let ledger = run(Burst {
        events: 300,
        outage: Duration::from_secs(4),
    });
    ledger.check();
}
