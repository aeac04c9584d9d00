"""Forks of this process: one for each connection to its listener.

A client connects, sends one line of JSON, and gets a line from the child that was forked for it.
The connection stays open for as long as the client wants the child: the child reads from it only
to see that it has closed, which the operating system does too when the client is killed.
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

# How long a fork waits until nothing is under way.
_PATIENCE_S = 15.0
# The request follows the connection at once.
_REQUEST_S = 5.0

_children: set[int] = set()


class _Owner(Protocol):
    def fileno(self) -> int: ...


@dataclasses.dataclass
class Process:
    """This process: whose end ends it, where forks of it are asked for, and how it ends."""

    owner: _Owner
    listener: socket.socket
    end: Callable[[], None]


def listen() -> socket.socket:
    """A listener on a free port."""
    return socket.create_server(("127.0.0.1", 0))


def address(listener: socket.socket) -> str:
    """`127.0.0.1:PORT`."""
    host, port = listener.getsockname()
    return f"{host}:{port}"


def serve(process: Process) -> socket.socket:
    """Forks for every connection until the process ends; returns in children, with theirs."""
    signal.signal(signal.SIGCHLD, _reap)
    owner, listener = process.owner.fileno(), process.listener.fileno()
    poll = select.poll()
    for descriptor in (owner, listener):
        poll.register(descriptor, select.POLLIN)
    while True:
        # The system may give a signal to another thread; its handler runs when this one wakes.
        ready = [descriptor for descriptor, _ in poll.poll(1000)]
        if owner in ready and _has_closed(owner):
            process.end()
        if listener in ready:
            connection, _ = process.listener.accept()
            if _fork_for(connection):
                return connection
            connection.close()


def _has_closed(descriptor: int) -> bool:
    try:
        return not os.read(descriptor, 4096)
    except OSError:
        return True


def _fork_for(connection: socket.socket) -> bool:
    """Forks; true in the child."""
    try:
        stderr = _requested_stderr(connection)
        sys.stderr.flush()
        child = activity.fork(_PATIENCE_S)
    except Exception as error:
        with contextlib.suppress(OSError):
            reply(connection, {"error": f"{type(error).__name__}: {error}"})
        return False
    if child:
        _children.add(child)
        return False
    _children.clear()
    _replace_inherited(connection.fileno())
    _redirect_stderr(stderr)
    return True


def _requested_stderr(connection: socket.socket) -> str:
    """The file that the child is to write its standard error to."""
    connection.settimeout(_REQUEST_S)
    with connection.makefile("r") as lines:
        request = json.loads(lines.readline())
    connection.settimeout(None)
    return str(request["stderr"])


def reply(connection: socket.socket, message: dict[str, Any]) -> None:
    """Sends one line to the client."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def _replace_inherited(kept: int) -> None:
    """The parent's sockets and pipes have to close when the parent closes them.

    Their numbers stay taken, by the null device: objects of threads that are not in this process
    hold them, and would close what came in their place.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/dev/fd"):
        number = int(name)
        if number not in (kept, null) and _is_channel(number):
            os.dup2(null, number, inheritable=number < 3)
    os.close(null)


def _is_channel(number: int) -> bool:
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        # The descriptor by which they were listed.
        return False
    return stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)


def _redirect_stderr(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, sys.stderr.fileno())
    os.close(file)


def _reap(*_args: Any) -> None:
    # Only forks: whoever started another process waits for that one.
    for child in list(_children):
        try:
            ended, _ = os.waitpid(child, os.WNOHANG)
        except ChildProcessError:
            ended = child
        if ended:
            _children.discard(child)
