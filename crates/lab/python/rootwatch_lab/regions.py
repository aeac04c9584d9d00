"""Account Management's ListRegions, which moto does not have: every account has the default regions, and
turns on others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from . import accounts, organization

# Enabled in every account by default (AWS Account Management Reference Guide, "Considerations before
# enabling and disabling Regions").
DEFAULT = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
# Off until an account turns them on.
OPT_IN = ("af-south-1", "ap-east-1", "eu-south-1", "me-south-1")

Application = Callable[..., Iterable[bytes]]

# What accounts have turned on.
_enabled: dict[str, set[str]] = {}


def enable(account: str, region: str) -> None:
    """An account turns an opt-in region on."""
    if region not in OPT_IN:
        raise ValueError(f"{region} is no opt-in region here")
    _enabled.setdefault(account, set()).add(region)


def disable(account: str, region: str) -> None:
    """An account turns an opt-in region off again; what is in it stays there, out of reach."""
    _enabled.get(account, set()).discard(region)


def is_enabled(account: str, region: str) -> bool:
    """Whether an account can use a region."""
    return region not in OPT_IN or region in _enabled.get(account, set())


def listed(application: Application) -> Application:
    """The application, with ListRegions answered."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        if environ["PATH_INFO"] != "/listRegions" or "/account/" not in authorization:
            return application(environ, start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = json.loads(body or b"{}")
        caller = accounts.account_of(accounts.access_key_id(authorization) or "")
        account = request.get("AccountId") or caller
        if account != caller and not _may_ask(caller):
            headers = [
                ("Content-Type", "application/json"),
                ("x-amzn-ErrorType", "AccessDeniedException"),
            ]
            start("403 -", headers)
            return [b'{"message": "User is not authorized to access the account"}']
        start("200 -", [("Content-Type", "application/json")])
        return [json.dumps(_page(request, account)).encode()]

    return answer


def _may_ask(account: str) -> bool:
    """The management account and delegated administrators, where the service has trusted access (Account Management
    API Reference, ListRegions)."""
    backend, service = accounts.organization_of(account), organization.ACCOUNT_MANAGEMENT
    if backend is None or not organization.is_trusted(backend, service):
        return False
    return backend.account_id == account or organization.is_delegated(backend, account, service)


def _page(request: dict[str, Any], account: str) -> dict[str, Any]:
    regions = [(name, "ENABLED_BY_DEFAULT") for name in DEFAULT]
    regions += [
        (name, "ENABLED" if is_enabled(account, name) else "DISABLED") for name in OPT_IN
    ]
    wanted = request.get("RegionOptStatusContains")
    regions = sorted(region for region in regions if not wanted or region[1] in wanted)
    first = int(request.get("NextToken") or 0)
    after = first + int(request.get("MaxResults") or 50)
    page: dict[str, Any] = {
        "Regions": [
            {"RegionName": name, "RegionOptStatus": status} for name, status in regions[first:after]
        ]
    }
    if after < len(regions):
        page["NextToken"] = str(after)
    return page
