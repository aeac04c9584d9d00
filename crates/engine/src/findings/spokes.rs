//! RW2xx: what `verify` finds in an account and region, and in the StackSet that makes them.

use super::{FindingId, Kind};

kinds! {
    RULE_MISSING = 201, "an account and region has no rule that forwards",
        "Root activity there is not reported.",
        "`rootwatch deploy spokes` creates it.";
    RULE_STATE = 202, "a rule that forwards is not on for all events",
        "A disabled rule passes no event, one in the state ENABLED no read-only event.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    RULE_PATTERN = 203, "the pattern of a rule that forwards matches too little or too much",
        "Some root activity of that account and region is not reported, or other events are forwarded.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    RULE_TARGET = 204, "a rule does not forward to the hub",
        "Root activity of that account and region is not reported.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    RULE_DEAD_LETTERS = 205, "what cannot be forwarded is lost",
        "Events that the hub refuses, or that are sent while it is not reachable, are not kept.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    RULE_DIFFERS = 206, "a rule that forwards differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no event is lost by it.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    OTHER_TARGET = 207, "a rule that forwards also sends to somebody else",
        "Somebody reads along.",
        "Find out who made the target, and have it taken away unless somebody needs it.";
    ROLE_MISSING = 210, "the role that forwards is missing",
        "No event leaves the account and region.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    ROLE_TRUST = 211, "EventBridge may not assume the role that forwards",
        "No event leaves the account and region.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    ROLE_POLICY = 212, "the role that forwards may not put events on the hub's bus",
        "No event leaves the account and region.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    ROLE_DIFFERS = 213, "the role that forwards differs from what rootwatch makes",
        "It may do more or less, or be assumed by more or fewer, than rootwatch lets it.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    QUEUE_DIFFERS = 220, "the dead-letter queue of an account and region differs from what rootwatch makes",
        "What could not be forwarded may be lost, or be read by others.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    QUEUE_STATEMENT = 221, "the policy of a dead-letter queue has a statement of somebody else",
        "It names whom it lets do what.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    STACK_SET_MISSING = 230, "the StackSet is missing",
        "No account forwards anything.",
        "`rootwatch deploy spokes` creates it.";
    STACK_SET_PARAMETERS = 231, "the parameters of the StackSet are of another hub",
        "The accounts forward to another bus, or to none.",
        "`rootwatch deploy spokes` sets them.";
    STACK_SET_TEMPLATE = 232, "the template of the StackSet is not the one of this version",
        "The accounts have what another version, or somebody else, made.",
        "`rootwatch deploy spokes` sets it.";
    STACK_SET_DIFFERS = 233, "the StackSet differs from what rootwatch makes",
        "New accounts may not get a rule, or lose it.",
        "`rootwatch deploy spokes` sets it again.";
    INSTANCE = 234, "a stack instance is not up to date",
        "CloudFormation could not make or update what forwards in that account and region.",
        "`rootwatch deploy spokes` tries again, once what the reason names is fixed.";
    TAMPERING_RULE_MISSING = 250, "an account and region has no rule that reports tampering",
        "Nobody is told when somebody other than root changes what alerts depend on there.",
        "`rootwatch deploy spokes` creates it; if somebody removed it, remove the stack instance first, as the finding says.";
    TAMPERING_RULE_SILENT = 251, "a rule for tampering is off, or does not forward to the hub",
        "Nobody is told when somebody other than root changes what alerts depend on there.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    TAMPERING_RULE_DIFFERS = 252, "a rule for tampering differs from what rootwatch makes",
        "Some changes of what alerts depend on there may be reported to nobody.",
        "Remove the stack instance and run `rootwatch deploy spokes`, as the finding says.";
    UNREAD = 299, "an account and region, or the StackSet, could not be read",
        "Whether events get through there is not known.",
        "Allow the caller what the finding names.";
}
