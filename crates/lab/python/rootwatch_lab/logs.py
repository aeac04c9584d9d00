"""CloudWatch Logs: FilterLogEvents answers in pages, of which the first may be empty; keys of log groups."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

# A page may hold nothing although more is found by its token (CloudWatch Logs API Reference,
# FilterLogEvents).
_SEARCHED_NOTHING = "lab-searched-nothing-yet"


def _filter_log_events(
    self: LogsBackend,
    log_group_name: str,
    log_stream_names: list[str],
    start_time: int,
    end_time: int,
    limit: int | None,
    next_token: str | None,
    filter_pattern: str,
    interleaved: bool,
) -> tuple[list[dict[str, Any]], str | None, list[dict[str, Any]]]:
    rest = None if next_token == _SEARCHED_NOTHING else next_token
    events, token, streams = _moto_filter_log_events(
        self,
        log_group_name,
        log_stream_names,
        start_time,
        end_time,
        limit,
        rest,
        filter_pattern,
        interleaved,
    )
    if next_token is None:
        return [], _SEARCHED_NOTHING, []
    return events, token, streams


def _set_key(response: LogsResponse, key: str | None) -> ActionResult:
    group = response.logs_backend.groups.get(response._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException()
    group.kms_key_id = key
    return ActionResult({})


def _associate_kms_key(self: LogsResponse) -> ActionResult:
    return _set_key(self, self._get_param("kmsKeyId"))


def _disassociate_kms_key(self: LogsResponse) -> ActionResult:
    return _set_key(self, None)


_moto_filter_log_events = LogsBackend.filter_log_events


def install() -> None:
    """Takes the place of moto's own function, and adds what it lacks."""
    LogsResponse.associate_kms_key = _associate_kms_key
    LogsResponse.disassociate_kms_key = _disassociate_kms_key
    LogsBackend.filter_log_events = _filter_log_events
