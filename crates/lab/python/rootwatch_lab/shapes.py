"""What AWS's own models say of each operation's input, compiled once for each shape.

A model says more than botocore's `ParamValidator` looks at (required members, types and minima): here
enums, maxima and patterns count as well. What a service answers is worded as AWS does:
`1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must ...`.
"""

from __future__ import annotations

import datetime
import functools
import threading
from collections.abc import Callable
from typing import Any

from . import javaregex

Shape = dict[str, Any]
# Adds what is wrong with a value at a path.
Check = Callable[[Any, str, "Found"], None]


class Malformed(Exception):
    """The request cannot be read as what the model describes."""


class Found:
    """What is wrong with a request."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        # The members, in order, with what of each is wrong: `null`, `pattern`, `length`, ...
        self.kinds: list[tuple[str, str]] = []

    def add(self, path: str, value: Any, kind: str, constraint: str, hidden: bool = False) -> None:
        """One more constraint that a value does not satisfy."""
        shown = "Value" if hidden else f"Value {_shown(value)}"
        self.errors.append(f"{shown} at '{path}' failed to satisfy constraint: {constraint}")
        self.kinds.append((path, kind))

    def text(self) -> str:
        """The message, as AWS writes it."""
        count = len(self.errors)
        noun = "error" if count == 1 else "errors"
        return f"{count} validation {noun} detected: " + "; ".join(self.errors)


def _shown(value: Any) -> str:
    return "null" if value is None else f"'{_java(value)}'"


def _java(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def bean(name: str) -> str:
    """A member's name as messages have it."""
    return name[:1].lower() + name[1:]


_SCALARS = ("string", "integer", "long", "float", "double", "boolean", "blob", "timestamp")


class Model:
    """The shapes of one service."""

    def __init__(self, description: dict[str, Any]):
        self.shapes: dict[str, Shape] = description["shapes"]
        self.operations: dict[str, Any] = description["operations"]
        metadata = description["metadata"]
        self.protocols: list[str] = metadata.get("protocols") or [metadata["protocol"]]
        self._checks: dict[str, Check] = {}
        self._lock = threading.Lock()

    def input(self, operation: str) -> Shape | None:
        """The input's shape; none if the operation takes none."""
        reference = self.operations[operation].get("input")
        return self.shapes[reference["shape"]] if reference else None

    def check(self, operation: str) -> Check:
        """The check of an operation's input."""
        reference = self.operations[operation].get("input")
        if not reference:
            return _nothing
        known = self._checks.get(reference["shape"])
        if known is None or known.__dict__.get("later"):
            with self._lock:
                known = self._of(reference["shape"])
        return known

    def warm(self) -> None:
        """Compiles everything, patterns too."""
        for operation in self.operations:
            self.check(operation)
        for name in self._checks:
            pattern = self.shapes[name].get("pattern")
            if pattern:
                javaregex.compiled(pattern)

    def _of(self, name: str) -> Check:
        known = self._checks.get(name)
        if known is None:
            # A shape may contain itself.
            def later(value: Any, path: str, found: Found) -> None:
                self._checks[name](value, path, found)

            later.__dict__["later"] = True
            self._checks[name] = later
            known = self._checks[name] = self._compiled(self.shapes[name])
        return known

    def _compiled(self, shape: Shape) -> Check:
        kind = shape["type"]
        if shape.get("document") or shape.get("eventstream"):
            return _nothing
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        return _scalar(shape)

    def _structure(self, shape: Shape) -> Check:
        members = {name: self._of(m["shape"]) for name, m in shape["members"].items()}
        required = tuple(shape.get("required", ()))
        union = shape.get("union")

        def check(value: Any, path: str, found: Found) -> None:
            if not isinstance(value, dict):
                raise _unexpected(value)
            prefix = f"{path}." if path else ""
            for name in required:
                if value.get(name) is None:
                    found.add(prefix + bean(name), None, "null", "Member must not be null")
            given = 0
            for name, item in value.items():
                if item is None:
                    continue
                given += 1
                members[name](item, prefix + bean(name), found)
            if union and given != 1:
                found.add(path, value, "union", "Member must have exactly one member set")

        return check

    def _list(self, shape: Shape) -> Check:
        inner = self.shapes[shape["member"]["shape"]]
        check_item = self._of(shape["member"]["shape"])
        bounds = _bounds(shape, "length")
        flat = inner["type"] in _SCALARS
        hidden = _is_hidden(shape, inner)

        def check(value: Any, path: str, found: Found) -> None:
            if not isinstance(value, list):
                raise _unexpected(value)
            bounds(len(value), value, path, found)
            if not flat:
                for number, item in enumerate(value, 1):
                    check_item(item, f"{path}.{number}.member", found)
                return
            wrong = _constraints(check_item, value)
            if wrong:
                text = f"Member must satisfy constraint: [{wrong[1]}]"
                found.add(path, value, wrong[0], text, hidden)

        return check

    def _map(self, shape: Shape) -> Check:
        check_key = self._of(shape["key"]["shape"])
        check_value = self._of(shape["value"]["shape"])
        inner = self.shapes[shape["value"]["shape"]]
        flat = inner["type"] in _SCALARS
        hidden = _is_hidden(shape, inner, self.shapes[shape["key"]["shape"]])
        bounds = _bounds(shape, "length")

        def check(value: Any, path: str, found: Found) -> None:
            if not isinstance(value, dict):
                raise _unexpected(value)
            bounds(len(value), value, path, found)
            wrong = _constraints(check_key, list(value))
            if wrong:
                text = f"Map keys must satisfy constraint: [{wrong[1]}]"
                found.add(path, value, wrong[0], text, hidden)
            if not flat:
                for key, item in value.items():
                    check_value(item, f"{path}.{key}.member", found)
                return
            wrong = _constraints(check_value, [item for item in value.values() if item is not None])
            if wrong:
                text = f"Map value must satisfy constraint: [{wrong[1]}]"
                found.add(path, value, wrong[0], text, hidden)

        return check


