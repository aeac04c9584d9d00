"""The front door: every API call passes here to be named, delayed, failed and logged."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import socket
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router

from . import accounts, authority, authorize, control, faults, functions, requests, roles, stale
from .state import activity, lock
from .truths import truths

_READS = (
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "Filter",
    "Test",
    "Validate",
    "Simulate",
    "Receive",
    "Search",
    "Estimate",
    "AssumeRole",
)
# Calls that wait for something else; they must not keep others out.
_WAITING = {("lambda", "Invoke"), ("sqs", "ReceiveMessage")}
_SCOPE = re.compile(r"Credential=[^/]+/[^/]+/([^/]+)/([^/]+)/aws4_request")
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_LOG_LIMIT = 200_000
# Faults that are no errors of the service.
_OTHER_ANSWERS = ("entries", "page", "empty", "cut")

StartResponse = Callable[..., Any]
Answer = tuple[int, list[tuple[str, str]], bytes]


class Front:
    """A WSGI application around moto's."""

    def __init__(self, application: Callable[..., Iterable[bytes]]):
        self._application = application
        self._log_lock = threading.Lock()
        self._calls: list[dict[str, Any]] = []
        self.delay_ms = 0
        self._control = control.Control(self)
        self._stale = stale.Stale()

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(functions.CODE_PATH):
            return self._code(environ, start)
        if environ["PATH_INFO"].startswith("/lab/"):
            with activity.of(environ["PATH_INFO"]):
                return self._control(environ, start)
        began = time.time()
        with self._under_way(began):
            with activity.of("a call"):
                call = _identify(environ)
            fault = faults.faults.meet(call)
            with activity.of(f"{call.service} {call.operation}"):
                return self._answer(call, fault, began, environ, start)

    @contextlib.contextmanager
    def _under_way(self, began: float) -> Iterator[None]:
        """A call takes `delay_ms` in all, half of it on the way here: AWS answers many calls side by side, and what
        this server does one after the other is no part of that while it fits in the way back."""
        delay = self.delay_ms / 1000
        if delay:
            time.sleep(delay / 2)
        yield
        rest = began + delay - time.time()
        if delay and rest > 0:
            time.sleep(rest)

    def _code(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """A function's deployment package, as S3 gives it to whoever has the address."""
        began = time.time()
        with self._under_way(began):
            return self._code_at(began, environ, start)

    def _code_at(self, began: float, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        call = faults.Call("s3", "GetObject", account="", region="", write=False)
        fault = faults.faults.meet(call)
        if fault and fault.kind["type"] == "drop":
            self._log(call, began, 0, "Dropped")
            _hang_up(environ)
            start("200 -", [])
            return []
        code = functions.code_at(environ["PATH_INFO"])
        if fault:
            page = fault.kind["type"] == "page"
            status, headers, body = faults.page(fault) if page else faults.answer(fault, call, environ)
        elif code is None:
            refused = {"type": "fail", "code": "AccessDenied", "message": "Access Denied", "status": 403}
            status, headers, body = faults.answer(faults.Fault(refused), call, environ)
        else:
            status, headers, body = 200, [("x-amz-request-id", uuid.uuid4().hex)], code
        self._log(call, began, status, _error_code(status, headers, body))
        start(f"{status} -", [*headers, ("Content-Length", str(len(body)))] if status == 200 else headers)
        return [body]

    def _answer(
        self,
        call: faults.Call,
        fault: faults.Fault | None,
        began: float,
        environ: dict[str, Any],
        start: StartResponse,
    ) -> Iterable[bytes]:
        fault = fault or truths.meet(call, environ)
        kind = fault.kind["type"] if fault else None
        if fault and kind == "drop":
            if fault.kind.get("applied"):
                self._apply(call, environ)
            self._log(call, began, 0, "Dropped")
            _hang_up(environ)
            start("200 -", [])
            return []
        if fault and kind in _OTHER_ANSWERS:
            status, headers, body = self._other_answer(fault, call, environ)
        elif fault:
            status, headers, body = faults.answer(fault, call, environ)
        else:
            status, headers, body = self._stale.answer(
                call,
                environ,
                lambda: truths.read(call, environ, lambda: self._apply(call, environ)),
            )
        self._log(call, began, status, _error_code(status, headers, body))
        if fault and kind == "cut":
            return _cut_short(fault, status, headers, body, environ, start)
        start(f"{status} -", headers)
        return [body]

    def _other_answer(
        self, fault: faults.Fault, call: faults.Call, environ: dict[str, Any]
    ) -> Answer:
        """Not an error of the service: what comes from elsewhere, or a success that is not one."""
        kind = fault.kind["type"]
        if kind == "cut":
            return self._apply(call, environ)
        if kind == "entries":
            if requests.refusal(call.service, call.operation, environ):
                return self._apply(call, environ)
            return faults.fail_entries(fault, call, environ, lambda: self._apply(call, environ))
        if fault.kind.get("applied"):
            self._apply(call, environ)
        return faults.page(fault) if kind == "page" else (200, [], b"")

    def _apply(self, call: faults.Call, environ: dict[str, Any]) -> Answer:
        answer: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            answer["status"] = int(status.split()[0])
            answer["headers"] = headers

        refused = requests.refusal(call.service, call.operation, environ)
        if not refused:
            refused = authority.refusal(call, environ.get("lab.values"))
        if not refused:
            refused = authorize.refusal(call, environ)
        if not refused:
            refused = roles.refusal(call, environ.get("lab.values"))
        if refused:
            kind = {"type": "fail", **dataclasses.asdict(refused)}
            return faults.answer(faults.Fault(kind), call, environ)
        waits = (call.service, call.operation) in _WAITING
        try:
            with truths.under_way(call, environ) as note:
                with contextlib.nullcontext() if waits else lock:
                    body = b"".join(self._application(environ, start))
                note((answer["status"], answer["headers"], body))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            last = traceback.format_exc().strip().splitlines()[-1]
            failure = faults.Fault(
                {"type": "fail", "code": "InternalFailure", "message": last, "status": 500}
            )
            return faults.answer(failure, call, environ)
        return _without_tags(call, environ, (answer["status"], answer["headers"], body))

    def _log(self, call: faults.Call, began: float, status: int, error: str | None) -> None:
        entry = {
            "service": call.service,
            "operation": call.operation,
            "account": call.account,
            "region": call.region,
            "write": call.write,
            "caller": call.caller,
            "by_function": call.by_function,
            "at_ms": int(began * 1000),
            "status": status,
            "error_code": error,
        }
        with self._log_lock:
            self._calls.append(entry)
            del self._calls[:-_LOG_LIMIT]

    def calls(self) -> list[dict[str, Any]]:
        """The calls so far, oldest first."""
        with self._log_lock:
            return list(self._calls)

    def count_calls(self) -> int:
        """How many there were so far."""
        with self._log_lock:
            return len(self._calls)

    def clear_calls(self) -> None:
        """Forgets the calls so far."""
        with self._log_lock:
            self._calls.clear()


def _identify(environ: dict[str, Any]) -> faults.Call:
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    scope = _SCOPE.search(authorization)
    region, service = scope.groups() if scope else ("", "")
    key = accounts.access_key_id(authorization) or ""
    operation = _operation(environ, service)
    session = accounts.session_of(key)
    return faults.Call(
        service=service,
        operation=operation,
        account=accounts.account_of(key) if key else "",
        region=region,
        write=not operation.startswith(_READS),
        caller=session.arn if session else key,
        by_function=session is not None,
        invocation=environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""),
    )


def _without_tags(call: faults.Call, environ: dict[str, Any], answer: Answer) -> Answer:
    """GetFunction succeeds without the tags for who may not list them, and says so (Lambda API Reference,
    GetFunction)."""
    status, headers, body = answer
    if (call.service, call.operation) != ("lambda", "GetFunction") or status >= 400:
        return answer
    asked = dataclasses.replace(call, operation="ListTags")
    refused = authority.refusal(asked, environ.get("lab.values")) or authorize.refusal(asked, environ)
    if refused is None:
        return answer
    shown = json.loads(body)
    shown.pop("Tags", None)
    shown["TagsError"] = {"ErrorCode": refused.code, "Message": refused.message}
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return status, kept, json.dumps(shown).encode()


def _operation(environ: dict[str, Any], service: str) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rsplit(".", 1)[-1]
    path = environ["PATH_INFO"]
    if "/operation/" in path:
        return path.rsplit("/", 1)[-1]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["lab.body"] = body.decode("utf-8", "replace")
        return parse_qs(environ["lab.body"]).get("Action", [""])[0]
    try:
        operation, environ["lab.path"] = get_service_router(service).match(Request(environ.copy()))
        return str(operation.name)
    except Exception:
        return f"{environ['REQUEST_METHOD']} {path}"


def _error_code(status: int, headers: list[tuple[str, str]], body: bytes) -> str | None:
    if status < 400:
        return None
    for name, value in headers:
        if name.lower() == "x-amzn-errortype":
            return value.split(":")[0]
    found = _XML_CODE.search(body)
    if found:
        return found.group(1).decode()
    try:
        return str(json.loads(body)["__type"]).rsplit("#", 1)[-1]
    except (ValueError, KeyError, TypeError):
        return str(status)


def _cut_short(
    fault: faults.Fault,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
    environ: dict[str, Any],
    start: StartResponse,
) -> Iterable[bytes]:
    """Half of the answer, after the length of that half or of the whole."""
    half = body[: len(body) // 2]
    promised = half if fault.kind.get("framed") else body
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start(f"{status} -", [*kept, ("Content-Length", str(len(promised)))])
    yield half
    if not fault.kind.get("framed"):
        _hang_up(environ)


def _hang_up(environ: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
