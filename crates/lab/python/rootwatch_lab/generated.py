"""An organization of any size, answered from a formula, for measuring: moto's own objects would be too many.

The organization, its root and management account and the StackSet are the ones that are there already. The root holds
units, which hold accounts evenly; every account has an instance of every StackSet in every region, and all are current.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.organizations.models import OrganizationsBackend

from . import accounts, organization, regions, stacksets

Application = Callable[..., Iterable[bytes]]

_FIRST_ACCOUNT = 700_000_000_000
_FIRST_REGIONS = ("us-east-1", "eu-west-1")
# Organizations API Reference: MaxResults of both lists.
_ORGANIZATIONS_PAGE = 20
# CloudFormation API Reference, ListStackInstances.
_INSTANCES_PAGE = 100


@dataclasses.dataclass
class Size:
    """How many there are of each."""

    accounts: int
    units: int
    regions: list[str]
    hub: str

    def unit(self, account: int) -> int:
        """The unit that holds an account."""
        return account * self.units // self.accounts

    def held(self, unit: int) -> range:
        """The accounts of a unit."""
        begin = -(-unit * self.accounts // self.units)
        return range(begin, -(-(unit + 1) * self.accounts // self.units))


_size: Size | None = None


def generate(request: dict[str, Any]) -> dict[str, Any]:
    """Begins to answer: `accounts`, `units`, `regions` (a number), `hub` (the account that asks)."""
    global _size
    every = [*regions.DEFAULT, *regions.OPT_IN]
    order = [*_FIRST_REGIONS, *(name for name in every if name not in _FIRST_REGIONS)]
    chosen = order[: request["regions"]]
    if len(chosen) < request["regions"]:
        raise ValueError(f"the lab knows {len(order)} regions")
    for name in set(chosen) & set(regions.OPT_IN):
        regions.enable(request["hub"], name)
    _size = Size(request["accounts"], request["units"], sorted(chosen), request["hub"])
    return {"regions": _size.regions}


def holds(account: str) -> bool:
    """Whether an account is one of those that are generated. These have no roles, but are as if each had its own."""
    return _size is not None and 0 <= int(account) - _FIRST_ACCOUNT < _size.accounts


def hub() -> str | None:
    """The account that asked for them."""
    return _size.hub if _size else None


def management() -> str | None:
    """The account that manages their organization."""
    backend = accounts.organization_of(_size.hub) if _size else None
    return backend.account_id if backend else None


def served(application: Application) -> Application:
    """The application, with what is generated answered from here."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if _size is None:
            return application(environ, start)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith("AWSOrganizations"):
            return _organizations(_size, target.rsplit(".", 1)[-1], environ, start, application)
        body = environ.get("lab.body", "")
        for action, method in _CLOUDFORMATION.items():
            if f"Action={action}&" in body:
                start("200 -", [("Content-Type", "text/xml")])
                return [_xml(action, method(_size, parse_qs(body), environ)).encode()]
        return application(environ, start)

    return answer


# --- AWS Organizations ------------------------------------------------------------------


def _organizations(
    size: Size,
    operation: str,
    environ: dict[str, Any],
    start: Callable[..., Any],
    application: Application,
) -> Iterable[bytes]:
    method = _ORGANIZATIONS.get(operation)
    if method is None:
        return application(environ, start)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    request = json.loads(body or b"{}")
    start("200 -", [("Content-Type", "application/x-amz-json-1.1")])
    return [json.dumps(method(size, request, _backend(environ))).encode()]


def _backend(environ: dict[str, Any]) -> OrganizationsBackend:
    key = accounts.access_key_id(environ.get("HTTP_AUTHORIZATION", "")) or ""
    caller = accounts.account_of(key)
    backend = accounts.organization_of(caller)
    if backend is None or not (
        backend.account_id == caller or organization.is_delegated(backend, caller)
    ):
        raise PermissionError(f"{caller} may not read the organization")
    return backend


def _page(name: str, items: list[Any], request: dict[str, Any]) -> dict[str, Any]:
    begin = int(request.get("NextToken") or 0)
    size = int(request.get("MaxResults") or _ORGANIZATIONS_PAGE)
    page: dict[str, Any] = {name: items[begin : begin + size]}
    if begin + size < len(items):
        page["NextToken"] = str(begin + size)
    return page


def _list_units(
    size: Size, request: dict[str, Any], backend: OrganizationsBackend
) -> dict[str, Any]:
    assert backend.org is not None
    units = []
    if request["ParentId"] == backend.org.root_id:
        units = [
            {"Id": _unit_id(n), "Arn": _arn(f"ou/{_unit_id(n)}"), "Name": f"unit-{n}"}
            for n in range(size.units)
        ]
    return _page("OrganizationalUnits", units, request)


