//! Further topics, which get a part of the messages after the alerts topic has got them all.
//!
//! No route is worth a late or a doubled alert: routes come when all of a batch is published, what fails is not brought
//! again by the queue, and a topic that failed is left alone for the rest of the batch. Who gets all alerts is told of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rootwatch_root_event::{Message, Route};

/// How long nobody is told again that the same topic is not reached.
const QUIET: Duration = Duration::from_secs(3_600);

/// The routes of the settings, and when each failed.
#[derive(Debug)]
pub(crate) struct Routes {
    all: Vec<Route>,
    told: Mutex<BTreeMap<String, Instant>>,
}

/// A message that was published, and the units of its accounts.
pub(crate) struct Published {
    pub(crate) message: Message,
    /// None where they are not known.
    pub(crate) units: Option<Vec<String>>,
}

impl Routes {
    pub(crate) fn new(all: Vec<Route>) -> Self {
        Self {
            all,
            told: Mutex::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether any is about units, which have to be looked up.
    pub(crate) fn have_units(&self) -> bool {
        self.all.iter().any(Route::has_units)
    }

    /// Each route with the messages that it takes.
    pub(crate) fn of<'a>(
        &'a self,
        published: &'a [Published],
    ) -> impl Iterator<Item = (&'a Route, Vec<&'a Message>)> {
        self.all.iter().map(move |route| {
            let taken = published.iter().filter(|it| it.is_for(route));
            (route, taken.map(|it| &it.message).collect())
        })
    }

    /// Why a route may lack a message: the units of its accounts are not known.
    pub(crate) fn unknown(route: &Route, published: &[Published]) -> Option<String> {
        let is_unknown = |it: &&Published| {
            it.units.is_none() && !it.is_for(route) && route.is_grave_enough(&it.message)
        };
        let lacking = published
            .iter()
            .find(is_unknown)
            .filter(|_| route.has_units())?;
        let accounts: Vec<&str> = lacking
            .message
            .about
            .accounts
            .iter()
            .map(String::as_str)
            .collect();
        Some(format!(
            "which units account {} is in could not be looked up in Organizations",
            accounts.join(", ")
        ))
    }

    /// Whether somebody is to be told now that this topic is not reached.
    pub(crate) fn is_news(&self, topic: &str, now: Instant) -> bool {
        let told = self.told();
        told.get(topic)
            .is_none_or(|at| now.duration_since(*at) >= QUIET)
    }

    /// Somebody was told just now.
    pub(crate) fn told_of(&self, topic: &str, now: Instant) {
        self.told().insert(topic.to_owned(), now);
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Published {
    fn is_for(&self, route: &Route) -> bool {
        let units = self.units.as_deref().unwrap_or_default();
        route.takes(&self.message, units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_is_not_reached_is_told_of_once_an_hour() {
        let (routes, now) = (Routes::new(Vec::new()), Instant::now());
        assert!(routes.is_news("a", now));
        assert!(routes.is_news("a", now), "nobody was told yet");
        routes.told_of("a", now);
        assert!(!routes.is_news("a", now + Duration::from_secs(3_599)));
        assert!(routes.is_news("b", now));
        assert!(routes.is_news("a", now + QUIET));
    }
}
