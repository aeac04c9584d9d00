//! The clients of AWS services, created once.

use std::time::Duration;

use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::Settings;

/// SNS responds in tens of milliseconds. Three attempts of this length are well within the function's timeout, so that
/// a failure is reported as such and not as a timeout.
const ATTEMPT: Duration = Duration::from_secs(3);
const CONNECT: Duration = Duration::from_millis(1_500);
const ATTEMPTS: u32 = 3;
/// How long an alert waits for an account's name at most.
const NAME: Duration = Duration::from_secs(1);

/// The services that the notifier calls. Both clients share one connection pool.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Where messages are published.
    pub sns: aws_sdk_sns::Client,
    /// Where account names are looked up.
    pub organizations: aws_sdk_organizations::Client,
}

impl Clients {
    /// Clients with the credentials that Lambda puts into the environment; they are valid longer than the execution
    /// environment lives (Lambda guide, "Defined runtime environment variables").
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with_credentials(settings, credentials())
    }

    /// Clients with these credentials.
    #[must_use]
    pub fn with_credentials(settings: &Settings, credentials: Option<Credentials>) -> Self {
        let https = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let credentials = credentials.map(SharedCredentialsProvider::new);
        Self {
            sns: sns(settings, https.clone(), credentials.clone()),
            organizations: organizations(settings, https, credentials),
        }
    }
}

fn sns(
    settings: &Settings,
    https: SharedHttpClient,
    credentials: Option<SharedCredentialsProvider>,
) -> aws_sdk_sns::Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .build();
    let mut config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .http_client(https)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    config.set_credentials_provider(credentials);
    config.set_endpoint_url(settings.endpoint_url.clone());
    aws_sdk_sns::Client::from_conf(config.build())
}

/// One attempt: a name is not worth a retry.
fn organizations(
    settings: &Settings,
    https: SharedHttpClient,
    credentials: Option<SharedCredentialsProvider>,
) -> aws_sdk_organizations::Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(NAME).build();
    let mut config = aws_sdk_organizations::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .http_client(https)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled());
    config.set_credentials_provider(credentials);
    config.set_endpoint_url(settings.organizations_endpoint_url.clone());
    aws_sdk_organizations::Client::from_conf(config.build())
}

fn credentials() -> Option<Credentials> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (id, secret) = (
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
    );
    Some(Credentials::new(
        id,
        secret,
        variable("AWS_SESSION_TOKEN"),
        None,
        "lambda-environment",
    ))
}
