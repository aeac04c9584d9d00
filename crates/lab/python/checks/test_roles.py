"""Who may assume which role, and what it may do then."""

from __future__ import annotations

import json
from typing import Any

import boto3

from .case import ENDPOINT, REGION, Case, client, lab, name

_MANAGEMENT, _HUB, _SHOP = "111111111111", "222222222222", "333333333333"
_DEFAULT, _READER = "OrganizationAccountAccessRole", "rootwatch-reader"


def _arn(role: str, account: str = _SHOP) -> str:
    return f"arn:aws:iam::{account}:role/{role}"


def _as(service: str, by: str, role: str, **more: Any) -> Any:
    """A client with the credentials of a role that an account's operator assumes."""
    keys = client("sts", by).assume_role(RoleArn=role, RoleSessionName="lab", **more)["Credentials"]
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=ENDPOINT,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


class Assuming(Case):
    """A role lets in whom its trust policy names."""

    def refuses(self, by: str, role: str, **more: Any) -> None:
        """An account's operator may not assume a role."""
        call = client("sts", by).assume_role
        said = self.refused("AccessDenied", call, RoleArn=role, RoleSessionName="lab", **more)
        wanted = f"User: arn:aws:iam::{by}:user/operator is not authorized to perform: sts:AssumeRole on resource: {role}"
        self.assertEqual(said, wanted)

    def test_the_default_role_lets_the_management_account_in_alone(self) -> None:
        for account in (_HUB, _SHOP):
            role = _arn(_DEFAULT, account)
            _as("sqs", _MANAGEMENT, role).list_queues()
            self.refuses(_HUB, role)
            self.refuses("444444444444", role)
        self.refuses(_MANAGEMENT, _arn(_DEFAULT, _MANAGEMENT))

    def test_a_role_that_is_not_there_lets_nobody_in(self) -> None:
        self.refuses(_MANAGEMENT, _arn("OrganizationAccountAcessRole"))
        self.refuses(_MANAGEMENT, _arn(f"team/{_DEFAULT}"))
        self.refuses(_HUB, _arn(_DEFAULT, "999999999999"))

    def test_the_reader_lets_the_hubs_account_in_alone(self) -> None:
        for account in (_MANAGEMENT, _HUB, _SHOP):
            _as("sts", _HUB, _arn(_READER, account)).get_caller_identity()
            self.refuses(_SHOP, _arn(_READER, account))
        self.refuses(_MANAGEMENT, _arn(_READER))

    def test_new_accounts_have_both(self) -> None:
        units = lab("POST", "organization")["ous"]
        account = lab("POST", "accounts", {"name": name(), "ou": units[0]["id"]})["id"]
        _as("sqs", _MANAGEMENT, _arn(_DEFAULT, account)).list_queues()
        _as("sts", _HUB, _arn(_READER, account)).get_caller_identity()

    def test_conditions_are_asked(self) -> None:
        iam, role = client("iam", _SHOP), name()
        organization = client("organizations", _MANAGEMENT).describe_organization()["Organization"]
        equals = {"sts:ExternalId": "corp=1", "aws:PrincipalOrgID": organization["Id"]}
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{_HUB}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": equals},
        }
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
        self.refuses(_HUB, _arn(role))
        self.refuses(_HUB, _arn(role), ExternalId="corp=2")
        self.refuses(_MANAGEMENT, _arn(role), ExternalId="corp=1")
        _as("sts", _HUB, _arn(role), ExternalId="corp=1").get_caller_identity()
        equals["aws:PrincipalOrgID"] = "o-another"
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        self.refuses(_HUB, _arn(role), ExternalId="corp=1")
        iam.delete_role(RoleName=role)

    def test_a_session_is_named_in_a_refusal(self) -> None:
        sts = _as("sts", _MANAGEMENT, _arn(_DEFAULT))
        wanted = _arn(_DEFAULT, _HUB)
        said = self.refused(
            "AccessDenied", sts.assume_role, RoleArn=wanted, RoleSessionName="again"
        )
        session = f"arn:aws:sts::{_SHOP}:assumed-role/{_DEFAULT}/lab"
        self.assertEqual(
            said,
            f"User: {session} is not authorized to perform: sts:AssumeRole on resource: {wanted}",
        )

    def test_a_role_may_do_what_its_policies_say(self) -> None:
        events = _as("events", _HUB, _arn(_READER))
        self.refused("AccessDeniedException", events.list_rules)
        rule = "rootwatch-root-activity"
        self.refused("ResourceNotFoundException", events.describe_rule, Name=rule)
        self.refused("AccessDeniedException", events.disable_rule, Name=rule)
        entry = {"Source": "rootwatch.canary", "DetailType": "rootwatch canary", "Detail": "{}"}
        events.put_events(Entries=[entry])
        for other in ({**entry, "Source": "corp"}, {**entry, "DetailType": "other"}):
            self.refused("AccessDeniedException", events.put_events, Entries=[entry, other])
        self.refused("AccessDenied", _as("iam", _HUB, _arn(_READER)).get_role, RoleName=_DEFAULT)


class Generated(Case):
    """Accounts of a generated organization have no roles of their own, and are as if they had."""

    def test_they_let_in_whom_others_do(self) -> None:
        units = {"accounts": 100_000, "units": 10, "regions": 2, "hub": _HUB}
        lab("POST", "organization/generate", units)
        account = "700000099999"
        for by, role, is_let_in in (
            (_MANAGEMENT, _DEFAULT, True),
            (_HUB, _READER, True),
            (_HUB, _DEFAULT, False),
            (_MANAGEMENT, _READER, False),
            (_MANAGEMENT, "Typo", False),
        ):
            call = client("sts", by).assume_role
            wanted = {"RoleArn": _arn(role, account), "RoleSessionName": "lab"}
            if is_let_in:
                call(**wanted)
            else:
                self.refused("AccessDenied", call, **wanted)
