"""Schedules of rules, when the clock is turned."""

from __future__ import annotations

import json
import time
from typing import Any

from .case import ALL_EVENTS, Case, client, eventually, lab, name

SPOKE = "333333333333"


class Schedules(Case):
    """Schedules of rules."""

    def setUp(self) -> None:
        super().setUp()
        self.events = client("events", SPOKE)

    def scheduled(self, rate: str, state: str = ALL_EVENTS, **more: Any) -> tuple[str, str, str]:
        """A rule with a schedule: its name, its ARN and the queue that it sends to."""
        _, queue = self.open_queue(SPOKE)
        rule = name("rule")
        arn = self.events.put_rule(Name=rule, ScheduleExpression=rate, State=state, **more)
        self.events.put_targets(Rule=rule, Targets=[{"Id": "t", "Arn": queue}])
        return rule, str(arn["RuleArn"]), queue.split(":")[-1]

    def sent(self, queue: str) -> list[dict[str, Any]]:
        """What a queue holds."""
        query = f"account={SPOKE}&region=eu-west-1&queue={queue}"
        return [json.loads(it["body"]) for it in lab("GET", f"messages?{query}")]

    def test_a_rate_fires_when_it_is_due_whatever_the_pattern(self) -> None:
        pattern = json.dumps({"source": ["never"]})
        _, arn, queue = self.scheduled("rate(6 hours)", EventPattern=pattern)
        lab("POST", "clock", {"seconds": 5 * 3600})
        self.assertEqual(self.sent(queue), [])
        lab("POST", "clock", {"seconds": 3600})
        [event] = eventually(lambda: self.sent(queue))
        self.assertEqual(event["source"], "aws.events")
        self.assertEqual(event["detail-type"], "Scheduled Event")
        self.assertEqual((event["account"], event["region"]), (SPOKE, "eu-west-1"))
        self.assertEqual((event["resources"], event["detail"]), ([arn], {}))
        lab("POST", "clock", {"seconds": 6 * 3600})
        self.assertTrue(eventually(lambda: len(self.sent(queue)) == 2))

    def test_a_rule_that_is_off_or_has_no_schedule_any_more_sends_nothing(self) -> None:
        _, _, off = self.scheduled("rate(1 hour)", state="DISABLED")
        rule, _, changed = self.scheduled("rate(1 hour)")
        self.events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["never"]}))
        lab("POST", "clock", {"seconds": 3600})
        time.sleep(0.3)
        self.assertEqual(self.sent(off) + self.sent(changed), [])

    def test_what_is_no_rate_is_refused(self) -> None:
        wrong = ("rate(1 hours)", "rate(6 hour)", "rate(0 hours)", "rate(5 weeks)", "rate(6h)", "6 h")
        for rate in wrong:
            with self.assertRaises(self.events.exceptions.ClientError, msg=rate) as refused:
                self.events.put_rule(Name=name("rule"), ScheduleExpression=rate)
            self.assertEqual(refused.exception.response["Error"]["Code"], "ValidationException")
