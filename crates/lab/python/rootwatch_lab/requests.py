"""Requests are what AWS's models say, or refused as AWS refuses them.

Every call is read by its protocol (query, JSON, REST JSON, RPC v2 CBOR) into members of the
operation's input, and these are checked (shapes.py). Members that the model does not have are
refused too: most services of AWS leave them unread, which no caller can mean.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import io
import json
import math
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from botocore.parsers import RpcV2CBORParser
from botocore.utils import parse_timestamp

from . import cbor, shapes
from .shapes import Found, Malformed, Model, Shape

# By signing name, where botocore has another.
_MODELS = {"monitoring": "cloudwatch"}
# What signs a request, or names it, in the query.
_NOT_MEMBERS = ("X-Amz-", "x-id")
# Of a message, in the lab's own log.
_SHOWN = 600
_PATTERN = "You provided a value that does not match the required pattern."


class UnknownMember(Exception):
    """A member that the model does not have."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


@dataclasses.dataclass
class Refusal:
    """What AWS answers."""

    code: str
    message: str
    status: int = 400


def refusal(service: str, operation: str, environ: dict[str, Any]) -> Refusal | None:
    """What is wrong with a request, if anything is; its members are in the environment then."""
    if "lab.refused" not in environ:
        environ["lab.refused"] = _look(service, operation, environ)
    refused: Refusal | None = environ["lab.refused"]
    return refused


def _look(service: str, operation: str, environ: dict[str, Any]) -> Refusal | None:
    model = _model(service)
    if model is None or operation not in model.operations:
        return None
    protocol = _protocol(model, environ)
    if protocol is None:
        return None
    found = Found()
    try:
        values = environ["lab.values"] = _READ[protocol](model, operation, environ)
        model.check(operation)(values, "", found)
    except (Malformed, UnknownMember) as error:
        refused = _unreadable(protocol, error)
    else:
        if not found.errors:
            return None
        refused = _invalid(service, protocol, found)
    sys.stderr.write(f"refused: {service} {operation}: {refused.code}: {_reasons(found, refused)}\n")
    return refused


def warm(service: str) -> None:
    """Compiles all checks of a service."""
    model = _model(service)
    if model:
        model.warm()


def _model(service: str) -> Model | None:
    return shapes.model(_MODELS.get(service, service)) if service else None


def _reasons(found: Found, refused: Refusal) -> str:
    text = found.text() if found.errors else refused.message
    return text if len(text) < _SHOWN else text[:_SHOWN] + "..."


def _protocol(model: Model, environ: dict[str, Any]) -> str | None:
    """The protocol that a request speaks, if it is one that is read here and the service speaks it."""
    if cbor.is_spoken(environ):
        spoken = "smithy-rpc-v2-cbor"
    elif "HTTP_X_AMZ_TARGET" in environ:
        spoken = "json"
    elif "lab.body" in environ:
        spoken = "query"
    else:
        spoken = "rest-json"
    return spoken if spoken in model.protocols else None


# --- answers ----------------------------------------------------------------------------


def _unreadable(protocol: str, error: Exception) -> Refusal:
    if isinstance(error, UnknownMember):
        if protocol == "query":
            # IAM and others, "Common Errors".
            return Refusal("InvalidQueryParameter", f"Unknown parameter: {error.name}")
        return Refusal("SerializationException", f"Unknown member: {error.name}")
    code = "InvalidParameterValue" if protocol == "query" else "SerializationException"
    return Refusal(code, str(error))


def _invalid(service: str, protocol: str, found: Found) -> Refusal:
    if service in _WORDED:
        return _WORDED[service](found)
    code = _CODES.get(service)
    if code is None:
        code = "ValidationError" if protocol == "query" else "ValidationException"
    return Refusal(code, found.text())


def _organizations(found: Found) -> Refusal:
    if found.kinds[0][1] == "pattern":
        return Refusal("InvalidInputException", _PATTERN)
    return Refusal("InvalidInputException", found.text())


def _sqs(found: Found) -> Refusal:
    path, kind = found.kinds[0]
    if kind == "null":
        name = path[:1].upper() + path[1:]
        return Refusal("MissingParameter", f"The request must contain the parameter {name}.")
    if path == "attributes" or path == "attributeNames":
        return Refusal("InvalidAttributeName", "Unknown Attribute. " + found.text())
    return Refusal("InvalidParameterValue", found.text())


_CODES = {"logs": "InvalidParameterException", "monitoring": "ValidationError"}
_WORDED: dict[str, Callable[[Found], Refusal]] = {
    "organizations": _organizations,
    "sqs": _sqs,
}


# --- reading ----------------------------------------------------------------------------


