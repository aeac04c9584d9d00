"""CloudTrail: member accounts see the organization's trails; a trail logs all management events by default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.cloudtrail.exceptions import TrailNotFoundException
from moto.cloudtrail.models import CloudTrailBackend, Trail, cloudtrail_backends

from . import accounts

_DEFAULT_SELECTORS = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]


def _describe_trails(self: CloudTrailBackend, include_shadow_trails: bool) -> Iterable[Trail]:
    own = list(_moto_describe_trails(self, include_shadow_trails))
    organization = accounts.organization_of(self.account_id)
    if not include_shadow_trails or organization is None:
        return own
    backends = cloudtrail_backends[organization.account_id].values()
    trails = [trail for backend in list(backends) for trail in backend.trails.values()]
    seen = [t for t in trails if t.is_multi_region or t.region_name == self.region_name]
    return own + [t for t in seen if t.is_org_trail and t not in own]


def _get_event_selectors(
    self: CloudTrailBackend, trail_name: str
) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    for trail in self.describe_trails(include_shadow_trails=True):
        if trail_name in (trail.trail_name, trail.arn):
            basic, advanced = trail.get_event_selectors()
            return trail.arn, basic or ([] if advanced else _DEFAULT_SELECTORS), advanced
    raise TrailNotFoundException(account_id=self.account_id, name=trail_name)


_moto_describe_trails = CloudTrailBackend.describe_trails


def install() -> None:
    """Takes the place of moto's own functions."""
    CloudTrailBackend.describe_trails = _describe_trails
    CloudTrailBackend.get_event_selectors = _get_event_selectors
