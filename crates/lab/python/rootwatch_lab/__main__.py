"""Starts the server on a free port, says which, and ends when its input ends."""

from __future__ import annotations

import gc

# ruff: noqa: E402
# Loading moto makes very many objects and no garbage.
gc.disable()

import os
import signal
import sys
import threading
from typing import Any

from moto import backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from . import cbor, functions, generated, install, regions
from .front import Front


class Handler(MotoRequestHandler):
    """Answers at once and does not log."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """The call log is elsewhere."""


_ending = threading.Lock()


def _end(*_args: Any) -> None:
    # The signal and the end of input may come together: the first one does it all.
    _ending.acquire()
    functions.kill_all()
    os._exit(0)


def _watch_input() -> None:
    # The parent holds the other end: however it ends, this ends.
    while sys.stdin.buffer.read(4096):
        pass
    _end()


def main() -> None:
    """Serves until told to stop."""
    install()
    # moto looks through its folders at each call.
    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    # Dozens of calls come at once, and each answer that is ready waits for the interpreter.
    sys.setswitchinterval(0.0005)
    gc.freeze()
    gc.enable()
    moto = DomainDispatcherApplication(create_backend_app)
    application = Front(generated.served(regions.listed(cbor.translated(moto))))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    functions.endpoint = f"http://127.0.0.1:{server.server_port}"
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    threading.Thread(target=_watch_input, daemon=True).start()
    sys.stdout.write(f"{functions.endpoint}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
