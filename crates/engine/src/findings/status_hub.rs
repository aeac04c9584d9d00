//! RW7xx: what `status` finds of the hub: resources, queues, metrics.

use super::{FindingId, Kind};

kinds! {
    NO_HUB = 701, "there is no hub",
        "What the spokes forward arrives nowhere, and nobody is notified.",
        "`rootwatch deploy hub` creates it; if it is elsewhere, run in its account and region.";
    RESOURCE_MISSING = 702, "a resource of the hub is missing",
        "Alerts may be lost, or nobody learns that they are.",
        "`rootwatch deploy hub` creates it.";
    RESOURCE_CHANGED = 703, "a resource of the hub is not up to date",
        "It is of another version, or somebody changed it.",
        "`rootwatch plan hub` shows the difference, `rootwatch deploy hub` fixes it.";
    STATEMENT_OF_OTHERS = 704, "a policy of the hub has a statement that is not rootwatch's",
        "It may deny what has to pass, or allow others what they must not do.",
        "Make sure that it neither denies nor opens the path; `rootwatch verify` says what it allows. What is meant may be accepted.";
    NOT_ACTIVE = 705, "the function is not active",
        "Lambda cannot run the notifier, so events wait.",
        "`rootwatch verify` says what is broken and how to fix it.";
    IN_ALARM = 706, "an alarm of the hub is in the state ALARM",
        "Alerts are lost or late, as the alarm's description says.",
        "`rootwatch verify` says what is broken and how to fix it.";
    CONTRADICTION = 707, "the hub contradicts itself",
        "Parts of the hub name different topics or keys, so that somebody changed one. A run that writes is refused until it is settled.",
        "Name the right value by its flag, or take it off with --reset, as the finding says.";
    DEAD_LETTERS = 711, "undelivered events wait in the dead-letter queue",
        "Each is something that a root user did and nobody was notified of.",
        "`rootwatch verify` says what is broken; then read the messages with `rootwatch explain`, and delete them.";
    ACTS_LATE = 712, "acts wait and are not reported",
        "The notifier does not take what root users did from its queue.",
        "`rootwatch verify` says what is broken and how to fix it.";
    READS_LATE = 713, "read-only events wait and are not reported",
        "The notifier does not take them from its queue.",
        "`rootwatch verify` says what is broken and how to fix it.";
    NOTIFIER_FAILS = 714, "the notifier fails",
        "It was invoked and could not report; events come back to it five times, and then end in the dead-letter queue.",
        "`rootwatch verify` says what is broken, and the function's log what it says.";
    HUB_NOT_READ = 790, "a part of the hub could not be read",
        "Whether it is there and as it should be is not known.",
        "Allow the caller the operation that the finding names.";
    METRICS_NOT_READ = 791, "the hub's metrics could not be read",
        "How long events wait, and whether the notifier fails, is not known.",
        "Allow the caller cloudwatch:GetMetricData.";
    HUB_NOT_ENTERED = 792, "the credentials for the hub's account do not work",
        "Nothing of the hub is known.",
        "Check --hub-profile or --hub-role, and what the role's trust policy asks for.";
    ELSEWHERE_NOT_READ = 793, "where the hub is could not be looked up",
        "There is no hub here, and whether there is one elsewhere is not known.",
        "Run `rootwatch status` in the hub's account and region, before anything is deployed.";
}
