"""Smithy RPC v2 CBOR, which moto's CloudWatch does not speak: it is asked in JSON instead."""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from botocore.model import ServiceModel
from botocore.parsers import RpcV2CBORParser, create_parser
from botocore.serialize import RpcV2CBORSerializer
from botocore.session import get_session

_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)")
_SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}

Application = Callable[..., Iterable[bytes]]


def translated(application: Application) -> Application:
    """The application, asked in JSON whenever it is called in CBOR."""

    def translate(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        found = _PATH.fullmatch(environ["PATH_INFO"])
        service = found and _SERVICES.get(found.group(1))
        if not found or not service:
            return application(environ, start)
        target, operation = found.groups()
        answer: dict[str, Any] = {}

        def begin(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            answer.update(status=int(status.split()[0]), headers=dict(headers))

        inner = _in_json(environ, target, operation)
        body = b"".join(application(inner, begin))
        model = _model(service)
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        start(f"{answer['status']} -", headers)
        return [_in_cbor(answer["status"], answer["headers"], body, model, operation)]

    return translate


@functools.cache
def _model(service: str) -> ServiceModel:
    """Reading it takes as long as several calls."""
    return get_session().get_service_model(service)


def _in_json(environ: dict[str, Any], target: str, operation: str) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    parser = RpcV2CBORParser()
    value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}
    encoded = json.dumps(value, default=str).encode()
    inner = {**environ, "PATH_INFO": "/", "REQUEST_URI": "/", "RAW_URI": "/"}
    inner.pop("HTTP_SMITHY_PROTOCOL", None)
    inner["HTTP_X_AMZ_TARGET"] = f"{target}.{operation}"
    inner["CONTENT_TYPE"] = "application/x-amz-json-1.0"
    inner["CONTENT_LENGTH"] = str(len(encoded))
    inner["wsgi.input"] = io.BytesIO(encoded)
    return inner


def _in_cbor(
    status: int, headers: dict[str, str], body: bytes, model: ServiceModel, operation: str
) -> bytes:
    shape = model.operation_model(operation).output_shape
    if status >= 400:
        failure = json.loads(body or b"{}")
        return error(failure.get("__type", "InternalFailure"), failure.get("message", ""))
    if shape is None:
        return b"\xa0"
    answer = {"status_code": status, "headers": headers, "body": body or b"{}"}
    parsed = create_parser("json").parse(answer, shape)
    parsed.pop("ResponseMetadata", None)
    encoded: bytes = RpcV2CBORSerializer()._serialize_body_params(parsed, shape)
    return encoded


def error(code: str, message: str) -> bytes:
    """The body of an error answer."""
    text = {"__type": code, "message": message}
    return b"\xa2" + b"".join(_text(part) for pair in text.items() for part in pair)


def is_spoken(environ: dict[str, Any]) -> bool:
    """Whether a request is in CBOR."""
    return environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor"


def _text(text: str) -> bytes:
    encoded = text.encode()
    return b"\x79" + len(encoded).to_bytes(2, "big") + encoded
