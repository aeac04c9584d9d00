import boto3

TAG = "rootwatch:test-until"
sqs, events = boto3.client("sqs"), boto3.client("events")
for url in sqs.list_queues(QueueNamePrefix="rootwatch-test-").get("QueueUrls", []):
    sqs.tag_queue(QueueUrl=url, Tags={TAG: "1"})
for bus in events.list_event_buses()["EventBuses"]:
    for rule in events.list_rules(EventBusName=bus["Name"], NamePrefix="rootwatch-test-")["Rules"]:
        events.tag_resource(ResourceARN=rule["Arn"], Tags=[{"Key": TAG, "Value": "1"}])
