"""Requests that AWS's models do not allow are refused, in each protocol."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from rootwatch_lab import javaregex, requests, shapes

from .case import ENDPOINT, REGION, Case, client, loose, name

_ACCOUNT = "333333333333"
_PATTERN = "failed to satisfy constraint: Member must satisfy regular expression pattern: "


def raw(service: str, body: bytes, path: str = "/", **headers: str) -> tuple[int, str]:
    """Status and body of the answer to a request that no SDK would send."""
    scope = f"{_ACCOUNT}/20260101/{REGION}/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    request = urllib.request.Request(
        ENDPOINT + path, body, {"Authorization": signed, **named}, method="POST"
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")


def in_json(service: str, target: str, body: Any) -> tuple[int, str]:
    """The same in AWS's JSON."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/x-amz-json-1.1"
    return raw(service, encoded, X_Amz_Target=target, Content_Type=kind)


def in_query(service: str, version: str, **fields: str) -> tuple[int, str]:
    """The same in a query."""
    encoded = urlencode({**fields, "Version": version}).encode()
    return raw(service, encoded, Content_Type="application/x-www-form-urlencoded")


class Requests(Case):
    """What is checked, protocol by protocol."""

    def wrong(self, service: str, code: str, operation: str, **arguments: Any) -> str:
        """The message of a refusal with this code."""
        return self.refused(code, getattr(loose(service, _ACCOUNT), operation), **arguments)

    def test_json(self) -> None:
        said = self.wrong("events", "ValidationException", "put_rule", Name="a b")
        self.assertEqual(
            said,
            "1 validation error detected: Value 'a b' at 'name' " + _PATTERN + r"[\.\-_A-Za-z0-9]+",
        )
        said = self.wrong("events", "ValidationException", "put_targets", Targets=[{"Id": "x"}])
        self.assertEqual(
            said,
            "2 validation errors detected: Value null at 'rule' failed to satisfy constraint: "
            "Member must not be null; Value null at 'targets.1.member.arn' failed to satisfy "
            "constraint: Member must not be null",
        )
        target = {"Id": "x", "Arn": "a", "RetryPolicy": {"MaximumRetryAttempts": 186}}
        said = self.wrong(
            "events", "ValidationException", "put_targets", Rule="r", Targets=[target]
        )
        self.assertIn(
            "Value '186' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy "
            "constraint: Member must have value less than or equal to 185",
            said,
        )
        rule = {"Name": "r", "ScheduleExpression": "rate(1 day)", "State": "ON"}
        said = self.wrong("events", "ValidationException", "put_rule", **rule)
        self.assertIn("Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH", said)

    def test_json_that_is_of_other_types(self) -> None:
        rule = "AWSEvents.PutRule"
        for body, said in (
            ({"Name": 7}, "NUMBER_VALUE can not be converted to a String"),
            ({"Name": ["r"]}, "Start of list found where not expected"),
            ({"Name": "r", "Tags": {"a": "b"}}, "Start of structure or map found"),
            ({"Name": "r", "Pattern": "{}"}, "Unknown member: Pattern"),
            (b"{", "not JSON"),
        ):
            with self.subTest(body=body):
                status, answer = in_json("events", rule, body)
                self.assertEqual((status, json.loads(answer)["__type"]), (400, "SerializationException"))
                self.assertIn(said, answer)
        pattern = '{"source": ["x"]}'
        rule_name = name()
        sent = {"Name": rule_name, "EventPattern": pattern, "RoleArn": None}
        self.assertEqual(in_json("events", rule, sent)[0], 200)
        client("events", _ACCOUNT).delete_rule(Name=rule_name)

    def test_services_have_codes_of_their_own(self) -> None:
        said = self.wrong("logs", "InvalidParameterException", "create_log_group", logGroupName="a b")
        self.assertIn(r"Value 'a b' at 'logGroupName' " + _PATTERN + r"[\.\-_/#A-Za-z0-9]+", said)
        account = {"AccountId": "none"}
        said = self.wrong("organizations", "InvalidInputException", "describe_account", **account)
        self.assertEqual(said, "You provided a value that does not match the required pattern.")
        said = self.wrong("sqs", "MissingParameter", "get_queue_attributes")
        self.assertEqual(said, "The request must contain the parameter QueueUrl.")
        sqs = {"QueueName": name(), "Attributes": {"Colour": "red"}}
        self.wrong("sqs", "InvalidAttributeName", "create_queue", **sqs)

    def test_query(self) -> None:
        trust = {"AssumeRolePolicyDocument": "{}"}
        said = self.wrong("iam", "ValidationError", "create_role", RoleName="a b", **trust)
        self.assertEqual(
            said,
            "1 validation error detected: Value 'a b' at 'roleName' " + _PATTERN + r"[\w+=,.@-]+",
        )
        long = self.wrong("iam", "ValidationError", "create_role", RoleName="r" * 65, **trust)
        self.assertIn("at 'roleName' failed to satisfy constraint: Member must have length less", long)
        # The policy of a role has no dash but the one of ASCII.
        policy = {"RoleName": "r", "PolicyName": "p", "PolicyDocument": '{"Sid": "a \u2013 b"}'}
        said = self.wrong("iam", "ValidationError", "put_role_policy", **policy)
        self.assertIn("at 'policyDocument' " + _PATTERN, said)
        said = self.wrong("cloudformation", "ValidationError", "describe_stack_set")
        self.assertIn("Value null at 'stackSetName'", said)
        units = {"OrganizationalUnitIds": ["nonsense"]}
        said = self.wrong(
            "cloudformation",
            "ValidationError",
            "create_stack_instances",
            StackSetName="s",
            Regions=["eu-west-1"],
            DeploymentTargets=units,
        )
        self.assertIn("Value '[nonsense]' at 'deploymentTargets.organizationalUnitIds'", said)
        self.assertIn("Member must satisfy constraint: [Member must satisfy regular", said)

    def test_query_that_is_of_other_types(self) -> None:
        iam, roles = "2010-05-08", {"Action": "ListRoles"}
        for fields, code in (
            ({**roles, "MaxItems": "many"}, "InvalidParameterValue"),
            ({**roles, "MaxItems": "0"}, "ValidationError"),
            ({**roles, "Colour": "red"}, "InvalidQueryParameter"),
            ({"Action": "TagRole", "RoleName": "r", "Tags.Key": "a"}, "InvalidParameterValue"),
            ({"Action": "TagRole", "RoleName": "r", "Tags.member.2.Key": "a"}, "InvalidParameterValue"),
        ):
            with self.subTest(fields=fields):
                status, answer = in_query("iam", iam, **fields)
                self.assertEqual(status, 400)
                self.assertIn(f"<Code>{code}</Code>", answer)
        self.assertEqual(in_query("iam", iam, **roles, MaxItems="7")[0], 200)

    def test_rest_json(self) -> None:
        said = self.wrong("lambda", "ValidationException", "get_function", FunctionName="a b")
        self.assertIn("1 validation error detected: Value 'a b' at 'functionName' " + _PATTERN, said)
        said = self.wrong("lambda", "ValidationException", "list_functions", MaxItems=0)
        self.assertIn("Value '0' at 'maxItems' failed to satisfy constraint: Member must have value", said)
        function: dict[str, Any] = {
            "FunctionName": "f",
            "Role": "arn:aws:iam::333333333333:role/r",
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Code": {"ZipFile": b"zip"},
        }
        for more, at in (
            ({"Role": "r"}, "'role'"),
            ({"Runtime": "cobol"}, "'runtime'"),
            ({"Timeout": 0}, "'timeout'"),
            ({"MemorySize": 64}, "'memorySize'"),
            ({"Description": "d" * 257}, "'description'"),
            ({"Handler": "a b"}, "'handler'"),
            ({"TracingConfig": {"Mode": "On"}}, "'tracingConfig.mode'"),
            ({"LoggingConfig": {"LogGroup": "a b"}}, "'loggingConfig.logGroup'"),
            ({"Environment": {"Variables": {"1ST": "x"}}}, "'environment.variables'"),
            ({"Tags": {"R&D": "x"}}, "'tags'"),
        ):
            with self.subTest(at=at):
                said = self.wrong(
                    "lambda", "ValidationException", "create_function", **{**function, **more}
                )
                self.assertIn(f" at {at} failed to satisfy constraint: ", said)
        path = "/2015-03-31/functions"
        status, answer = raw("lambda", b'{"FunctionName": 7}', path, Content_Type="application/json")
        self.assertEqual(status, 400)
        self.assertIn("NUMBER_VALUE can not be converted to a String", answer)
        status, answer = raw("lambda", b'{"Colour": "red"}', path, Content_Type="application/json")
        self.assertIn("Unknown member: Colour", answer)

    def test_values_that_may_be_secret_are_not_shown(self) -> None:
        secret = "s3cret" * 1000
        variables = {"Environment": {"Variables": {"K": "v"}}, "KMSKeyArn": secret, "FunctionName": "f"}
        said = self.wrong(
            "lambda", "ValidationException", "update_function_configuration", **variables
        )
        self.assertIn("kMSKeyArn", said)
        sensitive = {"Name": "c", "AuthorizationType": "API_KEY"}
        key = {"ApiKeyName": "a b", "ApiKeyValue": "s3cret\x01"}
        said = self.wrong(
            "events",
            "ValidationException",
            "create_connection",
            AuthParameters={"ApiKeyAuthParameters": key},
            **sensitive,
        )
        self.assertNotIn("s3cret", said)

    def test_cbor(self) -> None:
        alarm = {
            "AlarmName": name(),
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        for more, said in (
            ({"EvaluationPeriods": 0}, "Value '0' at 'evaluationPeriods'"),
            ({"ComparisonOperator": "More"}, "Member must satisfy enum value set"),
            ({"AlarmDescription": "d" * 1025}, "'alarmDescription'"),
            ({"Dimensions": [{"Name": "n"}]}, "Value null at 'dimensions.1.member.value'"),
            ({"AlarmActions": ["a"] * 6}, "'alarmActions'"),
        ):
            with self.subTest(said=said):
                wrong = {**alarm, **more}
                self.assertIn(
                    said, self.wrong("cloudwatch", "ValidationError", "put_metric_alarm", **wrong)
                )

    def test_a_refused_request_has_no_effect(self) -> None:
        sqs, queue = client("sqs", _ACCOUNT), name()
        sent = {"QueueName": queue, "tags": {"a": "b"}, "Colour": "red"}
        self.assertEqual(in_json("sqs", "AmazonSQS.CreateQueue", sent)[0], 400)
        self.assertFalse(sqs.list_queues(QueueNamePrefix=queue).get("QueueUrls"))

    def test_tags_keep_to_the_pattern_of_each_service(self) -> None:
        for fine in ("Kostenstelle Ä", "日本", "a.b:c/d=e+f-g@h", "𠀀"):
            self.assertTrue(javaregex.compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+").fullmatch(fine), fine)
        tag = {"Key": "R&D", "Value": "x"}
        role = {"RoleName": "r", "Tags": [tag]}
        self.wrong("iam", "ValidationError", "tag_role", **role)
        group = {"logGroupName": name(), "tags": {"R&D": "x"}}
        self.wrong("logs", "InvalidParameterException", "create_log_group", **group)
        # SQS and SNS take them.
        queue = loose("sqs", _ACCOUNT).create_queue(QueueName=name(), tags={"R&D": "x"})["QueueUrl"]
        topic = loose("sns", _ACCOUNT).create_topic(Name=name(), Tags=[tag])["TopicArn"]
        client("sqs", _ACCOUNT).delete_queue(QueueUrl=queue)
        client("sns", _ACCOUNT).delete_topic(TopicArn=topic)


class Patterns(Case):
    """Java's regular expressions."""

    def test_all_patterns_of_these_services_are_checked(self) -> None:
        for service in (
            "account",
            "cloudformation",
            "cloudtrail",
            "events",
            "iam",
            "lambda",
            "logs",
            "monitoring",
            "organizations",
            "sns",
            "sqs",
            "sts",
        ):
            requests.warm(service)
            self.assertIsNotNone(shapes.model("cloudwatch" if service == "monitoring" else service))
        self.assertEqual(javaregex.skipped(), [])

    def test_they_mean_what_they_mean_in_java(self) -> None:
        for pattern, value, fits in (
            (r"[a-z]+", "abc\n", False),
            (r"\d+", "٣", False),
            (r"\w+", "é", False),
            (r".*", "a\u2028b", False),
            (r"[\w-_]*", "a-_", True),
            (r"[\s\S]*", "a\nb", True),
            (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]*", "a\U0001f600", True),
            (r"\P{L}+", "1", True),
            (r"\P{L}+", "é", False),
            (r"[]a]+", "]a", True),
        ):
            with self.subTest(pattern=pattern, value=value):
                expression = javaregex.compiled(pattern)
                assert expression is not None
                self.assertEqual(bool(expression.fullmatch(value)), fits)
        self.assertIsNone(javaregex.compiled("[a-z&&[^b]]"))
        javaregex._skipped.discard("[a-z&&[^b]]")
