//! What is read of a role, a key, and what others made, from answers as AWS gives them. That AWS gives such is for the
//! lab to show (`tests/verify/`).

use crate::aws::Aws;
use crate::aws::canned::{Row, aws, xml};
use crate::hub::hub_resource::HubResource;
use crate::hub::sample;
use crate::names::Names;
use crate::verify::identity::Identity;
use crate::verify::keys::{self, Grant, MISSING};
use crate::verify::others::{OtherMapping, OtherRule, Others, Way};
use rootwatch_eval::Policy;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/team/reader";

pub(super) fn at_hub(rows: Vec<Row>) -> Aws {
    aws("111122223333", "eu-west-1", rows)
}

fn statement(sid: &str) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": "sns:Publish", "Resource": "*"})
}

pub(super) fn document(sid: &str) -> String {
    json!({"Statement": [statement(sid)]}).to_string()
}

pub(super) fn policy(sid: &str) -> Policy {
    Policy::parse(&document(sid)).unwrap()
}

/// The answers of IAM about [`ROLE`].
pub(super) fn role() -> Vec<Row> {
    let member = |of: &str| format!("<member>{of}</member>");
    let managed = |name: &str| format!("arn:aws:iam::111122223333:policy/{name}");
    let attached = member(&format!("<PolicyArn>{}</PolicyArn>", managed("theirs")));
    let version = |sid| {
        let version = format!(
            "<PolicyVersion><Document>{}</Document></PolicyVersion>",
            document(sid)
        );
        xml("GetPolicyVersion", &version)
    };
    let role = format!(
        "<Role><Arn>{ROLE}</Arn><Path>/team/</Path><RoleName>reader</RoleName><RoleId>R</RoleId>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
         <PermissionsBoundary><PermissionsBoundaryArn>{}</PermissionsBoundaryArn></PermissionsBoundary>\
         <Tags><member><Key>team</Key><Value>security</Value></member></Tags></Role>",
        document("Trust"),
        managed("bounds")
    );
    let inline = format!(
        "<RoleName>reader</RoleName><PolicyName>own</PolicyName><PolicyDocument>{}</PolicyDocument>",
        document("Inline")
    );
    let names = format!("<PolicyNames>{}</PolicyNames>", member("own"));
    let list = format!("<AttachedPolicies>{attached}</AttachedPolicies>");
    let latest = "<Policy><DefaultVersionId>v2</DefaultVersionId></Policy>";
    vec![
        (
            &["Action=GetRole&", "RoleName=reader"],
            xml("GetRole", &role),
        ),
        (
            &["Action=ListRolePolicies"],
            xml("ListRolePolicies", &names),
        ),
        (
            &["Action=GetRolePolicy", "PolicyName=own"],
            xml("GetRolePolicy", &inline),
        ),
        (
            &["Action=ListAttachedRolePolicies"],
            xml("ListAttachedRolePolicies", &list),
        ),
        (&["Action=GetPolicy&"], xml("GetPolicy", latest)),
        (
            &["Action=GetPolicyVersion", "policy/theirs", "VersionId=v2"],
            version("Managed"),
        ),
        (
            &["Action=GetPolicyVersion", "policy/bounds", "VersionId=v2"],
            version("Bounds"),
        ),
    ]
}

