//! The one canary of a run that goes along the path of real alerts. Pure.

use super::receiving::Delivery;
use crate::spokes::Location;

/// One that the topic has not delivered is sent again once, at the price of a second mail: SNS may not have known the
/// temporary subscription yet.
const REPEAT_MS: i64 = 20_000;

/// The canary that the topic is to report.
#[derive(Clone)]
pub(super) struct Alert {
    pub(super) id: String,
    from: Location,
    /// In milliseconds since 1970, as all times here.
    pub(super) sent_ms: i64,
    is_repeated: bool,
    /// Where it was before it was sent to the hub's bus, and since.
    before: Vec<(String, i64)>,
    since: Vec<(String, i64)>,
    pub(super) is_delivered: bool,
}

impl Alert {
    /// One that is about to be sent.
    pub(super) fn new(id: String, from: Location, before: Vec<(String, i64)>, now: i64) -> Self {
        Self {
            id,
            from,
            sent_ms: now,
            is_repeated: false,
            before,
            since: Vec::new(),
            is_delivered: false,
        }
    }

    /// It was sent, which its delivery may have shown before.
    pub(super) fn sent(&mut self, what: &str, at_ms: i64) {
        self.sent_ms = at_ms;
        self.before.push((what.to_owned(), at_ms));
    }

    pub(super) fn delivered(&mut self, delivery: &Delivery) {
        if self.is_delivered || self.id != delivery.id {
            return;
        }
        self.is_delivered = true;
        let seen = [
            ("at the notifier", delivery.function_ms),
            ("at the topic", delivery.topic_ms),
            ("received", Some(delivery.at_ms)),
        ];
        let seen = seen.map(|(hop, at)| Some((hop.to_owned(), at?)));
        self.since.extend(seen.into_iter().flatten());
    }

    /// What to send again, once, when it is time.
    pub(super) fn repeat(&mut self, now: i64) -> Option<(String, Location)> {
        if self.is_delivered || self.is_repeated || now - self.sent_ms <= REPEAT_MS {
            return None;
        }
        self.is_repeated = true;
        Some((self.id.clone(), self.from.clone()))
    }

    pub(super) fn is_over(&self, now: i64, wait_ms: i64) -> bool {
        self.is_delivered || now - self.sent_ms > wait_ms
    }

    /// Where it was seen, in order, in milliseconds since the first.
    pub(super) fn hops(self) -> Vec<(String, i64)> {
        let begun = self.before.first().map(|(_, at)| *at).unwrap_or_default();
        let all = self.before.into_iter().chain(self.since);
        all.map(|(hop, at)| (hop, at - begun)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        let from = Location {
            account: "1".into(),
            region: "eu-west-1".into(),
        };
        Alert::new("a".into(), from, vec![("on the bus".into(), 100)], 110)
    }

    fn delivery(id: &str) -> Delivery {
        Delivery {
            id: id.into(),
            function_ms: None,
            topic_ms: Some(150),
            at_ms: 160,
        }
    }

    #[test]
    fn its_hops_are_in_order_though_the_delivery_was_known_first() {
        let mut alert = alert();
        alert.delivered(&delivery("b"));
        assert!(!alert.is_delivered);
        alert.delivered(&delivery("a"));
        alert.delivered(&delivery("a"));
        alert.sent("forwarded", 120);
        let hops: Vec<(String, i64)> = alert.hops();
        let expected = [
            ("on the bus", 0),
            ("forwarded", 20),
            ("at the topic", 50),
            ("received", 60),
        ];
        assert_eq!(hops, expected.map(|(hop, at)| (hop.to_owned(), at)));
    }

    #[test]
    fn it_is_sent_again_once_and_not_when_it_was_delivered() {
        let mut late = alert();
        assert!(late.repeat(110 + REPEAT_MS).is_none());
        assert!(late.repeat(111 + REPEAT_MS).is_some());
        assert!(late.repeat(999 + REPEAT_MS).is_none());
        let mut delivered = alert();
        delivered.delivered(&delivery("a"));
        assert!(delivered.repeat(999 + REPEAT_MS).is_none());
    }

    #[test]
    fn it_has_its_time_from_its_own_sending() {
        let mut alert = alert();
        assert!(!alert.is_over(110 + 50, 50));
        assert!(alert.is_over(111 + 50, 50));
        alert.delivered(&delivery("a"));
        assert!(alert.is_over(110, 50));
    }
}
