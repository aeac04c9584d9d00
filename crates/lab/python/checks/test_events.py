"""EventBridge: buses, rules and targets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from .case import (
    ALL_EVENTS,
    API_CALL,
    REGION,
    Case,
    allow,
    client,
    eventually,
    lab,
    name,
    root_call,
    runs,
)


class EventBridge(Case):
    """Buses, rules and targets."""

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

    def test_keys_that_are_lists_need_a_set_operator(self) -> None:
        spoke = client("events", "333333333333")
        entry = {"Source": "t", "DetailType": "d", "Detail": "{}", "EventBusName": self.bus_arn}
        test = {"events:detail-type": API_CALL}
        self.let(plain={"StringNotEquals": test})
        self.assertEqual(spoke.put_events(Entries=[entry])["FailedEntryCount"], 0)
        self.let(any={"ForAnyValue:StringNotEquals": test})
        self.refused("AccessDeniedException", spoke.put_events, Entries=[entry])
        right = {**entry, "DetailType": API_CALL}
        self.assertEqual(spoke.put_events(Entries=[right])["FailedEntryCount"], 0)

    def test_bus_policies_are_asked(self) -> None:
        queue = self.hub_queue()
        spoke = client("events", "333333333333")
        entry = {"Source": "t", "DetailType": "d", "Detail": "{}", "EventBusName": self.bus_arn}
        self.refused("AccessDeniedException", spoke.put_events, Entries=[entry])
        self.let()
        self.assertEqual(spoke.put_events(Entries=[entry])["FailedEntryCount"], 0)
        direct: dict[str, object] = {
            "StringEquals": {"events:eventBusInvocation": "false"},
            "StringNotEquals": {"aws:PrincipalAccount": "222222222222"},
        }
        # A rule's target is asked about before there is an event, and may look like a call.
        self.let(direct=direct)
        with self.assertRaises(ClientError) as caught:
            self.forward("333333333333", REGION, {"source": ["x"]})
        self.assertEqual(caught.exception.operation_name, "PutTargets")
        direct["Null"] = {"events:detail-type": "false"}
        kinds = {
            "ForAnyValue:StringNotEquals": {"events:detail-type": API_CALL},
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
