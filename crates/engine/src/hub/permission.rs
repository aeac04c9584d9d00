//! The permission for a rule to invoke the notifier: one statement of the function's policy.

use super::resource::Resource;
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::work::Work;
use anyhow::Result;
use rootwatch_eval::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The only caller that a rule's invocation has.
const PRINCIPAL: &str = "events.amazonaws.com";
const ACTION: &str = "lambda:InvokeFunction";

/// A statement that lets one rule invoke one function.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Permission {
    /// Statement id.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) function: String,
    #[serde(skip)]
    source_arn: String,
    statement: Value,
}

impl Permission {
    /// A permission for the rule of this ARN.
    ///
    /// Without `SourceAccount`: EventBridge sends none (EventBridge User Guide, "Troubleshooting").
    pub(crate) fn for_rule(
        rule: &str,
        rule_arn: String,
        function: String,
        function_arn: &str,
    ) -> Self {
        let policy = Policy::of([(
            rule,
            json!({
                "Effect": "Allow",
                "Principal": {"Service": PRINCIPAL},
                "Action": ACTION,
                "Resource": function_arn,
                "Condition": {"ArnLike": {"AWS:SourceArn": rule_arn}},
            }),
        )]);
        Self {
            name: rule.to_owned(),
            function,
            source_arn: rule_arn,
            statement: policy.statement(rule).cloned().unwrap_or_default(),
        }
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
        let answer = aws
            .lambda
            .get_policy()
            .function_name(&self.function)
            .send()
            .await
            .found("lambda:GetPolicy")?;
        let Some(text) = answer.and_then(|answer| answer.policy) else {
            return Ok(None);
        };
        let policy = Policy::parse(&text)?;
        Ok(policy.statement(&self.name).map(|statement| Self {
            statement: statement.clone(),
            ..self.clone()
        }))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            aws.lambda
                .add_permission()
                .function_name(&self.function)
                .statement_id(&self.name)
                .principal(PRINCIPAL)
                .action(ACTION)
                .source_arn(&self.source_arn)
                .send()
                .await
                .call("lambda:AddPermission")
        })
        .await?;
        Ok(())
    }

    /// A statement cannot be changed, only created again.
    async fn update(&self, aws: &Aws, work: &Work, _: &Self, _: &BTreeSet<&str>) -> Result<()> {
        self.delete(aws, work).await?;
        self.create(aws, work).await
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            aws.lambda
                .remove_permission()
                .function_name(&self.function)
                .statement_id(&self.name)
                .send()
                .await
                .call("lambda:RemovePermission")
        })
        .await;
        Ok(gone(answer)?)
    }
}
