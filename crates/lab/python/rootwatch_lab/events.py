"""EventBridge: who may put events, which rules match, what targets get."""

from __future__ import annotations

import collections
import copy
import dataclasses
import json
import time
import uuid
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import EventBus, EventPattern, EventsBackend, Rule, events_backends
from moto.events.responses import EventsHandler
from moto.utilities.utils import get_partition

from . import accounts, functions, keys, patterns, policies, queues, topics
from .faults import delivery_fault
from .state import deliveries, late, lock

_ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_DEFAULT_ATTEMPTS = 185
_POLICY_LIMIT = 10_240
_PATTERN_LIMIT = 2_048
_LONGEST_PAUSE_S = 2.0

Envelope = dict[str, Any]
Place = tuple[str, str, str, str]

# When and at which rule (account, region, bus, name) a target was given up.
failed_invocations: collections.deque[tuple[float, Place]] = collections.deque(maxlen=10_000)
# When and at which rule a target was invoked, successfully or not.
invocations: collections.deque[tuple[float, Place]] = collections.deque(maxlen=10_000)
# When and which rule matched an event.
triggered_rules: collections.deque[tuple[float, Place]] = collections.deque(maxlen=10_000)


@dataclasses.dataclass
class Undelivered(Exception):
    """Why a target did not take an event."""

    code: str
    message: str
    retry: bool = False


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One event on its way to one target."""

    rule: Rule
    target: dict[str, Any]
    envelope: Envelope
    hopped: bool
    attempt: int = 0


class AccessDenied(JsonRESTError):
    """The JSON protocol's AccessDeniedException."""

    code = 400

    def __init__(self, message: str):
        super().__init__("AccessDeniedException", message)


# --- putting events ---------------------------------------------------------------------


def bus_of(arn_or_name: str, account: str, region: str) -> EventBus | None:
    """The bus that a name in this account, or an ARN, means."""
    name = arn_or_name
    if arn_or_name.startswith("arn:"):
        _, _, _, region, account, resource = arn_or_name.split(":", 5)
        name = resource.removeprefix("event-bus/")
    return events_backends[account][region].event_buses.get(name)


def may_put(bus: EventBus, account: str, arn: str | None, context: policies.Context) -> bool:
    """Whether the bus's policy lets the caller put an event."""
    keys = accounts.principal_context(account, arn) | context
    principal = policies.Principal(account=account, arn=arn)
    found = policies.decision(bus.policy, "events:PutEvents", bus.arn, keys, principal)
    if found == "Deny":
        return False
    return found == "Allow" or account == bus.account_id


def accept(bus: EventBus, envelope: Envelope, hopped: bool = False) -> None:
    """Lets an event onto a bus; its rules see it later."""
    if _can_be_kept(bus):
        deliveries.submit(_match, bus, envelope, hopped)
    elif (bus.dead_letter_config or {}).get("Arn"):
        deliveries.submit(_send_to_dead_letters_of_bus, bus, envelope)


def _can_be_kept(bus: EventBus) -> bool:
    """EventBridge encrypts what is on a bus with the bus's key (EventBridge guide, "Encryption of event buses")."""
    context = {"aws:SourceArn": bus.arn, "aws:SourceAccount": bus.account_id}
    return keys.serves(
        bus.kms_key_identifier, bus.account_id, bus.region, "events.amazonaws.com", context
    )


def _send_to_dead_letters_of_bus(bus: EventBus, envelope: Envelope) -> None:
    attributes = {
        "BUS_ARN": bus.arn,
        "ERROR_CODE": "KMS.AccessDeniedException",
        "ERROR_MESSAGE": "EventBridge may not use the key of the bus.",
    }
    context = {"aws:SourceArn": bus.arn, "aws:SourceAccount": bus.account_id}
    body = json.dumps(envelope)
    arn = bus.dead_letter_config["Arn"]
    queues.send_as_service("events.amazonaws.com", arn, body, context, attributes)


def _match(bus: EventBus, envelope: Envelope, hopped: bool) -> None:
    with lock:
        rules = [rule for rule in bus.rules.values() if fires(rule, envelope)]
    for rule in rules:
        triggered_rules.append((time.time(), _place(rule)))
        for target in list(rule.targets):
            deliveries.submit(_deliver, Delivery(rule, target, envelope, hopped))


