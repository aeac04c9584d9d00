"""Loads what the first calls to a service load, once for all forks.

botocore reads a service's model, and moto makes its routes, serializers and error answers, when
they are first needed: about 0.6 s in all for the services named here. Others work too, later.
"""

from __future__ import annotations

import io
import sys
from typing import Any
from urllib.parse import urlencode

from moto.core.base_backend import BackendDict

from . import requests
from .front import Front

_ACCOUNT = "000000000000"
_REGION = "us-east-1"
_FORM = "application/x-www-form-urlencoded; charset=utf-8"

_NO_TOPIC = f"arn:aws:sns:{_REGION}:{_ACCOUNT}:none"

# Of each service something that can be read, and something that is not there.
_JSON = (
    ("events", "AWSEvents.ListRules", "{}"),
    ("events", "AWSEvents.DescribeRule", '{"Name": "none"}'),
    ("logs", "Logs_20140328.DescribeLogGroups", "{}"),
    ("logs", "Logs_20140328.DescribeLogStreams", '{"logGroupName": "none"}'),
    ("sqs", "AmazonSQS.ListQueues", '{"MaxResults": 10}'),
    ("sqs", "AmazonSQS.GetQueueUrl", '{"QueueName": "none"}'),
    ("organizations", "AWSOrganizationsV20161128.DescribeOrganization", "{}"),
    ("cloudtrail", "CloudTrail_20131101.DescribeTrails", "{}"),
    ("cloudtrail", "CloudTrail_20131101.GetTrail", '{"Name": "none"}'),
)
_QUERY = (
    ("iam", "2010-05-08", {"Action": "ListRoles"}),
    ("iam", "2010-05-08", {"Action": "GetRole", "RoleName": "none"}),
    ("sns", "2010-03-31", {"Action": "ListTopics"}),
    ("sns", "2010-03-31", {"Action": "GetTopicAttributes", "TopicArn": _NO_TOPIC}),
    ("sts", "2011-06-15", {"Action": "GetCallerIdentity"}),
    ("cloudformation", "2010-05-15", {"Action": "ListStackSets"}),
    ("cloudformation", "2010-05-15", {"Action": "DescribeStacks", "StackName": "none"}),
)
_CBOR = (("monitoring", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"),)
_REST = (
    ("lambda", "GET", "/2015-03-31/functions"),
    ("lambda", "GET", "/2015-03-31/functions/none"),
    ("account", "POST", "/listRegions"),
)
# An empty map.
_NO_CBOR = b"\xa0"


def up(front: Front) -> None:
    """Calls each service in an account that nobody else uses, and forgets that account."""
    for service, target, body in _JSON:
        _call(front, service, "/", body.encode(), HTTP_X_AMZ_TARGET=target)
    for service, version, fields in _QUERY:
        body = urlencode({**fields, "Version": version})
        _call(front, service, "/", body.encode(), CONTENT_TYPE=_FORM)
    for service, path in _CBOR:
        _call(front, service, path, _NO_CBOR, HTTP_SMITHY_PROTOCOL="rpc-v2-cbor")
    for service, method, path in _REST:
        _call(front, service, path, b"", REQUEST_METHOD=method, CONTENT_TYPE="")
    services = {service for service, *_ in (*_JSON, *_QUERY, *_CBOR, *_REST)}
    for service in services:
        requests.warm(service)
    for backends in BackendDict._instances:
        backends.pop(_ACCOUNT, None)
    front.clear_calls()


def _call(front: Front, service: str, path: str, body: bytes, **more: str) -> None:
    scope = f"{_ACCOUNT}/20260101/{_REGION}/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "RAW_URI": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": signed,
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        **more,
    }
    answered: list[str] = []
    for _ in front(environ, lambda status, _headers: answered.append(status)):
        pass
    if not answered or answered[0].startswith("5"):
        raise RuntimeError(f"warming up: {service} {path} answered {answered}")
