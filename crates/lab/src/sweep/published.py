# AWS's published pattern "Monitor IAM root user activity", by the names that it has there: a hub in one account, and a
# StackSet that forwards to it. The management account makes it, and acts in the hub's as StackSets would.
import io
import json
import sys
import zipfile

import boto3

HUB, REGION, BUS = "222222222222", "eu-west-1", "hub-root-activity"
PERSON = "cloud-team@example.com"
PATTERN = json.dumps({
    "detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"],
    "detail": {"userIdentity": {"type": ["Root"]}},
})
CODE = """
import json, os
import boto3

def lambda_handler(event, context):
    topic = os.environ["SNSARN"]
    boto3.client("sns").publish(TopicArn=topic, Subject="root was used", Message=json.dumps(event))
"""
TEMPLATE = sys.argv[1]
# The lab takes an account's number for the access key of its administrator.
hub = boto3.Session(aws_access_key_id=HUB, aws_secret_access_key="lab", region_name=REGION)
management = boto3.Session(region_name=REGION)
organization = management.client("organizations").describe_organization()["Organization"]

sns = hub.client("sns")
topic = sns.create_topic(
    Name="monitor-root-user-api-calls",
    Attributes={"DisplayName": "AWS IAM Root User Activity Monitor", "KmsMasterKeyId": "alias/aws/sns"},
)["TopicArn"]
sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=PERSON)

iam = hub.client("iam")
trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = iam.create_role(
    RoleName="LambdaRootAPIMonitorRole",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)["Role"]["Arn"]
allowed = [
    {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": ["arn:aws:logs:*:*:*"]},
    {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["arn:aws:sns:*:*:*"]},
]
iam.put_role_policy(
    RoleName="LambdaRootAPIMonitorRole",
    PolicyName="LambdaRootAPIMonitorPolicy",
    PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allowed}),
)

package = io.BytesIO()
with zipfile.ZipFile(package, "w") as archive:
    archive.writestr("RootActivityLambda.py", CODE)
function = hub.client("lambda").create_function(
    FunctionName="root-activity-monitor",
    Role=role,
    Runtime="python3.8",
    Timeout=15,
    Handler="RootActivityLambda.lambda_handler",
    Code={"ZipFile": package.getvalue()},
    Environment={"Variables": {"SNSARN": topic}},
)["FunctionArn"]

events = hub.client("events")
events.create_event_bus(Name=BUS)
events.put_permission(
    EventBusName=BUS,
    Principal="*",
    Action="events:PutEvents",
    StatementId="OrganizationAccess",
    Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization["Id"]},
)
rule = events.put_rule(Name="hub-capture-root-activity", EventBusName=BUS, EventPattern=PATTERN)["RuleArn"]
hub.client("lambda").add_permission(
    FunctionName="root-activity-monitor",
    StatementId="AllowExecutionFromEvents",
    Action="lambda:InvokeFunction",
    Principal="events.amazonaws.com",
    SourceArn=rule,
)
events.put_targets(
    Rule="hub-capture-root-activity", EventBusName=BUS, Targets=[{"Id": "root-activity", "Arn": function}]
)

organizations = management.client("organizations")
root = organizations.get_paginator("list_roots").paginate().build_full_result()["Roots"][0]["Id"]
units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
cloudformation = management.client("cloudformation")
name = "root-activity-spokes"
cloudformation.create_stack_set(
    StackSetName=name,
    TemplateBody=TEMPLATE,
    Parameters=[{"ParameterKey": "HubAccount", "ParameterValue": HUB}],
    PermissionModel="SERVICE_MANAGED",
    AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
    Capabilities=["CAPABILITY_IAM"],
)
cloudformation.create_stack_instances(
    StackSetName=name,
    DeploymentTargets={"OrganizationalUnitIds": [unit["Id"] for unit in units]},
    Regions=[REGION],
)
