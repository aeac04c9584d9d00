//! The StackSet itself: its template, parameters and settings.

use super::operation;
use super::preferences::Preferences;
use super::stack::{sdk_parameters, sdk_tags};
use super::{Location, Place};
use crate::aws::consistency::{read_until_consistent, retry_until_consistent};
use crate::aws::error::{AwsError, Call, gone};
use crate::aws::pages::next_page;
use crate::findings::FindingId;
use crate::findings::coverage as kinds;
use crate::id;
use crate::names::DEPLOYMENT_TAG;
use crate::plan::decide;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_cloudformation::primitives::DateTimeFormat;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A service-managed StackSet. A value is either the desired or the observed state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StackSet {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) auto_deployment: bool,
    pub(crate) capabilities: Vec<String>,
    pub(crate) description: String,
    pub(crate) managed_execution: bool,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) retain_stacks_on_account_removal: bool,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) template: String,
    /// Where it has instances, of one that was found.
    #[serde(skip)]
    pub(crate) regions: BTreeSet<String>,
    /// The units that it was deployed to, by id, of one that was found.
    #[serde(skip)]
    pub(crate) units: BTreeSet<String>,
    /// What the last drift detection found, of one for which drift was detected.
    #[serde(skip)]
    pub(crate) drift: Option<Drift>,
}

/// One stack instance, for an update that changes no stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Only {
    pub(crate) unit: String,
    pub(crate) location: Location,
}

impl Only {
    fn targets(&self) -> sdk::DeploymentTargets {
        sdk::DeploymentTargets::builder()
            .organizational_unit_ids(&self.unit)
            .accounts(&self.location.account)
            .account_filter_type(sdk::AccountFilterType::Intersection)
            .build()
    }
}

/// What CloudFormation's drift detection found: instances whose stack differs from the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drift {
    pub drifted: i32,
    pub instances: i32,
    /// When it was detected, in UTC.
    pub checked: String,
}

impl Drift {
    fn read(found: &sdk::StackSetDriftDetectionDetails) -> Option<Self> {
        let checked = found.last_drift_check_timestamp()?;
        Some(Self {
            drifted: found.drifted_stack_instances_count().unwrap_or_default(),
            instances: found.total_stack_instances_count().unwrap_or_default(),
            checked: checked.fmt(DateTimeFormat::DateTime).ok()?,
        })
    }

    /// As text.
    pub fn words(&self) -> String {
        format!(
            "drift: {} of {} stack instances, as detected at {}",
            self.drifted, self.instances, self.checked
        )
    }
}

/// What is wrong with a StackSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) id: FindingId,
    pub(crate) text: String,
    /// What fixes it.
    pub(crate) fix: String,
}

impl StackSet {
    /// Reads the StackSet of this name.
    pub(crate) async fn find(place: &Place<'_>, name: &str) -> Result<Option<Self>, AwsError> {
        let found = Self::find_with_id(place, name).await?;
        Ok(found.map(|(set, _)| set))
    }

    /// The same, with the id that AWS gave to it.
    pub(crate) async fn find_with_id(
        place: &Place<'_>,
        name: &str,
    ) -> Result<Option<(Self, String)>, AwsError> {
        let answer = read_until_consistent(async || {
            let call = place.aws.cloudformation.describe_stack_set();
            let call = call.stack_set_name(name).call_as(place.call_as.clone());
            call.send().await.found("cloudformation:DescribeStackSet")
        })
        .await?;
        Ok(answer
            .and_then(|answer| answer.stack_set)
            // A deleted set's name is free.
            .filter(|found| found.status() != Some(&sdk::StackSetStatus::Deleted))
            .map(|found| {
                let id = found.stack_set_id().unwrap_or_default().to_owned();
                (Self::read(name, &found), id)
            }))
    }

    /// Starts drift detection in all stack instances, side by side, and returns the operation's id. It changes nothing.
    pub(crate) async fn detect_drift(
        place: &Place<'_>,
        name: &str,
        preferences: &Preferences,
        patience: Duration,
        work: &Work,
    ) -> Result<String> {
        let send = async |id: &str| {
            let request = place.aws.cloudformation.detect_stack_set_drift();
            let request = request.stack_set_name(name).operation_id(id);
            let request = request.operation_preferences(preferences.to_sdk());
            let answer = request.call_as(place.call_as.clone()).send().await;
            let answer = answer.call("cloudformation:DetectStackSetDrift")?;
            Ok(answer.operation_id)
        };
        operation::start(Some(patience), work, send).await
    }

