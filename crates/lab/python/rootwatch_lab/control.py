"""The lab's own paths under `/lab/`: what a test may see and steer."""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.awslambda.models import lambda_backends
from moto.cloudtrail.models import Trail, cloudtrail_backends
from moto.moto_api._internal import mock_random
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.s3.models import s3_backends

from . import (
    accounts,
    authority,
    clock,
    events,
    functions,
    generated,
    mappings,
    organization,
    queues,
    regions,
    roles,
    scps,
    snapshot,
    stacksets,
    state,
    topics,
)
from .faults import faults
from .state import lock
from .truths import truths

if TYPE_CHECKING:
    from .front import Front

_MANAGEMENT = "111111111111"
_HUB = "222222222222"
_SAMPLE_OUS = (("Security", None), ("Workloads", None), ("Prod", "Workloads"))
_SAMPLE_ACCOUNTS = (
    (_HUB, "hub", "Security", False),
    ("333333333333", "shop", "Prod", False),
    ("444444444444", "payments", "Prod", False),
    ("555555555555", "sandbox", "Workloads", False),
    ("666666666666", "retired", "Workloads", True),
)
_TRAIL_REGION = "us-east-1"

Request = dict[str, Any]


class Refused(Exception):
    """The lab cannot do what was asked; the text says why."""


class Control:
    """A WSGI application of JSON calls."""

    def __init__(self, front: Front):
        self._front = front
        self._routes: dict[str, Callable[[Request], Any]] = {
            "GET ready": lambda _: {},
            "GET calls": lambda _: front.calls(),
            "GET calls/count": lambda _: front.count_calls(),
            "DELETE calls": lambda _: front.clear_calls(),
            "POST delay": self._set_delay,
            "POST faults": faults.add,
            "GET faults": lambda _: faults.fired(),
            "DELETE faults": lambda _: faults.clear(),
            "GET held": lambda _: faults.held(),
            "POST instance-faults": stacksets.fail_instances,
            "DELETE instance-faults": lambda _: stacksets.clear_instance_faults(),
            "POST late": state.late.update,
            "POST truths": truths.set,
            "GET truths": lambda _: truths.met(),
            "DELETE truths": lambda _: truths.clear(),
            "POST cloudtrail": _cloudtrail,
            "GET mail": lambda request: topics.mailbox(request["address"]),
            "GET mails": lambda _: topics.mails(),
            "POST mail/confirm": lambda request: topics.confirm(request["address"]),
            "POST mail/expire": lambda request: topics.expire(request["address"]),
            "POST mail/unsubscribe": lambda r: topics.follow_unsubscribe_links(r["address"]),
            "GET mail/token": lambda r: topics.token(r["address"]),
            "GET messages": lambda r: queues.peek(r["account"], r["region"], r["queue"]),
            "POST messages/age": _age_messages,
            "POST clock": lambda r: clock.turn(int(r["seconds"])),
            "GET snapshot": lambda _: snapshot.take(),
            "GET invocations": lambda _: functions.history(),
            "GET idle": lambda _: is_idle(),
            "GET connections": lambda _: state.connections.count(),
            "POST organization": lambda _: _sample_organization(),
            "POST accounts": _add_account,
            "POST accounts/move": _move_account,
            "POST accounts/suspend": _suspend_account,
            "POST accounts/delegate": _delegate_stacksets,
            "POST accounts/remove": _remove_account,
            "POST accounts/reinstate": _reinstate_account,
            "POST accounts/region": lambda r: regions.enable(r["account"], r["region"]),
            "POST accounts/region/off": lambda r: regions.disable(r["account"], r["region"]),
            "POST organization/generate": generated.generate,
            "POST organization/access": _set_access,
            "POST asked": lambda _: authority.listen(),
            "GET asked": lambda _: authority.heard(),
            "POST identity": lambda r: authority.restrict(r["account"], r["policies"]),
            "POST trails/stop": lambda _: _stop_trails(),
            "POST stacksets/stop": lambda _: stacksets.stop_all(),
        }

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        status, answer = self._answer(environ)
        body = json.dumps(answer).encode()
        start(f"{status} -", [("Content-Type", "application/json")])
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, Any]:
        name = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/lab/')}"
        route = self._routes.get(name)
        if route is None:
            return 404, {"error": f"no such path: {name}"}
        size = int(environ.get("CONTENT_LENGTH") or 0)
        request = json.loads(environ["wsgi.input"].read(size) or "{}") if size else {}
        query = parse_qs(environ.get("QUERY_STRING", ""))
        request |= {key: values[0] for key, values in query.items()}
        try:
            with lock:
                return 200, route(request)
        except Exception as error:
            if not isinstance(error, Refused):
                traceback.print_exc(file=sys.stderr)
            return 400, {"error": f"{name}: {type(error).__name__}: {error}"}

    def _set_delay(self, request: Request) -> None:
        self._front.delay_ms = int(request["ms"])


def _age_messages(request: Request) -> int:
    account, region, queue = request["account"], request["region"], request["queue"]
    return queues.age(account, region, queue, int(request["seconds"]))


def is_idle() -> bool:
    """Whether nothing that AWS would do by itself is left to do."""
    return state.idle() and mappings.idle() and not any(map(_has_work, _mapped_queues()))


