"""Whether a caller may make a call: the organization's service control policies, the policies of a role that somebody
has assumed, and those of a caller for whom the test has set some.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.iam.models import Role
from moto.organizations.models import OrganizationsBackend
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition

from . import accounts, policies
from .asked import Asked, Values, asks
from .faults import Call
from .requests import Refusal

_SCP = "SERVICE_CONTROL_POLICY"
# Needs no permission (STS API Reference, GetCallerIdentity).
_OPEN = {("sts", "GetCallerIdentity")}
_CODES = {"sns": "AuthorizationError"}
_JSON = {"account", "cloudtrail", "events", "kms", "lambda", "logs", "organizations"}

# --- identities -------------------------------------------------------------------------

# The policies of an account's operator; without an entry the operator may do everything.
_policies: dict[str, list[Any]] = {}


def restrict(account: str, documents: list[Any] | None) -> None:
    """From now on the operator of an account may do what these policies allow; `None` lifts that."""
    if documents is None:
        _policies.pop(account, None)
    else:
        _policies[account] = documents


# What calls of operators asked for, while a test wants to know.
_asked: list[tuple[str, str, str]] | None = None


def listen() -> None:
    """From now on what calls ask for is kept."""
    global _asked
    _asked = []


def heard() -> list[tuple[str, str, str]]:
    """Account, action and resource of each permission that was asked for, once each."""
    return sorted(set(_asked or []))


def session_of(call: Call) -> AssumedRole | None:
    """The session of a role that somebody has assumed, if the caller is one."""
    for name in {"aws", _partition(call)}:
        backend = sts_backends[call.account][name]
        session = backend.get_assumed_role_from_access_key(call.caller)
        if session:
            return session
    return None


def principal_arn(call: Call) -> str:
    """The ARN that policies know the caller by: of a session, its role's."""
    session = session_of(call)
    if session:
        return str(session.role_arn)
    return f"arn:{_partition(call)}:iam::{call.account}:user/operator"


def _partition(call: Call) -> str:
    return get_partition(call.region or "us-east-1")


# --- decisions --------------------------------------------------------------------------


def refusal(call: Call, values: Values | None) -> Refusal | None:
    """How AWS refuses a call that its caller may not make; `None` for one that it may."""
    # What functions run as is asked where they act.
    if call.by_function or not call.account or (call.service, call.operation) in _OPEN:
        return None
    if _asked is not None:
        _asked.extend((call.account, it.action, it.resource) for it in asks(call, values or {}))
    scps = list(scps_of(call.account))
    own, session = _policies.get(call.account), session_of(call)
    if not scps and own is None and session is None:
        return None
    arn = principal_arn(call)
    role = accounts.role_by_arn(arn) if session else None
    for asked in asks(call, values or {}):
        reason = _why_not(call.account, arn, asked, scps, own, role)
        if reason:
            return _refused(call, arn, asked, reason)
    return None


def _why_not(
    account: str,
    arn: str,
    asked: Asked,
    scps: list[list[Any]],
    own: list[Any] | None,
    role: Role | None,
) -> str | None:
    if scp_denies(scps, arn, asked):
        return "with an explicit deny in a service control policy"
    lacks = f"because no identity-based policy allows the {asked.action} action"
    context = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account, **asked.context}
    if role is not None:
        is_allowed = accounts.role_may(role, asked.action, asked.resource, context)
        return None if is_allowed else lacks
    # Another account's resource is the other account's to allow as well; here only ours is asked.
    is_operator = arn.endswith(f"::{account}:user/operator")
    if own is None or not is_operator:
        return None
    found = {policies.decision(text, asked.action, asked.resource, context) for text in own}
    if "Deny" in found:
        return "with an explicit deny in an identity-based policy"
    if "Allow" not in found:
        return lacks
    return None


def scps_of(account: str) -> Iterator[list[Any]]:
    """The SCPs of each level from the root down to an account; none where they bind nobody.

    They do not bind the management account, and nobody while the policy type is off.
    """
    backend = accounts.organization_of(account)
    if backend is None or backend.org is None or account == backend.org.master_account_id:
        return
    root = next(ou for ou in backend.ou if ou.id == backend.org.root_id)
    if not any(kind["Type"] == _SCP for kind in root.policy_types):
        return
    # AWS's own policy alone, which is everywhere, denies nothing.
    if not any(p.type == _SCP and not p.aws_managed and p.attachments for p in backend.policies):
        return
    for level in _levels(backend, account):
        yield [p.content for p in level.attached_policies if p.type == _SCP]


def _levels(backend: OrganizationsBackend, account: str) -> Iterator[Any]:
    path = accounts.organization_path(backend, account)
    yield from (ou for step in path for ou in backend.ou if ou.id == step)
    yield from (found for found in backend.accounts if found.id == account)


def scp_denies(scps: list[list[Any]], arn: str, asked: Asked) -> bool:
    """Whether one of them denies it, or a level has none that allows it."""
    context = {"aws:PrincipalArn": arn, **asked.context}
    for level in scps:
        found = {policies.decision(text, asked.action, asked.resource, context) for text in level}
        if "Deny" in found or "Allow" not in found:
            return True
    return False


def stack_sets_may(account: str, action: str, resource: str) -> bool:
    """Whether an account's SCPs let the role act by which StackSets work there."""
    arn = f"arn:aws:iam::{account}:role/stacksets-exec-0123456789abcdef0123456789abcdef"
    return not scp_denies(list(scps_of(account)), arn, Asked(action, resource))


def _refused(call: Call, arn: str, asked: Asked, reason: str) -> Refusal:
    code = _CODES.get(call.service) or (
        "AccessDeniedException" if call.service in _JSON else "AccessDenied"
    )
    on = "" if asked.resource == "*" else f" on resource: {asked.resource}"
    message = f"User: {arn} is not authorized to perform: {asked.action}{on} {reason}"
    return Refusal(code, message, 400 if call.service in _JSON else 403)
