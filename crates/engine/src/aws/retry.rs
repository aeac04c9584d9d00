//! Whether the same run again can help after an error, by what AWS answered. Pure.
//!
//! The SDK has tried each call a few times before its error is seen, so this is about minutes and not seconds.

use super::consistency::case_of;
use super::error::{AwsError, NO_ANSWER, NOT_AWS};

/// Codes by which AWS asks for fewer calls: THROTTLING_ERRORS of the SDK (aws-runtime, retries/classifiers.rs), but for
/// `LimitExceededException`, which is a quota in IAM, Lambda and CloudFormation (IAM API Reference, CreateRole,
/// LimitExceeded; CloudFormation API Reference, CreateStackInstances, LimitExceededException).
const THROTTLING: [&str; 12] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Other codes that pass with time, in any service.
///
/// Time-outs: TRANSIENT_ERRORS of the SDK (aws-runtime, retries/classifiers.rs). Failures of the service:
/// AWS General Reference, "Common errors". Other changes under way: IAM API Reference, ConcurrentModification; EventBridge
/// API Reference, ConcurrentModificationException; CloudFormation API Reference, OperationInProgressException and
/// StaleRequestException; CloudWatch Logs API Reference, OperationAbortedException; Lambda API Reference,
/// ResourceInUseException; SNS API Reference, ConcurrentAccessException; SQS API Reference, QueueDeletedRecently; AWS
/// Organizations API Reference, ConcurrentModificationException and ServiceException.
const PASSING: [&str; 23] = [
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "ConcurrentAccess",
    "ConcurrentAccessException",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "InternalError",
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceFault",
    "OperationAbortedException",
    "OperationInProgressException",
    "QueueDeletedRecently",
    "RequestTimeout",
    "RequestTimeoutException",
    "ResourceInUseException",
    "ServiceException",
    "ServiceFailure",
    "ServiceFailureException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "StaleRequestException",
];

/// Whether the text of an answer that is no success asks for fewer calls.
pub(super) fn asks_for_fewer(text: &str) -> bool {
    THROTTLING.iter().any(|code| text.contains(code))
}

impl AwsError {
    /// Whether AWS asks for fewer calls.
    pub(crate) fn is_throttled(&self) -> bool {
        THROTTLING.contains(&self.code.as_str())
    }

    /// Whether the same call again can succeed without anything being changed first.
    pub(crate) fn passes(&self) -> bool {
        let code = self.code.as_str();
        PASSING.contains(&code)
            || self.is_throttled()
            || self.is_interruption()
            // AWS API Reference of each service: 5xx is a failure of the service.
            || self.http_status.is_some_and(|it| it >= 500 && code != NOT_AWS)
            || (code == NO_ANSWER && !self.is_configured_wrong())
            || case_of(self).is_some()
    }

    /// Whether the endpoint or the certificates are what keeps a call from being answered: no wait changes that.
    fn is_configured_wrong(&self) -> bool {
        const WRONG: [&str; 4] = ["certificate", "FIPS", "Dualstack", "DualStack"];
        WRONG.iter().any(|text| self.message.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_has_to_be_changed() {
        assert!(PASSING.is_sorted(), "{PASSING:?}");
        assert!(THROTTLING.is_sorted(), "{THROTTLING:?}");
        for (code, message, wanted) in [
            ("ThrottlingException", "Rate exceeded", true),
            ("OperationInProgressException", "busy", true),
            (NO_ANSWER, "no answer in time", true),
            (NO_ANSWER, "invalid peer certificate", false),
            (NOT_AWS, "HTTP 407", false),
            ("AccessDenied", "no", false),
            ("AccessDeniedException", "no", false),
            ("LimitExceededException", "a quota", false),
            ("ValidationError", "not a delegated administrator", false),
            ("NoSuchEntity", "The policy is not attachable", false),
            ("ExpiredToken", "log in again", false),
        ] {
            let error = AwsError::of_entry("sns:Publish", Some(code), message);
            assert_eq!(error.passes(), wanted, "{code} {message}");
        }
        let late = AwsError::of_entry(
            "events:PutRule",
            Some("ResourceNotFoundException"),
            "Event bus x does not exist.",
        );
        assert!(late.passes(), "what AWS says late");
        let broken = AwsError {
            http_status: Some(503),
            ..AwsError::of_entry("sns:Publish", Some("Unknown"), "x")
        };
        assert!(broken.passes());
    }
}
