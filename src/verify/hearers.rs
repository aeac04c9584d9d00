//! Who hears a topic: somebody has to, and nothing may be filtered away from all of them.

use super::deployed::{Deployed, Filter, Hearer};
use super::events::{Canonical, Place};
use super::finding::{Answer, Hop, Read};
use super::pattern::matches;
use rootwatch_root_event::{Context, assess, message, parse};
use serde_json::{Map, Value, json};

/// Who hears the alerts, and who hears of the path's health.
pub(super) fn check(deployed: &Deployed, place: &Place) -> Vec<Hop> {
    let told = [place.acts(), place.reads()].concat();
    let alerts: Vec<Told> = told.iter().filter_map(Told::of).collect();
    // CloudWatch's messages have no attributes.
    let alarm = Told {
        what: "an alarm",
        attributes: json!({}),
        body: json!({}),
    };
    let health = deployed.names.health_topic();
    let mut hops = Vec::new();
    // A topic that is not there or not ours has been told already.
    if let Ok(Some(topic)) = &deployed.alerts
        && deployed.is_ours(topic)
    {
        hops.push(of_topic(&topic.name, &deployed.alerts_hearers, &alerts));
    }
    hops.push(of_topic(&health, &deployed.health_hearers, &[alarm]));
    hops
}

/// A message as filters see it.
struct Told {
    what: &'static str,
    attributes: Value,
    body: Value,
}

impl Told {
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

fn of_topic(topic: &str, hearers: &Read<Vec<Hearer>>, told: &[Told]) -> Hop {
    let (id, check) = (format!("subscriptions {topic}"), "heard");
    let hearers = match hearers {
        Ok(hearers) => hearers,
        Err(why) => return Hop::unread(&id, check, why),
    };
    let confirmed: Vec<&Hearer> = hearers.iter().filter(|it| it.confirmed).collect();
    let pending: Vec<&str> = hearers
        .iter()
        .filter(|it| !it.confirmed)
        .map(|it| it.who.as_str())
        .collect();
    if confirmed.is_empty() {
        return nobody(&id, check, &pending);
    }
    let heard = |what: &Told| Answer::any(confirmed.iter().map(|hearer| hears(hearer, what)));
    let answers: Vec<(&Told, Answer)> = told.iter().map(|what| (what, heard(what))).collect();
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
            "take the filter policy off a subscription, or subscribe somebody who hears everything",
        );
    }
    if let Some(why) = answers.into_iter().find_map(|(_, it)| match it {
        Answer::Unknown(why) => Some(why),
        _ => None,
    }) {
        return Hop::cannot_tell(
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
            "run `rootwatch deploy hub --email …`, and follow the link in SNS's mail",
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

fn summary(confirmed: &[&Hearer], pending: &[&str]) -> String {
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

fn hears(hearer: &Hearer, what: &Told) -> Answer {
    let filter = match &hearer.filter {
        Ok(None) => return Answer::Yes,
        Ok(Some(filter)) => filter,
        Err(why) => {
            return Answer::unknown(format!("the filter policy of {} {}", hearer.who, why.why));
        }
    };
    let Ok(policy) = serde_json::from_str::<Value>(&filter.policy) else {
        return Answer::unknown(format!("the filter policy of {} is not JSON", hearer.who));
    };
    matches(&policy, seen(hearer, filter, what))
}

/// People get text, which no filter on the body matches.
fn seen<'a>(hearer: &Hearer, filter: &Filter, what: &'a Told) -> &'a Value {
    const TEXT: &Value = &Value::Null;
    match (filter.on_body, hearer.protocol.as_str()) {
        (false, _) => &what.attributes,
        (true, "email" | "sms") => TEXT,
        (true, _) => &what.body,
    }
}
