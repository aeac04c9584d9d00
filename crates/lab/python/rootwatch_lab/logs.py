"""CloudWatch Logs: FilterLogEvents answers in pages, of which the first may be empty."""

from __future__ import annotations

from typing import Any

from moto.logs.models import LogsBackend

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


_moto_filter_log_events = LogsBackend.filter_log_events


def install() -> None:
    """Takes the place of moto's own function."""
    LogsBackend.filter_log_events = _filter_log_events
