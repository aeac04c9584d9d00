"""CloudFormation stacks: rollback, updates in place, capabilities; resources that moto lacks."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import re
import secrets
import string
import time
from typing import Any

import moto.cloudformation.models as models
import moto.cloudformation.parsing as parsing
import moto.cloudformation.responses as responses
import yaml
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import OutputMap, ResourceMap, clean_json
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.events.models import EventBus, events_backends
from moto.iam import iam_backends
from moto.iam.models import Role
from moto.sns.models import sns_backends
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import Queue, sqs_backends

from .events import PolicyStatement
from .state import late

_NAME_LIMITS = {
    "AWS::IAM::Role": 64,
    "AWS::Events::Rule": 64,
    "AWS::Lambda::Function": 64,
    "AWS::SQS::Queue": 80,
}
_IAM_NAMES = ("RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName")
_SUFFIX = string.ascii_uppercase + string.digits


class InsufficientCapabilities(CloudFormationError):
    """InsufficientCapabilitiesException."""

    code = "InsufficientCapabilitiesException"


# --- templates --------------------------------------------------------------------------


def _read_tag(loader: Any, tag: str, node: Any) -> Any:
    """A short form; `!GetAtt` may also have its two parts as a list."""
    if tag == "!GetAtt" and isinstance(node, yaml.SequenceNode):
        return {"Fn::GetAtt": loader.construct_sequence(node)}
    return _moto_read_tag(loader, tag, node)


@functools.lru_cache(maxsize=64)
def _parsed(template: str) -> Any:
    return _moto_parse(template)


def _parse_once(template: str) -> Any:
    """A stack set's instances have one template, and reading it is most of what a stack takes."""
    return copy.deepcopy(_parsed(template))


def parse(template: str) -> dict[str, Any]:
    """The template as a dict, or the ValidationError CloudFormation answers with."""
    try:
        parsed = Stack.parse_template(template)
    except Exception as error:
        raise ValidationError(message=f"Template format error: {error}") from None
    if not isinstance(parsed, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    if not parsed.get("Resources"):
        raise ValidationError(
            message="Template format error: At least one Resources member must be defined."
        )
    return parsed


def check_capabilities(template: dict[str, Any], given: list[str]) -> None:
    """Refuses templates with IAM resources that the caller did not acknowledge."""
    resources = template["Resources"].values()
    iam = [r for r in resources if str(r.get("Type")).startswith("AWS::IAM::")]
    if not iam or "CAPABILITY_NAMED_IAM" in given:
        return
    named = any(name in (r.get("Properties") or {}) for r in iam for name in _IAM_NAMES)
    if named or "CAPABILITY_IAM" not in given:
        needed = "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"
        raise InsufficientCapabilities(f"Requires capabilities : [{needed}]")


def check_parameters(template: dict[str, Any], given: dict[str, Any]) -> None:
    """Refuses unknown, missing and malformed parameters."""
    known = template.get("Parameters") or {}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValidationError(
            message=f"Parameters: [{', '.join(unknown)}] do not exist in the template"
        )
    missing = [name for name, p in known.items() if "Default" not in p and name not in given]
    if missing:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in given.items():
        _check_value(name, known[name], str(value))


def _check_value(name: str, parameter: dict[str, Any], value: str) -> None:
    pattern = parameter.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        reason = parameter.get("ConstraintDescription") or f"must match pattern {pattern}"
        raise ValidationError(message=f"Parameter '{name}' {reason}")
    allowed = [str(item) for item in parameter.get("AllowedValues") or []]
    if allowed and value not in allowed:
        raise ValidationError(message=f"Parameter '{name}' must be one of AllowedValues")


# --- stacks -----------------------------------------------------------------------------


def _in_progress(self: Stack) -> bool:
    return time.monotonic() < self.__dict__.get("settled_at", 0.0)


def _get_status(self: Stack) -> str:
    status = str(self.__dict__.get("final_status", "CREATE_PENDING"))
    if _in_progress(self) and status.endswith(("_COMPLETE", "_FAILED")):
        return status.split("_")[0] + "_IN_PROGRESS"
    return status


def _set_status(self: Stack, status: str) -> None:
    self.__dict__["final_status"] = status
    if status.endswith(("_COMPLETE", "_FAILED")):
        self.__dict__["settled_at"] = time.monotonic() + late.stack_ms / 1000


def _reason(error: Exception) -> str:
    return getattr(error, "message", None) or str(error) or type(error).__name__


def _create_resources(self: Stack) -> None:
    try:
        _moto_create_resources(self)
    except Exception as error:
        self.__dict__["stack_status_reason"] = _reason(error)
        self._add_stack_event("ROLLBACK_IN_PROGRESS", resource_status_reason=_reason(error))
        self.resource_map.delete()
        _empty(self)
        self.status = "ROLLBACK_COMPLETE"
        self._add_stack_event("ROLLBACK_COMPLETE")


def _empty(stack: Stack) -> None:
    # moto makes resources when they are looked at: a look must not bring them back.
    stack.resource_map._resource_json_map = {}
    stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)


