# What people do by hand, and what others own. Each line of standard input is a request, `{"endpoint": …, "account": …,
# "region": …, "work": …}`, and has a line of standard output for its answer: `done`, `missing` where there was nothing to do
# it with, or `denied`.
import json
import sys
import time

import boto3
from botocore.exceptions import ClientError

NAME = "rootwatch"
HUB, MANAGEMENT = "222222222222", "111111111111"
SPOKE_RULE = f"{NAME}-root-activity"
SESSION = boto3.Session()
# What AWS answers where the resource is not there.
MISSING = ("NotFound", "NoSuch", "NonExistent", "NotExist", "ResourceNotFoundException")
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")


class Place:
    def __init__(self, endpoint, account, region):
        self.account, self.region = account, region
        # The lab takes an account's number for the access key of its administrator.
        self._given = {
            "endpoint_url": endpoint,
            "region_name": region,
            "aws_access_key_id": account,
            "aws_secret_access_key": "lab",
        }

    def client(self, service):
        return SESSION.client(service, **self._given)

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def queue(self, name):
        return self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]

    def topic(self, name):
        return self.arn("sns", name)


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service):
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


# --- the hub ----------------------------------------------------------------------------


def bus_rule(name):
    return {"Name": name, "EventBusName": NAME}


def remove_targets(place, rule):
    events = place.client("events")
    bus = {key: value for key, value in rule.items() if key == "EventBusName"}
    found = events.list_targets_by_rule(Rule=rule["Name"], **bus)["Targets"]
    if found:
        events.remove_targets(Rule=rule["Name"], Ids=[it["Id"] for it in found], **bus)


def delete_rule(place, rule):
    remove_targets(place, rule)
    place.client("events").delete_rule(**rule)


def change_pattern(place, rule):
    events = place.client("events")
    found = events.describe_rule(**rule)
    pattern = found["EventPattern"].replace('"Root"', '"IAMUser"')
    events.put_rule(EventPattern=pattern, State=found["State"], **rule)


def mapping(place, queue):
    wanted = place.arn("sqs", f"{NAME}-{queue}")
    found = place.client("lambda").list_event_source_mappings(FunctionName=f"{NAME}-notifier")
    ids = [it["UUID"] for it in found["EventSourceMappings"] if it["EventSourceArn"] == wanted]
    return ids[0] if ids else None


def delete_mapping(place, queue):
    found = mapping(place, queue)
    if found is None:
        return False
    place.client("lambda").delete_event_source_mapping(UUID=found)
    # It is there for a moment longer.
    while mapping(place, queue):
        time.sleep(0.05)


def configure(place, **changes):
    place.client("lambda").update_function_configuration(FunctionName=f"{NAME}-notifier", **changes)


def role():
    return f"{NAME}-notifier-eu-west-1"


def set_queue(place, queue, **attributes):
    place.client("sqs").set_queue_attributes(
        QueueUrl=place.queue(f"{NAME}-{queue}"), Attributes=attributes
    )


def set_topic(place, topic, name, value):
    place.client("sns").set_topic_attributes(
        TopicArn=place.topic(f"{NAME}-{topic}"), AttributeName=name, AttributeValue=value
    )


def deny_topic(place, topic):
    arn = place.topic(f"{NAME}-{topic}")
    found = place.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    set_topic(place, topic, "Policy", found.replace('"Allow"', '"Deny"'))


def delete_alarms(place):
    found = place.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{NAME}-")["MetricAlarms"]
    if not found:
        return False
    names = sorted(alarm["AlarmName"] for alarm in found)[:3]
    place.client("cloudwatch").delete_alarms(AlarmNames=names)


def spoil_alarm(place):
    found = place.client("cloudwatch").describe_alarms(AlarmNames=[f"{NAME}-dead-letters"])
    if not found["MetricAlarms"]:
        return False
    alarm = found["MetricAlarms"][0]
    kept = (
        "AlarmName AlarmDescription ActionsEnabled AlarmActions MetricName Namespace Statistic Dimensions Period "
        "EvaluationPeriods Threshold ComparisonOperator TreatMissingData"
    )
    given = {key: alarm[key] for key in kept.split() if key in alarm}
    place.client("cloudwatch").put_metric_alarm(**(given | {"Threshold": 1000000.0}))


