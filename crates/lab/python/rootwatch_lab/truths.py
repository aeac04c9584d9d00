"""What AWS says only for a while: just after something was made or changed, or while it is busy.

`truths.json` has the answers that others have met or that AWS documents, each with its source and with
the moment at which it is plausible:

    new:KIND   something of this kind that the call names was made a moment ago
    busy:KIND  another write that names it is under way, or was a moment ago
    busy:KIND:OPERATION  this operation took effect on it a moment ago
    gone:KIND  something of that name was deleted a moment ago
    always     at any time

All that happens follows from one seed: each draw is a hash of the seed, the answer, the resource and how
often the two have met, so that the order in which other calls arrive does not matter. No answer is met
more than twice with one resource. Besides, writes lose their connections, before or after they take
effect, and reads that AWS calls eventually consistent answer once or twice what they answered before.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import functions, requests
from .faults import Call, Fault

# Of the kind, account, region and name. IAM has no regions.
Key = tuple[str, str, str, str]
Answer = tuple[int, list[Any], bytes]

# How long something is new, or just gone; and how long a write keeps others out.
_YOUNG_S = 5.0
_BUSY_S = 1.0
# One answer with one resource, and all answers to one operation with it.
_AT_MOST = 2
_AT_MOST_OF_CALL = 3
# What is plausible at any time would be met at every call: it is as much rarer.
_ALWAYS = 0.2
_LAGS = 2

_MAKES = {
    ("iam", "CreateRole"): "role",
    ("iam", "PutRolePolicy"): "policy",
    ("lambda", "CreateFunction"): "function",
    ("lambda", "CreateEventSourceMapping"): "mapping",
    ("sqs", "CreateQueue"): "queue",
    ("events", "CreateEventBus"): "bus",
    ("events", "PutRule"): "rule",
    ("sns", "CreateTopic"): "topic",
    ("logs", "CreateLogGroup"): "group",
    ("monitoring", "PutMetricAlarm"): "alarm",
    ("cloudformation", "CreateStackSet"): "stackset",
    ("cloudformation", "CreateStack"): "stack",
    ("cloudformation", "ActivateOrganizationsAccess"): "access",
}
_ENDS = {
    ("iam", "DeleteRole"): "role",
    ("lambda", "DeleteFunction"): "function",
    ("sqs", "DeleteQueue"): "queue",
    ("events", "DeleteEventBus"): "bus",
    ("events", "DeleteRule"): "rule",
    ("sns", "DeleteTopic"): "topic",
    ("logs", "DeleteLogGroup"): "group",
    ("cloudformation", "DeleteStackSet"): "stackset",
    ("cloudformation", "DeleteStack"): "stack",
}
_NAMED = {
    ("iam", "RoleName"): "role",
    ("lambda", "FunctionName"): "function",
    ("lambda", "UUID"): "mapping",
    ("sqs", "QueueName"): "queue",
    ("sqs", "QueueUrl"): "queue",
    ("events", "EventBusName"): "bus",
    ("events", "Rule"): "rule",
    ("logs", "logGroupName"): "group",
    ("monitoring", "AlarmName"): "alarm",
    ("cloudformation", "StackSetName"): "stackset",
    ("cloudformation", "StackName"): "stack",
}
# Of a truth that is no answer to its call, but the reason for which an instance fails.
_RESULT = "(operation result)"
_NAMES_A_BUS = ("CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus")
_ARN = re.compile(r"arn:aws[a-z-]*:([a-z]+):([a-z0-9-]*):(\d{12}):([^\s\"*]+)")
# Reads that lag; what their sources say of them.
_LATE_READS = {
    # botocore: "This API provides eventually consistent reads".
    ("cloudformation", "ListStackSetOperationResults"),
    ("cloudformation", "ListStackSetOperations"),
    # botocore says nothing of it, but that the three beside it are strongly consistent;
    # hashicorp/terraform-provider-aws#40649.
    ("cloudformation", "ListStackInstances"),
    ("cloudformation", "ListStackSetAutoDeploymentTargets"),
    # hashicorp/terraform-provider-aws: permission.go, queue.go, role_policy.go, bus_policy.go.
    ("lambda", "GetPolicy"),
    ("sqs", "GetQueueAttributes"),
    ("sqs", "ListQueues"),
    ("iam", "GetRolePolicy"),
    ("iam", "ListRolePolicies"),
    ("iam", "ListAttachedRolePolicies"),
    ("events", "DescribeEventBus"),
    ("events", "ListTargetsByRule"),
    # aws-cloudformation/aws-cloudformation-resource-providers-sns waits 8 s, and 30 s for a policy.
    ("sns", "ListSubscriptionsByTopic"),
    ("sns", "GetSubscriptionAttributes"),
    ("sns", "GetTopicAttributes"),
}
_REQUEST_IDS = re.compile(rb"<RequestId>[^<]*</RequestId>|<ResponseMetadata>.*?</ResponseMetadata>")
_DATA = Path(__file__).with_name("truths.json")


@dataclasses.dataclass(frozen=True)
class Truth:
    """An answer, and when it is plausible."""

    id: str
    when: str
    code: str
    message: str
    http: int
    sure: str
    source: str

    @property
    def call(self) -> tuple[str, str]:
        """Signing name and operation."""
        service, operation = self.id.split(" ")[0].split(":")
        return {"cloudwatch": "monitoring"}.get(service, service), operation


def _table() -> dict[tuple[str, str], list[Truth]]:
    table: dict[tuple[str, str], list[Truth]] = {}
    for row in json.loads(_DATA.read_text()):
        truth = Truth(**row)
        table.setdefault(truth.call, []).append(truth)
    return table


@dataclasses.dataclass
class Settings:
    """What is drawn; chances are of 1."""

    seed: int
    rate: float = 0.05
    lost: float = 0.02
    lag: float = 0.05
    # Whether answers count that nobody is known to have seen, and no document tells of.
    inferred: bool = False


class Truths:
    """What is drawn, what was met, and what happened lately."""

    def __init__(self) -> None:
        self._table = _table()
        self._settings: Settings | None = None
        self._made: dict[Key, float] = {}
        self._gone: dict[Key, float] = {}
        self._written: dict[Key, tuple[float, str]] = {}
        self._forget_draws()
        self.begin()

    def begin(self) -> None:
        """A fork has its own lock, and nothing under way."""
        self._lock = threading.Lock()
        self._under_way: collections.Counter[Key] = collections.Counter()

    def _forget_draws(self) -> None:
        self._met: collections.Counter[str] = collections.Counter()
        self._tries: collections.Counter[tuple[Any, ...]] = collections.Counter()
        self._fired: collections.Counter[tuple[Any, ...]] = collections.Counter()
        self._answers: dict[tuple[str, ...], Answer] = {}
        self._lagging: collections.Counter[tuple[str, ...]] = collections.Counter()

    def set(self, values: dict[str, Any]) -> None:
        """Draws from now on."""
        with self._lock:
            self._settings = Settings(**values)
            self._forget_draws()

    def clear(self) -> None:
        """Draws no longer; what was met stays to be asked."""
        with self._lock:
            self._settings = None

    def met(self) -> dict[str, Any]:
        """How often each answer was met, by its id, and lost answers and late reads by theirs."""
        with self._lock:
            seed = self._settings.seed if self._settings else None
            return {"seed": seed, "met": dict(sorted(self._met.items()))}

    # --- one call -----------------------------------------------------------------------

    def meet(self, call: Call, environ: dict[str, Any]) -> Fault | None:
        """What the call meets, if anything: an answer of the table, or the end of its connection."""
        if self._settings is None or call.by_function:
            return None
        if requests.refusal(call.service, call.operation, environ):
            return None
        keys = _keys(call, environ)
        with self._lock:
            return self._late_answer(call, keys) or self._lost(call, keys)

    def _late_answer(self, call: Call, keys: list[Key]) -> Fault | None:
        assert self._settings is not None
        for truth in self._table.get((call.service, call.operation), ()):
            if truth.code == _RESULT or not self._counts(truth):
                continue
            key = self._plausible(truth, call, keys)
            if key is None:
                continue
            chance = self._settings.rate * (_ALWAYS if truth.when == "always" else 1)
            of_call = (call.service, call.operation, _told(keys[0]) if keys else "")
            if self._fired[of_call] >= _AT_MOST_OF_CALL or not self._hits(truth.id, key, chance):
                continue
            self._fired[of_call] += 1
            self._met[truth.id] += 1
            return _fault(truth, call, keys)
        return None

    def _counts(self, truth: Truth) -> bool:
        assert self._settings is not None
        return truth.sure != "inferred" or self._settings.inferred

    def reason(self, stack_set: str, parts: dict[str, str]) -> str | None:
        """Why the instance in an account and region fails, of a StackSet that was made a moment ago.

        StackSets make a role in each account for it, which is late as any new role.
        """
        with self._lock:
            made = [at for key, at in self._made.items() if key[0] == "stackset" and key[3] == stack_set]
            if self._settings is None or not made or time.monotonic() - max(made) >= _YOUNG_S:
                return None
            key = ("instance", parts["account"], parts["region"], stack_set)
            for truth in self._table[("cloudformation", "CreateStackInstances")]:
                if truth.code != _RESULT or not self._counts(truth):
                    continue
                # There are many instances, and several rows for each.
                if self._hits(truth.id, key, self._settings.rate * _ALWAYS):
                    self._met[truth.id] += 1
                    return _with(truth.message, {"stackset": stack_set, **parts})
        return None

    def _plausible(self, truth: Truth, call: Call, keys: list[Key]) -> Key | None:
        """The resource with which it is."""
        if truth.when == "always":
            return keys[0] if keys else ("call", call.account, call.region, "")
        moment, kind, *operation = truth.when.split(":")
        now = time.monotonic()
        for key in keys:
            if key[0] != kind:
                continue
            at, by = self._written.get(key, (-1e9, ""))
            if moment == "busy":
                young = now - at < (_YOUNG_S if operation else _BUSY_S)
                if young and by in (operation or [by]) or self._under_way[key] and not operation:
                    return key
            elif now - (self._made if moment == "new" else self._gone).get(key, -1e9) < _YOUNG_S:
                return key
        return None

    def _lost(self, call: Call, keys: list[Key]) -> Fault | None:
        assert self._settings is not None
        if not call.write:
            return None
        key = keys[0] if keys else ("call", call.account, call.region, "")
        name = f"{call.service}:{call.operation} lost"
        if not self._hits(name, key, self._settings.lost):
            return None
        applied = self._draw(name, "applied", _told(key)) < 0.5
        self._met[f"{name} {'after' if applied else 'before'} its effect"] += 1
        return Fault({"type": "drop", "applied": applied})

    def _hits(self, name: str, key: Key, chance: float) -> bool:
        place = (name, _told(key))
        self._tries[place] += 1
        if self._fired[place] >= _AT_MOST or self._draw(*place, self._tries[place]) >= chance:
            return False
        self._fired[place] += 1
        return True

    def _draw(self, *of: Any) -> float:
        """At least 0 and less than 1, the same for the same."""
        assert self._settings is not None
        text = repr((self._settings.seed, *of)).encode()
        digest = hashlib.blake2b(text, digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    # --- what happens -------------------------------------------------------------------

    @contextlib.contextmanager
    def under_way(self, call: Call, environ: dict[str, Any]) -> Iterator[Callable[[Answer], None]]:
        """A write is; what is given takes its answer."""
        if not call.write:
            yield lambda _answer: None
            return
        keys = _keys(call, environ)
        with self._lock:
            self._under_way.update(keys)
        try:
            yield lambda answer: self._note(call, keys, answer)
        finally:
            with self._lock:
                self._under_way.subtract(keys)

    def _note(self, call: Call, keys: list[Key], answer: Answer) -> None:
        if answer[0] >= 400:
            return
        now = time.monotonic()
        makes = _MAKES.get((call.service, call.operation))
        ends = _ENDS.get((call.service, call.operation))
        with self._lock:
            for key in keys if makes != "mapping" else [*keys, ("mapping", *_place(call), "")]:
                self._written[key] = now, call.operation
                if key[0] == makes:
                    self._made.setdefault(key, now)
            for key in keys[:1] if ends else ():
                self._gone[key] = now
                for known in [known for known in self._made if known[1:] == key[1:]]:
                    del self._made[known]

    # --- reads that lag -----------------------------------------------------------------

    def read(self, call: Call, environ: dict[str, Any], fresh: Callable[[], Answer]) -> Answer:
        """The fresh answer, or the one before it for once or twice."""
        settings = self._settings
        late = (call.service, call.operation) in _LATE_READS
        if settings is None or not settings.lag or call.by_function or not late:
            return fresh()
        body = requests.body(environ).decode("utf-8", "replace")
        asked = (call.account, call.region, call.service, call.operation, environ["PATH_INFO"], body)
        answer = fresh()
        with self._lock:
            known = self._answers.get(asked)
            same = known is None or _content(known) == _content(answer)
            if same or answer[0] >= 400 or not self._lags(asked, settings.lag):
                self._answers[asked] = answer
                self._lagging.pop(asked, None)
                return answer
            self._met[f"{call.service}:{call.operation} late"] += 1
            assert known is not None
            return known

    def _lags(self, asked: tuple[str, ...], chance: float) -> bool:
        if self._lagging[asked]:
            self._lagging[asked] -= 1
            return self._lagging[asked] > 0
        self._tries[asked] += 1
        draw = self._draw("late", asked, self._tries[asked])
        if draw >= chance:
            return False
        self._lagging[asked] = 1 + int(draw / chance * _LAGS)
        return True


truths = Truths()


def _content(answer: Answer) -> tuple[int, bytes]:
    return answer[0], _REQUEST_IDS.sub(b"", answer[2])


def _place(call: Call) -> tuple[str, str]:
    return call.account, call.region


def _told(key: Key) -> str:
    """A resource in draws: ids that AWS makes up would make them differ from run to run."""
    return f"{key[0]} {key[1]} {key[2]} {key[3] if key[0] != 'mapping' else ''}"


def _fault(truth: Truth, call: Call, keys: list[Key]) -> Fault:
    message = _filled(truth.message, call, keys)
    if truth.http == 200:
        return Fault({"type": "entries", "code": truth.code, "message": message, "count": 1})
    return Fault(
        {"type": "fail", "code": truth.code, "message": message, "status": truth.http}
    )


def _filled(message: str, call: Call, keys: list[Key]) -> str:
    parts = {"account": call.account, "region": call.region, "caller": call.caller}
    for kind, account, region, name in reversed(keys):
        parts[kind] = name.split("/")[-1] if kind == "rule" else name
        where = f"{region or call.region}:{account}"
        parts[f"{kind}_arn"] = {
            "role": f"arn:aws:iam::{account}:role/{name}",
            "function": f"arn:aws:lambda:{where}:function:{name}",
            "queue": f"arn:aws:sqs:{where}:{name}",
            "stackset": f"arn:aws:cloudformation:{where}:stackset/{name}",
            "stack": f"arn:aws:cloudformation:{where}:stack/{name}",
        }.get(kind, name)
    return _with(message, parts)


def _with(message: str, parts: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: parts.get(found.group(1), "x"), message)


# --- what a call names ------------------------------------------------------------------


def _keys(call: Call, environ: dict[str, Any]) -> list[Key]:
    """The resources that a call names, its own first."""
    values = environ.get("lab.values")
    if not isinstance(values, dict):
        return []
    found: dict[Key, None] = {}
    bus = str(values.get("EventBusName") or "default").split("/")[-1]
    for field, value in values.items():
        kind = _NAMED.get((call.service, field))
        if kind and isinstance(value, str) and not (kind == "bus" and "Rule" in values):
            found[_key(kind, call, value, bus)] = None
    name = values.get("Name")
    if isinstance(name, str) and call.service == "events":
        kind = "bus" if call.operation in _NAMES_A_BUS else "rule"
        found = {_key(kind, call, name, bus): None, **found}
    elif isinstance(name, str) and call.service == "sns":
        found[_key("topic", call, name, bus)] = None
    if call.service == "events" and "Rule" in values:
        found[("bus", call.account, call.region, bus)] = None
    found |= dict.fromkeys(_arns(values))
    for kind, *place in [*found]:
        if kind == "role":
            # What was put on a role is new, or not, with the role.
            found[("policy", *place)] = None
        elif kind == "function" and call.operation != "CreateFunction":
            found |= dict.fromkeys(_role_of(*place))
    if call.operation in ("ActivateOrganizationsAccess", "CreateStackSet"):
        found[("access", call.account, "", "")] = None
    if call.operation.endswith("EventSourceMapping"):
        found[("mapping", call.account, call.region, "")] = None
    return list(found)


def _key(kind: str, call: Call, value: str, bus: str) -> Key:
    name = value.split("/")[-1] if kind in ("queue", "bus") else value
    if kind == "function":
        name = value.split(":function:")[-1].split(":")[0]
    if kind == "rule":
        name = f"{bus}/{value.split('/')[-1]}"
    if kind == "mapping":
        name = ""
    if kind == "topic":
        name = value.split(":")[-1]
    region = "" if kind == "role" else call.region
    return kind, call.account, region, name


def _arns(value: Any) -> Iterator[Key]:
    if isinstance(value, dict):
        # A policy may name anything.
        for name, item in value.items():
            if "Policy" not in name or name == "RedrivePolicy":
                yield from _arns(item)
    elif isinstance(value, list):
        for item in value:
            yield from _arns(item)
    elif isinstance(value, str) and len(value) < 2048:
        for service, region, account, rest in _ARN.findall(value):
            kind, name = _kind(service, rest)
            if kind:
                yield kind, account, region, name


def _kind(service: str, rest: str) -> tuple[str, str]:
    if service in ("sqs", "sns"):
        return {"sqs": "queue", "sns": "topic"}[service], rest.split(":")[0]
    if service == "iam" and rest.startswith("role/"):
        return "role", rest.split("/")[-1]
    if service == "lambda" and rest.startswith("function:"):
        return "function", rest.split(":")[1]
    if service == "events" and rest.startswith("event-bus/"):
        return "bus", rest.split("/")[-1]
    if service == "events" and rest.startswith("rule/"):
        above, _, name = rest.removeprefix("rule/").rpartition("/")
        return "rule", f"{above or 'default'}/{name}"
    if service == "logs" and rest.startswith("log-group:"):
        return "group", rest.split(":")[1]
    if service == "cloudwatch" and rest.startswith("alarm:"):
        return "alarm", rest.split(":", 1)[1]
    return "", ""


def _role_of(account: str, region: str, name: str) -> Iterator[Key]:
    function = functions.find(f"arn:aws:lambda:{region}:{account}:function:{name}")
    if function:
        role = str(function.role).split("/")[-1]
        yield "role", account, "", role
        yield "policy", account, "", role