def _delete(self: Stack) -> None:
    _moto_delete(self)
    _empty(self)


def _update(
    self: Stack,
    template: str,
    role_arn: str | None = None,
    parameters: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    before = (self.template, dict(self.resource_map.input_parameters), dict(self.tags))
    try:
        _moto_update(self, template, role_arn, parameters, tags)
    except Exception as error:
        self.__dict__["stack_status_reason"] = _reason(error)
        self._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS", resource_status_reason=_reason(error))
        old_template, old_parameters, old_tags = before
        _moto_update(self, old_template, role_arn, old_parameters, old_tags)
        self.status = "UPDATE_ROLLBACK_COMPLETE"
        self._add_stack_event("UPDATE_ROLLBACK_COMPLETE")


def _delete_stack(self: CloudFormationBackend, name_or_stack_id: str) -> None:
    for stack in self.stacks.values():
        if name_or_stack_id not in (stack.name, stack.stack_id):
            continue
        if stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is "
                "enabled"
            )
        if stack.status == "UPDATE_IN_PROGRESS":
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while in status {stack.status}"
            )
    _moto_delete_stack(self, name_or_stack_id)


def _api_create(self: CloudFormationResponse) -> ActionResult:
    body = self._get_param("TemplateBody")
    if body:
        template = parse(body)
        check_capabilities(template, self._get_param("Capabilities", []))
        check_parameters(template, self._get_params_from_list(self._get_param("Parameters", [])))
    return _moto_api_create(self)


def _api_update(self: CloudFormationResponse) -> ActionResult:
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    if stack.status.endswith("_IN_PROGRESS"):
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )
    body = self._get_param("TemplateBody") or stack.template
    template = parse(body)
    check_capabilities(template, self._get_param("Capabilities", []))
    given = self._get_param_values(self._get_param("Parameters", []), stack.stack_parameters)
    check_parameters(template, given)
    tags = {item["Key"]: item["Value"] for item in self._get_param("Tags", [])}
    wanted = {
        name: str(p.get("Default", "")) for name, p in (template.get("Parameters") or {}).items()
    }
    wanted |= {name: str(value) for name, value in given.items()}
    have = {name: str(value) for name, value in stack.stack_parameters.items()}
    if template == parse(stack.template) and wanted == have and (not tags or tags == stack.tags):
        raise ValidationError(message="No updates are to be performed.")
    return _moto_api_update(self)


def _api_protect(self: CloudFormationResponse) -> ActionResult:
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    enable = str(self._get_param("EnableTerminationProtection")).lower()
    stack.enable_termination_protection = enable == "true"
    return ActionResult({"StackId": stack.stack_id})


def _api_validate(self: CloudFormationResponse) -> ActionResult:
    template = parse(self._get_param("TemplateBody"))
    parameters = [
        {
            "ParameterKey": name,
            "DefaultValue": parameter.get("Default"),
            "NoEcho": bool(parameter.get("NoEcho")),
            "Description": parameter.get("Description"),
        }
        for name, parameter in (template.get("Parameters") or {}).items()
    ]
    capabilities = []
    try:
        check_capabilities(template, [])
    except InsufficientCapabilities as needed:
        capabilities = re.findall(r"CAPABILITY_\w+", str(needed))
    return ActionResult(
        {
            "Description": template.get("Description"),
            "Parameters": parameters,
            "Capabilities": capabilities,
        }
    )


# --- resources --------------------------------------------------------------------------


def _resolved(resources: ResourceMap, name: str) -> Any:
    return clean_json(copy.deepcopy(resources._resource_json_map[name]), resources)


def _wanted(resources: ResourceMap) -> list[str]:
    return [
        name
        for name, resource in resources._resource_json_map.items()
        if not resource.get("Condition") or resources.lazy_condition_map[resource["Condition"]]
    ]


