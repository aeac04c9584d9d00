//! The files for Terraform: what is deployed as HCL, and an `import` block for each resource of it. Pure.
//!
//! A `terraform plan` of them has nothing to add, to change or to destroy: an argument that the provider does not read back
//! when it imports is ignored, and says why. Source: the provider's schema and documentation, version 5.100.

mod address;
mod alarm;
mod hcl;
mod hub;
mod spokes;

use super::look::Look;
use super::{Exported, File, Made, packages};
use hcl::{Body, Expression};

/// The provider's versions that these files are for.
const PROVIDER: &str = "~> 5.100";
/// The first Terraform with `import` blocks.
const TERRAFORM: &str = ">= 1.5";

/// A resource of the configuration, and what it is in AWS.
struct Resource {
    kind: &'static str,
    label: String,
    body: Body,
    /// By what the provider finds it.
    id: String,
}

impl Resource {
    fn address(&self) -> String {
        format!("{}.{}", self.kind, self.label)
    }

    /// The block that takes it over.
    fn import(&self) -> String {
        let body = Body::default()
            .set("to", Expression::code(self.address()))
            .set("id", Expression::Text(self.id.clone()));
        hcl::block("import", &[], &body)
    }

    fn text(&self) -> String {
        hcl::block("resource", &[self.kind, &self.label], &self.body)
    }
}

/// Arguments that are not compared.
fn ignoring(body: Body, why: &'static str, arguments: &[&str]) -> Body {
    let all = arguments.iter().map(|it| Expression::code(*it)).collect();
    let lifecycle = Body::default()
        .comment(why)
        .set("ignore_changes", Expression::List(all));
    body.block("lifecycle", lifecycle)
}

/// All files.
pub(super) fn files(look: &Look) -> Made {
    let hub = hub::resources(look);
    let spokes = look.spokes.as_ref().map(spokes::resources);
    let spokes = spokes.unwrap_or_default();
    let mut files = vec![File::text("versions.tf", versions(look))];
    for (name, resources) in [("hub.tf", &hub), ("spokes.tf", &spokes)] {
        if !resources.is_empty() {
            files.push(File::text(
                name,
                joined(resources.iter().map(Resource::text)),
            ));
        }
    }
    let all = || hub.iter().chain(&spokes);
    files.push(File::text(
        "imports.tf",
        joined(all().map(Resource::import)),
    ));
    files.extend(packages(look));
    let template = look.spokes.iter().map(spokes::template);
    files.extend(template);
    let exported = |it: &Resource| Exported {
        address: it.address(),
        identifiers: [("id", it.id.clone())].into(),
    };
    Made {
        files,
        resources: all().map(exported).collect(),
    }
}

fn joined(blocks: impl Iterator<Item = String>) -> String {
    blocks.collect::<Vec<String>>().join("\n")
}

fn versions(look: &Look) -> String {
    let names = &look.names;
    let aws = serde_json::json!({"source": "hashicorp/aws", "version": PROVIDER});
    let providers = Body::default().set("aws", aws);
    let terraform = Body::default()
        .set("required_version", Expression::Text(TERRAFORM.to_owned()))
        .block("required_providers", providers);
    let provider = Body::default()
        .set("region", Expression::Text(names.region.clone()))
        .set("allowed_account_ids", serde_json::json!([names.account]));
    let blocks = [
        hcl::block("terraform", &[], &terraform),
        hcl::block("provider", &["aws"], &provider),
    ];
    let (deployment, account, region) = (&names.deployment, &names.account, &names.region);
    let heading = format!(
        "# What rootwatch has deployed as \"{deployment}\" in account {account}, region {region}: `terraform plan` shows\n# imports and nothing else. The comments in it say what is not compared, and why.\n\n"
    );
    heading + &joined(blocks.into_iter())
}