def body(environ: dict[str, Any]) -> bytes:
    """The request's body; it can be read again."""
    read: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(read)
    return read


def _json_value(raw: bytes) -> Any:
    if not raw:
        return {}
    try:
        value = json.loads(raw)
    except ValueError:
        raise Malformed("The request body is not JSON.") from None
    return {} if value is None else value


def _read_json(model: Model, operation: str, environ: dict[str, Any]) -> Any:
    shape = model.input(operation)
    value = _json_value(body(environ))
    return _members(model, shape, value) if shape else value


def _read_cbor(model: Model, operation: str, environ: dict[str, Any]) -> Any:
    raw = body(environ)
    if not raw:
        return {}
    parser = RpcV2CBORParser()
    try:
        value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(raw))
    except Exception:
        raise Malformed("The request body is not CBOR.") from None
    shape = model.input(operation)
    return _members(model, shape, value) if shape else {}


def _members(model: Model, shape: Shape, value: Any) -> Any:
    """What is on the wire, by the names of the model's members."""
    kind = shape["type"]
    if value is None or shape.get("document"):
        return value
    if kind == "structure" and isinstance(value, dict):
        names = {member.get("locationName", name): name for name, member in shape["members"].items()}
        named = {}
        for key, item in value.items():
            if key == "__type":
                continue
            if key not in names:
                raise UnknownMember(key)
            name = names[key]
            named[name] = _members(model, model.shapes[shape["members"][name]["shape"]], item)
        return named
    if kind == "list" and isinstance(value, list):
        inner = model.shapes[shape["member"]["shape"]]
        if inner["type"] in ("structure", "list", "map"):
            return [_members(model, inner, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        inner = model.shapes[shape["value"]["shape"]]
        if inner["type"] in ("structure", "list", "map"):
            return {key: _members(model, inner, item) for key, item in value.items()}
    return value


def _read_rest(model: Model, operation: str, environ: dict[str, Any]) -> Any:
    shape = model.input(operation)
    if shape is None:
        return {}
    values: dict[str, Any] = {}
    in_path: dict[str, Any] = environ.get("lab.path") or {}
    query: dict[str, list[str]] = {}
    for key, text in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
        query.setdefault(key, []).append(text)
    in_body: dict[str, Any] = {}
    open_query = None
    for name, member in shape["members"].items():
        wire = member.get("locationName", name)
        inner = model.shapes[member["shape"]]
        location = member.get("location")
        if location == "uri" and wire in in_path:
            values[name] = _from_text(model, inner, str(in_path[wire]))
        elif location == "querystring" and inner["type"] == "map":
            open_query = name
        elif location == "querystring" and wire in query:
            texts = query.pop(wire)
            values[name] = (
                [_from_text(model, model.shapes[inner["member"]["shape"]], text) for text in texts]
                if inner["type"] == "list"
                else _from_text(model, inner, texts[-1])
            )
        elif location == "header":
            text = environ.get("HTTP_" + wire.upper().replace("-", "_"))
            if text is not None:
                values[name] = _from_text(model, inner, text, header=True)
        elif location is None:
            in_body[wire] = (name, inner)
    unread = [key for key in query if not key.startswith(_NOT_MEMBERS)]
    if open_query:
        values[open_query] = {key: query[key][-1] for key in unread}
    elif unread and not _is_literal(model, operation, unread):
        raise UnknownMember(unread[0])
    payload = shape.get("payload")
    if payload:
        inner = model.shapes[shape["members"][payload]["shape"]]
        if inner["type"] == "structure":
            raw = body(environ)
            if raw:
                values[payload] = _members(model, inner, _json_value(raw))
        # What is a stream is whatever it is.
        elif payload in shape.get("required", ()):
            values[payload] = body(environ)
        return values
    read = _json_value(body(environ)) if in_body else {}
    if not isinstance(read, dict):
        raise Malformed("Start of list found where not expected")
    for key, item in read.items():
        if key not in in_body:
            raise UnknownMember(key)
        name, inner = in_body[key]
        values[name] = _members(model, inner, item)
    return values


def _is_literal(model: Model, operation: str, keys: list[str]) -> bool:
    """Whether the operation's own path has these in its query."""
    uri: str = model.operations[operation]["http"]["requestUri"]
    literal = dict(parse_qsl(uri.partition("?")[2], keep_blank_values=True))
    return all(key in literal for key in keys)


def _from_text(model: Model, shape: Shape, text: str, header: bool = False) -> Any:
    """A value that is written as text: in a path, a query or a header."""
    kind = shape["type"]
    if kind in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            raise Malformed(f"STRING_VALUE can not be converted to a {kind.capitalize()}") from None
    if kind in ("float", "double"):
        try:
            number = float(text)
        except ValueError:
            raise Malformed(f"STRING_VALUE can not be converted to a {kind.capitalize()}") from None
        if math.isnan(number):
            raise Malformed("NaN is no value")
        return number
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise Malformed(f"'{text}' can not be converted to a Boolean")
        return text.lower() == "true"
    if kind == "timestamp":
        try:
            return parse_timestamp(text)
        except ValueError:
            raise Malformed(f"'{text}' can not be converted to a Timestamp") from None
    if kind == "blob":
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise Malformed("A blob is not in Base64.") from None
    if kind == "list" and header:
        inner = model.shapes[shape["member"]["shape"]]
        return [_from_text(model, inner, part.strip()) for part in text.split(",")]
    return text


# A tree of what a query has: `Tags.member.1.Key` is `{"Tags": {"member": {"1": {"Key": ...}}}}`.
_Tree = dict[str, Any]


def _read_query(model: Model, operation: str, environ: dict[str, Any]) -> Any:
    tree: _Tree = {}
    for key, text in parse_qsl(environ["lab.body"], keep_blank_values=True):
        if key in ("Action", "Version") or key.startswith(_NOT_MEMBERS):
            continue
        node = tree
        *above, last = key.split(".")
        for step in above:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                raise Malformed(f"{key} is given in two forms")
        node[last] = text
    shape = model.input(operation)
    if shape is None:
        if tree:
            raise UnknownMember(next(iter(tree)))
        return {}
    return _from_tree(model, shape, tree, "")


def _from_tree(model: Model, shape: Shape, node: Any, path: str) -> Any:
    kind = shape["type"]
    if kind == "structure":
        return _structure_from_tree(model, shape, node, path)
    if kind == "list":
        return _list_from_tree(model, shape, node, path)
    if kind == "map":
        return _map_from_tree(model, shape, node, path)
    if not isinstance(node, str):
        raise UnknownMember(f"{path}.{next(iter(node), '')}")
    return _from_text(model, shape, node)


def _structure_from_tree(model: Model, shape: Shape, node: Any, path: str) -> Any:
    if not isinstance(node, dict):
        if node == "":
            return {}
        raise Malformed(f"{path} is a structure")
    names = {member.get("locationName", name): name for name, member in shape["members"].items()}
    values = {}
    for key, item in node.items():
        if key not in names:
            raise UnknownMember(f"{path}.{key}".lstrip("."))
        name = names[key]
        inner = model.shapes[shape["members"][name]["shape"]]
        values[name] = _from_tree(model, inner, item, f"{path}.{key}".lstrip("."))
    return values


def _numbered(node: Any, path: str) -> list[Any]:
    if not isinstance(node, dict) or not all(key.isdigit() for key in node):
        raise Malformed(f"{path} is a list")
    ordered = sorted(node, key=int)
    if [int(key) for key in ordered] != list(range(1, len(ordered) + 1)):
        raise Malformed(f"{path} is not numbered from 1 without a gap")
    return [node[key] for key in ordered]


def _list_from_tree(model: Model, shape: Shape, node: Any, path: str) -> Any:
    # An empty list is an empty text.
    if node == "":
        return []
    inner = model.shapes[shape["member"]["shape"]]
    if not shape.get("flattened"):
        name = shape["member"].get("locationName", "member")
        if not isinstance(node, dict) or set(node) != {name}:
            raise Malformed(f"{path} is a list of {name}s")
        node, path = node[name], f"{path}.{name}"
    return [_from_tree(model, inner, item, path) for item in _numbered(node, path)]


def _map_from_tree(model: Model, shape: Shape, node: Any, path: str) -> Any:
    if node == "":
        return {}
    if not shape.get("flattened"):
        if not isinstance(node, dict) or set(node) != {"entry"}:
            raise Malformed(f"{path} is a map of entries")
        node = node["entry"]
    key_name = shape["key"].get("locationName", "key")
    value_name = shape["value"].get("locationName", "value")
    inner = model.shapes[shape["value"]["shape"]]
    values = {}
    for entry in _numbered(node, path):
        if not isinstance(entry, dict) or set(entry) != {key_name, value_name}:
            raise Malformed(f"{path} is a map of {key_name} and {value_name}")
        values[str(entry[key_name])] = _from_tree(model, inner, entry[value_name], path)
    return values


_READ: dict[str, Callable[[Model, str, dict[str, Any]], Any]] = {
    "json": _read_json,
    "query": _read_query,
    "rest-json": _read_rest,
    "smithy-rpc-v2-cbor": _read_cbor,
}
