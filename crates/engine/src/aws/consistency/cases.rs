//! Errors that pass with time, each by its operation, its code and a part of its message.

use std::time::Duration;

/// An error that passes with time.
pub(super) struct Case {
    /// An operation, or with a colon at its end all of a service's.
    pub(super) operation: &'static str,
    pub(super) code: &'static str,
    /// Part of the message; several causes share one code.
    pub(super) message: &'static str,
    /// What is waited for; follows "waiting for".
    pub(super) awaited: &'static str,
    /// After this long it counts as an error.
    pub(super) patience: Duration,
}

const fn case(
    operation: &'static str,
    (code, message): (&'static str, &'static str),
    awaited: &'static str,
    seconds: u64,
) -> Case {
    Case {
        operation,
        code,
        message,
        awaited,
        patience: Duration::from_secs(seconds),
    }
}

/// IAM calls itself eventually consistent; two minutes is what other tools allow for.
pub(super) const IAM: u64 = 120;
/// What was created a moment ago and is not found by the next call appears within seconds.
const NEW: u64 = 60;
/// A function's or a mapping's change of state.
const STATE: u64 = 300;

const NOT_ASSUMABLE: (&str, &str) = (
    "InvalidParameterValueException",
    "cannot be assumed by Lambda",
);
const NO_PERMISSION: (&str, &str) = (
    "InvalidParameterValueException",
    "does not have permissions",
);
const NOT_THERE: (&str, &str) = ("ResourceNotFoundException", "does not exist");
const NEW_ROLE: &str = "Lambda to see the new role";
const NEW_FUNCTION: &str = "Lambda to show the new function";
const NEW_POLICY: &str = "Lambda to see the role's policy";
const FREED_NAME: &str = "SQS to free the name of the queue deleted a moment ago";

pub(super) static CASES: &[Case] = &[
    // A role that is new, or that has a new policy.
    case("lambda:CreateFunction", NOT_ASSUMABLE, NEW_ROLE, IAM),
    case(
        "lambda:UpdateFunctionConfiguration",
        NOT_ASSUMABLE,
        NEW_ROLE,
        IAM,
    ),
    case(
        "lambda:PutFunctionEventInvokeConfig",
        NO_PERMISSION,
        NEW_POLICY,
        IAM,
    ),
    case(
        "lambda:CreateEventSourceMapping",
        NO_PERMISSION,
        NEW_POLICY,
        IAM,
    ),
    case(
        "iam:PutRolePolicy",
        ("NoSuchEntity", ""),
        "IAM to show the new role",
        IAM,
    ),
    // IAM API Reference, errors of the operations on roles.
    case(
        "iam:",
        ("ConcurrentModification", ""),
        "another change of the role to end",
        IAM,
    ),
    case(
        "iam:DeleteRole",
        ("DeleteConflict", "must delete policies first"),
        "IAM to see that the role's policy is gone",
        IAM,
    ),
    // `teardown` looks for both before it begins.
    case(
        "iam:DeleteRole",
        ("DeleteConflict", "must detach all policies first"),
        "IAM to see that a policy was detached",
        NEW,
    ),
    case(
        "iam:DeleteRole",
        ("DeleteConflict", "must remove roles from instance profile"),
        "IAM to see that the role was removed from an instance profile",
        NEW,
    ),
    // A function that is changing its state.
    case(
        "lambda:",
        ("ResourceConflictException", "in progress"),
        "another update of the function to end",
        STATE,
    ),
    case(
        "lambda:",
        (
            "ResourceConflictException",
            "in the following state: Pending",
        ),
        "the function to become active",
        STATE,
    ),
    case(
        "lambda:AddPermission",
        ("ResourceNotFoundException", ""),
        NEW_FUNCTION,
        NEW,
    ),
    case(
        "lambda:PutFunctionEventInvokeConfig",
        ("ResourceNotFoundException", ""),
        NEW_FUNCTION,
        NEW,
    ),
    case(
        "lambda:CreateEventSourceMapping",
        ("ResourceNotFoundException", ""),
        NEW_FUNCTION,
        NEW,
    ),
    case(
        "lambda:CreateEventSourceMapping",
        ("InvalidParameterValueException", "NonExistentQueue"),
        "SQS to show the new queue",
        NEW,
    ),
    case(
        "lambda:DeleteEventSourceMapping",
        ("ResourceInUseException", ""),
        "the event source mapping to settle",
        STATE,
    ),
    case(
        "lambda:UpdateEventSourceMapping",
        ("ResourceInUseException", ""),
        "the event source mapping to settle",
        STATE,
    ),
    // What the call before created, and the next does not find.
    case(
        "events:PutPermission",
        NOT_THERE,
        "EventBridge to show the new bus",
        NEW,
    ),
    case(
        "events:PutRule",
        NOT_THERE,
        "EventBridge to show the new bus",
        NEW,
    ),
    case(
        "events:PutTargets",
        NOT_THERE,
        "EventBridge to show the new rule",
        NEW,
    ),
    // EventBridge API Reference, errors of the operations on rules.
    case(
        "events:",
        ("ConcurrentModificationException", ""),
        "another change of the rule to end",
        NEW,
    ),
    case(
        "events:DeleteRule",
        ("ValidationException", "has targets"),
        "EventBridge to see that the rule's targets are gone",
        NEW,
    ),
    // Seen by other tools: github.com/anomalyco/sst/issues/4325.
    case(
        "events:DeleteEventBus",
        ("ValidationException", "has rules"),
        "EventBridge to see that the bus's rules are gone",
        NEW,
    ),
    case(
        "logs:PutRetentionPolicy",
        NOT_THERE,
        "CloudWatch Logs to show the new log group",
        NEW,
    ),
    case(
        "logs:",
        ("OperationAbortedException", ""),
        "another change of the log group to end",
        NEW,
    ),
    // Seen by other tools: github.com/ansible/ansible/pull/67089.
    case(
        "sns:Subscribe",
        ("NotFound", ""),
        "SNS to show the new topic",
        NEW,
    ),
    case(
        "sns:TagResource",
        ("ResourceNotFound", ""),
        "SNS to show the new topic",
        NEW,
    ),
    // SNS API Reference, errors of TagResource.
    case(
        "sns:",
        ("ConcurrentAccess", ""),
        "another change of the topic's tags to end",
        NEW,
    ),
    // SQS API Reference, CreateQueue: a name can be used again 60 seconds after its queue was deleted.
    case(
        "sqs:CreateQueue",
        ("AWS.SimpleQueueService.QueueDeletedRecently", ""),
        FREED_NAME,
        90,
    ),
    case(
        "sqs:CreateQueue",
        ("QueueDeletedRecently", ""),
        FREED_NAME,
        90,
    ),
    // Seen by other tools: github.com/aws-amplify/amplify-backend/pull/2366.
    case(
        "cloudformation:DeleteStack",
        ("ValidationError", "cannot be deleted while in status"),
        "the stack's update to end",
        1800,
    ),
    case(
        "cloudformation:",
        ("OperationInProgressException", ""),
        "another operation of the StackSet to end",
        4 * 3600,
    ),
];
