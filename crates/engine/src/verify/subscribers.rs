//! Who receives a topic: somebody has to, nothing may be filtered out for all of them, and nobody else may read along.
//! Pure.

use super::deployed::{Deployed, Filter, Subscriber};
use super::events::{Canonical, Place};
use super::finding::{Hop, Read};
use crate::findings::hub;
use crate::hub::hub_resource::HubResource;
use crate::hub::mark;
use crate::hub::subscriptions::Subscriptions;
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;
use rootwatch_root_event::{Context, assess, message, parse};
use serde_json::{Map, Value, json};

const RECEIVED: &str = "received";
/// Of AWS's own service that brings notifications into chat rooms (AWS Chatbot, now Amazon Q Developer in chat
/// applications).
const CHATBOT: &str = "https://global.sns-api.chatbot.amazonaws.com";

/// What is broken of a topic's subscriptions, and each that may be somebody else's.
pub(super) fn judge(
    deployed: &Deployed,
    id: &str,
    wanted: &Subscriptions,
    place: &Place,
) -> Vec<Hop> {
    let is_health = wanted.name == deployed.names.health_topic();
    let subscribers: &Read<Vec<Subscriber>> = match is_health {
        true => &deployed.health_subscribers,
        false => &deployed.alerts_subscribers,
    };
    let subscribers = match subscribers {
        Ok(subscribers) => subscribers,
        Err(why) => return vec![Hop::unread(hub::UNREAD, id, RECEIVED, why)],
    };
    let reported = match is_health {
        true => alarms(deployed),
        false => alerts(place),
    };
    let confirmed: Vec<&Subscriber> = subscribers.iter().filter(|it| it.confirmed).collect();
    if confirmed.is_empty() {
        return vec![nobody(id, subscribers).about("subscriptions")];
    }
    let mut hops: Vec<Hop> = for_all(id, &confirmed, &reported).into_iter().collect();
    if hops.is_empty() {
        let deaf = confirmed.iter().filter_map(|it| for_one(id, it, &reported));
        hops.extend(deaf);
    }
    hops.extend(confirmed.iter().filter_map(|it| own_delivery(id, it)));
    let others = confirmed.iter().filter(|it| !is_ours(deployed, wanted, it));
    hops.extend(others.filter_map(|it| stranger(deployed, id, &wanted.name, it)));
    hops
}

/// A message as filter policies see it.
struct Reported {
    what: String,
    attributes: Value,
    body: Value,
    /// Whether people get a text in place of the JSON.
    is_text_for_people: bool,
}

fn alerts(place: &Place) -> Vec<Reported> {
    let reported = [place.acts(), place.reads()].concat();
    reported.iter().filter_map(alert).collect()
}

fn alert(canonical: &Canonical) -> Option<Reported> {
    let events = parse(canonical.event.to_string().as_bytes()).ok()?;
    let message = message(&assess(events.first()?), &Context::new());
    let attributes: Map<String, Value> = message
        .attributes
        .pairs()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    Some(Reported {
        what: canonical.name.to_owned(),
        attributes: Value::Object(attributes),
        body: message.json,
        is_text_for_people: true,
    })
}

/// What CloudWatch publishes when an alarm goes off; it has no attributes.
///
/// Source: CloudWatch User Guide, "Alarm events and EventBridge", and the body of an alarm's notification.
fn alarms(deployed: &Deployed) -> Vec<Reported> {
    let names = &deployed.names;
    let alarms = deployed
        .wanted
        .iter()
        .filter_map(|node| match &node.resource {
            HubResource::Alarm(alarm) => Some(alarm),
            _ => None,
        });
    alarms
        .map(|alarm| Reported {
            what: format!("the alarm {}", alarm.name),
            attributes: json!({}),
            body: json!({
                "AlarmName": alarm.name,
                "AlarmDescription": alarm.description,
                "AWSAccountId": names.account,
                "NewStateValue": "ALARM",
                "OldStateValue": "OK",
                "NewStateReason": "Threshold Crossed",
                "StateChangeTime": "2026-01-01T00:00:00.000+0000",
                "Region": names.region,
                "AlarmArn": alarm.arn,
                "AlarmActions": alarm.alarm_actions,
                "OKActions": alarm.ok_actions,
                "InsufficientDataActions": [],
                "Trigger": {"MetricName": alarm.metric, "Namespace": alarm.namespace},
            }),
            is_text_for_people: false,
        })
        .collect()
}

