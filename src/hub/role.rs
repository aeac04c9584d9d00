//! The notifier's role: who may take it, and the little that it may do.

use super::resource::{Resource, Tags, tag_list};
use crate::aws::Aws;
use crate::aws::error::{Call, gone};
use crate::policy::Policy;
use crate::progress::Progress;
use anyhow::Result;
use aws_sdk_iam::types::Tag;
use serde::Serialize;
use std::collections::BTreeSet;

/// Name of the role's one inline policy.
const INLINE_POLICY: &str = "notifier";

/// An IAM role with one inline policy.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Role {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) inline_policy: Policy,
    pub(crate) tags: Tags,
    pub(crate) trust: Policy,
}

impl Role {
    fn sdk_tags(&self) -> Result<Vec<Tag>> {
        Ok(tag_list(&self.tags, |key, value| {
            Tag::builder().key(key).value(value).build()
        })?)
    }

    async fn put_inline_policy(&self, aws: &Aws) -> Result<()> {
        aws.iam
            .put_role_policy()
            .role_name(&self.name)
            .policy_name(INLINE_POLICY)
            .policy_document(self.inline_policy.document())
            .send()
            .await
            .call("iam:PutRolePolicy")?;
        Ok(())
    }

    async fn update_trust(&self, aws: &Aws) -> Result<()> {
        aws.iam
            .update_assume_role_policy()
            .role_name(&self.name)
            .policy_document(self.trust.document())
            .send()
            .await
            .call("iam:UpdateAssumeRolePolicy")?;
        Ok(())
    }

    async fn update_description(&self, aws: &Aws) -> Result<()> {
        aws.iam
            .update_role()
            .role_name(&self.name)
            .set_description(self.description.clone())
            .send()
            .await
            .call("iam:UpdateRole")?;
        Ok(())
    }

    async fn tag(&self, aws: &Aws) -> Result<()> {
        aws.iam
            .tag_role()
            .role_name(&self.name)
            .set_tags(Some(self.sdk_tags()?))
            .send()
            .await
            .call("iam:TagRole")?;
        Ok(())
    }
}

impl Resource for Role {
    const KIND: &'static str = "role";
    const FIND: &'static [&'static str] = &["iam:GetRole"];
    const CREATE: &'static [&'static str] = &["iam:CreateRole", "iam:PutRolePolicy"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (role, policy) = tokio::join!(
            aws.iam.get_role().role_name(&self.name).send(),
            aws.iam
                .get_role_policy()
                .role_name(&self.name)
                .policy_name(INLINE_POLICY)
                .send(),
        );
        let role = role.found("iam:GetRole")?;
        let policy = policy.found("iam:GetRolePolicy")?;
        let Some(role) = role.and_then(|answer| answer.role) else {
            return Ok(None);
        };
        Ok(Some(Self {
            name: self.name.clone(),
            description: role.description.clone(),
            inline_policy: match &policy {
                Some(policy) => Policy::parse(policy.policy_document())?,
                None => Policy::default(),
            },
            tags: role
                .tags()
                .iter()
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect(),
            trust: match role.assume_role_policy_document() {
                Some(trust) => Policy::parse(trust)?,
                None => Policy::default(),
            },
        }))
    }

    async fn create(&self, aws: &Aws, _: &Progress) -> Result<()> {
        aws.iam
            .create_role()
            .role_name(&self.name)
            .set_description(self.description.clone())
            .assume_role_policy_document(self.trust.document())
            .set_tags(Some(self.sdk_tags()?))
            .send()
            .await
            .call("iam:CreateRole")?;
        self.put_inline_policy(aws).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _: &Progress,
        _: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.contains("description") {
            self.update_description(aws).await?;
        }
        if changed.contains("trust") {
            self.update_trust(aws).await?;
        }
        if changed.contains("inline_policy") {
            self.put_inline_policy(aws).await?;
        }
        if changed.contains("tags") {
            self.tag(aws).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _: &Progress) -> Result<()> {
        let policy = aws
            .iam
            .delete_role_policy()
            .role_name(&self.name)
            .policy_name(INLINE_POLICY)
            .send()
            .await;
        gone(policy.call("iam:DeleteRolePolicy"))?;
        let role = aws.iam.delete_role().role_name(&self.name).send().await;
        Ok(gone(role.call("iam:DeleteRole"))?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