def _list_accounts(
    size: Size, request: dict[str, Any], backend: OrganizationsBackend
) -> dict[str, Any]:
    assert backend.org is not None
    parent = request["ParentId"]
    if parent == backend.org.root_id:
        held = [_account(backend.account_id, "management")]
    else:
        numbers = size.held(int(parent.rsplit("-", 1)[-1]))
        held = [_account(_account_id(n), f"account-{n}") for n in numbers]
    return _page("Accounts", held, request)


def _unit_id(number: int) -> str:
    return f"ou-gene-{number:08}"


def _account_id(number: int) -> str:
    return str(_FIRST_ACCOUNT + number)


def _arn(resource: str) -> str:
    return f"arn:aws:organizations::111111111111:{resource}"


def _account(account: str, name: str) -> dict[str, Any]:
    return {
        "Id": account,
        "Arn": _arn(f"account/{account}"),
        "Email": f"root+{name}@example.com",
        "Name": name,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1.7e9,
    }


_ORGANIZATIONS = {
    "ListOrganizationalUnitsForParent": _list_units,
    "ListAccountsForParent": _list_accounts,
}


# --- StackSets --------------------------------------------------------------------------


def _xml(action: str, result: str) -> str:
    return (
        f'<{action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
        f"<{action}Result>{result}</{action}Result></{action}Response>"
    )


def _list_instances(size: Size, query: dict[str, list[str]], _environ: dict[str, Any]) -> str:
    stack_set = _stack_set(query)
    unit = next(iter(stack_set.deployed_ous), "")
    wanted = query.get("StackInstanceRegion")
    names = [name for name in size.regions if wanted is None or name in wanted]
    begin = int(query.get("NextToken", ["0"])[0])
    count = int(query.get("MaxResults", [str(_INSTANCES_PAGE)])[0])
    end = min(begin + count, size.accounts * len(names))
    members = [
        _instance(stack_set, unit, names[n // size.accounts], n % size.accounts)
        for n in range(begin, end)
    ]
    more = f"<NextToken>{end}</NextToken>" if end < size.accounts * len(names) else ""
    return f"<Summaries>{''.join(members)}</Summaries>{more}"


def _instance(stack_set: stacksets.StackSet, unit: str, region: str, number: int) -> str:
    account = _account_id(number)
    stack = f"StackSet-{stack_set.name}-{number:08x}-1111-4222-8333-944444444444"
    return (
        f"<member><StackSetId>{stack_set.id}</StackSetId><Region>{region}</Region>"
        f"<Account>{account}</Account>"
        f"<StackId>arn:aws:cloudformation:{region}:{account}:stack/{stack}/{number:08x}</StackId>"
        "<ParameterOverrides/><Status>CURRENT</Status>"
        "<StackInstanceStatus><DetailedStatus>SUCCEEDED</DetailedStatus></StackInstanceStatus>"
        f"<OrganizationalUnitId>{unit}</OrganizationalUnitId>"
        "<DriftStatus>NOT_CHECKED</DriftStatus></member>"
    )


def _list_targets(size: Size, query: dict[str, list[str]], _environ: dict[str, Any]) -> str:
    unit = next(iter(_stack_set(query).deployed_ous), "")
    names = "".join(f"<member>{name}</member>" for name in size.regions)
    return (
        f"<Summaries><member><OrganizationalUnitId>{unit}</OrganizationalUnitId>"
        f"<Regions>{names}</Regions></member></Summaries>"
    )


def _stack_set(query: dict[str, list[str]]) -> stacksets.StackSet:
    name = query["StackSetName"][0]
    return next(found for found in stacksets.all_sets() if name in (found.name, found.id))


def deployed_regions(found: list[str]) -> list[str]:
    """The regions that a StackSet says it is in."""
    return found if _size is None else _size.regions


_CLOUDFORMATION: dict[str, Callable[[Size, dict[str, list[str]], dict[str, Any]], str]] = {
    "ListStackInstances": _list_instances,
    "ListStackSetAutoDeploymentTargets": _list_targets,
}


def install() -> None:
    """A StackSet is in all regions that are generated."""
    describe = stacksets.StackSet.describe

    def described(self: stacksets.StackSet) -> dict[str, Any]:
        shown = describe(self)
        shown["Regions"] = deployed_regions(shown["Regions"])
        return shown

    stacksets.StackSet.describe = described  # type: ignore[method-assign]