/// Whether something reaches none of all who have confirmed.
fn for_all(id: &str, confirmed: &[&Subscriber], reported: &[Reported]) -> Option<Hop> {
    let received = |what: &Reported| {
        Answer::any(
            confirmed
                .iter()
                .map(|subscriber| receives(subscriber, what)),
        )
    };
    let answers: Vec<(&Reported, Answer)> =
        reported.iter().map(|what| (what, received(what))).collect();
    let missed = answers.iter().filter(|(_, it)| *it == Answer::No);
    let missed: Vec<&str> = missed.map(|(what, _)| what.what.as_str()).collect();
    if !missed.is_empty() {
        let finding = format!(
            "the filter policies of all {} confirmed subscriptions drop {}",
            confirmed.len(),
            missed.join(", ")
        );
        let fix = "remove the filter policy of a subscription, or subscribe somebody without a filter policy";
        return Some(Hop::broken(hub::FILTERED, id, RECEIVED, finding, fix));
    }
    let why = answers.into_iter().find_map(|(_, it)| match it {
        Answer::Unknown(why) => Some(why),
        _ => None,
    })?;
    let fix = Some("subscribe somebody without a filter policy".into());
    Some(Hop::unknown(hub::FILTERED, id, RECEIVED, why, fix))
}

/// Somebody who receives nothing at all.
fn for_one(id: &str, subscriber: &Subscriber, reported: &[Reported]) -> Option<Hop> {
    let mut answers = reported.iter().map(|what| receives(subscriber, what));
    let who = &subscriber.who;
    let fix = format!("remove the filter policy of {who}, or the subscription");
    match Answer::any(answers.by_ref()) {
        Answer::Yes => None,
        Answer::No => {
            let finding = format!("the filter policy of {who} drops everything");
            Some(Hop::broken(hub::FILTERED, id, RECEIVED, finding, fix))
        }
        Answer::Unknown(why) => {
            let finding = format!("the filter policy of {who} may drop everything: {why}");
            Some(Hop::unknown(
                hub::FILTERED,
                id,
                RECEIVED,
                finding,
                Some(fix),
            ))
        }
    }
}

/// A delivery policy of its own can make SNS give up at once, or send one message a second (SNS Developer Guide, "Creating
/// an HTTP/S delivery policy").
fn own_delivery(id: &str, subscriber: &Subscriber) -> Option<Hop> {
    let policy = subscriber.delivery.as_ref()?;
    let finding = format!(
        "{} has a delivery policy of its own, which rootwatch never sets: {policy}",
        subscriber.who
    );
    let fix =
        "find out who set it and what it is for, and have it taken away unless somebody needs it";
    let kind = hub::SUBSCRIPTIONS_DIFFER;
    Some(Hop::unknown(
        kind,
        id,
        "delivery",
        finding,
        Some(fix.into()),
    ))
}

/// Whether rootwatch subscribed it, or the settings name it.
fn is_ours(deployed: &Deployed, wanted: &Subscriptions, subscriber: &Subscriber) -> bool {
    let topic = deployed.topic(&wanted.name).ok().flatten();
    let is_marked =
        || topic.is_some_and(|it| it.tags.contains_key(&mark::key(&subscriber.subscription)));
    wanted.subscriptions.contains_key(&subscriber.subscription) || is_marked()
}

