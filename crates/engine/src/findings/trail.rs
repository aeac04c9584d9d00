//! RW5xx: what is found of the trail and the organization.

use super::{FindingId, Kind};

kinds! {
    TRAIL_WRITES = 501, "no trail of the organization logs write events",
        "EventBridge gets what CloudTrail logs, and nothing else: no root activity is reported. Unknown: whether a trail exists could not be seen.",
        "Make a trail of the organization that logs management events in all regions, or start the one that has been stopped.";
    TRAIL_READS = 502, "no trail of the organization logs read events",
        "Read-only calls of root users are not reported.",
        "Have the trail log read events too, or set `notify.read_only` to off.";
}
