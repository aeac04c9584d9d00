"""CloudWatch metrics to read: what queues hold and how functions ended, beside what was put."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, MetricDatumBase, Statistics
from moto.core.common_models import CloudWatchMetricProvider
from moto.sqs.models import Queue, sqs_backends

from . import functions
from .state import each

# SQS leaves out of the age what was received this often without being deleted.
_POISON = 3
_MINUTE_S = 60
_MINUTES = 20_000

# What a queue was at most in a minute: account, region, queue, minute.
_ages: dict[tuple[str, str, str, float], float] = {}


def oldest_age_s(queue: Queue) -> float | None:
    """How long the oldest message of a queue has waited; none when the queue is empty."""
    sent = [
        float(message.sent_timestamp or 0)
        for message in queue._messages
        # What was moved to a dead-letter queue has brought its count from the queue before.
        if message.approximate_receive_count < _POISON or not queue.redrive_policy
    ]
    return max(0.0, time.time() - min(sent) / 1000) if sent else None


class Real(CloudWatchMetricProvider):
    """What AWS services tell CloudWatch by themselves; moto asks every provider that there is."""

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> list[MetricDatumBase]:
        return _of_queues(account_id, region) + _of_functions(account_id, region)


def sample() -> None:
    """Remembers how old the oldest message of each queue is; to be called all the time."""
    for account, region, backend in each(sqs_backends):
        for name, queue in list(backend.queues.items()):
            age = oldest_age_s(queue)
            if age is not None:
                key = (account, region, name, time.time() // _MINUTE_S * _MINUTE_S)
                _ages[key] = max(age, _ages.get(key, 0.0))
    while len(_ages) > _MINUTES:
        del _ages[next(iter(_ages))]


def _of_queues(account: str, region: str) -> list[MetricDatumBase]:
    sample()
    found: list[MetricDatumBase] = [
        MetricDatum("AWS/SQS", "ApproximateAgeOfOldestMessage", age, _queue(name), _time(minute))
        for (of, where, name, minute), age in list(_ages.items())
        if (of, where) == (account, region)
    ]
    at = _time(time.time() // _MINUTE_S * _MINUTE_S)
    for name, queue in list(sqs_backends[account][region].queues.items()):
        depth = float(len(queue.messages))
        metric = "ApproximateNumberOfMessagesVisible"
        found.append(MetricDatum("AWS/SQS", metric, depth, _queue(name), at))
    return found


def _queue(name: str) -> list[dict[str, str]]:
    return [{"Name": "QueueName", "Value": name}]


def _of_functions(account: str, region: str) -> list[MetricDatumBase]:
    found: list[MetricDatumBase] = []
    for arn, at_s, ok in functions.ends():
        parts = arn.split(":")
        if (parts[4], parts[3]) != (account, region):
            continue
        named = [{"Name": "FunctionName", "Value": parts[6]}]
        at = _time(at_s - at_s % _MINUTE_S)
        found.append(MetricDatum("AWS/Lambda", "Invocations", 1.0, named, at))
        found.append(MetricDatum("AWS/Lambda", "Errors", 0.0 if ok else 1.0, named, at))
    return found


def _time(seconds: float) -> datetime:
    """As moto keeps the times of metrics."""
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


def _get_metric_data(
    self: CloudWatchBackend,
    queries: list[dict[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[dict[str, Any]]:
    """moto goes through every period since the start, and counts them from there.

    CloudWatch's begin at whole multiples of their length, and it gives none without data.
    """
    start, end = _naive(start_time), _naive(end_time)
    if start >= end or not all("MetricStat" in query for query in queries):
        answer: list[dict[str, Any]] = _moto_get_metric_data(self, queries, start, end, scan_by)
        return answer
    data = self.get_all_metrics()
    answers = [_answer(query, data, start, end, scan_by) for query in queries]
    wanted = [query.get("ReturnData", True) for query in queries]
    return [answer for answer, is_wanted in zip(answers, wanted, strict=True) if is_wanted]


def _answer(
    query: dict[str, Any],
    data: list[MetricDatumBase],
    start: datetime,
    end: datetime,
    scan_by: str,
) -> dict[str, Any]:
    metric, stat = query["MetricStat"]["Metric"], query["MetricStat"]["Stat"]
    period = int(query["MetricStat"]["Period"])
    wanted = {(it["Name"], it["Value"]) for it in metric.get("Dimensions") or []}
    periods: dict[datetime, list[MetricDatumBase]] = defaultdict(list)
    for datum in data:
        at = _naive(datum.timestamp)
        begin = _floor(at, period)
        is_same = (datum.namespace, datum.name) == (metric["Namespace"], metric["MetricName"])
        if is_same and _floor(start, period) <= begin < end and _named(datum) == wanted:
            periods[begin].append(datum)
    times = sorted(periods, reverse=scan_by == "TimestampDescending")
    return {
        "id": query["Id"],
        "label": query.get("Label") or metric["MetricName"],
        "timestamps": times,
        "values": [_statistic(stat, at, periods[at]) for at in times],
        "status_code": "Complete",
    }


def _statistic(stat: str, at: datetime, data: list[MetricDatumBase]) -> Any:
    statistics = Statistics([stat], at)
    statistics.metric_data = data
    return statistics.get_statistics_for_type(stat)


def _named(datum: MetricDatumBase) -> set[tuple[str, str]]:
    return {(dimension.name, dimension.value) for dimension in datum.dimensions}


def _naive(at: datetime) -> datetime:
    """In UTC, without saying so."""
    return at.astimezone(timezone.utc).replace(tzinfo=None) if at.tzinfo else at


def _floor(at: datetime, period_s: int) -> datetime:
    since = (at - datetime(1970, 1, 1)).total_seconds()
    return at - timedelta(seconds=since % period_s)


_moto_get_metric_data = CloudWatchBackend.get_metric_data


def install() -> None:
    """Takes the place of moto's own function."""
    CloudWatchBackend.get_metric_data = _get_metric_data
