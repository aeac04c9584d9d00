"""Everything there is, in all accounts and regions, in an order that does not change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.base_backend import BackendDict
from moto.events.models import EventBus, events_backends
from moto.iam import iam_backends
from moto.kms.models import kms_backends
from moto.logs import logs_backends
from moto.organizations.models import organizations_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from . import policies, scps, stacksets, state


def take() -> dict[str, Any]:
    """`{account: {region: {kind: {name: what it is}}}}`, without what is empty."""
    result: dict[str, Any] = {}
    for backends, listing in _LISTINGS:
        for account, region, backend in state.each(backends):
            for kind, items in listing(backend).items():
                if items:
                    place = result.setdefault(account, {}).setdefault(region, {})
                    place[kind] = items
    for stack_set in stacksets.all_sets():
        place = result.setdefault(stack_set.account, {}).setdefault(stack_set.region, {})
        place.setdefault("stack_sets", {})[stack_set.name] = _stack_set(stack_set)
    plain = json.dumps(result, sort_keys=True, default=str)
    return dict(json.loads(plain))


def _events(backend: Any) -> dict[str, Any]:
    buses = {name: _bus(backend, bus) for name, bus in backend.event_buses.items()}
    archives = {name: archive.source_arn for name, archive in backend.archives.items()}
    return {
        "event_buses": {name: bus for name, bus in buses.items() if bus},
        "event_archives": archives,
    }


def _bus(backend: Any, bus: EventBus) -> dict[str, Any] | None:
    rules = {
        rule.name: rule.describe()
        | {
            "Targets": sorted(rule.targets, key=lambda target: str(target["Id"])),
            "Tags": backend.tagger.get_tag_dict_for_resource(rule.arn),
        }
        for rule in bus.rules.values()
    }
    shown = {
        "Policy": policies.document(bus.policy),
        "Rules": rules,
        "Tags": backend.tagger.get_tag_dict_for_resource(bus.arn),
        "Description": bus.description,
    }
    # Every account has a default bus in every region from the beginning.
    if bus.name == "default" and not any(shown.values()):
        return None
    return shown


def _sns(backend: Any) -> dict[str, Any]:
    topics = {
        topic.name: {
            "Policy": policies.document(topic.policy),
            "DisplayName": topic.display_name,
            "KmsMasterKeyId": topic.kms_master_key_id,
            "Tags": topic._tags,
            "Subscriptions": sorted(
                (
                    s.protocol,
                    s.endpoint,
                    str(s.attributes.get("PendingConfirmation")),
                    str(s.attributes.get("ConfirmationWasAuthenticated")),
                )
                for s in backend._get_topic_subscriptions(topic)
            ),
        }
        for topic in backend.topics.values()
    }
    return {"topics": topics}


def _sqs(backend: Any) -> dict[str, Any]:
    unsteady = ("CreatedTimestamp", "LastModifiedTimestamp", "Policy")
    queues = {
        name: {
            **{k: v for k, v in queue.attributes.items() if k not in unsteady and v is not None},
            "Policy": policies.document(queue.policy),
            "Tags": queue.tags,
            "Messages": len(queue._messages),
        }
        for name, queue in backend.queues.items()
    }
    return {"queues": queues}


def _iam(backend: Any) -> dict[str, Any]:
    roles = {
        role.name: {
            "Path": role.path,
            "PermissionsBoundary": role.permissions_boundary_arn or None,
            "Trust": policies.document(role.assume_role_policy_document),
            "Policies": {name: policies.document(text) for name, text in role.policies.items()},
            "Attached": sorted(role.managed_policies),
            "Tags": {tag["Key"]: tag["Value"] for tag in role.tags or []},
        }
        for role in backend.roles.values()
    }
    own = {
        arn: policies.document(policies.of_managed(policy))
        for arn, policy in backend.managed_policies.items()
        if ":iam::aws:" not in arn
    }
    return {
        "roles": roles,
        "policies": own,
        "users": sorted(u.name for u in backend.users.values()),
    }


def _lambda(backend: Any) -> dict[str, Any]:
    unsteady = ("LastModified", "RevisionId", "State", "LastUpdateStatus")
    functions = {}
    for function in backend.list_functions():
        config = function.get_configuration()
        functions[function.function_name] = {
            **{k: v for k, v in config.items() if not k.startswith(unsteady)},
            "Policy": sorted(function.policy.statements, key=lambda s: str(s.get("Sid"))),
            "EventInvokeConfig": [c.config for c in function.event_invoke_config],
            "ReservedConcurrency": function.reserved_concurrency,
            "Tags": function.tags,
        }
    mappings = sorted(
        f"{m.event_source_arn} -> {m.function_arn} ({m.batch_size}, {m.max_batch_window})"
        for m in backend._event_source_mappings.values()
    )
    return {"functions": functions, "event_source_mappings": mappings}


def _logs(backend: Any) -> dict[str, Any]:
    return {
        "log_groups": {
            name: {
                "RetentionInDays": group.retention_in_days,
                "KmsKeyId": group.kms_key_id,
                "Tags": backend.tagger.get_tag_dict_for_resource(group.arn),
            }
            for name, group in backend.groups.items()
        }
    }


def _cloudformation(backend: Any) -> dict[str, Any]:
    return {
        "stacks": {
            stack.name: {
                "Status": stack.status,
                "Parameters": stack.stack_parameters,
                "Tags": stack.tags,
                "Resources": sorted(stack.resource_map._resource_json_map),
            }
            for stack in backend.stacks.values()
        }
    }


def _stack_set(stack_set: stacksets.StackSet) -> dict[str, Any]:
    described = stack_set.describe()
    for name in ("StackSetId", "StackSetARN", "StackSetDriftDetectionDetails"):
        described.pop(name, None)
    described["Instances"] = {
        f"{instance.account}/{instance.region}": [
            instance.status,
            instance.detailed,
            instance.ou,
            instance.overrides,
        ]
        for instance in stack_set.instances.values()
    }
    return described


def _cloudwatch(backend: Any) -> dict[str, Any]:
    return {
        "alarms": {
            name: {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "Dimensions": sorted((d.name, d.value) for d in alarm.dimensions or []),
                "Threshold": alarm.threshold,
                "Actions": alarm.alarm_actions,
            }
            for name, alarm in backend.alarms.items()
        }
    }


def _kms(backend: Any) -> dict[str, Any]:
    return {"kms_keys": {k: v.key_state for k, v in backend.keys.items()}}


def _organizations(backend: Any) -> dict[str, Any]:
    return {
        "trusted_services": sorted(s["ServicePrincipal"] for s in backend.services),
        "delegated_administrators": {a.account.id: sorted(a.services) for a in backend.admins},
        "policies": scps.listing(backend) if backend.org else {},
    }


_Listing = Callable[[Any], dict[str, Any]]


def _listings() -> Iterator[tuple[BackendDict[Any], _Listing]]:
    yield events_backends, _events
    yield sns_backends, _sns
    yield sqs_backends, _sqs
    yield iam_backends, _iam
    yield lambda_backends, _lambda
    yield logs_backends, _logs
    yield cloudformation_backends, _cloudformation
    yield cloudwatch_backends, _cloudwatch
    yield kms_backends, _kms
    yield organizations_backends, _organizations


_LISTINGS = list(_listings())
