"""Service control policies, and the policies of an account's operator."""

from __future__ import annotations

import json
from typing import Any

from .case import REGION, Case, allow, client, lab, name, package, trust
from .stacks import create_set

_MANAGEMENT = "111111111111"
_SHOP = "333333333333"
_RULE = f"arn:aws:events:{REGION}:{_SHOP}:rule/watched"
_BUS = f"arn:aws:events:{REGION}:{_SHOP}:event-bus/default"


def document(action: Any, resource: Any, effect: str = "Deny", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class ServiceControlPolicies(Case):
    """What an SCP denies, to whom, and what Organizations refuses."""

    def setUp(self) -> None:
        self.organizations = client("organizations", _MANAGEMENT)
        pages = self.organizations.get_paginator("list_roots").paginate()
        self.root = pages.build_full_result()["Roots"][0]["Id"]

    def test_the_first_page_of_roots_is_empty(self) -> None:
        first = self.organizations.list_roots()
        self.assertEqual(first["Roots"], [])
        second = self.organizations.list_roots(NextToken=first["NextToken"])
        self.assertEqual([root["Id"] for root in second["Roots"]], [self.root])
        self.assertNotIn("NextToken", second)

    def policy(self, content: str) -> str:
        made = self.organizations.create_policy(
            Name=name(), Type="SERVICE_CONTROL_POLICY", Description="", Content=content
        )
        policy = str(made["Policy"]["PolicySummary"]["Id"])
        self.addCleanup(self.remove, policy)
        return policy

    def remove(self, policy: str) -> None:
        for target in self.organizations.list_targets_for_policy(PolicyId=policy)["Targets"]:
            self.organizations.detach_policy(PolicyId=policy, TargetId=target["TargetId"])
        self.organizations.delete_policy(PolicyId=policy)

    def test_a_policy_binds_the_members_below_and_not_the_management_account(self) -> None:
        policy = self.policy(document("events:PutRule", "arn:aws:events:*:*:rule/watched"))
        here = [client("events", account) for account in (_SHOP, _MANAGEMENT)]
        for events in here:
            events.put_rule(Name="watched", ScheduleExpression="rate(1 day)")
        self.organizations.attach_policy(PolicyId=policy, TargetId=self.root)
        said = self.refused(
            "AccessDeniedException", here[0].put_rule, Name="watched", ScheduleExpression="rate(1 day)"
        )
        self.assertEqual(
            said,
            f"User: arn:aws:iam::{_SHOP}:user/operator is not authorized to perform: events:PutRule on "
            f"resource: {_RULE} with an explicit deny in a service control policy",
        )
        here[0].put_rule(Name="other", ScheduleExpression="rate(1 day)")
        here[1].put_rule(Name="watched", ScheduleExpression="rate(1 day)")
        self.organizations.detach_policy(PolicyId=policy, TargetId=self.root)
        here[0].put_rule(Name="watched", ScheduleExpression="rate(1 day)")

    def test_a_policy_binds_nobody_while_the_type_is_off(self) -> None:
        policy = self.policy(document("sqs:CreateQueue", "*"))
        self.organizations.attach_policy(PolicyId=policy, TargetId=_SHOP)
        sqs = client("sqs", _SHOP)
        self.refused("AccessDenied", sqs.create_queue, QueueName=name())
        kind = {"RootId": self.root, "PolicyType": "SERVICE_CONTROL_POLICY"}
        self.organizations.disable_policy_type(**kind)
        sqs.create_queue(QueueName=name())
        self.refused(
            "PolicyTypeNotEnabledException",
            self.organizations.attach_policy,
            PolicyId=policy,
            TargetId=self.root,
        )
        self.organizations.enable_policy_type(**kind)
        self.refused("AccessDenied", sqs.create_queue, QueueName=name())

    def test_an_exempt_role_is_free(self) -> None:
        free = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/operator"}}
        policy = self.policy(document("sqs:CreateQueue", "*", Condition=free))
        self.organizations.attach_policy(PolicyId=policy, TargetId=_SHOP)
        client("sqs", _SHOP).create_queue(QueueName=name())

    def test_stacksets_work_as_a_role_of_theirs(self) -> None:
        everybody = self.policy(document("sqs:CreateQueue", "*"))
        unit = self.organizations.list_parents(ChildId=_SHOP)["Parents"][0]["Id"]
        self.organizations.attach_policy(PolicyId=everybody, TargetId=_SHOP)
        cloudformation = client("cloudformation", _MANAGEMENT)
        events, bus = client("events", "222222222222"), name("bus")
        arn = events.create_event_bus(Name=bus)["EventBusArn"]
        condition = {"StringEquals": {"aws:PrincipalOrgID": self.organization["id"]}}
        open_to_all = allow("events:PutEvents", arn, Sid="org", Principal="*", Condition=condition)
        events.put_permission(EventBusName=bus, Policy=open_to_all)
        stack_set = create_set(cloudformation, bus)
        operation = cloudformation.create_stack_instances(
            StackSetName=stack_set,
            DeploymentTargets={
                "OrganizationalUnitIds": [unit],
                "Accounts": [_SHOP],
                "AccountFilterType": "INTERSECTION",
            },
            Regions=[REGION],
        )["OperationId"]
        results = self.results(cloudformation, stack_set, operation)
        self.assertIn("explicit deny in a service control policy", results[0]["StatusReason"])

    def results(self, cloudformation: Any, stack_set: str, operation: str) -> Any:
        for _ in range(200):
            found = cloudformation.describe_stack_set_operation(
                StackSetName=stack_set, OperationId=operation
            )
            if found["StackSetOperation"]["Status"] not in ("RUNNING", "QUEUED"):
                break
        return cloudformation.list_stack_set_operation_results(
            StackSetName=stack_set, OperationId=operation
        )["Summaries"]

    def test_what_organizations_refuses(self) -> None:
        create, attach = self.organizations.create_policy, self.organizations.attach_policy
        common = {"Type": "SERVICE_CONTROL_POLICY", "Description": ""}
        long = document("sqs:CreateQueue", ["x" * 5_000, "y" * 5_200])
        self.refused("ConstraintViolationException", create, Name=name(), Content=long, **common)
        self.refused("MalformedPolicyDocumentException", create, Name=name(), Content="{}", **common)
        harmless = [self.policy(document("sqs:CreateQueue", f"arn:aws:sqs:*:*:{at}")) for at in range(10)]
        for policy in harmless[:9]:
            attach(PolicyId=policy, TargetId=_SHOP)
        # FullAWSAccess is one of the ten.
        self.refused("ConstraintViolationException", attach, PolicyId=harmless[9], TargetId=_SHOP)
        again = {"PolicyId": harmless[0], "TargetId": _SHOP}
        self.refused("DuplicatePolicyAttachmentException", attach, **again)
        self.refused("PolicyInUseException", self.organizations.delete_policy, PolicyId=harmless[0])
        self.organizations.detach_policy(**again)
        self.refused("PolicyNotAttachedException", self.organizations.detach_policy, **again)
        self.refused(
            "ConstraintViolationException",
            self.organizations.detach_policy,
            PolicyId="p-FullAWSAccess",
            TargetId=self.root,
        )


class Identities(Case):
    """An operator for whom a test has set policies."""

    def restrict(self, *documents: str) -> None:
        policies = [json.loads(text) for text in documents] or None
        lab("POST", "identity", {"account": _SHOP, "policies": policies})
        self.addCleanup(lab, "POST", "identity", {"account": _SHOP, "policies": None})

    def test_only_what_is_allowed_is_done(self) -> None:
        queue = name()
        arn = f"arn:aws:sqs:{REGION}:{_SHOP}:{queue}"
        self.restrict(document(["sqs:CreateQueue", "sqs:TagQueue"], arn, "Allow"))
        sqs = client("sqs", _SHOP)
        sqs.create_queue(QueueName=queue, tags={"a": "b"})
        said = self.refused("AccessDenied", sqs.create_queue, QueueName=queue + "x")
        self.assertIn("because no identity-based policy allows the sqs:CreateQueue action", said)
        self.refused("AccessDenied", sqs.list_queues)
        # Anybody may ask who they are.
        self.assertEqual(client("sts", _SHOP).get_caller_identity()["Account"], _SHOP)

    def test_tags_at_creation_and_handed_roles_are_asked_for_too(self) -> None:
        topic = name()
        arn = f"arn:aws:sns:{REGION}:{_SHOP}:{topic}"
        self.restrict(document("sns:CreateTopic", arn, "Allow"))
        sns = client("sns", _SHOP)
        sns.create_topic(Name=topic)
        tags = [{"Key": "a", "Value": "b"}]
        said = self.refused("AuthorizationError", sns.create_topic, Name=topic, Tags=tags)
        self.assertIn("sns:TagResource", said)
        rule = document(["events:PutRule", "events:PutTargets"], "*", "Allow")
        self.restrict(rule)
        events = client("events", _SHOP)
        events.put_rule(Name=topic, ScheduleExpression="rate(1 day)")
        role = f"arn:aws:iam::{_SHOP}:role/forward"
        target = {"Id": "a", "Arn": _BUS, "RoleArn": role}
        said = self.refused("AccessDeniedException", events.put_targets, Rule=topic, Targets=[target])
        self.assertIn(f"iam:PassRole on resource: {role}", said)

    def test_a_function_has_tags_for_whoever_may_list_them(self) -> None:
        function, role = name(), f"arn:aws:iam::{_SHOP}:role/{name()}"
        client("iam", _SHOP).create_role(
            RoleName=role.split("/")[-1], AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
        )
        client("lambda", _SHOP).create_function(
            FunctionName=function,
            Role=role,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Code={"ZipFile": package()},
            Tags={"team": "security"},
        )
        get = client("lambda", _SHOP).get_function
        self.restrict(document("lambda:GetFunction", "*", "Allow"))
        found = get(FunctionName=function)
        self.assertNotIn("Tags", found)
        self.assertEqual(found["TagsError"]["ErrorCode"], "AccessDeniedException")
        self.assertIn("lambda:ListTags", found["TagsError"]["Message"])
        self.restrict(document(["lambda:GetFunction", "lambda:ListTags"], "*", "Allow"))
        found = get(FunctionName=function)
        self.assertEqual(found["Tags"], {"team": "security"})
        self.assertNotIn("TagsError", found)

    def test_a_deny_wins(self) -> None:
        self.restrict(document("sqs:*", "*", "Allow"), document("sqs:ListQueues", "*"))
        sqs = client("sqs", _SHOP)
        sqs.create_queue(QueueName=name())
        said = self.refused("AccessDenied", sqs.list_queues)
        self.assertIn("with an explicit deny in an identity-based policy", said)
