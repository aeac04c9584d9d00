"""Service-managed StackSets."""

from __future__ import annotations

import json
from typing import Any

from .case import ALL_EVENTS, REGION, Case, allow, client, eventually, lab, name
from .stacks import TEMPLATE, create_set


class StackSets(Case):
    """Service-managed StackSets."""

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
        self.remove_instances(stack_set, *ous, **more)
        self.cloudformation.delete_stack_set(StackSetName=stack_set)

    def remove_instances(
        self, stack_set: str, *ous: str, retain: bool = False, **more: Any
    ) -> dict[str, Any]:
        """Deletes instances and waits."""
        operation = self.cloudformation.delete_stack_instances(
            StackSetName=stack_set,
            Regions=self.regions,
            DeploymentTargets={"OrganizationalUnitIds": [self.ou(ou) for ou in ous]},
            RetainStacks=retain,
            **more,
        )["OperationId"]
        return self.finish(stack_set, operation)

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
        for managed in (False, True):
            lab("POST", "late", {"stackset_operation_ms": 1500})
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
                lab("POST", "late", {"stackset_operation_ms": 50})
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

    def move_between_targets(self, retain: bool) -> tuple[str, str]:
        """A set with two units, and an account that has gone from the one to the other."""
        automatic = {"Enabled": True, "RetainStacksOnAccountRemoval": retain}
        stack_set = create_set(self.cloudformation, self.bus, AutoDeployment=automatic)
        for unit in ("/Workloads/Prod", "/Security"):
            self.deploy(stack_set, unit)
        account = str(lab("POST", "accounts", {"name": name("new"), "ou": self.ou("/Security")})["id"])
        key = (account, "us-east-1")
        self.assertTrue(eventually(lambda: self.instances(stack_set).get(key) == "SUCCEEDED"))
        eventually(lambda: lab("GET", "idle"))
        lab("POST", "accounts/move", {"account": account, "ou": self.ou("/Workloads/Prod")})
        self.assertTrue(eventually(lambda: self.instances(stack_set).get(key) == "FAILED"))
        eventually(lambda: lab("GET", "idle"))
        return stack_set, account

    def rules(self, account: str, region: str = "us-east-1") -> list[str]:
        """The names of an account's rules."""
        found = client("events", account, region).list_rules()["Rules"]
        return [rule["Name"] for rule in found]

    def test_an_account_that_moves_between_targets_is_left_behind(self) -> None:
        stack_set, account = self.move_between_targets(retain=False)
        named = {
            "StackSetName": stack_set,
            "StackInstanceAccount": account,
            "StackInstanceRegion": "us-east-1",
        }
        left = self.cloudformation.describe_stack_instance(**named)["StackInstance"]
        self.assertEqual(left["OrganizationalUnitId"], self.ou("/Workloads/Prod"))
        self.assertEqual(left["Status"], "OUTDATED")
        self.assertIn(f"forward-{self.bus} already exists", left["StatusReason"])
        # The old unit's stack has gone since, and the rule with it.
        self.assertEqual(self.rules(account), [])
        self.assertEqual(self.deploy(stack_set, "/Workloads/Prod")["Status"], "SUCCEEDED")
        self.assertEqual(set(self.instances(stack_set).values()), {"SUCCEEDED"})
        self.assertEqual(self.rules(account), [f"forward-{self.bus}"])
        self.remove(stack_set, "/Workloads/Prod", "/Security")
        lab("POST", "accounts/remove", {"account": account})

    def test_an_account_that_left_keeps_no_stack_of_one_that_moves(self) -> None:
        stack_set = create_set(self.cloudformation, self.bus)
        units = ("/Workloads/Prod", "/Security")
        for unit in units:
            self.deploy(stack_set, unit)
        unit = self.ou("/Security")
        gone, moved = (
            str(lab("POST", "accounts", {"name": name("new"), "ou": unit})["id"]) for _ in range(2)
        )

        def is_so(account: str, status: str) -> bool:
            return self.instances(stack_set).get((account, "us-east-1")) == status

        for account, path, given in (
            (gone, "accounts/remove", {}),
            (moved, "accounts/move", {"ou": self.ou("/Workloads/Prod")}),
        ):
            self.assertTrue(eventually(lambda it=account: is_so(it, "SUCCEEDED")))
            eventually(lambda: lab("GET", "idle"))
            lab("POST", path, {"account": account, **given})
            self.assertTrue(eventually(lambda it=account: is_so(it, "FAILED")))
            eventually(lambda: lab("GET", "idle"))
        self.assertEqual([self.rules(moved, region) for region in self.regions], [[], []])
        self.remove(stack_set, *units, retain=True)
        lab("POST", "accounts/remove", {"account": moved})

    def test_a_retained_stack_keeps_its_names_from_the_next_unit(self) -> None:
        stack_set, account = self.move_between_targets(retain=True)
        self.assertEqual(self.rules(account), [f"forward-{self.bus}"])
        self.assertEqual(self.deploy(stack_set, "/Workloads/Prod")["Status"], "FAILED")
        self.assertEqual(self.rules(account), [f"forward-{self.bus}"])
        self.remove(stack_set, "/Workloads/Prod", "/Security")
        lab("POST", "accounts/remove", {"account": account})

    def test_automatic_deployment_meets_faults(self) -> None:
        stack_set = create_set(self.cloudformation, self.bus)
        self.deploy(stack_set, "/Workloads/Prod")
        lab("POST", "instance-faults", {"action": "CREATE", "reason": "quarantined"})
        made = lab("POST", "accounts", {"name": name("new"), "ou": self.ou("/Workloads/Prod")})
        key = (made["id"], "us-east-1")
        self.assertTrue(eventually(lambda: self.instances(stack_set).get(key) == "FAILED"))
        lab("DELETE", "instance-faults")
        eventually(lambda: lab("GET", "idle"))
        self.assertEqual(self.deploy(stack_set, "/Workloads/Prod")["Status"], "SUCCEEDED")
        self.remove(stack_set, "/Workloads/Prod")
        lab("POST", "accounts/remove", {"account": made["id"]})

    def test_a_deletion_ends_automatic_deployment_to_a_topmost_unit(self) -> None:
        for path, stays in (("/Workloads", False), ("/Workloads/Prod", True)):
            stack_set = create_set(self.cloudformation, self.bus)
            self.deploy(stack_set, path)
            one = {"Accounts": ["333333333333"], "AccountFilterType": "INTERSECTION"}
            operation = self.cloudformation.delete_stack_instances(
                StackSetName=stack_set,
                Regions=self.regions,
                DeploymentTargets={"OrganizationalUnitIds": [self.ou(path)], **one},
                RetainStacks=False,
            )["OperationId"]
            self.finish(stack_set, operation)
            self.assertTrue(self.instances(stack_set))
            targets = self.cloudformation.list_stack_set_auto_deployment_targets
            units = [it["OrganizationalUnitId"] for it in targets(StackSetName=stack_set)["Summaries"]]
            self.assertEqual(units, [self.ou(path)] if stays else [])
            self.remove(stack_set, path)

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
        operation = self.remove_instances(stack_set, "/Workloads/Prod")
        self.assertEqual(operation["Status"], "FAILED")
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

    def test_events_carry_the_token_of_their_operation(self) -> None:
        cloudformation = client("cloudformation", "111111111111", "us-west-2")
        stack = name("stack")
        arguments = {
            "StackName": stack,
            "TemplateBody": TEMPLATE.replace("BUS", self.bus),
            "Capabilities": ["CAPABILITY_IAM"],
        }
        hub = [
            {"ParameterKey": "HubAccount", "ParameterValue": "222222222222"},
            {"ParameterKey": "HubRegion", "ParameterValue": REGION},
        ]
        cloudformation.create_stack(**arguments, Parameters=hub, ClientRequestToken="first")
        self.refused(
            "AlreadyExistsException",
            cloudformation.create_stack,
            **arguments,
            Parameters=hub,
            ClientRequestToken="first",
        )
        note = {"ParameterKey": "Note", "ParameterValue": "second"}
        changed = {**arguments, "Parameters": [*hub, note], "ClientRequestToken": "second"}
        cloudformation.update_stack(**changed)
        self.refused("TokenAlreadyExistsException", cloudformation.update_stack, **changed)
        for _ in range(3):
            note["ParameterValue"] += "."
            cloudformation.update_stack(**arguments, Parameters=[*hub, note])
        page = cloudformation.describe_stack_events(StackName=stack)
        self.assertTrue(page["NextToken"])
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
        events = [event for page in pages for event in page["StackEvents"]]
        tokens = [event.get("ClientRequestToken") for event in events]
        self.assertEqual(tokens[-4:], ["second", "second", "first", "first"])
        self.assertEqual(set(tokens), {"first", "second", None})
        cloudformation.delete_stack(StackName=stack)
