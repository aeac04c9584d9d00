"""SQS: safe under many threads, remembers deleted names, asks queue policies and keys, sizes, redrives."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from moto.sqs.exceptions import (
    InvalidParameterValue,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
    SQSException,
)
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends
from moto.utilities.utils import get_partition

from . import keys, policies
from .state import arrivals, late

_deleted_at: dict[str, float] = {}
_REDRIVE_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
_MOST_SOURCES = 10
_ONE_ENCRYPTION = (
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE "
    "or SQS SSE."
)


class QueueDeletedRecently(SQSException):
    """The name of a queue deleted within the last minute."""

    def __init__(self) -> None:
        super().__init__(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another "
            "with the same name.",
        )


def find(arn: str) -> Queue | None:
    """The queue an ARN names."""
    parts = arn.split(":")
    return sqs_backends[parts[4]][parts[3]].queues.get(parts[5])


def permits(
    queue: Queue, service: str, context: policies.Context, action: str = "sqs:SendMessage"
) -> bool:
    """Whether the queue's policy allows a service an action."""
    principal = policies.Principal(service=service)
    return policies.allows(queue.policy, action, queue.queue_arn, context, principal)


def send(
    arn: str, body: str, attributes: dict[str, str] | None = None, group: str | None = None
) -> None:
    """Puts a message on a queue, without asking anybody."""
    parts = arn.split(":")
    values = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (attributes or {}).items()
    }
    sqs_backends[parts[4]][parts[3]].send_message(
        parts[5], body, message_attributes=values, group_id=group
    )


def send_as_service(
    service: str,
    arn: str,
    body: str,
    context: policies.Context,
    attributes: dict[str, str] | None = None,
    group: str | None = None,
) -> str | None:
    """Puts a message on a queue if its policy lets the service; else says why not."""
    queue = find(arn)
    if queue is None:
        return "NO_RESOURCE"
    if not permits(queue, service, context):
        return "NO_PERMISSIONS"
    if not keys.serves(key_of(queue), queue.account_id, queue.region, service, context):
        return "NO_PERMISSIONS"
    return _sent(arn, body, attributes, group)


def send_as_role(
    role_arn: str,
    arn: str,
    body: str,
    group: str | None = None,
    attributes: dict[str, str] | None = None,
) -> str | None:
    """Puts a message on a queue as a role that may; else says why not."""
    queue = find(arn)
    if queue is None:
        return "NO_RESOURCE"
    if not keys.serves_role(key_of(queue), queue.account_id, queue.region, role_arn, "sqs"):
        return "NO_PERMISSIONS"
    return _sent(arn, body, attributes, group)


def _sent(
    arn: str, body: str, attributes: dict[str, str] | None, group: str | None
) -> str | None:
    try:
        send(arn, body, attributes, group)
    except SQSException as error:
        # It is larger than the queue takes.
        return str(getattr(error, "code", None) or "InvalidParameterValue")
    return None


def key_of(queue: Queue) -> str | None:
    """The KMS key that the queue is encrypted with."""
    return queue.kms_master_key_id or None


def _guard(queue: Queue) -> threading.RLock:
    return queue.__dict__.setdefault("guard", threading.RLock())


def _handles(queue: Queue) -> dict[str, Message]:
    return queue.__dict__.setdefault("handles", {})


def _messages(self: Queue) -> list[Message]:
    now = time.time() * 1000
    with _guard(self):
        return [m for m in self._messages if now > m.visible_at and now >= m.delayed_until]


def _count_invisible(self: Queue) -> int:
    """moto looks at the clock for each message that is there, whenever one is sent."""
    now = time.time() * 1000
    return sum(now <= message.visible_at for message in self._messages)


def _count_delayed(self: Queue) -> int:
    now = time.time() * 1000
    return sum(now < message.delayed_until for message in self._messages)


def _add_message(self: Queue, message: Message) -> None:
    # moto would also run the functions mapped to the queue here, in the sender's call.
    mappings, self.lambda_event_source_mappings = self.lambda_event_source_mappings, {}
    try:
        with _guard(self):
            _moto_add_message(self, message)
    finally:
        self.lambda_event_source_mappings = mappings
    arrivals.ring()


def _delete_message(self: Queue, receipt_handle: str) -> None:
    with _guard(self):
        if receipt_handle in self.deleted_messages:
            return
        message = _handles(self).pop(receipt_handle, None)
        if message is None:
            raise ReceiptHandleIsInvalid()
        self.deleted_messages.add(receipt_handle)
        self._pending_messages.discard(message)
        if message in self._messages:
            self._messages.remove(message)