def _nothing(_value: Any, _path: str, _found: Found) -> None:
    pass


def _constraints(check: Check, values: list[Any]) -> tuple[str, str] | None:
    """Which constraints some of the values do not satisfy: the kind of the first, and their texts."""
    each = Found()
    for value in values:
        check(value, "", each)
    if not each.errors:
        return None
    texts = dict.fromkeys(error.split("constraint: ", 1)[1] for error in each.errors)
    return each.kinds[0][1], ", ".join(texts)


def _unexpected(value: Any) -> Malformed:
    if isinstance(value, dict):
        return Malformed("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return Malformed("Start of list found where not expected")
    kind = {bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}.get(type(value))
    return Malformed(f"Unexpected token {kind or 'STRING_VALUE'} where a structure, map or list is expected")


def _is_hidden(*shapes: Shape) -> bool:
    return any(shape.get("sensitive") for shape in shapes)


def _bounds(shape: Shape, of: str) -> Callable[[Any, Any, str, Found], None]:
    low, high = shape.get("min"), shape.get("max")
    hidden = bool(shape.get("sensitive"))

    def check(size: Any, value: Any, path: str, found: Found) -> None:
        if low is not None and size < low:
            text = f"Member must have {of} greater than or equal to {low}"
            found.add(path, value, of, text, hidden)
        if high is not None and size > high:
            text = f"Member must have {of} less than or equal to {high}"
            found.add(path, value, of, text, hidden)

    return check


def _scalar(shape: Shape) -> Check:
    kind = shape["type"]
    return _string(shape) if kind in ("string", "character") else _OTHERS[kind](shape)


def _string(shape: Shape) -> Check:
    bounds = _bounds(shape, "length") if "min" in shape or "max" in shape else None
    enum, pattern = shape.get("enum"), shape.get("pattern")
    hidden = bool(shape.get("sensitive"))
    jsonvalue = bool(shape.get("jsonvalue"))

    def check(value: Any, path: str, found: Found) -> None:
        if not isinstance(value, str):
            if jsonvalue:
                return
            raise _mismatch(value, "String")
        if enum is not None and value not in enum:
            text = f"Member must satisfy enum value set: [{', '.join(enum)}]"
            found.add(path, value, "enum", text, hidden)
        if bounds:
            bounds(len(value), value, path, found)
        if pattern is not None:
            expression = javaregex.compiled(pattern)
            if expression and not expression.fullmatch(value):
                text = f"Member must satisfy regular expression pattern: {pattern}"
                found.add(path, value, "pattern", text, hidden)

    return check


def _mismatch(value: Any, wanted: str) -> Malformed:
    if isinstance(value, (dict, list)):
        return _unexpected(value)
    kind = "STRING_VALUE"
    if isinstance(value, bool):
        kind = f"{value}_VALUE".upper()
    elif isinstance(value, (int, float)):
        kind = "NUMBER_VALUE"
    return Malformed(f"{kind} can not be converted to {'an' if wanted[0] in 'AEIO' else 'a'} {wanted}")


def _number(shape: Shape) -> Check:
    whole = shape["type"] in ("integer", "long")
    types: tuple[type, ...] = (int,) if whole else (int, float)
    wanted = shape["type"].capitalize()
    bounds = _bounds(shape, "value")

    def check(value: Any, path: str, found: Found) -> None:
        if isinstance(value, bool) or not isinstance(value, types):
            raise _mismatch(value, wanted)
        bounds(value, value, path, found)

    return check


def _boolean(_shape: Shape) -> Check:
    def check(value: Any, _path: str, _found: Found) -> None:
        if not isinstance(value, bool):
            raise _mismatch(value, "Boolean")

    return check


def _timestamp(_shape: Shape) -> Check:
    def check(value: Any, _path: str, _found: Found) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float, str, datetime.datetime)):
            raise _mismatch(value, "Timestamp")

    return check


def _blob(shape: Shape) -> Check:
    bounds = _bounds(shape, "length")

    def check(value: Any, path: str, found: Found) -> None:
        if isinstance(value, (bytes, bytearray)):
            size = len(value)
        elif isinstance(value, str):
            size = len(value) * 3 // 4 - value[-2:].count("=")
        else:
            raise _mismatch(value, "Blob")
        bounds(size, None, path, found)

    return check


_OTHERS: dict[str, Callable[[Shape], Check]] = {
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": _blob,
}


@functools.cache
def model(service: str) -> Model | None:
    """The model of a service by botocore's name for it."""
    # moto reads each model once, by botocore.
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    try:
        return Model(get_service_model(service)._service_description)
    except UnknownServiceError:
        return None
