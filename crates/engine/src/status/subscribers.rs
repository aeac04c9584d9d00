//! Who is subscribed to a topic, who has not confirmed yet, and who is gone. Pure.

use super::Gap;
use crate::findings::FindingId;
use crate::findings::subscribers as kinds;
use crate::hub::hub_resource::HubResource;
use crate::hub::mark::{self, Mark};
use crate::hub::metrics::waited;
use crate::hub::plan::HubPlan;
use crate::hub::resource::{Resource, Tags};
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::names::{Names, region_of};
use crate::shell::quoted;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds in which a new subscription must be confirmed (Amazon SNS API Reference, "Subscribe"). Then SNS drops it.
const TO_CONFIRM_S: u64 = 2 * 24 * 3600;

/// A topic, and what people are notified of by it.
pub(super) struct Topic<'a> {
    pub(super) name: &'a str,
    /// Follows "nobody is notified of".
    pub(super) what: &'static str,
    /// The kind of gap where that is so.
    pub(super) nobody: FindingId,
}

/// All subscribers of a topic, and those that are configured.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Subscribers {
    /// `confirmed`, `pending`, or `gone`: the settings name it, and SNS does not.
    pub subscriptions: BTreeMap<String, &'static str>,
    /// When rootwatch subscribed those that are pending, where that is known.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, String>"))]
    pub pending_since: BTreeMap<String, Timestamp>,
    /// Those that have confirmed by a click, so that a click on the link in a mail ends them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended_by_click: Vec<String>,
    /// Protocols of those that rootwatch subscribed and SNS lists no more, by the topic's tag. Only where the settings
    /// name nobody: else they say who is missed.
    pub lost: BTreeMap<String, String>,
    /// Whether the subscriptions could not be read, so that nobody is known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub subscriptions_unknown: bool,
}

impl Subscribers {
    /// Those of one topic; empty where the topic does not exist.
    pub(crate) fn of(plan: &HubPlan, topic: &str, unknown: &BTreeSet<String>) -> Self {
        if unknown.contains(&format!("{} {topic}", Subscriptions::KIND)) {
            return Self {
                subscriptions_unknown: true,
                ..Self::default()
            };
        }
        let Some(found) = subscriptions(plan.found(), topic) else {
            return Self::default();
        };
        let wanted = plan.resources.iter().map(|it| &it.wanted.resource);
        let wanted = subscriptions(wanted, topic);
        Self::compare(found, wanted, &marks(plan, topic))
    }

    fn compare(
        found: &Subscriptions,
        wanted: Option<&Subscriptions>,
        marks: &BTreeMap<&str, Mark>,
    ) -> Self {
        let mut subscribers = Self::default();
        let mut unseen = marks.clone();
        for (who, standing) in &found.standings {
            let mark = unseen.remove(mark::key(who).as_str());
            subscribers
                .subscriptions
                .insert(who.to_string(), word(standing));
            if let (Standing::Pending, Some(since)) = (standing, mark.and_then(|it| it.since)) {
                subscribers.pending_since.insert(who.to_string(), since);
            }
        }
        let named: Vec<_> = wanted
            .into_iter()
            .flat_map(|it| it.subscriptions.keys())
            .collect();
        for who in &named {
            subscribers
                .subscriptions
                .entry(who.to_string())
                .or_insert("gone");
        }
        if named.is_empty() {
            let lost = unseen
                .into_iter()
                .map(|(key, mark)| (key.to_owned(), mark.protocol));
            subscribers.lost = lost.collect();
        }
        subscribers
    }

    /// Subscribers in this state.
    fn standing<'a>(&'a self, standing: &'a str) -> impl Iterator<Item = &'a String> {
        let those = self
            .subscriptions
            .iter()
            .filter(move |(_, it)| **it == standing);
        those.map(|(who, _)| who)
    }

    /// Whether a configured subscriber is missing.
    pub(super) fn misses_somebody(&self) -> bool {
        self.standing("gone").next().is_some()
    }

