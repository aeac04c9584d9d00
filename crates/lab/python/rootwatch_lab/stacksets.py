"""CloudFormation StackSets, service-managed and self-managed, with operations that take time."""

from __future__ import annotations

import dataclasses
import datetime
import re
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from moto.cloudformation.exceptions import (
    CloudFormationError,
    StackInstanceNotFound,
    StackSetNotEmpty,
    StackSetNotFoundException,
    ValidationError,
)
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.base_backend import AccountSpecificBackend
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.events.models import Rule, events_backends
from moto.iam import iam_backends
from moto.iam.models import Role
from moto.organizations.models import OrganizationsBackend
from moto.sqs.models import Queue, sqs_backends

from . import accounts, authority, organization, regions, stacks
from .state import late, lock, operations
from .truths import truths

_SERVICE_MANAGED = "SERVICE_MANAGED"
_TEMPLATE_LIMIT = 51_200
_PAGE = 100
_OU_ID = re.compile(r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32}")
_RUNNING = ("QUEUED", "RUNNING", "STOPPING")
_NOT_ADMINISTRATOR = (
    "You must be the management account or delegated admin account of an organization before "
    "operating a SERVICE_MANAGED stack set"
)


class NameAlreadyExists(CloudFormationError):
    """NameAlreadyExistsException."""

    code = "NameAlreadyExistsException"
    message = "The specified name is already in use."


class OperationInProgress(CloudFormationError):
    """OperationInProgressException."""

    code = "OperationInProgressException"


class OperationNotFound(CloudFormationError):
    """OperationNotFoundException."""

    code = "OperationNotFoundException"


class OperationIdAlreadyExists(CloudFormationError):
    """OperationIdAlreadyExistsException."""

    code = "OperationIdAlreadyExistsException"
    message = "The specified operation ID already exists."


@dataclasses.dataclass
class Instance:
    """One stack of a set: an account and a region."""

    account: str
    region: str
    ou: str | None
    overrides: dict[str, str] = dataclasses.field(default_factory=dict)
    stack_id: str | None = None
    status: str = "OUTDATED"
    detailed: str = "PENDING"
    reason: str | None = None
    last_operation: str | None = None
    drift: str = "NOT_CHECKED"
    drift_checked: datetime.datetime | None = None
    deployed: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def stack(self) -> Stack | None:
        """The stack in the target account, while it exists."""
        if self.stack_id is None:
            return None
        return cloudformation_backends[self.account][self.region].stacks.get(self.stack_id)

    def settle(self, status: str, detailed: str, reason: str | None = None) -> None:
        """Sets how the last operation left it."""
        self.status, self.detailed, self.reason = status, detailed, reason


@dataclasses.dataclass
class Operation:
    """What happens to a set, and how far it is."""

    action: str
    targets: list[Instance]
    preferences: dict[str, Any]
    retain: bool = False
    deployment_targets: dict[str, Any] | None = None
    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "QUEUED"
    created: datetime.datetime = dataclasses.field(default_factory=utcnow)
    ended: datetime.datetime | None = None
    results: dict[tuple[str, str], dict[str, Any]] = dataclasses.field(default_factory=dict)
    failed: int = 0

    def __post_init__(self) -> None:
        for instance in self.targets:
            self.results[instance.account, instance.region] = {
                "Account": instance.account,
                "Region": instance.region,
                "OrganizationalUnitId": instance.ou,
                "Status": "PENDING",
            }

    def record(self, instance: Instance, status: str, reason: str | None = None) -> None:
        """Notes what came of one instance."""
        result = self.results[instance.account, instance.region]
        result["Status"] = status
        result["StatusReason"] = reason
        result["AccountGateResult"] = {
            "Status": "SKIPPED",
            "StatusReason": "Function not found: arn:aws:lambda:"
            f"{instance.region}:{instance.account}:function:AWSCloudFormationStackSetAccountGate",
        }
        instance.last_operation = self.id

    def turn(self, by: datetime.timedelta) -> None:
        """It is so much longer ago."""
        self.created -= by
        if self.ended:
            self.ended -= by

    def summary(self) -> dict[str, Any]:
        """As lists and descriptions show it."""
        shown = {
            "OperationId": self.id,
            "Action": self.action,
            "Status": self.status,
            "CreationTimestamp": self.created,
            "StatusDetails": {"FailedStackInstancesCount": self.failed},
            "OperationPreferences": self.preferences or None,
        }
        if self.ended:
            shown["EndTimestamp"] = self.ended
        return {key: value for key, value in shown.items() if value is not None}


