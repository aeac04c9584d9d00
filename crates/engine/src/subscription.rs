//! A subscription of a topic, with its password kept out of every text.

use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// Who is notified: an SNS protocol and its endpoint.
///
/// An address may hold a password. SNS shows stars in its place, so it is neither compared nor shown.
#[derive(Clone)]
pub struct Subscription {
    /// As SNS names it: `email`, `sms`, `https`.
    pub protocol: String,
    /// Address, phone number or ARN, in the form that the protocol requires; it may hold a password.
    pub endpoint: String,
}

impl Subscription {
    /// The endpoint as SNS lists it: `https://user:****@host/path`.
    pub fn shown(&self) -> Cow<'_, str> {
        without_password(&self.endpoint)
    }

    /// Whether SNS notifies it only once its owner has confirmed (SNS API Reference, Subscribe: an HTTP or e-mail
    /// endpoint, or one of another account).
    pub(crate) fn awaits_confirmation(&self, topic_arn: &str) -> bool {
        let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
        match self.protocol.as_str() {
            "email" | "email-json" | "http" | "https" => true,
            "sms" => false,
            _ => account(&self.endpoint) != account(topic_arn),
        }
    }
}

/// An address with stars for its password: `https://user:****@host/path`. What is no address is as it was.
#[must_use]
pub fn without_password(address: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.into();
    };
    let host_begins = rest.find('/').unwrap_or(rest.len());
    let (user_and_host, path) = match rest[..host_begins].rsplit_once(':') {
        // What is no port and stands before an @ is a password with a slash in it.
        Some((_, end)) if !is_port(end) && !end.contains('@') => (rest, ""),
        _ => rest.split_at(host_begins),
    };
    let Some((user, host)) = user_and_host.rsplit_once('@') else {
        return address.into();
    };
    let Some((user, _)) = user.split_once(':') else {
        return address.into();
    };
    format!("{scheme}://{user}:****@{host}{path}").into()
}

/// What may follow the last colon before the path: a port, or the end of an IPv6 address.
fn is_port(text: &str) -> bool {
    text.ends_with(']') || text.bytes().all(|byte| byte.is_ascii_digit())
}

impl PartialEq for Subscription {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Subscription {}

impl PartialOrd for Subscription {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Subscription {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_protocol = self.protocol.cmp(&other.protocol);
        by_protocol.then_with(|| self.shown().cmp(&other.shown()))
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("protocol", &self.protocol)
            .field("endpoint", &self.shown())
            .finish()
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.shown())
    }
}

impl Serialize for Subscription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_neither_compared_nor_shown() {
        let https = |endpoint: &str| Subscription {
            protocol: "https".into(),
            endpoint: endpoint.into(),
        };
        let (given, listed) = (
            https("https://me:secret@siem.example.com/in"),
            https("https://me:****@siem.example.com/in"),
        );
        assert_eq!(given, listed);
        assert_eq!(given.to_string(), listed.to_string());
        assert!(!format!("{given:?}").contains("secret"));
        for plain in [
            "https://siem.example.com/a:b@c",
            "https://siem.example.com:8443/a:b@c",
            "https://[::1]:80/a@b",
            "https://[::1]/a@b",
            "https://me@host",
            "a@b.c",
        ] {
            assert_eq!(https(plain).shown(), plain);
        }
        // Not valid, and shown in the error that says so.
        for bad in ["https://me:sec/ret@host/a", "https://me:se:c@ret@host/a"] {
            assert_eq!(https(bad).shown(), "https://me:****@host/a");
        }
    }
}
