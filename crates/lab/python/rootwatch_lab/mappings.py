"""Lambda event source mappings of SQS queues: polled in batches, with partial failures."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import (
    EventSourceMapping,
    LambdaBackend,
    LambdaFunction,
    lambda_backends,
)
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import TYPE_RESPONSE
from moto.sqs.models import Message, Queue, sqs_backends

from . import functions, keys, patterns, queues
from .state import activity, arrivals, each, late, lock, operations

_POLL_S = 0.05
# Where a queue is empty, who polls it is woken by what comes.
_EMPTY_S = 2.0
# Until a poller that is not needed looks whether it is.
_SPARE_S = 0.5
_RECEIVE_LIMIT = 10
# What polls one queue; AWS has five to begin with (Lambda guide, "Scaling with SQS").
_POLLERS = 2
_NEEDED = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")

_busy_lock = threading.Lock()
_busy: list[str] = []


class InUse(LambdaClientError):
    """ResourceInUseException."""

    def __init__(self) -> None:
        super().__init__(
            "ResourceInUseException",
            "Cannot update the event source mapping because it is currently in use.",
        )


class NotFound(LambdaClientError):
    """ResourceNotFoundException."""

    code = 404

    def __init__(self) -> None:
        super().__init__("ResourceNotFoundException", "The resource you requested does not exist.")


def idle() -> bool:
    """Whether no batch is with a function."""
    with _busy_lock:
        return not _busy


def _settle(mapping: EventSourceMapping, state: str) -> None:
    mapping.__dict__["passing"] = state
    mapping.__dict__["passes_at"] = time.monotonic() + late.mapping_ms / 1000


def state_of(mapping: EventSourceMapping) -> str:
    """Creating, Updating or Deleting for a while, then Enabled or Disabled."""
    if time.monotonic() < mapping.__dict__.get("passes_at", 0.0):
        return str(mapping.__dict__["passing"])
    return "Enabled" if mapping.enabled else "Disabled"


def _get_configuration(self: EventSourceMapping) -> dict[str, Any]:
    config = _moto_get_configuration(self)
    config["State"] = state_of(self)
    config["StateTransitionReason"] = "USER_INITIATED"
    config.setdefault("MaximumBatchingWindowInSeconds", 0)
    config.setdefault("FunctionResponseTypes", [])
    return config


def _create(self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    function = self.get_function(spec["FunctionName"])
    queue = queues.find(spec["EventSourceArn"]) if ":sqs:" in spec["EventSourceArn"] else None
    if queue is None:
        raise InvalidParameterValueException(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    _check(self, function, queue, spec)
    mapping = _moto_create(self, spec)
    queue.lambda_event_source_mappings.pop(mapping.function_arn, None)
    _settle(mapping, "Creating")
    _begin_to_poll(self, mapping)
    return mapping


def _check(
    backend: LambdaBackend, function: LambdaFunction, queue: Queue, spec: dict[str, Any]
) -> None:
    for call in _NEEDED:
        if not functions.role_may(function, f"sqs:{call}", queue.queue_arn):
            raise InvalidParameterValueException(
                f"The provided execution role does not have permissions to call {call} on SQS"
            )
    if int(queue.visibility_timeout) < int(function.timeout):
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than "
            f"Function timeout: {function.timeout} seconds"
        )
    if int(spec.get("BatchSize", 10)) > 10 and not spec.get("MaximumBatchingWindowInSeconds"):
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    for other in backend._event_source_mappings.values():
        if (other.event_source_arn, other.function_arn) == (
            queue.queue_arn,
            function.function_arn,
        ):
            raise functions.Conflict(
                f'An event source mapping with SQS arn (" {queue.queue_arn} ") and function '
                f'(" {function.function_name} ") already exists. Please update or delete the '
                f"existing mapping with UUID {other.uuid}"
            )


def _existing(backend: LambdaBackend, uuid: str) -> EventSourceMapping:
    mapping = backend._event_source_mappings.get(uuid)
    if mapping is None:
        raise NotFound()
    if state_of(mapping) not in ("Enabled", "Disabled"):
        raise InUse()
    return mapping


def _update(self: LambdaBackend, uuid: str, spec: dict[str, Any]) -> EventSourceMapping:
    mapping = _existing(self, uuid)
    _moto_update(self, uuid, spec)
    _settle(mapping, "Updating")
    return mapping


def _delete(self: LambdaBackend, uuid: str) -> EventSourceMapping:
    mapping = _existing(self, uuid)
    mapping.enabled = False
    _settle(mapping, "Deleting")
    # Until it is forgotten, which a busy machine may do late: it never comes back as disabled.
    mapping.__dict__["passes_at"] = float("inf")
    operations.after(late.mapping_ms / 1000, _forget, self, uuid)
    return mapping


def _forget(backend: LambdaBackend, uuid: str) -> None:
    backend._event_source_mappings.pop(uuid, None)


def _list(
    self: LambdaBackend, event_source_arn: str | None, function_name: str | None
) -> list[EventSourceMapping]:
    return [
        mapping
        for mapping in list(self._event_source_mappings.values())
        if event_source_arn in (None, mapping.event_source_arn)
        and (
            function_name is None
            or function_name in (mapping.function_arn, mapping.function_arn.split(":")[-1])
        )
    ]


def _api_get(self: LambdaResponse) -> TYPE_RESPONSE:
    mapping = self.backend.get_event_source_mapping(self.path.split("/")[-1])
    if mapping is None:
        raise NotFound()
    return 200, {}, json.dumps(mapping.get_configuration())


# --- polling ----------------------------------------------------------------------------


def begin() -> None:
    """Begins to poll for every mapping that there is, in a process without threads."""
    for _, _, backend in each(lambda_backends):
        for mapping in backend._event_source_mappings.values():
            _begin_to_poll(backend, mapping)


def _begin_to_poll(backend: LambdaBackend, mapping: EventSourceMapping) -> None:
    for number in range(_POLLERS):
        threading.Thread(target=_poll, args=(backend, mapping, number), daemon=True).start()


def _poll(backend: LambdaBackend, mapping: EventSourceMapping, number: int) -> None:
    while mapping.uuid in backend._event_source_mappings:
        if number >= late.batches_at_once:
            time.sleep(_SPARE_S)
            continue
        rings = arrivals.rings()
        with activity.of("mapping", looks=True):
            is_empty = _is_empty(mapping)
            busy = not is_empty and state_of(mapping) == "Enabled" and _try_to_poll(mapping)
        if is_empty:
            arrivals.wait(rings, _EMPTY_S)
        if not busy:
            # What comes at once is one batch.
            time.sleep(_POLL_S)


def _is_empty(mapping: EventSourceMapping) -> bool:
    queue = queues.find(mapping.event_source_arn)
    return queue is None or not queue._messages


def _try_to_poll(mapping: EventSourceMapping) -> bool:
    try:
        return _poll_once(mapping)
    except Exception:
        # The queue or the function is gone; it may come back under the same name.
        return False


def _poll_once(mapping: EventSourceMapping) -> bool:
    queue = queues.find(mapping.event_source_arn)
    function = functions.find(mapping.function_arn)
    if queue is None or not queue._messages:
        return False
    if function is None or functions.is_pending(function):
        return False
    # Throttled: what waits stays in the queue.
    if function.reserved_concurrency == 0:
        return False
    if not functions.role_may(function, "sqs:ReceiveMessage", queue.queue_arn):
        return False
    key = queues.key_of(queue)
    if not keys.serves_role(key, queue.account_id, queue.region, function.role, "sqs"):
        return False
    batch = _wanted(mapping, queue, _gather(mapping, queue))
    if not batch:
        return False
    with _busy_lock:
        _busy.append(mapping.uuid)
    try:
        _hand_over(mapping, queue, function, batch)
    finally:
        with _busy_lock:
            _busy.remove(mapping.uuid)
    return True


def _gather(mapping: EventSourceMapping, queue: Queue) -> list[Message]:
    window = int(mapping.max_batch_window or 0) * late.batching_window_percent / 100
    backend = sqs_backends[queue.account_id][queue.region]
    batch: list[Message] = []
    until: float | None = None
    while len(batch) < mapping.batch_size:
        count = min(_RECEIVE_LIMIT, mapping.batch_size - len(batch))
        found = backend.receive_message(
            queue.name, count, 0, int(queue.visibility_timeout), ["All"]
        )
        batch.extend(found)
        if until is None:
            if not found:
                return []
            until = time.monotonic() + window
        if time.monotonic() >= until and not found:
            break
        if not found:
            time.sleep(min(_POLL_S, max(0.0, until - time.monotonic())))
    return batch


def _wanted(mapping: EventSourceMapping, queue: Queue, batch: list[Message]) -> list[Message]:
    """What a filter takes; the rest is deleted (Lambda guide, "Filtering events with SQS")."""
    filters = [
        patterns.parse(given["Pattern"])
        for given in (mapping.filter_criteria or {}).get("Filters") or []
    ]
    if not filters:
        return batch
    kept = []
    for message in batch:
        record = queues.message_attributes(message, queue)
        with contextlib.suppress(ValueError):
            record["body"] = json.loads(record["body"])
        if any(patterns.matches(pattern, record) for pattern in filters):
            kept.append(message)
            continue
        with lock:
            backend = sqs_backends[queue.account_id][queue.region]
            backend.delete_message(queue.name, str(message.receipt_handle))
    return kept


def _hand_over(
    mapping: EventSourceMapping, queue: Queue, function: LambdaFunction, batch: list[Message]
) -> None:
    event = {"Records": [queues.message_attributes(message, queue) for message in batch]}
    invocation = functions.invoke(function, json.dumps(event))
    failed = _failed_ids(mapping, invocation.response) if invocation.error is None else None
    backend = sqs_backends[queue.account_id][queue.region]
    # What failed stays; it shows again when its visibility timeout ends.
    hidden = int(queue.visibility_timeout) * late.visibility_percent // 100
    for message in batch:
        handle = str(message.receipt_handle)
        with lock:
            if failed is not None and message.id not in failed:
                backend.delete_message(queue.name, handle)
            elif late.visibility_percent < 100:
                backend.change_message_visibility(queue.name, handle, hidden)


def _failed_ids(mapping: EventSourceMapping, response: str) -> set[str] | None:
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []):
        return set()
    try:
        failures = (json.loads(response or "null") or {}).get("batchItemFailures") or []
        ids = {failure["itemIdentifier"] for failure in failures}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None if None in ids or "" in ids else ids


_moto_get_configuration = EventSourceMapping.get_configuration
_moto_create = LambdaBackend.create_event_source_mapping
_moto_update = LambdaBackend.update_event_source_mapping


def install() -> None:
    """Takes the place of moto's own functions."""
    EventSourceMapping.get_configuration = _get_configuration
    LambdaBackend.create_event_source_mapping = _create
    LambdaBackend.update_event_source_mapping = _update
    LambdaBackend.delete_event_source_mapping = _delete
    LambdaBackend.list_event_source_mappings = _list
    LambdaResponse.get_event_source_mapping = _api_get