class StackSet:
    """A set with its instances and operations."""

    def __init__(self, account: str, region: str, name: str):
        self.account = account
        self.region = region
        self.name = name
        self.id = f"{name}:{uuid.uuid4()}"
        self.arn = f"arn:aws:cloudformation:{region}:{account}:stackset/{self.id}"
        self.status = "ACTIVE"
        self.template = ""
        self.parameters: dict[str, str] = {}
        self.capabilities: list[str] = []
        self.tags: dict[str, str] = {}
        self.description: str | None = None
        self.permission_model = "SELF_MANAGED"
        self.auto_deployment: dict[str, Any] = {}
        self.managed_execution = False
        self.administration_role: str | None = None
        self.execution_role: str | None = None
        self.instances: dict[tuple[str, str], Instance] = {}
        self.operations: list[Operation] = []
        # What was asked for by OU: new accounts get the same regions.
        self.deployed_ous: dict[str, list[str]] = {}
        self.drift: dict[str, Any] = {}
        self._queue: list[Operation] = []
        self._running = False

    # --- operations ---------------------------------------------------------------------

    def start(self, operation: Operation) -> str:
        """Queues an operation; returns its id at once."""
        if any(known.id == operation.id for known in self.operations):
            raise OperationIdAlreadyExists()
        self.operations.append(operation)
        self._queue.append(operation)
        if not self._running:
            self._running = True
            operation.status = "RUNNING"
            operations.submit(self._run_queue)
        return operation.id

    def check_free(self) -> None:
        """Refuses while an operation runs, unless execution is managed."""
        running = [o.id for o in self.operations if o.status in _RUNNING]
        if running and not self.managed_execution:
            raise OperationInProgress(
                f"Another Operation on StackSet {self.arn} is in progress: {running[-1]}"
            )

    def operation(self, operation_id: str) -> Operation:
        """The operation, or the exception that says it is unknown."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise OperationNotFound(f"Operation {operation_id} not found")

    def _run_queue(self) -> None:
        while True:
            with lock:
                if not self._queue:
                    self._running = False
                    return
                operation = self._queue.pop(0)
                if operation.status == "STOPPING":
                    self._end(operation)
                    continue
                operation.status = "RUNNING"
            self._run(operation)

    def _run(self, operation: Operation) -> None:
        pause = late.stackset_operation_ms / 1000 / max(1, len(operation.targets))
        if not operation.targets:
            time.sleep(pause)
        exceeded = False
        for region in _regions_in_order(operation):
            chosen = [i for i in operation.targets if i.region == region]
            tolerance = _tolerance(operation.preferences, len(chosen))
            failures = 0
            for instance in chosen:
                time.sleep(pause)
                with lock:
                    if operation.status == "STOPPING":
                        self._cancel(operation, instance, "Cancelled by user")
                    elif exceeded or failures > tolerance:
                        reason = "Cancelled since failure tolerance has exceeded"
                        self._cancel(operation, instance, reason)
                    else:
                        failures += self._apply(operation, instance)
            if failures > tolerance:
                operation.__dict__["broken"] = True
                parallel = operation.preferences.get("RegionConcurrencyType") == "PARALLEL"
                exceeded = exceeded or not parallel
        with lock:
            self._end(operation)

    def _end(self, operation: Operation) -> None:
        if operation.status == "STOPPING":
            operation.status = "STOPPED"
        else:
            operation.status = "FAILED" if operation.__dict__.get("broken") else "SUCCEEDED"
        if operation.action == "DETECT_DRIFT":
            self._sum_up_drift(operation)
        operation.ended = utcnow()

    def _cancel(self, operation: Operation, instance: Instance, reason: str) -> None:
        instance.settle("OUTDATED", "CANCELLED", reason)
        operation.record(instance, "CANCELLED", reason)

    def _apply(self, operation: Operation, instance: Instance) -> int:
        # Without a stack to touch, a suspended account is no hindrance.
        forgets = operation.action == "DELETE" and (operation.retain or instance.stack is None)
        if _is_suspended(instance.account) and not forgets:
            reason = "The account is suspended."
            instance.settle("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT", reason)
            operation.record(instance, "CANCELLED", reason)
            return 0
        try:
            if not operation.retain:
                self._reach(instance)
            _meet_fault(operation.action, instance)
            if operation.action == "CREATE":
                self._meet_truth(instance)
            _ACTIONS[operation.action](self, operation, instance)
        except Exception as error:
            reason = getattr(error, "message", None) or str(error) or type(error).__name__
            status = "INOPERABLE" if operation.action == "DELETE" else "OUTDATED"
            instance.settle(status, "FAILED", reason)
            operation.failed += 1
            operation.record(instance, "FAILED", reason)
            return 1
        operation.record(instance, "SUCCEEDED")
        return 0

    def _meet_truth(self, instance: Instance) -> None:
        parts = {
            "account": instance.account,
            "region": instance.region,
            "administrator": self.account,
            "id": self.id[-12:],
        }
        reason = truths.reason(self.name, parts)
        if reason:
            raise RuntimeError(reason)

    def _reach(self, instance: Instance) -> None:
        """Refuses where StackSets have no role to work with."""
        if not regions.is_enabled(instance.account, instance.region):
            raise RuntimeError(f"Region {instance.region} is not enabled for this account")
        if self.permission_model != _SERVICE_MANAGED:
            return
        backend = accounts.organization_of(instance.account)
        if backend is None or backend.account_id != self.account:
            raise RuntimeError(
                f"Account {instance.account} should have 'stacksets-exec-{self.id[-12:]}' role with "
                "trust relationship to Role 'aws-service-role/stacksets.cloudformation.amazonaws.com/"
                "AWSServiceRoleForCloudFormationStackSetsOrgAdmin'."
            )

    def deploy(self, _operation: Operation, instance: Instance) -> None:
        """Creates or updates the stack in the target account."""
        backend = cloudformation_backends[instance.account][instance.region]
        parameters = self.parameters | instance.overrides
        stack = instance.stack
        if stack is not None and stack.status == "ROLLBACK_COMPLETE":
            backend.delete_stack(stack.stack_id)
            stack = None
        created = stack is None
        if stack is None:
            name = f"StackSet-{self.name}-{uuid.uuid4()}"
            stack = backend.create_stack(
                name, self.template, dict(parameters), tags=dict(self.tags)
            )
            instance.stack_id = stack.stack_id
        else:
            stack.update(self.template, None, dict(parameters), dict(self.tags))
        _check_scps(instance, stack, "Create" if created else "Update")
        if "ROLLBACK" in stack.status or "ROLLBACK" in str(stack.__dict__.get("final_status")):
            raise RuntimeError(stack.__dict__.get("stack_status_reason") or stack.status)
        instance.deployed = _live_resources(stack)
        instance.drift = "NOT_CHECKED"
        instance.settle("CURRENT", "SUCCEEDED")

    def remove(self, operation: Operation, instance: Instance) -> None:
        """Deletes the stack, or only forgets it."""
        stack = instance.stack
        if stack is not None and not operation.retain:
            _check_scps(instance, stack, "Delete")
            backend = cloudformation_backends[instance.account][instance.region]
            backend.delete_stack(stack.stack_id)
        place = instance.account, instance.region
        # Where its account has moved to another target, that one's instance is there.
        if self.instances.get(place) is instance:
            self.instances.pop(place)

    def detect_drift(self, _operation: Operation, instance: Instance) -> None:
        """Compares what was deployed with what is there now."""
        stack = instance.stack
        same = stack is not None and _live_resources(stack) == instance.deployed
        instance.drift = "IN_SYNC" if same else "DRIFTED"
        instance.drift_checked = utcnow()
        instance.settle(instance.status, "SUCCEEDED")

    def _sum_up_drift(self, operation: Operation) -> None:
        drifted = sum(i.drift == "DRIFTED" for i in operation.targets)
        in_sync = sum(i.drift == "IN_SYNC" for i in operation.targets)
        self.drift = {
            "DriftStatus": "DRIFTED" if drifted else "IN_SYNC",
            "DriftDetectionStatus": "COMPLETED",
            "LastDriftCheckTimestamp": utcnow(),
            "TotalStackInstancesCount": len(operation.targets),
            "DriftedStackInstancesCount": drifted,
            "InSyncStackInstancesCount": in_sync,
            "InProgressStackInstancesCount": 0,
            "FailedStackInstancesCount": operation.failed,
        }

    # --- showing ------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """As DescribeStackSet shows it."""
        shown = {
            "StackSetName": self.name,
            "StackSetId": self.id,
            "StackSetARN": self.arn,
            "Status": self.status,
            "Description": self.description,
            "TemplateBody": self.template,
            "Parameters": self.parameters,
            "Capabilities": self.capabilities,
            "Tags": self.tags,
            "PermissionModel": self.permission_model,
            "ManagedExecution": {"Active": self.managed_execution},
            "Regions": sorted({region for _, region in self.instances}),
            "StackSetDriftDetectionDetails": self.drift or None,
        }
        if self.permission_model == _SERVICE_MANAGED:
            shown["AutoDeployment"] = self.auto_deployment
            shown["OrganizationalUnitIds"] = sorted(self.deployed_ous)
        else:
            shown["AdministrationRoleARN"] = self.administration_role
            shown["ExecutionRoleName"] = self.execution_role
        return {key: value for key, value in shown.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """As ListStackSets shows it."""
        shown = {
            "StackSetName": self.name,
            "StackSetId": self.id,
            "Description": self.description,
            "Status": self.status,
            "PermissionModel": self.permission_model,
            "ManagedExecution": {"Active": self.managed_execution},
            "DriftStatus": self.drift.get("DriftStatus", "NOT_CHECKED"),
            "LastDriftCheckTimestamp": self.drift.get("LastDriftCheckTimestamp"),
        }
        if self.permission_model == _SERVICE_MANAGED:
            shown["AutoDeployment"] = self.auto_deployment
        return {key: value for key, value in shown.items() if value is not None}

    def describe_instance(self, instance: Instance) -> dict[str, Any]:
        """As DescribeStackInstance and ListStackInstances show it."""
        shown = {
            "StackSetId": self.id,
            "Region": instance.region,
            "Account": instance.account,
            "StackId": instance.stack_id,
            "ParameterOverrides": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in instance.overrides.items()
            ],
            "Status": instance.status,
            "StackInstanceStatus": {"DetailedStatus": instance.detailed},
            "StatusReason": instance.reason,
            "OrganizationalUnitId": instance.ou,
            "DriftStatus": instance.drift,
            "LastDriftCheckTimestamp": instance.drift_checked,
            "LastOperationId": instance.last_operation,
        }
        return {key: value for key, value in shown.items() if value is not None}


_ACTIONS: dict[str, Callable[[StackSet, Operation, Instance], None]] = {
    "CREATE": StackSet.deploy,
    "UPDATE": StackSet.deploy,
    "DELETE": StackSet.remove,
    "DETECT_DRIFT": StackSet.detect_drift,
}
_sets: dict[tuple[str, str], dict[str, StackSet]] = {}
_access: set[str] = set()
_instance_faults: list[dict[str, Any]] = []


def _regions_in_order(operation: Operation) -> list[str]:
    order = operation.preferences.get("RegionOrder") or []
    regions = list(dict.fromkeys(i.region for i in operation.targets))
    return [r for r in order if r in regions] + [r for r in regions if r not in order]


def _tolerance(preferences: dict[str, Any], count: int) -> int:
    if "FailureToleranceCount" in preferences:
        return int(preferences["FailureToleranceCount"])
    return count * int(preferences.get("FailureTolerancePercentage") or 0) // 100


def _is_suspended(account: str) -> bool:
    backend = accounts.organization_of(account)
    return backend is not None and any(
        known.id == account and known.status == "SUSPENDED" for known in backend.accounts
    )


# What CloudFormation does, as StackSets' role in the account, when it creates, updates and deletes a resource.
_WRITES: list[tuple[Any, dict[str, str]]] = [
    (Rule, {"Create": "events:PutRule", "Update": "events:PutTargets", "Delete": "events:DeleteRule"}),
    (Role, {"Create": "iam:CreateRole", "Update": "iam:PutRolePolicy", "Delete": "iam:DeleteRole"}),
    (
        Queue,
        {
            "Create": "sqs:CreateQueue",
            "Update": "sqs:SetQueueAttributes",
            "Delete": "sqs:DeleteQueue",
        },
    ),
]


def _check_scps(instance: Instance, stack: Stack, verb: str) -> None:
    """Fails where a service control policy of the organization denies it to StackSets' role."""
    asked = [(f"cloudformation:{verb}Stack", stack.stack_id)]
    for resource in stack.resource_map._parsed_resources.values():
        for kind, actions in _WRITES:
            if isinstance(resource, kind):
                arn = getattr(resource, "queue_arn", None) or resource.arn
                asked.append((actions[verb], str(arn)))
    for action, arn in asked:
        if not authority.stack_sets_may(instance.account, action, arn):
            raise RuntimeError(
                f"Resource handler returned message: not authorized to perform: {action} on "
                f"resource: {arn} with an explicit deny in a service control policy"
            )


