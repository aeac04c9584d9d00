use super::{WHOLE, files, text};
use crate::world::{Ran, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The identifiers that each type of the template is imported by, as the registry's schemas have them.
const IDENTIFIERS: [(&str, &[&str]); 14] = [
    ("AWS::CloudFormation::StackSet", &["StackSetId"]),
    ("AWS::CloudWatch::Alarm", &["AlarmName"]),
    ("AWS::Events::EventBus", &["Name"]),
    ("AWS::Events::Rule", &["Arn"]),
    ("AWS::IAM::Role", &["RoleName"]),
    ("AWS::Lambda::EventSourceMapping", &["Id"]),
    ("AWS::Lambda::Function", &["FunctionName"]),
    ("AWS::Lambda::Permission", &["FunctionName", "Id"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::SNS::Subscription", &["Arn"]),
    ("AWS::SNS::Topic", &["TopicArn"]),
    ("AWS::SNS::TopicInlinePolicy", &["TopicArn"]),
    ("AWS::SQS::Queue", &["QueueUrl"]),
    ("AWS::SQS::QueueInlinePolicy", &["Queue"]),
];

fn export(world: &World, folder: &Path) -> Ran {
    let folder = folder.to_str().unwrap();
    world
        .rootwatch(&["export", "cloudformation", folder])
        .ends_with(0)
}

fn json(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_str(&text(files, name)).unwrap()
}

#[test]
fn cloudformation_imports_every_resource_once_and_keeps_it() {
    let world = WHOLE.fork().calm();
    let folder = tempfile::tempdir().unwrap();
    export(&world, folder.path());
    let files = files(folder.path());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "resources-to-import.json",
            "rootwatch-notifier.zip",
            "rootwatch-selfcheck.zip",
            "template.json"
        ]
    );
    // CloudFormation API Reference, CreateChangeSet: 51,200 bytes in a call, and 1 MB from S3.
    let length = files["template.json"].len();
    assert!((51_200..1_000_000).contains(&length), "{length}");
    let template = json(&files, "template.json");
    let resources = template["Resources"].as_object().unwrap();
    let imports = json(&files, "resources-to-import.json");
    let imports = imports.as_array().unwrap();
    assert_eq!(imports.len(), resources.len());
    let identifiers: BTreeMap<&str, &[&str]> = IDENTIFIERS.into();
    for import in imports {
        let id = import["LogicalResourceId"].as_str().unwrap();
        let resource = &resources[id];
        let kind = resource["Type"].as_str().unwrap();
        assert_eq!(import["ResourceType"], kind);
        assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
        let found = import["ResourceIdentifier"].as_object().unwrap();
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, identifiers[kind], "{id}");
        assert!(
            found.values().all(|it| !it.as_str().unwrap().is_empty()),
            "{id}"
        );
    }
    // As many of each kind as the plan has.
    let plan = world.rootwatch(&["plan", "hub", "--output", "json"]).json();
    let steps = plan["steps"].as_array().unwrap();
    for (kind, of_template) in [
        ("alarm", "AWS::CloudWatch::Alarm"),
        ("event-bus", "AWS::Events::EventBus"),
        ("event-source-mapping", "AWS::Lambda::EventSourceMapping"),
        ("function", "AWS::Lambda::Function"),
        ("log-group", "AWS::Logs::LogGroup"),
        ("permission", "AWS::Lambda::Permission"),
        ("queue", "AWS::SQS::Queue"),
        ("queue", "AWS::SQS::QueueInlinePolicy"),
        ("role", "AWS::IAM::Role"),
        ("rule", "AWS::Events::Rule"),
        // Of each topic the person who was confirmed.
        ("topic", "AWS::SNS::Subscription"),
        ("topic", "AWS::SNS::Topic"),
        ("topic", "AWS::SNS::TopicInlinePolicy"),
    ] {
        let is_kind = |step: &&Value| {
            let resource = step["resource"].as_str().unwrap();
            resource.split(' ').next() == Some(kind)
        };
        let wanted = steps.iter().filter(is_kind).count();
        let found = resources
            .values()
            .filter(|it| it["Type"] == of_template)
            .count();
        assert!(
            wanted > 0 && found == wanted,
            "{of_template}: {found} of {wanted}"
        );
    }
    let spoke = &resources["SpokeStackSet"]["Properties"];
    let group = &spoke["StackInstancesGroup"][0];
    assert_eq!(
        group["Regions"],
        serde_json::json!(["eu-west-1", "us-east-1"])
    );
    assert!(
        !group["DeploymentTargets"]["OrganizationalUnitIds"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(
        spoke["TemplateBody"]
            .as_str()
            .unwrap()
            .contains("AWSTemplateFormatVersion")
    );
}

/// Set to 1 where cfn-lint is installed on purpose, as by `.ci/run`: the test fails without it then.
const REQUIRED: &str = "ROOTWATCH_REQUIRE_CFN_LINT";

#[test]
fn cfn_lint_has_nothing_to_say_of_the_template() {
    let is_there = Command::new("cfn-lint").arg("--version").output();
    let is_there = is_there.is_ok_and(|it| it.status.success());
    let is_required = std::env::var_os(REQUIRED).is_some_and(|value| value == "1");
    assert!(
        is_there || !is_required,
        "{REQUIRED} is 1, and there is no cfn-lint"
    );
    if !is_there {
        let line = b"skipped: cfn_lint_has_nothing_to_say_of_the_template: there is no cfn-lint\n";
        std::io::stderr().write_all(line).unwrap();
        return;
    }
    let world = WHOLE.fork().calm();
    let folder = tempfile::tempdir().unwrap();
    export(&world, folder.path());
    let template = folder.path().join("template.json");
    let linted = Command::new("cfn-lint").arg(&template).output().unwrap();
    let said = String::from_utf8_lossy(&linted.stdout).into_owned();
    assert!(
        linted.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&linted.stderr)
    );
    // It does look: a property that no type has is an error.
    let text = std::fs::read_to_string(&template).unwrap();
    std::fs::write(&template, text.replace("\"QueueName\"", "\"QueueNome\"")).unwrap();
    let linted = Command::new("cfn-lint").arg(&template).output().unwrap();
    assert!(!linted.status.success());
}
