"""Lambda: functions really run, go through their states and retry asynchronous events."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading
import time
import uuid
from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import (
    InvalidParameterValueException,
    LambdaClientError,
)
from moto.awslambda.models import EventInvokeConfig, LambdaBackend, LambdaFunction, lambda_backends
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import TYPE_RESPONSE
from moto.core.utils import iso_8601_datetime_with_milliseconds, unix_time_millis, utcnow
from moto.logs import logs_backends
from moto.utilities.utils import get_partition

from . import accounts, policies, queues, topics
from .sandbox import Invocation, Sandbox
from .state import invocations, late, lock

_RESERVED = (
    "_HANDLER",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
)
_ENVIRONMENT_LIMIT = 4_096
_SANDBOXES_PER_FUNCTION = 4
_HISTORY = 20_000

endpoint = ""


class Conflict(LambdaClientError):
    """ResourceConflictException."""

    code = 409

    def __init__(self, message: str):
        super().__init__("ResourceConflictException", message)


class KmsAccessDenied(LambdaClientError):
    """KMSAccessDeniedException: the role has no grant to decrypt the environment with."""

    code = 502
    text = (
        "Lambda was unable to decrypt the environment variables because KMS access was denied. "
        "Please check the function's KMS key settings. KMS Exception: AccessDeniedException "
        "KMS Message: The ciphertext refers to a customer master key that does not exist, does not "
        "exist in this region, or you are not allowed to access."
    )

    def __init__(self) -> None:
        super().__init__("KMSAccessDeniedException", self.text)


class Throttled(LambdaClientError):
    """TooManyRequestsException."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


# --- sandboxes --------------------------------------------------------------------------


class Fleet:
    """The sandboxes of one function as it is now configured."""

    def __init__(self, function: LambdaFunction):
        self._free = threading.Condition()
        self._idle: list[Sandbox] = []
        self._all: list[Sandbox] = []
        self._stopped = False
        self._session = accounts.open_session(function.role, function.function_name)
        self._code = function.code_bytes
        self._arn = function.function_arn
        self._timeout = float(function.timeout)
        self._environment = _environment(function, self._session)

    def run(self, invocation: Invocation) -> None:
        """Runs the event in a warm sandbox, a new one, or the first that gets free."""
        sandbox = self._take()
        try:
            sandbox.run(invocation)
        finally:
            self._give_back(sandbox)

    def _take(self) -> Sandbox:
        with self._free:
            while True:
                while self._idle:
                    sandbox = self._idle.pop()
                    if sandbox.alive:
                        return sandbox
                    self._drop(sandbox)
                if len(self._all) < _SANDBOXES_PER_FUNCTION:
                    sandbox = Sandbox(self._code, self._environment, self._arn, self._timeout)
                    self._all.append(sandbox)
                    return sandbox
                self._free.wait(1)

    def _give_back(self, sandbox: Sandbox) -> None:
        with self._free:
            if sandbox.alive and not self._stopped:
                self._idle.append(sandbox)
            else:
                self._drop(sandbox)
            self._free.notify()

    def _drop(self, sandbox: Sandbox) -> None:
        sandbox.stop()
        if sandbox in self._all:
            self._all.remove(sandbox)

    def stop(self) -> None:
        """Stops what is idle at once, and the others when they have finished."""
        with self._free:
            self._stopped = True
            for sandbox in self._idle:
                self._drop(sandbox)
            self._idle.clear()

    def kill(self) -> None:
        """Stops everything now."""
        with self._free:
            self._stopped = True
            for sandbox in list(self._all):
                self._drop(sandbox)


_fleets_lock = threading.Lock()
_fleets: dict[str, Fleet] = {}
_history: list[dict[str, Any]] = []


def _fleet(function: LambdaFunction) -> Fleet:
    with _fleets_lock:
        fleet = _fleets.get(function.function_arn)
        if fleet is None:
            fleet = _fleets[function.function_arn] = Fleet(function)
        return fleet