def _receive_message(
    self: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Message]:
    until = time.monotonic() + int(wait_seconds_timeout or 0)
    while True:
        queue = self.get_queue(queue_name)
        with _guard(queue), _without_forbidden_redrive(queue):
            found = _moto_receive_message(
                self, queue_name, count, 0, visibility_timeout, message_attribute_names
            )
            if found:
                taken = {message.id: message for message in queue._pending_messages}
                for message in found:
                    _handles(queue)[str(message.receipt_handle)] = taken[message.id]
        remaining = until - time.monotonic()
        if found or remaining <= 0:
            return found
        with queue._messages_lock:
            queue._messages_lock.wait(min(remaining, 0.2))


@contextlib.contextmanager
def _without_forbidden_redrive(queue: Queue) -> Iterator[None]:
    """What the dead-letter queue does not let in stays where it is."""
    target = queue.dead_letter_queue
    if target is None or _lets_redrive(target, queue.queue_arn):
        yield
        return
    queue.dead_letter_queue = None
    try:
        yield
    finally:
        queue.dead_letter_queue = target


def _change_visibility(
    self: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: int
) -> None:
    with _guard(self.get_queue(queue_name)):
        _moto_change_visibility(self, queue_name, receipt_handle, visibility_timeout)


def _create_queue(self: SQSBackend, name: str, tags: Any = None, **kwargs: Any) -> Queue:
    arn = f"arn:{get_partition(self.region_name)}:sqs:{self.region_name}:{self.account_id}:{name}"
    age_ms = (time.monotonic() - _deleted_at.get(arn, -1e9)) * 1000
    if name not in self.queues and age_ms < late.queue_name_reuse_ms:
        raise QueueDeletedRecently()
    if kwargs.get("KmsMasterKeyId") and str(kwargs.get("SqsManagedSseEnabled")).lower() == "true":
        raise InvalidAttributeValue(_ONE_ENCRYPTION)
    return _moto_create_queue(self, name, tags, **kwargs)


def _delete_queue(self: SQSBackend, queue_name: str) -> None:
    queue = self.queues.get(queue_name)
    if queue is None:
        raise QueueDoesNotExist()
    _deleted_at[queue.queue_arn] = time.monotonic()
    _moto_delete_queue(self, queue_name)


def peek(account: str, region: str, name: str) -> list[dict[str, Any]]:
    """The messages of a queue, without receiving them."""
    queue = sqs_backends[account][region].get_queue(name)
    with _guard(queue):
        return [
            {
                "body": message.body,
                "attributes": {
                    key: value.get("StringValue")
                    for key, value in message.message_attributes.items()
                },
                "receive_count": message.approximate_receive_count,
                "visible": message.visible and not message.delayed,
            }
            for message in queue._messages
        ]


def age(account: str, region: str, name: str, seconds: int) -> int:
    """Time passes for the messages of a queue, and nothing else; how many there are."""
    queue = sqs_backends[account][region].get_queue(name)
    with _guard(queue):
        for message in queue._messages:
            message.sent_timestamp = int(message.sent_timestamp or 0) - seconds * 1000
        return len(queue._messages)


