//! RW9xx: steps of a deployment or a removal that failed.

use super::{FindingId, Kind};

kinds! {
    STEP_FAILED = 901, "a step of the hub failed",
        "A resource was not created, changed or deleted. What did not depend on it was done.",
        "The error says whether the same command again can help, or what has to be changed first.";
    NOT_SHOWN = 902, "AWS does not show yet what was set",
        "All changes were accepted, and not all of them are seen: AWS is late, or somebody changed them back.",
        "`rootwatch plan hub` shows what differs.";
    SPOKES_FAILED = 911, "a step of the spokes failed",
        "A call was refused, so that the rest was not done. Operations that were begun continue in AWS.",
        "The error says whether the same command again can help, or what has to be changed first.";
    INSTANCES_FAILED = 912, "a StackSet operation did not succeed everywhere",
        "Root activity of the accounts and regions that failed is not reported, or still is, where they were to be removed.",
        "Fix what the reason names; then the same command again tries what failed, and that alone.";
    OWN_STACKS_FAILED = 913, "a stack of the management account failed",
        "The management account is not watched in that region.",
        "Fix what the reason names, and run the same command again.";
    REMOVAL_FAILED = 921, "a part of the deployment could not be removed",
        "It is still there, and what depends on it too.",
        "The error says whether the same command again can help, or what has to be changed first.";
    STILL_SHOWN = 922, "AWS still shows what was removed",
        "All removals were accepted, and not all of them are seen: AWS is late, something on the way to it answered in its place, or somebody made it again.",
        "The same command again removes what is left.";
    GUARDRAIL_FAILED = 941, "a step of the guardrail failed",
        "The organization's service control policy, or what it is attached to, is not as it was planned. What did not depend on it was done.",
        "The error says whether the same command again can help, or what has to be changed first.";
}
