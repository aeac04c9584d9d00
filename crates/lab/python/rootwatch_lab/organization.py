"""Organizations: StackSets' service principals, delegated administrators, who may read what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import moto.organizations.models as models
from moto.organizations.exceptions import (
    AWSOrganizationsNotInUseException,
    OrganizationsClientError,
)
from moto.organizations.models import (
    FakeDelegatedAdministrator,
    FakeServiceAccess,
    OrganizationsBackend,
    organizations_backends,
)
from moto.organizations.responses import OrganizationsResponse

from . import accounts

STACKSETS = "member.org.stacksets.cloudformation.amazonaws.com"
ACCOUNT_MANAGEMENT = "account.amazonaws.com"
# A page may hold nothing although more is found by its token (Organizations API Reference, ListRoots).
_NOTHING_YET = "lab-nothing-yet"
_ANYBODY = ("describe_organization", "create_organization")
_READS = ("describe_", "list_")

# Called after accounts have moved, come or gone, with the management account's id.
on_change: list[Callable[[str], None]] = []
_next_ids: list[str] = []


class AccessDenied(OrganizationsClientError):
    """AccessDeniedException."""

    def __init__(self) -> None:
        super().__init__(
            "AccessDeniedException", "You don't have permissions to access this resource."
        )


def changed(backend: OrganizationsBackend) -> None:
    """Tells those who care that the organization is no longer as it was."""
    for tell in on_change:
        tell(backend.account_id)


def is_delegated(backend: OrganizationsBackend, account: str, service: str | None = None) -> bool:
    """Whether an account is a delegated administrator, of one service or of any."""
    return any(
        admin.account.id == account and (service is None or service in admin.services)
        for admin in backend.admins
    )


def is_trusted(backend: OrganizationsBackend, service: str) -> bool:
    """Whether a service may work with the organization."""
    return any(known["ServicePrincipal"] == service for known in backend.services)


def _list_roots(self: OrganizationsResponse) -> str:
    roots = self.organizations_backend.list_roots()
    if self._get_param("NextToken") != _NOTHING_YET:
        roots = {"Roots": [], "NextToken": _NOTHING_YET}
    return json.dumps(roots)


def _backend_for_call(self: OrganizationsResponse) -> OrganizationsBackend:
    own = organizations_backends[self.current_account][self.partition]
    action = _snake(self._get_action())
    if own.org or action in _ANYBODY:
        return own
    backend = accounts.organization_of(self.current_account)
    if backend is None:
        raise AWSOrganizationsNotInUseException()
    if action.startswith(_READS) and is_delegated(backend, self.current_account):
        return backend
    raise AccessDenied()


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _telling(method: Callable[..., Any]) -> Callable[..., Any]:
    def run(self: OrganizationsBackend, **kwargs: Any) -> Any:
        result = method(self, **kwargs)
        changed(self)
        return result

    return run


# --- for the control API ----------------------------------------------------------------


def add_account(backend: OrganizationsBackend, name: str, parent: str, account: str | None) -> str:
    """A new account, in an OU."""
    if account:
        _next_ids.append(account)
    email = f"root+{name}@example.com"
    answer = backend.create_account(AccountName=name, Email=email)
    created = str(answer["CreateAccountStatus"]["AccountId"])
    if backend.org and parent != backend.org.root_id:
        backend.move_account(
            AccountId=created,
            SourceParentId=backend.org.root_id,
            DestinationParentId=parent,
        )
    return created


def move_account(backend: OrganizationsBackend, account: str, parent: str) -> None:
    """Moves an account, from wherever it is."""
    now = backend.get_account_by_id(account).parent_id
    backend.move_account(AccountId=account, SourceParentId=now, DestinationParentId=parent)


_moto_account_id = models.utils.make_random_account_id


def _account_id() -> str:
    return _next_ids.pop(0) if _next_ids else str(_moto_account_id())


def install() -> None:
    """Takes the place of moto's own functions."""
    for known in (
        FakeServiceAccess.TRUSTED_SERVICES,
        FakeDelegatedAdministrator.SUPPORTED_SERVICES,
    ):
        known.extend(it for it in (STACKSETS, ACCOUNT_MANAGEMENT) if it not in known)
    OrganizationsResponse.list_roots = _list_roots
    OrganizationsResponse.organizations_backend = property(_backend_for_call)
    for name in (
        "create_account",
        "move_account",
        "close_account",
        "remove_account_from_organization",
    ):
        setattr(OrganizationsBackend, name, _telling(getattr(OrganizationsBackend, name)))
    models.utils.make_random_account_id = _account_id
