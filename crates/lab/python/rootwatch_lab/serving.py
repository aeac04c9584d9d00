"""One lab: a fork that serves on a port of its own until its owner closes the connection."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Any

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from . import alarms, forks, functions, mappings, state
from .faults import faults
from .front import Front
from .state import connections
from .truths import truths

_HOST = "127.0.0.1"


class Handler(MotoRequestHandler):
    """Answers at once and does not log."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """The call log is elsewhere."""


class Server(ThreadedWSGIServer):
    """Counts who is connected. Connections are taken in the order in which they were made."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """Takes a connection."""
        connections.change(1)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Ends one."""
        super().shutdown_request(request)
        connections.change(-1)


def begin(front: Front, connection: socket.socket) -> forks.Process:
    """Serves from now on, in a process that was just forked, and replies where."""
    # moto's ids come from a generator of its own, which would give the same ones in every fork.
    mock_random.seed()
    server = Server(_HOST, 0, front, handler=Handler)
    functions.endpoint = f"http://{_HOST}:{server.server_port}"
    functions.forget_all()
    for part in (state, faults, mappings, alarms, truths):
        part.begin()
    threading.Thread(target=server.serve_forever, name="server", daemon=True).start()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    process = forks.Process(connection, forks.listen(), _end)
    serving = {
        "endpoint": functions.endpoint,
        "listener": forks.address(process.listener),
        "process": os.getpid(),
    }
    forks.reply(connection, serving)
    return process


def _end(*_args: Any) -> None:
    functions.kill_all()
    os._exit(0)
