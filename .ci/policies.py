"""Lints the IAM policies in a template with parliament, and refuses macros and a role with one name in all regions.

`--one-region` is for a template that is deployed in one region, where such a role is in its place.
"""

import json
import sys

import cfnlint.decode
import parliament

VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111122223333",
    "DeploymentName": "rootwatch",
    "HubAccountId": "444455556666",
    "HubRegion": "eu-west-1",
    "HubBusName": "rootwatch",
    "NotifierRoleArn": "arn:aws:iam::111122223333:role/rootwatch-notifier-eu-west-1",
    "Topic": "arn:aws:sns:eu-west-1:111122223333:topic",
    "FailuresTopic": "arn:aws:sns:eu-west-1:111122223333:failures",
    "Queue.Arn": "arn:aws:sqs:eu-west-1:111122223333:queue",
    "Destination.Arn": "arn:aws:events:eu-west-1:111122223333:api-destination/d/1234abcd-12ab-34cd-56ef-1234567890ab",
    "DeadLetterQueue.Arn": "arn:aws:sqs:eu-west-1:111122223333:queue",
}


def resolved(value):
    """The value with references replaced by examples."""
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            return VALUES[value["Ref"]]
        if set(value) == {"Fn::Sub"}:
            text = value["Fn::Sub"]
            for name, example in VALUES.items():
                text = text.replace("${" + name + "}", example)
            assert "${" not in text, text
            return text
        if set(value) == {"Fn::GetAtt"}:
            path = value["Fn::GetAtt"]
            return VALUES[path if isinstance(path, str) else ".".join(path)]
        return {key: resolved(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner) for inner in value]
    return value


def findings(name, document):
    """What parliament says about one policy."""
    policy = parliament.analyze_policy_string(json.dumps(resolved(document), default=str))
    for finding in policy.findings:
        yield f"{name}: {finding.issue} {finding.detail} {finding.location}"


def main(path, is_in_one_region):
    """Prints what is wrong."""
    template, problems = cfnlint.decode.decode(path)
    found = [str(problem) for problem in problems or []]
    if "Transform" in template:
        found.append("StackSets take no macros")
    linted = 0
    for name, resource in template["Resources"].items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::CloudFormation::Stack":
            found.append(f"{name}: StackSets take no nested stacks")
        if not is_in_one_region and "${AWS::Region}" not in json.dumps(properties.get("RoleName", "${AWS::Region}")):
            found.append(f"{name}: a role with such a name collides with those of other regions")
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for document in documents:
            linted += 1
            found += findings(name, document)
    if linted == 0:
        found.append("no policy found to lint")
    print("\n".join(found) or f"{linted} policies are clean")
    return 1 if found else 0


sys.exit(main(sys.argv[-1], "--one-region" in sys.argv))
