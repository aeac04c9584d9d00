"""Reads that lag behind: for a while after a write, a service answers what it answered before."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any

from .faults import Call
from .state import late

# Their answers are taken up at once by what the services do themselves.
_SERVICES = {"events", "iam", "logs", "monitoring", "sns", "sqs"}
Answer = tuple[int, list[Any], bytes]


class Stale:
    """Remembers answers, and gives them again while they are to be stale."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, ...], Answer] = {}
        self._until: dict[tuple[str, str], float] = {}

    def answer(self, call: Call, environ: dict[str, Any], fresh: Callable[[], Answer]) -> Answer:
        """The fresh answer, or the one from before the last write."""
        if not late.stale_reads_ms or call.service not in _SERVICES or call.by_function:
            return fresh()
        place = (call.account, call.service)
        if call.write:
            with self._lock:
                begun = time.monotonic() + late.stale_reads_ms / 1000
                # A later write does not make an earlier one wait any longer.
                if self._until.get(place, 0) < time.monotonic():
                    self._until[place] = begun
            return fresh()
        key = (*place, call.region, call.operation, environ["PATH_INFO"], _body(environ))
        with self._lock:
            known = self._answers.get(key)
            if known and time.monotonic() < self._until.get(place, 0):
                return known
        answer = fresh()
        with self._lock:
            self._answers[key] = answer
        return answer


def _body(environ: dict[str, Any]) -> str:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return environ.get("QUERY_STRING", "") + body.decode("utf-8", "replace")