    /// What could keep an alert from the hub, or accounts that join later from being watched. Pure.
    ///
    /// Where it forwards to is compared only when it `is_known` where the hub is.
    pub(crate) fn faults(&self, wanted: &Self, is_known: bool) -> Vec<Fault> {
        let hub = |key: &str| wanted.parameters.get(key).map_or("", String::as_str);
        let turns = format!(
            "`rootwatch deploy spokes --hub-account {} --hub-region {}` fixes it",
            hub("HubAccountId"),
            hub("HubRegion")
        );
        let name = &self.name;
        let mut faults = Vec::new();
        let mut fault = |id, text, fix| faults.push(Fault { id, text, fix });
        if self.tags.get(DEPLOYMENT_TAG) != wanted.tags.get(DEPLOYMENT_TAG) {
            fault(
                kinds::STACK_SET_OF_OTHERS,
                format!("the StackSet {name} does not carry the tag of this deployment"),
                "it belongs to somebody else, unless `rootwatch deploy spokes --adopt` takes it over".into(),
            );
        }
        if !self.auto_deployment {
            fault(
                kinds::NO_AUTOMATIC_DEPLOYMENT,
                format!(
                    "automatic deployment of the StackSet {name} is off, so accounts that join later are not watched"
                ),
                "`rootwatch deploy spokes` fixes it".into(),
            );
        }
        for key in ["HubAccountId", "HubRegion", "HubBusName"] {
            let (found, meant) = (self.parameters.get(key), wanted.parameters.get(key));
            if is_known && found != meant {
                let word =
                    |value: Option<&String>| value.map_or("not set", String::as_str).to_owned();
                fault(
                    kinds::FORWARDS_ELSEWHERE,
                    format!(
                        "the StackSet {name} forwards elsewhere than to the hub: {key} is {}, not {}",
                        word(found),
                        word(meant)
                    ),
                    turns.clone(),
                );
            }
        }
        faults
    }

