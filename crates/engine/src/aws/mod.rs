//! The connection to AWS: the caller's identity, and one client per service.

mod answer;
pub(crate) mod caller;
#[cfg(test)]
pub(crate) mod canned;
pub(crate) mod consistency;
mod download;
pub(crate) mod error;
pub(crate) mod hint;
mod network;
mod other;
pub(crate) mod pages;
pub(crate) mod partition;
mod profile;
mod retry;
pub(crate) mod spoke;
pub(crate) mod trace;
mod watch;

use crate::settings::Connection;
use crate::source::Source;
use crate::work::Work;
use anyhow::{Context, Result, bail};
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use caller::{Caller, identity};
use download::Downloads;
use network::Network;
use partition::{Partition, is_region_name};
use profile::Profile;
pub(crate) use profile::names as profile_names;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use trace::Trace;
use watch::Watch;

/// Attempts a call: throttling is usual where many accounts are read, and the SDK backs off between attempts.
const ATTEMPTS: u32 = 8;
/// Whoever sets this asks for another number (AWS SDKs and Tools Reference Guide, "Retry behavior").
const MAX_ATTEMPTS: &str = "AWS_MAX_ATTEMPTS";
/// Attempts of the first call, which finds out whether AWS can be reached at all.
const FIRST_CALL_ATTEMPTS: u32 = 2;
/// Calls to AWS Organizations at the same time. It throttles early.
const OF_ORGANIZATION: usize = 10;

/// A client of a service, whose calls are traced as those of an account.
macro_rules! client {
    ($sdk:ident, $config:expr, $trace:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::from($config)
                .interceptor($trace)
                .build(),
        )
    };
}
pub(crate) use client;

/// An account and region, and the clients that act there.
#[derive(Clone)]
pub(crate) struct Aws {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) partition: Partition,
    /// Who calls, without a session's name, such as `role Admin`.
    pub(crate) caller: String,
    /// What every client is made from.
    sdk: aws_config::SdkConfig,
    downloads: Downloads,
    pub(crate) accounts: aws_sdk_account::Client,
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) cloudtrail: aws_sdk_cloudtrail::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(crate) eventbridge: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) organizations: aws_sdk_organizations::Client,
    /// Whoever reads the organization takes a permit for each list: one for all that is under way.
    pub(crate) organization_turns: Arc<Semaphore>,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

impl Aws {
    /// Finds credentials and asks AWS for their identity.
    ///
    /// Fails when there is no region, no credentials, or no answer.
    pub(crate) async fn connect(connection: &Connection, work: &Work) -> Result<Self> {
        refuse_empty_endpoints()?;
        if let Some(name) = decisive_profile(connection) {
            profile::must_exist(&name).await?;
        }
        let profile = Profile::selected(connection.profile.as_deref()).await;
        let network = Network::of(&profile, Watch::of(work))?;
        let config = sdk_config(connection, network.client).await;
        let Some(region) = config.region().map(ToString::to_string) else {
            bail!(
                "no region is set; give --region, AWS_REGION, `region` in rootwatch.toml or in the profile"
            );
        };
        if !is_region_name(&region) {
            bail!("\"{region}\" is not the name of an AWS region (such as eu-west-1)");
        }
        if connection.endpoint_url.is_none()
            && let Some(meant) = partition::slip(&region)
        {
            bail!("there is no region {region}; did you mean {meant}?");
        }
        let caller = identity(&config, FIRST_CALL_ATTEMPTS).await;
        let caller = caller.map_err(|error| profile.explained(error));
        let caller = caller.with_context(|| {
            let way = network.way;
            format!("asking AWS for the caller's identity, in region {region}{way}")
        })?;
        let partition = Partition::of_caller(&caller.arn, &region)?;
        Ok(Self::of(
            config,
            network.downloads,
            caller,
            region,
            partition,
        ))
    }

    fn of(
        config: aws_config::SdkConfig,
        downloads: Downloads,
        caller: Caller,
        region: String,
        partition: Partition,
    ) -> Self {
        let words = caller.words();
        Self::with_clients(config, downloads, caller.account, words, region, partition)
    }

    fn with_clients(
        config: aws_config::SdkConfig,
        downloads: Downloads,
        account: String,
        caller: String,
        region: String,
        partition: Partition,
    ) -> Self {
        let trace = || Trace::of(&account);
        Self {
            cloudformation: cloudformation(&config, &region, trace()),
            region,
            accounts: client!(aws_sdk_account, &config, trace()),
            cloudtrail: client!(aws_sdk_cloudtrail, &config, trace()),
            cloudwatch: client!(aws_sdk_cloudwatch, &config, trace()),
            eventbridge: client!(aws_sdk_eventbridge, &config, trace()),
            iam: client!(aws_sdk_iam, &config, trace()),
            kms: client!(aws_sdk_kms, &config, trace()),
            lambda: client!(aws_sdk_lambda, &config, trace()),
            logs: client!(aws_sdk_cloudwatchlogs, &config, trace()),
            organizations: client!(aws_sdk_organizations, &config, trace()),
            organization_turns: Arc::new(Semaphore::new(OF_ORGANIZATION)),
            sns: client!(aws_sdk_sns, &config, trace()),
            sqs: client!(aws_sdk_sqs, &config, trace()),
            account,
            caller,
            partition,
            sdk: config,
            downloads,
        }
    }