def _live_resources(stack: Stack) -> dict[str, Any]:
    live: dict[str, Any] = {}
    for name, resource in stack.resource_map._parsed_resources.items():
        if isinstance(resource, Rule):
            bus = events_backends[resource.account_id][resource.region_name].event_buses[
                resource.event_bus_name
            ]
            rule = bus.rules.get(resource.name)
            live[name] = (rule.describe(), [dict(t) for t in rule.targets]) if rule else None
        elif isinstance(resource, Role):
            role = iam_backends[resource.account_id]["aws"].roles.get(resource.id)
            live[name] = (role.assume_role_policy_document, dict(role.policies)) if role else None
        elif isinstance(resource, Queue):
            queue = sqs_backends[resource.account_id][resource.region].queues.get(resource.name)
            live[name] = queue.policy or "" if queue else None
    return live


# --- faults on demand -------------------------------------------------------------------


def fail_instances(fault: dict[str, Any]) -> None:
    """Makes operations on some instances fail: `account`, `region`, `action`, `reason`, `times`."""
    _instance_faults.append({"times": None, **fault})


def clear_instance_faults() -> None:
    """No instance fails on purpose any more."""
    _instance_faults.clear()


def _meet_fault(action: str, instance: Instance) -> None:
    asked = {"account": instance.account, "region": instance.region, "action": action}
    for fault in _instance_faults:
        if fault["times"] == 0 or any(fault.get(k) not in (None, v) for k, v in asked.items()):
            continue
        if fault["times"] is not None:
            fault["times"] -= 1
        raise RuntimeError(fault.get("reason") or "injected")


