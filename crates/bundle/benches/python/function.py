"""What the published reference tells people: the event as JSON, by SNS. Written anew for the benchmark."""

import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    subject = f"Root user activity in {event['detail']['userIdentity']['accountId']}"
    answer = sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=subject,
        Message=json.dumps(event),
    )
    return {"published": answer["MessageId"]}
