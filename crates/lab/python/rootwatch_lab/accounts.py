"""Whose call it is: accounts by 12-digit access key ids, roles, organizations."""

from __future__ import annotations

import dataclasses
import re
import secrets
import string
import time
from typing import Any

import moto.iam.models as iam_models
from moto.core.responses import BaseResponse
from moto.core.utils import unix_time
from moto.iam import iam_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, Role
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.sts.models import STSBackend
from moto.utilities.utils import get_partition

from . import policies
from .state import late

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_ACCOUNT_ID = re.compile(r"\d{12}")
_KEY_CHARACTERS = string.ascii_uppercase + string.digits


@dataclasses.dataclass(frozen=True)
class Session:
    """Temporary credentials that a service handed to what runs as a role."""

    access_key_id: str
    account: str
    role_arn: str
    name: str
    partition: str

    @property
    def role(self) -> str:
        """The role's name, without its path."""
        return self.role_arn.rsplit("/", 1)[-1]

    @property
    def arn(self) -> str:
        """The ARN that access-denied messages show, in which a role has no path."""
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.role}/{self.name}"


_sessions: dict[str, Session] = {}


def open_session(role_arn: str, name: str) -> Session:
    """Credentials of a role, as a Lambda function gets them."""
    key = "ASIA" + "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(16))
    parts = role_arn.split(":")
    session = Session(key, parts[4], role_arn, name, parts[1])
    _sessions[key] = session
    return session


def close_session(session: Session) -> None:
    """Forgets the credentials."""
    _sessions.pop(session.access_key_id, None)


def session_of(access_key_id: str) -> Session | None:
    """The service-made session behind an access key id."""
    return _sessions.get(access_key_id)


def access_key_id(authorization: str) -> str | None:
    """The access key id in an Authorization header."""
    found = _CREDENTIAL.search(authorization)
    return found.group(1) if found else None


def account_of(key: str) -> str:
    """The account that an access key id acts in."""
    if _ACCOUNT_ID.fullmatch(key):
        return key
    if key in _sessions:
        return _sessions[key].account
    return _moto_account_of(key)


_moto_account_of = iam_models.get_account_id_from
_moto_access_key = BaseResponse.get_access_key
_moto_caller_identity = STSBackend.get_caller_identity
_moto_put_policy = Role.put_policy
_moto_create_role = IAMBackend.create_role
_moto_put_boundary = IAMBackend.put_role_permissions_boundary


def _get_access_key(self: BaseResponse) -> str:
    key = access_key_id(self.headers.get("Authorization", ""))
    return key or _moto_access_key(self)


def _get_caller_identity(self: STSBackend, key: str, region: str) -> tuple[str, str, str]:
    session = _sessions.get(key)
    if session:
        return f"AROA{session.role.upper()}:{session.name}", session.arn, session.account
    if _ACCOUNT_ID.fullmatch(key):
        return "AIDALAB", f"arn:{get_partition(region)}:iam::{key}:user/operator", key
    return _moto_caller_identity(self, key, region)


def _put_policy(self: Role, policy_name: str, policy_json: Any) -> None:
    _moto_put_policy(self, policy_name, policy_json)
    self.__dict__.setdefault("policy_put_at", {})[policy_name] = time.monotonic()


def _tag_role(self: IAMBackend, role_name: str, tags: list[dict[str, str]]) -> None:
    """Keys of roles' tags are equal without case: the last replaces the one before (IAM guide, "Rules for
    tagging in IAM and AWS STS")."""
    self._tag_verification(tags)
    role = self.get_role(role_name)
    new = {tag["Key"].lower() for tag in tags}
    role.tags = [tag for tag in role.tags if tag["Key"].lower() not in new] + list(tags)


def _untag_role(self: IAMBackend, role_name: str, tag_keys: list[str]) -> None:
    role = self.get_role(role_name)
    gone = {key.lower() for key in tag_keys}
    role.tags = [tag for tag in role.tags if tag["Key"].lower() not in gone]


def _check_boundary(backend: IAMBackend, arn: str | None) -> None:
    # moto takes any. Those of AWS are not loaded.
    if arn and ":iam::aws:" not in arn and arn not in backend.managed_policies:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")


def _create_role(
    self: IAMBackend,
    role_name: str,
    assume_role_policy_document: str,
    path: str,
    permissions_boundary: str | None,
    *args: Any,
    **kwargs: Any,
) -> Role:
    _check_boundary(self, permissions_boundary)
    return _moto_create_role(
        self,
        role_name,
        assume_role_policy_document,
        path,
        permissions_boundary,
        *args,
        **kwargs,
    )


