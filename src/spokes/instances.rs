//! The StackSet's instances: one stack in one account and region each.

use super::{Place, Spot};
use crate::aws::error::{AwsError, Call};
use crate::aws::late::patiently;
use crate::progress::Progress;
use anyhow::Result;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Organizational units that one call takes (CloudFormation API Reference, CreateStackInstances).
const UNITS_A_CALL: usize = 50;

/// Where an instance stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Instance {
    /// `CURRENT`, `OUTDATED` or `INOPERABLE`.
    pub(crate) status: String,
    /// AWS's finer word, `SUCCEEDED`, `FAILED`, `SKIPPED_SUSPENDED_ACCOUNT` and the like.
    pub(crate) detail: String,
    /// Why, when AWS says so.
    pub(crate) reason: Option<String>,
    /// The unit that it was made for.
    pub(crate) unit: String,
}

impl Instance {
    /// Whether the stack is as the StackSet says.
    pub(crate) fn is_current(&self) -> bool {
        self.status == "CURRENT"
    }

    /// Whether AWS left the account out because it is suspended.
    pub(crate) fn is_skipped(&self) -> bool {
        self.detail == "SKIPPED_SUSPENDED_ACCOUNT"
    }
}

/// Reads all instances.
pub(crate) async fn list(
    place: &Place<'_>,
    stack_set: &str,
) -> Result<BTreeMap<Spot, Instance>, AwsError> {
    let mut pages = place
        .aws
        .cloudformation
        .list_stack_instances()
        .stack_set_name(stack_set)
        .call_as(place.call_as.clone())
        .into_paginator()
        .items()
        .send();
    let mut all = BTreeMap::new();
    while let Some(summary) = pages.next().await {
        let summary = summary.call("cloudformation:ListStackInstances")?;
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let spot = Spot {
            account: text(summary.account()),
            region: text(summary.region()),
        };
        let detail = summary
            .stack_instance_status()
            .and_then(|status| status.detailed_status());
        let instance = Instance {
            status: text(summary.status().map(|status| status.as_str())),
            detail: text(detail.map(|detail| detail.as_str())),
            reason: summary.status_reason().map(str::to_owned),
            unit: text(summary.organizational_unit_id()),
        };
        all.insert(spot, instance);
    }
    Ok(all)
}

/// Something to do to the instances of some units, accounts and regions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) units: Vec<String>,
    /// Only these accounts of the units; all of them when empty.
    pub(crate) accounts: Vec<String>,
    pub(crate) regions: Vec<String>,
}

/// What to do to instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ChangeKind {
    Create,
    Update,
    Delete,
}

impl Change {
    /// The same in pieces that one call each can take.
    pub(crate) fn calls(&self) -> Vec<Self> {
        self.units
            .chunks(UNITS_A_CALL)
            .map(|units| Self {
                units: units.to_vec(),
                ..self.clone()
            })
            .collect()
    }

    /// Starts the operation and returns its id.
    pub(crate) async fn start(
        &self,
        place: &Place<'_>,
        stack_set: &str,
        progress: &Progress,
    ) -> Result<String, AwsError> {
        let operation = match self.kind {
            ChangeKind::Create => "cloudformation:CreateStackInstances",
            ChangeKind::Update => "cloudformation:UpdateStackInstances",
            ChangeKind::Delete => "cloudformation:DeleteStackInstances",
        };
        let id = patiently(progress, async || {
            self.send(place, stack_set, operation).await
        })
        .await?;
        id.ok_or_else(|| AwsError::incomplete(operation, "OperationId"))
    }

    async fn send(
        &self,
        place: &Place<'_>,
        stack_set: &str,
        operation: &'static str,
    ) -> Result<Option<String>, AwsError> {
        let client = &place.aws.cloudformation;
        let (targets, regions) = (self.targets(), Some(self.regions.clone()));
        let (call_as, preferences) = (place.call_as.clone(), super::operation::preferences());
        Ok(match self.kind {
            ChangeKind::Create => {
                let request = client.create_stack_instances().stack_set_name(stack_set);
                let request = request.deployment_targets(targets).set_regions(regions);
                let request = request.call_as(call_as).operation_preferences(preferences);
                request.send().await.call(operation)?.operation_id
            }
            ChangeKind::Update => {
                let request = client.update_stack_instances().stack_set_name(stack_set);
                let request = request.deployment_targets(targets).set_regions(regions);
                let request = request.call_as(call_as).operation_preferences(preferences);
                request.send().await.call(operation)?.operation_id
            }
            ChangeKind::Delete => {
                let request = client.delete_stack_instances().stack_set_name(stack_set);
                let request = request.deployment_targets(targets).set_regions(regions);
                let request = request.call_as(call_as).operation_preferences(preferences);
                let request = request.retain_stacks(false);
                request.send().await.call(operation)?.operation_id
            }
        })
    }

    fn targets(&self) -> sdk::DeploymentTargets {
        let targets =
            sdk::DeploymentTargets::builder().set_organizational_unit_ids(Some(self.units.clone()));
        if self.accounts.is_empty() {
            return targets.build();
        }
        targets
            .set_accounts(Some(self.accounts.clone()))
            .account_filter_type(sdk::AccountFilterType::Intersection)
            .build()
    }
}

/// The units, accounts and regions of some spots, each once and in order.
pub(crate) fn axes<'a>(spots: impl IntoIterator<Item = &'a Spot>) -> (Vec<String>, Vec<String>) {
    let (accounts, regions): (BTreeSet<_>, BTreeSet<_>) = spots
        .into_iter()
        .map(|spot| (spot.account.clone(), spot.region.clone()))
        .unzip();
    (
        accounts.into_iter().collect(),
        regions.into_iter().collect(),
    )
}
