//! What AWS hands out by a presigned address: the code of a function.

use super::answer::{description, of_aws};
use super::network::{TLS, is_own_endpoint};
use anyhow::{Context, Result, bail};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::TlsContext;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::time::Duration;

/// How often it is tried.
const ATTEMPTS: u32 = 3;
/// How long one attempt may take: a network that lets AWS's API through and not S3 must not hold a run up for long.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between the first two attempts; then twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// The ways that all calls take, for what is fetched from a presigned address and is no call of a service.
#[derive(Clone)]
pub(super) struct Downloads {
    pub(super) http: ProxyConfig,
    pub(super) https: ProxyConfig,
    pub(super) trusted: TlsContext,
}

impl Default for Downloads {
    /// Without a proxy, and with the certificates of this machine.
    fn default() -> Self {
        Self {
            http: ProxyConfig::disabled(),
            https: ProxyConfig::disabled(),
            trusted: TlsContext::default(),
        }
    }
}

impl Downloads {
    /// The bytes at an address.
    ///
    /// # Errors
    /// When there is no answer, or not the object's. The text names the host and not the address, which is a credential.
    pub(super) async fn get(&self, address: &str) -> Result<Vec<u8>> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            if let Ok(bytes) = self.attempt(address).await {
                return Ok(bytes);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        let last = self.attempt(address).await;
        last.with_context(|| format!("downloading from {}", host(address)))
    }

    async fn attempt(&self, address: &str) -> Result<Vec<u8>> {
        let answer = tokio::time::timeout(PATIENCE, self.fetch(address)).await;
        answer.unwrap_or_else(|_| bail!("no answer within {} s", PATIENCE.as_secs()))
    }

    async fn fetch(&self, address: &str) -> Result<Vec<u8>> {
        let proxy = match address.starts_with("https:") {
            true => &self.https,
            false => &self.http,
        };
        let connector = Connector::builder()
            .proxy_config(proxy.clone())
            .tls_provider(TLS)
            .tls_context(self.trusted.clone())
            .build();
        let request = HttpRequest::get(address).context("its address is not valid")?;
        let answer = connector.call(request).await?;
        let answer = of_aws(answer, is_own_endpoint(address)).await?;
        if !answer.status().is_success() {
            bail!(description(&answer));
        }
        Ok(answer.body().bytes().unwrap_or_default().to_vec())
    }
}

/// Whom the address names.
fn host(address: &str) -> &str {
    address.split('/').nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn nothing_but_the_host_is_named() {
        let address = "https://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/snapshots/1?X-Amz-Security-Token=secret";
        assert_eq!(
            host(address),
            "awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com"
        );
        assert_eq!(host("no address"), "");
    }
}