/// Somebody else's queue, function, stream or server. A person's address is nobody's business here.
fn stranger(deployed: &Deployed, id: &str, topic: &str, subscriber: &Subscriber) -> Option<Hop> {
    let protocol = subscriber.subscription.protocol.as_str();
    let endpoint = subscriber.subscription.endpoint.as_str();
    let is_person = matches!(protocol, "email" | "email-json" | "sms");
    if is_person || endpoint.starts_with(CHATBOT) {
        return None;
    }
    let whose = match endpoint.split(':').nth(4) {
        Some(account) if *account == deployed.names.account => " of this account".to_owned(),
        Some(account) if endpoint.starts_with("arn:") => format!(" of account {account}"),
        _ => String::new(),
    };
    let finding = format!(
        "{}{whose} receives what the topic publishes, and rootwatch did not subscribe it",
        subscriber.who
    );
    let topic = deployed.names.topic_arn(topic);
    let fix = format!(
        "find out who subscribed it and what it is for (`aws sns list-subscriptions-by-topic --region {} --topic-arn {topic}` shows it), and have it taken away unless somebody needs it; or name it in the settings",
        deployed.names.region
    );
    let kind = hub::OTHER_SUBSCRIBER;
    Some(Hop::unknown(kind, id, "subscriber", finding, Some(fix)))
}

fn nobody(id: &str, subscribers: &[Subscriber]) -> Hop {
    let broken = |finding: String, fix: &str| Hop::broken(hub::NOBODY, id, RECEIVED, finding, fix);
    let pending: Vec<&str> = subscribers.iter().map(|it| it.who.as_str()).collect();
    if pending.is_empty() {
        return broken(
            "nobody is subscribed".into(),
            "run `rootwatch deploy hub` with --email and an address, and confirm by the link in the mail from SNS",
        );
    }
    broken(
        format!("nobody has confirmed; not yet: {}", pending.join(", ")),
        "give the link in the mail from SNS to `rootwatch confirm`, or click it; after two days run `rootwatch deploy hub` again",
    )
}

/// Who is subscribed, for a hop that is fine.
pub(super) fn summary(subscribers: &[Subscriber]) -> String {
    let confirmed = subscribers.iter().filter(|it| it.confirmed);
    let filtered = confirmed
        .clone()
        .filter(|it| !matches!(it.filter, Ok(None)));
    let (confirmed, filtered) = (confirmed.count(), filtered.count());
    let pending = subscribers.iter().filter(|it| !it.confirmed);
    let pending: Vec<&str> = pending.map(|it| it.who.as_str()).collect();
    let mut text = format!("{confirmed} confirmed");
    if filtered > 0 {
        text += &format!(", {filtered} of them filtered");
    }
    if !pending.is_empty() {
        text += &format!("; not confirmed yet: {}", pending.join(", "));
    }
    text
}

fn receives(subscriber: &Subscriber, what: &Reported) -> Answer {
    let filter = match &subscriber.filter {
        Ok(None) => return Answer::Yes,
        Ok(Some(filter)) => filter,
        Err(why) => {
            return Answer::unknown(format!(
                "the filter policy of {} {}",
                subscriber.who, why.why
            ));
        }
    };
    let Ok(policy) = serde_json::from_str::<Value>(&filter.policy) else {
        return Answer::unknown(format!(
            "the filter policy of {} is not JSON",
            subscriber.who
        ));
    };
    matches(&policy, seen(subscriber, filter, what))
}

/// E-mail and SMS get an alert as text, which no filter on the body matches.
fn seen<'a>(subscriber: &Subscriber, filter: &Filter, what: &'a Reported) -> &'a Value {
    const TEXT: &Value = &Value::Null;
    let is_person = matches!(subscriber.subscription.protocol.as_str(), "email" | "sms");
    match filter.on_body {
        false => &what.attributes,
        true if is_person && what.is_text_for_people => TEXT,
        true => &what.body,
    }
}
