"""What a call asks for: action, resources and condition keys, as AWS's Service Authorization Reference says.

Actions that support no resource-level permissions are asked for `*`, tags that are given at creation ask for the
service's tagging action too, and a role that is handed to a service asks for `iam:PassRole`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam import iam_backends
from moto.utilities.utils import get_partition

from . import accounts, policies
from .faults import Call

# By signing name, where IAM has another.
_PREFIXES = {"monitoring": "cloudwatch"}
# Operations that another's action is asked for (Service Authorization Reference, SQS and Lambda).
_ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "SendMessageBatch"): "SendMessage",
}

Values = dict[str, Any]


@dataclasses.dataclass
class Asked:
    """One permission that a call needs."""

    action: str
    resource: str = "*"
    context: policies.Context = dataclasses.field(default_factory=dict)


def asks(call: Call, values: Values) -> list[Asked]:
    """Every permission that a call needs."""
    prefix = _PREFIXES.get(call.service, call.service)
    action = f"{prefix}:{_ACTIONS.get((call.service, call.operation), call.operation)}"
    of_service = _RESOURCES.get(call.service)
    resources = of_service(call, values) if of_service else ["*"]
    context = _context(call, values)
    asked = [Asked(action, resource, context) for resource in resources]
    if _gives_tags(values) and (call.service, call.operation) in _TAGGING:
        tagging = f"{prefix}:{_TAGGING[call.service, call.operation]}"
        asked += [Asked(tagging, resource, context) for resource in resources]
    return asked + _passed(call, values)


def _arn(call: Call, service: str, resource: str, region: str | None = None) -> str:
    region = call.region if region is None else region
    return f"arn:{get_partition(call.region)}:{service}:{region}:{call.account}:{resource}"


def _events(call: Call, values: Values) -> list[str]:
    bus = str(values.get("EventBusName") or "default").rsplit("/", 1)[-1]
    rule = values.get("Rule") or (values.get("Name") if call.operation in _RULES else None)
    if call.operation == "PutEvents":
        buses = {str(e.get("EventBusName") or "default") for e in values.get("Entries", [])}
        return [b if b.startswith("arn:") else _arn(call, "events", f"event-bus/{b}") for b in buses]
    if rule:
        path = rule if bus == "default" else f"{bus}/{rule}"
        return [_arn(call, "events", f"rule/{path}")]
    if "ResourceARN" in values:
        return [str(values["ResourceARN"])]
    if call.operation in _BUSES:
        name = str(values.get("Name") or bus).rsplit("/", 1)[-1]
        return [_arn(call, "events", f"event-bus/{name}")]
    return ["*"]


_RULES = ("PutRule", "DeleteRule", "DescribeRule", "DisableRule", "EnableRule")
_BUSES = (
    "CreateEventBus",
    "DeleteEventBus",
    "DescribeEventBus",
    "PutPermission",
    "RemovePermission",
    "UpdateEventBus",
)


def _iam(call: Call, values: Values) -> list[str]:
    if "PolicyArn" in values and "RoleName" not in values:
        return [str(values["PolicyArn"])]
    name = values.get("RoleName")
    if not name:
        return ["*"]
    known = iam_backends[call.account][get_partition(call.region)].roles.values()
    path = next((role.path for role in known if role.name == name), values.get("Path") or "/")
    return [_arn(call, "iam", f"role{path}{name}", "")]


def _lambda(call: Call, values: Values) -> list[str]:
    if call.operation in ("CreateEventSourceMapping", "ListEventSourceMappings", "ListFunctions"):
        return ["*"]
    if "UUID" in values:
        return [_arn(call, "lambda", f"event-source-mapping:{values['UUID']}")]
    for member in ("Resource", "FunctionName"):
        name = str(values.get(member) or "")
        if name.startswith("arn:"):
            return [name]
        if name:
            return [_arn(call, "lambda", f"function:{name}")]
    return ["*"]


def _logs(call: Call, values: Values) -> list[str]:
    for member in ("resourceArn", "logGroupIdentifier"):
        if member in values:
            return [str(values[member])]
    name = values.get("logGroupName")
    if call.operation == "DescribeLogGroups":
        # Whatever prefix is asked for.
        return [_arn(call, "logs", "log-group::log-stream:")]
    return [_arn(call, "logs", f"log-group:{name}:log-stream:")] if name else ["*"]


def _alarms(call: Call, values: Values) -> list[str]:
    if "ResourceARN" in values:
        return [str(values["ResourceARN"])]
    if call.operation == "PutMetricAlarm":
        return [_arn(call, "cloudwatch", f"alarm:{values['AlarmName']}")]
    if call.operation == "DeleteAlarms":
        return [_arn(call, "cloudwatch", f"alarm:{name}") for name in values["AlarmNames"]]
    return [_arn(call, "cloudwatch", "alarm:*")] if call.operation == "DescribeAlarms" else ["*"]


def _sns(call: Call, values: Values) -> list[str]:
    if call.operation in ("Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes"):
        return ["*"]
    if call.operation == "CreateTopic":
        return [_arn(call, "sns", str(values["Name"]))]
    found = values.get("TopicArn") or values.get("ResourceArn") or values.get("TargetArn")
    return [str(found or "*")]


def _sqs(call: Call, values: Values) -> list[str]:
    name = values.get("QueueName") or str(values.get("QueueUrl") or "").rsplit("/", 1)[-1]
    return [_arn(call, "sqs", str(name))] if name and call.operation != "ListQueues" else ["*"]


def _cloudformation(call: Call, values: Values) -> list[str]:
    name = values.get("StackSetName")
    if name and call.operation != "ListStackSets":
        return [_arn(call, "cloudformation", f"stackset/{str(name).split(':')[0]}:*")]
    stack = values.get("StackName")
    if not stack:
        return ["*"]
    arn = str(stack)
    return [arn if arn.startswith("arn:") else _arn(call, "cloudformation", f"stack/{arn}/*")]


def _organizations(call: Call, values: Values) -> list[str]:
    backend = accounts.organization_of(call.account)
    if backend is None or backend.org is None:
        return ["*"]
    known = [*backend.ou, *backend.accounts, *backend.policies]
    members = ("PolicyId", "TargetId", "ResourceId", "RootId", "AccountId", "ChildId")
    named = [values[member] for member in members if values.get(member)]
    if call.operation not in _ON_RESOURCES:
        return ["*"]
    return [str(it.arn) for wanted in named for it in known if it.id == wanted] or ["*"]


# Of those that are called here, those that support resource-level permissions.
_ON_RESOURCES = (
    "AttachPolicy",
    "DeletePolicy",
    "DescribeAccount",
    "DescribePolicy",
    "DetachPolicy",
    "EnablePolicyType",
    "ListTagsForResource",
    "ListTargetsForPolicy",
    "TagResource",
    "UntagResource",
    "UpdatePolicy",
)


def _trails(call: Call, values: Values) -> list[str]:
    name = str(values.get("TrailName") or values.get("Name") or "")
    if not name or call.operation == "DescribeTrails":
        return ["*"]
    return [name if name.startswith("arn:") else _arn(call, "cloudtrail", f"trail/{name}")]


def _sts(_call: Call, values: Values) -> list[str]:
    return [str(values.get("RoleArn") or "*")]


def _keys(call: Call, values: Values) -> list[str]:
    key = str(values.get("KeyId") or "*")
    return [key if key == "*" or key.startswith("arn:") else _arn(call, "kms", f"key/{key}")]


def _account(call: Call, values: Values) -> list[str]:
    partition = get_partition(call.region)
    other = values.get("AccountId")
    if not other:
        return [f"arn:{partition}:account::{call.account}:account"]
    backend = accounts.organization_of(call.account)
    org, owner = (backend.org.id, backend.account_id) if backend and backend.org else ("", "")
    return [f"arn:{partition}:account::{owner}:account/{org}/{other}"]


_RESOURCES: dict[str, Callable[[Call, Values], list[str]]] = {
    "account": _account,
    "cloudformation": _cloudformation,
    "cloudtrail": _trails,
    "events": _events,
    "iam": _iam,
    "kms": _keys,
    "lambda": _lambda,
    "logs": _logs,
    "monitoring": _alarms,
    "organizations": _organizations,
    "sns": _sns,
    "sqs": _sqs,
    "sts": _sts,
}

# What giving tags at creation asks for besides.
_TAGGING = {
    ("cloudformation", "CreateStackSet"): "TagResource",
    ("cloudformation", "CreateStack"): "TagResource",
    ("events", "CreateEventBus"): "TagResource",
    ("events", "PutRule"): "TagResource",
    ("iam", "CreateRole"): "TagRole",
    ("lambda", "CreateFunction"): "TagResource",
    ("logs", "CreateLogGroup"): "TagResource",
    ("monitoring", "PutMetricAlarm"): "TagResource",
    ("organizations", "CreatePolicy"): "TagResource",
    ("sns", "CreateTopic"): "TagResource",
    ("sqs", "CreateQueue"): "TagQueue",
}


def _gives_tags(values: Values) -> bool:
    return bool(values.get("Tags") or values.get("tags"))


def _passed(call: Call, values: Values) -> list[Asked]:
    """A role that is handed to a service (IAM User Guide, "Grant a user permissions to pass a role")."""
    roles: dict[str, str] = {}
    if call.service == "lambda" and values.get("Role"):
        roles[str(values["Role"])] = "lambda.amazonaws.com"
    if call.service == "events":
        for target in values.get("Targets", []) if call.operation == "PutTargets" else []:
            if target.get("RoleArn"):
                roles[str(target["RoleArn"])] = "events.amazonaws.com"
    return [
        Asked("iam:PassRole", role, {"iam:PassedToService": service})
        for role, service in roles.items()
    ]


def _function_of(call: Call, mapping: Any) -> str:
    """The function of an event source mapping that is there."""
    backend = lambda_backends[call.account][call.region]
    found = backend._event_source_mappings.get(str(mapping))
    return str(found.function_arn) if found else ""


def _context(call: Call, values: Values) -> policies.Context:
    """The condition keys of a call that policies here may test."""
    context: policies.Context = {"aws:RequestedRegion": call.region}
    if (call.service, call.operation) == ("events", "PutEvents"):
        entries = values.get("Entries") or []
        context["events:source"] = [entry.get("Source") for entry in entries]
        context["events:detail-type"] = [entry.get("DetailType") for entry in entries]
    if call.service == "organizations":
        backend = accounts.organization_of(call.account)
        named = [p for p in (backend.policies if backend else []) if p.id == values.get("PolicyId")]
        kind = values.get("Type") or values.get("PolicyType") or values.get("Filter")
        kind = named[0].type if named else kind
        if kind:
            context["organizations:PolicyType"] = kind
    tags = values.get("Tags") or values.get("tags") or {}
    pairs = tags.items() if isinstance(tags, dict) else ((t["Key"], t["Value"]) for t in tags)
    context |= {f"aws:RequestTag/{key}": value for key, value in pairs}
    if call.service == "lambda" and "EventSourceMapping" in call.operation:
        function = str(values.get("FunctionName") or _function_of(call, values.get("UUID")))
        if function and not function.startswith("arn:"):
            function = _arn(call, "lambda", f"function:{function}")
        if function:
            context["lambda:FunctionArn"] = function
    if call.service == "iam" and values.get("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = values["PermissionsBoundary"]
    return context
