"""Policies of the organization: what AWS refuses where moto does not (Organizations API Reference; User Guide, "Quotas").

A new organization with all features has service control policies on (CreateOrganization). At most ten are attached
directly to a root, unit or account, at least one stays (since May 2026; five before), and one has 10,240 characters at
most.
"""

from __future__ import annotations

import json
from typing import Any

from moto.organizations.exceptions import (
    ConstraintViolationException,
    OrganizationsClientError,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from moto.organizations.models import OrganizationsBackend

_SCP = "SERVICE_CONTROL_POLICY"
_MOST_ATTACHED = 10
_MOST_CHARACTERS = 10_240


class _Refused(OrganizationsClientError):
    """An error of Organizations that moto does not have."""


def _target(backend: OrganizationsBackend, target: str) -> Any:
    known = [*backend.ou, *backend.accounts]
    found = next((it for it in known if it.id == target), None)
    if found is None:
        raise TargetNotFoundException()
    return found


def _is_on(backend: OrganizationsBackend) -> bool:
    assert backend.org is not None
    root = next(ou for ou in backend.ou if ou.id == backend.org.root_id)
    return any(kind["Type"] == _SCP for kind in root.policy_types)


def _check(kwargs: dict[str, Any]) -> None:
    content = kwargs.get("Content")
    if content is None:
        return
    if len(content) > _MOST_CHARACTERS:
        raise ConstraintViolationException("You have exceeded the maximum policy size.")
    try:
        statements = json.loads(content)["Statement"]
    except (ValueError, KeyError, TypeError):
        statements = None
    if not statements:
        raise _Refused(
            "MalformedPolicyDocumentException", "The provided policy document is not valid."
        )


def _create_policy(self: OrganizationsBackend, **kwargs: Any) -> dict[str, Any]:
    _check(kwargs)
    return _moto_create_policy(self, **kwargs)


def _update_policy(self: OrganizationsBackend, **kwargs: Any) -> dict[str, Any]:
    _check(kwargs)
    return _moto_update_policy(self, **kwargs)


def _attach_policy(self: OrganizationsBackend, **kwargs: Any) -> None:
    policy = self.get_policy_by_id(kwargs["PolicyId"])
    # What AWS attaches itself comes before there is anything to look at.
    if policy.type != _SCP or policy.aws_managed or policy.name == "FullAWSAccess":
        _moto_attach_policy(self, **kwargs)
        return
    target = _target(self, kwargs["TargetId"])
    if not _is_on(self):
        raise PolicyTypeNotEnabledException()
    if policy in target.attached_policies:
        raise _Refused(
            "DuplicatePolicyAttachmentException",
            "A policy with the specified name and type already exists.",
        )
    attached = [it for it in target.attached_policies if it.type == _SCP]
    if len(attached) >= _MOST_ATTACHED:
        raise ConstraintViolationException(
            "You have attached the maximum number of policies to the specified target."
        )
    _moto_attach_policy(self, **kwargs)


def _detach_policy(self: OrganizationsBackend, **kwargs: Any) -> None:
    policy = self.get_policy_by_id(kwargs["PolicyId"])
    target = _target(self, kwargs["TargetId"])
    if policy not in target.attached_policies:
        raise _Refused(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.",
        )
    if [it for it in target.attached_policies if it.type == policy.type] == [policy]:
        raise ConstraintViolationException("You cannot remove the last policy attached.")
    _moto_detach_policy(self, **kwargs)


def enable(backend: OrganizationsBackend) -> None:
    """Service control policies are on, as in each new organization with all features."""
    assert backend.org is not None
    if not _is_on(backend):
        backend.enable_policy_type(RootId=backend.org.root_id, PolicyType=_SCP)


def listing(backend: OrganizationsBackend) -> dict[str, Any]:
    """The organization's own policies, for a comparison; ids and times left out."""
    return {
        policy.name: {
            "content": json.loads(policy.content),
            "description": policy.description,
            "tags": policy.tags,
            "attached": sorted(it.id for it in policy.attachments),
        }
        for policy in backend.policies
        if not policy.aws_managed
    }


_moto_create_policy = OrganizationsBackend.create_policy
_moto_update_policy = OrganizationsBackend.update_policy
_moto_attach_policy = OrganizationsBackend.attach_policy
_moto_detach_policy = OrganizationsBackend.detach_policy


def install() -> None:
    """Takes the place of moto's own functions."""
    OrganizationsBackend.create_policy = _create_policy
    OrganizationsBackend.update_policy = _update_policy
    OrganizationsBackend.attach_policy = _attach_policy
    OrganizationsBackend.detach_policy = _detach_policy
