"""Faults on demand: a call fails, is throttled, is held or loses its connection; or it has an answer
that is not the service's, or a success in which entries have failed."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from . import cbor

_THROTTLING = {
    "lambda": ("TooManyRequestsException", 429),
    "organizations": ("TooManyRequestsException", 400),
    "sqs": ("RequestThrottled", 403),
    "sns": ("Throttling", 400),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
    "cloudformation": ("Throttling", 400),
    "monitoring": ("Throttling", 400),
}
_RESULT = tuple[int, list[tuple[str, str]], bytes]


@dataclasses.dataclass
class Call:
    """One API call: what, by whom, where."""

    service: str
    operation: str
    account: str
    region: str
    write: bool
    caller: str = ""
    by_function: bool = False
    # The same for each attempt of an SDK at one call.
    invocation: str = ""


@dataclasses.dataclass
class Fault:
    """Which calls go wrong, and how."""

    kind: dict[str, Any]
    operation: str | None = None
    service: str | None = None
    account: str | None = None
    region: str | None = None
    write: bool | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    by_function: bool | None = None
    onward: bool = False
    repeats: bool = False
    seen: int = 0
    fired: int = 0
    invocations: dict[str, bool] = dataclasses.field(default_factory=dict)
    released: threading.Event = dataclasses.field(default_factory=threading.Event)

    def hits(self, call: Call) -> bool:
        """Counts the call and says whether it is one that goes wrong."""
        # Calls that functions make come when they like: a count of calls leaves them out.
        if call.by_function and not (self.operation or self.service):
            return False
        for name in ("operation", "service", "account", "region", "write", "by_function"):
            wanted = getattr(self, name)
            if wanted is not None and wanted != getattr(call, name):
                return False
        if self.repeats and call.invocation in self.invocations:
            return self.invocations[call.invocation]
        is_hit = self._counts()
        if self.repeats and call.invocation:
            self.invocations[call.invocation] = is_hit
        return is_hit

    def _counts(self) -> bool:
        self.seen += 1
        if self.nth is not None and (self.seen < self.nth or (self.seen > self.nth and not self.onward)):
            return False
        if self.every is not None and self.seen % self.every:
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        self.fired += 1
        return True


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._held: list[str] = []

    def begin(self) -> None:
        """In a fork no call is held: a call takes effect, if at all, where it came in."""
        self._lock = threading.Lock()
        self._held.clear()
        for fault in self._faults:
            fault.released = threading.Event()

    def add(self, values: dict[str, Any]) -> None:
        """Adds one, from its JSON form."""
        with self._lock:
            self._faults.append(Fault(**values))

    def clear(self) -> None:
        """Removes all; what is held goes on."""
        with self._lock:
            for fault in self._faults:
                fault.released.set()
            self._faults.clear()

    def meet(self, call: Call) -> Fault | None:
        """The fault this call meets, if any; one that holds it is over when this returns."""
        fault = self.match(call)
        if fault is None or fault.kind["type"] not in ("hold", "stop"):
            return fault
        name = f"{call.service} {call.operation}"
        with self._lock:
            self._held.append(name)
        fault.released.wait(fault.kind["ms"] / 1000)
        with self._lock:
            self._held.remove(name)
        if fault.kind["type"] == "stop":
            return Fault({"type": "drop", "applied": False})
        return None

    def fired(self) -> list[int]:
        """How often each fault that is set has met a call."""
        with self._lock:
            return [fault.fired for fault in self._faults]

    def held(self) -> list[str]:
        """The calls that are held now: service and operation."""
        with self._lock:
            return list(self._held)

    def match(self, call: Call) -> Fault | None:
        """The fault this call meets, if any."""
        with self._lock:
            hits = [fault for fault in self._faults if fault.hits(call)]
        return hits[0] if hits else None


faults = Faults()


def delivery_fault(service: str, operation: str, account: str, region: str) -> str | None:
    """The error code that a delivery by a service itself meets (no API call is made)."""
    fault = faults.match(Call(service, operation, account, region, True, by_function=True))
    if fault is None:
        return None
    return str(fault.kind.get("code") or "ThrottlingException")


# Where each call that takes several entries has them.
_ENTRIES = {
    ("events", "PutTargets"): "Targets",
    ("events", "RemoveTargets"): "Ids",
    ("events", "PutEvents"): "Entries",
    ("sqs", "SendMessageBatch"): "Entries",
    ("sqs", "DeleteMessageBatch"): "Entries",
    ("sqs", "ChangeMessageVisibilityBatch"): "Entries",
}


def fail_entries(
    fault: Fault, call: Call, environ: dict[str, Any], apply: Callable[[], _RESULT]
) -> _RESULT:
    """A success in which the first entries have failed; those behind them take effect."""
    field = _ENTRIES.get((call.service, call.operation))
    if field is None:
        raise ValueError(f"{call.service} {call.operation} takes no entries")
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    request = json.loads(raw)
    entries = request[field]
    count = fault.kind.get("count")
    failed = entries if count is None else entries[:count]
    answered: dict[str, Any] = {}
    if len(failed) < len(entries):
        rest = json.dumps({**request, field: entries[len(failed) :]}).encode()
        environ["wsgi.input"] = io.BytesIO(rest)
        environ["CONTENT_LENGTH"] = str(len(rest))
        result = apply()
        if result[0] >= 400:
            return result
        answered = json.loads(result[2] or b"{}")
    merged = _with_failed(call, fault.kind, failed, answered)
    headers = _headers(environ.get("CONTENT_TYPE") or "application/x-amz-json-1.1")
    return 200, headers, json.dumps(merged).encode()


def _with_failed(
    call: Call, kind: dict[str, Any], failed: list[Any], answered: dict[str, Any]
) -> dict[str, Any]:
    code, message = kind["code"], kind.get("message") or kind["code"]
    if call.service == "sqs":
        wrong = [
            {"Id": entry["Id"], "SenderFault": False, "Code": code, "Message": message}
            for entry in failed
        ]
        return {"Successful": [], **answered, "Failed": wrong + answered.get("Failed", [])}
    count = len(failed) + answered.get("FailedEntryCount", 0)
    wrong = [{"ErrorCode": code, "ErrorMessage": message} for _ in failed]
    if call.operation == "PutEvents":
        return {"FailedEntryCount": count, "Entries": wrong + answered.get("Entries", [])}
    ids = [entry if isinstance(entry, str) else entry["Id"] for entry in failed]
    named = [{"TargetId": name, **entry} for name, entry in zip(ids, wrong, strict=True)]
    return {"FailedEntryCount": count, "FailedEntries": named + answered.get("FailedEntries", [])}


def page(fault: Fault) -> _RESULT:
    """What a proxy or a portal answers in the service's place."""
    headers = {"Content-Type": "text/html; charset=utf-8", **(fault.kind.get("headers") or {})}
    return int(fault.kind["status"]), list(headers.items()), str(fault.kind["body"]).encode()


