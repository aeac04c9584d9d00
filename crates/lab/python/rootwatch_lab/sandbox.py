"""Runs a function's code as a process and speaks the Lambda Runtime API with it."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PREFIX = "/2018-06-01/runtime/"
_PYTHON = os.path.join(os.path.dirname(__file__), "python_runtime.py")


@dataclasses.dataclass
class Invocation:
    """One event for a function, and what came of it."""

    payload: str
    request_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    response: str = ""
    error: str | None = None
    log: list[str] = dataclasses.field(default_factory=list)
    began: float = 0.0
    duration_ms: float = 0.0
    done: threading.Event = dataclasses.field(default_factory=threading.Event)

    def finish(self, response: str, error: str | None = None) -> None:
        """Sets the outcome, once."""
        if self.done.is_set():
            return
        self.response, self.error = response, error
        self.duration_ms = (time.monotonic() - self.began) * 1000
        self.done.set()

    def fail(self, kind: str, message: str) -> None:
        """Sets an error that the function did not report itself."""
        self.finish(json.dumps({"errorType": kind, "errorMessage": message}), kind)


class Sandbox:
    """A running process of one function; one event at a time, many after each other."""

    def __init__(self, code: bytes, environment: dict[str, str], arn: str, timeout: float):
        self._arn = arn
        self._timeout = timeout
        self._inbox: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self._start_log: list[str] = []
        self._start_error: str | None = None
        self._exit_status: int | None = None
        self._stopped = False
        self._task = tempfile.mkdtemp(prefix="lab-task-")
        self._api = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._api.daemon_threads = True
        threading.Thread(target=self._api.serve_forever, args=(0.05,), daemon=True).start()
        address = f"127.0.0.1:{self._api.server_address[1]}"
        self._process: subprocess.Popen[bytes] | None = None
        try:
            _unpack(code, self._task)
            self._process = subprocess.Popen(
                _command(environment, self._task),
                cwd=self._task,
                env=environment
                | {"AWS_LAMBDA_RUNTIME_API": address, "LAMBDA_TASK_ROOT": self._task},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, zipfile.BadZipFile) as error:
            self._start_error = f"fork/exec /var/task/bootstrap: {error}"
        else:
            threading.Thread(target=self._read_output, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return not self._stopped and self._process is not None and self._process.poll() is None

    def run(self, invocation: Invocation) -> None:
        """Hands the event to the process and waits for the outcome."""
        invocation.began = time.monotonic()
        invocation.log.extend(self._start_log)
        self._start_log = []
        self._current = invocation
        if self._start_error:
            invocation.fail("Runtime.InvalidEntrypoint", self._start_error)
            return
        if self._exit_status is not None:
            self._exited(invocation)
            return
        self._inbox.put(invocation)
        if not invocation.done.wait(self._timeout):
            invocation.fail(
                "Sandbox.Timedout",
                f"RequestId: {invocation.request_id} Error: Task timed out after "
                f"{self._timeout:.2f} seconds",
            )
            self.stop()

    def stop(self) -> None:
        """Ends the process and everything it started."""
        self._stopped = True
        # The process first: one whose runtime API hangs up on it would write that into the last event's log.
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._inbox.put(None)
        # Now, since the lab itself may be ending.
        shutil.rmtree(self._task, ignore_errors=True)
        threading.Thread(target=self._close, daemon=True).start()

    def _close(self) -> None:
        self._api.shutdown()
        self._api.server_close()

    def _read_output(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip("\n")
            (self._current.log if self._current else self._start_log).append(text)
        # First this and then that, as `run` does it the other way round: a process that ends before
        # its event is there has failed on it too.
        self._exit_status = self._process.wait()
        current = self._current
        if current is not None:
            self._exited(current)

    def _exited(self, invocation: Invocation) -> None:
        if not invocation.done.is_set():
            invocation.fail(
                "Runtime.ExitError",
                f"RequestId: {invocation.request_id} Error: Runtime exited with error: "
                f"exit status {self._exit_status}",
            )

    def next(self) -> Invocation | None:
        """The next event; waits for one."""
        return self._inbox.get()

    def headers(self, invocation: Invocation) -> dict[str, str]:
        """What goes with an event."""
        deadline = int((time.time() + self._timeout) * 1000)
        return {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}",
            "Content-Type": "application/json",
        }

    def report(self, request_id: str, body: str, error: str | None) -> None:
        """The process reports an outcome."""
        current = self._current
        if current is not None and request_id in (current.request_id, "init"):
            current.finish(body, error)


def _unpack(code: bytes, folder: str) -> None:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        for entry in archive.infolist():
            path = archive.extract(entry, folder)
            mode = entry.external_attr >> 16
            if mode and not entry.is_dir():
                os.chmod(path, mode & 0o777 | 0o400)


def _command(environment: dict[str, str], task: str) -> list[str]:
    """An OS-only runtime starts the package's own program, a Python one the handler in the package."""
    if environment["AWS_EXECUTION_ENV"].startswith("AWS_Lambda_python"):
        return [sys.executable, _PYTHON]
    return [os.path.join(task, "bootstrap")]


def _handler(sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            if self.path != _PREFIX + "invocation/next":
                self._answer(404, "{}")
                return
            invocation = sandbox.next()
            if invocation is None:
                self.close_connection = True
                return
            self._answer(200, invocation.payload, sandbox.headers(invocation))

        def do_POST(self) -> None:
            body = self._body().decode("utf-8", "replace")
            steps = self.path.removeprefix(_PREFIX).split("/")
            if steps == ["init", "error"]:
                sandbox.report("init", body, self._error_type("Runtime.InitError"))
            elif len(steps) == 3 and steps[2] == "response":
                sandbox.report(steps[1], body, None)
            elif len(steps) == 3 and steps[2] == "error":
                sandbox.report(steps[1], body, self._error_type("Unhandled"))
            self._answer(202, '{"status":"OK"}')

        def _error_type(self, otherwise: str) -> str:
            return self.headers.get("Lambda-Runtime-Function-Error-Type") or otherwise

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
            data = body.encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def log_message(self, *_args: Any) -> None:
            pass

    return RuntimeApi