def log_group():
    return f"/aws/lambda/{NAME}-notifier"


HUB_WORK = {
    "disable-acts": lambda it: it.client("events").disable_rule(**bus_rule(f"{NAME}-acts")),
    "delete-acts": lambda it: delete_rule(it, bus_rule(f"{NAME}-acts")),
    "narrow-acts": lambda it: change_pattern(it, bus_rule(f"{NAME}-acts")),
    "untarget-acts": lambda it: remove_targets(it, bus_rule(f"{NAME}-acts")),
    "delete-acts-queue": lambda it: it.client("sqs").delete_queue(QueueUrl=it.queue(f"{NAME}-acts")),
    "close-acts-queue": lambda it: set_queue(it, "acts", Policy=""),
    "delete-acts-mapping": lambda it: delete_mapping(it, "acts"),
    "delete-function": lambda it: it.client("lambda").delete_function(FunctionName=f"{NAME}-notifier"),
    "delete-role-policy": lambda it: it.client("iam").delete_role_policy(
        RoleName=role(), PolicyName="notifier"
    ),
    "trust-another": lambda it: it.client("iam").update_assume_role_policy(
        RoleName=role(), PolicyDocument=trust("ec2.amazonaws.com")
    ),
    "close-bus": lambda it: it.client("events").remove_permission(
        EventBusName=NAME, RemoveAllPermissions=True
    ),
    "close-topic": lambda it: deny_topic(it, "alerts"),
    # From here on the path of an act stays whole.
    "delete-reads": lambda it: delete_rule(it, bus_rule(f"{NAME}-reads")),
    "disable-heartbeats": lambda it: it.client("events").disable_rule(**bus_rule(f"{NAME}-heartbeats")),
    "delete-tampering": lambda it: delete_rule(it, bus_rule(f"{NAME}-tampering")),
    "delete-hub-tampering": lambda it: delete_rule(it, {"Name": f"{NAME}-hub-urgent-tampering"}),
    "delete-reads-mapping": lambda it: delete_mapping(it, "reads"),
    "delete-reads-queue": lambda it: it.client("sqs").delete_queue(QueueUrl=it.queue(f"{NAME}-reads")),
    "delete-alarms": delete_alarms,
    "spoil-alarm": spoil_alarm,
    "delete-log": lambda it: it.client("logs").delete_log_group(logGroupName=log_group()),
    "keep-logs-a-day": lambda it: it.client("logs").put_retention_policy(
        logGroupName=log_group(), retentionInDays=1
    ),
    "shorten-function": lambda it: configure(it, Timeout=20),
    "set-variable": lambda it: configure(it, Environment={"Variables": {"RUST_LOG": "off"}}),
    "rename-topic": lambda it: set_topic(it, "health", "DisplayName", "changed"),
    "hide-acts": lambda it: set_queue(it, "acts", VisibilityTimeout="400"),
}

# --- a spoke ----------------------------------------------------------------------------


def forwarder(place):
    target = place.client("events").list_targets_by_rule(Rule=SPOKE_RULE)["Targets"][0]
    return target["RoleArn"].rsplit("/", 1)[-1]


def delete_spoke_queue(place):
    target = place.client("events").list_targets_by_rule(Rule=SPOKE_RULE)["Targets"][0]
    name = target["DeadLetterConfig"]["Arn"].rsplit(":", 1)[-1]
    place.client("sqs").delete_queue(QueueUrl=place.queue(name))


SPOKE_WORK = {
    "disable-rule": lambda it: it.client("events").disable_rule(Name=SPOKE_RULE),
    "narrow-rule": lambda it: change_pattern(it, {"Name": SPOKE_RULE}),
    "delete-rule": lambda it: delete_rule(it, {"Name": SPOKE_RULE}),
    "untarget-rule": lambda it: remove_targets(it, {"Name": SPOKE_RULE}),
    "forbid-forwarding": lambda it: it.client("iam").put_role_policy(
        RoleName=forwarder(it),
        PolicyName="forward-to-hub",
        PolicyDocument=policy({"Effect": "Deny", "Action": "events:*", "Resource": "*"}),
    ),
    # From here on the path of an act stays whole.
    "delete-spoke-queue": delete_spoke_queue,
    "delete-spoke-tampering": lambda it: delete_rule(it, {"Name": f"{NAME}-tampering"}),
}

