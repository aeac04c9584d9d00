//! The StackSet and its instances as the provider has them. Pure.

use super::hcl::{Body, Expression};
use super::{Resource, ignoring};
use crate::export::File;
use crate::export::look::Spokes;
use serde_json::json;

const LABEL: &str = "spoke";
/// The spokes' template as a file.
const TEMPLATE: &str = "spoke.yaml";

/// The spokes' template as it is deployed.
pub(super) fn template(spokes: &Spokes) -> File {
    File::beside(TEMPLATE.into(), spokes.set.template.as_bytes())
}

/// The StackSet; and its instances, where it has some.
pub(super) fn resources(spokes: &Spokes) -> Vec<Resource> {
    let mut all = vec![stack_set(spokes)];
    if !spokes.units.is_empty() {
        all.push(instances(spokes));
    }
    all
}

fn stack_set(spokes: &Spokes) -> Resource {
    let (set, call_as) = (&spokes.set, spokes.call_as.as_str());
    let deployment = Body::default()
        .set("enabled", json!(set.auto_deployment))
        .set(
            "retain_stacks_on_account_removal",
            json!(set.retain_stacks_on_account_removal),
        );
    let execution = Body::default().set("active", json!(set.managed_execution));
    let body = Body::default()
        .set("name", json!(set.name))
        .set("description", json!(set.description))
        .set("permission_model", json!("SERVICE_MANAGED"))
        .set("call_as", json!(call_as))
        .set("capabilities", json!(set.capabilities))
        .set("parameters", json!(set.parameters))
        .set(
            "template_body",
            Expression::code(format!("file(\"${{path.module}}/{TEMPLATE}\")")),
        )
        .set("tags", json!(set.tags))
        .block("auto_deployment", deployment)
        .block("managed_execution", execution);
    let body = ignoring(
        body,
        "AWS names a role of its own, which no StackSet of an organization can be given.",
        &["administration_role_arn"],
    );
    Resource {
        kind: "aws_cloudformation_stack_set",
        label: LABEL.to_owned(),
        body,
        id: format!("{},{call_as}", set.name),
    }
}

fn instances(spokes: &Spokes) -> Resource {
    let call_as = spokes.call_as.as_str();
    let targets = Body::default().set("organizational_unit_ids", json!(spokes.units));
    let body = Body::default()
        .set(
            "stack_set_name",
            Expression::code(format!("aws_cloudformation_stack_set.{LABEL}.name")),
        )
        .set("call_as", json!(call_as))
        .set("regions", json!(spokes.regions))
        .block("deployment_targets", targets);
    let lifecycle = Body::default()
        .set("prevent_destroy", json!(true))
        .comment("The provider does not read the units back, and could not remove the instances by them.")
        .set("ignore_changes", Expression::List(vec![
            Expression::code("deployment_targets"),
            Expression::code("retain_stacks"),
        ]));
    Resource {
        kind: "aws_cloudformation_stack_instances",
        label: LABEL.to_owned(),
        body: body.block("lifecycle", lifecycle),
        id: format!("{},{call_as},OU", spokes.set.name),
    }
}
