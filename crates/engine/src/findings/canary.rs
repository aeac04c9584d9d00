//! RW6xx: what `test` finds.

use super::{FindingId, Kind};

kinds! {
    NOT_SENT = 601, "the test event of an account and region could not be sent",
        "Whether root activity there is reported was not tested: the account could not be entered, or EventBridge refused the event.",
        "The reason is AWS's: mostly a role that is missing in the account, does not trust these credentials, or may not events:PutEvents.";
    LOST = 602, "the test event of an account and region did not reach the hub's bus",
        "Root activity there is not reported.",
        "`rootwatch verify` with --account and --role says which hop is broken.";
    LATE = 603, "the test event of an account and region took longer than --wait",
        "It arrived while others were still waited for. Root activity there is reported, later than expected.",
        "Nothing, if it is rare; otherwise a longer --wait, and a look at the health of EventBridge in that region.";
    BEFORE_NOTIFIER = 610, "the test event stopped between the hub's bus and the notifier",
        "No root activity of any account is reported.",
        "`rootwatch verify` says which hop is broken; `rootwatch deploy hub` restores those of rootwatch.";
    AT_NOTIFIER = 611, "the notifier failed on the test event",
        "No root activity of any account is reported.",
        "Look at the notifier's log; `rootwatch deploy hub` sets the code of this version.";
    NOT_PUBLISHED = 612, "the notifier could not publish the test event",
        "No root activity of any account is reported.",
        "The reason is SNS's, in the notifier's log; `rootwatch deploy hub` restores the role, the topic and its policy.";
    NOT_DELIVERED = 613, "the topic did not deliver the test event to the temporary queue",
        "The notifier published it, and what happened to it then is not known; subscribers may have got it.",
        "Look at the alarm for failed deliveries, and repeat the test.";
    AT_HOP = 614, "the test event stopped, and a hop of the hub is broken",
        "No root activity of any account is reported, or some of it is not.",
        "`rootwatch verify` says how to fix that hop.";
    SOMEWHERE = 615, "the test event stopped in the hub, where every hop is fine",
        "It may only be late.",
        "Repeat the test with a longer --wait.";
    NOBODY_NOTIFIED = 620, "the test event reached the topic, and nobody was notified",
        "Nobody is subscribed, or nobody has confirmed.",
        "Where somebody is pending, they give the link in the mail from SNS to `rootwatch confirm`, or click it. Where nobody is subscribed, `rootwatch deploy hub` with --email and an address subscribes somebody, who then has to confirm.";
    SUBSCRIBERS_UNKNOWN = 621, "who is subscribed to the topic could not be read",
        "Perhaps nobody was notified.",
        "Allow the caller sns:ListSubscriptionsByTopic.";
    TRAIL = 622, "the test event arrived, and real ones may not set out",
        "No trail is known that logs management events; without one EventBridge gets none.",
        "`rootwatch verify` begins with what is wrong with the trails.";
}