# --- what others hang on the hub --------------------------------------------------------


def their_subscription(place):
    found = place.client("sns").list_subscriptions_by_topic(TopicArn=place.topic(f"{NAME}-alerts"))
    ours = [it for it in found["Subscriptions"] if it["Endpoint"] == place.arn("sqs", "siem")]
    return ours[0]["SubscriptionArn"] if ours else None


def end_subscription(place):
    found = their_subscription(place)
    if found is None:
        return False
    place.client("sns").unsubscribe(SubscriptionArn=found)


OTHERS_WORK = {
    "hang-rule": lambda it: it.client("events").put_rule(
        Name="siem", EventBusName=NAME, EventPattern='{"source": ["siem"]}'
    ),
    "take-rule": lambda it: it.client("events").delete_rule(Name="siem", EventBusName=NAME),
    "hang-subscription": lambda it: it.client("sns").subscribe(
        TopicArn=it.topic(f"{NAME}-alerts"), Protocol="sqs", Endpoint=it.arn("sqs", "siem")
    ),
    "take-subscription": end_subscription,
}

# --- what others own, with names like ours ----------------------------------------------


def plant_account(place):
    """In an account and region: what is named like a part of ours, and is not."""
    events, sqs = place.client("events"), place.client("sqs")
    url = sqs.create_queue(QueueName=f"{NAME}rs")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=f"{NAME}er", EventPattern='{"source": ["aws.ec2"]}')
    events.put_targets(Rule=f"{NAME}er", Targets=[{"Id": "theirs", "Arn": queue}])
    place.client("sns").create_topic(Name=f"{NAME}-cats")
    place.client("logs").create_log_group(logGroupName=f"/aws/lambda/{NAME}-cats")


def plant_hub(place):
    """In the hub's account: a bus, a queue and a topic for all of the organization, an alarm, a role, a user."""
    place.client("events").create_event_bus(Name=f"{NAME}s")
    place.client("sqs").create_queue(QueueName="siem")
    topic = place.client("sns").create_topic(Name="siem-alerts")["TopicArn"]
    place.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{NAME}ing",
        MetricName="NumberOfMessagesSent",
        Namespace="AWS/SQS",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    iam = place.client("iam")
    iam.create_role(RoleName=f"{NAME}-auditor", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    iam.put_role_policy(
        RoleName=f"{NAME}-auditor",
        PolicyName="read",
        PolicyDocument=policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}),
    )
    iam.create_user(UserName=f"{NAME}-night")


TEMPLATE = """
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: budget}
"""


def plant_management(place):
    """In the management account: a stack, a StackSet and a service control policy for everybody."""
    cloudformation = place.client("cloudformation")
    cloudformation.create_stack(StackName=f"{NAME}-budget", TemplateBody=TEMPLATE)
    name = f"{NAME}-spokes"
    cloudformation.create_stack_set(
        StackSetName=name,
        TemplateBody=TEMPLATE,
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
    )
    organizations = place.client("organizations")
    root = organizations.get_paginator("list_roots").paginate().build_full_result()["Roots"][0]["Id"]
    units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    security = next(unit["Id"] for unit in units if unit["Name"] == "Security")
    cloudformation.create_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": [security]},
        Regions=["us-east-1"],
    )
    theirs = organizations.create_policy(
        Name=f"{NAME}-guardrails",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=policy({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}),
    )["Policy"]["PolicySummary"]["Id"]
    workloads = next(unit["Id"] for unit in units if unit["Name"] == "Workloads")
    organizations.attach_policy(PolicyId=theirs, TargetId=workloads)


PLANTS = {
    "plant-account": plant_account,
    "plant-hub": plant_hub,
    "plant-management": plant_management,
}
WORK = HUB_WORK | SPOKE_WORK | OTHERS_WORK | PLANTS


def do(request):
    """What became of it."""
    place = Place(request["endpoint"], request["account"], request["region"])
    try:
        return "missing" if WORK[request["work"]](place) is False else "done"
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in DENIED:
            return "denied"
        if any(part in code for part in MISSING):
            return "missing"
        raise
    except IndexError:
        # A rule without a target.
        return "missing"


for line in sys.stdin:
    try:
        answer = {"done": do(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
