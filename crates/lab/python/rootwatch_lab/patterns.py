"""EventBridge event patterns: matching and checking."""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from functools import lru_cache
from typing import Any

from moto.events.exceptions import InvalidEventPatternException

_ABSENT = object()
_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def parse(text: str) -> dict[str, Any]:
    """The pattern as a dict, or the exception PutRule answers with."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise InvalidEventPatternException(reason="Invalid JSON") from None
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidEventPatternException(reason="Filter is not an object")
    _check_node(pattern)
    return pattern


def _check_node(node: dict[str, Any]) -> None:
    for key, value in node.items():
        if _is_or(key, value):
            for alternative in value:
                _check_node(alternative)
        elif isinstance(value, dict):
            if not value:
                raise InvalidEventPatternException(reason="Empty objects are not allowed")
            _check_node(value)
        elif isinstance(value, list):
            _check_leaf(key, value)
        else:
            raise InvalidEventPatternException(reason=f'"{key}" must be an object or an array')


def _check_leaf(key: str, filters: list[Any]) -> None:
    if not filters:
        raise InvalidEventPatternException(reason="Empty arrays are not allowed")
    for item in filters:
        if isinstance(item, list):
            raise InvalidEventPatternException(
                reason="Match value must be String, number, true, false, or null"
            )
        if isinstance(item, dict):
            if len(item) != 1:
                raise InvalidEventPatternException(
                    reason="Only one key allowed in match expression"
                )
            (name,) = item
            if name not in _FILTERS and name != "exists":
                raise InvalidEventPatternException(reason=f"Unrecognized match type {name}")


def _is_or(key: str, value: Any) -> bool:
    return (
        key == "$or"
        and isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) for item in value)
    )


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Whether the event has everything that the pattern asks for."""
    for key, wanted in pattern.items():
        if _is_or(key, wanted):
            if not any(matches(alternative, event) for alternative in wanted):
                return False
            continue
        have = event.get(key, _ABSENT) if isinstance(event, dict) else _ABSENT
        if isinstance(wanted, dict):
            if not _matches_object(wanted, have):
                return False
        elif not any(_matches_leaf(item, have) for item in wanted):
            return False
    return True


def _matches_object(pattern: dict[str, Any], have: Any) -> bool:
    if isinstance(have, list):
        return any(matches(pattern, item) for item in have if isinstance(item, dict))
    return matches(pattern, have if isinstance(have, dict) else {})


def _matches_leaf(wanted: Any, have: Any) -> bool:
    if isinstance(have, dict):
        have = _ABSENT
    if isinstance(wanted, dict):
        ((name, value),) = wanted.items()
        if name == "exists":
            return (have is not _ABSENT) == value
        return any(_FILTERS[name](value, item) for item in _items(have))
    return any(_same(wanted, item) for item in _items(have))


def _items(have: Any) -> list[Any]:
    if have is _ABSENT:
        return []
    return have if isinstance(have, list) else [have]


def _same(wanted: Any, have: Any) -> bool:
    # In Python True == 1, in JSON it is not.
    return isinstance(wanted, bool) == isinstance(have, bool) and wanted == have


def _text_filter(test: Any) -> Any:
    def run(wanted: Any, have: Any) -> bool:
        if not isinstance(have, str):
            return False
        for item in wanted if isinstance(wanted, list) else [wanted]:
            if isinstance(item, dict):
                if test(have.lower(), item["equals-ignore-case"].lower()):
                    return True
            elif test(have, item):
                return True
        return False

    return run


def _numeric(wanted: list[Any], have: Any) -> bool:
    if isinstance(have, bool) or not isinstance(have, (int, float)):
        return False
    pairs = zip(wanted[::2], wanted[1::2], strict=True)
    return all(_COMPARE[sign](have, limit) for sign, limit in pairs)


def _anything_but(wanted: Any, have: Any) -> bool:
    if isinstance(wanted, dict):
        ((name, value),) = wanted.items()
        return not _FILTERS[name](value, have)
    values = wanted if isinstance(wanted, list) else [wanted]
    return not any(_same(value, have) for value in values)


def _cidr(wanted: str, have: Any) -> bool:
    try:
        return ipaddress.ip_address(have) in ipaddress.ip_network(wanted)
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def _wildcard(pattern: str) -> re.Pattern[str]:
    tokens = re.findall(r"\\[*\\]|.", pattern, re.DOTALL)
    return re.compile(
        "".join(".*" if t == "*" else re.escape(t[-1] if len(t) == 2 else t) for t in tokens),
        re.DOTALL,
    )


_FILTERS: dict[str, Any] = {
    "prefix": _text_filter(lambda have, wanted: have.startswith(wanted)),
    "suffix": _text_filter(lambda have, wanted: have.endswith(wanted)),
    "equals-ignore-case": _text_filter(lambda have, wanted: have.lower() == wanted.lower()),
    "wildcard": _text_filter(lambda have, wanted: bool(_wildcard(wanted).fullmatch(have))),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