def _update_resources(
    self: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None
) -> None:
    # moto sees only changed parameters that a plain Ref names, and no changed conditions.
    # As CloudFormation does: make what is new, change what differs, then clean up.
    old_json = self._resource_json_map
    existing = [name for name in _wanted(self) if name in self._parsed_resources]
    before = {name: _resolved(self, name) for name in existing}
    self._template = template
    if parameters is not None:
        self.input_parameters = parameters
    self._resource_json_map = template["Resources"]
    self.resolved_parameters = {}
    self.load()
    wanted = _wanted(self)
    for name in wanted:
        if name not in existing:
            _ = self[name]
    for name in existing:
        if name in wanted and _resolved(self, name) != before[name]:
            self._parsed_resources[name] = parsing.parse_and_update_resource(
                name,
                self._resource_json_map[name],
                self,
                account_id=self._account_id,
                region_name=self._region_name,
            )
    for name in reversed(existing):
        if name not in wanted and old_json[name].get("DeletionPolicy") != "Retain":
            self._delete_resource(self._parsed_resources.pop(name), old_json[name])


def _generate_name(resource_type: str, stack_name: str, logical_id: str) -> str:
    limit = _NAME_LIMITS.get(resource_type)
    if limit is None:
        return str(_moto_generate_name(resource_type, stack_name, logical_id))
    suffix = "".join(secrets.choice(_SUFFIX) for _ in range(12))
    tail = f"-{logical_id[: limit // 3]}-{suffix}"
    return stack_name[: limit - len(tail)] + tail


def _text(document: Any) -> str:
    # YAML reads an unquoted policy version as a date.
    return document if isinstance(document, str) else json.dumps(document, default=str)


