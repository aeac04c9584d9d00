"""What the whole lab shares: the lock over moto's state, the settings and the worker threads."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

# moto keeps its state in plain dicts and lists: one call at a time touches them.
# Nothing that waits (a delay, a long poll, an invocation) may hold it.
lock = threading.RLock()


@dataclasses.dataclass
class Lateness:
    """How late things happen that on AWS take a while; milliseconds unless named otherwise."""

    lambda_pending_ms: int = 0
    lambda_update_ms: int = 0
    role_visible_after_ms: int = 0
    queue_name_reuse_ms: int = 0
    stale_reads_ms: int = 0
    stack_ms: int = 0
    stackset_operation_ms: int = 300
    auto_deployment_ms: int = 500
    mapping_ms: int = 100
    async_retry_ms: int = 200
    target_retry_ms: int = 100
    batching_window_percent: int = 5
    visibility_percent: int = 100

    def update(self, values: dict[str, Any]) -> None:
        """Sets what is given and leaves the rest."""
        for name, value in values.items():
            if not hasattr(self, name):
                raise ValueError(f"no such setting: {name}")
            setattr(self, name, int(value))


late = Lateness()


class Work:
    """A bounded set of threads for what AWS does after it has answered."""

    def __init__(self, name: str, workers: int):
        self._ready: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = (
            queue.SimpleQueue()
        )
        self._later: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._pending = 0
        for number in range(workers):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()
        threading.Thread(target=self._clock, name=f"{name}-clock", daemon=True).start()

    def submit(self, task: Callable[..., None], *args: Any) -> None:
        """Runs the task as soon as a thread is free."""
        with self._changed:
            self._pending += 1
        self._ready.put((task, args))

    def after(self, seconds: float, task: Callable[..., None], *args: Any) -> None:
        """Runs the task later; no thread waits for it."""
        with self._changed:
            self._pending += 1
            heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), task, args))
            self._changed.notify()

    def idle(self) -> bool:
        """Whether nothing runs, waits or is planned."""
        with self._changed:
            return self._pending == 0

    def _clock(self) -> None:
        while True:
            with self._changed:
                wait = self._later[0][0] - time.monotonic() if self._later else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, task, args = heapq.heappop(self._later)
            self._ready.put((task, args))

    def _run(self) -> None:
        while True:
            task, args = self._ready.get()
            try:
                task(*args)
            except Exception:
                traceback.print_exc(file=sys.stderr)
            with self._changed:
                self._pending -= 1


def each(backends: Any) -> list[tuple[str, str, Any]]:
    """Account, region and state of every place a service was used in."""
    # Other threads may add places meanwhile: copies are made in one step each.
    return [
        (account, region, backend)
        for account, regions in list(backends.items())
        for region, backend in list(regions.items())
    ]


deliveries = Work("delivery", 8)
invocations = Work("invocation", 8)
operations = Work("operation", 4)


def idle() -> bool:
    """Whether no delivery, invocation or operation is under way or planned."""
    return deliveries.idle() and invocations.idle() and operations.idle()
