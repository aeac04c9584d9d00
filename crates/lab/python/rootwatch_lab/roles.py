"""Roles that people assume: who may (STS API Reference, AssumeRole), and those that accounts have for it.

Every account that is made in an organization has `OrganizationAccountAccessRole`, which lets the management account in
and nobody else (Organizations User Guide, "Accessing member accounts"). Accounts of the sample organization, the
management account too, also have `rootwatch-reader`, which is made from `templates/reader-role.yaml` with its defaults
and lets the hub's account in. What such a role may do is what its policies say.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from moto.iam import iam_backends
from moto.iam.models import Role

from . import accounts, authority, generated, policies
from .faults import Call
from .requests import Refusal

_DEFAULT = "OrganizationAccountAccessRole"
_READER = "rootwatch-reader"
_TEMPLATE = Path(__file__).resolve().parents[4] / "templates" / "reader-role.yaml"
_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(.+)")
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


# --- who may assume ---------------------------------------------------------------------


def refusal(call: Call, values: dict[str, Any] | None) -> Refusal | None:
    """How AWS refuses to let a caller assume a role; `None` where it may.

    AWS says the same of a role that does not exist and of one that does not trust the caller.
    """
    if (call.service, call.operation) != ("sts", "AssumeRole") or not call.account:
        return None
    # Without an organization any role is let be, as moto has it.
    if accounts.organization_of(call.account) is None:
        return None
    wanted = str((values or {}).get("RoleArn") or "")
    named = _ROLE_ARN.fullmatch(wanted)
    if named and _lets_in(named, call, values or {}):
        return None
    session = authority.session_of(call)
    caller = session.arn if session else authority.principal_arn(call)
    message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {wanted}"
    return Refusal("AccessDenied", message, 403)


def _lets_in(named: re.Match[str], call: Call, values: dict[str, Any]) -> bool:
    _, owner, path = named.groups()
    if generated.holds(owner):
        return call.account == {_DEFAULT: generated.management(), _READER: generated.hub()}.get(path)
    role = accounts.role_by_arn(named.group(0))
    if role is None:
        return False
    caller = authority.principal_arn(call)
    context = accounts.principal_context(call.account, caller)
    if values.get("ExternalId"):
        context["sts:ExternalId"] = values["ExternalId"]
    return accounts.lets_in(role, policies.Principal(account=call.account, arn=caller), context)


# --- the roles that there are -----------------------------------------------------------


def welcome(account: str, hub: str) -> None:
    """Gives an account of the organization its roles."""
    backend = iam_backends[account]["aws"]
    default = next((role for role in backend.roles.values() if role.name == _DEFAULT), None)
    if default is not None:
        allow = {"Version": "2012-10-17", "Statement": [_EVERYTHING]}
        _give(default, "AdministratorAccess", allow)
    if any(role.name == _READER for role in backend.roles.values()):
        return
    properties = _Reader(account, hub).role()
    role = backend.create_role(
        properties["RoleName"],
        json.dumps(properties["AssumeRolePolicyDocument"]),
        properties["Path"],
        None,
        properties["Description"],
        [],
        "3600",
    )
    for policy in properties["Policies"]:
        _give(role, policy["PolicyName"], policy["PolicyDocument"])


def _give(role: Role, name: str, document: dict[str, Any]) -> None:
    # Not as a call would: what an account had before is not new in any of its regions.
    role.policies[name] = json.dumps(document)


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms as the long ones."""


def _short(loader: Any, suffix: str, node: Any) -> Any:
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {key: loader.construct_scalar(node)}
    return {key: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _short)
_LOADED = yaml.load(_TEMPLATE.read_text(), Loader=_Loader)
_NOTHING = object()


class _Reader:
    """The template's role with the parameters' defaults."""

    def __init__(self, account: str, hub: str):
        self._values = {
            **{name: it.get("Default") for name, it in _LOADED["Parameters"].items()},
            "HubAccountId": hub,
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::NoValue": _NOTHING,
        }

    def role(self) -> dict[str, Any]:
        """Its properties."""
        properties: dict[str, Any] = self._resolved(_LOADED["Resources"]["ReaderRole"]["Properties"])
        return properties

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return self._values[value["Ref"]]
        if set(value) == {"Fn::Sub"}:
            return re.sub(r"\$\{([^}]+)\}", lambda it: str(self._values[it[1]]), value["Fn::Sub"])
        if set(value) == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            return self._resolved(yes if self._holds(_LOADED["Conditions"][condition]) else no)
        pairs = ((key, self._resolved(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not _NOTHING}

    def _holds(self, condition: dict[str, Any]) -> bool:
        if "Fn::Not" in condition:
            return not self._holds(condition["Fn::Not"][0])
        one, other = (self._resolved(item) for item in condition["Fn::Equals"])
        return bool(one == other)