# --- who is a target --------------------------------------------------------------------


def _below(backend: OrganizationsBackend, ou: str) -> set[str]:
    found = {ou}
    grew = True
    while grew:
        more = {o.id for o in backend.ou if o.parent_id in found and o.id not in found}
        found |= more
        grew = bool(more)
    return found


def _members(backend: OrganizationsBackend, ou: str) -> list[str]:
    units = _below(backend, ou)
    # The management account is never a target.
    return sorted(
        account.id
        for account in backend.accounts
        if account.parent_id in units and account.id != backend.account_id
    )


def _check_ous(backend: OrganizationsBackend, ous: list[str]) -> None:
    for ou in ous:
        if not _OU_ID.fullmatch(ou):
            raise ValidationError(
                message=f"1 validation error detected: Value '[{ou}]' at "
                "'deploymentTargets.organizationalUnitIds' failed to satisfy constraint: Member "
                "must satisfy constraint: [Member must satisfy regular expression pattern: "
                "^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})$]"
            )
    known = {ou.id for ou in backend.ou}
    missing = [ou for ou in ous if ou not in known]
    if missing:
        raise ValidationError(
            message=f"Stack set operation failed: organizational unit(s) {missing} do not exist"
        )


def _chosen(backend: OrganizationsBackend, targets: dict[str, Any]) -> list[tuple[str, str]]:
    """Accounts with the OU by which they are targets."""
    named = targets.get("Accounts") or []
    kind = targets.get("AccountFilterType") or "NONE"
    found: dict[str, str] = {}
    ous = targets.get("OrganizationalUnitIds") or []
    for ou in ous:
        for account in _members(backend, ou):
            if kind == "INTERSECTION" and account not in named:
                continue
            if kind == "DIFFERENCE" and account in named:
                continue
            found.setdefault(account, ou)
    if kind == "UNION":
        for account in named:
            found.setdefault(account, ous[0])
    return list(found.items())


def _check_targets(targets: dict[str, Any] | None) -> dict[str, Any]:
    if not targets:
        raise ValidationError(
            message="StackSets with SERVICE_MANAGED permission model can only have "
            "OrganizationalUnit as target"
        )
    if not targets.get("OrganizationalUnitIds"):
        raise ValidationError(message="OrganizationalUnitIds are required")
    kind = targets.get("AccountFilterType")
    if targets.get("Accounts") and (kind or "NONE") == "NONE":
        raise ValidationError(
            message="AccountFilterType should be specified when both OrganizationalUnitIds and "
            "Accounts are provided"
        )
    return targets


def _check_regions(regions: list[str]) -> None:
    known: AccountSpecificBackend[Any] = cloudformation_backends["123456789012"]
    wrong = [region for region in regions if region not in known.regions]
    if wrong:
        raise ValidationError(message=f"Invalid region(s): {wrong}")


