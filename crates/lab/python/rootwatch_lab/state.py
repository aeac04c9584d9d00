"""What the whole lab shares: the lock over moto's state, settings, worker threads, the fork."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import heapq
import itertools
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
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
    role_unknown_to_kms_ms: int = 0
    queue_name_reuse_ms: int = 0
    stale_reads_ms: int = 0
    stack_ms: int = 0
    stackset_operation_ms: int = 300
    auto_deployment_ms: int = 500
    mapping_ms: int = 100
    async_retry_ms: int = 200
    target_retry_ms: int = 100
    batching_window_percent: int = 5
    batches_at_once: int = 1
    visibility_percent: int = 100

    def update(self, values: dict[str, Any]) -> None:
        """Sets what is given and leaves the rest."""
        for name, value in values.items():
            if not hasattr(self, name):
                raise ValueError(f"no such setting: {name}")
            setattr(self, name, int(value))


late = Lateness()


class Busy(Exception):
    """Something is under way that does not end."""


class Activity:
    """What is under way, by name. The process can be forked only while nothing is.

    A fork keeps one thread. A lock that another thread holds at that moment stays locked in the
    child, and what that thread has half done stays half done. So everything that touches the lab's
    state is under way while it does, and a fork waits until nothing is.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._names: list[str] = []
        self._last = 0.0

    def is_recent(self, seconds: float) -> bool:
        """Whether something was under way so recently, but for what only looks."""
        return time.monotonic() - self._last < seconds

    @contextlib.contextmanager
    def of(self, name: str, *, looks: bool = False) -> Iterator[None]:
        """Something is under way."""
        if not looks:
            self._last = time.monotonic()
        with self._changed:
            self._names.append(name)
        try:
            yield
        finally:
            with self._changed:
                self._names.remove(name)
                if not self._names:
                    self._changed.notify_all()

    def names(self) -> list[str]:
        """What is under way now."""
        with self._changed:
            return list(self._names)

    def fork(self, limit_s: float) -> int:
        """Forks while nothing is under way: 0 in the child, which has no thread but this one."""
        self._changed.acquire()
        pid = -1
        try:
            if not self._changed.wait_for(lambda: not self._names, limit_s):
                names = ", ".join(sorted(set(self._names)))
                raise Busy(f"still under way after {limit_s:g} s: {names}")
            pid = os.fork()
        finally:
            if pid == 0:
                # Threads that are not here waited for the old one.
                self._changed = threading.Condition()
            else:
                self._changed.release()
        return pid


activity = Activity()


class Connections:
    """How many clients are connected."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def begin(self) -> None:
        """A fork has none."""
        self._lock = threading.Lock()
        self._count = 0

    def change(self, by: int) -> None:
        """One has come, or gone."""
        with self._lock:
            self._count += by

    def count(self) -> int:
        """How many there are, with the one that asks."""
        with self._lock:
            return self._count


connections = Connections()


class Bell:
    """Wakes who waits for something to come, so that nobody has to look for it all the time."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A fork has nobody who waits."""
        self._changed = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Something has come."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def rings(self) -> int:
        """How often it has rung."""
        with self._changed:
            return self._rings

    def wait(self, after: int, limit_s: float) -> bool:
        """Until it has rung more often, or for so long; whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._rings > after, limit_s)


# Rings when a message has come into a queue.
arrivals = Bell()


class Work:
    """A bounded set of threads for what AWS does after it has answered."""

    def __init__(self, name: str, workers: int):
        self._name = name
        self._workers = workers
        self._ready: collections.deque[tuple[Callable[..., None], tuple[Any, ...]]] = (
            collections.deque()
        )
        self._later: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._pending = 0
        self._changed = threading.Condition()
        self._tickets = threading.Semaphore(0)

    def begin(self) -> None:
        """Starts the threads. In a fork as well: what was planned is planned there, too."""
        self._changed = threading.Condition()
        self._tickets = threading.Semaphore(len(self._ready))
        for number in range(self._workers):
            threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True).start()
        threading.Thread(target=self._clock, name=f"{self._name}-clock", daemon=True).start()

    def submit(self, task: Callable[..., None], *args: Any) -> None:
        """Runs the task as soon as a thread is free."""
        with self._changed:
            self._pending += 1
        self._make_ready(task, args)

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

    def _make_ready(self, task: Callable[..., None], args: tuple[Any, ...]) -> None:
        self._ready.append((task, args))
        self._tickets.release()

    def _clock(self) -> None:
        while True:
            with self._changed:
                wait = self._later[0][0] - time.monotonic() if self._later else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
            with activity.of(f"{self._name}-clock"), self._changed:
                _, _, task, args = heapq.heappop(self._later)
                self._make_ready(task, args)

    def _run(self) -> None:
        while True:
            self._tickets.acquire()
            with activity.of(self._name):
                self._run_one()

    def _run_one(self) -> None:
        task, args = self._ready.popleft()
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


def begin() -> None:
    """Starts the threads, in a process that has none."""
    connections.begin()
    arrivals.begin()
    for work in (deliveries, invocations, operations):
        work.begin()


def idle() -> bool:
    """Whether no delivery, invocation or operation is under way or planned."""
    return deliveries.idle() and invocations.idle() and operations.idle()