#[tokio::test]
async fn a_role_is_read_with_all_that_decides_what_it_may() {
    let aws = at_hub(role());
    let found = Identity::read(&aws.iam, ROLE).await.unwrap().unwrap();
    assert_eq!((&*found.arn, &*found.account), (ROLE, "111122223333"));
    assert_eq!(found.trust, policy("Trust"));
    assert_eq!(found.policies, [policy("Inline"), policy("Managed")]);
    assert_eq!(found.boundary, Some(policy("Bounds")));
    let bounds = "arn:aws:iam::111122223333:policy/bounds";
    assert_eq!(found.boundary_arn.as_deref(), Some(bounds));
    let tags = BTreeMap::from([("team".to_owned(), "security".to_owned())]);
    assert_eq!(found.tags, tags);
    // The same name under another path is another role.
    let elsewhere = "arn:aws:iam::111122223333:role/reader";
    let found = Identity::read(&aws.iam, elsewhere).await.unwrap();
    assert!(found.is_none(), "{found:?}");
    let none = Identity::read(&at_hub(Vec::new()).iam, ROLE).await.unwrap();
    assert!(none.is_none(), "{none:?}");
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";

fn under(key: &str) -> HubResource {
    let nodes = crate::hub::desired::hub(&sample::wanted()).into_iter();
    let mut queues = nodes.filter_map(|node| match node.resource {
        HubResource::Queue(it) => Some(it),
        _ => None,
    });
    let mut queue = queues.next().unwrap();
    queue.kms_key = Some(key.into());
    HubResource::Queue(queue)
}

#[tokio::test]
async fn a_key_is_read_with_its_policy_and_no_more_grants_than_are_looked_at() {
    let grant = |number: usize| json!({"GranteePrincipal": format!("arn:{number:04}"), "Operations": ["Decrypt"]});
    let grants: Vec<Value> = (0..1_002).map(grant).collect();
    let aws = at_hub(vec![
        (
            &["DescribeKey", "alias/own"],
            json!({"KeyMetadata": {"KeyId": "1", "Arn": KEY, "KeyState": "Disabled"}}).to_string(),
        ),
        (
            &["GetKeyPolicy", KEY],
            json!({"Policy": document("Key")}).to_string(),
        ),
        (
            &["ListGrants", KEY],
            json!({"Grants": grants, "Truncated": false}).to_string(),
        ),
    ]);
    let queues = ["alias/own", "alias/gone", "alias/aws/sqs"].map(under);
    let found = keys::read(&aws, &queues.iter().collect::<Vec<_>>()).await;
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["alias/gone", "alias/own"]
    );
    let gone = found["alias/gone"].as_ref().unwrap();
    assert_eq!(gone.state, MISSING);
    let own = found["alias/own"].as_ref().unwrap();
    assert_eq!(own.state, "Disabled");
    assert_eq!(own.policy, Ok(policy("Key")));
    let grants = own.grants.as_ref().unwrap();
    assert_eq!(grants.len(), 1_000);
    let first = Grant {
        grantee: "arn:0000".into(),
        operations: BTreeSet::from(["Decrypt".to_owned()]),
    };
    assert_eq!(grants[0], first);
}

fn mapping(uuid: &str, function: &str, source: &str) -> Value {
    let names = Names::sample();
    let function = match function {
        "ours" => names.function_arn(),
        other => other.to_owned(),
    };
    json!({"UUID": uuid, "FunctionArn": function, "EventSourceArn": names.queue_arn(source)})
}

fn mappings(all: &[Value]) -> String {
    json!({"EventSourceMappings": all}).to_string()
}

