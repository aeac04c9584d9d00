//! RW4xx: what `status` finds of people who are not notified.

use super::{FindingId, Kind};

kinds! {
    NOBODY_OF_ALERTS = 401, "nobody is notified of the alerts",
        "The topic for alerts has no confirmed subscription, so what root users do reaches nobody.",
        "Where somebody is pending, they give the link in the mail from SNS to `rootwatch confirm`, or click it. Where nobody is subscribed, `rootwatch deploy hub` with --email and an address subscribes somebody, who then has to confirm.";
    NOBODY_OF_HEALTH = 402, "nobody is notified of failures of the path itself",
        "The topic for health has no confirmed subscription, so nobody learns that alerts are lost.",
        "Where somebody is pending, they give the link in the mail from SNS to `rootwatch confirm`, or click it. Where nobody is subscribed, `rootwatch deploy hub` with --email and an address subscribes somebody, who then has to confirm.";
    NOT_CONFIRMED = 403, "a subscription is not confirmed",
        "SNS sends it nothing, and drops it after two days. Where nobody at all has confirmed, RW401 or RW402 says so in its place.",
        "Give the link in the mail from SNS to `rootwatch confirm`, or click it; `rootwatch deploy hub` subscribes again whom SNS has dropped.";
    SUSPENDED = 404, "SNS has put a subscription back to pending",
        "It was confirmed or has had its two days; SNS suspends an address that gets more than 10 mails a second. It gets nothing now.",
        "Subscribe it again, and confirm by the link in the new mail.";
    GONE = 405, "a configured subscriber is gone",
        "The settings name them, and the topic does not: somebody unsubscribed them, or nobody confirmed in two days.",
        "`rootwatch deploy hub` subscribes them again.";
    LOST = 406, "somebody whom rootwatch subscribed is gone",
        "The topic's tags remember them, and the topic has no such subscription.",
        "`rootwatch deploy hub` with --email, or --sns-subscription, subscribes them again; if nobody is missed, remove the tag that the finding names.";
    CLICKS_NOT_READ = 407, "how subscriptions were confirmed could not be read",
        "Every mail of SNS has a link that ends its subscription, unless that was confirmed with `rootwatch confirm`. Which subscriptions a click can end is not known.",
        "Allow the caller sns:GetSubscriptionAttributes.";
}