# --- accounts that come and go ----------------------------------------------------------


def _organization_changed(management: str) -> None:
    # What is created after the change has its targets from the organization as it is then.
    there = [it for it in all_sets() if it.account == management]
    if there:
        operations.after(late.auto_deployment_ms / 1000, _auto_deploy, management, there)


def _auto_deploy(management: str, there: list[StackSet]) -> None:
    with lock:
        backend = accounts.organization_of(management)
        if backend is None:
            return
        for stack_set in all_sets():
            if stack_set in there and stack_set.auto_deployment.get("Enabled"):
                _follow(backend, stack_set)


def _follow(backend: OrganizationsBackend, stack_set: StackSet) -> None:
    wanted: dict[tuple[str, str], str] = {}
    for ou, regions in stack_set.deployed_ous.items():
        for account in _members(backend, ou):
            if _is_suspended(account):
                continue
            for region in regions:
                wanted.setdefault((account, region), ou)
    come = [
        _add_instance(stack_set, account, region, ou, {})
        for (account, region), ou in wanted.items()
        if (account, region) not in stack_set.instances
    ]
    moved = [it for it in stack_set.instances.values() if _has_moved(backend, it, wanted)]
    for old in moved:
        place = old.account, old.region
        new = Instance(*place, wanted[place], dict(old.overrides))
        stack_set.instances[place] = new
        come.append(new)
    if come:
        stack_set.start(Operation("CREATE", come, {}))
    present = {a for ou in stack_set.deployed_ous for a in _members(backend, ou)}
    gone = [i for i in stack_set.instances.values() if i.account not in present]
    retain = bool(stack_set.auto_deployment.get("RetainStacksOnAccountRemoval"))
    # Each account by itself: one that is out of reach keeps no other's stacks.
    for account in dict.fromkeys(it.account for it in [*moved, *gone]):
        its = [it for it in [*moved, *gone] if it.account == account]
        stack_set.start(Operation("DELETE", its, {}, retain=retain))


def _has_moved(
    backend: OrganizationsBackend, instance: Instance, wanted: dict[tuple[str, str], str]
) -> bool:
    """Whether its account has gone from the unit by which it is there to another that is a target.

    The new unit's automatic deployment creates before that of the old one has deleted
    (aws-cloudformation/cloudformation-coverage-roadmap#2427, #2426): what has a name of its own in the
    template is there already, the instance stays behind, and nothing tries again.
    """
    there = wanted.get((instance.account, instance.region))
    if there is None or instance.ou in (None, there):
        return False
    return instance.account not in _members(backend, str(instance.ou))


def _add_instance(
    stack_set: StackSet, account: str, region: str, ou: str | None, overrides: dict[str, str]
) -> Instance:
    instance = Instance(account, region, ou, overrides)
    return stack_set.instances.setdefault((account, region), instance)


# --- the API ----------------------------------------------------------------------------


def _home(self: CloudFormationResponse) -> str:
    """The account in which the set of this call lives."""
    if self._get_param("CallAs", "SELF") == "SELF":
        return str(self.current_account)
    backend = accounts.organization_of(self.current_account)
    if backend is None or not organization.is_delegated(
        backend, self.current_account, organization.STACKSETS
    ):
        raise ValidationError(message="Account used is not a delegated administrator")
    return str(backend.account_id)


def _administered(self: CloudFormationResponse) -> OrganizationsBackend:
    backend = accounts.organization_of(_home(self))
    if backend is None or _home(self) != backend.account_id:
        raise ValidationError(message=_NOT_ADMINISTRATOR)
    if backend.account_id not in _access:
        raise ValidationError(
            message="You must enable organizations access to operate a service managed stack set"
        )
    return backend


def _find(self: CloudFormationResponse) -> StackSet:
    name = self._get_param("StackSetName")
    named = _sets.get((_home(self), self.region), {})
    for stack_set in named.values():
        if name in (stack_set.name, stack_set.id, stack_set.arn):
            return stack_set
    raise StackSetNotFoundException(name)


def _page(self: CloudFormationResponse, items: Iterable[Any]) -> ActionResult:
    found = list(items)
    start = int(self._get_param("NextToken") or 0)
    size = int(self._get_param("MaxResults") or _PAGE)
    result: dict[str, Any] = {"Summaries": found[start : start + size]}
    if len(found) > start + size:
        result["NextToken"] = str(start + size)
    return ActionResult(result)


def _template(self: CloudFormationResponse, previous: str | None) -> str:
    if self._get_param("TemplateURL"):
        return str(self._get_stack_from_s3_url(self._get_param("TemplateURL")))
    body = self._get_param("TemplateBody")
    if not body and previous and self._get_bool_param("UsePreviousTemplate", False):
        return previous
    if not body:
        raise ValidationError(
            message="Either TemplateURL or TemplateBody or UsePreviousTemplate must be provided."
        )
    if len(body.encode()) > _TEMPLATE_LIMIT:
        raise ValidationError(
            message="1 validation error detected: Value at 'templateBody' failed to satisfy "
            f"constraint: Member must have length less than or equal to {_TEMPLATE_LIMIT}"
        )
    return str(body)


def _parameters(self: CloudFormationResponse, previous: dict[str, str]) -> dict[str, str]:
    return {
        str(k): str(v)
        for k, v in self._get_param_values(self._get_param("Parameters", []), previous).items()
    }


def _tags(self: CloudFormationResponse) -> dict[str, str]:
    return {item["Key"]: item["Value"] for item in self._get_param("Tags", [])}


