//! What to do about the most frequent errors.

use super::error::{AwsError, NO_ANSWER, NO_CREDENTIALS};

/// The hint for the first call in an error's chain for which one is known.
#[must_use]
pub fn of(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| hint(cause.downcast_ref()?))
}

/// An error and what led to it, with its hint, as lines of plain text.
pub(crate) fn with_hint(error: &anyhow::Error) -> String {
    let hint = of(error).map(|hint| format!("  hint: {hint}\n"));
    format!("error: {error:#}\n{}", hint.unwrap_or_default())
}

/// A sentence that fixes a common error, where one is known.
fn hint(error: &AwsError) -> Option<&'static str> {
    let says = |text: &str| error.message.contains(text);
    Some(match error.code.as_str() {
        NO_CREDENTIALS => {
            "give credentials by --profile, AWS_PROFILE, `aws sso login` or AWS_ACCESS_KEY_ID; \
             a role profile that asks for an MFA code needs a session made first \
             (`aws sts get-session-token` or `aws configure export-credentials`)"
        }
        NO_ANSWER => {
            "check the network, a proxy, the region's name, and --endpoint-url or AWS_ENDPOINT_URL if set"
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the session has ended: log in again"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            "AWS does not recognize these credentials: check the profile, and whether the region is enabled in the account"
        }
        "AWSOrganizationsNotInUseException" => {
            "this account is not in an organization; rootwatch watches AWS Organizations"
        }
        "AccessDenied" | "AccessDeniedException" | "AuthorizationError"
            if says("organizations:") || error.operation.starts_with("organizations:") =>
        {
            "use credentials of the management account or of a delegated administrator"
        }
        "AccessDenied" | "AccessDeniedException" | "AuthorizationError" => {
            "the caller lacks this permission, or an SCP denies it"
        }
        "ValidationError" if says("trusted access") || says("organizations access") => {
            "turn on trusted access for StackSets: `aws cloudformation activate-organizations-access`"
        }
        "ValidationError" if says("TerminationProtection") => {
            "to turn it off: `aws cloudformation update-termination-protection --no-enable-termination-protection --region REGION --stack-name …`"
        }
        "DeleteConflict" => {
            "something was attached since this run read it: run the same command again to see what"
        }
        "LimitExceededException" => "a service quota is reached: ask AWS for a higher one",
        _ => return None,
    })
}
