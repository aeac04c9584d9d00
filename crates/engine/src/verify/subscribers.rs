//! Who receives a topic: somebody has to, and nothing may be filtered out for all of them.

use super::deployed::{Deployed, Filter, Subscriber};
use super::events::{Canonical, Place};
use super::finding::{Hop, Read};
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;
use rootwatch_root_event::{Context, assess, message, parse};
use serde_json::{Map, Value, json};

/// Who receives the alerts, and who the health notifications.
pub(super) fn check(deployed: &Deployed, place: &Place) -> Vec<Hop> {
    let reported = [place.acts(), place.reads()].concat();
    let alerts: Vec<Reported> = reported.iter().filter_map(Reported::of).collect();
    // CloudWatch's messages have no attributes.
    let alarm = Reported {
        what: "an alarm",
        attributes: json!({}),
        body: json!({}),
    };
    let health = deployed.names.health_topic();
    let mut hops = Vec::new();
    // A topic that does not exist or is not the deployment's has been reported already.
    if let Ok(Some(topic)) = &deployed.alerts
        && deployed.is_ours(topic)
    {
        hops.push(of_topic(&topic.name, &deployed.alerts_subscribers, &alerts));
    }
    hops.push(of_topic(&health, &deployed.health_subscribers, &[alarm]));
    hops
}

/// A message as filter policies see it.
struct Reported {
    what: &'static str,
    attributes: Value,
    body: Value,
}

impl Reported {
    fn of(canonical: &Canonical) -> Option<Self> {
        let events = parse(canonical.event.to_string().as_bytes()).ok()?;
        let message = message(&assess(events.first()?), &Context::new());
        let attributes: Map<String, Value> = message
            .attributes
            .pairs()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        Some(Self {
            what: canonical.name,
            attributes: Value::Object(attributes),
            body: message.json,
        })
    }
}

fn of_topic(topic: &str, subscribers: &Read<Vec<Subscriber>>, reported: &[Reported]) -> Hop {
    let (id, check) = (format!("subscriptions {topic}"), "received");
    let subscribers = match subscribers {
        Ok(subscribers) => subscribers,
        Err(why) => return Hop::unread(&id, check, why),
    };
    let confirmed: Vec<&Subscriber> = subscribers.iter().filter(|it| it.confirmed).collect();
    let pending: Vec<&str> = subscribers
        .iter()
        .filter(|it| !it.confirmed)
        .map(|it| it.who.as_str())
        .collect();
    if confirmed.is_empty() {
        return nobody(&id, check, &pending);
    }
    let received = |what: &Reported| {
        Answer::any(
            confirmed
                .iter()
                .map(|subscriber| receives(subscriber, what)),
        )
    };
    let answers: Vec<(&Reported, Answer)> =
        reported.iter().map(|what| (what, received(what))).collect();
    let missed: Vec<&str> = answers
        .iter()
        .filter(|(_, it)| *it == Answer::No)
        .map(|(what, _)| what.what)
        .collect();
    if !missed.is_empty() {
        let finding = format!(
            "the filter policies of all {} confirmed subscriptions drop {}",
            confirmed.len(),
            missed.join(", ")
        );
        return Hop::broken(
            &id,
            check,
            finding,
            "remove the filter policy of a subscription, or subscribe somebody without a filter policy",
        );
    }
    if let Some(why) = answers.into_iter().find_map(|(_, it)| match it {
        Answer::Unknown(why) => Some(why),
        _ => None,
    }) {
        return Hop::unknown(
            &id,
            check,
            why,
            Some("subscribe somebody without a filter policy".into()),
        );
    }
    Hop::ok(&id, check, summary(&confirmed, &pending))
}

fn nobody(id: &str, check: &'static str, pending: &[&str]) -> Hop {
    if pending.is_empty() {
        return Hop::broken(
            id,
            check,
            "nobody is subscribed",
            "run `rootwatch deploy hub` with --email and an address, and follow the link in SNS's mail",
        );
    }
    let finding = format!("nobody has confirmed; not yet: {}", pending.join(", "));
    Hop::broken(
        id,
        check,
        finding,
        "follow the link in SNS's mail; after two days run `rootwatch deploy hub` again",
    )
}

fn summary(confirmed: &[&Subscriber], pending: &[&str]) -> String {
    let filtered = confirmed
        .iter()
        .filter(|it| !matches!(it.filter, Ok(None)))
        .count();
    let mut text = format!("{} confirmed", confirmed.len());
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

/// E-mail and SMS get text, which no filter on the body matches.
fn seen<'a>(subscriber: &Subscriber, filter: &Filter, what: &'a Reported) -> &'a Value {
    const TEXT: &Value = &Value::Null;
    match (filter.on_body, subscriber.protocol.as_str()) {
        (false, _) => &what.attributes,
        (true, "email" | "sms") => TEXT,
        (true, _) => &what.body,
    }
}