def _create_role(
    cls: type[Role],
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Role:
    for policy in cloudformation_json["Properties"].get("Policies", []):
        policy["PolicyDocument"] = _text(policy["PolicyDocument"])
    cloudformation_json["Properties"].setdefault("Tags", [])
    role = _moto_create_role(resource_name, cloudformation_json, account_id, region_name, **kwargs)
    role.__dict__["custom_name"] = cloudformation_json["Properties"].get("RoleName")
    return role


def _update_role(
    cls: type[Role],
    original_resource: Role,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> Role:
    properties = cloudformation_json["Properties"]
    role = original_resource
    custom = role.__dict__.get("custom_name")
    is_renamed = properties.get("RoleName") != custom
    if is_renamed or properties.get("Path", "/") != role.path:
        # Neither can be changed: another role takes its place, made before the old one goes.
        if custom and not is_renamed:
            raise ValidationError(
                message="CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {custom} and update the stack again."
            )
        made = _create_role(cls, new_resource_name, cloudformation_json, account_id, region_name)
        _delete_role(cls, role.name, cloudformation_json, account_id, region_name)
        return made
    role.permissions_boundary_arn = properties.get("PermissionsBoundary")
    role.assume_role_policy_document = _text(properties["AssumeRolePolicyDocument"])
    role.description = properties.get("Description", "")
    role.tags = properties.get("Tags", [])
    wanted = {p["PolicyName"]: _text(p["PolicyDocument"]) for p in properties.get("Policies", [])}
    for name in set(role.policies) - set(wanted):
        role.delete_policy(name)
    for name, text in wanted.items():
        role.put_policy(name, text)
    return role


def _delete_role(
    cls: type[Role],
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> None:
    backend = iam_backends[account_id]["aws"]
    for role in list(backend.roles.values()):
        if role.name == resource_name:
            role.policies.clear()
            role.managed_policies.clear()
            backend.roles.pop(role.id)


def _update_queue(
    cls: type[Queue],
    original_resource: Queue,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Queue:
    properties = dict(cloudformation_json["Properties"])
    original_resource.tags = {t["Key"]: t["Value"] for t in properties.pop("Tags", [])}
    properties.pop("QueueName", None)
    policy = original_resource.policy
    original_resource._set_attributes(properties)
    original_resource.policy = policy
    return original_resource


def _delete_queue(
    cls: type[Queue],
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> None:
    # What somebody else has deleted is no hindrance.
    with contextlib.suppress(QueueDoesNotExist):
        sqs_backends[account_id][region_name].delete_queue(resource_name.rsplit("/", 1)[-1])


class PolicyAttachment(CloudFormationModel):
    """A policy that CloudFormation puts on other resources."""

    def __init__(self, name: str, properties: dict[str, Any], account: str, region: str):
        self.physical_resource_id = name
        self._account, self._region = account, region
        self.put(properties)

    def put(self, properties: dict[str, Any]) -> None:
        """Puts the policy on every resource named."""
        self.properties = properties
        for resource in self._resources():
            resource.policy = _text(properties["PolicyDocument"])

    def take_away(self) -> None:
        """Leaves the resources without it."""
        for resource in self._resources():
            resource.policy = None

    def _resources(self) -> list[Any]:
        raise NotImplementedError

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_kwargs: Any,
    ) -> PolicyAttachment:
        """Makes it."""
        return cls(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: PolicyAttachment,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> PolicyAttachment:
        """Puts the new policy on the new list."""
        original_resource.take_away()
        original_resource.put(cloudformation_json["Properties"])
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Takes it away."""
        self.take_away()

    @staticmethod
    def cloudformation_name_type() -> str:
        """It has no name of its own."""
        return ""


class QueuePolicy(PolicyAttachment):
    """AWS::SQS::QueuePolicy."""

    def _resources(self) -> list[Any]:
        found = sqs_backends[self._account][self._region].queues
        names = [str(url).rsplit("/", 1)[-1] for url in self.properties["Queues"]]
        return [found[name] for name in names if name in found]

    @staticmethod
    def cloudformation_type() -> str:
        """The type in templates."""
        return "AWS::SQS::QueuePolicy"


class TopicPolicy(PolicyAttachment):
    """AWS::SNS::TopicPolicy."""

    def _resources(self) -> list[Any]:
        found = sns_backends[self._account][self._region].topics
        return [found[arn] for arn in self.properties["Topics"] if arn in found]

    def take_away(self) -> None:
        """A topic always has a policy: the default one returns."""
        for topic in self._resources():
            topic._policy_json = topic._create_default_topic_policy(
                self._region, self._account, topic.name
            )

    @staticmethod
    def cloudformation_type() -> str:
        """The type in templates."""
        return "AWS::SNS::TopicPolicy"


class BusPolicy(PolicyAttachment):
    """AWS::Events::EventBusPolicy."""

    def _bus(self) -> EventBus:
        name = str(self.properties.get("EventBusName") or "default").rsplit("/", 1)[-1]
        return events_backends[self._account][self._region].event_buses[name]

    def put(self, properties: dict[str, Any]) -> None:
        """Puts one statement, or several in the form of a policy."""
        self.properties = properties
        statement = properties.get("Statement")
        if isinstance(statement, str):
            statement = json.loads(statement)
        sid = properties["StatementId"]
        self._bus()._statements[sid] = PolicyStatement({"Sid": sid, **(statement or {})})

    def take_away(self) -> None:
        """Removes the statement."""
        bus = events_backends[self._account][self._region].event_buses.get(
            str(self.properties.get("EventBusName") or "default").rsplit("/", 1)[-1]
        )
        if bus:
            bus._statements.pop(self.properties["StatementId"], None)

    @staticmethod
    def cloudformation_type() -> str:
        """The type in templates."""
        return "AWS::Events::EventBusPolicy"


def _models() -> list[type[CloudFormationModel]]:
    return [*CloudFormationModel.__subclasses__(), QueuePolicy, TopicPolicy, BusPolicy]


_moto_read_tag = models.yaml_tag_constructor
_moto_parse = Stack.parse_template
_moto_create_resources = Stack.create_resources
_moto_update = Stack.update
_moto_delete = Stack.delete
_moto_delete_stack = CloudFormationBackend.delete_stack
_moto_api_create = CloudFormationResponse.create_stack
_moto_api_update = CloudFormationResponse.update_stack
_moto_generate_name = parsing.generate_resource_name
_moto_create_role = Role.create_from_cloudformation_json


def install() -> None:
    """Takes the place of moto's own functions."""
    known = [model for model in _models() if model is not PolicyAttachment]
    parsing.get_model_list = lambda: known
    models.yaml_tag_constructor = responses.yaml_tag_constructor = _read_tag
    # One was registered when moto was loaded.
    yaml.add_multi_constructor("", _read_tag)
    parsing.get_model_map.cache_clear()
    parsing.get_name_type_map.cache_clear()
    parsing.generate_resource_name = _generate_name
    ResourceMap.update = _update_resources
    Role.create_from_cloudformation_json = classmethod(_create_role)
    Role.update_from_cloudformation_json = classmethod(_update_role)
    Role.delete_from_cloudformation_json = classmethod(_delete_role)
    Queue.update_from_cloudformation_json = classmethod(_update_queue)
    Queue.delete_from_cloudformation_json = classmethod(_delete_queue)
    Stack.parse_template = staticmethod(_parse_once)
    Stack.status = property(_get_status, _set_status)
    Stack.create_resources = _create_resources
    Stack.update = _update
    Stack.delete = _delete
    CloudFormationBackend.delete_stack = _delete_stack
    CloudFormationResponse.create_stack = _api_create
    # It takes no notice of tags; `_api_update` looks at them too.
    CloudFormationResponse._validate_different_update = lambda *_: None
    CloudFormationResponse.update_stack = _api_update
    CloudFormationResponse.update_termination_protection = _api_protect
    CloudFormationResponse.validate_template = _api_validate
