"""What AWS says only for a while, drawn from a seed."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError
from rootwatch_lab.truths import truths

from .case import Case, allow, client, eventually, lab, name, package, trust

_ACCOUNT = "333333333333"
_TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


class Truths(Case):
    """Answers of the table, lost answers, late reads."""

    def tearDown(self) -> None:
        lab("DELETE", "truths")
        super().tearDown()

    def said(self, call: Any, **arguments: Any) -> list[str]:
        """The errors that a call answers before it succeeds."""
        messages = []
        for _ in range(12):
            try:
                call(**arguments)
                return messages
            except ClientError as error:
                messages.append(error.response["Error"]["Message"])
        self.fail(f"never ends: {messages}")

    def test_every_row_can_be_read(self) -> None:
        for rows in truths._table.values():
            for row in rows:
                with self.subTest(row=row.id):
                    moment = row.when.split(":")[0]
                    self.assertIn(moment, ("new", "busy", "gone", "always"))
                    self.assertTrue(row.source and row.code and 200 <= row.http < 600)
                    self.assertIn(row.sure, ("seen", "documented", "inferred"))

    def test_a_role_is_new_for_a_while(self) -> None:
        iam, functions = client("iam", _ACCOUNT), client("lambda", _ACCOUNT)
        role = name()
        trusted = trust("lambda.amazonaws.com")
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
        lab("POST", "truths", {"seed": 1, "rate": 1, "lost": 0, "lag": 0})
        function = {
            "FunctionName": name(),
            "Role": arn,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Code": {"ZipFile": package()},
        }
        said = self.said(functions.create_function, **function)
        self.assertEqual(len(said), 3, said)
        self.assertIn("cannot be assumed by Lambda", said[0])
        self.assertTrue(any(f"valid principal: {arn}" in text for text in said), said)
        permission = {
            "FunctionName": function["FunctionName"],
            "StatementId": "s",
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
        }
        said = self.said(functions.add_permission, **permission)
        self.assertIn("concurrent update operation", "".join(said))
        met = lab("GET", "truths")
        self.assertEqual(met["seed"], 1)
        self.assertEqual(met["met"]["lambda:CreateFunction new:role"], 2)
        lab("DELETE", "truths")
        functions.delete_function(FunctionName=function["FunctionName"])
        iam.delete_role(RoleName=role)

    def test_what_is_old_and_what_is_at_rest_is_left_alone(self) -> None:
        functions = client("lambda", _ACCOUNT)
        function = self.make_function(_ACCOUNT)
        time.sleep(5.1)
        lab("POST", "truths", {"seed": 1, "rate": 1, "lost": 0, "lag": 0})
        named = {"FunctionName": function["FunctionName"]}
        self.assertEqual(self.said(functions.update_function_configuration, **named, Timeout=9), [])
        # The next update is too early for a second.
        update = functions.update_function_configuration
        said = [self.said(update, **named, Timeout=limit) for limit in (8, 7, 6)]
        self.assertTrue(any(said))
        lab("DELETE", "truths")
        functions.delete_function(**named)

    def test_the_same_seed_draws_the_same(self) -> None:
        iam, events, sqs = (client(s, _ACCOUNT) for s in ("iam", "events", "sqs"))

        def run() -> dict[str, int]:
            lab("POST", "truths", {"seed": 7, "rate": 0.5, "lost": 0, "lag": 0})
            trusted = trust("events.amazonaws.com")
            self.said(iam.create_role, RoleName="same", AssumeRolePolicyDocument=trusted)
            put = {"RoleName": "same", "PolicyName": "p", "PolicyDocument": allow("sqs:*")}
            self.said(iam.put_role_policy, **put)
            self.said(events.put_rule, Name="same", EventPattern='{"source": ["x"]}')
            target = {"Id": "t", "Arn": f"arn:aws:sqs:eu-west-1:{_ACCOUNT}:same"}
            self.said(events.put_targets, Rule="same", Targets=[target])
            self.said(sqs.create_queue, QueueName="same")
            met = lab("GET", "truths")["met"]
            lab("DELETE", "truths")
            # A success that has failed entries leaves the target out.
            events.remove_targets(Rule="same", Ids=["t"])
            events.delete_rule(Name="same")
            iam.delete_role_policy(RoleName="same", PolicyName="p")
            iam.delete_role(RoleName="same")
            sqs.delete_queue(QueueUrl=f"http://x/{_ACCOUNT}/same")
            return dict(met)

        first = run()
        self.assertTrue(first)
        time.sleep(5.1)
        self.assertEqual(run(), first)

    def test_answers_of_writes_are_lost(self) -> None:
        sqs = client("sqs", _ACCOUNT)
        lab("POST", "truths", {"seed": 3, "rate": 0, "lost": 1, "lag": 0})
        made, lost = 0, 0
        queues = [name("lost") for _ in range(8)]
        for queue in queues:
            with self.assertRaises(Exception):
                sqs.create_queue(QueueName=queue)
        sqs.list_queues()
        met = lab("GET", "truths")["met"]
        lab("DELETE", "truths")
        there = sqs.list_queues(QueueNamePrefix="lost").get("QueueUrls") or []
        made = met["sqs:CreateQueue lost after its effect"]
        lost = met["sqs:CreateQueue lost before its effect"]
        self.assertEqual((len(there), made + lost), (made, 8))

    def test_instances_of_a_new_set_fail_for_a_while(self) -> None:
        cloudformation = client("cloudformation", "111111111111", "eu-central-1")
        # One of many instances meets it at a fifth of the rate.
        lab("POST", "truths", {"seed": 1, "rate": 5, "lost": 0, "lag": 0})
        stack_set = name("set")
        made = {"StackSetName": stack_set, "TemplateBody": json.dumps(_TEMPLATE)}
        self.said(
            cloudformation.create_stack_set,
            **made,
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": False},
        )
        targets = {"OrganizationalUnitIds": [self.ou("/Security")]}
        create = {"StackSetName": stack_set, "Regions": ["us-east-1"], "DeploymentTargets": targets}
        self.said(cloudformation.create_stack_instances, **create)

        def reasons() -> list[str]:
            found = cloudformation.list_stack_instances(StackSetName=stack_set)["Summaries"]
            return [it["StatusReason"] for it in found if "StatusReason" in it]

        self.assertTrue(eventually(reasons))
        self.assertIn("AccountGate check failed", reasons()[0])
        lab("DELETE", "truths")

    def test_lists_lag(self) -> None:
        sns = client("sns", _ACCOUNT)
        topic = sns.create_topic(Name=name())["TopicArn"]

        def count() -> int:
            return len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"])

        lab("POST", "truths", {"seed": 3, "rate": 0, "lost": 0, "lag": 1})
        self.assertEqual(count(), 0)
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        counts = [count() for _ in range(4)]
        self.assertIn(counts, ([0, 1, 1, 1], [0, 0, 1, 1]))
        late = lab("GET", "truths")["met"]["sns:ListSubscriptionsByTopic late"]
        self.assertEqual(late, counts.count(0))
        lab("DELETE", "truths")
        sns.delete_topic(TopicArn=topic)
