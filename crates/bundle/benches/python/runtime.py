"""The Lambda Runtime API for a handler. Smaller than Lambda's own client, so that Python does not lose by it."""

import http.client
import json
import os

from function import handler

PATH = "/2018-06-01/runtime/invocation"


def main():
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", f"{PATH}/next")
        answer = connection.getresponse()
        event = json.loads(answer.read())
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        body = json.dumps(handler(event, None))
        connection.request("POST", f"{PATH}/{request_id}/response", body)
        connection.getresponse().read()


main()
