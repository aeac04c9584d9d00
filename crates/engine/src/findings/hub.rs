//! RW1xx: what `verify` finds in the hub.

use super::{FindingId, Kind};

kinds! {
    HUB_MISSING = 100, "there is no hub here",
        "Nothing that happens in an account of the organization is reported from this account and region.",
        "Run `rootwatch deploy hub`, or run in the account and region of the hub.";
    BUS_MISSING = 101, "the hub's event bus is missing",
        "Nothing that the spokes forward arrives.",
        "`rootwatch deploy hub` creates it.";
    BUS_REFUSES = 102, "the event bus refuses what spokes forward",
        "Root activity of at least one account is refused by the bus's policy and waits in a dead-letter queue of that account and region. Unknown: a condition of the policy cannot be evaluated.",
        "`rootwatch deploy hub` restores rootwatch's statements; a Deny of somebody else has to be taken away by its owner.";
    BUS_OPEN = 103, "the event bus lets in what it must not",
        "Somebody outside, or a member account by a direct call, can put forged events on the bus.",
        "`rootwatch deploy hub` restores rootwatch's statements; statements of others have to be taken away by their owners.";
    BUS_STATEMENT = 104, "the policy of the event bus has a statement of somebody else",
        "It names whom it lets do what. rootwatch does not know whether that is meant.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    BUS_DIFFERS = 105, "the event bus differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no event is lost by it.",
        "`rootwatch deploy hub` sets it again.";
    RULE_MISSING = 110, "a rule of the hub is missing",
        "The write events, the read events or the changes of what alerts depend on are reported to nobody.",
        "`rootwatch deploy hub` creates it.";
    RULE_STATE = 111, "a rule of the hub is not on for all events",
        "A disabled rule passes no event, one in the state ENABLED no read-only event, which only the rules for root's activity take.",
        "`rootwatch deploy hub` sets its state.";
    RULE_PATTERN = 112, "the pattern of a rule of the hub matches too little or too much",
        "Some root activity is dropped, or other events are reported as root activity.",
        "`rootwatch deploy hub` sets its pattern.";
    RULE_TARGET = 113, "a rule of the hub does not send events to its queue as they came",
        "What it matches is dropped, goes elsewhere, or cannot be read by the notifier.",
        "`rootwatch deploy hub` sets its target.";
    RULE_RETRIES = 114, "a rule of the hub gives up too early",
        "An event is dropped after a short outage.",
        "`rootwatch deploy hub` sets the retries of its target.";
    RULE_DEAD_LETTERS = 115, "what a rule of the hub cannot deliver is lost",
        "Events that cannot be delivered leave no trace, and no alarm goes off.",
        "`rootwatch deploy hub` sets the dead-letter queue and its policy.";
    RULE_DIFFERS = 116, "a rule of the hub differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no event is lost by it.",
        "`rootwatch deploy hub` sets it again.";
    OTHER_RULE = 117, "somebody else's rule or target is on the hub's event bus",
        "It sends root activity to somebody else, or changes what is on the bus.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    QUEUE_MISSING = 120, "a queue of the hub is missing",
        "What should wait there for the notifier, or for somebody who fixes the path, is lost.",
        "`rootwatch deploy hub` creates it.";
    QUEUE_REFUSES = 121, "a queue of the hub refuses what its rule sends",
        "Events become dead letters, or are lost.",
        "`rootwatch deploy hub` restores rootwatch's statements; a Deny of somebody else has to be taken away by its owner.";
    QUEUE_OPEN = 122, "others may send to a queue of the hub",
        "They can make the notifier report forged events.",
        "`rootwatch deploy hub` restores rootwatch's statements; statements of others have to be taken away by their owners.";
    QUEUE_STATEMENT = 123, "the policy of a queue has a statement of somebody else",
        "It names whom it lets do what, such as receiving or deleting events before the notifier does.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    QUEUE_KEY = 124, "the key of a queue keeps events out or in",
        "EventBridge cannot write to the queue, or the notifier cannot read it.",
        "`rootwatch deploy hub` sets the key of the settings.";
    QUEUE_LOSES = 125, "a queue of the hub loses what is in it",
        "Its retention, size, delay, visibility timeout or redrive policy lets events be lost.",
        "`rootwatch deploy hub` sets it again.";
    QUEUE_DIFFERS = 126, "a queue of the hub differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no event is lost by it.",
        "`rootwatch deploy hub` sets it again.";
    MAPPING_MISSING = 130, "an event source mapping of the notifier is missing",
        "Events wait in the queue and are never reported.",
        "`rootwatch deploy hub` creates it.";
    MAPPING_LOSES = 131, "an event source mapping is off, or drops events",
        "Events wait in the queue and are never reported, or are deleted without being reported.",
        "`rootwatch deploy hub` sets it again.";
    MAPPING_DIFFERS = 132, "an event source mapping differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no event is lost by it.",
        "`rootwatch deploy hub` sets it again.";
    FUNCTION_MISSING = 140, "the notifier is missing",
        "Events wait in the queues and are never reported.",
        "`rootwatch deploy hub` creates it.";
    FUNCTION_OPEN = 141, "others may invoke the notifier",
        "They can make it report forged events.",
        "Find out who made the statement, and have it taken away.";
    FUNCTION_STATEMENT = 142, "the policy of the notifier has a statement of somebody else",
        "It names whom it lets do what, such as replacing the notifier's code.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    FUNCTION_STATE = 143, "the notifier does not run",
        "Events wait in the queues and are not reported.",
        "`rootwatch deploy hub` sets it again.";
    FUNCTION_CODE = 144, "the code of the notifier is not rootwatch's, or of another version",
        "What it reports is not known. Unknown: the function was built from the same sources by another build.",
        "`rootwatch deploy hub` sets the code of this version.";
    FUNCTION_SETTINGS = 145, "the notifier has too little, or what it must not have",
        "It may not finish its work, not reach SNS, or run somebody else's code.",
        "`rootwatch deploy hub` sets it again.";
    FUNCTION_ENVIRONMENT = 146, "the notifier has variables in its environment",
        "rootwatch sets none. A variable can lead its calls elsewhere, or run somebody else's code.",
        "`rootwatch deploy hub` takes them away.";
    FUNCTION_TOLD = 147, "the notifier is told another topic, or what it is told cannot be read",
        "Alerts are published to another topic, or not at all. What it is told is a file in its code, at an address in S3.",
        "`rootwatch deploy hub` sets it again; where it cannot be read, let this network reach S3.";
    FUNCTION_DIFFERS = 148, "the notifier differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no event is lost by it.",
        "`rootwatch deploy hub` sets it again.";
    FUNCTION_WAYS = 149, "somebody else made another way to the notifier",
        "An alias, a version with its own policy, a function URL or the settings of asynchronous invocations let others use it.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    ROLE_MISSING = 150, "the notifier's role is missing",
        "The notifier cannot run.",
        "`rootwatch deploy hub` creates it.";
    ROLE_TRUST = 151, "Lambda may not assume the notifier's role",
        "The notifier cannot run.",
        "`rootwatch deploy hub` sets its trust policy.";
    ROLE_POLICY = 152, "the notifier's role may not do what the notifier does",
        "It cannot read its queues, publish or write its log.",
        "`rootwatch deploy hub` sets its policy; policies and a boundary that are not rootwatch's have to be taken away.";
    ROLE_DIFFERS = 153, "the notifier's role differs from what rootwatch makes",
        "It may do more, or be assumed by more, than rootwatch lets it.",
        "`rootwatch deploy hub` sets it again.";
    TOPIC_MISSING = 160, "a topic of the hub is missing",
        "Nobody is notified.",
        "`rootwatch deploy hub` creates it.";
    TOPIC_REFUSES = 161, "a topic of the hub refuses what is published to it",
        "Alerts, or the notifications of alarms, do not go out.",
        "`rootwatch deploy hub` restores rootwatch's statements; a Deny of somebody else has to be taken away by its owner.";
    TOPIC_OPEN = 162, "others may publish to a topic of the hub",
        "They can send forged alerts, or a forged all-clear.",
        "`rootwatch deploy hub` restores rootwatch's statements; statements of others have to be taken away by their owners.";
    TOPIC_STATEMENT = 163, "the policy of a topic has a statement of somebody else",
        "It names whom it lets do what, such as reading along.",
        "Find out who made it, and have it taken away unless somebody needs it.";
    TOPIC_KEY = 164, "the key of a topic keeps notifications from going out",
        "What is published cannot be encrypted.",
        "`rootwatch deploy hub` sets the key of the settings.";
    TOPIC_DIFFERS = 165, "a topic of the hub differs from what rootwatch makes",
        "A property is not as this version sets it, and rootwatch cannot say that no notification is lost by it.",
        "`rootwatch deploy hub` sets it again.";
    NOBODY = 170, "nobody receives what a topic publishes",
        "Nobody is subscribed, or nobody has confirmed.",
        "Where somebody is pending, they give the link in the mail from SNS to `rootwatch confirm`, or click it. Where nobody is subscribed, `rootwatch deploy hub` with --email and an address subscribes somebody, who then has to confirm.";
    FILTERED = 171, "the filter policies of all subscriptions drop notifications",
        "Some root activity, or an alarm, is reported to nobody.",
        "Remove a filter policy, or subscribe somebody without one.";
    OTHER_SUBSCRIBER = 172, "a topic sends to somebody else's queue, function or stream",
        "Somebody reads along.",
        "Find out who made the subscription, and have it taken away unless somebody needs it.";
    SUBSCRIPTIONS_DIFFER = 173, "the subscriptions of a topic differ from the settings",
        "Somebody who should be notified is not subscribed, or somebody who should not still is.",
        "`rootwatch deploy hub` sets them again.";
    ROUTE_TOPIC = 174, "the topic of a route does not get what it should",
        "It is gone, refuses the notifier, or is in another region. The alerts topic gets all alerts, and the notifier tells its subscribers that a route fails; the team does not get its own.",
        "Make the topic, or let its policy allow the notifier's role sns:Publish; or take the route away with --reset.";
    ROUTE_NOBODY = 175, "nobody receives what the topic of a route publishes",
        "It has no confirmed subscription. The alerts topic gets all alerts; the team does not get its own.",
        "Its owner subscribes somebody, who confirms; or take the route away with --reset.";
    ROUTE_KEY = 176, "the topic of a route is under a KMS key of its owner's",
        "Whether the notifier may use that key is not known here.",
        "Let the key's policy allow the notifier's role kms:GenerateDataKey and kms:Decrypt, and accept the finding.";
    ROUTE_UNREAD = 177, "the topic of a route could not be read",
        "It may be of another account that lets nobody here read it: whether somebody is subscribed is not known.",
        "Have the topic's policy allow this caller sns:GetTopicAttributes, or accept the finding.";
    ALARM_MISSING = 180, "an alarm of the hub is missing",
        "A loss of events goes unnoticed.",
        "`rootwatch deploy hub` creates it.";
    ALARM_SILENT = 181, "an alarm of the hub notifies nobody, or does not go off",
        "A loss of events goes unnoticed.",
        "`rootwatch deploy hub` sets it again.";
    ALARM_DIFFERS = 182, "an alarm of the hub differs from what rootwatch makes",
        "A property is not as this version sets it.",
        "`rootwatch deploy hub` sets it again.";
    LOG_GROUP_MISSING = 185, "the log group of the notifier is missing",
        "What the notifier did cannot be looked up, and its metrics are not counted.",
        "`rootwatch deploy hub` creates it.";
    LOG_GROUP_DIFFERS = 186, "the log group of the notifier differs from what rootwatch makes",
        "What the notifier wrote may be gone, or not be readable, when somebody needs it.",
        "`rootwatch deploy hub` sets it again.";
    KEY_STATE = 190, "a KMS key of your own that the hub uses is not enabled",
        "Nothing can be written to what it encrypts, and nothing that is there can be read.",
        "Enable the key, after its deletion is cancelled where it is pending.";
    KEY_POLICY = 191, "the policy of a KMS key keeps out who has to use it",
        "What EventBridge sends to a queue is lost, what the notifier publishes does not go out, or its log is not kept. Unknown: a condition of the policy cannot be evaluated.",
        "Let the key's policy allow whom the finding names `kms:GenerateDataKey` and `kms:Decrypt`.";
    KEY_GRANT = 192, "somebody may use a KMS key of the hub by a grant",
        "A grant works whatever the key's policy says: with access to the queue or the log, they can read what is in it. rootwatch makes none.",
        "Find out who made it, and have it revoked unless somebody needs it.";
    SELF_CHECK_MISSING = 193, "a part of the self-check is missing",
        "Nobody looks every day whether people would be notified.",
        "`rootwatch deploy hub` creates it; with --self-check off it is not wanted.";
    SELF_CHECK_DIFFERS = 194, "a part of the self-check differs from what rootwatch makes",
        "The self-check may not run, not see everything, or say what is not so.",
        "`rootwatch deploy hub` sets it again.";
    UNREAD = 199, "a part of the hub could not be read",
        "Whether events get through there is not known.",
        "Allow the caller what the finding names.";
}
