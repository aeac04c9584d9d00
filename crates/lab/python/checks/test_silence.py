"""Properties that silence a resource on AWS silence it here."""

from __future__ import annotations

import json
from typing import Any

from .case import Case, allow, client, eventually, lab, name, runs

_ACCOUNT = "222222222222"
_ALONE = {"Version": "2012-10-17", "Id": "key"}


def key_policy(*services: str) -> str:
    """The policy of a key that these services may use, and the account."""
    owner = {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}
    statements = [{"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"}]
    for service in services:
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
                "Resource": "*",
            }
        )
    return json.dumps({**_ALONE, "Statement": statements})


class Silence(Case):
    """What is sent does not arrive, and whose fault it is."""

    def setUp(self) -> None:
        super().setUp()
        self.events, self.sqs = client("events", _ACCOUNT), client("sqs", _ACCOUNT)
        self.sns, self.kms = client("sns", _ACCOUNT), client("kms", _ACCOUNT)
        self.source = name("source")

    def make_rule(self, arn: str, bus: str = "default", **more: Any) -> str:
        """A rule that sends what this test puts to a target."""
        rule = name("rule")
        pattern = json.dumps({"source": [self.source]})
        self.events.put_rule(Name=rule, EventBusName=bus, EventPattern=pattern)
        self.events.put_targets(
            Rule=rule, EventBusName=bus, Targets=[{"Id": "t", "Arn": arn, **more}]
        )
        return rule

    def put(self, detail: str = "{}", bus: str = "default") -> None:
        """An event, and all that comes of it."""
        entry = {
            "Source": self.source,
            "DetailType": "d",
            "Detail": detail,
            "EventBusName": bus,
        }
        answer = self.events.put_events(Entries=[entry])
        self.assertEqual(answer["FailedEntryCount"], 0, answer)
        eventually(lambda: lab("GET", "idle"))

    def attributes_of(self, url: str) -> dict[str, str]:
        """A queue's attributes."""
        return dict(
            self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        )

    def test_a_queue_under_the_managed_key_takes_nothing_of_services(self) -> None:
        url, queue = self.open_queue(_ACCOUNT)
        _, dead = self.open_queue(_ACCOUNT)
        topic = self.sns.create_topic(Name=name("topic"))["TopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        self.make_rule(queue, DeadLetterConfig={"Arn": dead})
        managed = {"KmsMasterKeyId": "alias/aws/sqs"}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=managed)
        self.assertEqual(self.attributes_of(url)["SqsManagedSseEnabled"], "false")
        self.put()
        self.sns.publish(TopicArn=topic, Message="m")
        eventually(lambda: lab("GET", "idle"))
        self.assertEqual((len(self.bodies(queue)), len(self.bodies(dead))), (0, 1))
        self.assertEqual(self.attributes(dead)[0]["ERROR_CODE"], "NO_PERMISSIONS")
        # The account's own principals may.
        self.sqs.send_message(QueueUrl=url, MessageBody="mine")
        self.assertEqual(self.bodies(queue), ["mine"])

    def test_one_encryption_ends_the_other(self) -> None:
        url, _ = self.make_queue(_ACCOUNT, KmsMasterKeyId="alias/aws/sqs")
        self.assertEqual(self.attributes_of(url)["SqsManagedSseEnabled"], "false")
        on = {"SqsManagedSseEnabled": "true"}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=on)
        self.assertNotIn("KmsMasterKeyId", self.attributes_of(url))
        self.assertEqual(self.attributes_of(url)["SqsManagedSseEnabled"], "true")
        both = {**on, "KmsMasterKeyId": "alias/aws/sqs"}
        said = self.refused(
            "InvalidAttributeValue", self.sqs.set_queue_attributes, QueueUrl=url, Attributes=both
        )
        self.assertIn("one type of server-side encryption", said)
        off = {"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/aws/sqs"}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=off)
        self.assertEqual(self.attributes_of(url)["KmsMasterKeyId"], "alias/aws/sqs")

    def test_a_key_of_ones_own_serves_whom_its_policy_names(self) -> None:
        key = self.kms.create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
        url, queue = self.open_queue(_ACCOUNT)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
        self.make_rule(queue)
        self.put()
        self.assertEqual(self.bodies(queue), [])
        policy = key_policy("events.amazonaws.com")
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
        self.put()
        self.assertEqual(len(self.bodies(queue)), 1)
        self.kms.disable_key(KeyId=key.split("/")[-1])
        self.put()
        self.assertEqual(len(self.bodies(queue)), 1)

    def test_a_topic_under_a_key_that_leaves_eventbridge_out(self) -> None:
        key = self.kms.create_key(Policy=key_policy("cloudwatch.amazonaws.com"))["KeyMetadata"]["Arn"]
        policy = allow("sns:Publish", Principal={"Service": "events.amazonaws.com"})
        topic = self.sns.create_topic(Name=name(), Attributes={"Policy": policy})["TopicArn"]
        _, queue = self.open_queue(_ACCOUNT)
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        self.make_rule(topic)
        self.put()
        self.assertEqual(len(self.bodies(queue)), 1)
        setting = {"TopicArn": topic, "AttributeName": "KmsMasterKeyId"}
        self.sns.set_topic_attributes(**setting, AttributeValue=key)
        self.put()
        self.assertEqual(len(self.bodies(queue)), 1)

    def test_a_bus_under_a_key_that_leaves_eventbridge_out(self) -> None:
        bus = name("bus")
        key = self.kms.create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
        self.events.create_event_bus(Name=bus)
        _, queue = self.open_queue(_ACCOUNT)
        rule = self.make_rule(queue, bus)
        self.put(bus=bus)
        self.assertEqual(len(self.bodies(queue)), 1)
        self.events.update_event_bus(Name=bus, KmsKeyIdentifier=key)
        self.assertEqual(self.events.describe_event_bus(Name=bus)["KmsKeyIdentifier"], key)
        self.put(bus=bus)
        self.assertEqual(len(self.bodies(queue)), 1)
        policy = key_policy("events.amazonaws.com")
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
        self.put(bus=bus)
        self.assertEqual(len(self.bodies(queue)), 2)
        self.events.remove_targets(Rule=rule, EventBusName=bus, Ids=["t"])
        self.events.delete_rule(Name=rule, EventBusName=bus)
        self.events.delete_event_bus(Name=bus)

    def test_what_is_too_large_is_refused_and_lost(self) -> None:
        url, queue = self.open_queue(_ACCOUNT)
        _, dead = self.open_queue(_ACCOUNT)
        self.make_rule(queue, DeadLetterConfig={"Arn": dead})
        small = {"MaximumMessageSize": "1024"}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=small)
        self.put(json.dumps({"long": "x" * 1100}))
        self.assertEqual((len(self.bodies(queue)), len(self.bodies(dead))), (0, 1))
        # It is bytes that count.
        self.refused(
            "InvalidParameterValue", self.sqs.send_message, QueueUrl=url, MessageBody="ü" * 600
        )
        self.refused(
            "InvalidAttributeValue",
            self.sqs.set_queue_attributes,
            QueueUrl=url,
            Attributes={"MaximumMessageSize": "1023"},
        )

    def test_messages_may_be_delayed(self) -> None:
        _, queue = self.make_queue(_ACCOUNT, DelaySeconds="1")
        url = self.sqs.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"]
        self.sqs.send_message(QueueUrl=url, MessageBody="later")
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))
        self.assertIn("Messages", self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=3))

    def test_a_dead_letter_queue_says_whose_it_is(self) -> None:
        dead_url, dead = self.make_queue(_ACCOUNT)
        url, queue = self.make_queue(_ACCOUNT)
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
        setting = {"QueueUrl": url, "Attributes": {"RedrivePolicy": redrive}}

        def permit(permission: str, *sources: str) -> None:
            policy: dict[str, Any] = {"redrivePermission": permission}
            if sources:
                policy["sourceQueueArns"] = list(sources)
            attributes = {"RedriveAllowPolicy": json.dumps(policy)}
            self.sqs.set_queue_attributes(QueueUrl=dead_url, Attributes=attributes)

        permit("denyAll")
        self.assertEqual(
            json.loads(self.attributes_of(dead_url)["RedriveAllowPolicy"]),
            {"redrivePermission": "denyAll"},
        )
        self.refused("InvalidParameterValue", self.sqs.set_queue_attributes, **setting)
        attributes = {"RedrivePolicy": redrive}
        self.refused(
            "InvalidParameterValue", self.sqs.create_queue, QueueName=name(), Attributes=attributes
        )
        permit("byQueue", dead)
        self.refused("InvalidParameterValue", self.sqs.set_queue_attributes, **setting)
        permit("byQueue", queue)
        self.sqs.set_queue_attributes(**setting)
        permit("denyAll")
        # What cannot go there stays.
        self.sqs.send_message(QueueUrl=url, MessageBody="m")
        for _ in range(3):
            eventually(
                lambda: self.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages"), 3
            )
        self.assertEqual((self.bodies(queue), self.bodies(dead)), (["m"], []))
        for wrong in ("never", "byQueue"):
            with self.subTest(wrong=wrong):
                attributes = {"RedriveAllowPolicy": json.dumps({"redrivePermission": wrong})}
                self.refused(
                    "InvalidAttributeValue",
                    self.sqs.set_queue_attributes,
                    QueueUrl=dead_url,
                    Attributes=attributes,
                )

    def test_an_alarm_of_another_unit_never_goes_off(self) -> None:
        url, queue = self.make_queue(_ACCOUNT)
        self.sqs.send_message(QueueUrl=url, MessageBody="m")
        cloudwatch = client("cloudwatch", _ACCOUNT)
        alarms = {unit: name(unit.lower()) for unit in ("Seconds", "Count")}
        for unit, alarm in alarms.items():
            cloudwatch.put_metric_alarm(
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
                Unit=unit,
            )

        def states() -> dict[str, str]:
            found = cloudwatch.describe_alarms(AlarmNames=list(alarms.values()))["MetricAlarms"]
            return {alarm["Unit"]: alarm["StateValue"] for alarm in found}

        wanted = {"Seconds": "OK", "Count": "ALARM"}
        self.assertTrue(eventually(lambda: states() == wanted), states())

    def test_targets_change_or_lose_what_they_get(self) -> None:
        queues = [self.open_queue(_ACCOUNT)[1] for _ in range(3)]
        self.make_rule(queues[0], Input='{"fixed": 1}')
        self.make_rule(queues[1], InputPath="$.detail.inner")
        template = {"InputPathsMap": {"who": "$.detail.inner"}, "InputTemplate": '"by <who>"'}
        self.make_rule(queues[2], InputTransformer=template)
        self.put('{"inner": "me"}')
        self.assertEqual(
            [self.bodies(queue) for queue in queues], [['{"fixed": 1}'], ['"me"'], ['"by me"']]
        )

    def test_a_target_with_a_role_acts_as_that_role(self) -> None:
        _, closed = self.make_queue(_ACCOUNT)
        _, dead = self.open_queue(_ACCOUNT)
        role = self.make_role(_ACCOUNT, "events.amazonaws.com", "sqs:SendMessage", closed)
        self.make_rule(closed, RoleArn=role, DeadLetterConfig={"Arn": dead})
        self.put()
        self.assertEqual(len(self.bodies(closed)), 1)
        client("iam", _ACCOUNT).delete_role_policy(
            RoleName=role.split("/")[-1], PolicyName="inline"
        )
        self.put()
        self.assertEqual((len(self.bodies(closed)), len(self.bodies(dead))), (1, 1))

    def test_a_rule_that_is_off_sends_nothing(self) -> None:
        _, queue = self.open_queue(_ACCOUNT)
        rule = self.make_rule(queue)
        self.events.disable_rule(Name=rule)
        self.put()
        self.assertEqual(self.bodies(queue), [])
        self.events.enable_rule(Name=rule)
        self.put()
        self.assertEqual(len(self.bodies(queue)), 1)

    def test_subscriptions_filter_by_attributes_or_body(self) -> None:
        topic = self.sns.create_topic(Name=name("topic"))["TopicArn"]
        got = {}
        for scope in ("MessageAttributes", "MessageBody"):
            _, got[scope] = self.open_queue(_ACCOUNT)
            attributes = {"FilterPolicy": '{"severity": ["high"]}', "FilterPolicyScope": scope}
            self.sns.subscribe(
                TopicArn=topic, Protocol="sqs", Endpoint=got[scope], Attributes=attributes
            )
        value = {"severity": {"DataType": "String", "StringValue": "high"}}
        self.sns.publish(TopicArn=topic, Message='{"severity": "low"}', MessageAttributes=value)
        self.sns.publish(TopicArn=topic, Message='{"severity": "high"}')
        eventually(lambda: lab("GET", "idle"))
        messages = {
            scope: [json.loads(body)["Message"] for body in self.bodies(queue)]
            for scope, queue in got.items()
        }
        self.assertEqual(
            messages,
            {
                "MessageAttributes": ['{"severity": "low"}'],
                "MessageBody": ['{"severity": "high"}'],
            },
        )

    def test_mappings_filter_and_can_be_off(self) -> None:
        url, queue = self.make_queue(_ACCOUNT, VisibilityTimeout="30")
        role = self.make_role(_ACCOUNT, "lambda.amazonaws.com", "sqs:*")
        function = self.make_function(_ACCOUNT, role)
        functions = client("lambda", _ACCOUNT)
        pattern = json.dumps({"body": {"kind": ["wanted"]}})
        mapping = functions.create_event_source_mapping(
            FunctionName=function["FunctionName"],
            EventSourceArn=queue,
            FilterCriteria={"Filters": [{"Pattern": pattern}]},
        )["UUID"]
        for body in ('{"kind": "wanted"}', '{"kind": "other"}', "no json"):
            self.sqs.send_message(QueueUrl=url, MessageBody=body)
        self.assertTrue(eventually(lambda: runs(function)))
        eventually(lambda: not self.bodies(queue))
        records = [
            record["body"] for run in runs(function) for record in json.loads(run["payload"])["Records"]
        ]
        self.assertEqual((records, self.bodies(queue)), (['{"kind": "wanted"}'], []))

        def update(**more: Any) -> bool:
            found = functions.get_event_source_mapping(UUID=mapping)["State"]
            if found in ("Enabled", "Disabled"):
                functions.update_event_source_mapping(UUID=mapping, **more)
            return found in ("Enabled", "Disabled")

        self.assertTrue(eventually(lambda: update(Enabled=False)))
        self.sqs.send_message(QueueUrl=url, MessageBody='{"kind": "wanted"}')
        eventually(lambda: len(runs(function)) > 1, 0.5)
        self.assertEqual((len(runs(function)), len(self.bodies(queue))), (1, 1))

    def test_a_function_without_concurrency_runs_nothing(self) -> None:
        function = self.make_function(_ACCOUNT)
        functions = client("lambda", _ACCOUNT)
        functions.put_function_concurrency(
            FunctionName=function["FunctionName"], ReservedConcurrentExecutions=0
        )
        self.refused(
            "TooManyRequestsException", functions.invoke, FunctionName=function["FunctionName"]
        )

    def test_links_in_mails_unsubscribe_unless_that_needs_authentication(self) -> None:
        topic = self.sns.create_topic(Name=name("topic"))["TopicArn"]
        addresses = [f"{name()}@example.com" for _ in range(2)]
        for address in addresses:
            self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
        lab("POST", "mail/confirm", {"address": addresses[0]})
        token = lab("GET", f"mail/token?address={addresses[1]}")
        confirm = {"TopicArn": topic, "Token": token, "AuthenticateOnUnsubscribe": "true"}
        self.sns.confirm_subscription(**confirm)
        ended = [lab("POST", "mail/unsubscribe", {"address": it}) for it in addresses]
        self.assertEqual(ended, [1, 0])
        left = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual([it["Endpoint"] for it in left], addresses[1:])
        attributes = self.sns.get_subscription_attributes(
            SubscriptionArn=left[0]["SubscriptionArn"]
        )["Attributes"]
        self.assertEqual(attributes["ConfirmationWasAuthenticated"].lower(), "true")