def message_attributes(message: Message, queue: Queue) -> dict[str, Any]:
    """One message as an event source mapping hands it to a function."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(int(message.sent_timestamp or 0)),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(
                message.approximate_first_receive_timestamp or 0
            ),
        },
        "messageAttributes": {
            key: {
                "dataType": value["DataType"],
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
            }
            for key, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


_moto_add_message = Queue.add_message
_moto_receive_message = SQSBackend.receive_message
_moto_change_visibility = SQSBackend.change_message_visibility
_moto_create_queue = SQSBackend.create_queue
_moto_delete_queue = SQSBackend.delete_queue


class InvalidAttributeValue(SQSException):
    """InvalidAttributeValue, with words of its own."""

    def __init__(self, message: str):
        super().__init__("InvalidAttributeValue", message)


# --- attributes -------------------------------------------------------------------------


def _set_queue_attributes(
    self: SQSBackend, queue_name: str, attributes: dict[str, Any]
) -> Queue:
    """moto drops the policy when the request sets other attributes."""
    queue = self.get_queue(queue_name)
    _check_size(attributes)
    return _moto_set_queue_attributes(self, queue_name, {"Policy": queue.policy, **attributes})


def _check_size(attributes: dict[str, Any]) -> None:
    """moto looks at it when a queue is made only."""
    size = attributes.get("MaximumMessageSize")
    if size is not None and not 1024 <= int(size) <= 1_048_576:
        raise InvalidAttributeValue("Invalid value for the parameter MaximumMessageSize.")


def _set_attributes(self: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    attributes = dict(attributes)
    _choose_encryption(self, attributes)
    allowed = attributes.get("RedriveAllowPolicy")
    if allowed:
        attributes["RedriveAllowPolicy"] = _redrive_permission(allowed)
    if attributes.get("RedrivePolicy"):
        _check_redrive(self, attributes["RedrivePolicy"])
    _moto_set_attributes(self, attributes, now)


def _choose_encryption(queue: Queue, attributes: dict[str, Any]) -> None:
    """One kind at a time: setting one ends the other (SQS API, SetQueueAttributes)."""
    key, managed = attributes.get("KmsMasterKeyId"), attributes.get("SqsManagedSseEnabled")
    is_managed = str(managed).lower() == "true"
    is_new = "created_timestamp" in queue.__dict__ and "kms_master_key_id" not in queue.__dict__
    if key and is_managed and not is_new:
        raise InvalidAttributeValue(_ONE_ENCRYPTION)
    if key:
        attributes["SqsManagedSseEnabled"] = False
    elif is_managed:
        attributes["KmsMasterKeyId"] = None


def _redrive_permission(given: Any) -> dict[str, Any]:
    """Which queues may have this one as their dead-letter queue (SQS API, RedriveAllowPolicy)."""
    try:
        policy = json.loads(given) if isinstance(given, str) else dict(given)
        permission, sources = policy["redrivePermission"], policy.get("sourceQueueArns")
    except (ValueError, KeyError, TypeError):
        raise InvalidAttributeValue(
            "Invalid value for the parameter RedriveAllowPolicy."
        ) from None
    fine = permission in _REDRIVE_PERMISSIONS and (permission == "byQueue") == bool(sources)
    if not fine or len(sources or []) > _MOST_SOURCES:
        raise InvalidAttributeValue("Invalid value for the parameter RedriveAllowPolicy.")
    return policy


def _lets_redrive(target: Queue, source_arn: str) -> bool:
    policy = target.__dict__.get("redrive_allow_policy") or {}
    permission = policy.get("redrivePermission", "allowAll")
    if permission == "byQueue":
        return source_arn in policy["sourceQueueArns"]
    return bool(permission == "allowAll")


def _check_redrive(queue: Queue, given: Any) -> None:
    try:
        policy = json.loads(given) if isinstance(given, str) else given
        target = find(policy["deadLetterTargetArn"])
    except (ValueError, KeyError, TypeError, IndexError):
        # moto says what is wrong with it.
        return
    if target is not None and not _lets_redrive(target, queue.queue_arn):
        raise InvalidParameterValue(
            f"Value {json.dumps(policy)} for parameter RedrivePolicy is invalid. Reason: Source "
            "queue is not allowed by the dead letter queue's RedriveAllowPolicy."
        )


def _validate_message(
    self: SQSBackend, queue: Queue, message_body: str, *args: Any, **kwargs: Any
) -> None:
    """moto counts characters; SQS counts bytes."""
    size = len(message_body.encode())
    if size > int(queue.maximum_message_size):
        raise InvalidParameterValue(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.maximum_message_size} bytes."
        )
    _moto_validate_message(self, queue, message_body, *args, **kwargs)


def _attributes(self: Queue) -> dict[str, Any]:
    """Without spaces, as SQS returns it: Terraform compares the text."""
    attributes: dict[str, Any] = _moto_attributes.fget(self)
    if self.redrive_policy:
        compact = json.dumps(self.redrive_policy, separators=(",", ":"))
        attributes["RedrivePolicy"] = compact
    allowed = self.__dict__.get("redrive_allow_policy")
    if allowed:
        attributes["RedriveAllowPolicy"] = json.dumps(allowed, separators=(",", ":"))
    return attributes


_moto_attributes = Queue.attributes
_moto_set_queue_attributes = SQSBackend.set_queue_attributes
_moto_set_attributes = Queue._set_attributes
_moto_validate_message = SQSBackend._validate_message


def install() -> None:
    """Takes the place of moto's own functions."""
    Queue.messages = property(_messages)
    Queue.approximate_number_of_messages_not_visible = property(_count_invisible)
    Queue.approximate_number_of_messages_delayed = property(_count_delayed)
    Queue.attributes = property(_attributes)
    Queue._set_attributes = _set_attributes
    Queue.add_message = _add_message
    Queue.delete_message = _delete_message
    SQSBackend._validate_message = _validate_message
    SQSBackend.set_queue_attributes = _set_queue_attributes
    SQSBackend.receive_message = _receive_message
    SQSBackend.change_message_visibility = _change_visibility
    SQSBackend.create_queue = _create_queue
    SQSBackend.delete_queue = _delete_queue
