//! Having the deployed self-check run now.

use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call};
use crate::names::Names;
use crate::work::Work;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use serde_json::{Value, json};

/// Field of an event by which a deployment asks for a self-check.
const FIELD: &str = "rootwatch";
const DEPLOYED: &str = "deployed";

/// Why a self-check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The day is over.
    Schedule,
    /// The hub was deployed.
    Deployment,
}

impl Cause {
    /// By the event that the function was invoked with.
    #[must_use]
    pub fn of(event: &Value) -> Self {
        match event[FIELD] == DEPLOYED {
            true => Self::Deployment,
            false => Self::Schedule,
        }
    }
}

/// Asks for one, and does not wait for it.
pub(crate) async fn invoke(aws: &Aws, names: &Names) -> Result<(), AwsError> {
    let event = json!({FIELD: DEPLOYED}).to_string();
    retry_until_consistent(&Work::silent(), async || {
        let call = aws.lambda.invoke().function_name(names.self_check());
        let call = call.invocation_type(InvocationType::Event);
        let answer = call.payload(Blob::new(event.as_str())).send().await;
        answer.call("lambda:InvokeFunction")
    })
    .await?;
    Ok(())
}
