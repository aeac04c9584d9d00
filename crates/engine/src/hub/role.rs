//! The notifier's role: who may assume it, and the little that it may do.

use super::function::Function;
use super::resource::{Resource, Tags, tag_list};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, absent, gone};
use crate::names::DEPLOYMENT_TAG;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_iam::types::Tag;
use rootwatch_eval::Policy;
use serde::Serialize;
use std::collections::BTreeSet;

/// An IAM role with one inline policy.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Role {
    #[serde(skip)]
    pub(crate) name: String,
    /// IAM sets it at creation only.
    #[serde(skip)]
    pub(crate) path: String,
    /// Of its one inline policy.
    #[serde(skip)]
    pub(crate) policy_name: &'static str,
    /// ARNs of managed policies; rootwatch attaches none.
    pub(crate) attached_policies: BTreeSet<String>,
    pub(crate) description: Option<String>,
    pub(crate) inline_policy: Policy,
    /// What it is put as for now, where something that is on its way out still needs more.
    #[serde(skip)]
    pub(crate) policy_for_now: Option<Policy>,
    /// Names of further inline policies; rootwatch puts none.
    pub(crate) other_policies: BTreeSet<String>,
    /// ARN of the policy that bounds what it may do.
    pub(crate) permissions_boundary: Option<String>,
    /// Whether one that is found is taken away, where this has none.
    #[serde(skip)]
    pub(crate) is_unbounded: bool,
    pub(crate) tags: Tags,
    pub(crate) trust: Policy,
}

impl Role {
    fn sdk_tags(&self) -> Result<Vec<Tag>> {
        Ok(tag_list(&self.tags, |key, value| {
            Tag::builder().key(key).value(value).build()
        })?)
    }

    pub(super) async fn put_inline_policy(&self, aws: &Aws, work: &Work) -> Result<()> {
        let policy = self.policy_for_now.as_ref().unwrap_or(&self.inline_policy);
        retry_until_consistent(work, async || {
            let call = aws.iam.put_role_policy().role_name(&self.name);
            let call = call.policy_name(self.policy_name);
            let answer = call.policy_document(policy.document()).send();
            answer.await.call("iam:PutRolePolicy")
        })
        .await?;
        Ok(())
    }

