//! Who hears a topic, who does not yet, and who no longer does. Pure.

use crate::hub::HubPlan;
use crate::hub::mark::{self, Mark};
use crate::hub::metrics::waited;
use crate::hub::resource::{HubResource, Tags};
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::names::Names;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Seconds in which a new subscription must be confirmed (Amazon SNS API Reference, "Subscribe"). Then SNS drops it.
const TO_CONFIRM_S: u64 = 2 * 24 * 3600;

/// Everybody on a topic, whoever subscribed them, and who should be there.
#[derive(Default, Serialize)]
pub(crate) struct Hearers {
    /// `confirmed`, `pending`, or `gone`: the settings name it, and SNS does not.
    pub(crate) subscriptions: BTreeMap<String, &'static str>,
    /// When rootwatch subscribed those that are pending, where that is known.
    pub(crate) pending_since: BTreeMap<String, Timestamp>,
    /// Protocols of those that rootwatch subscribed and SNS lists no more, by the topic's tag. Only where the settings
    /// name nobody: else they say who is missed.
    pub(crate) lost: BTreeMap<String, String>,
}

impl Hearers {
    /// Those of one topic; nobody where the topic is not there.
    pub(crate) fn of(plan: &HubPlan, topic: &str) -> Self {
        let wanted = plan.nodes.iter().map(|node| Some(&node.resource));
        let Some(found) = subscriptions(plan.observed.iter().map(Option::as_ref), topic) else {
            return Self::default();
        };
        let wanted = subscriptions(wanted, topic);
        Self::compare(found, wanted, &marks(plan, topic))
    }

    fn compare(
        found: &Subscriptions,
        wanted: Option<&Subscriptions>,
        marks: &BTreeMap<&str, Mark>,
    ) -> Self {
        let mut hearers = Self::default();
        let mut unseen = marks.clone();
        for (who, standing) in &found.standings {
            let mark = unseen.remove(mark::key(who).as_str());
            hearers
                .subscriptions
                .insert(who.to_string(), word(standing));
            if let (Standing::Pending, Some(since)) = (standing, mark.and_then(|it| it.since)) {
                hearers.pending_since.insert(who.to_string(), since);
            }
        }
        let named: Vec<_> = wanted
            .into_iter()
            .flat_map(|it| it.subscriptions.keys())
            .collect();
        for who in &named {
            hearers
                .subscriptions
                .entry(who.to_string())
                .or_insert("gone");
        }
        if named.is_empty() {
            let lost = unseen
                .into_iter()
                .map(|(key, mark)| (key.to_owned(), mark.protocol));
            hearers.lost = lost.collect();
        }
        hearers
    }

    /// Who stands like this.
    fn standing<'a>(&'a self, standing: &'a str) -> impl Iterator<Item = &'a String> {
        let those = self
            .subscriptions
            .iter()
            .filter(move |(_, it)| **it == standing);
        those.map(|(who, _)| who)
    }

    /// Whether the settings name somebody who is not there.
    pub(super) fn misses_somebody(&self) -> bool {
        self.standing("gone").next().is_some()
    }

    /// Why people may not hear of what the topic says.
    pub(super) fn holes(
        &self,
        topic: &str,
        what: &str,
        names: &Names,
        now: Timestamp,
    ) -> Vec<String> {
        let arn = names.topic_arn(topic);
        let mut holes = Vec::new();
        if self.standing("confirmed").next().is_none() {
            holes.push(format!(
                "nobody hears {what}: no subscription of the topic {topic} is confirmed; `rootwatch deploy hub --email ADDRESS` subscribes somebody, who must follow the link in SNS's mail"
            ));
        }
        for who in self.standing("pending") {
            let time = self.time_to_confirm(who, &arn, now);
            holes.push(format!(
                "{who} has not confirmed the subscription to the topic {topic}{time}"
            ));
        }
        for who in self.standing("gone") {
            holes.push(format!(
                "{who} is gone from the topic {topic}: somebody unsubscribed it, or nobody confirmed it within two days; `rootwatch deploy hub` subscribes it again"
            ));
        }
        for (key, protocol) in &self.lost {
            holes.push(format!(
                "somebody whom rootwatch subscribed by {protocol} is gone from the topic {topic}: `rootwatch deploy hub` with all the addresses subscribes them again; if nobody is missed, `aws sns untag-resource --region {} --resource-arn {arn} --tag-keys {key}`",
                names.region
            ));
        }
        holes
    }