def _put_boundary(self: IAMBackend, role_name: str, permissions_boundary: str) -> None:
    _check_boundary(self, permissions_boundary)
    _moto_put_boundary(self, role_name, permissions_boundary)


def role_by_arn(arn: str) -> Role | None:
    """The role, if it exists in the account that its ARN names."""
    parts = arn.split(":")
    if len(parts) < 6 or not parts[5].startswith("role/"):
        return None
    roles = iam_backends[parts[4]][parts[1]].roles.values()
    return next((role for role in list(roles) if role.arn == arn), None)


def age_ms(role: Role) -> float:
    """How long ago the role was made."""
    return (unix_time() - unix_time(role.create_date)) * 1000


def role_trusts(role: Role, service: str, context: policies.Context) -> bool:
    """Whether a service may assume the role, and the role is visible already."""
    if age_ms(role) < late.role_visible_after_ms:
        return False
    return policies.allows(
        _without_resource_need(role.assume_role_policy_document),
        "sts:AssumeRole",
        "*",
        context,
        policies.Principal(service=service),
    )


def lets_in(role: Role, principal: policies.Principal, context: policies.Context) -> bool:
    """Whether the role's trust policy lets somebody assume it."""
    trust = _without_resource_need(role.assume_role_policy_document)
    return policies.allows(trust, "sts:AssumeRole", "*", context, principal)


def _without_resource_need(trust: Any) -> dict[str, Any]:
    statements = policies.listed(policies.document(trust).get("Statement"))
    return {"Statement": [{k: v for k, v in s.items() if k != "Resource"} for s in statements]}


def role_may(role: Role, action: str, resource: str, context: policies.Context) -> bool:
    """Whether the role's own policies allow an action."""
    settled = time.monotonic() - late.role_visible_after_ms / 1000
    put_at = role.__dict__.get("policy_put_at", {})
    documents = [text for name, text in role.policies.items() if put_at.get(name, 0) <= settled]
    documents += [policies.of_managed(policy) for policy in role.managed_policies.values()]
    found = {policies.decision(text, action, resource, context) for text in documents}
    if "Allow" not in found or "Deny" in found:
        return False
    # Those of AWS are not loaded, and bound nothing here.
    if not role.permissions_boundary_arn or ":iam::aws:" in role.permissions_boundary_arn:
        return True
    known = iam_backends[role.account_id][role.partition].managed_policies
    boundary = known.get(role.permissions_boundary_arn)
    if boundary is None:
        return False
    text = policies.of_managed(boundary)
    return policies.decision(text, action, resource, context) == "Allow"


def organization_of(account: str) -> OrganizationsBackend | None:
    """The organization's own state, from any of its accounts."""
    backend = organizations_backends[account]["aws"]
    if backend.org:
        return backend
    if account in organizations_backends.master_accounts:
        management, partition = organizations_backends.master_accounts[account]
        return organizations_backends[management][partition]
    return None


def organization_path(backend: OrganizationsBackend, account: str) -> list[str]:
    """Ids of the root and the OUs above an account, the root first."""
    parents = {ou.id: ou.parent_id for ou in backend.ou}
    found = next((a for a in backend.accounts if a.id == account), None)
    path: list[str] = []
    parent = found.parent_id if found else None
    while parent in parents:
        path.insert(0, parent)
        parent = parents[parent]
    return path


def principal_context(account: str, arn: str | None) -> policies.Context:
    """The global condition keys that describe a caller."""
    context: policies.Context = {"aws:PrincipalAccount": account}
    if arn:
        context["aws:PrincipalArn"] = arn
    backend = organization_of(account)
    if backend and backend.org:
        context["aws:PrincipalOrgID"] = backend.org.id
        path = "/".join([backend.org.id, *organization_path(backend, account), ""])
        context["aws:PrincipalOrgPaths"] = [path]
    return context


def install() -> None:
    """Takes the place of moto's own functions."""
    iam_models.get_account_id_from = account_of
    BaseResponse.get_access_key = _get_access_key
    STSBackend.get_caller_identity = _get_caller_identity
    Role.put_policy = _put_policy
    IAMBackend.tag_role = _tag_role
    IAMBackend.untag_role = _untag_role
    IAMBackend.create_role = _create_role
    IAMBackend.put_role_permissions_boundary = _put_boundary