def _retire(arn: str) -> None:
    with _fleets_lock:
        fleet = _fleets.pop(arn, None)
    if fleet:
        fleet.stop()


def kill_all() -> None:
    """Stops every process that a function runs in."""
    with _fleets_lock:
        fleets = list(_fleets.values())
        _fleets.clear()
    for fleet in fleets:
        fleet.kill()


def forget_all() -> None:
    """Forgets them, in a fork of the process that has them: the next event starts new ones."""
    global _fleets_lock
    _fleets_lock = threading.Lock()
    _fleets.clear()


def _environment(function: LambdaFunction, session: accounts.Session) -> dict[str, str]:
    stream = f"{time.strftime('%Y/%m/%d')}/[{function.version}]{uuid.uuid4().hex}"
    return {
        "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **{name: str(value) for name, value in function.environment_vars.items()},
        "_HANDLER": function.handler or "",
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_SESSION_TOKEN": "lab",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(function),
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
    }


# --- looking at functions ---------------------------------------------------------------


def find(arn: str) -> LambdaFunction | None:
    """The function an ARN names, without its version or alias."""
    parts = arn.split(":")
    with contextlib.suppress(LambdaClientError):
        return lambda_backends[parts[4]][parts[3]].get_function(parts[6])
    return None


def permits(function: LambdaFunction, service: str, context: policies.Context) -> bool:
    """Whether the function's policy lets a service invoke it."""
    policy = {"Statement": function.policy.statements}
    principal = policies.Principal(service=service)
    return policies.allows(
        policy, "lambda:InvokeFunction", function.function_arn, context, principal
    )


def role_may(function: LambdaFunction, action: str, resource: str) -> bool:
    """Whether the function's role allows an action."""
    role = accounts.role_by_arn(function.role)
    return role is not None and accounts.role_may(role, action, resource, {})


def is_pending(function: LambdaFunction) -> bool:
    """Whether the function is still being created."""
    return time.monotonic() < function.__dict__.get("active_at", 0.0)


def _is_updating(function: LambdaFunction) -> bool:
    return time.monotonic() < function.__dict__.get("updated_at", 0.0)


def log_group(function: LambdaFunction) -> str:
    """Where the function's log goes."""
    config = function.__dict__.get("logging_config") or {}
    return str(config.get("LogGroup") or f"/aws/lambda/{function.function_name}")


def history() -> list[dict[str, Any]]:
    """Every invocation so far, oldest first."""
    return [dict(entry, log="\n".join(entry["log"])) for entry in list(_history)]


def turn(seconds: int) -> None:
    """Every invocation so far is so much longer ago."""
    for entry in _history:
        entry["at_ms"] -= seconds * 1000


def outcomes(arn: str, since: float) -> list[bool]:
    """Whether the invocations of a function since then succeeded."""
    found = []
    for entry in reversed(list(_history)):
        if entry["at_ms"] < since * 1000:
            break
        if entry["function_arn"] == arn:
            found.append(bool(entry["ok"]))
    return found


def ends() -> list[tuple[str, float, bool]]:
    """Every invocation so far: its function's ARN, when it ended, and whether it succeeded."""
    return [
        (str(entry["function_arn"]), entry["at_ms"] / 1000, bool(entry["ok"]))
        for entry in list(_history)
    ]


# --- the environment's encryption --------------------------------------------------------
#
# Lambda encrypts environment variables at rest, with a key of its own if no other is given, and gives the
# function's role a grant to decrypt them (Lambda guide, "Securing environment variables"). A grant is the
# role's by its unique id (IAM guide, "IAM identifiers"): a role that was made again under the same name has
# none until the function's configuration names it again (Lambda guide, "Troubleshoot invocation issues").


def _grant(function: LambdaFunction) -> None:
    role = accounts.role_by_arn(function.role)
    function.__dict__["grantee"] = role.id if role else None


def _can_decrypt(function: LambdaFunction) -> bool:
    if not function.environment_vars:
        return True
    role = accounts.role_by_arn(function.role)
    return role is not None and role.id == function.__dict__.get("grantee", role.id)


