//! Whose credentials these are.

use super::error::{AwsError, Call};
use super::trace::Trace;
use aws_config::retry::RetryConfig;

/// Who calls AWS.
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

impl Caller {
    /// The role, or the user. What is chosen when a session begins is left out: it may hold a token or an address.
    pub(crate) fn words(&self) -> String {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        match resource.split_once('/') {
            Some(("assumed-role", role)) => {
                let role = role.split('/').next().unwrap_or_default();
                format!("role {role}")
            }
            Some(("user", path)) => format!("user {}", last(path)),
            Some(("federated-user", _)) => "federated user".into(),
            None if resource == "root" => "root user".into(),
            _ => "another caller".into(),
        }
    }
}

/// Asks AWS whose credentials these are.
pub(super) async fn identity(
    config: &aws_config::SdkConfig,
    attempts: u32,
) -> Result<Caller, AwsError> {
    const OPERATION: &str = "sts:GetCallerIdentity";
    let once = aws_sdk_sts::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
        .interceptor(Trace::of_nobody_yet())
        .build();
    let identity = aws_sdk_sts::Client::from_conf(once)
        .get_caller_identity()
        .send()
        .await
        .call(OPERATION)?;
    let missing = |field| AwsError::incomplete(OPERATION, field);
    Ok(Caller {
        account: identity.account.ok_or_else(|| missing("Account"))?,
        arn: identity.arn.ok_or_else(|| missing("Arn"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_shown_without_the_name_of_its_session() {
        for (arn, words) in [
            (
                "arn:aws:sts::1:assumed-role/Admin/secret-token",
                "role Admin",
            ),
            ("arn:aws-us-gov:iam::1:user/team/alice", "user alice"),
            ("arn:aws:iam::1:user/alice", "user alice"),
            ("arn:aws:iam::1:root", "root user"),
            ("arn:aws:sts::1:federated-user/secret", "federated user"),
            ("arn:aws:sts::1:something/secret", "another caller"),
            ("", "another caller"),
        ] {
            let caller = Caller {
                account: "1".into(),
                arn: arn.into(),
            };
            assert_eq!(caller.words(), words, "{arn}");
        }
    }
}
