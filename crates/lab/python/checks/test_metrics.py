"""CloudWatch: alarms, metrics and logs."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from .case import REGION, Case, client, eventually, lab, name


class Alarms(Case):
    """Alarms tell people when messages are left in a queue."""

    def test_a_full_queue_is_told(self) -> None:
        account = "222222222222"
        address = f"{name()}@example.com"
        sns = client("sns", account)
        topic = sns.create_topic(Name=name("topic"))["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
        lab("POST", "mail/confirm", {"address": address})
        url, queue = self.make_queue(account)
        alarm = name("alarm")
        client("cloudwatch", account).put_metric_alarm(
            AlarmName=alarm,
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=[{"Name": "QueueName", "Value": queue.split(":")[-1]}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
        )
        client("sqs", account).send_message(QueueUrl=url, MessageBody="lost")
        self.assertTrue(eventually(lambda: len(lab("GET", f"mail?address={address}")) == 2))
        mail = lab("GET", f"mail?address={address}")[1]
        self.assertIn("ALARM", mail["subject"])
        self.assertEqual(json.loads(mail["body"])["AlarmName"], alarm)


class Metrics(Case):
    """What CloudWatch tells of queues and functions."""

    account = "222222222222"

    def ask(self, *metrics: tuple[str, str, str, str, str], **more: Any) -> list[Any]:
        """The data points of some metrics in the last month, newest first."""
        queries = [
            {
                "Id": f"m{index}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": metric,
                        "Dimensions": [{"Name": key, "Value": value}],
                    },
                    "Period": 300,
                    "Stat": stat,
                },
            }
            for index, (namespace, metric, key, value, stat) in enumerate(metrics)
        ]
        now = datetime.now(timezone.utc)
        answer = client("cloudwatch", self.account).get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - timedelta(days=30),
            EndTime=now + timedelta(minutes=5),
            **more,
        )
        return [
            list(zip(found["Timestamps"], found["Values"], strict=True))
            for found in answer["MetricDataResults"]
        ]

    def test_what_waits_in_a_queue_has_an_age(self) -> None:
        url, arn = self.make_queue(self.account)
        queue = arn.split(":")[-1]
        age = ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue, "Maximum")
        depth = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, "Maximum")
        ages, depths = self.ask(age, depth)
        self.assertEqual((ages, [value for _, value in depths]), ([], [0]))
        client("sqs", self.account).send_message(QueueUrl=url, MessageBody="waits")
        place = {"account": self.account, "region": REGION, "queue": queue}
        self.assertEqual(lab("POST", "messages/age", {**place, "seconds": 1200}), 1)
        client("sqs", self.account).send_message(QueueUrl=url, MessageBody="newer")
        ages, depths = self.ask(age, depth)
        [(at, seconds)] = ages
        self.assertTrue(1200 <= seconds < 1260, seconds)
        self.assertEqual(at.timestamp() % 300, 0)
        self.assertLess(abs(at.timestamp() - time.time()), 600)
        self.assertEqual([value for _, value in depths], [2])
        # What was, CloudWatch still tells when the queue is empty.
        client("sqs", self.account).purge_queue(QueueUrl=url)
        ages, depths = self.ask(age, depth)
        self.assertGreaterEqual(ages[-1][1], 1200)
        self.assertEqual([value for _, value in depths], [0])

    def test_functions_tell_how_they_ended(self) -> None:
        function = self.make_function(self.account)["FunctionName"]
        named = ("FunctionName", function)
        counts = [("AWS/Lambda", metric, *named, "Sum") for metric in ("Invocations", "Errors")]
        self.assertEqual(self.ask(*counts), [[], []])
        client("lambda", self.account).invoke(FunctionName=function, Payload=b"{}")
        self.assertEqual([[v for _, v in found] for found in self.ask(*counts)], [[1], [0]])
        client("lambda", self.account).invoke(FunctionName=function, Payload=b'{"mode": "exit"}')
        sums = [sum(value for _, value in found) for found in self.ask(*counts)]
        self.assertEqual(sums, [2, 1])

    def test_what_was_put_is_told_too(self) -> None:
        metric = name("metric")
        now = time.time() // 300 * 300
        client("cloudwatch", self.account).put_metric_data(
            Namespace="Ours",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "Of", "Value": "this"}],
                    "Timestamp": datetime.fromtimestamp(now - ago, timezone.utc),
                    "Value": value,
                }
                for ago, value in ((0, 1), (299, 2), (300, 4), (86400 * 31, 8))
            ],
        )
        query = ("Ours", metric, "Of", "this", "Sum")
        [found] = self.ask(query, ScanBy="TimestampAscending")
        times = [at.timestamp() for at, _ in found]
        self.assertEqual((times, [value for _, value in found]), ([now - 300, now], [6, 1]))
        [newest_first] = self.ask(query)
        self.assertEqual(newest_first, found[::-1])
        [other] = self.ask(("Ours", metric, "Of", "that", "Sum"))
        self.assertEqual(other, [])


class Logs(Case):
    """What was logged, in pages."""

    def test_a_page_may_be_empty_and_not_the_last(self) -> None:
        logs = client("logs", "222222222222")
        group = name("group")
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
        now = int(time.time() * 1000)
        lines = [{"timestamp": now + number, "message": f"line {number}"} for number in range(3)]
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=lines)
        pages, more = [], {}
        while more is not None:
            page = logs.filter_log_events(logGroupName=group, limit=2, **more)
            pages.append([event["message"] for event in page["events"]])
            more = {"nextToken": page["nextToken"]} if page.get("nextToken") else None
        self.assertEqual(pages, [[], ["line 0", "line 1"], ["line 2"]])
        self.refused("ResourceNotFoundException", logs.filter_log_events, logGroupName=name("none"))

    def test_an_accounts_retention_policy_wins(self) -> None:
        logs = client("logs", "333333333333")
        old, new = name("group"), name("group")

        def shown(group: str) -> tuple[object, object]:
            found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
            return found.get("retentionInDays"), found.get("retentionPolicyName")

        def put(mode: str, days: object) -> None:
            document = json.dumps({"retentionInDays": days, "enforcementMode": mode})
            logs.put_account_policy(
                policyName="short", policyType="RETENTION_POLICY", policyDocument=document
            )

        logs.create_log_group(logGroupName=old)
        logs.put_retention_policy(logGroupName=old, retentionInDays=365)
        put("NEW_ONLY", 30)
        logs.create_log_group(logGroupName=new)
        self.assertEqual((shown(old), shown(new)), ((365, None), (30, "short")))
        put("RETROACTIVE", "NEVER_EXPIRE")
        logs.put_retention_policy(logGroupName=old, retentionInDays=7)
        self.assertEqual(shown(old), (None, "short"))
        logs.delete_account_policy(policyName="short", policyType="RETENTION_POLICY")
        self.assertEqual(shown(old), (7, None))