def _mapped_queues() -> list[Any]:
    found = []
    for _, _, backend in state.each(lambda_backends):
        for mapping in list(backend._event_source_mappings.values()):
            if mapping.enabled:
                found.append(queues.find(mapping.event_source_arn))
    return found


def _has_work(queue: Any) -> bool:
    return queue is not None and bool(queue._messages)


# --- CloudTrail -------------------------------------------------------------------------


def _cloudtrail(request: Request) -> str:
    account, region = request["account"], request["region"]
    if not _is_logged(account, region):
        raise Refused(f"no trail that is logging covers account {account} in {region}")
    return events.cloudtrail_record(account, region, request["detail_type"], request["detail"])


def _is_logged(account: str, region: str) -> bool:
    backend = accounts.organization_of(account)
    owners = {account} | ({backend.account_id} if backend else set())
    return any(
        trail.status.is_logging
        and (trail.is_multi_region or trail.region_name == region)
        and (owner == account or trail.is_org_trail)
        for owner in owners
        for trail in _trails(owner)
    )


def _trails(account: str) -> list[Trail]:
    backends = list(cloudtrail_backends[account].values())
    return [trail for backend in backends for trail in backend.trails.values()]


def _start_organization_trail(account: str) -> None:
    bucket = f"organization-trail-{account}"
    with contextlib.suppress(Exception):
        s3_backends[account]["aws"].create_bucket(bucket, _TRAIL_REGION)
    backend = cloudtrail_backends[account][_TRAIL_REGION]
    backend.create_trail("organization", bucket, "", "", True, True, True, True, "", "", "", [])
    backend.start_logging("organization")


# --- the organization -------------------------------------------------------------------


def _sample_organization() -> dict[str, Any]:
    backend = organizations_backends[_MANAGEMENT]["aws"]
    if backend.org is None:
        # The same ids every time: what is shown comes in their order.
        mock_random.seed(1)
        _create_sample(backend)
        mock_random.seed()
    return _described(backend)


def _create_sample(backend: OrganizationsBackend) -> None:
    backend.create_organization(region="us-east-1", FeatureSet="ALL")
    assert backend.org is not None
    management = backend.get_account_by_id(_MANAGEMENT)
    management.name, management.email = "management", "root+management@example.com"
    ids: dict[str | None, str] = {None: backend.org.root_id}
    for name, parent in _SAMPLE_OUS:
        made = backend.create_organizational_unit(Name=name, ParentId=ids[parent])
        ids[name] = made["OrganizationalUnit"]["Id"]
    for account, name, ou, suspended in _SAMPLE_ACCOUNTS:
        organization.add_account(backend, name, ids[ou], account)
        if suspended:
            backend.close_account(AccountId=account)
    stacksets.enable_access(backend)
    backend.enable_aws_service_access(ServicePrincipal=organization.ACCOUNT_MANAGEMENT)
    scps.enable(backend)
    _start_organization_trail(_MANAGEMENT)
    for account in backend.accounts:
        roles.welcome(account.id, _HUB)


def _described(backend: OrganizationsBackend) -> dict[str, Any]:
    assert backend.org is not None
    units = {ou.id: ou for ou in backend.ou if ou.id != backend.org.root_id}

    def path(ou_id: str) -> str:
        above = units.get(ou_id)
        return f"{path(above.parent_id)}/{above.name}" if above else ""

    return {
        "id": backend.org.id,
        "root_id": backend.org.root_id,
        "management": backend.account_id,
        "hub": _HUB,
        "ous": [{"id": ou.id, "name": ou.name, "path": path(ou.id)} for ou in units.values()],
        "accounts": [_described_account(account) for account in backend.accounts],
    }


def _described_account(account: Any) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "ou": account.parent_id,
        "suspended": account.status == "SUSPENDED",
    }


def _organization(request: Request) -> OrganizationsBackend:
    backend = accounts.organization_of(request.get("management") or _MANAGEMENT)
    if backend is None:
        raise Refused("there is no organization yet")
    return backend


def _add_account(request: Request) -> dict[str, Any]:
    backend = _organization(request)
    made = organization.add_account(backend, request["name"], request["ou"], request.get("id"))
    roles.welcome(made, _HUB)
    return _described_account(backend.get_account_by_id(made))


def _move_account(request: Request) -> None:
    organization.move_account(_organization(request), request["account"], request["ou"])


def _suspend_account(request: Request) -> None:
    _organization(request).close_account(AccountId=request["account"])


def _reinstate_account(request: Request) -> None:
    account = _organization(request).get_account_by_id(request["account"])
    account.status = account.state = "ACTIVE"


def _remove_account(request: Request) -> None:
    _organization(request).remove_account_from_organization(AccountId=request["account"])


def _set_access(request: Request) -> None:
    backend = _organization(request)
    if request["enabled"]:
        stacksets.enable_access(backend)
    else:
        stacksets.disable_access(backend)


def _stop_trails() -> None:
    for trail in _trails(_MANAGEMENT):
        trail.stop_logging()


def _delegate_stacksets(request: Request) -> None:
    _organization(request).register_delegated_administrator(
        AccountId=request["account"], ServicePrincipal=organization.STACKSETS
    )