def _check_grantable(role_arn: str, environment: dict[str, Any] | None) -> None:
    """KMS takes a while to know a new role; hashicorp/terraform-provider-aws#4633."""
    role = accounts.role_by_arn(role_arn)
    if role is None or not (environment or {}).get("Variables"):
        return
    if accounts.age_ms(role) < late.role_unknown_to_kms_ms:
        raise InvalidParameterValueException(
            "Lambda was unable to configure access to your environment variables because the KMS "
            "key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: "
            f"InvalidArnException KMS Message: ARN does not refer to a valid principal: {role_arn}"
        )


# --- invoking ---------------------------------------------------------------------------


def invoke(
    function: LambdaFunction, payload: str, attempt: int = 1, request_id: str | None = None
) -> Invocation:
    """Runs the function now and waits for the outcome."""
    invocation = Invocation(payload)
    if request_id:
        invocation.request_id = request_id
    if _can_decrypt(function):
        _fleet(function).run(invocation)
    else:
        failure = {"errorType": "KMSAccessDeniedException", "errorMessage": KmsAccessDenied.text}
        invocation.finish(json.dumps(failure), "KMSAccessDeniedException")
    _history.append(
        {
            "function_arn": function.function_arn,
            "request_id": invocation.request_id,
            "ok": invocation.error is None,
            "error": invocation.error,
            "duration_ms": round(invocation.duration_ms, 3),
            "attempt": attempt,
            "at_ms": int(time.time() * 1000),
            "payload": payload,
            "response": invocation.response,
            "log": invocation.log,
        }
    )
    del _history[:-_HISTORY]
    # Output that follows the response closely belongs to this invocation too.
    invocations.after(0.05, _write_log, function, invocation)
    return invocation


def invoke_later(function: LambdaFunction, payload: str) -> None:
    """Takes an asynchronous event, as EventBridge and SNS send them."""
    invocations.submit(_invoke_async, function.function_arn, payload, 1, str(uuid.uuid4()))


def _invoke_async(arn: str, payload: str, attempt: int, request_id: str) -> None:
    with lock:
        function = find(arn)
        if function is None:
            return
        config = _event_config(function)
    if function.reserved_concurrency == 0:
        _give_up(function, config, payload, None, request_id, attempt - 1)
        return
    invocation = invoke(function, payload, attempt, request_id)
    if invocation.error is None:
        return
    if attempt <= int(config.get("MaximumRetryAttempts", 2)):
        pause = late.async_retry_ms / 1000 * attempt
        invocations.after(pause, _invoke_async, arn, payload, attempt + 1, request_id)
        return
    _give_up(function, config, payload, invocation, request_id, attempt)


def _event_config(function: LambdaFunction) -> dict[str, Any]:
    configs = function.event_invoke_config
    return dict(configs[-1].config) if configs else {}


def _give_up(
    function: LambdaFunction,
    config: dict[str, Any],
    payload: str,
    invocation: Invocation | None,
    request_id: str,
    attempts: int,
) -> None:
    destination = (config.get("DestinationConfig") or {}).get("OnFailure") or {}
    if destination.get("Destination"):
        record = _failure_record(function, payload, invocation, request_id, attempts)
        _send_as_function(function, destination["Destination"], json.dumps(record), {})
    dead_letter = (function.__dict__.get("dead_letter_config") or {}).get("TargetArn")
    if dead_letter:
        outcome = _json_or_text(invocation.response) if invocation else "Throttled"
        message = outcome.get("errorMessage") if isinstance(outcome, dict) else outcome
        attributes = {
            "RequestID": request_id,
            "ErrorCode": "200" if invocation else "429",
            "ErrorMessage": str(message),
        }
        _send_as_function(function, dead_letter, payload, attributes)


