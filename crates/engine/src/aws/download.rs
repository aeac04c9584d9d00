//! What AWS hands out by a presigned address: the code of a function.

use super::network::Downloads;
use anyhow::{Context, Result, bail};
use std::time::Duration;

/// How often it is tried.
const ATTEMPTS: u32 = 3;
/// How long one attempt may take: a network that lets AWS's API through and not S3 must not hold a run up for long.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between the first two attempts; then twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// The bytes at a presigned address, by the way that all calls take.
///
/// # Errors
/// When there is no answer, or not the object's. The text names the host and not the address, which is a credential.
pub(super) async fn download(way: &Downloads, address: &str) -> Result<Vec<u8>> {
    let host = host(address);
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        if let Ok(Ok(bytes)) = tokio::time::timeout(PATIENCE, way.get(address)).await {
            return Ok(bytes);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    match tokio::time::timeout(PATIENCE, way.get(address)).await {
        Ok(answer) => answer.with_context(|| format!("downloading from {host}")),
        Err(_) => bail!(
            "downloading from {host}: no answer within {} s",
            PATIENCE.as_secs()
        ),
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
