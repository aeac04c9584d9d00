"""Accounts by access key ids, and what members of the organization may do."""

from __future__ import annotations

import boto3
from botocore.exceptions import ClientError

from .case import ENDPOINT, REGION, Case, client, loose, name, trust
from .stacks import create_set


class Accounts(Case):
    """Accounts by access key ids."""

    def test_keys_of_roles_tags_have_no_case(self) -> None:
        iam, role = client("iam", "333333333333"), name()
        trusted = {"RoleName": role, "AssumeRolePolicyDocument": trust("events.amazonaws.com")}
        both = [{"Key": key, "Value": "a"} for key in ("Team", "team")]
        said = self.refused("InvalidInput", iam.create_role, **trusted, Tags=both)
        self.assertEqual(
            said, "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
        iam.create_role(**trusted, Tags=both[:1])
        self.refused("InvalidInput", iam.tag_role, RoleName=role, Tags=both)
        iam.tag_role(RoleName=role, Tags=both[1:])
        self.assertEqual(iam.list_role_tags(RoleName=role)["Tags"], both[1:])
        iam.untag_role(RoleName=role, TagKeys=["TEAM"])
        self.assertEqual(iam.list_role_tags(RoleName=role)["Tags"], [])
        iam.delete_role(RoleName=role)

    def test_cloudformation_wants_a_value_in_each_tag(self) -> None:
        said = self.refused(
            "ValidationError",
            loose("cloudformation", "333333333333").create_stack,
            StackName=name(),
            TemplateBody="Resources: {}",
            Tags=[{"Key": "team", "Value": ""}],
        )
        self.assertIn("'tags.1.member.value' failed to satisfy constraint: Member must have length", said)

    def test_the_access_key_id_is_the_account(self) -> None:
        for account in ("111111111111", "987654321098"):
            identity = client("sts", account).get_caller_identity()
            self.assertEqual(identity["Account"], account)

    def test_assumed_roles_act_in_their_account(self) -> None:
        role = "arn:aws:iam::333333333333:role/OrganizationAccountAccessRole"
        answer = client("sts", "111111111111").assume_role(RoleArn=role, RoleSessionName="lab")
        keys = answer["Credentials"]
        sts = boto3.client(
            "sts",
            region_name=REGION,
            endpoint_url=ENDPOINT,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        self.assertEqual(sts.get_caller_identity()["Account"], "333333333333")


class Boundaries(Case):
    """Permissions boundaries of roles."""

    def test_a_boundary_must_exist(self) -> None:
        iam = client("iam", "333333333333")
        trust = '{"Version": "2012-10-17", "Statement": []}'
        wanted = {"RoleName": "bounded", "AssumeRolePolicyDocument": trust}
        arn = "arn:aws:iam::333333333333:policy/Boundary"
        self.refused("NoSuchEntity", iam.create_role, **wanted, PermissionsBoundary=arn)
        allow = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
        document = f'{{"Version": "2012-10-17", "Statement": [{allow}]}}'
        iam.create_policy(PolicyName="Boundary", PolicyDocument=document)
        role = iam.create_role(**wanted, PermissionsBoundary=arn)["Role"]
        self.assertEqual(role["PermissionsBoundary"]["PermissionsBoundaryArn"], arn)
        iam.delete_role(RoleName="bounded")
        iam.delete_policy(PolicyArn=arn)


class OrganizationAccess(Case):
    """Trusted access and delegated administrators."""

    def tearDown(self) -> None:
        super().tearDown()
        service = "member.org.stacksets.cloudformation.amazonaws.com"
        organizations = client("organizations", "111111111111")
        try:
            organizations.deregister_delegated_administrator(
                AccountId="222222222222", ServicePrincipal=service
            )
        except ClientError:
            pass

    setUp = Case.tearDown

    def test_access_can_be_taken_and_given(self) -> None:
        cloudformation = client("cloudformation", "111111111111")
        self.assertEqual(cloudformation.describe_organizations_access()["Status"], "ENABLED")
        cloudformation.deactivate_organizations_access()
        self.addCleanup(cloudformation.activate_organizations_access)
        self.assertEqual(cloudformation.describe_organizations_access()["Status"], "DISABLED")
        message = self.refused("ValidationError", create_set, cloudformation=cloudformation)
        self.assertIn("You must enable organizations access", message)

    def test_regions_of_others_need_trusted_access(self) -> None:
        service = "account.amazonaws.com"
        organizations = client("organizations", "111111111111")
        here = client("account", "111111111111")
        shop = {"AccountId": "333333333333"}
        self.assertTrue(here.list_regions(**shop)["Regions"])
        self.refused("AccessDeniedException", client("account", "222222222222").list_regions, **shop)
        organizations.disable_aws_service_access(ServicePrincipal=service)
        self.addCleanup(organizations.enable_aws_service_access, ServicePrincipal=service)
        self.refused("AccessDeniedException", here.list_regions, **shop)
        self.assertTrue(here.list_regions()["Regions"])

    def test_members_may_not_operate_unless_delegated(self) -> None:
        hub = client("cloudformation", "222222222222")
        message = self.refused("ValidationError", create_set, cloudformation=hub)
        self.assertIn("You must be the management account or delegated admin", message)
        self.refused("ValidationError", create_set, cloudformation=hub, CallAs="DELEGATED_ADMIN")
        organizations = client("organizations", "222222222222")
        self.refused("AccessDeniedException", organizations.list_accounts)
        client("organizations", "111111111111").register_delegated_administrator(
            AccountId="222222222222",
            ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com",
        )
        self.assertEqual(len(organizations.list_accounts()["Accounts"]), 6)
        stack_set = create_set(cloudformation=hub, CallAs="DELEGATED_ADMIN")
        self.refused("StackSetNotFoundException", hub.describe_stack_set, StackSetName=stack_set)
        management = client("cloudformation", "111111111111")
        found = management.describe_stack_set(StackSetName=stack_set)["StackSet"]
        self.assertIn(":111111111111:", found["StackSetARN"])
        hub.delete_stack_set(StackSetName=stack_set, CallAs="DELEGATED_ADMIN")
