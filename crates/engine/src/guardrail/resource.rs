//! The policy in Organizations and what it is attached to: read, made, changed and removed.
//!
//! Names of SCPs are unique within an organization (Organizations API Reference, DuplicatePolicyException). Its tag
//! says whose it is, and one more for each root, unit or account says what it is to be attached to, so that whoever
//! detaches it does not go unnoticed.

use crate::aws::Aws;
use crate::aws::consistency::{read_until_consistent, retry_until_consistent};
use crate::aws::error::{AwsError, Call, gone};
use crate::hub::resource::{Tags, tag_list};
use crate::names::DEPLOYMENT_TAG;
use crate::work::Work;
use anyhow::{Context, Result, bail};
use aws_sdk_organizations::types as sdk;
use rootwatch_eval::Policy;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Begins the key of the tag that says what the policy is to be attached to.
const MARK: &str = "rootwatch:target:";
/// Tags of a policy (Organizations API Reference, TagResource).
const MOST_TAGS: usize = 50;
const SCP: sdk::PolicyType = sdk::PolicyType::ServiceControlPolicy;

/// The service control policy. A value is either the desired or the observed state.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Guardrail {
    #[serde(skip)]
    pub(crate) name: String,
    /// Its id, of one that was found.
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) content: Policy,
    /// Ids of the root, units and accounts that it is to be attached to; `true` for each.
    pub(crate) targets: BTreeMap<String, bool>,
    pub(crate) tags: Tags,
    /// Ids of those that it is attached to, of one that was found.
    #[serde(skip)]
    pub(crate) attached: BTreeSet<String>,
}

impl Guardrail {
    /// Whether it carries the tag of a deployment.
    pub(crate) fn is_of(&self, deployment: &str) -> bool {
        self.tags.get(DEPLOYMENT_TAG).map(String::as_str) == Some(deployment)
    }

