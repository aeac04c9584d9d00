"""The fork server: loads everything, prints where it takes requests, and ends when its input ends.

Each fork is a lab (serving.py), which can be forked in turn.
"""

from __future__ import annotations

import gc

# ruff: noqa: E402
# Loading moto makes very many objects and no garbage.
gc.disable()

import os
import signal
import sys
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import cbor, forks, generated, install, regions, serving, warm
from .front import Front


def _end(*_args: Any) -> None:
    os._exit(0)


def _prepared() -> Front:
    install()
    moto = DomainDispatcherApplication(create_backend_app)
    front = Front(generated.served(regions.listed(cbor.translated(moto))))
    warm.up(front)
    # Dozens of calls come at once, and each answer that is ready waits for the interpreter.
    sys.setswitchinterval(0.0005)
    # What is here is never garbage. A collection would write to each object, so that each fork
    # needs its page for itself.
    gc.freeze()
    gc.enable()
    return front


def main() -> None:
    """Waits for connections, here and in every fork."""
    front = _prepared()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    process = forks.Process(sys.stdin, forks.listen(), _end)
    sys.stdout.write(f"{forks.address(process.listener)}\n")
    sys.stdout.flush()
    while True:
        process = serving.begin(front, forks.serve(process))


if __name__ == "__main__":
    main()
