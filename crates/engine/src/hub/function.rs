//! A Lambda function.

mod found;
mod update;

use super::not_default::NotDefault;
use super::notifier_settings::NotifierSettings;
use super::resource::{Resource, Tags};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::names::DEPLOYMENT_TAG;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Architecture, FunctionCode, LogFormat, LoggingConfig, Runtime};
use jiff::Timestamp;
use rootwatch_bundle::Package;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How long a function may take to become active, or an update to end.
const PATIENCE: Duration = Duration::from_secs(300);

/// A Lambda function on an OS-only runtime.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Function {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    pub(crate) architecture: String,
    /// SHA-256 of the deployment package, in base64.
    pub(crate) code_sha256: String,
    pub(crate) description: String,
    /// Variables by name; rootwatch sets none, and earlier versions told the notifier by them.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) handler: String,
    /// Key for the environment, in place of Lambda's own; rootwatch sets none.
    pub(crate) kms_key: Option<String>,
    /// ARNs of layers; rootwatch sets none.
    pub(crate) layers: BTreeSet<String>,
    /// Where it writes its log.
    pub(crate) log_group: String,
    /// In MB.
    pub(crate) memory_size: i32,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    /// 0 keeps it from ever running. Any other value is the operator's decision, and not compared.
    pub(crate) reserved_concurrency: Option<i32>,
    /// ARN.
    pub(crate) role: String,
    pub(crate) runtime: String,
    /// What the notifier is told, from its deployment package; from the environment where an earlier version made it.
    pub(crate) settings: NotifierSettings,
    /// Of a VPC, from where it may not reach SNS; rootwatch sets none.
    pub(crate) subnets: BTreeSet<String>,
    pub(crate) tags: Tags,
    /// In seconds.
    pub(crate) timeout: i32,
    /// The zip of its code without settings; nothing where this program does not have it, and in a function that was
    /// found.
    #[serde(skip)]
    pub(crate) code: Option<&'static [u8]>,
    /// The deployment package; nothing in a function that was found.
    #[serde(skip)]
    pub(crate) package: Arc<Package>,
    /// Whether its package is this rootwatch's with other settings, when this was found.
    #[serde(skip)]
    pub(crate) has_our_executable: bool,
    /// Why its settings are not known, when this was found.
    #[serde(skip)]
    pub(crate) unread: Option<String>,
    /// Whether another build of the same sources is to be replaced by this one.
    #[serde(skip)]
    pub(crate) is_own_build_wanted: bool,
    /// When it was last changed, when this was found.
    #[serde(skip)]
    pub(crate) modified: Option<Timestamp>,
    /// Whether it can be invoked, when this was found.
    #[serde(skip)]
    pub(crate) active: bool,
}

impl Function {
    /// Name of its role.
    pub(crate) fn role_name(&self) -> &str {
        self.role.rsplit('/').next().unwrap_or_default()
    }

    /// ARN of the topic that it publishes to.
    pub(crate) fn topic(&self) -> Option<&str> {
        self.settings.topic()
    }

    /// Whether both are of the same deployment.
    fn is_of_same(&self, other: &Self) -> bool {
        let deployment = |it: &Self| it.tags.get(DEPLOYMENT_TAG).cloned();
        deployment(self).is_some() && deployment(self) == deployment(other)
    }

    fn logging(&self) -> LoggingConfig {
        LoggingConfig::builder()
            .log_format(LogFormat::Text)
            .log_group(&self.log_group)
            .build()
    }
}

impl Resource for Function {
    const KIND: &'static str = "function";
    const FIND: &'static [&'static str] = &["lambda:GetFunction"];
    const CREATE: &'static [&'static str] = &["lambda:CreateFunction"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        match self.get(aws).await? {
            Some(answer) => {
                let code = answer.code.as_ref();
                let location = code.and_then(|it| it.location()).map(str::to_owned);
                let found = self.found(answer)?;
                Ok(Some(
                    self.read_settings(aws, found, location.as_deref()).await,
                ))
            }
            None => Ok(None),
        }
    }

    /// It may still be `Pending` then: what needs it is refused until it is active, and tried again; and nothing counts as
    /// settled before.
    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            aws.lambda
                .create_function()
                .function_name(&self.name)
                .architectures(Architecture::from(self.architecture.as_str()))
                .code(
                    FunctionCode::builder()
                        .zip_file(Blob::new(self.package.zip.as_slice()))
                        .build(),
                )
                .description(&self.description)
                .handler(&self.handler)
                .logging_config(self.logging())
                .memory_size(self.memory_size)
                .role(&self.role)
                .runtime(Runtime::from(self.runtime.as_str()))
                .set_tags(Some(self.tags.clone().into_iter().collect()))
                .timeout(self.timeout)
                .send()
                .await
                .call("lambda:CreateFunction")
        })
        .await?;
        Ok(())
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        let is_code = |field: &&str| matches!(*field, "code_sha256" | "architecture" | "settings");
        let is_uploaded = changed.iter().any(is_code);
        if is_uploaded {
            self.update_code(aws, work).await?;
        }
        let is_configuration =
            |field: &&str| !is_code(field) && !matches!(*field, "reserved_concurrency" | "tags");
        if changed.iter().any(is_configuration) {
            self.update_configuration(aws, work, observed, changed)
                .await?;
        }
        if changed.contains("reserved_concurrency") {
            self.allow_to_run(aws, work).await?;
        }
        // They say what was uploaded.
        if is_uploaded || changed.contains("tags") {
            self.tag(aws, work).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            aws.lambda
                .delete_function()
                .function_name(&self.name)
                .send()
                .await
                .call("lambda:DeleteFunction")
        })
        .await;
        Ok(gone(answer)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
