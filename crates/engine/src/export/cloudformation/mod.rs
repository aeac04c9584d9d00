//! The files for CloudFormation: a template of what is deployed, and the list of resources for a change set that imports
//! them into a stack. Pure.
//!
//! An import changes nothing of a resource, and each keeps it when it leaves the stack. Source: CloudFormation User Guide,
//! "Import AWS resources into a CloudFormation stack"; identifiers and properties as in the registry's schemas.

mod alarm;
mod hub;
mod parameters;
mod spokes;

use super::look::Look;
use super::{Exported, File, Made, packages};
use anyhow::{Context, Result};
use parameters::Parameters;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The parameter with the bucket of the functions' packages.
const BUCKET: &str = "PackagesBucket";

/// A resource of the template, and what it is in AWS.
struct Resource {
    logical_id: String,
    kind: &'static str,
    properties: Map<String, Value>,
    identifiers: BTreeMap<&'static str, String>,
}

impl Resource {
    /// What has no value is left out.
    fn new(
        logical_id: String,
        kind: &'static str,
        identifiers: &[(&'static str, &str)],
        properties: Value,
    ) -> Self {
        let properties = properties.as_object().cloned().unwrap_or_default();
        let set = properties.into_iter().filter(|(_, value)| !value.is_null());
        let identifiers = identifiers.iter();
        Self {
            logical_id,
            kind,
            properties: set.collect(),
            identifiers: identifiers
                .map(|(name, it)| (*name, (*it).to_owned()))
                .collect(),
        }
    }

    fn in_template(&self) -> (String, Value) {
        let resource = json!({
            "Type": self.kind,
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": self.properties,
        });
        (self.logical_id.clone(), resource)
    }

    fn to_import(&self) -> Value {
        json!({
            "ResourceType": self.kind,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": self.identifiers,
        })
    }
}

/// All files.
///
/// # Errors
/// When JSON cannot be written.
pub(super) fn files(look: &Look) -> Result<Made> {
    let mut parameters = Parameters::default();
    let mut resources = hub::resources(look, &mut parameters);
    resources.extend(look.spokes.iter().map(spokes::stack_set));
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("What rootwatch has deployed as \"{}\"", look.names.deployment),
        "Parameters": parameters.in_template(),
        "Resources": resources.iter().map(Resource::in_template).collect::<Map<String, Value>>(),
    });
    let to_import: Vec<Value> = resources.iter().map(Resource::to_import).collect();
    let to_import = written(&to_import.into())?;
    let mut files = vec![
        File::text("template.json", written(&without_nothing(template))?),
        File::beside("resources-to-import.json".into(), to_import.as_bytes()),
    ];
    files.extend(packages(look));
    let exported = |it: Resource| Exported {
        address: it.logical_id,
        identifiers: it.identifiers,
    };
    Ok(Made {
        files,
        resources: resources.into_iter().map(exported).collect(),
    })
}

/// Without parameters, where there are none: an empty section is none.
fn without_nothing(mut template: Value) -> Value {
    if let Some(all) = template.as_object_mut() {
        all.retain(|_, section| section.as_object().is_none_or(|it| !it.is_empty()));
    }
    template
}

fn written(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value).context("writing JSON")?;
    Ok(format!("{text}\n"))
}

/// Tags in the form of most resource types.
fn tags(tags: &BTreeMap<String, String>) -> Value {
    let tag = |(key, value)| json!({"Key": key, "Value": value});
    tags.iter().map(tag).collect()
}