    /// Why people may not receive the topic's messages; nothing where that is not known.
    pub(super) fn gaps(&self, of: &Topic<'_>, names: &Names, now: Timestamp) -> Vec<Gap> {
        if self.subscriptions_unknown {
            return Vec::new();
        }
        let Topic { name, what, nobody } = of;
        let (topic, arn) = (format!("topic {name}"), names.topic_arn(name));
        let mut gaps = Vec::new();
        let mut gap = |id, text: String, fix: String| {
            gaps.push(Gap::new(id, &topic, text, fix));
        };
        let is_nobody = self.standing("confirmed").next().is_none();
        if is_nobody {
            let (why, fix) = self.why_nobody(name, now);
            gap(*nobody, format!("nobody is notified of {what}: {why}"), fix);
        }
        for who in self.standing("pending") {
            let (id, since, fix) = self.time_to_confirm(who, &arn, now);
            // It is why nobody is notified, and said above.
            if is_nobody && id == kinds::NOT_CONFIRMED {
                continue;
            }
            gap(
                id,
                format!("{who} has not confirmed the subscription to the topic {name}{since}"),
                fix,
            );
        }
        for who in self.standing("gone") {
            gap(
                kinds::GONE,
                format!(
                    "{who} is gone from the topic {name}: somebody unsubscribed it, or nobody confirmed it within two days"
                ),
                "`rootwatch deploy hub` subscribes it again".into(),
            );
        }
        for (key, protocol) in &self.lost {
            gap(
                kinds::LOST,
                format!(
                    "somebody whom rootwatch subscribed by {protocol} is gone from the topic {name}"
                ),
                format!(
                    "`rootwatch deploy hub` with --email, or --sns-subscription, and the address subscribes them again; if nobody is missed, `aws sns untag-resource --region {} --resource-arn {arn} --tag-keys {key}`",
                    names.region
                ),
            );
        }
        gaps
    }

    /// Why nobody has confirmed, and what to do: those who are pending need no new subscription.
    fn why_nobody(&self, topic: &str, now: Timestamp) -> (String, String) {
        let those = |all: &[&String]| {
            let names: Vec<&str> = all.iter().map(|it| it.as_str()).collect();
            names.join(", ")
        };
        let age = |who: &String| self.age(who, now);
        let (waiting, suspended): (Vec<&String>, Vec<&String>) = self
            .standing("pending")
            .partition(|who| age(who).is_none_or(|age| age <= TO_CONFIRM_S));
        let oldest = waiting.iter().filter_map(|who| age(who)).max();
        let gone: Vec<&String> = self.standing("gone").collect();
        let nothing = || format!("no subscription of the topic {topic} is confirmed");
        if !waiting.is_empty() {
            let have = match waiting.len() {
                1 => "has",
                _ => "have",
            };
            let since = oldest.map(|age| format!(", pending for {}", waited(age)));
            let text = format!(
                "{} {have} not confirmed the subscription to the topic {topic}{}",
                those(&waiting),
                since.unwrap_or_default()
            );
            return (text, confirm_within(&those(&waiting), oldest));
        }
        if !suspended.is_empty() {
            let again = format!(
                "subscribe {} again, as {} says",
                those(&suspended),
                kinds::SUSPENDED
            );
            return (nothing(), again);
        }
        if !gone.is_empty() {
            let again = format!(
                "`rootwatch deploy hub` subscribes {} again, who then has to confirm",
                those(&gone)
            );
            return (nothing(), again);
        }
        let somebody = "`rootwatch deploy hub` with --email and an address subscribes somebody, who then has to confirm";
        (nothing(), somebody.into())
    }

    /// The kind, since when, and what to do.
    fn time_to_confirm(&self, who: &str, arn: &str, now: Timestamp) -> (FindingId, String, String) {
        let Some(age) = self.age(who, now) else {
            return (
                kinds::NOT_CONFIRMED,
                String::new(),
                confirm_within(who, None),
            );
        };
        let shown = waited(age);
        match age <= TO_CONFIRM_S {
            true => (
                kinds::NOT_CONFIRMED,
                format!(", pending for {shown}"),
                confirm_within(who, Some(age)),
            ),
            false => (
                kinds::SUSPENDED,
                format!(
                    ", which rootwatch made {shown} ago: SNS gives two days, so it has put this one back to pending, as it does when an address gets more than 10 mails a second"
                ),
                format!("{} sends a new link", subscribe_again(who, arn)),
            ),
        }
    }

    /// How long a pending one has been there, in seconds, where that is known.
    fn age(&self, who: &str, now: Timestamp) -> Option<u64> {
        let age = now.as_second() - self.pending_since.get(who)?.as_second();
        u64::try_from(age).ok()
    }
}

/// What those who are pending have to do, and until when: the oldest of them first.
fn confirm_within(who: &str, age: Option<u64>) -> String {
    let left = age.and_then(|age| TO_CONFIRM_S.checked_sub(age));
    let time = left.map_or_else(|| "two days".to_owned(), waited);
    let what = match who.split(", ").all(|it| it.starts_with("email")) {
        true => {
            "give the link in the mail from no-reply@sns.amazonaws.com to `rootwatch confirm`, or click it,"
        }
        false => "confirm the subscription",
    };
    format!(
        "{what} within {time}; after that SNS drops it, and `rootwatch deploy hub` subscribes it again"
    )
}

