//! The StackSet and its instances as one CloudFormation resource. Pure.

use super::{Resource, tags};
use crate::export::look::Spokes;
use serde_json::json;

/// The StackSet, with the units and regions of its instances.
pub(super) fn stack_set(spokes: &Spokes) -> Resource {
    let set = &spokes.set;
    let parameter = |(key, value)| json!({"ParameterKey": key, "ParameterValue": value});
    let parameters: Vec<_> = set.parameters.iter().map(parameter).collect();
    let mut deployment = json!({"Enabled": set.auto_deployment});
    if set.auto_deployment {
        deployment["RetainStacksOnAccountRemoval"] = json!(set.retain_stacks_on_account_removal);
    }
    let group = json!({
        "DeploymentTargets": {"OrganizationalUnitIds": spokes.units},
        "Regions": spokes.regions,
    });
    let groups = (!spokes.units.is_empty()).then(|| vec![group]);
    let properties = json!({
        "StackSetName": set.name,
        "Description": set.description,
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": spokes.call_as.as_str(),
        "AutoDeployment": deployment,
        "ManagedExecution": {"Active": set.managed_execution},
        "Capabilities": set.capabilities,
        "Parameters": parameters,
        "StackInstancesGroup": groups,
        "TemplateBody": set.template,
        "Tags": tags(&set.tags),
    });
    let identifiers = [("StackSetId", spokes.id.as_str())];
    Resource::new(
        "SpokeStackSet".into(),
        "AWS::CloudFormation::StackSet",
        &identifiers,
        properties,
    )
}
