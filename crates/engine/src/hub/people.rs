//! Who is notified before a plan of the hub, and after it. Pure.

use super::hub_resource::HubResource;
use super::plan::{HubPlan, Planned};
use super::subscriptions::{Standing, Subscriptions};
use crate::subscription::Subscription;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a topic of the hub is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Activity of root users.
    Alerts,
    /// The health of the path itself.
    Health,
}

impl Subject {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Alerts, Self::Health];

    /// Its name, as people read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Health => "health",
        }
    }
}

/// A subscriber, and what it is notified of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Person {
    /// Protocol and endpoint, `email security@example.com`.
    pub subscriber: String,
    /// What it is notified of.
    pub confirmed: Vec<Subject>,
    /// What it is notified of as soon as it confirms.
    pub pending: Vec<Subject>,
    /// Whether it is pending and the settings, which name all, name it no more: SNS removes no pending subscription.
    #[serde(skip)]
    pub is_left: bool,
}

/// A subscriber that is notified now, and that a plan takes something away from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Lost {
    /// Protocol and endpoint, `email security@example.com`.
    pub subscriber: String,
    /// What it is no longer notified of.
    pub subjects: Vec<Subject>,
    /// What it is notified of again once it has confirmed a new subscription.
    pub until_confirmed: Vec<Subject>,
}

/// Who is notified after a plan, and who no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Everybody who is subscribed then.
    pub after: Vec<Person>,
    /// Who is notified now and then no longer, wholly or in part.
    pub lost: Vec<Lost>,
    /// Of what nobody is notified then, since nobody has confirmed.
    pub unheard: Vec<Subject>,
    /// Why it is not known who is subscribed to the topic that alerts no longer go to.
    pub unknown: Option<String>,
}

/// The topic that the function publishes to now, and no longer will.
#[derive(Clone, Debug)]
pub(crate) struct FormerTopic {
    pub(crate) arn: String,
    /// Its subscriptions, or why they cannot be read.
    pub(crate) standings: Result<BTreeMap<Subscription, Standing>, String>,
}

/// Subscribers of one subject; `true` for those that have confirmed.
type Subscribers = BTreeMap<Subscription, bool>;

impl HubPlan {
    /// Who is notified after this, and who no longer.
    #[must_use]
    pub fn people(&self) -> People {
        let alerts = self.alerts_topic();
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        for planned in &self.resources {
            let HubResource::Subscriptions(wanted) = &planned.wanted.resource else {
                continue;
            };
            let subject = subject_of(&wanted.topic_arn, alerts);
            let found = found(planned);
            before.insert(subject, found.map(subscribers).unwrap_or_default());
            after.insert(subject, subscribers_after(wanted, found));
        }
        let left: BTreeSet<String> = self
            .resources
            .iter()
            .filter_map(found)
            .flat_map(Subscriptions::left_pending)
            .map(ToString::to_string)
            .collect();
        let mut unknown = None;
        match self.former_topic.as_ref().map(|it| (it, &it.standings)) {
            Some((_, Ok(standings))) => {
                before.insert(Subject::Alerts, confirmations(standings));
            }
            Some((former, Err(why))) => unknown = Some(format!("{}: {why}", former.arn)),
            None => {}
        }
        People {
            lost: lost(&before, &after),
            unheard: unheard(&after),
            after: marked(persons(&after), &left),
            unknown,
        }
    }

    /// ARN of the topic that the function publishes to after this.
    fn alerts_topic(&self) -> Option<&str> {
        let mut wanted = self.resources.iter().map(|it| &it.wanted.resource);
        wanted.find_map(|it| match it {
            HubResource::Function(function) => function.topic(),
            _ => None,
        })
    }
}

impl People {
    /// Whether somebody will be notified of alerts once the link in a mail is followed.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        let mut after = self.after.iter();
        after.any(|person| person.pending.contains(&Subject::Alerts))
    }

    /// Whether nobody is subscribed to anything.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.after.is_empty()
    }
}

