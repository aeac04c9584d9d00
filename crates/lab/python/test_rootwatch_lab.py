"""Checks of the lab by an AWS SDK that knows nothing about it.

Run by `cargo test -p rootwatch-lab`; LAB_ENDPOINT names a running lab.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
import unittest
import urllib.request
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
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


def client(service: str, account: str, region: str = REGION) -> Any:
    """An SDK client that acts in an account."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=account,
        aws_secret_access_key="lab",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    )


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


class Accounts(Case):
    """1. Accounts by access key ids."""

    def test_the_access_key_id_is_the_account(self) -> None:
        for account in ("111111111111", "987654321098"):
            identity = client("sts", account).get_caller_identity()
            self.assertEqual(identity["Account"], account)

    def test_assumed_roles_act_in_their_account(self) -> None:
        role = "arn:aws:iam::333333333333:role/OrganizationAccountAccessRole"
        answer = client("sts", "111111111111").assume_role(RoleArn=role, RoleSessionName="lab")
        keys = answer["Credentials"]
        sts = boto3.client(
            "sts",
            region_name=REGION,
            endpoint_url=ENDPOINT,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        self.assertEqual(sts.get_caller_identity()["Account"], "333333333333")


class OrganizationAccess(Case):
    """2. Trusted access and delegated administrators."""

    def tearDown(self) -> None:
        super().tearDown()
        service = "member.org.stacksets.cloudformation.amazonaws.com"
        organizations = client("organizations", "111111111111")
        try:
            organizations.deregister_delegated_administrator(
                AccountId="222222222222", ServicePrincipal=service
            )
        except ClientError:
            pass

    setUp = Case.tearDown

    def test_access_can_be_taken_and_given(self) -> None:
        cloudformation = client("cloudformation", "111111111111")
        self.assertEqual(cloudformation.describe_organizations_access()["Status"], "ENABLED")
        cloudformation.deactivate_organizations_access()
        self.addCleanup(cloudformation.activate_organizations_access)
        self.assertEqual(cloudformation.describe_organizations_access()["Status"], "DISABLED")
        message = self.refused("ValidationError", create_set, cloudformation=cloudformation)
        self.assertIn("You must enable organizations access", message)

    def test_members_may_not_operate_unless_delegated(self) -> None:
        hub = client("cloudformation", "222222222222")
        message = self.refused("ValidationError", create_set, cloudformation=hub)
        self.assertIn("You must be the management account or delegated admin", message)
        self.refused("ValidationError", create_set, cloudformation=hub, CallAs="DELEGATED_ADMIN")
        organizations = client("organizations", "222222222222")
        self.refused("AccessDeniedException", organizations.list_accounts)
        client("organizations", "111111111111").register_delegated_administrator(
            AccountId="222222222222",
            ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com",
        )
        self.assertEqual(len(organizations.list_accounts()["Accounts"]), 6)
        stack_set = create_set(cloudformation=hub, CallAs="DELEGATED_ADMIN")
        self.refused("StackSetNotFoundException", hub.describe_stack_set, StackSetName=stack_set)
        management = client("cloudformation", "111111111111")
        found = management.describe_stack_set(StackSetName=stack_set)["StackSet"]
        self.assertIn(":111111111111:", found["StackSetARN"])
        hub.delete_stack_set(StackSetName=stack_set, CallAs="DELEGATED_ADMIN")


TEMPLATE = """
Parameters:
  HubAccount: {Type: String, AllowedPattern: '[0-9]{12}'}
  HubRegion: {Type: String}
  Note: {Type: String, Default: first}
  DeadLetters: {Type: String, Default: 'true', AllowedValues: ['true', 'false']}
Conditions:
  WithDeadLetters: !Equals [!Ref DeadLetters, 'true']
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sts:AssumeRole
            Condition:
              StringEquals: {'aws:SourceAccount': !Ref AWS::AccountId}
              ArnLike: {'aws:SourceArn': !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*'}
      Policies:
        - PolicyName: forward
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - Effect: Allow
                Action: events:PutEvents
                Resource: !Sub 'arn:aws:events:${HubRegion}:${HubAccount}:event-bus/BUS'
      Tags: [{Key: note, Value: !Sub 'note ${Note}'}]
  Queue:
    Type: AWS::SQS::Queue
    Condition: WithDeadLetters
    Properties: {MessageRetentionPeriod: 1209600}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Condition: WithDeadLetters
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Queue.Arn
            Condition: {ArnEquals: {'aws:SourceArn': !GetAtt Rule.Arn}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Name: forward-BUS
      Description: !Sub 'of ${Note}'
      State: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
      EventPattern:
        $or:
          - detail: {userIdentity: {type: [Root]}}
          - detail: {eventSource: [sts.amazonaws.com], eventName: [AssumeRoot]}
      Targets:
        - Id: hub
          Arn: !Sub 'arn:aws:events:${HubRegion}:${HubAccount}:event-bus/BUS'
          RoleArn: !GetAtt Role.Arn
          DeadLetterConfig: !If [WithDeadLetters, {Arn: !GetAtt Queue.Arn}, !Ref 'AWS::NoValue']
Outputs:
  Rule: {Value: !GetAtt Rule.Arn}
"""


def create_set(cloudformation: Any, bus: str = "BUS", **more: Any) -> str:
    """A service-managed set; returns its name."""
    stack_set = name("set")
    arguments = {
        "StackSetName": stack_set,
        "TemplateBody": TEMPLATE.replace("BUS", bus),
        "Parameters": [
            {"ParameterKey": "HubAccount", "ParameterValue": "222222222222"},
            {"ParameterKey": "HubRegion", "ParameterValue": REGION},
        ],
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": "team", "Value": "security"}],
        **more,
    }
    cloudformation.create_stack_set(**arguments)
    return stack_set


class StackSets(Case):
    """3. Service-managed StackSets."""

    regions = ["us-east-1", "eu-central-1"]

    def setUp(self) -> None:
        super().setUp()
        self.cloudformation = client("cloudformation", "111111111111")
        self.bus = name("bus")
        events = client("events", "222222222222")
        self.bus_arn = events.create_event_bus(Name=self.bus)["EventBusArn"]
        condition = {"StringEquals": {"aws:PrincipalOrgID": self.organization["id"]}}
        policy = allow(
            "events:PutEvents", self.bus_arn, Sid="org", Principal="*", Condition=condition
        )
        events.put_permission(EventBusName=self.bus, Policy=policy)

    def finish(self, stack_set: str, operation: str) -> dict[str, Any]:
        """Waits for an operation."""

        def ended() -> Any:
            found = self.cloudformation.describe_stack_set_operation(
                StackSetName=stack_set, OperationId=operation
            )["StackSetOperation"]
            return found if found["Status"] in ("SUCCEEDED", "FAILED", "STOPPED") else None

        return dict(eventually(ended))

    def deploy(self, stack_set: str, ou: str, **more: Any) -> dict[str, Any]:
        """Creates instances and waits."""
        answer = self.cloudformation.create_stack_instances(
            StackSetName=stack_set,
            Regions=self.regions,
            DeploymentTargets={"OrganizationalUnitIds": [self.ou(ou)]},
            **more,
        )
        return self.finish(stack_set, answer["OperationId"])

    def instances(self, stack_set: str) -> dict[tuple[str, str], str]:
        """Every instance's detailed status."""
        pages = self.cloudformation.get_paginator("list_stack_instances").paginate(
            StackSetName=stack_set
        )
        return {
            (i["Account"], i["Region"]): i["StackInstanceStatus"]["DetailedStatus"]
            for page in pages
            for i in page["Summaries"]
        }

    def remove(self, stack_set: str, *ous: str, **more: Any) -> None:
        """Deletes instances and the set."""
        operation = self.cloudformation.delete_stack_instances(
            StackSetName=stack_set,
            Regions=self.regions,
            DeploymentTargets={"OrganizationalUnitIds": [self.ou(ou) for ou in ous]},
            RetainStacks=False,
            **more,
        )["OperationId"]
        self.finish(stack_set, operation)
        self.cloudformation.delete_stack_set(StackSetName=stack_set)

    def test_resources_come_change_and_go(self) -> None:
        before = lab("GET", "snapshot")
        stack_set = create_set(self.cloudformation, self.bus)
        operation = self.deploy(stack_set, "/Workloads")
        self.assertEqual(operation["Status"], "SUCCEEDED")
        self.assertEqual(operation["StatusDetails"]["FailedStackInstancesCount"], 0)
        found = self.instances(stack_set)
        self.assertEqual(found["555555555555", "us-east-1"], "SUCCEEDED")
        self.assertEqual(found["333333333333", "eu-central-1"], "SUCCEEDED")
        self.assertEqual(found["666666666666", "us-east-1"], "SKIPPED_SUSPENDED_ACCOUNT")
        self.assertEqual(len(found), 8)
        self.assertFalse({"111111111111", "222222222222"} & {account for account, _ in found})

        events = client("events", "333333333333", "us-east-1")
        rule = events.describe_rule(Name=f"forward-{self.bus}")
        self.assertEqual(rule["State"], ALL_EVENTS)
        target = events.list_targets_by_rule(Rule=f"forward-{self.bus}")["Targets"][0]
        self.assertEqual(target["Arn"], self.bus_arn)
        iam = client("iam", "333333333333")
        role = target["RoleArn"].split("/")[-1]
        self.assertLessEqual(len(role), 64)
        policy = iam.get_role_policy(RoleName=role, PolicyName="forward")["PolicyDocument"]
        self.assertEqual(policy["Statement"][0]["Resource"], self.bus_arn)
        queue = target["DeadLetterConfig"]["Arn"]
        self.assertIn("sqs:SendMessage", json.dumps(self.queue_policy(queue)))

        described = self.cloudformation.describe_stack_set(StackSetName=stack_set)["StackSet"]
        self.assertEqual(described["OrganizationalUnitIds"], [self.ou("/Workloads")])
        self.assertEqual(described["AutoDeployment"]["Enabled"], True)
        self.assertEqual(described["ManagedExecution"]["Active"], False)

        parameters = [
            {"ParameterKey": "HubAccount", "UsePreviousValue": True},
            {"ParameterKey": "HubRegion", "UsePreviousValue": True},
            {"ParameterKey": "Note", "ParameterValue": "second"},
            {"ParameterKey": "DeadLetters", "ParameterValue": "false"},
        ]
        operation_id = self.cloudformation.update_stack_set(
            StackSetName=stack_set,
            UsePreviousTemplate=True,
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM"],
        )["OperationId"]
        self.assertEqual(self.finish(stack_set, operation_id)["Status"], "SUCCEEDED")
        rule = events.describe_rule(Name=f"forward-{self.bus}")
        self.assertEqual(rule["Description"], "of second")
        target = events.list_targets_by_rule(Rule=f"forward-{self.bus}")["Targets"][0]
        self.assertNotIn("DeadLetterConfig", target)
        self.assertEqual(target["RoleArn"].split("/")[-1], role)
        sqs = client("sqs", "333333333333", "us-east-1")
        self.refused(
            "AWS.SimpleQueueService.NonExistentQueue",
            sqs.get_queue_url,
            QueueName=queue.split(":")[-1],
        )

        self.refused(
            "StackSetNotEmptyException",
            self.cloudformation.delete_stack_set,
            StackSetName=stack_set,
        )
        self.remove(stack_set, "/Workloads")
        self.assertEqual(lab("GET", "snapshot"), before)

    def queue_policy(self, arn: str) -> Any:
        """A queue's policy."""
        _, _, _, region, account, queue = arn.split(":")
        sqs = client("sqs", account, region)
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        return json.loads(answer["Attributes"]["Policy"])

    def test_what_is_wrong_is_refused(self) -> None:
        make = self.cloudformation.create_stack_set
        stack_set = create_set(self.cloudformation, self.bus)
        self.refused(
            "NameAlreadyExistsException",
            make,
            StackSetName=stack_set,
            TemplateBody="{}",
            PermissionModel="SERVICE_MANAGED",
        )
        message = self.refused(
            "InsufficientCapabilitiesException",
            create_set,
            cloudformation=self.cloudformation,
            Capabilities=[],
        )
        self.assertIn("CAPABILITY_IAM", message)
        self.refused(
            "ValidationError", create_set, cloudformation=self.cloudformation, Parameters=[]
        )
        for ou in ("ou-aaaa-bbbbbbbb", "nonsense"):
            self.refused(
                "ValidationError",
                self.cloudformation.create_stack_instances,
                StackSetName=stack_set,
                Regions=["us-east-1"],
                DeploymentTargets={"OrganizationalUnitIds": [ou]},
            )
        self.cloudformation.delete_stack_set(StackSetName=stack_set)
        self.refused(
            "StackSetNotFoundException",
            self.cloudformation.describe_stack_set,
            StackSetName=stack_set,
        )

    def test_one_operation_at_a_time_unless_managed(self) -> None:
        lab("POST", "late", {"stackset_operation_ms": 1500})
        for managed in (False, True):
            stack_set = create_set(
                self.cloudformation, self.bus, ManagedExecution={"Active": managed}
            )
            arguments = {
                "StackSetName": stack_set,
                "Regions": self.regions,
                "DeploymentTargets": {"OrganizationalUnitIds": [self.ou("/Workloads/Prod")]},
            }
            first = self.cloudformation.create_stack_instances(**arguments)["OperationId"]
            running = self.cloudformation.describe_stack_set_operation(
                StackSetName=stack_set, OperationId=first
            )["StackSetOperation"]
            self.assertEqual(running["Status"], "RUNNING")
            again = self.cloudformation.create_stack_instances
            if managed:
                second = again(**arguments)["OperationId"]
                lab("POST", "late", {"stackset_operation_ms": 50})
                self.assertEqual(self.finish(stack_set, second)["Status"], "SUCCEEDED")
            else:
                self.refused("OperationInProgressException", again, **arguments)
                self.cloudformation.stop_stack_set_operation(
                    StackSetName=stack_set, OperationId=first
                )
                self.assertEqual(self.finish(stack_set, first)["Status"], "STOPPED")
                self.assertIn("CANCELLED", self.instances(stack_set).values())
            self.remove(stack_set, "/Workloads/Prod")

    def test_failures_are_counted_and_named(self) -> None:
        fault = {"account": "333333333333", "region": "us-east-1", "reason": "no luck", "times": 1}
        lab("POST", "instance-faults", fault)
        stack_set = create_set(self.cloudformation, self.bus)
        preferences = {"FailureToleranceCount": 1, "MaxConcurrentCount": 1}
        operation = self.deploy(stack_set, "/Workloads/Prod", OperationPreferences=preferences)
        self.assertEqual(operation["Status"], "SUCCEEDED")
        self.assertEqual(operation["StatusDetails"]["FailedStackInstancesCount"], 1)
        results = self.cloudformation.list_stack_set_operation_results(
            StackSetName=stack_set, OperationId=operation["OperationId"]
        )["Summaries"]
        failed = [r for r in results if r["Status"] == "FAILED"]
        self.assertEqual(
            [(r["Account"], r["StatusReason"]) for r in failed], [("333333333333", "no luck")]
        )
        page = self.cloudformation.list_stack_instances(
            StackSetName=stack_set, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
        )
        self.assertEqual(len(page["Summaries"]), 1)
        lab("POST", "instance-faults", {**fault, "times": 2})
        operation = self.deploy(stack_set, "/Workloads/Prod")
        self.assertEqual(operation["Status"], "FAILED")
        self.assertIn("CANCELLED", self.instances(stack_set).values())
        lab("DELETE", "instance-faults")
        operation = self.deploy(stack_set, "/Workloads/Prod")
        self.assertEqual(set(self.instances(stack_set).values()), {"SUCCEEDED"})
        page = self.cloudformation.list_stack_instances(StackSetName=stack_set, MaxResults=3)
        self.assertEqual(len(page["Summaries"]), 3)
        self.assertIn("NextToken", page)
        self.remove(stack_set, "/Workloads/Prod")

    def test_accounts_that_move_are_followed(self) -> None:
        stack_set = create_set(self.cloudformation, self.bus)
        self.deploy(stack_set, "/Workloads/Prod")
        made = lab("POST", "accounts", {"name": name("new"), "ou": self.ou("/Workloads/Prod")})
        key = (made["id"], "us-east-1")
        self.assertTrue(eventually(lambda: self.instances(stack_set).get(key) == "SUCCEEDED"))
        lab("POST", "accounts/move", {"account": made["id"], "ou": self.organization["root_id"]})
        self.assertTrue(eventually(lambda: key not in self.instances(stack_set)))
        rules = client("events", made["id"], "us-east-1").list_rules()["Rules"]
        self.assertEqual(rules, [])
        eventually(lambda: lab("GET", "idle"))
        self.remove(stack_set, "/Workloads/Prod")

    def test_what_cannot_be_reached_can_only_be_let_go(self) -> None:
        made = lab("POST", "accounts", {"name": name("gone"), "ou": self.ou("/Workloads/Prod")})
        stack_set = create_set(self.cloudformation, self.bus)
        self.deploy(stack_set, "/Workloads/Prod")
        lab("POST", "accounts/remove", {"account": made["id"]})
        gone = {(made["id"], region) for region in self.regions}
        # Automatic deployment tries, in one region after the other.
        self.assertTrue(eventually(lambda: "FAILED" in self.instances(stack_set).values()))
        eventually(lambda: lab("GET", "idle"))
        targets = {"OrganizationalUnitIds": [self.ou("/Workloads/Prod")], "Accounts": [made["id"]]}
        for kind, left in (("INTERSECTION", gone), ("UNION", set())):
            operation = self.cloudformation.delete_stack_instances(
                StackSetName=stack_set,
                Regions=self.regions,
                DeploymentTargets={**targets, "AccountFilterType": kind},
                RetainStacks=True,
            )["OperationId"]
            self.finish(stack_set, operation)
            found = set(self.instances(stack_set))
            self.assertEqual(found & gone, left)
        # A union takes the whole unit too, and its stacks stay.
        self.assertEqual(found, set())
        for account in (made["id"], "333333333333"):
            rules = client("events", account, "us-east-1").list_rules()["Rules"]
            self.assertIn(f"forward-{self.bus}", [rule["Name"] for rule in rules])
        self.cloudformation.delete_stack_set(StackSetName=stack_set)
        for account in (made["id"], "333333333333", "444444444444"):
            for region in self.regions:
                stacks = client("cloudformation", account, region)
                for stack in stacks.describe_stacks()["Stacks"]:
                    stacks.delete_stack(StackName=stack["StackName"])

    def test_a_protected_stack_stays(self) -> None:
        stack_set = create_set(self.cloudformation, self.bus)
        self.deploy(stack_set, "/Workloads/Prod")
        stacks = client("cloudformation", "333333333333", "us-east-1")
        (stack,) = stacks.describe_stacks()["Stacks"]
        protect = stacks.update_termination_protection
        protect(StackName=stack["StackName"], EnableTerminationProtection=True)
        self.assertTrue(stacks.describe_stacks()["Stacks"][0]["EnableTerminationProtection"])
        with self.assertRaises(Exception):
            self.remove(stack_set, "/Workloads/Prod")
        page = self.cloudformation.list_stack_instances(StackSetName=stack_set)
        (left,) = [i for i in page["Summaries"] if i["Status"] == "INOPERABLE"]
        self.assertEqual((left["Account"], left["Region"]), ("333333333333", "us-east-1"))
        self.assertIn("TerminationProtection is enabled", left["StatusReason"])
        protect(StackName=stack["StackName"], EnableTerminationProtection=False)
        self.remove(stack_set, "/Workloads/Prod")

    def test_drift_is_found(self) -> None:
        stack_set = create_set(self.cloudformation, self.bus)
        self.deploy(stack_set, "/Workloads/Prod")
        client("events", "444444444444", "us-east-1").disable_rule(Name=f"forward-{self.bus}")
        operation = self.cloudformation.detect_stack_set_drift(StackSetName=stack_set)
        self.finish(stack_set, operation["OperationId"])
        found = self.cloudformation.describe_stack_set(StackSetName=stack_set)["StackSet"]
        details = found["StackSetDriftDetectionDetails"]
        self.assertEqual(details["DriftStatus"], "DRIFTED")
        self.assertEqual(details["DriftedStackInstancesCount"], 1)
        self.remove(stack_set, "/Workloads/Prod")

    def test_what_cannot_be_made_leaves_nothing(self) -> None:
        before = lab("GET", "snapshot")
        stack_set = create_set(self.cloudformation, name("missing"))
        operation = self.deploy(stack_set, "/Workloads/Prod")
        self.assertEqual(operation["Status"], "FAILED")
        listed = self.cloudformation.list_stack_instances(
            StackSetName=stack_set, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
        )["Summaries"]
        self.assertIn("does not allow account", listed[0]["StatusReason"])
        self.remove(stack_set, "/Workloads/Prod")
        self.assertEqual(lab("GET", "snapshot"), before)

    def test_a_plain_stack_of_the_same_template(self) -> None:
        before = lab("GET", "snapshot")
        cloudformation = client("cloudformation", "111111111111", "us-west-2")
        stack = name("stack")
        arguments = {
            "StackName": stack,
            "TemplateBody": TEMPLATE.replace("BUS", self.bus),
            "Parameters": [
                {"ParameterKey": "HubAccount", "ParameterValue": "222222222222"},
                {"ParameterKey": "HubRegion", "ParameterValue": REGION},
            ],
        }
        self.refused("InsufficientCapabilitiesException", cloudformation.create_stack, **arguments)
        cloudformation.create_stack(**arguments, Capabilities=["CAPABILITY_IAM"])
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        self.assertEqual(found["StackStatus"], "CREATE_COMPLETE")
        self.assertIn(f"forward-{self.bus}", found["Outputs"][0]["OutputValue"])
        message = self.refused(
            "ValidationError",
            cloudformation.update_stack,
            **arguments,
            Capabilities=["CAPABILITY_IAM"],
        )
        self.assertEqual(message, "No updates are to be performed.")
        cloudformation.delete_stack(StackName=stack)
        gone = cloudformation.describe_stacks(StackName=found["StackId"])["Stacks"][0]
        self.assertEqual(gone["StackStatus"], "DELETE_COMPLETE")
        self.assertEqual(lab("GET", "snapshot"), before)


class EventBridge(Case):
    """4. Buses, rules and targets."""

    def setUp(self) -> None:
        super().setUp()
        self.events = client("events", "222222222222")
        self.bus = name("bus")
        self.bus_arn = self.events.create_event_bus(Name=self.bus)["EventBusArn"]

    def rule(
        self, events: Any, bus: str, pattern: Any, target: dict[str, Any], state: str = ALL_EVENTS
    ) -> str:
        """A rule with one target; returns its ARN."""
        rule = name("rule")
        arn = events.put_rule(
            Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern), State=state
        )["RuleArn"]
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "t", **target}])
        return str(arn)

    def hub_queue(self, pattern: Any = None) -> str:
        """A queue that gets what the hub's bus gets."""
        _, queue = self.open_queue("222222222222")
        self.rule(self.events, self.bus, pattern or {"version": ["0"]}, {"Arn": queue})
        return queue

    def let(self, **conditions: Any) -> None:
        """Lets the organization put events, denies what is asked for."""
        statements = [
            {
                "Sid": "organization",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": self.bus_arn,
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": self.organization["id"]}},
            }
        ]
        for sid, condition in conditions.items():
            deny = {**statements[0], "Sid": sid, "Effect": "Deny", "Condition": condition}
            statements.append(deny)
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.events.put_permission(EventBusName=self.bus, Policy=policy)

    def forward(self, account: str, region: str, pattern: Any, **more: Any) -> None:
        """A rule on an account's default bus that forwards to the hub's."""
        role = self.make_role(account, "events.amazonaws.com", "events:PutEvents", self.bus_arn)
        events = client("events", account, region)
        target = {"Arn": self.bus_arn, "RoleArn": role, **more}
        self.rule(events, "default", pattern, target)

    def record(self, account: str, region: str, **more: Any) -> None:
        """CloudTrail records something."""
        body = {"account": account, "region": region, "detail_type": API_CALL}
        lab("POST", "cloudtrail", {**body, "detail": root_call(**more)})

    def test_forwarded_events_keep_account_and_region(self) -> None:
        self.let()
        queue = self.hub_queue()
        self.forward("333333333333", "us-east-1", {"detail": {"marker": [self.bus]}})
        self.record("333333333333", "us-east-1", marker=self.bus)
        self.assertTrue(eventually(lambda: self.bodies(queue)))
        envelope = json.loads(self.bodies(queue)[0])
        self.assertEqual(envelope["account"], "333333333333")
        self.assertEqual(envelope["region"], "us-east-1")
        self.assertEqual(envelope["source"], "aws.iam")
        self.assertEqual(envelope["detail"]["marker"], self.bus)
        self.assertIsInstance(envelope["time"], str)

    def test_read_only_events_need_the_state(self) -> None:
        queues = {}
        events = client("events", "333333333333")
        for state in ("ENABLED", ALL_EVENTS, "DISABLED"):
            _, queues[state] = self.open_queue("333333333333")
            pattern = {"detail": {"marker": [self.bus]}}
            self.rule(events, "default", pattern, {"Arn": queues[state]}, state)
        for read_only in (True, False):
            self.record("333333333333", REGION, marker=self.bus, readOnly=read_only)
        self.assertTrue(eventually(lambda: len(self.bodies(queues[ALL_EVENTS])) == 2))
        eventually(lambda: lab("GET", "idle"))
        self.assertEqual(len(self.bodies(queues["ENABLED"])), 1)
        self.assertEqual(len(self.bodies(queues["DISABLED"])), 0)

    def test_bus_policies_are_asked(self) -> None:
        queue = self.hub_queue()
        spoke = client("events", "333333333333")
        entry = {"Source": "t", "DetailType": "d", "Detail": "{}", "EventBusName": self.bus_arn}
        self.refused("AccessDeniedException", spoke.put_events, Entries=[entry])
        self.let()
        self.assertEqual(spoke.put_events(Entries=[entry])["FailedEntryCount"], 0)
        direct = {
            "StringEquals": {"events:eventBusInvocation": "false"},
            "StringNotEquals": {"aws:PrincipalAccount": "222222222222"},
        }
        kinds = {
            "StringNotEquals": {"events:detail-type": API_CALL},
            "Null": {"events:detail-type": "false"},
        }
        self.let(direct=direct, kinds=kinds)
        self.refused("AccessDeniedException", spoke.put_events, Entries=[entry])
        outsider = client("events", "999999999999")
        self.refused("AccessDeniedException", outsider.put_events, Entries=[entry])
        self.forward("333333333333", REGION, {"detail": {"marker": [self.bus]}})
        self.record("333333333333", REGION, marker=self.bus)
        self.assertTrue(eventually(lambda: len(self.bodies(queue)) == 2))
        client("events", "333333333333").put_events(
            Entries=[
                {**entry, "Detail": json.dumps({"marker": self.bus}), "EventBusName": "default"}
            ]
        )
        eventually(lambda: lab("GET", "idle"))
        self.assertEqual(len(self.bodies(queue)), 2)

    def test_a_statement_can_let_an_organization_in(self) -> None:
        spoke = client("events", "333333333333")
        entry = {"Source": "t", "DetailType": "d", "Detail": "{}", "EventBusName": self.bus_arn}
        self.events.put_permission(
            EventBusName=self.bus,
            Action="events:PutEvents",
            Principal="*",
            StatementId="organization",
            Condition={
                "Type": "StringEquals",
                "Key": "aws:PrincipalOrgID",
                "Value": self.organization["id"],
            },
        )
        self.assertEqual(spoke.put_events(Entries=[entry])["FailedEntryCount"], 0)
        outsider = client("events", "999999999999")
        self.refused("AccessDeniedException", outsider.put_events, Entries=[entry])

    def test_what_cannot_be_forwarded_is_a_dead_letter(self) -> None:
        self.let()
        _, dead = self.open_queue("333333333333")
        self.forward(
            "333333333333",
            REGION,
            {"detail": {"marker": [self.bus]}},
            DeadLetterConfig={"Arn": dead},
        )
        self.events.remove_permission(EventBusName=self.bus, StatementId="organization")
        self.record("333333333333", REGION, marker=self.bus)
        self.assertTrue(eventually(lambda: self.bodies(dead)))
        attributes = self.attributes(dead)[0]
        self.assertEqual(attributes["ERROR_CODE"], "NO_PERMISSIONS")
        self.assertEqual(attributes["TARGET_ARN"], self.bus_arn)

    def test_events_hop_once(self) -> None:
        self.let()
        third = client("events", "444444444444")
        third_arn = third.create_event_bus(Name=self.bus)["EventBusArn"]
        third.put_permission(
            EventBusName=self.bus,
            Policy=allow("events:PutEvents", third_arn, Sid="all", Principal="*"),
        )
        _, dead = self.open_queue("222222222222")
        role = self.make_role("222222222222", "events.amazonaws.com", "events:PutEvents")
        target = {"Arn": third_arn, "RoleArn": role, "DeadLetterConfig": {"Arn": dead}}
        self.rule(self.events, self.bus, {"version": ["0"]}, target)
        self.forward("333333333333", REGION, {"detail": {"marker": [self.bus]}})
        self.record("333333333333", REGION, marker=self.bus)
        self.assertTrue(eventually(lambda: self.bodies(dead)))
        self.assertEqual(self.attributes(dead)[0]["ERROR_CODE"], "THIRD_ACCOUNT_HOP_DETECTED")

    def test_puts_are_checked(self) -> None:
        answer = self.events.put_events(
            Entries=[{"Source": "aws.iam", "DetailType": "d", "Detail": "{}"}]
        )
        self.assertEqual(answer["Entries"][0]["ErrorCode"], "NotAuthorizedForSourceException")
        spoke = client("events", "333333333333")
        rule = name("rule")
        spoke.put_rule(Name=rule, EventPattern='{"source":["x"]}')
        role = self.make_role("333333333333", "events.amazonaws.com", "events:PutEvents")
        target = {"Id": "t", "Arn": self.bus_arn, "RoleArn": role}
        put = spoke.put_targets
        self.refused("AccessDeniedException", put, Rule=rule, Targets=[target])
        self.let()
        retry = {**target, "RetryPolicy": {"MaximumRetryAttempts": 3}}
        self.refused("ValidationException", put, Rule=rule, Targets=[retry])
        wrong = {**target, "RoleArn": self.make_role("333333333333", "lambda.amazonaws.com")}
        self.refused("ValidationException", put, Rule=rule, Targets=[wrong])
        put(Rule=rule, Targets=[target])
        self.refused("ValidationException", spoke.delete_rule, Name=rule)
        self.events.put_rule(Name=rule, EventBusName=self.bus, EventPattern='{"source":["x"]}')
        self.refused("ValidationException", self.events.delete_event_bus, Name=self.bus)
        self.refused(
            "InvalidEventPatternException", spoke.put_rule, Name=rule, EventPattern='{"a":[]}'
        )

    def test_patterns(self) -> None:
        event = {
            "id": "1",
            "account": "1",
            "time": "2026-11-23T00:00:00Z",
            "region": REGION,
            "resources": [],
            "source": "aws.iam",
            "detail-type": "x",
            "detail": {"n": 5, "t": True, "z": None, "s": "Hello", "l": [{"k": "a"}, {"k": "b"}]},
        }
        cases = [
            ({"detail": {"n": [{"numeric": [">", 4, "<=", 5]}]}}, True),
            ({"detail": {"n": [{"numeric": ["<", 5]}]}}, False),
            ({"detail": {"t": [1]}}, False),
            ({"detail": {"z": [None]}}, True),
            ({"detail": {"s": [{"prefix": "He"}]}}, True),
            ({"detail": {"s": [{"suffix": {"equals-ignore-case": "LLO"}}]}}, True),
            ({"detail": {"s": [{"equals-ignore-case": "hello"}]}}, True),
            ({"detail": {"s": [{"wildcard": "H*o"}]}}, True),
            ({"detail": {"s": [{"anything-but": ["Hello", "x"]}]}}, False),
            ({"detail": {"s": [{"anything-but": {"prefix": "x"}}]}}, True),
            ({"detail": {"gone": [{"exists": False}]}}, True),
            ({"detail": {"gone": {"deep": [{"exists": True}]}}}, False),
            ({"detail": {"gone": [{"anything-but": "x"}]}}, False),
            ({"detail": {"l": {"k": ["b"]}}}, True),
            ({"$or": [{"source": ["x"]}, {"detail": {"n": [5]}}]}, True),
            ({"$or": [{"source": ["x"]}, {"detail": {"n": [6]}}]}, False),
        ]
        for pattern, expected in cases:
            with self.subTest(pattern=pattern):
                answer = self.events.test_event_pattern(
                    EventPattern=json.dumps(pattern), Event=json.dumps(event)
                )
                self.assertEqual(answer["Result"], expected)

    def test_targets_are_retried(self) -> None:
        function = self.make_function("222222222222")
        _, dead = self.open_queue("222222222222")
        target = {
            "Arn": function["FunctionArn"],
            "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60},
            "DeadLetterConfig": {"Arn": dead},
        }
        arn = self.rule(self.events, self.bus, {"source": ["t"]}, target)
        entry = {"Source": "t", "DetailType": "d", "Detail": "{}", "EventBusName": self.bus}
        self.events.put_events(Entries=[entry])
        self.assertTrue(eventually(lambda: self.bodies(dead)))
        self.assertEqual(self.attributes(dead)[0]["ERROR_CODE"], "NO_PERMISSIONS")
        client("lambda", "222222222222").add_permission(
            FunctionName=function["FunctionName"],
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=arn,
        )
        throttle = {"service": "lambda", "operation": "Invoke", "kind": {"type": "throttle"}}
        lab("POST", "faults", throttle)
        self.events.put_events(Entries=[entry])
        self.assertTrue(eventually(lambda: len(self.bodies(dead)) == 2))
        self.assertEqual(self.attributes(dead)[1]["RETRY_ATTEMPTS"], "2")
        lab("DELETE", "faults")
        self.events.put_events(Entries=[entry])
        self.assertTrue(eventually(lambda: runs(function)))

    def test_a_burst_does_not_fall_over(self) -> None:
        queue = self.hub_queue({"source": ["burst"]})
        entry = {"Source": "burst", "DetailType": "d", "Detail": "{}", "EventBusName": self.bus}
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self.events.put_events(Entries=[entry] * 10), range(100)))
        count = eventually(lambda: len(self.bodies(queue)) == 1000, 20)
        self.assertTrue(count)