    /// The same account in another region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        let sdk = self.sdk.to_builder().region(Region::new(region.to_owned()));
        Self {
            organization_turns: self.organization_turns.clone(),
            ..Self::with_clients(
                sdk.build(),
                self.downloads.clone(),
                self.account.clone(),
                self.caller.clone(),
                region.to_owned(),
                self.partition,
            )
        }
    }

    /// CloudFormation in another region of the same account.
    pub(crate) fn cloudformation_in(&self, region: &str) -> aws_sdk_cloudformation::Client {
        cloudformation(&self.sdk, region, Trace::of(&self.account))
    }

    /// EventBridge in another region of the same account.
    pub(crate) fn eventbridge_in(&self, region: &str) -> aws_sdk_eventbridge::Client {
        let config = aws_sdk_eventbridge::config::Builder::from(&self.sdk)
            .region(Region::new(region.to_owned()))
            .interceptor(Trace::of(&self.account))
            .build();
        aws_sdk_eventbridge::Client::from_conf(config)
    }

    /// The bytes at an address that AWS gave: a credential, which no error shows.
    ///
    /// # Errors
    /// When they cannot be had.
    pub(crate) async fn download(&self, address: &str) -> Result<Vec<u8>> {
        self.downloads.get(address).await
    }

    /// Account, caller and region, and the partition where it is not the usual one, as the first line of a run has them.
    pub(crate) fn heading(&self) -> String {
        let partition = match self.partition {
            Partition::Aws => String::new(),
            other => format!(" · partition {}", other.name()),
        };
        format!(
            "account {} · {} · {}{partition}",
            self.account, self.caller, self.region
        )
    }

    /// Account, region and partition, as text.
    pub(crate) fn place(&self) -> String {
        format!(
            "account {}, region {}, partition {}",
            self.account,
            self.region,
            self.partition.name()
        )
    }
}

/// What gives the region where no setting does: the SDK asks its variables, then the profile.
pub(crate) async fn region_source(profile: Option<&str>) -> Source {
    const VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    if let Some(name) = VARIABLES.iter().find(|it| std::env::var(it).is_ok()) {
        return Source::Environment((*name).to_owned());
    }
    let profile = Profile::selected(profile).await;
    Source::Configuration(match profile.has_region {
        true => format!("profile {}", profile.name),
        false => "the metadata of this machine".into(),
    })
}

/// The profile that the credentials come from; none where those of the environment go before it.
fn decisive_profile(connection: &Connection) -> Option<String> {
    let has_keys = std::env::var_os("AWS_ACCESS_KEY_ID").is_some();
    let named = connection.profile.clone();
    match (named, has_keys) {
        (Some(name), _) if connection.is_profile_typed => Some(name),
        (_, true) => None,
        (Some(name), false) => Some(name),
        (None, false) => std::env::var("AWS_PROFILE")
            .ok()
            .filter(|it| !it.is_empty()),
    }
}

/// The SDK panics at an endpoint that is set and empty.
fn refuse_empty_endpoints() -> Result<()> {
    let is_empty = |(name, value): &(String, String)| {
        name.starts_with("AWS_ENDPOINT_URL") && value.trim().is_empty()
    };
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    match variables.into_iter().find(is_empty) {
        Some((name, _)) => {
            bail!("the environment variable {name} is set and empty: unset it, or give an address")
        }
        None => Ok(()),
    }
}

fn attempts() -> u32 {
    attempts_by(std::env::var(MAX_ATTEMPTS).ok().as_deref())
}

/// Ours where none are given, or no number is. Pure.
fn attempts_by(given: Option<&str>) -> u32 {
    let given = given.and_then(|text| text.trim().parse().ok());
    given.filter(|it| *it > 0).unwrap_or(ATTEMPTS)
}

async fn sdk_config(
    connection: &Connection,
    http_client: SharedHttpClient,
) -> aws_config::SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(attempts()))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_attempt_timeout(Duration::from_secs(60))
                .build(),
        );
    if let Some(profile) = &connection.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &connection.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &connection.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let config = loader.load().await;
    match &connection.profile {
        Some(profile) if connection.is_profile_typed => with_profile(&config, profile),
        _ => config,
    }
}

