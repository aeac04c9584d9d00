"""CloudWatch alarms: a few metrics are real, and a change of state is told to topics."""

from __future__ import annotations

import collections
import json
import operator
import sys
import threading
import time
import traceback
from collections.abc import Callable

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition

from . import events, functions, metricmath, metrics, topics
from .state import activity, each, lock

_PAUSE_S = 0.2
# Where nobody has done anything for a while, only what changes by time alone is left to see: many labs are there to be
# forked, side by side.
_QUIET_S = 2.0
_QUIET_AFTER_S = 5.0
_COMPARE = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def _messages(account: str, region: str, named: dict[str, str], _since: float) -> float | None:
    queue = sqs_backends[account][region].queues.get(named.get("QueueName", ""))
    return len(queue.messages) if queue else None


def _age(account: str, region: str, named: dict[str, str], _since: float) -> float | None:
    queue = sqs_backends[account][region].queues.get(named.get("QueueName", ""))
    return metrics.oldest_age_s(queue) if queue else None


def _errors(account: str, region: str, named: dict[str, str], since: float) -> float | None:
    function = named.get("FunctionName")
    arn = f"arn:{get_partition(region)}:lambda:{region}:{account}:function:{function}"
    recent = functions.outcomes(arn, since)
    return sum(not ok for ok in recent) if recent else None


def _of_rule(ends: collections.deque[tuple[float, events.Place]]) -> Callable[..., float | None]:
    """Metrics with a RuleName alone are of the default bus (EventBridge guide, "Monitoring")."""

    def count(account: str, region: str, named: dict[str, str], since: float) -> float | None:
        wanted = (account, region, named.get("EventBusName", "default"), named.get("RuleName"))
        recent = [at for at, place in list(ends) if place == wanted]
        # EventBridge sends no zeros (the same page).
        return sum(at >= since for at in recent) or None

    return count


_METRICS: dict[tuple[str, str], Callable[..., float | None]] = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): _messages,
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): _age,
    ("AWS/Lambda", "Errors"): _errors,
    ("AWS/Events", "FailedInvocations"): _of_rule(events.failed_invocations),
    ("AWS/Events", "Invocations"): _of_rule(events.invocations),
    ("AWS/Events", "TriggeredRules"): _of_rule(events.triggered_rules),
}


# The metrics' units (each service's guide, "CloudWatch metrics").
_UNITS = {"ApproximateAgeOfOldestMessage": "Seconds"}


# What the metric of an alarm with an expression was at the last look, by the alarm's ARN: a look
# is the lab's period.
_before: dict[str, float | None] = {}


def _value(account: str, alarm: Alarm) -> tuple[bool, float | None]:
    """Whether the lab has the alarm's metric, and its value."""
    queries = {query.id: query for query in alarm.metric_data_queries}
    stat = next((query.metric_stat for query in queries.values() if query.metric_stat), None)
    of = stat.metric if stat else alarm
    measure = _METRICS.get((of.namespace, of.metric_name))
    if measure is None:
        return False, None
    named = {dimension.name: dimension.value for dimension in of.dimensions}
    period = float(stat.period if stat else alarm.period)
    value = measure(account, alarm.region_name, named, time.time() - period)
    expression = next((query.expression for query in queries.values() if query.expression), None)
    if expression is None:
        return True, value
    series = metricmath.Series(_before.get(alarm.alarm_arn), value)
    _before[alarm.alarm_arn] = value
    return True, metricmath.last(str(expression), series)


def _state(account: str, alarm: Alarm) -> str | None:
    compare = _COMPARE.get(alarm.comparison_operator)
    is_known, value = _value(account, alarm)
    if not is_known or compare is None:
        return None
    if alarm.unit and alarm.unit != _UNITS.get(str(alarm.metric_name), "Count"):
        # Data in another unit is other data (CloudWatch API, PutMetricAlarm): there is none in this one.
        value = None
    if value is not None:
        return "ALARM" if compare(value, float(alarm.threshold)) else "OK"
    missing = {"breaching": "ALARM", "notBreaching": "OK", "ignore": alarm.state_value}
    return str(missing.get(alarm.treat_missing_data or "missing", "INSUFFICIENT_DATA"))


def _change(account: str, alarm: Alarm, state: str, reason: str, data: str = "{}") -> None:
    before = alarm.state_value
    alarm.update_state(reason, data, state)
    if before == state or not alarm.actions_enabled:
        return
    actions = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}
    for arn in actions.get(state, alarm.insufficient_data_actions) or []:
        if ":sns:" in arn:
            _tell(account, alarm, before, arn)


def _tell(account: str, alarm: Alarm, before: str, topic_arn: str) -> None:
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": iso_8601_datetime_with_milliseconds(),
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Dimensions": [{"name": d.name, "value": d.value} for d in alarm.dimensions],
            "Threshold": alarm.threshold,
        },
    }
    topics.publish_as_service(
        "cloudwatch.amazonaws.com",
        topic_arn,
        json.dumps(message),
        {"aws:SourceArn": alarm.alarm_arn, "aws:SourceAccount": account},
        subject=f'{alarm.state_value}: "{alarm.name}" in {alarm.region_name}'[:99],
        owner=account,
    )


def _watch() -> None:
    while True:
        _wait()
        with activity.of("alarms", looks=True):
            try:
                _look()
            except Exception:
                traceback.print_exc(file=sys.stderr)


def _wait() -> None:
    until = time.monotonic() + _QUIET_S
    time.sleep(_PAUSE_S)
    while not activity.is_recent(_QUIET_AFTER_S) and time.monotonic() < until:
        time.sleep(_PAUSE_S)


def _look() -> None:
    with lock:
        metrics.sample()
        for account, _, backend in each(cloudwatch_backends):
            for alarm in list(backend.alarms.values()):
                state = _state(account, alarm)
                if state not in (None, alarm.state_value):
                    _change(account, alarm, str(state), "Threshold Crossed")


def _set_alarm_state(
    self: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
) -> None:
    alarm = self.alarms.get(alarm_name)
    before = alarm.state_value if alarm else None
    _moto_set_alarm_state(self, alarm_name, reason, reason_data, state_value)
    if alarm and before and before != state_value:
        alarm.state_value = before
        _change(self.account_id, alarm, state_value, reason, reason_data or "{}")


_moto_set_alarm_state = CloudWatchBackend.set_alarm_state


def install() -> None:
    """Takes the place of moto's own function."""
    CloudWatchBackend.set_alarm_state = _set_alarm_state


def begin() -> None:
    """Begins to watch, in a process without threads."""
    threading.Thread(target=_watch, name="alarms", daemon=True).start()