/// What others made of the bus and the function.
fn others() -> Vec<Row> {
    let rules = json!({"Rules": [
        {"Name": "copy", "ManagedBy": "somebody"}, {"Name": "rootwatch-acts"}, {"Name": "rootwatch-test-1"},
        {"Name": "rootwatch-test-2"}, {"Name": "moved"}]});
    let queue = |name: &str| Names::sample().queue_arn(name);
    let targets = |arns: &[String]| {
        json!({"Targets": arns.iter().map(|arn| json!({"Id": "1", "Arn": arn})).collect::<Vec<_>>()}).to_string()
    };
    let temporary = queue("rootwatch-test-1");
    let qualified = |sid| json!({"Policy": document(sid)}).to_string();
    let destinations = json!({"FunctionEventInvokeConfigs": [{"FunctionArn": "arn:f:live", "DestinationConfig": {
        "OnFailure": {"Destination": "arn:failed"}, "OnSuccess": {"Destination": "arn:succeeded"}}}]});
    let url = |auth: &str| {
        json!({"FunctionUrl": "u", "FunctionArn": "f", "AuthType": auth, "CreationTime": "t"})
            .to_string()
    };
    let by_function = [
        mapping("1", "ours", "rootwatch-acts"),
        mapping("2", "ours", "rootwatch-reads"),
        mapping("3", "ours", "theirs"),
    ];
    let by_acts = [
        mapping("1", "ours", "rootwatch-acts"),
        mapping("4", "arn:theirs", "rootwatch-acts"),
    ];
    let by_dead_letters = [mapping("5", "ours", "rootwatch-dead-letters")];
    vec![
        (&["ListRules"], rules.to_string()),
        (
            &["ListTargetsByRule", "rootwatch-test-1"],
            targets(std::slice::from_ref(&temporary)),
        ),
        (
            &["ListTargetsByRule", "rootwatch-test-2"],
            targets(&[temporary.clone(), queue("theirs")]),
        ),
        (&["ListTargetsByRule", "moved"], targets(&[temporary])),
        (&["ListTargetsByRule", "copy"], targets(&[queue("theirs")])),
        (
            &["/aliases"],
            json!({"Aliases": [{"Name": "live"}]}).to_string(),
        ),
        (
            &["/versions"],
            json!({"Versions": [{"Version": "$LATEST"}, {"Version": "7"}]}).to_string(),
        ),
        (&["event-invoke-config"], destinations.to_string()),
        (&["/url?Qualifier=live"], url("AWS_IAM")),
        (&["/url"], url("NONE")),
        (&["/policy?Qualifier=live"], qualified("Live")),
        (&["/policy?Qualifier=7"], qualified("Seven")),
        (&["/policy?Qualifier=$LATEST"], qualified("Latest")),
        (
            &["event-source-mappings", "FunctionName="],
            mappings(&by_function),
        ),
        (
            &["event-source-mappings", "rootwatch-acts"],
            mappings(&by_acts),
        ),
        (
            &["event-source-mappings", "rootwatch-dead-letters"],
            mappings(&by_dead_letters),
        ),
    ]
}

fn rule(it: &OtherRule) -> (&str, Option<&str>, usize) {
    (&it.name, it.managed_by.as_deref(), it.targets.len())
}

fn way(it: &Way) -> String {
    match it {
        Way::Url { qualifier, auth } => format!("url {qualifier:?} {auth}"),
        Way::Invocations {
            qualifier,
            destinations,
        } => format!("{qualifier} to {}", destinations.join(", ")),
        Way::Qualified { qualifier, policy } => {
            let sids: Vec<&str> = policy.statements().map(|(sid, _)| sid).collect();
            format!("{qualifier} with {}", sids.join(", "))
        }
    }
}

#[tokio::test]
async fn what_others_made_is_found_and_ours_is_not() {
    let found = Others::read(&at_hub(others()), &Names::sample()).await;
    let rules = found.rules.unwrap();
    // One of a test sends to that test's queue alone, and has its name.
    let wanted = [
        ("copy", Some("somebody"), 1),
        ("rootwatch-test-2", None, 2),
        ("moved", None, 1),
    ];
    assert_eq!(rules.iter().map(rule).collect::<Vec<_>>(), wanted);
    let ways: Vec<String> = found.ways.unwrap().iter().map(way).collect();
    let wanted = [
        "url None NONE",
        "url Some(\"live\") AWS_IAM",
        "live with Live",
        "7 with Seven",
        "arn:f:live to arn:failed, arn:succeeded",
    ];
    assert_eq!(ways, wanted);
    let mappings = found.mappings.unwrap();
    let all: Vec<&str> = mappings.iter().map(|it: &OtherMapping| &*it.uuid).collect();
    assert_eq!(all, ["3", "4", "5"]);
}