/// Everybody who is subscribed to the topics of what was found.
pub(super) fn persons_of<'a>(
    found: impl IntoIterator<Item = &'a HubResource>,
    alerts: &str,
) -> Vec<Person> {
    let mut all: BTreeMap<Subject, Subscribers> = BTreeMap::new();
    let mut left = BTreeSet::new();
    for resource in found {
        if let HubResource::Subscriptions(found) = resource {
            let subject = subject_of(&found.topic_arn, Some(alerts));
            all.insert(subject, subscribers(found));
            left.extend(found.left_pending().map(ToString::to_string));
        }
    }
    marked(persons(&all), &left)
}

/// The same, with those that the settings name no more.
fn marked(mut persons: Vec<Person>, left: &BTreeSet<String>) -> Vec<Person> {
    for it in &mut persons {
        it.is_left = left.contains(&it.subscriber);
    }
    persons
}

fn subject_of(topic: &str, alerts: Option<&str>) -> Subject {
    match alerts == Some(topic) {
        true => Subject::Alerts,
        false => Subject::Health,
    }
}

fn found(planned: &Planned) -> Option<&Subscriptions> {
    match &planned.found {
        Some(HubResource::Subscriptions(found)) => Some(found),
        _ => None,
    }
}

fn subscribers(found: &Subscriptions) -> Subscribers {
    confirmations(&found.standings)
}

fn confirmations(standings: &BTreeMap<Subscription, Standing>) -> Subscribers {
    let is_confirmed = |it: &Standing| *it != Standing::Pending;
    let all = standings.iter();
    all.map(|(it, standing)| (it.clone(), is_confirmed(standing)))
        .collect()
}

/// What [`Subscriptions`] come to when they are made as wanted.
fn subscribers_after(wanted: &Subscriptions, found: Option<&Subscriptions>) -> Subscribers {
    let mut after = found.map(subscribers).unwrap_or_default();
    after.retain(|it, _| {
        let is_ours = found.is_some_and(|found| found.subscriptions.contains_key(it));
        !is_ours || wanted.subscriptions.contains_key(it)
    });
    for it in wanted.subscriptions.keys() {
        let is_confirmed = !it.awaits_confirmation(&wanted.topic_arn);
        after.entry(it.clone()).or_insert(is_confirmed);
    }
    after
}

fn persons(all: &BTreeMap<Subject, Subscribers>) -> Vec<Person> {
    let mut persons: BTreeMap<&Subscription, Person> = BTreeMap::new();
    for (subject, subscribers) in all {
        for (it, is_confirmed) in subscribers {
            let person = persons.entry(it).or_insert_with(|| Person {
                subscriber: it.to_string(),
                confirmed: Vec::new(),
                pending: Vec::new(),
                is_left: false,
            });
            match is_confirmed {
                true => person.confirmed.push(*subject),
                false => person.pending.push(*subject),
            }
        }
    }
    persons.into_values().collect()
}

fn lost(
    before: &BTreeMap<Subject, Subscribers>,
    after: &BTreeMap<Subject, Subscribers>,
) -> Vec<Lost> {
    let mut all: BTreeMap<&Subscription, Lost> = BTreeMap::new();
    for (subject, subscribers) in before {
        for it in subscribers.iter().filter(|(_, ok)| **ok).map(|(it, _)| it) {
            let then = after.get(subject).and_then(|after| after.get(it));
            if then == Some(&true) {
                continue;
            }
            let lost = all.entry(it).or_insert_with(|| Lost {
                subscriber: it.to_string(),
                subjects: Vec::new(),
                until_confirmed: Vec::new(),
            });
            match then {
                None => lost.subjects.push(*subject),
                Some(_) => lost.until_confirmed.push(*subject),
            }
        }
    }
    all.into_values().collect()
}

fn unheard(after: &BTreeMap<Subject, Subscribers>) -> Vec<Subject> {
    let is_heard = |it: &Subject| {
        let subscribers = after.get(it).into_iter().flat_map(BTreeMap::values);
        subscribers.into_iter().any(|confirmed| *confirmed)
    };
    let all = Subject::ALL.into_iter();
    all.filter(|it| !is_heard(it)).collect()
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