def _place(rule: Rule) -> Place:
    return (rule.account_id, rule.region_name, rule.event_bus_name, rule.name)


def fires(rule: Rule, envelope: Envelope) -> bool:
    """Whether a rule is on, takes this kind of event and matches it."""
    if rule.state == "DISABLED" or not rule.event_pattern.get_pattern():
        return False
    if rule.state != _ALL_MANAGEMENT_EVENTS and _is_read_only_management_event(envelope):
        return False
    return patterns.matches(rule.event_pattern.get_pattern(), envelope)


def _is_read_only_management_event(envelope: Envelope) -> bool:
    detail = envelope["detail"]
    return (
        str(envelope["source"]).startswith("aws.")
        and str(envelope["detail-type"]).endswith("via CloudTrail")
        and isinstance(detail, dict)
        and str(detail.get("readOnly")).lower() == "true"
        and str(detail.get("managementEvent", True)).lower() == "true"
    )


def cloudtrail_record(account: str, region: str, detail_type: str, detail: dict[str, Any]) -> str:
    """Puts a CloudTrail record on the default bus; returns the event's id."""
    source = "aws." + str(detail.get("eventSource", "unknown")).split(".")[0]
    envelope = _envelope(source, detail_type, detail, account, region, [])
    envelope["time"] = detail.get("eventTime") or envelope["time"]
    accept(events_backends[account][region].event_buses["default"], envelope)
    return str(envelope["id"])


def send_scheduled(rule: Rule) -> None:
    """What a schedule sends to the targets of its rule (EventBridge guide, "Scheduled events")."""
    account, region = rule.account_id, rule.region_name
    envelope = _envelope("aws.events", "Scheduled Event", {}, account, region, [rule.arn])
    for target in list(rule.targets):
        deliveries.submit(_deliver, Delivery(rule, target, envelope, False))


def turn(seconds: int) -> None:
    """What was delivered is so much longer ago."""
    for found in (failed_invocations, invocations, triggered_rules):
        aged = [(at - seconds, place) for at, place in found]
        found.clear()
        found.extend(aged)


def _envelope(
    source: str, detail_type: str, detail: Any, account: str, region: str, resources: list[str]
) -> Envelope:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": _timestamp(),
        "region": region,
        "resources": resources,
        "detail": detail,
    }


def _timestamp(value: Any = None) -> str:
    if isinstance(value, str):
        return value
    moment = time.gmtime(float(value)) if value is not None else utcnow().timetuple()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)