def _managed(self: CloudFormationResponse) -> bool | None:
    given = self._get_param("ManagedExecution")
    return None if given is None else str(given.get("Active")).lower() == "true"


def _auto_deployment(self: CloudFormationResponse) -> dict[str, Any] | None:
    given = self._get_param("AutoDeployment")
    if given is None:
        return None
    enabled = str(given.get("Enabled")).lower() == "true"
    retain = given.get("RetainStacksOnAccountRemoval")
    if not enabled:
        return {"Enabled": False}
    if retain is None:
        raise ValidationError(
            message="RetainStacksOnAccountRemoval must be specified when auto deployment is enabled"
        )
    return {"Enabled": True, "RetainStacksOnAccountRemoval": str(retain).lower() == "true"}


def _create_stack_set(self: CloudFormationResponse) -> ActionResult:
    name = self._get_param("StackSetName")
    if not re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,127}", name):
        raise ValidationError(
            message=f"1 validation error detected: Value '{name}' at 'stackSetName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z][-a-zA-Z0-9]*"
        )
    model = self._get_param("PermissionModel", "SELF_MANAGED")
    if model == _SERVICE_MANAGED:
        _administered(self)
    named = _sets.setdefault((_home(self), self.region), {})
    if name in named:
        raise NameAlreadyExists()
    stack_set = StackSet(_home(self), self.region, name)
    stack_set.permission_model = model
    stack_set.template = _template(self, None)
    parsed = stacks.parse(stack_set.template)
    if model == _SERVICE_MANAGED and "Transform" in parsed:
        raise ValidationError(message="Transforms are not supported by SERVICE_MANAGED stack sets")
    stack_set.parameters = _parameters(self, {})
    stack_set.capabilities = self._get_param("Capabilities", [])
    stacks.check_capabilities(parsed, stack_set.capabilities)
    stacks.check_parameters(parsed, stack_set.parameters)
    stack_set.tags = _tags(self)
    stack_set.description = self._get_param("Description")
    stack_set.auto_deployment = _auto_deployment(self) or {"Enabled": False}
    stack_set.managed_execution = _managed(self) or False
    stack_set.administration_role = self._get_param("AdministrationRoleARN")
    stack_set.execution_role = self._get_param("ExecutionRoleName")
    named[name] = stack_set
    return ActionResult({"StackSetId": stack_set.id})


def _check_new(self: CloudFormationResponse, stack_set: StackSet) -> None:
    """Refuses an operation id that was used, before anything is changed."""
    given = self._get_param("OperationId")
    if any(known.id == given for known in stack_set.operations):
        raise OperationIdAlreadyExists()


def _start(self: CloudFormationResponse, stack_set: StackSet, operation: Operation) -> ActionResult:
    given = self._get_param("OperationId")
    if given:
        operation.id = given
    return ActionResult({"OperationId": stack_set.start(operation)})


def _preferences(self: CloudFormationResponse) -> dict[str, Any]:
    return dict(self._get_param("OperationPreferences") or {})


def _overrides(self: CloudFormationResponse) -> dict[str, str]:
    return {
        p["ParameterKey"]: p["ParameterValue"] for p in self._get_param("ParameterOverrides", [])
    }


