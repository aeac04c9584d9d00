//! What to do about the most frequent errors.

use super::error::{AwsError, NO_ANSWER, NO_CREDENTIALS, NOT_AWS};

/// AWS accepts five minutes of difference (IAM User Guide, "Signature Version 4").
const CLOCK: &str = "this machine's clock differs from AWS's by more than five minutes: set it";

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
        NOT_AWS if says("HTTP 407") => {
            "the proxy wants a user and password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, with special characters as %XX"
        }
        NOT_AWS if says("the proxy opens no connection") => {
            "have the proxy of HTTPS_PROXY allow the endpoints of AWS, or name in NO_PROXY what is reached without it"
        }
        NO_ANSWER | NO_CREDENTIALS if says("certificate") => {
            "who answers has a certificate of an authority that is not trusted here, as a proxy has that opens TLS: \
             name a file with the company's certificates in AWS_CA_BUNDLE, or as ca_bundle in the profile"
        }
        NOT_AWS => {
            "something between here and AWS answers in its place: sign in to the network if it asks for that, and check \
             HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL"
        }
        NO_CREDENTIALS if says("run `aws") || says("mfa_serial") => return None,
        NO_CREDENTIALS => {
            "give credentials by --profile, AWS_PROFILE, `aws sso login` or AWS_ACCESS_KEY_ID"
        }
        NO_ANSWER if says("FIPS") || says("Dualstack") || says("DualStack") => {
            "AWS has no such endpoint, or an address is given too: check AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT, \
             and --endpoint-url or AWS_ENDPOINT_URL"
        }
        NO_ANSWER => {
            "check the network (a company's may want HTTPS_PROXY), the region's name, and --endpoint-url or AWS_ENDPOINT_URL if set"
        }
        "RequestTimeTooSkewed" | "RequestInTheFuture" => CLOCK,
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestExpired"
            if says("Signature expired")
                || says("Signature not yet current")
                || says("Request has expired") =>
        {
            CLOCK
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the session has ended: log in again"
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException" => {
            "AWS does not recognize these credentials: check the profile, and whether the region is enabled in the account and of its partition"
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
            "to turn it off: `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name …`"
        }
        "DeleteConflict" => {
            "something was attached since this run read it: run the same command again to see what"
        }
        "LimitExceededException" => "a service quota is reached: ask AWS for a higher one",
        _ => return None,
    })
}
