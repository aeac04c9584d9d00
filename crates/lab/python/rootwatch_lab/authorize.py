"""A function's calls are authorized: its role's policies must allow each, on what it is about.

authority.py does the same for people. Where the lab has a resource policy to ask (a topic's, a queue's, a bus's), the
service's own file asks it as well.
"""

from __future__ import annotations

from typing import Any

from . import accounts
from .asked import asks
from .faults import Call
from .requests import Refusal

# What nobody needs a permission for (STS API Reference, GetCallerIdentity).
_FREE = {("sts", "GetCallerIdentity")}
# What each service answers.
_CODES = {"sns": "AuthorizationError"}
_JSON = {"account", "cloudtrail", "events", "kms", "lambda", "logs", "organizations"}


def refusal(call: Call, environ: dict[str, Any]) -> Refusal | None:
    """Why the function may not make this call, if it may not."""
    key = accounts.access_key_id(environ.get("HTTP_AUTHORIZATION", "")) or ""
    session = accounts.session_of(key)
    if session is None or (call.service, call.operation) in _FREE:
        return None
    role = accounts.role_by_arn(session.role_arn)
    for asked in asks(call, environ.get("lab.values") or {}):
        if role is None or not accounts.role_may(role, asked.action, asked.resource, asked.context):
            code = "AccessDeniedException" if call.service in _JSON else "AccessDenied"
            message = (
                f"User: {session.arn} is not authorized to perform: {asked.action} on resource: "
                f"{asked.resource} because no identity-based policy allows the {asked.action} action"
            )
            return Refusal(_CODES.get(call.service, code), message, 403)
    return None
