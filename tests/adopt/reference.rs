//! AWS's published pattern "Monitor IAM root user activity", with the names and shapes that its Terraform and its
//! template give it, made by plain SDK calls. Written for these tests.

use crate::world::{REGION, World};
use aws_sdk_cloudformation::types as cfn;
use std::future::Future;
use std::io::Write;
use std::time::Duration;

pub(crate) const TOPIC: &str = "monitor-root-user-api-calls";
pub(crate) const STACK_SET: &str = "root-activity-spokes";
/// Who receives the old topic.
pub(crate) const OLD_PERSON: &str = "cloud-team@example.com";

const PATTERN: &str = r#"{
  "detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"],
  "detail": {"userIdentity": {"type": ["Root"]}}
}"#;

/// Tells people the event as JSON, and takes an error for a success.
const FUNCTION: &str = r#"
import json, os
import boto3
sns = boto3.client("sns")

def lambda_handler(event, context):
    try:
        sns.publish(TopicArn=os.environ["SNSARN"], Subject="root was used", Message=json.dumps(event))
    except Exception as error:
        print(error)
"#;

pub(crate) const TEMPLATE: &str = include_str!("../../crates/lab/src/sweep/published.yaml");

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// Makes all of it: in the hub account, and in the accounts of these units in these regions.
pub(crate) fn build(world: &World, units: &[&str], regions: &[&str]) {
    block_on(async {
        build_hub(world).await;
        build_spokes(world, REGION, TEMPLATE, units, regions).await;
    });
    settle(world, &[OLD_PERSON]);
}

/// People follow the links in their mails, and the StackSet is deployed.
pub(crate) fn settle(world: &World, people: &[&str]) {
    for person in people {
        world.lab.confirm_subscription(person).unwrap();
    }
    world.lab.wait_idle(Duration::from_secs(20)).unwrap();
}

/// The hub's part alone.
pub(crate) async fn build_hub(world: &World) {
    let config = world.sdk(&world.organization.hub, REGION);
    build_role(&config).await;
    build_hub_in(world, REGION, OLD_PERSON).await;
}

/// The same in another region, with its own topic; the role is there.
pub(crate) async fn build_hub_in(world: &World, region: &str, person: &str) {
    let hub = &world.organization.hub;
    let config = world.sdk(hub, region);
    let topic = build_topic(&config, person).await;
    let role = format!("arn:aws:iam::{hub}:role/LambdaRootAPIMonitorRole");
    let function = build_function(&config, &role, &topic).await;
    build_bus(world, &config, &function).await;
}

async fn build_topic(config: &aws_config::SdkConfig, person: &str) -> String {
    let sns = aws_sdk_sns::Client::new(config);
    let call = sns
        .create_topic()
        .name(TOPIC)
        .attributes("DisplayName", "AWS IAM Root User Activity Monitor")
        .attributes("KmsMasterKeyId", "alias/aws/sns");
    let topic = call.send().await.unwrap().topic_arn.unwrap();
    let call = sns.subscribe().topic_arn(&topic).protocol("email");
    call.endpoint(person).send().await.unwrap();
    topic
}

async fn build_role(config: &aws_config::SdkConfig) {
    let iam = aws_sdk_iam::Client::new(config);
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    let call = iam.create_role().role_name("LambdaRootAPIMonitorRole");
    let answer = call.assume_role_policy_document(trust).send().await;
    answer.unwrap();
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": ["arn:aws:logs:*:*:*"]},
        {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["arn:aws:sns:*:*:*"]}]}"#;
    let call = iam.put_role_policy().role_name("LambdaRootAPIMonitorRole");
    let call = call.policy_name("LambdaRootAPIMonitorPolicy");
    call.policy_document(policy).send().await.unwrap();
}

async fn build_function(config: &aws_config::SdkConfig, role: &str, topic: &str) -> String {
    let lambda = aws_sdk_lambda::Client::new(config);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("RootActivityLambda.py", options).unwrap();
    zip.write_all(FUNCTION.as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let code = aws_sdk_lambda::types::FunctionCode::builder();
    let code = code.zip_file(aws_sdk_lambda::primitives::Blob::new(zip));
    let variables = aws_sdk_lambda::types::Environment::builder().variables("SNSARN", topic);
    let call = lambda
        .create_function()
        .function_name("root-activity-monitor");
    let call = call.role(role).runtime("python3.8".into()).timeout(15);
    let call = call.handler("RootActivityLambda.lambda_handler");
    let call = call.code(code.build()).environment(variables.build());
    let answer = call.send().await.unwrap();
    answer.function_arn.unwrap()
}

async fn build_bus(world: &World, config: &aws_config::SdkConfig, function: &str) {
    let events = aws_sdk_eventbridge::Client::new(config);
    let bus = "hub-root-activity";
    events.create_event_bus().name(bus).send().await.unwrap();
    let condition = aws_sdk_eventbridge::types::Condition::builder()
        .key("aws:PrincipalOrgID")
        .r#type("StringEquals")
        .value(&world.organization.id);
    let call = events.put_permission().event_bus_name(bus).principal("*");
    let call = call.action("events:PutEvents");
    let call = call.statement_id("OrganizationAccess");
    let call = call.condition(condition.build().unwrap());
    call.send().await.unwrap();
    let call = events.put_rule().name("hub-capture-root-activity");
    let call = call.event_bus_name(bus).event_pattern(PATTERN);
    let rule = call.send().await.unwrap().rule_arn.unwrap();
    let lambda = aws_sdk_lambda::Client::new(config);
    let call = lambda
        .add_permission()
        .function_name("root-activity-monitor");
    let call = call.statement_id("AllowExecutionFromEvents");
    let call = call
        .action("lambda:InvokeFunction")
        .principal("events.amazonaws.com");
    call.source_arn(rule).send().await.unwrap();
    let target = aws_sdk_eventbridge::types::Target::builder();
    let target = target.id("root-activity").arn(function).build().unwrap();
    let call = events.put_targets().rule("hub-capture-root-activity");
    let answer = call.event_bus_name(bus).targets(target).send().await;
    assert_eq!(answer.unwrap().failed_entry_count, 0);
}

/// The StackSet, administered in a region of its own.
pub(crate) async fn build_spokes(
    world: &World,
    region: &str,
    template: &str,
    units: &[&str],
    regions: &[&str],
) {
    let management = world.sdk(&world.organization.management, region);
    let cloudformation = aws_sdk_cloudformation::Client::new(&management);
    let call = cloudformation.create_stack_set().stack_set_name(STACK_SET);
    let hub = cfn::Parameter::builder()
        .parameter_key("HubAccount")
        .parameter_value(&world.organization.hub);
    let auto = cfn::AutoDeployment::builder()
        .enabled(true)
        .retain_stacks_on_account_removal(false);
    let call = call.template_body(template).parameters(hub.build());
    let call = call.permission_model(cfn::PermissionModels::ServiceManaged);
    let call = call
        .auto_deployment(auto.build())
        .capabilities(cfn::Capability::CapabilityIam);
    call.send().await.unwrap();
    let ids = units
        .iter()
        .map(|path| world.organization.ou(path).unwrap().id.clone());
    let targets = cfn::DeploymentTargets::builder();
    let targets = targets.set_organizational_unit_ids(Some(ids.collect()));
    let call = cloudformation
        .create_stack_instances()
        .stack_set_name(STACK_SET);
    let regions = regions.iter().map(|it| (*it).to_owned()).collect();
    let call = call
        .deployment_targets(targets.build())
        .set_regions(Some(regions));
    call.send().await.unwrap();
}