def _failure_record(
    function: LambdaFunction,
    payload: str,
    invocation: Invocation | None,
    request_id: str,
    attempts: int,
) -> dict[str, Any]:
    record = {
        "version": "1.0",
        "timestamp": iso_8601_datetime_with_milliseconds(),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": "RetriesExhausted" if invocation else "ZeroReservedConcurrency",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(payload),
    }
    if invocation:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
        record["responsePayload"] = _json_or_text(invocation.response)
    return record


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _send_as_function(
    function: LambdaFunction, arn: str, body: str, attributes: dict[str, str]
) -> None:
    with lock:
        if ":sqs:" in arn and role_may(function, "sqs:SendMessage", arn):
            queues.send_as_role(function.role, arn, body, attributes=attributes)
        elif ":sns:" in arn and role_may(function, "sns:Publish", arn):
            topics.publish(arn, body)


def _write_log(function: LambdaFunction, invocation: Invocation) -> None:
    group = log_group(function)
    partition = get_partition(function.region)
    arn = f"arn:{partition}:logs:{function.region}:{function.account_id}:log-group:{group}"
    with lock:
        backend = logs_backends[function.account_id][function.region]
        if group not in backend.groups:
            if not role_may(function, "logs:CreateLogGroup", arn):
                return
            backend.create_log_group(group, {})
        if not role_may(function, "logs:PutLogEvents", f"{arn}:log-stream:lab"):
            return
        stream = f"{time.strftime('%Y/%m/%d')}/[$LATEST]lab"
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        lines = [
            f"START RequestId: {invocation.request_id} Version: $LATEST",
            *invocation.log,
            f"END RequestId: {invocation.request_id}",
            f"REPORT RequestId: {invocation.request_id}\tDuration: {invocation.duration_ms:.2f} ms",
        ]
        now = int(unix_time_millis())
        backend.put_log_events(group, stream, [{"timestamp": now, "message": x} for x in lines])


def _api_invoke(self: LambdaResponse) -> TYPE_RESPONSE:
    name = self.path.rsplit("/", 2)[-2].replace("%3A", ":").replace("%24", "$")
    kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
    with lock:
        function = self.backend.get_function(name, self._get_param("Qualifier"))
        if is_pending(function):
            raise Conflict(
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending"
            )
    payload = self.body or "{}"
    headers: dict[str, Any] = {"x-amz-executed-version": "$LATEST"}
    if kind == "DryRun":
        return 204, headers | {"status": 204}, ""
    if kind == "Event":
        invoke_later(function, payload)
        return 202, headers | {"status": 202}, ""
    if function.reserved_concurrency == 0:
        raise Throttled()
    if not _can_decrypt(function):
        raise KmsAccessDenied()
    invocation = invoke(function, payload)
    if invocation.error:
        headers["x-amz-function-error"] = "Unhandled"
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        log = "\n".join(invocation.log).encode()[-4096:]
        headers["x-amz-log-result"] = base64.b64encode(log).decode()
    return 200, headers | {"content-type": "application/json"}, invocation.response


def _function_invoke(
    self: LambdaFunction, body: str, request_headers: Any, response_headers: Any
) -> str:
    # SNS, DynamoDB streams and log subscriptions of the emulator come this way.
    invoke_later(self, body)
    return ""


# --- creating and updating --------------------------------------------------------------


def _init(self: LambdaFunction, *args: Any, **kwargs: Any) -> None:
    _moto_init(self, *args, **kwargs)
    spec = kwargs.get("spec") or args[1]
    self.__dict__["logging_config"] = spec.get("LoggingConfig")
    self.__dict__["dead_letter_config"] = spec.get("DeadLetterConfig")
    self.__dict__["revision_id"] = str(uuid.uuid4())
    _grant(self)


def _get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
    config = _moto_get_configuration(self, on_create)
    logging = self.__dict__.get("logging_config") or {}
    config["LoggingConfig"] = {"LogFormat": "Text", **logging, "LogGroup": log_group(self)}
    config["RevisionId"] = self.__dict__.get("revision_id")
    dead_letter = self.__dict__.get("dead_letter_config")
    if dead_letter and dead_letter.get("TargetArn"):
        config["DeadLetterConfig"] = dead_letter
    if is_pending(self):
        config["State"] = "Pending"
        config["StateReason"] = "The function is being created."
        config["StateReasonCode"] = "Creating"
    if _is_updating(self):
        config["LastUpdateStatus"] = "InProgress"
        config["LastUpdateStatusReason"] = "The function is being created."
        config["LastUpdateStatusReasonCode"] = "Creating"
    return {key: value for key, value in config.items() if value is not None}