    async fn update_trust(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.iam.update_assume_role_policy().role_name(&self.name);
            let answer = call.policy_document(self.trust.document()).send().await;
            answer.call("iam:UpdateAssumeRolePolicy")
        })
        .await?;
        Ok(())
    }

    async fn update_description(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.iam.update_role().role_name(&self.name);
            let answer = call.set_description(self.description.clone()).send();
            answer.await.call("iam:UpdateRole")
        })
        .await?;
        Ok(())
    }

    /// What is found as it is compared: a boundary that the settings do not name is somebody's rule, and stays.
    pub(crate) fn as_compared(&self, found: &Self) -> Self {
        let mut found = found.clone();
        if self.permissions_boundary.is_none() && !self.is_unbounded {
            found.permissions_boundary = None;
        }
        found
    }

    /// What people should know of it.
    pub(crate) fn note(&self, found: &Self) -> Option<String> {
        let kept = found.permissions_boundary.as_ref();
        let kept = kept.filter(|_| self.permissions_boundary.is_none() && !self.is_unbounded)?;
        Some(format!(
            "its permissions boundary {kept}, which the settings do not name, stays; `aws iam delete-role-permissions-boundary --role-name {}` takes it away",
            self.name
        ))
    }

    async fn bound(&self, aws: &Aws, work: &Work) -> Result<()> {
        let Some(arn) = &self.permissions_boundary else {
            return self.unbind(aws, work).await;
        };
        retry_until_consistent(work, async || {
            let call = aws.iam.put_role_permissions_boundary();
            let call = call.role_name(&self.name).permissions_boundary(arn);
            call.send().await.call("iam:PutRolePermissionsBoundary")
        })
        .await?;
        Ok(())
    }

    async fn unbind(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.iam.delete_role_permissions_boundary();
            let call = call.role_name(&self.name);
            call.send().await.call("iam:DeleteRolePermissionsBoundary")
        });
        Ok(gone(answer.await)?)
    }

    /// The role of this deployment that the function has under another name: the settings' prefix was changed since.
    /// Any role that does not end in `base` is another's, such as that of a hub in another region.
    pub(crate) async fn find_former(
        &self,
        aws: &Aws,
        function: &Function,
        base: &str,
    ) -> Result<Option<Self>> {
        if function.role_name() == self.name || !function.role_name().ends_with(base) {
            return Ok(None);
        }
        let former = Self {
            name: function.role_name().to_owned(),
            ..self.clone()
        };
        let found = former.find(aws).await?;
        let mark = |it: &Self| it.tags.get(DEPLOYMENT_TAG).cloned();
        Ok(found.filter(|it| mark(it) == mark(self)))
    }

    async fn tag(&self, aws: &Aws, work: &Work) -> Result<()> {
        let tags = self.sdk_tags()?;
        retry_until_consistent(work, async || {
            let call = aws.iam.tag_role().role_name(&self.name);
            let answer = call.set_tags(Some(tags.clone())).send().await;
            answer.call("iam:TagRole")
        })
        .await?;
        Ok(())
    }

    async fn delete_inline_policy(&self, aws: &Aws, work: &Work, policy: &str) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.iam.delete_role_policy().role_name(&self.name);
            let answer = call.policy_name(policy).send().await;
            answer.call("iam:DeleteRolePolicy")
        });
        Ok(gone(answer.await)?)
    }

    /// Removes what others let the role do.
    async fn strip(&self, aws: &Aws, work: &Work, observed: &Self) -> Result<()> {
        for arn in &observed.attached_policies {
            let answer = retry_until_consistent(work, async || {
                let call = aws.iam.detach_role_policy().role_name(&self.name);
                let answer = call.policy_arn(arn).send().await;
                answer.call("iam:DetachRolePolicy")
            });
            gone(answer.await)?;
        }
        for policy in &observed.other_policies {
            self.delete_inline_policy(aws, work, policy).await?;
        }
        Ok(())
    }

    async fn find_attached(&self, aws: &Aws) -> Result<BTreeSet<String>, AwsError> {
        let call = aws.iam.list_attached_role_policies().role_name(&self.name);
        let mut pages = call.into_paginator().items().send();
        let mut found = BTreeSet::new();
        while let Some(policy) = pages.next().await {
            match absent(policy.call("iam:ListAttachedRolePolicies"))? {
                Some(policy) => found.extend(policy.policy_arn),
                None => break,
            }
        }
        Ok(found)
    }

    async fn find_others(&self, aws: &Aws) -> Result<BTreeSet<String>, AwsError> {
        let call = aws.iam.list_role_policies().role_name(&self.name);
        let mut pages = call.into_paginator().items().send();
        let mut found = BTreeSet::new();
        while let Some(policy) = pages.next().await {
            match absent(policy.call("iam:ListRolePolicies"))? {
                Some(policy) => found.extend(Some(policy).filter(|name| name != self.policy_name)),
                None => break,
            }
        }
        Ok(found)
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
        let (role, attached_policies, other_policies, policy) = tokio::join!(
            aws.iam.get_role().role_name(&self.name).send(),
            self.find_attached(aws),
            self.find_others(aws),
            aws.iam
                .get_role_policy()
                .role_name(&self.name)
                .policy_name(self.policy_name)
                .send(),
        );
        let role = role.found("iam:GetRole")?;
        let policy = policy.found("iam:GetRolePolicy")?;
        let Some(role) = role.and_then(|answer| answer.role) else {
            return Ok(None);
        };
        Ok(Some(Self {
            is_unbounded: false,
            name: self.name.clone(),
            path: role.path().to_owned(),
            policy_name: self.policy_name,
            attached_policies: attached_policies?,
            other_policies: other_policies?,
            permissions_boundary: role
                .permissions_boundary()
                .and_then(|it| it.permissions_boundary_arn())
                .map(str::to_owned),
            description: role.description.clone(),
            inline_policy: match &policy {
                Some(policy) => Policy::parse(policy.policy_document())?,
                None => Policy::default(),
            },
            policy_for_now: None,
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

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        let call = aws.iam.get_role().role_name(&self.name);
        match call.send().await.found("iam:GetRole")? {
            Some(_) => self.find(aws).await,
            None => Ok(None),
        }
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        let tags = self.sdk_tags()?;
        retry_until_consistent(work, async || {
            let call = aws.iam.create_role().role_name(&self.name).path(&self.path);
            let call = call.set_permissions_boundary(self.permissions_boundary.clone());
            let call = call.set_description(self.description.clone());
            let call = call.assume_role_policy_document(self.trust.document());
            let answer = call.set_tags(Some(tags.clone())).send().await;
            answer.call("iam:CreateRole")
        })
        .await?;
        self.put_inline_policy(aws, work).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.contains("description") {
            self.update_description(aws, work).await?;
        }
        if changed.contains("trust") {
            self.update_trust(aws, work).await?;
        }
        if changed.contains("inline_policy") {
            self.put_inline_policy(aws, work).await?;
        }
        if changed.contains("permissions_boundary") {
            self.bound(aws, work).await?;
        }
        self.strip(aws, work, observed).await?;
        if changed.contains("tags") {
            self.tag(aws, work).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.delete_inline_policy(aws, work, self.policy_name)
            .await?;
        let role = retry_until_consistent(work, async || {
            let answer = aws.iam.delete_role().role_name(&self.name).send().await;
            answer.call("iam:DeleteRole")
        })
        .await;
        Ok(gone(role)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
