//! What lets a rule invoke a function: one statement of the function's policy.

use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::hub::resource::Resource;
use crate::work::Work;
use anyhow::Result;
use rootwatch_eval::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Id of the statement.
const SID: &str = "RootwatchSchedule";
const SERVICE: &str = "events.amazonaws.com";
const ACTION: &str = "lambda:InvokeFunction";

/// A statement that rootwatch makes in the policy of a function. It is the function's, and goes with it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Permission {
    /// Name of the function and id of the statement.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) function: String,
    /// ARN of the rule that may invoke it.
    #[serde(skip)]
    pub(crate) rule: String,
    pub(crate) statement: Value,
}

impl Permission {
    /// For this rule and no other.
    pub(crate) fn of_rule(function: String, function_arn: &str, rule: String) -> Self {
        let policy = Policy::of([(
            SID,
            json!({
                "Effect": "Allow",
                "Principal": {"Service": SERVICE},
                "Action": ACTION,
                "Resource": function_arn,
                "Condition": {"ArnLike": {"AWS:SourceArn": rule}},
            }),
        )]);
        Self {
            statement: policy.statement(SID).cloned().unwrap_or_default(),
            name: format!("{function} {SID}"),
            function,
            rule,
        }
    }
}

impl Permission {
    /// Id of the statement.
    pub(crate) fn sid(&self) -> &'static str {
        SID
    }
}

impl Resource for Permission {
    const KIND: &'static str = "permission";
    const FIND: &'static [&'static str] = &["lambda:GetPolicy"];
    const CREATE: &'static [&'static str] = &["lambda:AddPermission"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let call = aws.lambda.get_policy().function_name(&self.function);
        let answer = call.send().await.found("lambda:GetPolicy")?;
        let text = answer.and_then(|answer| answer.policy);
        let policy = text.map(|text| Policy::parse(&text)).transpose()?;
        let statement = policy.and_then(|it| it.statement(SID).cloned());
        Ok(statement.map(|statement| Self {
            statement,
            ..self.clone()
        }))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.lambda.add_permission().function_name(&self.function);
            let call = call.statement_id(SID).source_arn(&self.rule);
            let call = call.principal(SERVICE);
            let answer = call.action(ACTION).send().await;
            answer.call("lambda:AddPermission")
        })
        .await?;
        Ok(())
    }

    /// A statement cannot be changed.
    async fn update(&self, aws: &Aws, work: &Work, _: &Self, _: &BTreeSet<&str>) -> Result<()> {
        self.delete(aws, work).await?;
        self.create(aws, work).await
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.lambda.remove_permission();
            let call = call.function_name(&self.function).statement_id(SID);
            call.send().await.call("lambda:RemovePermission")
        });
        Ok(gone(answer.await)?)
    }
}
