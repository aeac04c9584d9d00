//! What lets a rule invoke the notifier itself, as in hubs of earlier versions: it is only ever removed.
//!
//! A hub is brought over without a moment in which an event is lost or reported twice: first the queue and its mapping
//! to the function are there, then the rule's one target is replaced, by one call. Whatever EventBridge still sends by
//! the old target, and whatever Lambda has already taken, still needs what is removed here: so this comes last, once
//! nothing is under way.

use super::failures::failures_since;
use super::resource::Resource;
use super::role::Role;
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until, retry_until_consistent};
use crate::aws::error::{Call, gone};
use crate::work::Work;
use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use rootwatch_eval::Policy;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long EventBridge may go on using a target that was replaced. AWS says "a short period" and no number
/// (EventBridge User Guide, "Troubleshooting").
const IN_EFFECT: Duration = Duration::from_secs(60);
/// Lambda tries an event again one minute after its first failure, and two minutes after its second (Lambda Developer
/// Guide, "Asynchronous invocation"): where nothing failed for so long, nothing waits for another attempt.
const QUIET: SignedDuration = SignedDuration::from_mins(4);
/// How long a notifier that fails is waited for.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The permission of a rule to invoke the function, and what Lambda does with invocations that fail.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DirectWay {
    /// Statement id, which is the rule's name.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) function: String,
    /// The function's, as it is without this.
    #[serde(skip)]
    pub(crate) role: Role,
}

impl DirectWay {
    /// Waits until no event is on its way to the function that needs what is removed.
    async fn wait_until_unused(&self, aws: &Aws, work: &Work) -> Result<()> {
        let began = Instant::now();
        poll_until(
            work,
            "the last events that the rule sent to the function itself",
            PATIENCE,
            async || {
                if began.elapsed() < IN_EFFECT {
                    return Ok(Poll::Pending);
                }
                let since = Timestamp::now() - QUIET;
                Ok(match failures_since(aws, &self.function, since).await? {
                    0 => Poll::Ready(()),
                    _ => Poll::PendingOn("the function fails, so that some may wait to be tried again".into()),
                })
            },
        )
        .await
        .context("the new way by the queue is complete and in use; what the rule no longer needs stays until the same command is run again")
    }

    async fn remove_invoke_config(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.lambda.delete_function_event_invoke_config();
            let answer = call.function_name(&self.function).send().await;
            answer.call("lambda:DeleteFunctionEventInvokeConfig")
        });
        Ok(gone(answer.await)?)
    }

    async fn remove_permission(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.lambda.remove_permission();
            let call = call.function_name(&self.function).statement_id(&self.name);
            call.send().await.call("lambda:RemovePermission")
        });
        Ok(gone(answer.await)?)
    }
}

impl Resource for DirectWay {
    const KIND: &'static str = "permission";
    const FIND: &'static [&'static str] = &["lambda:GetPolicy"];
    const CREATE: &'static [&'static str] = &[];

    fn name(&self) -> &str {
        &self.name
    }

    /// By the permission alone, which is removed last.
    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let call = aws.lambda.get_policy().function_name(&self.function);
        let answer = call.send().await.found("lambda:GetPolicy")?;
        let text = answer.and_then(|answer| answer.policy);
        let policy = text.map(|text| Policy::parse(&text)).transpose()?;
        let is_there = policy.is_some_and(|it| it.statement(&self.name).is_some());
        Ok(is_there.then(|| self.clone()))
    }

    /// There is nothing to create.
    async fn create(&self, _: &Aws, _: &Work) -> Result<()> {
        Ok(())
    }

    async fn update(&self, _: &Aws, _: &Work, _: &Self, _: &BTreeSet<&str>) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.wait_until_unused(aws, work).await?;
        self.remove_invoke_config(aws, work).await?;
        self.role.put_inline_policy(aws, work).await?;
        self.remove_permission(aws, work).await
    }

    fn is_off(&self) -> bool {
        true
    }
}