def _check_environment(spec: dict[str, Any]) -> None:
    variables = (spec.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(name for name in variables if name in _RESERVED)
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    # What counts is the whole map as JSON, with what that escapes
    # (github-aws-runners/terraform-aws-github-runner#3594).
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _ENVIRONMENT_LIMIT:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )


def _check_role(arn: str) -> None:
    role = accounts.role_by_arn(arn)
    if role is None or not accounts.role_trusts(role, "lambda.amazonaws.com", {}):
        raise InvalidParameterValueException(
            "The role defined for the function cannot be assumed by Lambda."
        )


def _check_dead_letter(role_arn: str, config: dict[str, Any] | None) -> None:
    target = (config or {}).get("TargetArn")
    if target:
        _check_destination(role_arn, target)


def _check_destination(role_arn: str, target: str) -> None:
    action = "sqs:SendMessage" if ":sqs:" in target else "sns:Publish"
    role = accounts.role_by_arn(role_arn)
    if role is None or not accounts.role_may(role, action, target, {}):
        service, _, call = action.partition(":")
        raise InvalidParameterValueException(
            "The provided execution role does not have permissions to call "
            f"{call} on {service.upper()}"
        )


def _create_function(self: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:
    _check_environment(spec)
    _check_role(spec["Role"])
    _check_grantable(spec["Role"], spec.get("Environment"))
    _check_dead_letter(spec["Role"], spec.get("DeadLetterConfig"))
    function = _moto_create_function(self, spec)
    function.__dict__["active_at"] = time.monotonic() + late.lambda_pending_ms / 1000
    return function


def _check_updatable(function: LambdaFunction) -> None:
    if is_pending(function):
        raise Conflict(
            "The operation cannot be performed at this time. "
            "The function is currently in the following state: Pending"
        )
    if _is_updating(function):
        raise Conflict(
            "The operation cannot be performed at this time. "
            f"An update is in progress for resource: {function.function_arn}"
        )


def _now() -> str:
    """As Lambda writes it: `YYYY-MM-DDThh:mm:ss.sTZD` (API Reference, FunctionConfiguration)."""
    now = utcnow()
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}+0000"


def _touch(function: LambdaFunction) -> None:
    function.__dict__["updated_at"] = time.monotonic() + late.lambda_update_ms / 1000
    function.__dict__["revision_id"] = str(uuid.uuid4())
    function.last_modified = _now()
    _retire(function.function_arn)