/// Large organizations are read and changed by thousands of calls, which slow down together when AWS throttles one.
fn cloudformation(
    config: &aws_config::SdkConfig,
    region: &str,
    trace: Trace,
) -> aws_sdk_cloudformation::Client {
    let config = aws_sdk_cloudformation::config::Builder::from(config)
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::adaptive().with_max_attempts(attempts()))
        .interceptor(trace)
        .build();
    aws_sdk_cloudformation::Client::from_conf(config)
}

/// The same with the credentials of a profile. The SDK's own chain takes those of the environment before them.
fn with_profile(config: &aws_config::SdkConfig, profile: &str) -> aws_config::SdkConfig {
    let mut provider = ProviderConfig::default()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    if let Some(http_client) = config.http_client() {
        provider = provider.with_http_client(http_client);
    }
    let credentials = ProfileFileCredentialsProvider::builder()
        .profile_name(profile)
        .configure(&provider)
        .build();
    let credentials = SharedCredentialsProvider::new(credentials);
    let config = config.to_builder().credentials_provider(credentials);
    config.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sts::config::Credentials;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_types::sdk_config::Builder as SdkBuilder;
    use std::sync::{Arc, Mutex};

    /// Keeps the addresses of requests, and answers none.
    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Recorder {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request.uri().to_owned());
            HttpConnectorFuture::ready(Err(ConnectorError::user("recorded".into())))
        }
    }

    /// The hosts that the clients of an account call, here, in another region, and in a spoke.
    async fn hosts(configure: impl FnOnce(SdkBuilder) -> SdkBuilder) -> Vec<String> {
        let recorder = Recorder::default();
        let connector = SharedHttpConnector::new(recorder.clone());
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let builder = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .region(Region::new("us-east-1"))
            .http_client(http_client_fn(move |_, _| connector.clone()));
        let config = configure(builder).build();
        let here = Aws::with_clients(
            config,
            Downloads::default(),
            "1".into(),
            "user a".into(),
            "us-east-1".into(),
            Partition::Aws,
        );
        let there = here.in_region("us-west-2");
        for aws in [&here, &there] {
            let _ = aws.accounts.list_regions().send().await;
            let _ = aws.cloudformation.list_stack_sets().send().await;
            let _ = aws.cloudtrail.describe_trails().send().await;
            let _ = aws.cloudwatch.describe_alarms().send().await;
            let _ = aws.eventbridge.list_rules().send().await;
            let _ = aws.iam.list_roles().send().await;
            let _ = aws.lambda.list_functions().send().await;
            let _ = aws.logs.describe_log_groups().send().await;
            let _ = aws.organizations.list_roots().send().await;
            let _ = aws.sns.list_topics().send().await;
            let _ = aws.sqs.list_queues().send().await;
        }
        let stacks = here.cloudformation_in("us-west-2");
        let _ = stacks.list_stack_sets().send().await;
        let _ = here.eventbridge_in("us-west-2").list_rules().send().await;
        let spoke = here.own_session().spoke("us-west-2");
        let _ = spoke.eventbridge.list_rules().send().await;
        let _ = spoke.iam.list_roles().send().await;
        let _ = spoke.sqs.list_queues().send().await;
        let _ = identity(&here.sdk, 1).await;
        let called = recorder.0.lock().unwrap();
        assert_eq!(called.len(), 28, "{called:#?}");
        let host = |address: &String| address.split('/').nth(2).map(str::to_owned);
        called.iter().filter_map(host).collect()
    }

    #[test]
    fn the_number_of_attempts_is_what_the_variable_says() {
        for (given, attempts) in [
            (Some("3"), 3),
            (Some(" 1 "), 1),
            (None, ATTEMPTS),
            (Some("0"), ATTEMPTS),
            (Some("many"), ATTEMPTS),
        ] {
            assert_eq!(attempts_by(given), attempts, "{given:?}");
        }
    }

    #[tokio::test]
    async fn every_client_calls_the_kind_of_endpoint_that_is_set() {
        for host in hosts(|builder| builder.use_fips(true)).await {
            assert!(host.contains("-fips."), "{host}");
        }
        for host in hosts(|builder| builder.use_dual_stack(true)).await {
            assert!(host.ends_with(".api.aws"), "{host}");
        }
        let both = hosts(|builder| builder.use_fips(true).use_dual_stack(true));
        for host in both.await {
            assert!(
                host.contains("-fips.") && host.ends_with(".api.aws"),
                "{host}"
            );
        }
        for host in hosts(|builder| builder).await {
            let is_plain = !host.contains("fips") && host.ends_with(".amazonaws.com");
            assert!(is_plain, "{host}");
        }
    }
}
