"""A function in Python: the Lambda Runtime API for its handler. Runs as a process of its own."""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import traceback
from typing import Any

_PATH = "/2018-06-01/runtime/invocation"


class Context:
    """What of Lambda's context object handlers use most."""

    def __init__(self, request_id: str, arn: str):
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]


def _outcome(handler: Any, event: Any, context: Context) -> tuple[str, str]:
    try:
        return "response", json.dumps(handler(event, context))
    except Exception as error:
        traceback.print_exc()
        kind = type(error).__name__
        return "error", json.dumps({"errorType": kind, "errorMessage": str(error)})


def main() -> None:
    """Serves events until the process is ended."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", f"{_PATH}/next")
        answer = connection.getresponse()
        event = json.loads(answer.read())
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        arn = answer.headers["Lambda-Runtime-Invoked-Function-Arn"] or ""
        kind, body = _outcome(handler, event, Context(request_id, arn))
        sys.stdout.flush()
        connection.request("POST", f"{_PATH}/{request_id}/{kind}", body)
        connection.getresponse().read()


if __name__ == "__main__":
    main()
