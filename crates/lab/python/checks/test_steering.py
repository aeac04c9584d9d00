"""What a test sees and steers: call log, delay, faults, snapshot."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from .case import REGION, Case, client, eventually, lab, name, writes


class Steering(Case):
    """Call log, delay, faults, snapshot."""

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
            self.assertTrue(eventually(lambda: len(lab("GET", "held")) == 1))
            # Others are not kept waiting.
            self.assertFalse(sqs.list_queues(QueueNamePrefix=queue).get("QueueUrls"))
            lab("DELETE", "faults")
            self.assertIn(queue, made.result()["QueueUrl"])
        self.assertEqual(lab("GET", "held"), [])

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
        self.assertEqual(found, {"KmsKeyId": None, "RetentionInDays": 7, "Tags": {"a": "b"}})
        logs.delete_log_group(logGroupName=group)
        self.assertEqual(lab("GET", "snapshot"), before)