    fn read(name: &str, found: &sdk::StackSet) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let auto = found.auto_deployment();
        Self {
            name: name.to_owned(),
            auto_deployment: auto.and_then(|auto| auto.enabled()).unwrap_or_default(),
            capabilities: found
                .capabilities()
                .iter()
                .map(|capability| capability.as_str().to_owned())
                .collect(),
            description: text(found.description()),
            managed_execution: found
                .managed_execution()
                .and_then(|execution| execution.active())
                .unwrap_or_default(),
            parameters: found
                .parameters()
                .iter()
                .map(|it| (text(it.parameter_key()), text(it.parameter_value())))
                .collect(),
            retain_stacks_on_account_removal: auto
                .and_then(|auto| auto.retain_stacks_on_account_removal())
                .unwrap_or_default(),
            tags: found
                .tags()
                .iter()
                .map(|tag| (text(tag.key()), text(tag.value())))
                .collect(),
            template: text(found.template_body()),
            regions: found.regions().iter().cloned().collect(),
            units: found.organizational_unit_ids().iter().cloned().collect(),
            drift: found
                .stack_set_drift_detection_details()
                .and_then(Drift::read),
        }
    }

    /// The regions that new accounts of each organizational unit are deployed to.
    pub(crate) async fn auto_deployment_targets(
        place: &Place<'_>,
        name: &str,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, AwsError> {
        const OPERATION: &str = "cloudformation:ListStackSetAutoDeploymentTargets";
        let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut next = None;
        loop {
            let page = place
                .aws
                .cloudformation
                .list_stack_set_auto_deployment_targets()
                .stack_set_name(name)
                .call_as(place.call_as.clone())
                .set_next_token(next.clone())
                .send()
                .await
                .call(OPERATION)?;
            for summary in page.summaries() {
                let unit = summary.organizational_unit_id().unwrap_or_default();
                let regions = targets.entry(unit.to_owned()).or_default();
                regions.extend(summary.regions().iter().cloned());
            }
            next = next_page(OPERATION, next.as_deref(), page.next_token)?;
            if next.is_none() {
                return Ok(targets);
            }
        }
    }

    /// Creates it, without instances. The token tells CloudFormation that a repeated call is the same one; where it
    /// says nevertheless that there is one, it is ours if it is what we make.
    pub(crate) async fn create(&self, place: &Place<'_>, work: &Work) -> Result<()> {
        let token = id::random()?;
        let create = async || self.send_create(place, &token).await;
        match retry_until_consistent(work, create).await {
            Err(error) if error.already_exists() => {
                let found = Self::find(place, &self.name).await?;
                let is_ours = |found: &Self| !decide(self, Some(found)).is_change();
                found.filter(is_ours).map(|_| ()).ok_or(error.into())
            }
            created => Ok(created?),
        }
    }

    async fn send_create(&self, place: &Place<'_>, token: &str) -> Result<(), AwsError> {
        place
            .aws
            .cloudformation
            .create_stack_set()
            .client_request_token(token)
            .stack_set_name(&self.name)
            .call_as(place.call_as.clone())
            .permission_model(sdk::PermissionModels::ServiceManaged)
            .auto_deployment(self.sdk_auto_deployment())
            .set_capabilities(Some(self.sdk_capabilities()))
            .description(&self.description)
            .managed_execution(self.sdk_managed_execution())
            .set_parameters(Some(sdk_parameters(&self.parameters)))
            .set_tags(Some(sdk_tags(&self.tags)))
            .template_body(&self.template)
            .send()
            .await
            .call("cloudformation:CreateStackSet")?;
        Ok(())
    }

    /// Sets everything, which also updates every instance, or only that of `only` where no stack changes by it
    /// (CloudFormation API Reference, UpdateStackSet, DeploymentTargets). Returns the operation's id.
    pub(crate) async fn update(
        &self,
        place: &Place<'_>,
        only: Option<&Only>,
        preferences: &Preferences,
        patience: Option<Duration>,
        work: &Work,
    ) -> Result<String> {
        let send = async |id: &str| self.send_update(place, only, preferences, id).await;
        operation::start(patience, work, send).await
    }

    async fn send_update(
        &self,
        place: &Place<'_>,
        only: Option<&Only>,
        preferences: &Preferences,
        id: &str,
    ) -> Result<Option<String>, AwsError> {
        let answer = place
            .aws
            .cloudformation
            .update_stack_set()
            .stack_set_name(&self.name)
            .operation_id(id)
            .call_as(place.call_as.clone())
            .permission_model(sdk::PermissionModels::ServiceManaged)
            .auto_deployment(self.sdk_auto_deployment())
            .set_capabilities(Some(self.sdk_capabilities()))
            .description(&self.description)
            .managed_execution(self.sdk_managed_execution())
            .operation_preferences(preferences.to_sdk())
            .set_parameters(Some(sdk_parameters(&self.parameters)))
            .set_tags(Some(sdk_tags(&self.tags)))
            .template_body(&self.template)
            .set_deployment_targets(only.map(Only::targets))
            .set_regions(only.map(|only| vec![only.location.region.clone()]))
            .send()
            .await
            .call("cloudformation:UpdateStackSet")?;
        Ok(answer.operation_id)
    }

    /// Removes the empty set.
    pub(crate) async fn delete(place: &Place<'_>, name: &str, work: &Work) -> Result<(), AwsError> {
        let answer = retry_until_consistent(work, async || {
            let call = place.aws.cloudformation.delete_stack_set();
            let call = call.stack_set_name(name).call_as(place.call_as.clone());
            call.send().await.call("cloudformation:DeleteStackSet")
        });
        gone(answer.await)
    }

    fn sdk_auto_deployment(&self) -> sdk::AutoDeployment {
        sdk::AutoDeployment::builder()
            .enabled(self.auto_deployment)
            .retain_stacks_on_account_removal(self.retain_stacks_on_account_removal)
            .build()
    }

    fn sdk_capabilities(&self) -> Vec<sdk::Capability> {
        self.capabilities
            .iter()
            .map(|capability| sdk::Capability::from(capability.as_str()))
            .collect()
    }

    fn sdk_managed_execution(&self) -> sdk::ManagedExecution {
        sdk::ManagedExecution::builder()
            .active(self.managed_execution)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> StackSet {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        StackSet {
            name: "rootwatch-spoke".into(),
            auto_deployment: true,
            capabilities: Vec::new(),
            description: String::new(),
            managed_execution: true,
            parameters: [
                pair("HubAccountId", "1"),
                pair("HubBusName", "rootwatch"),
                pair("HubRegion", "eu-west-1"),
            ]
            .into(),
            retain_stacks_on_account_removal: false,
            tags: [pair(DEPLOYMENT_TAG, "rootwatch")].into(),
            template: String::new(),
            regions: BTreeSet::new(),
            units: BTreeSet::new(),
            drift: None,
        }
    }

    #[test]
    fn a_set_that_forwards_elsewhere_or_stands_still_is_at_fault() {
        let mut found = set();
        assert_eq!(found.faults(&set(), true), Vec::new());
        found
            .parameters
            .insert("HubRegion".into(), "us-east-1".into());
        assert_eq!(found.faults(&set(), false), Vec::new());
        found.parameters.remove("HubAccountId");
        found.auto_deployment = false;
        found.tags.clear();
        let faults = found.faults(&set(), true).into_iter();
        let faults: Vec<String> = faults
            .map(|it| format!("{} {}: {}", it.id, it.text, it.fix))
            .collect();
        insta::assert_snapshot!(faults.join("\n"), @r"
        RW310 the StackSet rootwatch-spoke does not carry the tag of this deployment: it belongs to somebody else, unless `rootwatch deploy spokes --adopt` takes it over
        RW311 automatic deployment of the StackSet rootwatch-spoke is off, so accounts that join later are not watched: `rootwatch deploy spokes` fixes it
        RW312 the StackSet rootwatch-spoke forwards elsewhere than to the hub: HubAccountId is not set, not 1: `rootwatch deploy spokes --hub-account 1 --hub-region eu-west-1` fixes it
        RW312 the StackSet rootwatch-spoke forwards elsewhere than to the hub: HubRegion is us-east-1, not eu-west-1: `rootwatch deploy spokes --hub-account 1 --hub-region eu-west-1` fixes it
        ");
    }
}