def _update_code(
    self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> dict[str, Any]:
    function = self.get_function(function_name, qualifier)
    _check_updatable(function)
    if body.get("Architectures"):
        function.architectures = body["Architectures"]
    function.update_function_code(body)
    if not body.get("DryRun"):
        _touch(function)
    return function.get_configuration()


# Lambda hands out a presigned address of S3, for ten minutes (Lambda API Reference, GetFunction).
CODE_PATH = "/lab/code/"
_code_addresses: dict[str, str] = {}


def code_at(path: str) -> bytes | None:
    """The deployment package at an address that GetFunction gave."""
    arn = _code_addresses.get(path.removeprefix(CODE_PATH))
    function = find(arn) if arn else None
    return function.code_bytes if function else None


def _code_address(function: LambdaFunction) -> str:
    key = uuid.uuid4().hex
    _code_addresses[key] = function.function_arn
    return f"{endpoint}{CODE_PATH}{key}?X-Amz-Expires=600&X-Amz-Signature={uuid.uuid4().hex}"


def _get_code(self: LambdaFunction) -> dict[str, Any]:
    answer = _moto_get_code(self)
    answer["Code"] = {"RepositoryType": "S3", "Location": _code_address(self)}
    if self.reserved_concurrency is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": int(self.reserved_concurrency)}
    return answer


def _update_configuration(
    self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> dict[str, Any]:
    function = self.get_function(function_name, qualifier)
    _check_updatable(function)
    _check_environment(body)
    role = body.get("Role") or function.role
    if body.get("Role"):
        _check_role(role)
        _check_grantable(role, body.get("Environment"))
    _check_dead_letter(role, body.get("DeadLetterConfig"))
    for name, attribute in (
        ("LoggingConfig", "logging_config"),
        ("DeadLetterConfig", "dead_letter_config"),
    ):
        if name in body:
            function.__dict__[attribute] = body[name]
    if "TracingConfig" in body:
        function.tracing_config = body["TracingConfig"]
    if "KMSKeyArn" in body:
        function.kms_key_arn = body["KMSKeyArn"] or None
    if "Environment" in body:
        body["Environment"].setdefault("Variables", {})
    function.update_configuration(body)
    if body.get("Role"):
        _grant(function)
    _touch(function)
    return function.get_configuration()


def _delete_function(self: LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
    arn = self.get_function(function_name, None).function_arn
    _moto_delete_function(self, function_name, qualifier)
    _retire(arn)


def _put_event_config(
    self: LambdaBackend, function_name: str, config: dict[str, Any]
) -> dict[str, Any]:
    function = self.get_function(function_name)
    destination = (config.get("DestinationConfig") or {}).get("OnFailure") or {}
    if destination.get("Destination"):
        _check_destination(function.role, destination["Destination"])
    # In seconds since 1970 here, and not as in a function's configuration.
    wanted = EventInvokeConfig(function.function_arn, int(time.time()), config)
    function.event_invoke_config[:] = [wanted]
    return wanted.response()


def _update_event_config(
    self: LambdaBackend, function_name: str, config: dict[str, Any]
) -> dict[str, Any]:
    function = self.get_function(function_name)
    return _put_event_config(self, function_name, _event_config(function) | config)


def _add_permission(
    self: LambdaBackend, function_name: str, qualifier: str, raw: str
) -> dict[str, Any]:
    function = self.get_function(function_name, qualifier)
    sid = json.loads(raw).get("StatementId")
    if any(statement.get("Sid") == sid for statement in function.policy.statements):
        raise Conflict(
            f"The statement id ({sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    statement = _moto_add_permission(self, function_name, qualifier, raw)
    statement["Resource"] = statement["Resource"].removesuffix(":")
    _add_url_conditions(statement)
    return statement


def _add_url_conditions(statement: dict[str, Any]) -> None:
    """moto leaves the request's own fields in the statement."""
    condition = statement.get("Condition") or {}
    auth_type = statement.pop("FunctionUrlAuthType", None)
    if auth_type:
        condition["StringEquals"] = condition.get("StringEquals", {}) | {
            "lambda:FunctionUrlAuthType": auth_type
        }
    if statement.pop("InvokedViaFunctionUrl", None):
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    if condition:
        statement["Condition"] = condition


_moto_init = LambdaFunction.__init__
_moto_get_configuration = LambdaFunction.get_configuration
_moto_get_code = LambdaFunction.get_code
_moto_create_function = LambdaBackend.create_function
_moto_delete_function = LambdaBackend.delete_function
_moto_add_permission = LambdaBackend.add_permission


def install() -> None:
    """Takes the place of moto's own functions."""
    models.iso_8601_datetime_with_nanoseconds = _now
    LambdaFunction.__init__ = _init
    LambdaFunction.get_configuration = _get_configuration
    LambdaFunction.get_code = _get_code
    LambdaFunction.invoke = _function_invoke
    LambdaResponse.invoke = _api_invoke
    LambdaBackend.create_function = _create_function
    LambdaBackend.update_function_code = _update_code
    LambdaBackend.update_function_configuration = _update_configuration
    LambdaBackend.delete_function = _delete_function
    LambdaBackend.put_function_event_invoke_config = _put_event_config
    LambdaBackend.update_function_event_invoke_config = _update_event_config
    LambdaBackend.add_permission = _add_permission
