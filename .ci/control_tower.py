"""Holds the spoke template against Control Tower's proactive controls for the types of resources in it.

What each control asks is retold from the AWS Control Tower Controls Reference, "Amazon SQS controls" and "AWS IAM
controls", whose rules CloudFormation Guard evaluates in a hook. There is none for rules of EventBridge, and none for
roles but those on their inline policies.
"""

import sys

import cfnlint.decode

BROKEN = [
    ("CT.SQS.PR.1", "AWS::SQS::Queue", {"SqsManagedSseEnabled": True}),
    (
        "CT.SQS.PR.1",
        "AWS::SQS::Queue",
        {"SqsManagedSseEnabled": True, "RedriveAllowPolicy": {"redrivePermission": "denyAll"}},
    ),
    ("CT.SQS.PR.2", "AWS::SQS::Queue", {"RedriveAllowPolicy": {"redrivePermission": "allowAll"}}),
    ("CT.IAM.PR.1", "AWS::IAM::Role", {"Action": "*", "Resource": ["*"]}),
    ("CT.IAM.PR.5", "AWS::IAM::Role", {"Action": ["events:*"], "Resource": "x"}),
    ("CT.IAM.PR.5", "AWS::IAM::Role", {"NotAction": "iam:*", "Resource": "x"}),
]


def chosen(value, branch):
    """The value with the first or the second branch of each condition, without what that leaves out."""
    if isinstance(value, dict):
        if set(value) == {"Fn::If"}:
            return chosen(value["Fn::If"][branch], branch)
        found = {key: chosen(inner, branch) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner != {"Ref": "AWS::NoValue"}}
    if isinstance(value, list):
        return [chosen(inner, branch) for inner in value]
    return value


def listed(value):
    """A list, where one may stand alone."""
    return value if isinstance(value, list) else [value]


def of_queue(queue):
    """The controls that a queue fails."""
    allowed = queue.get("RedriveAllowPolicy", {}).get("redrivePermission")
    if not queue.get("RedrivePolicy", {}).get("deadLetterTargetArn") and allowed not in (
        "allowAll",
        "byQueue",
    ):
        yield "CT.SQS.PR.1"
    if (queue.get("SqsManagedSseEnabled") is True) == bool(queue.get("KmsMasterKeyId")):
        yield "CT.SQS.PR.2"


def of_role(role):
    """The controls that a role fails by its inline policies."""
    for policy in role.get("Policies", []):
        for statement in listed(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] != "Allow":
                continue
            actions = listed(statement.get("Action", []))
            if "*" in actions and "*" in listed(statement.get("Resource", [])):
                yield "CT.IAM.PR.1"
            if "NotAction" in statement or any(it.endswith(":*") for it in actions):
                yield "CT.IAM.PR.5"


CONTROLS = {"AWS::SQS::Queue": of_queue, "AWS::IAM::Role": of_role}


def failures(kind, properties):
    """The controls that a resource fails, whatever the parameters are."""
    check = CONTROLS.get(kind, lambda _: [])
    return sorted({control for branch in (1, 2) for control in check(chosen(properties, branch))})


def self_check():
    """Fails unless each control is noticed."""
    for control, kind, broken in BROKEN:
        if kind == "AWS::IAM::Role":
            document = {"Statement": [{"Effect": "Allow", **broken}]}
            broken = {"Policies": [{"PolicyDocument": document}]}
        assert failures(kind, broken) == [control], (control, failures(kind, broken))


def main(path):
    """Prints what is wrong."""
    self_check()
    template, problems = cfnlint.decode.decode(path)
    found = [str(problem) for problem in problems or []]
    for name, resource in template["Resources"].items():
        found += [f"{name} fails {it}" for it in failures(resource["Type"], resource["Properties"])]
    print("\n".join(found) or "Control Tower's proactive controls pass")
    return 1 if found else 0


sys.exit(main(sys.argv[1]))
