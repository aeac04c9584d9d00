//! What to do about the most frequent errors.

use super::error::{AwsError, NO_ANSWER, NO_CREDENTIALS, NOT_AWS};

/// AWS accepts five minutes of difference (IAM User Guide, "Signature Version 4").
const CLOCK: &str = "this machine's clock differs from AWS's by more than five minutes: set it";

/// The hint for the first call in an error's chain for which one is known.
#[must_use]
pub fn of(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| hint(cause.downcast_ref()?))
}

/// The hint for one call, where one is known.
pub(crate) fn of_call(error: &AwsError) -> Option<&'static str> {
    hint(error)
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
        NOT_AWS if says("cannot answer now") => {
            "run the same command again in a while; if it stays so, the status and the server say who cannot"
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
        "AccessDeniedException" | "InvalidParameterException"
            if error.operation.starts_with("logs:") && says("KMS") =>
        {
            "the key's policy must let logs.<region>.amazonaws.com use it for this log group \
             (CloudWatch Logs User Guide, \"Encrypt log data using AWS KMS\")"
        }
        "AWSOrganizationsNotInUseException" => {
            "this account is not in an organization; rootwatch watches AWS Organizations"
        }
        "ConstraintViolationException"
            if error.operation == "organizations:AttachPolicy"
                && (says("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED") || says("maximum")) =>
        {
            "a root, unit or account has ten service control policies at most (five where AWS has not raised that), those \
             above it not counted: detach one there, put two together, or attach the guardrail to a unit above it"
        }
        "ConstraintViolationException" if error.operation.starts_with("organizations:") => {
            "a quota of AWS Organizations is reached: the message names it"
        }
        "PolicyTypeNotEnabledException" => {
            "service control policies are off: `rootwatch deploy guardrail --enable-policy-type` turns them on"
        }
        "PolicyTypeNotAvailableForOrganizationException" => {
            "the organization has consolidated billing only: enable all features first"
        }
        "AccessDenied" | "AccessDeniedException" | "AuthorizationError"
            if is_of_policies(error.operation) =>
        {
            "use credentials of the management account, or of a delegated administrator for policies, to which the \
             organization's resource policy allows this call (--management-profile, --management-role)"
        }
        "AccessDenied" | "AccessDeniedException" | "AuthorizationError"
            if says("organizations:") || error.operation.starts_with("organizations:") =>
        {
            "use credentials of the management account or of a delegated administrator"
        }
        "AccessDenied" if error.operation == "sts:AssumeRole" && !says("explicit deny") => {
            "the role must exist in that account under this name and path, its trust policy must let this caller in, with \
             the external id that it may want (--external-id), and the caller needs sts:AssumeRole on it. \
             OrganizationAccountAccessRole and AWSControlTowerExecution let in the management account alone: \
             `rootwatch policy reader --format template` prints a role for the hub's (docs/reader-role.md)"
        }
        "AccessDenied" | "AccessDeniedException" | "AuthorizationError" => refused(error),
        "NoSuchEntity" | "InvalidInput" if says("not attachable") => {
            "the permissions boundary must exist in the hub's account as a policy of this name and path"
        }
        "InvalidParameterValueException" if says("does not have permissions") => {
            "the notifier's role has the rights, but something bounds it: a permissions boundary ([iam] permissions_boundary) \
             has to allow sqs:SendMessage, sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes too, or an SCP denies them"
        }
        "CodeVerificationFailedException" | "InvalidCodeSignatureException" => {
            "the notifier's code is not signed: exempt the function, or take the code signing configuration away from it \
             (`aws lambda delete-function-code-signing-config --region REGION --function-name …`)"
        }
        "ValidationError" if says("trusted access") || says("organizations access") => {
            "turn on trusted access for StackSets: `aws cloudformation activate-organizations-access`"
        }
        "ValidationError" if says("not a delegated administrator") => {
            "use credentials of the management account, or of a delegated administrator for StackSets"
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

/// Whether a call is about policies of the organization, which only some may change.
fn is_of_policies(operation: &str) -> bool {
    operation.starts_with("organizations:") && operation.contains("Polic")
        || operation.starts_with("organizations:Tag")
        || operation.starts_with("organizations:Untag")
}

/// What to do about a call that was denied, by what it would have done and who denied it.
///
/// Where AWS's message names a kind of policy, the rest of it is the same for every reason why that policy denies.
fn refused(error: &AwsError) -> &'static str {
    let says = |text: &str| error.message.contains(text);
    let is_explicit = says("explicit deny");
    if is_explicit && says("iam:CreateRole") {
        return "new roles are denied, often those without a certain permissions boundary, path or name: give it with \
                --permissions-boundary, --iam-path or --role-prefix, or have this caller exempted";
    }
    if is_explicit && says("lambda:CreateFunction") {
        return "new functions are denied, often those outside of a VPC or without code signing: have the function \
                <name>-notifier exempted, which needs no VPC and has to reach SNS, and whose code is not signed";
    }
    if says("no permissions boundary allows") {
        return "the permissions boundary of the caller does not allow it: use another role";
    }
    if says("service control policy") {
        return "an SCP denies it: have this caller exempted, or, where it denies the region (as Control Tower's region \
                deny control does), choose one that is governed, with --region";
    }
    "the caller lacks this permission, or an SCP denies it"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of AWS as people have published them; the numbers of accounts are made up.
    #[test]
    fn a_rule_of_the_organization_is_named_with_the_way_out() {
        for (operation, code, message, part) in [
            // github.com/aws/chalice, issue 1716.
            (
                "iam:CreateRole",
                "AccessDenied",
                "User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/test1-dev with an explicit deny",
                "--permissions-boundary",
            ),
            (
                "iam:CreateRole",
                "NoSuchEntity",
                "Scope ARN: arn:aws:iam::111122223333:policy/Boundary does not exist or is not attachable.",
                "must exist in the hub's account",
            ),
            (
                "logs:CreateLogGroup",
                "AccessDeniedException",
                "The specified KMS key does not exist or is not allowed to be used with LogGroup 'arn:aws:logs:eu-west-1:111122223333:log-group:x'",
                "must let logs.<region>.amazonaws.com",
            ),
            // github.com/cdklabs/cdk-cicd-wrapper, issue 117.
            (
                "lambda:CreateFunction",
                "AccessDeniedException",
                "User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:x with an explicit deny in a service control policy",
                "outside of a VPC",
            ),
            // github.com/aws/aws-sam-cli, issue 2424.
            (
                "lambda:UpdateFunctionCode",
                "CodeVerificationFailedException",
                "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept.",
                "is not signed",
            ),
            // github.com/nebari-dev/nebari, issue 2152.
            (
                "sqs:CreateQueue",
                "AccessDenied",
                "User: arn:aws:iam::111122223333:user/x is not authorized to perform: sqs:CreateQueue because no permissions boundary allows the sqs:CreateQueue action",
                "boundary of the caller",
            ),
            (
                "events:CreateEventBus",
                "AccessDeniedException",
                "User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform: events:CreateEventBus with an explicit deny in a service control policy",
                "region deny control",
            ),
            (
                "sns:CreateTopic",
                "AuthorizationError",
                "User: x is not authorized to perform: SNS:CreateTopic",
                "lacks this permission",
            ),
        ] {
            let error = AwsError {
                operation,
                code: code.into(),
                message: message.into(),
                request_id: None,
                http_status: None,
            };
            let found = hint(&error);
            assert!(
                found.is_some_and(|it| it.contains(part)),
                "{message}: {found:?}"
            );
        }
    }
}

#[cfg(test)]
#[path = "hint_docs_tests.rs"]
mod docs;