/// What has SNS send another link, as a command where all of it is known: the password in an address is not shown.
fn subscribe_again(who: &str, arn: &str) -> String {
    match who.split_once(' ') {
        Some((protocol @ ("email" | "email-json"), address)) => format!(
            "`aws sns subscribe --region {} --topic-arn {arn} --protocol {protocol} --notification-endpoint {}`",
            region_of(arn),
            quoted(address)
        ),
        _ => "subscribing it to that topic again".to_owned(),
    }
}

fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Confirmed(_) => "confirmed",
        Standing::Pending => "pending",
    }
}

fn subscriptions<'a>(
    mut resources: impl Iterator<Item = &'a HubResource>,
    topic: &str,
) -> Option<&'a Subscriptions> {
    resources.find_map(|it| match it {
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
    use crate::subscription::Subscription;

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

    fn compared(found: &Subscriptions, named: &[&str], marked: &[(&str, i64)]) -> Subscribers {
        let tags: Tags = marked
            .iter()
            .map(|(who, ago)| {
                let since = Timestamp::from_second(NOW - ago).unwrap();
                (mark::key(&email(who)), format!("email {since}"))
            })
            .collect();
        Subscribers::compare(found, Some(&wanted(named)), &mark::all(&tags))
    }

    fn gaps(subscribers: &Subscribers) -> Vec<String> {
        let names = Names::sample();
        let now = Timestamp::from_second(NOW).unwrap();
        let alerts = Topic {
            name: "alerts",
            what: "the alerts",
            nobody: kinds::NOBODY_OF_ALERTS,
        };
        let gaps = subscribers.gaps(&alerts, &names, now).into_iter();
        gaps.map(|gap| gap.words()).collect()
    }

    fn confirmed() -> Standing {
        Standing::Confirmed("arn:a".into())
    }

    #[test]
    fn a_pending_one_says_since_when_and_until_when() {
        let all = found(&[("a", confirmed()), ("b", Standing::Pending)]);
        let reported = gaps(&compared(&all, &[], &[("a", 9), ("b", 5 * 3600)]));
        assert_eq!(reported.len(), 1);
        assert!(reported[0].contains("email b has not confirmed the subscription to the topic alerts, pending for 5h: give the link in the mail from no-reply@sns.amazonaws.com to `rootwatch confirm`, or click it, within 43h"), "{reported:?}");
        let unknown = gaps(&compared(&all, &[], &[]));
        assert!(
            unknown[0].contains("`rootwatch confirm`, or click it, within two days"),
            "{unknown:?}"
        );
        let suspended = gaps(&compared(&all, &[], &[("b", 3 * 24 * 3600)]));
        assert!(
            suspended[0].contains("made 72h ago: SNS gives two days"),
            "{suspended:?}"
        );
    }

    #[test]
    fn who_is_named_and_not_there_is_gone() {
        let all = found(&[("a", confirmed())]);
        let reported = gaps(&compared(&all, &["a", "b"], &[("b", 9), ("c", 9)]));
        assert_eq!(reported.len(), 1, "{reported:?}");
        assert!(reported[0].starts_with("email b is gone from the topic alerts: "));
        assert!(gaps(&compared(&all, &["a"], &[("a", 9)])).is_empty());
    }

    #[test]
    fn without_settings_the_marks_say_that_somebody_is_missed() {
        let all = found(&[("a", confirmed())]);
        let reported = gaps(&compared(&all, &[], &[("a", 9), ("b", 9)]));
        assert_eq!(reported.len(), 1, "{reported:?}");
        let key = mark::key(&email("b"));
        assert!(reported[0].contains("subscribed by email is gone from the topic alerts"));
        assert!(reported[0].ends_with(&format!("--tag-keys {key}`")));
    }

    #[test]
    fn who_is_pending_is_why_nobody_is_notified_and_is_to_confirm() {
        let both = found(&[("a", Standing::Pending), ("b", Standing::Pending)]);
        let reported = gaps(&compared(&both, &["a", "b"], &[("a", 9), ("b", 5 * 3600)]));
        assert_eq!(reported.len(), 1, "{reported:?}");
        assert!(
            reported[0].starts_with("nobody is notified of the alerts: email a, email b have not confirmed the subscription to the topic alerts, pending for 5h: give the link"),
            "{reported:?}"
        );
        assert!(reported[0].contains("within 43h") && !reported[0].contains("--email"));
        // One who has had the two days needs another link.
        let late = gaps(&compared(
            &both,
            &[],
            &[("a", 3 * 24 * 3600), ("b", 3 * 24 * 3600)],
        ));
        assert_eq!(late.len(), 3, "{late:?}");
        assert!(late[0].ends_with("subscribe email a, email b again, as RW404 says"));
    }

    #[test]
    fn nobody_is_a_gap() {
        let reported = gaps(&compared(&found(&[]), &[], &[]));
        assert!(
            reported[0].starts_with("nobody is notified of the alerts: "),
            "{reported:?}"
        );
    }
}