def runs(function: dict[str, Any]) -> list[dict[str, Any]]:
    """The invocations of a function."""
    found = lab("GET", "invocations")
    return [run for run in found if run["function_arn"] == function["FunctionArn"]]


class Functions(Case):
    """5. Lambda."""

    account = "222222222222"

    def setUp(self) -> None:
        super().setUp()
        self.client = client("lambda", self.account)

    def call(self, function: dict[str, Any], payload: Any, **more: Any) -> Any:
        """Invokes a function."""
        return self.client.invoke(
            FunctionName=function["FunctionName"], Payload=json.dumps(payload), **more
        )

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
        self.assertEqual(
            fields, {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
        )

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
        role = self.make_role(
            self.account, "lambda.amazonaws.com", ["logs:*", "sqs:*"]
        )
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


class Topics(Case):
    """6. SNS."""

    account = "222222222222"

    def setUp(self) -> None:
        super().setUp()
        self.sns = client("sns", self.account)
        self.topic = self.sns.create_topic(Name=name("topic"))["TopicArn"]

    def mails(self, address: str) -> list[dict[str, str]]:
        """What an address got."""
        return list(lab("GET", f"mail?address={address}"))

    def test_people_confirm_first(self) -> None:
        address = f"{name()}@example.com"
        arguments = {"TopicArn": self.topic, "Protocol": "email", "Endpoint": address}
        for _ in range(2):
            answer = self.sns.subscribe(**arguments)
            self.assertEqual(answer["SubscriptionArn"], "pending confirmation")
        self.assertEqual([m["kind"] for m in self.mails(address)], ["confirmation"] * 2)
        listed = self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        self.assertEqual([s["SubscriptionArn"] for s in listed], ["PendingConfirmation"])
        self.sns.publish(TopicArn=self.topic, Message="too early")
        lab("POST", "mail/confirm", {"address": address})
        bodies = json.dumps({"default": "long", "email": "for people"})
        self.sns.publish(
            TopicArn=self.topic, Message=bodies, MessageStructure="json", Subject="Look"
        )
        self.assertTrue(eventually(lambda: len(self.mails(address)) == 3))
        mail = self.mails(address)[2]
        self.assertEqual((mail["subject"], mail["body"]), ("Look", "for people"))
        arn = self.sns.subscribe(**arguments)["SubscriptionArn"]
        self.assertTrue(arn.startswith(self.topic))
        self.assertEqual(len(self.mails(address)), 3)

    def test_subjects_are_checked(self) -> None:
        for subject in ("two\nlines", "x" * 100, "h\u00e9"):
            self.refused(
                "InvalidParameter",
                self.sns.publish,
                TopicArn=self.topic,
                Message="m",
                Subject=subject,
            )
        self.refused(
            "InvalidParameter",
            self.sns.publish,
            TopicArn=self.topic,
            Message='{"email":"no default"}',
            MessageStructure="json",
        )

    def test_queues_need_a_policy_and_filters_hold(self) -> None:
        _, closed = self.make_queue(self.account)
        _, raw = self.open_queue(self.account)
        _, filtered = self.open_queue(self.account)
        for arn, attributes in (
            (closed, {}),
            (raw, {"RawMessageDelivery": "true"}),
            (filtered, {"FilterPolicy": '{"severity":["high"]}'}),
        ):
            self.sns.subscribe(
                TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=attributes
            )
        self.sns.subscribe(TopicArn=self.topic, Protocol="https", Endpoint="https://127.0.0.1:1/")
        lab("POST", "mail/confirm", {"address": "https://127.0.0.1:1/"})
        for severity in ("low", "high"):
            value = {"DataType": "String", "StringValue": severity}
            self.sns.publish(
                TopicArn=self.topic, Message=severity, MessageAttributes={"severity": value}
            )
        self.assertTrue(eventually(lambda: sorted(self.bodies(raw)) == ["high", "low"]))
        self.assertTrue(eventually(lambda: self.bodies(filtered)))
        eventually(lambda: lab("GET", "idle"))
        self.assertEqual([json.loads(b)["Message"] for b in self.bodies(filtered)], ["high"])
        self.assertEqual(self.bodies(closed), [])


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
        self.refused(
            "ResourceNotFoundException", logs.filter_log_events, logGroupName=name("none")
        )


class Queues(Case):
    """7. SQS."""

    def test_a_policy_stays_when_other_attributes_are_set(self) -> None:
        url, _ = self.open_queue("222222222222")
        sqs = client("sqs", "222222222222")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(found["VisibilityTimeout"], "5")
        self.assertIn("events.amazonaws.com", found["Policy"])
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertNotIn("Policy", found)

    def test_names_are_not_free_at_once(self) -> None:
        lab("POST", "late", {"queue_name_reuse_ms": 400})
        url, arn = self.make_queue("222222222222")
        sqs = client("sqs", "222222222222")
        sqs.delete_queue(QueueUrl=url)
        queue = arn.split(":")[-1]
        self.refused(
            "AWS.SimpleQueueService.QueueDeletedRecently", sqs.create_queue, QueueName=queue
        )
        time.sleep(0.5)
        sqs.create_queue(QueueName=queue)

    def test_receivers_do_not_share_messages(self) -> None:
        url, _ = self.make_queue("222222222222")
        sqs = client("sqs", "222222222222")
        for start in range(0, 100, 10):
            entries = [{"Id": str(i), "MessageBody": str(i)} for i in range(start, start + 10)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        got: list[str] = []

        def drain() -> None:
            while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                for message in found:
                    got.append(message["Body"])
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        threads = [threading.Thread(target=drain) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(got, key=int), [str(i) for i in range(100)])


class Steering(Case):
    """8. Call log, delay, faults, snapshot."""

    def test_calls_are_logged(self) -> None:
        lab("DELETE", "calls")
        client("sns", "333333333333").list_topics()
        client("events", "333333333333").list_rules()
        client("lambda", "333333333333").list_functions()
        client("sqs", "333333333333", "us-west-2").create_queue(QueueName=name())
        found = [
            (c["service"], c["operation"], c["account"], c["region"], c["write"], c["status"])
            for c in lab("GET", "calls")
        ]
        account = "333333333333"
        self.assertEqual(
            found,
            [
                ("sns", "ListTopics", account, REGION, False, 200),
                ("events", "ListRules", account, REGION, False, 200),
                ("lambda", "ListFunctions", account, REGION, False, 200),
                ("sqs", "CreateQueue", account, "us-west-2", True, 200),
            ],
        )
        self.assertEqual(writes(), ["CreateQueue"])

    def test_faults_speak_every_protocol(self) -> None:
        fail = {"type": "fail", "code": "AccessDeniedException", "message": "no", "status": 400}
        calls = {
            "sns": "list_topics",
            "sqs": "list_queues",
            "iam": "list_roles",
            "cloudformation": "list_stacks",
            "sts": "get_caller_identity",
            "events": "list_rules",
            "organizations": "describe_organization",
            "logs": "describe_log_groups",
            "lambda": "list_functions",
            "cloudwatch": "describe_alarms",
        }
        for service, operation in calls.items():
            with self.subTest(service=service):
                lab("POST", "faults", {"kind": fail, "times": 1})
                call = getattr(client(service, "111111111111"), operation)
                self.assertEqual(self.refused("AccessDeniedException", call), "no")
                call()
        lab("POST", "faults", {"kind": {"type": "throttle"}, "times": 1})
        self.refused("TooManyRequestsException", client("lambda", "111111111111").list_functions)

    def test_connections_drop_before_or_after(self) -> None:
        sqs = client("sqs", "333333333333")
        for applied in (False, True):
            queue = name()
            kind = {"type": "drop", "applied": applied}
            lab("POST", "faults", {"kind": kind, "operation": "CreateQueue", "nth": 1})
            with self.assertRaises(Exception):
                sqs.create_queue(QueueName=queue)
            found = sqs.list_queues(QueueNamePrefix=queue).get("QueueUrls") or []
            self.assertEqual(len(found), int(applied))

    def test_a_held_call_takes_effect_when_its_fault_is_removed(self) -> None:
        sqs, queue = client("sqs", "333333333333"), name()
        kind = {"type": "hold", "ms": 20_000}
        lab("POST", "faults", {"kind": kind, "operation": "CreateQueue", "nth": 1})
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(sqs.create_queue, QueueName=queue)
            self.assertTrue(eventually(lambda: lab("GET", "held") == 1))
            # Others are not kept waiting.
            self.assertFalse(sqs.list_queues(QueueNamePrefix=queue).get("QueueUrls"))
            lab("DELETE", "faults")
            self.assertIn(queue, made.result()["QueueUrl"])
        self.assertEqual(lab("GET", "held"), 0)

    def test_delays_do_not_queue(self) -> None:
        lab("POST", "delay", {"ms": 300})
        began = time.monotonic()
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: client("sns", "333333333333").list_topics(), range(6)))
        took = time.monotonic() - began
        self.assertTrue(0.3 <= took < 1.5, took)

    def test_the_snapshot_sees_everything(self) -> None:
        before = lab("GET", "snapshot")
        logs = client("logs", "333333333333")
        group = name("/lab/")
        logs.create_log_group(logGroupName=group, tags={"a": "b"})
        logs.put_retention_policy(logGroupName=group, retentionInDays=7)
        after = lab("GET", "snapshot")
        self.assertNotEqual(after, before)
        found = after["333333333333"][REGION]["log_groups"][group]
        self.assertEqual(found, {"RetentionInDays": 7, "Tags": {"a": "b"}})
        logs.delete_log_group(logGroupName=group)
        self.assertEqual(lab("GET", "snapshot"), before)


if __name__ == "__main__":
    unittest.main()
