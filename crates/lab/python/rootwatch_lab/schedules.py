"""Schedules of EventBridge rules: what their expressions may be, when they are due, and what they send."""

from __future__ import annotations

import re
import time
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule, events_backends

from . import events
from .state import each

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}

# Since when the schedule of a rule runs, or when it fired last, by the rule's ARN.
_since: dict[str, float] = {}


def rate_s(expression: str) -> int | None:
    """The seconds of a rate expression; none for what is no valid one.

    One of a unit is singular, more are plural (EventBridge guide, "Rate expressions").
    """
    found = _RATE.fullmatch(expression)
    if not found:
        return None
    count, unit, plural = int(found[1]), found[2], bool(found[3])
    if count == 0 or plural != (count > 1):
        return None
    return count * _SECONDS[unit]


def fire() -> int:
    """Every schedule that is due sends its event; how many did.

    Only rates fire: what time of the day it is in the lab means nothing.
    """
    now, fired = time.time(), 0
    for _, _, backend in each(events_backends):
        bus = backend.event_buses.get("default")
        for rule in list(bus.rules.values()) if bus else []:
            rate = rate_s(rule.scheduled_expression or "")
            if rate is None or now - _since.get(rule.arn, now) < rate:
                continue
            _since[rule.arn] = now
            # The schedule of a disabled rule goes on, and sends nothing.
            if rule.state != "DISABLED":
                _send(rule)
                fired += 1
    return fired


def _send(rule: Rule) -> None:
    """To the rule's targets, whatever its pattern (EventBridge API, PutRule)."""
    events.send_scheduled(rule)


def turn(seconds: int) -> None:
    """Time passes for the schedules."""
    for arn in _since:
        _since[arn] -= seconds


def _put_rule(self: EventsBackend, *args: Any, **kwargs: Any) -> Rule:
    expression = kwargs.get("scheduled_expression")
    if expression and expression.startswith("rate(") and rate_s(expression) is None:
        raise ValidationException("Parameter ScheduleExpression is not valid.")
    rule: Rule = _moto_put_rule(self, *args, **kwargs)
    if expression:
        _since[rule.arn] = time.time()
    else:
        _since.pop(rule.arn, None)
    return rule


_moto_put_rule = EventsBackend.put_rule


def install() -> None:
    """Takes the place of moto's own function."""
    EventsBackend.put_rule = _put_rule
