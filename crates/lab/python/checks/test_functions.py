"""Lambda: functions that run, and queues that are polled for them."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from .case import Case, allow, client, eventually, lab, name, package, runs, trust


class Functions(Case):
    """Lambda."""

    account = "222222222222"

    def setUp(self) -> None:
        super().setUp()
        self.client = client("lambda", self.account)

    def call(self, function: dict[str, Any], payload: Any, **more: Any) -> Any:
        """Invokes a function."""
        return self.client.invoke(
            FunctionName=function["FunctionName"], Payload=json.dumps(payload), **more
        )

    def test_a_new_role_is_unknown_to_kms(self) -> None:
        lab("POST", "late", {"role_unknown_to_kms_ms": 60_000})
        role = self.make_role("333333333333", "lambda.amazonaws.com")
        said = self.refused(
            "InvalidParameterValueException",
            self.make_function,
            account="333333333333",
            role=role,
            variables={"AB": "c"},
        )
        self.assertIn(f"ARN does not refer to a valid principal: {role}", said)
        # Without variables there is nothing to decrypt.
        self.make_function("333333333333", role)
        lab("POST", "late", {"role_unknown_to_kms_ms": 0})
        self.make_function("333333333333", role, variables={"AB": "c"})

    def test_an_environment_is_measured_as_json(self) -> None:
        names = json.dumps({f"{number:012}": "name" for number in range(166)})
        self.assertLess(len(names), 4_096)
        said = self.refused(
            "InvalidParameterValueException",
            self.make_function,
            account=self.account,
            variables={"NAMES": names},
        )
        self.assertIn("exceeded the 4KB limit. String measured: {", said)

    def test_a_role_made_again_cannot_decrypt(self) -> None:
        account = "333333333333"
        iam, functions = client("iam", account), client("lambda", account)
        role = self.make_role(account, "lambda.amazonaws.com")
        function = self.make_function(account, role, variables={"AB": "c"})
        plain = self.make_function(account, role)
        named = role.split("/")[-1]
        iam.delete_role_policy(RoleName=named, PolicyName="inline")
        iam.delete_role(RoleName=named)
        trusted = trust("lambda.amazonaws.com")
        again = iam.create_role(RoleName=named, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
        self.assertEqual(again, role)
        invoke = {"FunctionName": function["FunctionName"], "Payload": b"{}"}
        self.refused("KMSAccessDeniedException", functions.invoke, **invoke)
        functions.invoke(**invoke, InvocationType="Event")
        self.assertTrue(eventually(lambda: runs(function)))
        self.assertEqual(runs(function)[0]["error"], "KMSAccessDeniedException")
        self.assertEqual(functions.invoke(**{**invoke, "FunctionName": plain["FunctionName"]})["StatusCode"], 200)
        configure = {"FunctionName": function["FunctionName"]}
        functions.update_function_configuration(**configure, Timeout=9)
        self.refused("KMSAccessDeniedException", functions.invoke, **invoke)
        functions.update_function_configuration(**configure, Role=role)
        self.assertEqual(functions.invoke(**invoke)["StatusCode"], 200)

    def test_a_process_is_reused_until_the_function_changes(self) -> None:
        function = self.make_function(self.account, variables={"MODE": "one"})
        answer = self.call(function, {"hello": 1}, LogType="Tail")
        self.assertEqual(json.load(answer["Payload"]), {"hello": 1})
        self.call(function, {})
        self.client.update_function_configuration(
            FunctionName=function["FunctionName"], Environment={"Variables": {"MODE": "two"}}
        )
        self.call(function, {})
        logs = eventually(
            lambda: (
                [r["log"] for r in runs(function)]
                if all(r["log"] for r in runs(function))
                else None
            )
        )
        self.assertEqual(logs[0], logs[1])
        self.assertIn("mode one", logs[1])
        self.assertIn("mode two", logs[2])

    def test_functions_fail_in_every_way(self) -> None:
        function = self.make_function(self.account, Timeout=1)
        for mode, kind in (("exit", "Runtime.ExitError"), ("sleep", "Sandbox.Timedout")):
            answer = self.call(function, {"mode": mode})
            self.assertEqual(answer["FunctionError"], "Unhandled")
            self.assertEqual(json.load(answer["Payload"])["errorType"], kind)
        self.assertEqual(json.load(self.call(function, {"a": 1})["Payload"]), {"a": 1})
        broken = self.make_function(self.account, code=package(mode=0o644))
        answer = json.load(self.call(broken, {})["Payload"])
        self.assertEqual(answer["errorType"], "Runtime.InvalidEntrypoint")

    def test_a_handler_in_python_is_run(self) -> None:
        text = "def ask(event, context):\n    print('asked')\n    return 1 / event['by']\n"
        function = self.make_function(
            self.account,
            code=package(text, file="divide.py"),
            Runtime="python3.12",
            Handler="divide.ask",
        )
        self.assertEqual(json.load(self.call(function, {"by": 4})["Payload"]), 0.25)
        answer = self.call(function, {"by": 0})
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(json.load(answer["Payload"])["errorType"], "ZeroDivisionError")

    def test_configuration_is_returned(self) -> None:
        import base64
        import hashlib

        code = package()
        function = self.make_function(
            self.account,
            code=code,
            MemorySize=256,
            Architectures=["arm64"],
            LoggingConfig={"LogFormat": "JSON", "LogGroup": "/lab/x"},
        )
        found = self.client.get_function(FunctionName=function["FunctionName"])["Configuration"]
        self.assertEqual(found["LoggingConfig"], {"LogFormat": "JSON", "LogGroup": "/lab/x"})
        self.assertEqual(found["Architectures"], ["arm64"])
        digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
        self.assertEqual(found["CodeSha256"], digest)
        self.assertEqual((found["State"], found["LastUpdateStatus"]), ("Active", "Successful"))

    def test_permissions_of_urls_are_conditions(self) -> None:
        function = self.make_function(self.account)["FunctionName"]
        self.client.create_function_url_config(FunctionName=function, AuthType="NONE")
        wanted = {
            "url": ("InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
            "call": ("InvokeFunction", {"InvokedViaFunctionUrl": True}),
            "plain": ("InvokeFunction", {}),
        }
        for sid, (action, more) in wanted.items():
            self.client.add_permission(
                FunctionName=function,
                StatementId=sid,
                Action=f"lambda:{action}",
                Principal="*",
                **more,
            )
        policy = json.loads(self.client.get_policy(FunctionName=function)["Policy"])
        found = {it["Sid"]: it.get("Condition") for it in policy["Statement"]}
        expected = {
            "url": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
            "call": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
            "plain": None,
        }
        self.assertEqual(found, expected)
        fields = {field for it in policy["Statement"] for field in it}
        self.assertEqual(fields, {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})

    def test_states_pass(self) -> None:
        lab("POST", "late", {"lambda_pending_ms": 400, "lambda_update_ms": 400})
        function = self.make_function(self.account)
        self.assertEqual(function["State"], "Pending")
        update = self.client.update_function_configuration
        chosen = {"FunctionName": function["FunctionName"]}
        self.refused("ResourceConflictException", update, **chosen, Timeout=5)
        self.client.get_waiter("function_active_v2").wait(**chosen, WaiterConfig={"Delay": 0.1})
        answer = update(**chosen, Timeout=5)
        self.assertEqual(answer["LastUpdateStatus"], "InProgress")
        self.assertGreater(answer["LastModified"], function["LastModified"])
        self.refused(
            "ResourceConflictException",
            self.client.update_function_code,
            **chosen,
            ZipFile=package(),
        )
        self.client.get_waiter("function_updated_v2").wait(**chosen, WaiterConfig={"Delay": 0.1})

    def test_new_roles_are_not_visible_at_once(self) -> None:
        lab("POST", "late", {"role_visible_after_ms": 500})
        role = self.make_role(self.account, "lambda.amazonaws.com")
        with self.assertRaises(ClientError) as caught:
            self.make_function(self.account, role)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], "InvalidParameterValueException")
        self.assertIn("cannot be assumed by Lambda", error["Message"])
        time.sleep(0.6)
        self.make_function(self.account, role)

    def test_asynchronous_events_are_retried_then_given_up(self) -> None:
        _, queue = self.make_queue(self.account)
        role = self.make_role(self.account, "lambda.amazonaws.com", ["sqs:SendMessage"], queue)
        function = self.make_function(self.account, role, variables={"MODE": "fail"})
        self.client.put_function_event_invoke_config(
            FunctionName=function["FunctionName"],
            MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": queue}},
        )
        self.call(function, {"a": 1}, InvocationType="Event")
        self.assertTrue(eventually(lambda: self.bodies(queue)))
        record = json.loads(self.bodies(queue)[0])
        self.assertEqual(record["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 2)
        self.assertEqual(record["requestPayload"], {"a": 1})
        self.assertEqual(record["responsePayload"]["errorMessage"], "it failed")
        self.assertEqual([run["attempt"] for run in runs(function)], [1, 2])

    def test_the_role_limits_the_function(self) -> None:
        topic = client("sns", self.account).create_topic(Name=name("topic"))["TopicArn"]
        answers = []
        for resource in (topic, topic + "x"):
            role = self.make_role(self.account, "lambda.amazonaws.com", "sns:Publish", resource)
            variables = {"MODE": "publish", "TOPIC": topic}
            function = self.make_function(self.account, role, variables=variables)
            answers.append(json.load(self.call(function, {})["Payload"]))
        self.assertEqual(answers[0], "published")
        self.assertIn("AuthorizationError", answers[1])

    def test_queues_are_polled_in_batches(self) -> None:
        _, dead = self.make_queue(self.account)
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "2"})
        url, queue = self.make_queue(self.account, RedrivePolicy=redrive, VisibilityTimeout="1")
        role = self.make_role(self.account, "lambda.amazonaws.com", "logs:*")
        function = self.make_function(self.account, role, Timeout=1)
        arguments = {
            "EventSourceArn": queue,
            "FunctionName": function["FunctionName"],
            "BatchSize": 5,
            "MaximumBatchingWindowInSeconds": 2,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        make = self.client.create_event_source_mapping
        message = self.refused("InvalidParameterValueException", make, **arguments)
        self.assertIn("ReceiveMessage", message)
        client("iam", self.account).put_role_policy(
            RoleName=role.split("/")[-1], PolicyName="sqs", PolicyDocument=allow("sqs:*")
        )
        mapping = make(**arguments)
        self.assertEqual(mapping["State"], "Creating")
        self.refused("ResourceConflictException", make, **arguments)
        chosen = {"UUID": mapping["UUID"]}
        get = self.client.get_event_source_mapping
        self.assertTrue(eventually(lambda: get(**chosen)["State"] == "Enabled"))
        sqs = client("sqs", self.account)
        for text in ("good 1", "bad", "good 2"):
            sqs.send_message(QueueUrl=url, MessageBody=text)
        self.assertTrue(eventually(lambda: self.bodies(dead) == ["bad"], 15))
        self.assertEqual(self.bodies(queue), [])
        self.assertEqual(self.client.delete_event_source_mapping(**chosen)["State"], "Deleting")
        self.assertTrue(
            eventually(
                lambda: (
                    not self.client.list_event_source_mappings(EventSourceArn=queue)[
                        "EventSourceMappings"
                    ]
                )
            )
        )
        self.refused("ResourceNotFoundException", get, **chosen)

    def test_what_a_function_did_not_take_can_come_back_sooner(self) -> None:
        lab("POST", "late", {"visibility_percent": 1})
        self.addCleanup(lab, "POST", "late", {"visibility_percent": 100})
        _, dead = self.make_queue(self.account)
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "2"})
        url, queue = self.make_queue(self.account, RedrivePolicy=redrive, VisibilityTimeout="100")
        role = self.make_role(self.account, "lambda.amazonaws.com", ["logs:*", "sqs:*"])
        function = self.make_function(self.account, role, Timeout=1)
        mapping = self.client.create_event_source_mapping(
            EventSourceArn=queue,
            FunctionName=function["FunctionName"],
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        get = self.client.get_event_source_mapping
        self.assertTrue(eventually(lambda: get(UUID=mapping["UUID"])["State"] == "Enabled"))
        self.addCleanup(self.client.delete_event_source_mapping, UUID=mapping["UUID"])
        client("sqs", self.account).send_message(QueueUrl=url, MessageBody="bad")
        self.assertTrue(eventually(lambda: self.bodies(dead) == ["bad"], 20))
