"""Evaluates IAM policy documents: resource policies, role policies and trust policies."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

Context = dict[str, Any]

# Keys that are lists, also with one value (Service Authorization Reference,
# EventBridge). IAM's guide asks for a set operator with these; an operator
# without one is taken as not matching, which is the stricter reading.
_LISTS = {"events:detail-type", "events:source"}


@dataclasses.dataclass(frozen=True)
class Principal:
    """Who asks: an account with the ARN it acts as, or an AWS service."""

    account: str | None = None
    arn: str | None = None
    service: str | None = None

    def is_named_by(self, element: Any) -> bool:
        """Whether a statement's `Principal` element names this principal."""
        if element == "*":
            return True
        if not isinstance(element, dict):
            return False
        if self.service:
            return self.service in listed(element.get("Service"))
        return any(self._is(named) for named in listed(element.get("AWS")))

    def _is(self, named: str) -> bool:
        is_whole_account = named == self.account or bool(
            re.fullmatch(f"arn:aws[a-z-]*:iam::{self.account}:root", named)
        )
        return named == "*" or is_whole_account or named == self.arn


def listed(value: Any) -> list[Any]:
    """A policy element as a list: policies write one value without brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def document(policy: Any) -> dict[str, Any]:
    """A policy as a dict, from text (plain or URL-encoded), or empty."""
    if not policy:
        return {}
    if isinstance(policy, dict):
        return policy
    text = policy if policy.lstrip().startswith("{") else unquote(policy)
    return json.loads(text)


def of_managed(policy: Any) -> str:
    """The document of a managed policy's default version."""
    default = policy.default_version_id
    return str(next(it.document for it in policy.versions if it.version_id == default))


def decision(
    policy: Any,
    action: str,
    resource: str,
    context: Context,
    principal: Principal | None = None,
) -> str | None:
    """`"Deny"`, `"Allow"` or `None` when no statement applies.

    Without a principal the policy is taken as an identity's: its statements
    need not name one.
    """
    keys = {name.lower(): value for name, value in context.items()}
    found = None
    for statement in listed(document(policy).get("Statement")):
        if not _applies(statement, action, resource, keys, principal):
            continue
        if statement.get("Effect") == "Deny":
            return "Deny"
        found = "Allow"
    return found


def allows(*args: Any, **kwargs: Any) -> bool:
    """Whether the decision is an Allow."""
    return decision(*args, **kwargs) == "Allow"


def _applies(
    statement: dict[str, Any],
    action: str,
    resource: str,
    context: Context,
    principal: Principal | None,
) -> bool:
    if principal is not None and not _names(statement, principal):
        return False
    if "Action" in statement:
        if not any(_like(a.lower(), action.lower()) for a in listed(statement["Action"])):
            return False
    elif any(_like(a.lower(), action.lower()) for a in listed(statement.get("NotAction"))):
        return False
    if "Resource" in statement:
        if not any(_like(r, resource) for r in listed(statement["Resource"])):
            return False
    elif "NotResource" in statement:
        if any(_like(r, resource) for r in listed(statement["NotResource"])):
            return False
    conditions = statement.get("Condition") or {}
    return all(
        condition_holds(operator, key, wanted, context)
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def _names(statement: dict[str, Any], principal: Principal) -> bool:
    if "NotPrincipal" in statement:
        return not principal.is_named_by(statement["NotPrincipal"])
    return principal.is_named_by(statement.get("Principal"))


def condition_holds(operator: str, key: str, wanted: Any, context: Context) -> bool:
    """Whether one condition holds; `context` has lower-case keys."""
    have = context.get(key.lower())
    quantifier, _, name = operator.rpartition(":")
    name, if_exists = (name[:-8], True) if name.endswith("IfExists") else (name, False)
    values = [_text(value) for value in listed(wanted)]
    if name == "Null":
        return ("true" if have is None else "false") in [v.lower() for v in values]
    negated = "Not" in name
    if have is None:
        if quantifier == "ForAnyValue":
            return False
        # A negated operator also holds when the key is absent.
        return if_exists or negated or quantifier == "ForAllValues"
    if not quantifier and key.lower() in _LISTS:
        return False
    test = _TESTS.get(name.replace("Not", ""))
    if test is None:
        return False
    hits = [any(test(value, _text(item)) for value in values) for item in listed(have)]
    if negated:
        hits = [not hit for hit in hits]
        return any(hits) if quantifier == "ForAnyValue" else all(hits)
    return all(hits) if quantifier == "ForAllValues" else any(hits)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern]
    return re.compile("".join(parts), re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


def _arn_like(pattern: str, value: str) -> bool:
    wanted, have = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(have) and all(map(_like, wanted, have))


def _number(compare: Any) -> Any:
    def test(wanted: str, have: str) -> bool:
        try:
            return compare(float(have), float(wanted))
        except ValueError:
            return False

    return test


_TESTS: dict[str, Any] = {
    "StringEquals": lambda wanted, have: wanted == have,
    "StringEqualsIgnoreCase": lambda wanted, have: wanted.lower() == have.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda wanted, have: wanted.lower() == have.lower(),
    "NumericEquals": _number(lambda have, wanted: have == wanted),
    "NumericLessThan": _number(lambda have, wanted: have < wanted),
    "NumericLessThanEquals": _number(lambda have, wanted: have <= wanted),
    "NumericGreaterThan": _number(lambda have, wanted: have > wanted),
    "NumericGreaterThanEquals": _number(lambda have, wanted: have >= wanted),
}
