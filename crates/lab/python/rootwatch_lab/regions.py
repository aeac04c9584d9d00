"""Account Management's ListRegions, which moto does not have: every account has the default regions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

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


def listed(application: Application) -> Application:
    """The application, with ListRegions answered."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/listRegions" or "/account/" not in environ.get(
            "HTTP_AUTHORIZATION", ""
        ):
            return application(environ, start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start("200 -", [("Content-Type", "application/json")])
        return [json.dumps(_page(json.loads(body or b"{}"))).encode()]

    return answer


def _page(request: dict[str, Any]) -> dict[str, Any]:
    regions = [(name, "ENABLED_BY_DEFAULT") for name in DEFAULT]
    regions += [(name, "DISABLED") for name in OPT_IN]
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