def _update_stack_set(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    backend = None
    if stack_set.permission_model == _SERVICE_MANAGED:
        backend = _administered(self)
    _check_new(self, stack_set)
    stack_set.check_free()
    template = _template(self, stack_set.template)
    parsed = stacks.parse(template)
    capabilities = self._get_param("Capabilities", [])
    stacks.check_capabilities(parsed, capabilities)
    parameters = _parameters(self, stack_set.parameters)
    stacks.check_parameters(parsed, parameters)
    managed = _managed(self)
    if managed is not None and managed != stack_set.managed_execution:
        if any(o.status in _RUNNING for o in stack_set.operations):
            raise OperationInProgress("ManagedExecution cannot change while operations run.")
        stack_set.managed_execution = managed
    chosen = _update_targets(self, stack_set, backend)
    # CloudFormation API Reference, UpdateStackSet, Accounts.
    is_changed = (stack_set.template, stack_set.parameters) != (template, parameters)
    stack_set.template, stack_set.parameters = template, parameters
    stack_set.capabilities = capabilities
    if self._get_param("Tags") is not None:
        stack_set.tags = _tags(self)
    if self._get_param("Description") is not None:
        stack_set.description = self._get_param("Description")
    stack_set.auto_deployment = _auto_deployment(self) or stack_set.auto_deployment
    for instance in stack_set.instances.values():
        if instance.status == "INOPERABLE":
            continue
        if instance in chosen:
            instance.settle("OUTDATED", "PENDING")
        elif is_changed:
            instance.settle("OUTDATED", instance.detailed)
    return _start(self, stack_set, Operation("UPDATE", chosen, _preferences(self)))


def _update_targets(
    self: CloudFormationResponse, stack_set: StackSet, backend: OrganizationsBackend | None
) -> list[Instance]:
    chosen = self._get_param("Regions", [])
    targets = self._get_param("DeploymentTargets")
    named: list[str] | None = self._get_param("Accounts")
    if targets and backend:
        _check_ous(backend, targets.get("OrganizationalUnitIds") or [])
        named = [account for account, _ in _chosen(backend, _check_targets(targets))]
    return [
        instance
        for instance in stack_set.instances.values()
        # What could not be deleted is left out of every update.
        if instance.status != "INOPERABLE"
        and (named is None or instance.account in named)
        and (not chosen or instance.region in chosen)
    ]


def _asked_for(
    self: CloudFormationResponse, stack_set: StackSet
) -> tuple[list[tuple[str, str | None]], list[str]]:
    """The accounts (with their OUs) and the regions of an instances call."""
    regions = list(dict.fromkeys(self._get_param("Regions", [])))
    _check_regions(regions)
    targets = self._get_param("DeploymentTargets")
    if stack_set.permission_model != _SERVICE_MANAGED:
        if targets and targets.get("OrganizationalUnitIds"):
            raise ValidationError(
                message="StackSets with SELF_MANAGED permission model can only have accounts as "
                "target"
            )
        named = self._get_param("Accounts", []) or (targets or {}).get("Accounts") or []
        return [(account, None) for account in named], regions
    backend = _administered(self)
    targets = _check_targets(targets)
    _check_ous(backend, targets["OrganizationalUnitIds"])
    return list(_chosen(backend, targets)), regions


def _create_stack_instances(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    asked, regions = _asked_for(self, stack_set)
    targets = self._get_param("DeploymentTargets") or {}
    if targets.get("AccountFilterType") == "UNION":
        raise ValidationError(message="UNION is not supported for CreateStackInstances")
    _check_new(self, stack_set)
    stack_set.check_free()
    overrides = _overrides(self)
    chosen = []
    for region in regions:
        for account, ou in asked:
            instance = _add_instance(stack_set, account, region, ou, overrides)
            instance.overrides = overrides or instance.overrides
            instance.settle("OUTDATED", "PENDING")
            chosen.append(instance)
    for ou in targets.get("OrganizationalUnitIds") or []:
        known = stack_set.deployed_ous.setdefault(ou, [])
        known.extend(region for region in regions if region not in known)
    return _start(self, stack_set, Operation("CREATE", chosen, _preferences(self)))


def _matching(
    self: CloudFormationResponse, stack_set: StackSet, need_all: bool
) -> tuple[list[Instance], list[str], list[str]]:
    asked, regions = _asked_for(self, stack_set)
    named = {account for account, _ in asked}
    targets = self._get_param("DeploymentTargets") or {}
    ous = targets.get("OrganizationalUnitIds") or []
    # Those that were deployed by the OU but have left it count too.
    by_ou = ous if (targets.get("AccountFilterType") or "NONE") == "NONE" else []
    chosen = [
        instance
        for instance in stack_set.instances.values()
        if instance.region in regions and (instance.account in named or instance.ou in by_ou)
    ]
    if need_all and not chosen:
        raise StackInstanceNotFound()
    return chosen, regions, list(by_ou)


def _update_stack_instances(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    _check_new(self, stack_set)
    stack_set.check_free()
    chosen, _, _ = _matching(self, stack_set, need_all=True)
    chosen = [instance for instance in chosen if instance.status != "INOPERABLE"]
    overrides = self._get_param("ParameterOverrides")
    for instance in chosen:
        if overrides is not None:
            instance.overrides = _overrides(self)
        instance.settle("OUTDATED", "PENDING")
    return _start(self, stack_set, Operation("UPDATE", chosen, _preferences(self)))


def _topmost(self: CloudFormationResponse, stack_set: StackSet) -> list[str]:
    """Of the units of a deletion those at the top: they are no targets any more, whichever accounts it is about
    (CloudFormation guide, "Delete stacks from StackSets")."""
    targets = self._get_param("DeploymentTargets") or {}
    if stack_set.permission_model != _SERVICE_MANAGED:
        return []
    backend = _administered(self)
    assert backend.org is not None
    top = {ou.id for ou in backend.ou if backend.org.root_id in (ou.id, ou.parent_id)}
    return [ou for ou in targets.get("OrganizationalUnitIds") or [] if ou in top]


def _delete_stack_instances(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    _check_new(self, stack_set)
    stack_set.check_free()
    if self._get_param("RetainStacks") is None:
        raise ValidationError(
            message="1 validation error detected: Value null at 'retainStacks' failed to satisfy "
            "constraint: Member must not be null"
        )
    chosen, regions, ous = _matching(self, stack_set, need_all=False)
    for ou in {*ous, *_topmost(self, stack_set)}:
        left = [r for r in stack_set.deployed_ous.get(ou, []) if r not in regions]
        if left:
            stack_set.deployed_ous[ou] = left
        else:
            stack_set.deployed_ous.pop(ou, None)
    for instance in chosen:
        instance.detailed = "PENDING"
    retain = bool(self._get_bool_param("RetainStacks", False))
    operation = Operation("DELETE", chosen, _preferences(self), retain=retain)
    return _start(self, stack_set, operation)


def _delete_stack_set(self: CloudFormationResponse) -> ActionResult:
    try:
        stack_set = _find(self)
    except StackSetNotFoundException:
        return EmptyResult()
    if stack_set.instances:
        raise StackSetNotEmpty()
    _check_new(self, stack_set)
    stack_set.check_free()
    _sets[_home(self), self.region].pop(stack_set.name)
    return EmptyResult()


def _describe_stack_set(self: CloudFormationResponse) -> ActionResult:
    return ActionResult({"StackSet": _find(self).describe()})


def _list_stack_sets(self: CloudFormationResponse) -> ActionResult:
    wanted = self._get_param("Status")
    named = _sets.get((_home(self), self.region), {})
    shown = [named[name].summary() for name in sorted(named)]
    return _page(self, [s for s in shown if wanted in (None, s["Status"])])


def _describe_stack_instance(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    key = (self._get_param("StackInstanceAccount"), self._get_param("StackInstanceRegion"))
    if key not in stack_set.instances:
        raise StackInstanceNotFound()
    return ActionResult({"StackInstance": stack_set.describe_instance(stack_set.instances[key])})


_FILTERS: dict[str, Callable[[Instance], str | None]] = {
    "DETAILED_STATUS": lambda instance: instance.detailed,
    "LAST_OPERATION_ID": lambda instance: instance.last_operation,
    "DRIFT_STATUS": lambda instance: instance.drift,
}


def _list_stack_instances(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    account = self._get_param("StackInstanceAccount")
    region = self._get_param("StackInstanceRegion")
    filters = self._get_param("Filters", [])
    return _page(
        self,
        [
            stack_set.describe_instance(instance)
            for _, instance in sorted(stack_set.instances.items())
            if account in (None, instance.account)
            and region in (None, instance.region)
            and all(_FILTERS[f["Name"]](instance) == f["Values"] for f in filters)
        ],
    )


def _list_operations(self: CloudFormationResponse) -> ActionResult:
    return _page(self, [operation.summary() for operation in reversed(_find(self).operations)])


def _describe_operation(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    operation = stack_set.operation(self._get_param("OperationId"))
    shown = operation.summary() | {"StackSetId": stack_set.id, "RetainStacks": operation.retain}
    return ActionResult({"StackSetOperation": shown})


def _list_operation_results(self: CloudFormationResponse) -> ActionResult:
    operation = _find(self).operation(self._get_param("OperationId"))
    return _page(
        self,
        [{k: v for k, v in r.items() if v is not None} for r in operation.results.values()],
    )


def _stop_operation(self: CloudFormationResponse) -> ActionResult:
    operation = _find(self).operation(self._get_param("OperationId"))
    if operation.status not in _RUNNING:
        raise ValidationError(message=f"Operation {operation.id} is not running")
    operation.status = "STOPPING"
    return EmptyResult()


def _list_auto_deployment_targets(self: CloudFormationResponse) -> ActionResult:
    return _page(
        self,
        [
            {"OrganizationalUnitId": ou, "Regions": sorted(regions)}
            for ou, regions in sorted(_find(self).deployed_ous.items())
        ],
    )


def _detect_drift(self: CloudFormationResponse) -> ActionResult:
    stack_set = _find(self)
    _check_new(self, stack_set)
    stack_set.check_free()
    chosen = list(stack_set.instances.values())
    return _start(self, stack_set, Operation("DETECT_DRIFT", chosen, _preferences(self)))


# --- trusted access ---------------------------------------------------------------------


def _own_organization(self: CloudFormationResponse) -> OrganizationsBackend:
    backend = accounts.organization_of(self.current_account)
    if backend is None or backend.account_id != self.current_account:
        raise ValidationError(message=_NOT_ADMINISTRATOR)
    return backend


def enable_access(backend: OrganizationsBackend) -> None:
    """Lets StackSets work with the organization."""
    backend.enable_aws_service_access(ServicePrincipal=organization.STACKSETS)
    _access.add(backend.account_id)


def disable_access(backend: OrganizationsBackend) -> None:
    """Keeps StackSets from working with the organization."""
    backend.disable_aws_service_access(ServicePrincipal=organization.STACKSETS)
    _access.discard(backend.account_id)


def _activate(self: CloudFormationResponse) -> ActionResult:
    enable_access(_own_organization(self))
    return EmptyResult()


def _deactivate(self: CloudFormationResponse) -> ActionResult:
    disable_access(_own_organization(self))
    return EmptyResult()


def _describe_access(self: CloudFormationResponse) -> ActionResult:
    backend = accounts.organization_of(_home(self))
    if backend is None:
        raise ValidationError(message=_NOT_ADMINISTRATOR)
    enabled = backend.account_id in _access
    return ActionResult({"Status": "ENABLED" if enabled else "DISABLED"})


# --- for the snapshot -------------------------------------------------------------------


def stop_all() -> None:
    """Somebody stops what is under way."""
    for stack_set in all_sets():
        for operation in stack_set.operations:
            if operation.status in _RUNNING:
                operation.status = "STOPPING"


def all_sets() -> list[StackSet]:
    """Every set of every account and region."""
    return [stack_set for named in _sets.values() for stack_set in named.values()]


def install() -> None:
    """Takes the place of moto's own functions."""
    api: dict[str, Callable[..., ActionResult]] = {
        "create_stack_set": _create_stack_set,
        "update_stack_set": _update_stack_set,
        "delete_stack_set": _delete_stack_set,
        "describe_stack_set": _describe_stack_set,
        "list_stack_sets": _list_stack_sets,
        "create_stack_instances": _create_stack_instances,
        "update_stack_instances": _update_stack_instances,
        "delete_stack_instances": _delete_stack_instances,
        "describe_stack_instance": _describe_stack_instance,
        "list_stack_instances": _list_stack_instances,
        "list_stack_set_operations": _list_operations,
        "describe_stack_set_operation": _describe_operation,
        "list_stack_set_operation_results": _list_operation_results,
        "stop_stack_set_operation": _stop_operation,
        "list_stack_set_auto_deployment_targets": _list_auto_deployment_targets,
        "detect_stack_set_drift": _detect_drift,
        "activate_organizations_access": _activate,
        "deactivate_organizations_access": _deactivate,
        "describe_organizations_access": _describe_access,
    }
    for name, method in api.items():
        setattr(CloudFormationResponse, name, method)
    organization.on_change.append(_organization_changed)