    /// The policy of this name; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn find(aws: &Aws, name: &str) -> Result<Option<Self>> {
        let Some(summary) = summary(aws, name).await? else {
            return Ok(None);
        };
        let id = summary.id.unwrap_or_default();
        let read = tokio::try_join!(content(aws, &id), tags(aws, &id), attached(aws, &id));
        let (text, tags, attached) = match read {
            // Somebody removed it meanwhile.
            Err(error) if error.is_not_found() => return Ok(None),
            read => read?,
        };
        let (marks, tags): (Tags, Tags) = tags.into_iter().partition(|it| it.0.starts_with(MARK));
        let marked = marks.keys().filter_map(|key| key.strip_prefix(MARK));
        Ok(Some(Self {
            name: name.to_owned(),
            description: summary.description.unwrap_or_default(),
            content: Policy::parse(&text)
                .with_context(|| format!("reading the service control policy {name} ({id})"))?,
            targets: marked.map(|it| (it.to_owned(), true)).collect(),
            id,
            tags,
            attached,
        }))
    }

    /// Makes it, and returns its id.
    pub(super) async fn create(&self, aws: &Aws, work: &Work) -> Result<String> {
        let tags = sdk_tags(&self.all_tags())?;
        let made = retry_until_consistent(work, async || {
            let call = aws.organizations.create_policy().name(&self.name);
            let call = call.r#type(SCP).description(&self.description);
            let call = call.content(self.content.document());
            let call = call.set_tags(Some(tags.clone()));
            call.send().await.call("organizations:CreatePolicy")
        });
        match made.await {
            Ok(made) => {
                let summary = made.policy.and_then(|it| it.policy_summary);
                let id = summary.and_then(|it| it.id);
                Ok(id.ok_or_else(|| AwsError::incomplete("organizations:CreatePolicy", "Id"))?)
            }
            // The answer to the first attempt was lost, or somebody was faster.
            Err(error) if error.already_exists() => self.made_already(aws, error).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn made_already(&self, aws: &Aws, error: AwsError) -> Result<String> {
        let found = Self::find(aws, &self.name).await?;
        let mine = self.tags.get(DEPLOYMENT_TAG);
        match found {
            Some(found) if found.tags.get(DEPLOYMENT_TAG) == mine => Ok(found.id),
            _ => Err(error.into()),
        }
    }

    /// Sets what differs. Tags of others stay.
    pub(super) async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        found: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.contains("content") || changed.contains("description") {
            retry_until_consistent(work, async || {
                let call = aws.organizations.update_policy().policy_id(&found.id);
                let call = call.content(self.content.document());
                let call = call.description(&self.description);
                call.send().await.call("organizations:UpdatePolicy")
            })
            .await?;
        }
        if changed.contains("tags") || changed.contains("targets") {
            self.tag(aws, work, found).await?;
        }
        Ok(())
    }

    async fn tag(&self, aws: &Aws, work: &Work, found: &Self) -> Result<()> {
        let had = found.all_tags();
        let mut new = self.all_tags();
        new.retain(|key, value| had.get(key) != Some(value));
        if !new.is_empty() {
            let new = sdk_tags(&new)?;
            retry_until_consistent(work, async || {
                let call = aws.organizations.tag_resource().resource_id(&found.id);
                let call = call.set_tags(Some(new.clone()));
                call.send().await.call("organizations:TagResource")
            })
            .await?;
        }
        let surplus = found
            .targets
            .keys()
            .filter(|it| !self.targets.contains_key(*it));
        let surplus: Vec<String> = surplus.map(|it| format!("{MARK}{it}")).collect();
        if !surplus.is_empty() {
            retry_until_consistent(work, async || {
                let call = aws.organizations.untag_resource().resource_id(&found.id);
                let call = call.set_tag_keys(Some(surplus.clone()));
                call.send().await.call("organizations:UntagResource")
            })
            .await?;
        }
        Ok(())
    }

    /// Its tags with those that say what it is to be attached to.
    fn all_tags(&self) -> Tags {
        let marks = self
            .targets
            .keys()
            .map(|it| (format!("{MARK}{it}"), String::new()));
        self.tags.clone().into_iter().chain(marks).collect()
    }

    /// Fails where Organizations has no room for a tag for each target.
    pub(super) fn fits(&self) -> Result<()> {
        let room = MOST_TAGS.saturating_sub(self.tags.len());
        if self.targets.len() > room {
            bail!(
                "the guardrail would be attached to {} units and accounts, and rootwatch keeps track of {room} at most, by the policy's tags: attach it to a unit above them, or to the root with --ou /",
                self.targets.len()
            );
        }
        Ok(())
    }
}

/// The summary of the policy of this name. A page may be empty and yet not the last.
async fn summary(aws: &Aws, name: &str) -> Result<Option<sdk::PolicySummary>, AwsError> {
    read_until_consistent(async || {
        let pages = aws.organizations.list_policies().filter(SCP);
        let mut pages = pages.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.call("organizations:ListPolicies")?;
            let mut all = page.policies.unwrap_or_default().into_iter();
            if let Some(found) = all.find(|it| it.name() == Some(name) && !it.aws_managed()) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    })
    .await
}

async fn content(aws: &Aws, id: &str) -> Result<String, AwsError> {
    let answer = read_until_consistent(async || {
        let call = aws.organizations.describe_policy().policy_id(id);
        call.send().await.call("organizations:DescribePolicy")
    })
    .await?;
    let content = answer.policy.and_then(|it| it.content);
    content.ok_or_else(|| AwsError::incomplete("organizations:DescribePolicy", "Content"))
}