def answer(fault: Fault, call: Call, environ: dict[str, Any]) -> _RESULT:
    """The error answer, in the protocol that the request speaks."""
    if fault.kind["type"] == "throttle":
        code, status = _THROTTLING.get(call.service, ("ThrottlingException", 400))
        message = "Rate exceeded"
    else:
        code, status = fault.kind["code"], int(fault.kind.get("status") or 400)
        message = fault.kind.get("message") or code
    if cbor.is_spoken(environ):
        headers = [*_headers("application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return status, headers, cbor.error(code, message)
    if "HTTP_X_AMZ_TARGET" in environ:
        return _json(call.service, code, status, message, environ)
    if "Action=" in environ.get("lab.body", "") or call.service in ("sns", "iam", "sts", "s3"):
        return _xml(code, status, message)
    return _rest_json(code, status, message)


def _headers(content_type: str) -> list[tuple[str, str]]:
    return [("Content-Type", content_type), ("x-amzn-RequestId", str(uuid.uuid4()))]


def _json(service: str, code: str, status: int, message: str, environ: dict[str, Any]) -> _RESULT:
    headers = _headers(environ.get("CONTENT_TYPE") or "application/x-amz-json-1.1")
    shape = code
    if service == "sqs":
        shape = "com.amazonaws.sqs#" + code.rsplit(".", 1)[-1]
        side = "Sender" if status < 500 else "Receiver"
        headers.append(("x-amzn-query-error", f"{code};{side}"))
    return status, headers, json.dumps({"__type": shape, "message": message}).encode()


def _rest_json(code: str, status: int, message: str) -> _RESULT:
    headers = [*_headers("application/json"), ("x-amzn-ErrorType", code)]
    return status, headers, json.dumps({"Type": "User", "Message": message}).encode()


def _xml(code: str, status: int, message: str) -> _RESULT:
    side = "Sender" if status < 500 else "Receiver"
    body = (
        f"<ErrorResponse><Error><Type>{side}</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return status, _headers("text/xml"), body.encode()
