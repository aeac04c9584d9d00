"""What all checks share: SDK clients, the lab's own calls, names, policies and a function's package."""

from __future__ import annotations

import io
import json
import os
import sys
import time
import unittest
import urllib.request
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["LAB_ENDPOINT"]
REGION = "eu-west-1"
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
API_CALL = "AWS API Call via CloudTrail"

BOOTSTRAP = f"""#!{sys.executable}
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
def post(path, body):
    urllib.request.urlopen(urllib.request.Request(api + path, json.dumps(body).encode())).read()
while True:
    with urllib.request.urlopen(api + "next") as answer:
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.load(answer)
    print("pid", os.getpid(), "mode", os.environ.get("MODE"), flush=True)
    mode = event.get("mode") if isinstance(event, dict) else None
    if mode == "exit":
        os._exit(3)
    if mode == "sleep":
        import time; time.sleep(30)
    records = event.get("Records") or []
    bad = [r["messageId"] for r in records if "bad" in r["body"]]
    if os.environ.get("MODE") == "fail":
        post(request_id + "/error", {{"errorType": "Boom", "errorMessage": "it failed"}})
    elif records:
        post(request_id + "/response", {{"batchItemFailures": [{{"itemIdentifier": i}} for i in bad]}})
    elif os.environ.get("MODE") == "publish":
        import boto3
        client = boto3.client("sns")
        try:
            client.publish(TopicArn=os.environ["TOPIC"], Message="from the function")
            post(request_id + "/response", "published")
        except Exception as error:
            post(request_id + "/response", str(error))
    else:
        post(request_id + "/response", event)
"""


def client(service: str, account: str, region: str = REGION, checks: bool = True) -> Any:
    """An SDK client that acts in an account."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=account,
        aws_secret_access_key="lab",
        config=Config(
            retries={"total_max_attempts": 1}, read_timeout=30, parameter_validation=checks
        ),
    )


def loose(service: str, account: str) -> Any:
    """A client that sends what it is told."""
    return client(service, account, checks=False)


def lab(method: str, path: str, body: Any = None) -> Any:
    """One of the lab's own calls."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{ENDPOINT}/lab/{path}", data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def eventually(check: Callable[[], Any], limit: float = 10) -> Any:
    """The first true value, or the last one."""
    end = time.monotonic() + limit
    while not (value := check()) and time.monotonic() < end:
        time.sleep(0.03)
    return value


def name(prefix: str = "t") -> str:
    """A name that no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def package(text: str = BOOTSTRAP, mode: int = 0o755, file: str = "bootstrap") -> bytes:
    """A function's zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo(file)
        entry.external_attr = mode << 16
        archive.writestr(entry, text)
    return data.getvalue()


def trust(service: str) -> str:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: Any, resource: str = "*", **more: Any) -> str:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def root_call(**more: Any) -> dict[str, Any]:
    """A CloudTrail record of a root user."""
    return {
        "eventVersion": "1.11",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "eventTime": "2026-11-23T12:00:00Z",
        "managementEvent": True,
        "readOnly": False,
        "userIdentity": {"type": "Root"},
        **more,
    }


def writes() -> list[str]:
    """The operations that were called and may have changed something."""
    return [call["operation"] for call in lab("GET", "calls") if call["write"]]


def runs(function: dict[str, Any]) -> list[dict[str, Any]]:
    """The invocations of a function."""
    found = lab("GET", "invocations")
    return [run for run in found if run["function_arn"] == function["FunctionArn"]]


class Case(unittest.TestCase):
    """Undoes what a test steers."""

    organization: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.organization = lab("POST", "organization", {})

    def tearDown(self) -> None:
        lab("DELETE", "faults")
        lab("DELETE", "instance-faults")
        lab("POST", "delay", {"ms": 0})
        lab(
            "POST",
            "late",
            {
                "lambda_pending_ms": 0,
                "lambda_update_ms": 0,
                "role_visible_after_ms": 0,
                "role_unknown_to_kms_ms": 0,
                "queue_name_reuse_ms": 0,
                "stack_ms": 0,
                "stackset_operation_ms": 100,
                "auto_deployment_ms": 100,
                "async_retry_ms": 50,
                "target_retry_ms": 20,
            },
        )

    setUp = tearDown

    def refused(self, code: str, call: Callable[..., Any], **arguments: Any) -> str:
        """Checks the code of the error that a call answers; returns its message."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        return str(error["Message"])

    def ou(self, path: str) -> str:
        """The id of an OU of the sample organization."""
        return next(ou["id"] for ou in self.organization["ous"] if ou["path"] == path)

    def make_queue(self, account: str, region: str = REGION, **attributes: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        sqs = client("sqs", account, region)
        queue = name("queue")
        url = sqs.create_queue(QueueName=queue, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:{region}:{account}:{queue}"

    def open_queue(self, account: str, region: str = REGION) -> tuple[str, str]:
        """A queue that AWS services may send to."""
        services = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
        policy = allow("sqs:SendMessage", Principal=services)
        return self.make_queue(account, region, Policy=policy)

    def bodies(self, arn: str) -> list[str]:
        """What is in a queue."""
        _, _, _, region, account, queue = arn.split(":")
        found = lab("GET", f"messages?account={account}&region={region}&queue={queue}")
        return [message["body"] for message in found]

    def attributes(self, arn: str) -> list[dict[str, str]]:
        """The attributes of what is in a queue."""
        _, _, _, region, account, queue = arn.split(":")
        found = lab("GET", f"messages?account={account}&region={region}&queue={queue}")
        return [message["attributes"] for message in found]

    def make_role(
        self, account: str, service: str, action: Any = "logs:*", resource: str = "*"
    ) -> str:
        """A role's ARN."""
        iam = client("iam", account)
        role = name("role")
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        iam.put_role_policy(
            RoleName=role, PolicyName="inline", PolicyDocument=allow(action, resource)
        )
        return str(arn)

    def make_function(self, account: str, role: str | None = None, **more: Any) -> dict[str, Any]:
        """A function's configuration."""
        variables = more.pop("variables", {})
        return dict(
            client("lambda", account).create_function(
                FunctionName=name("function"),
                Runtime=more.pop("Runtime", "provided.al2023"),
                Handler=more.pop("Handler", "bootstrap"),
                Role=role or self.make_role(account, "lambda.amazonaws.com"),
                Code={"ZipFile": more.pop("code", package())},
                Environment={"Variables": variables},
                Timeout=more.pop("Timeout", 10),
                **more,
            )
        )