def _put_entry(
    entry: dict[str, Any], account: str, region: str, by_service: bool
) -> dict[str, str]:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return _refused(
                "InvalidArgument",
                f"Parameter {name} is not valid. Reason: {name} is a required argument.",
            )
    if entry["Source"].startswith("aws.") and not by_service:
        return _refused("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return _refused("MalformedDetail", "Detail is malformed.")
    bus = bus_of(entry.get("EventBusName") or "default", account, region)
    envelope = _envelope(
        entry["Source"], entry["DetailType"], detail, account, region, entry.get("Resources") or []
    )
    envelope["time"] = _timestamp(entry.get("Time"))
    if bus:
        accept(bus, envelope, hopped=bus.account_id != account)
    return {"EventId": envelope["id"]}


def _refused(code: str, message: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _backend_put_events(self: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, str]]:
    # Other services of the emulator call this: they may use `aws.` sources.
    return [_put_entry(entry, self.account_id, self.region_name, True) for entry in events]


def _handler_put_events(self: EventsHandler) -> str:
    entries = self._get_param("Entries") or []
    if not 1 <= len(entries) <= 10:
        raise ValidationException(
            "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to "
            "satisfy constraint: Member must have length less than or equal to 10"
        )
    session = accounts.session_of(self.access_key)
    root = f"arn:{get_partition(self.region)}:iam::{self.current_account}:root"
    arn = session.arn if session else root
    for entry in entries:
        _authorize_put(entry, self.current_account, arn, self.region)
    results = [_put_entry(e, self.current_account, self.region, False) for e in entries]
    failed = sum("ErrorCode" in result for result in results)
    return json.dumps({"FailedEntryCount": failed, "Entries": results})


def _authorize_put(entry: dict[str, Any], account: str, arn: str, region: str) -> None:
    name = entry.get("EventBusName") or "default"
    bus = bus_of(name, account, region)
    if bus is None:
        if name.startswith("arn:") and f":{account}:" not in name:
            raise _put_denied(arn, name)
        raise ResourceNotFoundException(f"Event bus {name.split('/')[-1]} does not exist.")
    context = {
        "events:source": entry.get("Source"),
        "events:detail-type": entry.get("DetailType"),
        "events:eventBusInvocation": "false",
    }
    if not may_put(bus, account, arn, context):
        raise _put_denied(arn, bus.arn)


def _put_denied(caller: str, bus_arn: str) -> AccessDenied:
    return AccessDenied(
        f"User: {caller} is not authorized to perform: events:PutEvents on resource: {bus_arn} "
        "because no resource-based policy allows the events:PutEvents action"
    )


# --- delivering to targets --------------------------------------------------------------


def _deliver(delivery: Delivery) -> None:
    service = delivery.target["Arn"].split(":")[2]
    try:
        if _SENDERS.get(service) is None:
            raise Undelivered("SDK_CLIENT_ERROR", f"no delivery to {service}")
        _SENDERS[service](delivery)
        invocations.append((time.time(), _place(delivery.rule)))
    except Undelivered as failure:
        _after_failure(delivery, failure)


def _after_failure(delivery: Delivery, failure: Undelivered) -> None:
    policy = delivery.target.get("RetryPolicy") or {}
    allowed = policy.get("MaximumRetryAttempts", _DEFAULT_ATTEMPTS)
    if failure.retry and delivery.attempt < allowed:
        pause = late.target_retry_ms / 1000 * 2 ** min(delivery.attempt, 10)
        again = dataclasses.replace(delivery, attempt=delivery.attempt + 1)
        deliveries.after(min(pause, _LONGEST_PAUSE_S), _deliver, again)
        return
    for ends in (failed_invocations, invocations):
        ends.append((time.time(), _place(delivery.rule)))
    dead_letter_arn = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letter_arn:
        _send_dead_letter(delivery, failure, dead_letter_arn)


def _send_dead_letter(delivery: Delivery, failure: Undelivered, queue_arn: str) -> None:
    attributes = {
        "RULE_ARN": delivery.rule.arn,
        "TARGET_ARN": delivery.target["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message,
        "RETRY_ATTEMPTS": str(delivery.attempt),
    }
    if failure.retry:
        attributes["EXHAUSTED_RETRY_CONDITION"] = "MaximumRetryAttempts"
    queues.send_as_service(
        "events.amazonaws.com",
        queue_arn,
        json.dumps(delivery.envelope),
        _source(delivery.rule),
        attributes,
    )


def _source(rule: Rule) -> policies.Context:
    return {"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account_id}


def _payload(target: dict[str, Any], envelope: Envelope) -> str:
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(envelope, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(envelope)
    text = str(transformer["InputTemplate"]).replace(
        "<aws.events.event.json>", json.dumps(envelope)
    )
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        value = _at(envelope, path)
        quoted = value if isinstance(value, str) else json.dumps(value)
        text = text.replace(f"<{name}>", quoted)
    return text


def _at(envelope: Envelope, path: str) -> Any:
    value: Any = envelope
    for step in path.removeprefix("$").strip(".").split("."):
        value = value.get(step) if step and isinstance(value, dict) else value
    return value


def _send_to_bus(delivery: Delivery) -> None:
    rule, arn = delivery.rule, delivery.target["Arn"]
    _, _, _, region, account, _ = arn.split(":", 5)
    if delivery.hopped:
        hop = "ACCOUNT" if account != rule.account_id else "REGION"
        raise Undelivered(f"THIRD_{hop}_HOP_DETECTED", "An event is forwarded once only.")
    with lock:
        bus = bus_of(arn, account, region)
        role_arn = delivery.target.get("RoleArn")
        _check_role(rule, role_arn, arn)
        if bus is None or not may_put(
            bus,
            rule.account_id,
            role_arn,
            _source(rule)
            | {
                "events:source": delivery.envelope["source"],
                "events:detail-type": delivery.envelope["detail-type"],
                "events:eventBusInvocation": "true",
            },
        ):
            raise Undelivered("NO_PERMISSIONS", f"no permission to put events on {arn}")
    forwarded = copy.deepcopy(delivery.envelope)
    forwarded |= {"id": str(uuid.uuid4()), "time": _timestamp()}
    accept(bus, forwarded, hopped=True)


def _check_role(rule: Rule, role_arn: str | None, bus_arn: str) -> None:
    if role_arn is None:
        if f":{rule.account_id}:" in bus_arn:
            return
        raise Undelivered("NO_PERMISSIONS", "The target has no role.")
    role = accounts.role_by_arn(role_arn)
    if role is None or not accounts.role_trusts(role, "events.amazonaws.com", _source(rule)):
        raise Undelivered("NO_PERMISSIONS", f"{role_arn} cannot be assumed by EventBridge.")
    if not accounts.role_may(role, "events:PutEvents", bus_arn, {}):
        raise Undelivered("NO_PERMISSIONS", f"{role_arn} may not put events on {bus_arn}.")


def _check_role_may(delivery: Delivery, action: str) -> None:
    """A target's role, where it has one, is what EventBridge acts as."""
    arn, role_arn = delivery.target["Arn"], delivery.target["RoleArn"]
    role = accounts.role_by_arn(role_arn)
    context = _source(delivery.rule)
    if role is None or not accounts.role_trusts(role, "events.amazonaws.com", context):
        raise Undelivered("NO_PERMISSIONS", f"{role_arn} cannot be assumed by EventBridge.")
    if not accounts.role_may(role, action, arn, {}):
        raise Undelivered("NO_PERMISSIONS", f"{role_arn} does not allow {action} on {arn}.")


def _send_to_function(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    _, _, _, region, account, _ = arn.split(":", 5)
    code = delivery_fault("lambda", "Invoke", account, region)
    if code:
        raise Undelivered(code, "injected", retry=True)
    with lock:
        function = functions.find(arn)
        if function is None:
            raise Undelivered("NO_RESOURCE", f"{arn} does not exist")
        if delivery.target.get("RoleArn"):
            _check_role_may(delivery, "lambda:InvokeFunction")
        elif not functions.permits(function, "events.amazonaws.com", _source(delivery.rule)):
            raise Undelivered("NO_PERMISSIONS", f"{arn} does not let EventBridge invoke it")
        if functions.is_pending(function):
            raise Undelivered("ResourceConflictException", "The function is pending.", retry=True)
    functions.invoke_later(function, _payload(delivery.target, delivery.envelope))


def _send_to_queue(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    _, _, _, region, account, _ = arn.split(":", 5)
    code = delivery_fault("sqs", "SendMessage", account, region)
    if code:
        raise Undelivered(code, "injected", retry=True)
    group = (delivery.target.get("SqsParameters") or {}).get("MessageGroupId")
    body = _payload(delivery.target, delivery.envelope)
    role_arn = delivery.target.get("RoleArn")
    if role_arn:
        _check_role_may(delivery, "sqs:SendMessage")
        refusal = queues.send_as_role(role_arn, arn, body, group)
    else:
        refusal = queues.send_as_service(
            "events.amazonaws.com", arn, body, _source(delivery.rule), group=group
        )
    if refusal:
        raise Undelivered(refusal, f"{arn} did not take the message")


def _send_to_topic(delivery: Delivery) -> None:
    body = _payload(delivery.target, delivery.envelope)
    arn = delivery.target["Arn"]
    if delivery.target.get("RoleArn"):
        _check_role_may(delivery, "sns:Publish")
        topics.publish(arn, body)
        return
    if not topics.publish_as_service("events.amazonaws.com", arn, body, _source(delivery.rule)):
        raise Undelivered("NO_PERMISSIONS", f"{arn} did not take the message")


def _send_to_log_group(delivery: Delivery) -> None:
    group = delivery.target["Arn"].split(":log-group:")[1].removesuffix(":*")
    with lock:
        delivery.rule._send_to_cw_log_group(group, dict(delivery.envelope, time=time.time()))


_SENDERS = {
    "events": _send_to_bus,
    "lambda": _send_to_function,
    "sqs": _send_to_queue,
    "sns": _send_to_topic,
    "logs": _send_to_log_group,
}


def _send_to_targets(self: Rule, original_event: Envelope, transform_input: bool = True) -> None:
    # Archives' replays and other services of the emulator come this way.
    if fires(self, original_event):
        for target in list(self.targets):
            deliveries.submit(_deliver, Delivery(self, target, dict(original_event), False))


# --- rules, targets and bus policies ----------------------------------------------------


def _load_pattern(cls: type[EventPattern], raw: str | None) -> EventPattern:
    if raw and len(raw) > _PATTERN_LIMIT:
        raise JsonRESTError(
            "LimitExceededException",
            f"Event pattern is longer than the limit of {_PATTERN_LIMIT} characters.",
        )
    return cls(raw, patterns.parse(raw) if raw else {})


def _test_event_pattern(self: EventsHandler) -> str:
    pattern = patterns.parse(self._get_param("EventPattern"))
    return json.dumps({"Result": patterns.matches(pattern, json.loads(self._get_param("Event")))})


def _check_target(backend: EventsBackend, rule: Rule, target: dict[str, Any]) -> None:
    if ":event-bus/" not in target["Arn"]:
        return
    for name in ("RetryPolicy", "Input", "InputPath", "InputTransformer"):
        if target.get(name):
            raise ValidationException(
                f"Parameter {name} is not supported for target {target['Id']}: "
                "the target is an event bus."
            )
    own_bus = backend.event_buses[rule.event_bus_name]
    if target["Arn"] == own_bus.arn:
        raise ValidationException("A rule cannot have its own event bus as a target.")
    _, _, _, region, account, _ = target["Arn"].split(":", 5)
    elsewhere = (account, region) != (rule.account_id, rule.region_name)
    if not elsewhere:
        return
    if not target.get("RoleArn"):
        raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    bus = bus_of(target["Arn"], account, region)
    # No page says which keys this check has: it may have none, or those of a call that carries no
    # event.
    looks: tuple[policies.Context, ...] = ({}, {"events:eventBusInvocation": "false"})
    role = target["RoleArn"]
    if bus is None or not all(may_put(bus, rule.account_id, role, look) for look in looks):
        raise AccessDenied(
            f"EventBus {target['Arn']} does not allow account {rule.account_id} to put events."
        )


def _put_targets(
    self: EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
) -> None:
    rule = self.describe_rule(name, event_bus_arn)
    for target in targets:
        _check_target(self, rule, target)
    ids = {t["Id"] for t in rule.targets} | {t["Id"] for t in targets}
    if len(ids) > 5:
        raise JsonRESTError(
            "LimitExceededException", "The requested resource exceeds the maximum number allowed."
        )
    _moto_put_targets(self, name, event_bus_arn, targets)


def _handler_put_targets(self: EventsHandler) -> Any:
    bus_name = self._get_param("EventBusName")
    rule = self.events_backend.describe_rule(self._get_param("Rule"), bus_name)
    for target in self._get_param("Targets") or []:
        role_arn = target.get("RoleArn")
        if not role_arn:
            continue
        role = accounts.role_by_arn(role_arn)
        if role is None or not accounts.role_trusts(role, "events.amazonaws.com", _source(rule)):
            raise ValidationException(
                f"Provided role '{role_arn}' cannot be assumed by principal 'events.amazonaws.com'."
            )
    return _moto_handler_put_targets(self)


class PolicyStatement:
    """A statement of a bus policy, kept as it was written."""

    def __init__(self, statement: dict[str, Any]):
        self.sid = statement.get("Sid")
        self.principal = statement.get("Principal")
        self._statement = statement

    def describe(self) -> dict[str, Any]:
        """The statement as it was put."""
        return self._statement


def _add_policy(self: EventBus, policy: dict[str, Any]) -> None:
    if len(json.dumps(policy, separators=(",", ":"))) > _POLICY_LIMIT:
        raise JsonRESTError("PolicyLengthExceededException", "Total policy size exceeds the limit.")
    statements = policies.listed(policy.get("Statement"))
    if not statements:
        raise ValidationException("The policy has no statement.")
    # PutPermission with a policy takes the place of the whole policy.
    self._statements.clear()
    for number, statement in enumerate(statements):
        self._statements[statement.get("Sid") or f"{number}"] = PolicyStatement(statement)


def _add_permission(
    self: EventBus,
    statement_id: str,
    action: str,
    principal: dict[str, str],
    condition: dict[str, Any] | None,
) -> None:
    everybody = principal["AWS"].endswith(":iam::*:root")
    statement = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": "*" if everybody else principal,
        "Action": action,
        "Resource": self.arn,
    }
    self._statements[statement_id] = PolicyStatement(
        statement | ({"Condition": condition} if condition else {})
    )


def _handler_update_event_bus(self: EventsHandler) -> str:
    bus = self.events_backend.describe_event_bus(self._get_param("Name") or "default")
    for field, attribute in (
        ("KmsKeyIdentifier", "kms_key_identifier"),
        ("Description", "description"),
        ("DeadLetterConfig", "dead_letter_config"),
    ):
        if self._get_param(field) is not None:
            # What is empty takes it away.
            setattr(bus, attribute, self._get_param(field) or None)
    answer = {
        "Arn": bus.arn,
        "Name": bus.name,
        "KmsKeyIdentifier": bus.kms_key_identifier,
        "Description": bus.description,
        "DeadLetterConfig": bus.dead_letter_config,
    }
    return json.dumps({key: value for key, value in answer.items() if value is not None})


def _named(backend: EventsBackend, arn: str) -> str:
    """The ARN, where something has it: a rule of another bus may have the same name."""
    for bus in backend.event_buses.values():
        if arn in {bus.arn, *(rule.arn for rule in bus.rules.values())}:
            return arn
    raise ResourceNotFoundException(f"Resource {arn} does not exist.")


def _list_tags_for_resource(self: EventsBackend, arn: str) -> dict[str, list[dict[str, str]]]:
    tags: dict[str, list[dict[str, str]]] = self.tagger.list_tags_for_resource(_named(self, arn))
    return tags


def _tag_resource(self: EventsBackend, arn: str, tags: dict[str, str]) -> None:
    self.tagger.tag_resource(_named(self, arn), self.tagger.convert_dict_to_tags_input(tags))


def _untag_resource(self: EventsBackend, arn: str, tag_names: list[str]) -> None:
    self.tagger.untag_resource_using_names(_named(self, arn), tag_names)


def _delete_event_bus(self: EventsBackend, name: str) -> None:
    bus = self.event_buses.get(name.split("/")[-1])
    if bus and bus.rules:
        raise ValidationException("EventBus can't be deleted since it has rules.")
    _moto_delete_event_bus(self, name)


def _create_rule(
    cls: type[Rule],
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Rule:
    bus_name = cloudformation_json["Properties"].get("EventBusName") or "default"
    bus = bus_of(bus_name, account_id, region_name)
    if bus and resource_name in bus.rules:
        raise ValidationException(f"{resource_name} already exists")
    try:
        return _moto_create_rule(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
    except Exception:
        # Its targets were refused: a rollback must not leave it.
        if bus:
            bus.rules.pop(resource_name, None)
        raise


def _update_rule(
    cls: type[Rule],
    original_resource: Rule,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Rule:
    # moto replaces the rule by one with another generated name; AWS updates it in place.
    properties = cloudformation_json["Properties"]
    if "Name" not in properties:
        new_resource_name = original_resource.name
    if new_resource_name != original_resource.name:
        original_resource.delete(account_id, region_name)
    wanted = {target["Id"] for target in properties.get("Targets", [])}
    gone = [t["Id"] for t in original_resource.targets if t["Id"] not in wanted]
    original_resource.remove_targets(gone)
    return _moto_create_rule(new_resource_name, cloudformation_json, account_id, region_name)


_moto_put_targets = EventsBackend.put_targets
_moto_handler_put_targets = EventsHandler.put_targets
_moto_delete_event_bus = EventsBackend.delete_event_bus
_moto_create_rule = Rule.create_from_cloudformation_json


def install() -> None:
    """Takes the place of moto's own functions."""
    EventPattern.load = classmethod(_load_pattern)
    EventsBackend.put_events = _backend_put_events
    EventsBackend.put_targets = _put_targets
    EventsBackend.delete_event_bus = _delete_event_bus
    EventsBackend.list_tags_for_resource = _list_tags_for_resource
    EventsBackend.tag_resource = _tag_resource
    EventsBackend.untag_resource = _untag_resource
    EventsHandler.put_events = _handler_put_events
    EventsHandler.update_event_bus = _handler_update_event_bus
    EventsHandler.put_targets = _handler_put_targets
    EventsHandler.test_event_pattern = _test_event_pattern
    EventBus.add_policy = _add_policy
    EventBus.add_permission = _add_permission
    Rule.send_to_targets = _send_to_targets
    Rule.create_from_cloudformation_json = classmethod(_create_rule)
    Rule.update_from_cloudformation_json = classmethod(_update_rule)
