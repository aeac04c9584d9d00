"""Copies of this process: one for each connection, which it lives as long as.

A process that is prepared waits here. Whoever wants a copy of it connects, sends one line of JSON,
and holds the connection: the copy reads from it only to see its end, which comes when the other
side wants no more of the copy, and also when it is killed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import signal
import socket
import stat
import sys
from collections.abc import Callable
from typing import Any, Protocol

from .state import activity

# How long a copy may wait for what is under way to end.
_PATIENCE_S = 15.0
# The line follows the connection at once.
_LINE_S = 5.0

_copies: set[int] = set()


class _Held(Protocol):
    def fileno(self) -> int: ...


@dataclasses.dataclass
class Life:
    """What a process lives as long as, where copies of it are asked for, and how it ends."""

    held: _Held
    door: socket.socket
    end: Callable[[], None]


def door() -> socket.socket:
    """Where a process takes connections; on a free port."""
    return socket.create_server(("127.0.0.1", 0))


def address(opened: socket.socket) -> str:
    """`127.0.0.1:PORT`."""
    host, port = opened.getsockname()
    return f"{host}:{port}"


def wait(life: Life) -> socket.socket:
    """Makes a copy for every connection until the process ends; returns in the copies only, with their connection."""
    signal.signal(signal.SIGCHLD, _reap)
    looked_at = select.poll()
    for source in (life.held, life.door):
        looked_at.register(source.fileno(), select.POLLIN)
    while True:
        # A signal may find another thread: now and then this one looks by itself.
        ready = [descriptor for descriptor, _ in looked_at.poll(1000)]
        if life.held.fileno() in ready and _is_over(life.held.fileno()):
            life.end()
        if life.door.fileno() in ready:
            connection, _ = life.door.accept()
            if _copy(connection):
                return connection
            connection.close()


def _is_over(descriptor: int) -> bool:
    try:
        return not os.read(descriptor, 4096)
    except OSError:
        return True


def _copy(connection: socket.socket) -> bool:
    """Forks; says whether this is the copy."""
    try:
        errors = _asked_for(connection)
        sys.stderr.flush()
        copy = activity.fork(_PATIENCE_S)
    except Exception as error:
        with contextlib.suppress(OSError):
            answer(connection, {"error": f"{type(error).__name__}: {error}"})
        return False
    if copy:
        _copies.add(copy)
        return False
    _copies.clear()
    _let_go(connection.fileno())
    _write_to(errors)
    return True


def _asked_for(connection: socket.socket) -> str:
    """The file that takes what the copy complains about."""
    connection.settimeout(_LINE_S)
    with connection.makefile("r") as lines:
        request = json.loads(lines.readline())
    connection.settimeout(None)
    return str(request["errors"])


def answer(connection: socket.socket, message: dict[str, Any]) -> None:
    """Tells the other side, in one line."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def _let_go(kept: int) -> None:
    """Sockets and pipes of the process that this was copied from must end when it closes them.

    They are not closed here, since objects of threads that are not here any more hold their numbers.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/dev/fd"):
        number = int(name)
        if number not in (kept, null) and _is_shared(number):
            os.dup2(null, number, inheritable=number < 3)
    os.close(null)


def _is_shared(number: int) -> bool:
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        # The one by which they were listed.
        return False
    return stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)


def _write_to(path: str) -> None:
    errors = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(errors, sys.stderr.fileno())
    os.close(errors)


def _reap(*_args: Any) -> None:
    # Only these: other processes have somebody who waits for them.
    for copy in list(_copies):
        try:
            ended, _ = os.waitpid(copy, os.WNOHANG)
        except ChildProcessError:
            ended = copy
        if ended:
            _copies.discard(copy)
