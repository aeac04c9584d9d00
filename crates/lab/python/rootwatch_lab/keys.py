"""KMS: who may use a key that a queue, a topic or a bus is encrypted with.

The policy of a key that AWS manages (`alias/aws/...`) lets the principals of its account use it through
that one service, and cannot be edited: no other service gets in (SQS guide, "Key management"; SNS guide,
"Managing encryption keys"; EventBridge guide, "Encryption of event buses").
"""

from __future__ import annotations

from moto.kms.models import Key, kms_backends

from . import accounts, policies

_NEEDED = ("kms:GenerateDataKey", "kms:Decrypt")


def _find(key: str, account: str, region: str) -> Key | None:
    if key.startswith("arn:"):
        _, _, _, region, account, key = key.split(":", 5)
        key = key.removeprefix("key/")
    backend = kms_backends[account][region]
    if key.startswith("alias/"):
        return next((known for known in backend.keys.values() if key in known.aliases), None)
    return backend.keys.get(key)


def is_managed(key: str) -> bool:
    """Whether AWS manages the key, for one service."""
    return ":alias/aws/" in key or key.startswith("alias/aws/")


def serves(
    key: str | None, account: str, region: str, service: str, context: policies.Context
) -> bool:
    """Whether a service may encrypt and decrypt with what a resource is encrypted with, if anything."""
    if not key:
        return True
    if is_managed(key):
        return False
    found = _find(key, account, region)
    if found is None or found.key_state != "Enabled":
        return False
    principal = policies.Principal(service=service)
    return all(
        policies.allows(found.policy, action, found.arn, context, principal) for action in _NEEDED
    )


def serves_role(key: str | None, account: str, region: str, role_arn: str, service: str) -> bool:
    """Whether a role may, by way of a service. What AWS manages lets in all principals of its account."""
    if not key or is_managed(key):
        return True
    found, role = _find(key, account, region), accounts.role_by_arn(role_arn)
    if found is None or role is None or found.key_state != "Enabled":
        return False
    # KMS guide, "kms:ViaService": a service that calls KMS for somebody names itself.
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    context = {"kms:ViaService": f"{service}.{region}.{suffix}"}
    return all(accounts.role_may(role, action, found.arn, context) for action in _NEEDED)
