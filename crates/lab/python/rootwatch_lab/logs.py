"""CloudWatch Logs: FilterLogEvents answers in pages, of which the first may be empty; keys of log groups; an account's
retention policy.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
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


@dataclasses.dataclass
class Retention:
    """A retention policy of a whole account."""

    name: str
    days: int | None
    # Of one that is about later groups alone.
    since: datetime | None

    def applies(self, group: LogGroup) -> bool:
        """Whether it is about this group."""
        return self.since is None or group.creation_time >= self.since


# By account and region.
_retention: dict[tuple[str, str], Retention] = {}


def _put_account_policy(self: LogsResponse) -> ActionResult:
    name, kind = self._get_param("policyName"), self._get_param("policyType")
    if kind != "RETENTION_POLICY":
        raise InvalidParameterException(
            constraint="the lab has no other", parameter="policyType", value=kind
        )
    document = json.loads(self._get_param("policyDocument"))
    days = document["retentionInDays"]
    since = None if document["enforcementMode"] == "RETROACTIVE" else utcnow()
    _retention[self.current_account, self.region] = Retention(
        name, None if days == "NEVER_EXPIRE" else int(days), since
    )
    policy = {"policyName": name, "policyType": kind, "policyDocument": json.dumps(document)}
    return ActionResult({"accountPolicy": policy})


def _delete_account_policy(self: LogsResponse) -> ActionResult:
    _retention.pop((self.current_account, self.region), None)
    return ActionResult({})


def _describe(self: LogGroup) -> dict[str, Any]:
    """What is set at the group stays, and is not shown while the account's policy is about it (CloudWatch Logs API
    Reference, LogGroup)."""
    shown = _moto_describe(self)
    policy = _retention.get((self.account_id, self.region))
    if policy is None or not policy.applies(self):
        return shown
    shown.pop("retentionInDays", None)
    if policy.days is not None:
        shown["retentionInDays"] = policy.days
    return shown | {"retentionPolicyName": policy.name}


_moto_describe = LogGroup.to_describe_dict
_moto_filter_log_events = LogsBackend.filter_log_events


def install() -> None:
    """Takes the place of moto's own function, and adds what it lacks."""
    LogGroup.to_describe_dict = _describe
    LogsResponse.put_account_policy = _put_account_policy
    LogsResponse.delete_account_policy = _delete_account_policy
    LogsResponse.associate_kms_key = _associate_kms_key
    LogsResponse.disassociate_kms_key = _disassociate_kms_key
    LogsBackend.filter_log_events = _filter_log_events
