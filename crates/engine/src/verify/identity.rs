//! A role: who may assume it, and what it may do.

use super::finding::Read;
use crate::aws::error::{AwsError, Call};
use anyhow::Result;
use futures_util::future::try_join_all;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Principal, Request, decide};
use std::collections::BTreeMap;

/// A role with its policies.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) trust: Policy,
    pub(crate) policies: Vec<Policy>,
    /// The permissions boundary, which narrows what its policies allow.
    pub(crate) boundary: Option<Policy>,
    pub(crate) boundary_arn: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Identity {
    /// A role of which nothing is known but its name.
    pub(super) fn named(account: &str, arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            account: account.to_owned(),
            trust: Policy::default(),
            policies: Vec::new(),
            boundary: None,
            boundary_arn: None,
            tags: Default::default(),
        }
    }

    /// Reads the role of this ARN; `None` when there is none.
    pub(crate) async fn read(iam: &aws_sdk_iam::Client, arn: &str) -> Read<Option<Self>> {
        Ok(read(iam, arn).await?)
    }

    /// Whether a service may assume it.
    pub(crate) fn trusts(
        &self,
        service: &'static str,
        keys: rootwatch_eval::iam::Keys,
    ) -> Decision {
        let request = Request {
            principal: Some(Principal::Service(service.to_owned())),
            action: "sts:AssumeRole",
            resource: self.arn.clone(),
            keys,
        };
        decide([&self.trust], &request)
    }

    /// What its own policies decide about a call.
    pub(crate) fn may(&self, action: &'static str, resource: &str) -> Decision {
        self.decides(&self.request(None, action, resource))
    }

    /// What its own policies decide about a request, within its permissions boundary.
    pub(crate) fn decides(&self, request: &Request) -> Decision {
        match (decide(&self.policies, request), &self.boundary) {
            (Decision::Allowed, Some(boundary)) => match decide([boundary], request) {
                Decision::NotAllowed | Decision::Denied(_) => Decision::OutOfBounds,
                found => found,
            },
            (found, _) => found,
        }
    }

    /// A call that it makes in its own account.
    pub(crate) fn request(
        &self,
        principal: Option<Principal>,
        action: &'static str,
        resource: &str,
    ) -> Request {
        Request {
            principal,
            action,
            resource: resource.to_owned(),
            keys: [
                ("aws:principalarn", Some(self.arn.clone())),
                ("aws:principalaccount", Some(self.account.clone())),
                ("aws:sourcearn", None),
                ("aws:sourceaccount", None),
            ]
            .into(),
        }
    }

    /// As the principal that a resource's policy may name.
    pub(crate) fn principal(&self) -> Principal {
        Principal::Role {
            account: self.account.clone(),
            arn: self.arn.clone(),
        }
    }
}

async fn read(iam: &aws_sdk_iam::Client, arn: &str) -> Result<Option<Identity>> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let answer = iam.get_role().role_name(name).send().await;
    let Some(role) = answer.found("iam:GetRole")?.and_then(|answer| answer.role) else {
        return Ok(None);
    };
    // The same name under another path is another role.
    if role.arn() != arn {
        return Ok(None);
    }
    let boundary = role.permissions_boundary();
    let boundary = boundary.and_then(|it| it.permissions_boundary_arn().map(str::to_owned));
    let (mut policies, attached, bounds) = tokio::try_join!(
        inline(iam, name),
        attached(iam, name),
        try_join_all(boundary.clone().into_iter().map(|arn| managed(iam, arn))),
    )?;
    policies.extend(attached);
    Ok(Some(Identity {
        arn: arn.to_owned(),
        account: arn.split(':').nth(4).unwrap_or_default().to_owned(),
        trust: match role.assume_role_policy_document() {
            Some(trust) => Policy::parse(trust)?,
            None => Policy::default(),
        },
        policies,
        boundary: bounds.into_iter().next(),
        boundary_arn: boundary,
        tags: role
            .tags()
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    }))
}

async fn inline(iam: &aws_sdk_iam::Client, role: &str) -> Result<Vec<Policy>> {
    let mut pages = iam
        .list_role_policies()
        .role_name(role)
        .into_paginator()
        .send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page.call("iam:ListRolePolicies")?.policy_names);
    }
    try_join_all(names.into_iter().map(async |name| {
        let call = iam.get_role_policy().role_name(role).policy_name(name);
        let answer = call.send().await.call("iam:GetRolePolicy")?;
        Policy::parse(answer.policy_document())
    }))
    .await
}

async fn attached(iam: &aws_sdk_iam::Client, role: &str) -> Result<Vec<Policy>> {
    let call = iam.list_attached_role_policies().role_name(role);
    let mut pages = call.into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.call("iam:ListAttachedRolePolicies")?;
        arns.extend(
            page.attached_policies()
                .iter()
                .filter_map(|it| it.policy_arn.clone()),
        );
    }
    try_join_all(arns.into_iter().map(|arn| managed(iam, arn))).await
}

async fn managed(iam: &aws_sdk_iam::Client, arn: String) -> Result<Policy> {
    let answer = iam.get_policy().policy_arn(&arn).send().await;
    let answer = answer.call("iam:GetPolicy")?;
    let version = answer
        .policy()
        .and_then(|policy| policy.default_version_id());
    let call = iam.get_policy_version().policy_arn(&arn);
    let call = call.set_version_id(version.map(str::to_owned));
    let answer = call.send().await.call("iam:GetPolicyVersion")?;
    let document = answer
        .policy_version()
        .and_then(|version| version.document());
    let missing = || AwsError::incomplete("iam:GetPolicyVersion", "Document");
    Policy::parse(document.ok_or_else(missing)?)
}