async fn tags(aws: &Aws, id: &str) -> Result<Tags, AwsError> {
    read_until_consistent(async || {
        let pages = aws.organizations.list_tags_for_resource().resource_id(id);
        let mut pages = pages.into_paginator().send();
        let mut all = Tags::new();
        while let Some(page) = pages.next().await {
            let page = page.call("organizations:ListTagsForResource")?;
            let tags = page.tags.unwrap_or_default().into_iter();
            all.extend(tags.map(|it| (it.key, it.value)));
        }
        Ok(all)
    })
    .await
}

async fn attached(aws: &Aws, id: &str) -> Result<BTreeSet<String>, AwsError> {
    read_until_consistent(async || {
        let pages = aws.organizations.list_targets_for_policy().policy_id(id);
        let mut pages = pages.into_paginator().send();
        let mut all = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.call("organizations:ListTargetsForPolicy")?;
            let targets = page.targets.unwrap_or_default().into_iter();
            all.extend(targets.filter_map(|it| it.target_id));
        }
        Ok(all)
    })
    .await
}

pub(super) async fn attach(aws: &Aws, work: &Work, id: &str, target: &str) -> Result<()> {
    let answer = retry_until_consistent(work, async || {
        let call = aws.organizations.attach_policy();
        let call = call.policy_id(id).target_id(target);
        call.send().await.call("organizations:AttachPolicy")
    });
    match answer.await {
        Err(error) if error.already_exists() => Ok(()),
        answer => Ok(answer.map(drop)?),
    }
}

pub(super) async fn detach(aws: &Aws, work: &Work, id: &str, target: &str) -> Result<()> {
    let answer = retry_until_consistent(work, async || {
        let call = aws.organizations.detach_policy();
        let call = call.policy_id(id).target_id(target);
        call.send().await.call("organizations:DetachPolicy")
    });
    match answer.await {
        Err(error) if error.code == "PolicyNotAttachedException" => Ok(()),
        answer => Ok(gone(answer)?),
    }
}

pub(super) async fn delete(aws: &Aws, work: &Work, id: &str) -> Result<()> {
    let answer = retry_until_consistent(work, async || {
        let call = aws.organizations.delete_policy().policy_id(id);
        call.send().await.call("organizations:DeletePolicy")
    });
    Ok(gone(answer.await)?)
}

/// The root's id, and whether service control policies are enabled there.
pub(super) async fn root(aws: &Aws) -> Result<(String, bool), AwsError> {
    const OPERATION: &str = "organizations:ListRoots";
    read_until_consistent(async || {
        let mut pages = aws.organizations.list_roots().into_paginator().send();
        while let Some(page) = pages.next().await {
            let roots = page.call(OPERATION)?.roots.unwrap_or_default();
            if let Some(root) = roots.into_iter().next() {
                let is_enabled = |it: &sdk::PolicyTypeSummary| {
                    it.r#type() == Some(&SCP)
                        && it.status() == Some(&sdk::PolicyTypeStatus::Enabled)
                };
                let enabled = root.policy_types().iter().any(is_enabled);
                return Ok((root.id.unwrap_or_default(), enabled));
            }
        }
        Err(AwsError::incomplete(OPERATION, "Roots"))
    })
    .await
}

/// Turns service control policies on. Each root, unit and account gets AWS's own policy `FullAWSAccess` with that, so
/// that nothing is denied by it (Organizations User Guide, "Enabling a policy type").
pub(super) async fn enable(aws: &Aws, work: &Work, root: &str) -> Result<()> {
    let answer = retry_until_consistent(work, async || {
        let call = aws.organizations.enable_policy_type();
        let call = call.root_id(root).policy_type(SCP);
        call.send().await.call("organizations:EnablePolicyType")
    });
    match answer.await {
        Err(error) if error.code == "PolicyTypeAlreadyEnabledException" => Ok(()),
        answer => Ok(answer.map(drop)?),
    }
}

fn sdk_tags(tags: &Tags) -> Result<Vec<sdk::Tag>> {
    let build = |key: &str, value: &str| sdk::Tag::builder().key(key).value(value).build();
    Ok(tag_list(tags, build)?)
}
