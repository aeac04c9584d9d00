//! The topic's tag for a subscription that rootwatch made, and when. A subscription cannot carry a tag, and
//! SNS does not say when one was made.

use super::resource::Tags;
use crate::subscription::Subscription;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Begins the key of the tag.
const MARK: &str = "rootwatch:subscription:";
/// Tags that a topic can carry (Amazon SNS Developer Guide, "Amazon SNS topic tagging").
pub(super) const MOST_TAGS: usize = 50;

/// What the tag says of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) protocol: String,
    /// When rootwatch subscribed it. Earlier versions did not write this down.
    pub(crate) since: Option<Timestamp>,
}

/// Key of the tag for a subscription. It holds a hash in place of the address.
pub(crate) fn key(subscription: &Subscription) -> String {
    let hash = Sha256::digest(subscription.to_string());
    let start: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{MARK}{start}")
}

/// Value of the tag for a subscription that is made now.
pub(super) fn value(subscription: &Subscription, now: Timestamp) -> String {
    format!("{} {now:.0}", subscription.protocol)
}

/// The marks among a topic's tags, by their keys.
pub(crate) fn all(tags: &Tags) -> BTreeMap<&str, Mark> {
    let marks = tags.iter().filter(|(key, _)| key.starts_with(MARK));
    marks
        .map(|(key, value)| (key.as_str(), read(value)))
        .collect()
}

fn read(value: &str) -> Mark {
    let (protocol, since) = value.split_once(' ').unwrap_or((value, ""));
    Mark {
        protocol: protocol.to_owned(),
        since: since.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email() -> Subscription {
        Subscription {
            protocol: "email".into(),
            endpoint: "security@example.com".into(),
        }
    }

    #[test]
    fn a_mark_names_nobody_and_fits_a_tag() {
        let (key, value) = (key(&email()), value(&email(), Timestamp::UNIX_EPOCH));
        assert!(!key.contains("security") && key.len() <= 128);
        // SNS accepts letters, digits, spaces and these other characters in a tag.
        let fits = |it: char| it.is_ascii_alphanumeric() || " _.:/=+-@".contains(it);
        assert!(value.chars().all(fits) && value.len() <= 256, "{value}");
    }

    #[test]
    fn what_is_written_is_read_and_so_is_what_earlier_versions_wrote() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let tags = Tags::from([
            (key(&email()), value(&email(), now)),
            (format!("{MARK}old"), "sms".into()),
            ("team".into(), "email 2026-11-24T12:00:00Z".into()),
        ]);
        let of = |protocol: &str, since| Mark {
            protocol: protocol.into(),
            since,
        };
        let found = all(&tags);
        assert_eq!(found.len(), 2);
        assert_eq!(found[key(&email()).as_str()], of("email", Some(now)));
        assert_eq!(found["rootwatch:subscription:old"], of("sms", None));
    }
}