    fn time_to_confirm(&self, who: &str, arn: &str, now: Timestamp) -> String {
        let Some(age) = self.age(who, now) else {
            return ": the link in SNS's mail must be followed within two days, after which SNS drops it and `rootwatch deploy hub` subscribes it again".to_owned();
        };
        let shown = waited(age);
        match TO_CONFIRM_S.checked_sub(age) {
            Some(left) => format!(
                ", pending for {shown}: the link in SNS's mail must be followed within {}, after which SNS drops it and `rootwatch deploy hub` subscribes it again",
                waited(left)
            ),
            None => format!(
                ", which rootwatch made {shown} ago: SNS gives two days, so it has put this one back to pending, as it does when an address gets more than 10 mails a second; `aws sns subscribe --topic-arn {arn} --protocol … --notification-endpoint …` sends a new link"
            ),
        }
    }

    /// How long a pending one has been there, in seconds, where that is known.
    fn age(&self, who: &str, now: Timestamp) -> Option<u64> {
        let age = now.as_second() - self.pending_since.get(who)?.as_second();
        u64::try_from(age).ok()
    }
}

fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Confirmed(_) => "confirmed",
        Standing::Pending => "pending",
    }
}

fn subscriptions<'a>(
    resources: impl Iterator<Item = Option<&'a HubResource>>,
    topic: &str,
) -> Option<&'a Subscriptions> {
    resources.flatten().find_map(|it| match it {
        HubResource::Subscriptions(it) if it.name == topic => Some(it),
        _ => None,
    })
}

fn marks<'a>(plan: &'a HubPlan, topic: &str) -> BTreeMap<&'a str, Mark> {
    let tags: Option<&Tags> = plan.found().find_map(|it| match it {
        HubResource::Topic(it) if it.name == topic => Some(&it.tags),
        _ => None,
    });
    tags.map(mark::all).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Subscription;

    const NOW: i64 = 1_800_000_000;

    fn email(endpoint: &str) -> Subscription {
        Subscription {
            protocol: "email".into(),
            endpoint: endpoint.into(),
        }
    }

    fn wanted(who: &[&str]) -> Subscriptions {
        let who: Vec<Subscription> = who.iter().map(|it| email(it)).collect();
        Subscriptions::wanted("alerts".into(), "arn".into(), &who)
    }

    fn found(standings: &[(&str, Standing)]) -> Subscriptions {
        let mut found = wanted(&[]);
        let standings = standings.iter().cloned();
        found.standings = standings.map(|(who, it)| (email(who), it)).collect();
        found
    }

    fn compared(found: &Subscriptions, named: &[&str], marked: &[(&str, i64)]) -> Hearers {
        let tags: Tags = marked
            .iter()
            .map(|(who, ago)| {
                let since = Timestamp::from_second(NOW - ago).unwrap();
                (mark::key(&email(who)), format!("email {since}"))
            })
            .collect();
        Hearers::compare(found, Some(&wanted(named)), &mark::all(&tags))
    }

    fn holes(hearers: &Hearers) -> Vec<String> {
        let names = Names::sample();
        let now = Timestamp::from_second(NOW).unwrap();
        hearers.holes("alerts", "the alerts", &names, now)
    }

    fn confirmed() -> Standing {
        Standing::Confirmed("arn:a".into())
    }

    #[test]
    fn a_pending_one_says_how_long_and_how_long_yet() {
        let all = found(&[("a", confirmed()), ("b", Standing::Pending)]);
        let told = holes(&compared(&all, &[], &[("a", 9), ("b", 5 * 3600)]));
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("email b has not confirmed the subscription to the topic alerts, pending for 5h: the link in SNS's mail must be followed within 43h"), "{told:?}");
        let unknown = holes(&compared(&all, &[], &[]));
        assert!(
            unknown[0]
                .contains("topic alerts: the link in SNS's mail must be followed within two days"),
            "{unknown:?}"
        );
        let suspended = holes(&compared(&all, &[], &[("b", 3 * 24 * 3600)]));
        assert!(
            suspended[0].contains("made 72h ago: SNS gives two days"),
            "{suspended:?}"
        );
    }

    #[test]
    fn who_is_named_and_not_there_is_gone() {
        let all = found(&[("a", confirmed())]);
        let told = holes(&compared(&all, &["a", "b"], &[("b", 9), ("c", 9)]));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("email b is gone from the topic alerts: "));
        assert!(holes(&compared(&all, &["a"], &[("a", 9)])).is_empty());
    }

    #[test]
    fn without_settings_the_marks_say_that_somebody_is_missed() {
        let all = found(&[("a", confirmed())]);
        let told = holes(&compared(&all, &[], &[("a", 9), ("b", 9)]));
        assert_eq!(told.len(), 1, "{told:?}");
        let key = mark::key(&email("b"));
        assert!(told[0].contains("subscribed by email is gone from the topic alerts"));
        assert!(told[0].ends_with(&format!("--tag-keys {key}`")));
    }

    #[test]
    fn nobody_is_a_hole() {
        let told = holes(&compared(&found(&[]), &[], &[]));
        assert!(told[0].starts_with("nobody hears the alerts: "), "{told:?}");
    }
}
