use super::{NAME, check, last_log, runtime, watched};
use crate::world::{REGION, World, name, side_by_side};
use serde_json::Value;
use std::collections::BTreeSet;

const ROLE: &str = "rootwatch-selfcheck-eu-west-1";
/// What only a hub or an organization unlike this one needs: tags are a setting, others attached a policy, the hub is in
/// the management account, an operation failed, there is a guardrail.
const ELSEWHERE: [&str; 14] = [
    "cloudformation:DescribeStackSetOperation",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackSetAutoDeploymentTargets",
    "cloudformation:ListStackSetOperationResults",
    "cloudwatch:ListTagsForResource",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "lambda:ListTags",
    "organizations:DescribeOrganizationalUnit",
    "organizations:DescribePolicy",
    "organizations:ListParents",
    "organizations:ListTagsForResource",
    "organizations:ListTargetsForPolicy",
];

fn iam(world: &World) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&world.sdk(&world.organization.hub, REGION))
}

/// The statements of the role's policy.
fn statements(world: &World) -> Vec<Value> {
    let client = iam(world);
    let call = client
        .get_role_policy()
        .role_name(ROLE)
        .policy_name("selfcheck");
    let answer = runtime().block_on(call.send()).unwrap();
    let text = percent_encoding::percent_decode_str(answer.policy_document());
    let policy: Value = serde_json::from_str(&text.decode_utf8().unwrap()).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

fn put(world: &World, statements: &[Value]) {
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": statements});
    let client = iam(world);
    let call = client
        .put_role_policy()
        .role_name(ROLE)
        .policy_name("selfcheck");
    let call = call.policy_document(policy.to_string());
    runtime().block_on(call.send()).unwrap();
}

fn actions(statement: &Value) -> Vec<String> {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    match &statement["Action"] {
        Value::Array(all) => all.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

/// What the self-check called, and which of it was refused.
fn called(world: &World) -> (BTreeSet<String>, BTreeSet<String>) {
    let calls = world.lab.calls().unwrap();
    let own = calls
        .iter()
        .filter(|it| it.by_function && it.caller.contains(ROLE));
    let (mut all, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for call in own {
        all.insert(name(call));
        if call.status == 403 {
            refused.insert(name(call));
        }
    }
    (all, refused)
}

#[test]
fn it_may_do_what_it_does_and_nothing_else() {
    let world = watched();
    world.count_calls();
    let found = check(&world);
    assert_eq!(found["unread"]["kinds"], serde_json::json!([]), "{found:#}");
    let (called, refused) = called(&world);
    assert_eq!(refused, BTreeSet::new());
    let allowed: BTreeSet<String> = statements(&world).iter().flat_map(actions).collect();
    let unused: Vec<&String> = allowed.difference(&called).collect();
    // Lambda itself writes the log, as the role.
    let writes = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let is_known =
        |it: &&&String| !writes.contains(&it.as_str()) && !ELSEWHERE.contains(&it.as_str());
    let unknown: Vec<&&String> = unused.iter().filter(is_known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn without_any_statement_it_says_what_it_could_not_do() {
    let world = watched();
    check(&world);
    let all = statements(&world);
    side_by_side(0..all.len(), |at| {
        let world = world.fork().calm();
        let mut rest = all.clone();
        let taken = rest.remove(*at);
        put(&world, &rest);
        let sid = taken["Sid"].as_str().unwrap();
        let actions = actions(&taken);
        if sid == "Log" {
            super::invoke(&world);
            let status = world.rootwatch(&["status"]).ends_with(2);
            assert!(status.stdout.contains(ROLE), "{sid}: {}", status.stdout);
            return;
        }
        let found = check(&world);
        let said = found.to_string();
        let is_named = actions.iter().any(|it| said.contains(it.as_str()));
        let known = [
            "ReadAlarmTags",
            "ReadGuardrail",
            "ReadOwnStacks",
            "ReadPolicies",
        ];
        assert!(
            is_named || known.contains(&sid),
            "{sid} {actions:?}: {found:#}\n{}",
            last_log(&world)
        );
    });
}

#[test]
fn nobody_invokes_it_but_its_rule() {
    let world = watched();
    let snapshot = world.lab.snapshot().unwrap();
    let function = &snapshot[&world.organization.hub][REGION]["functions"][NAME];
    let policy = function["Policy"].as_array().unwrap();
    assert_eq!(policy.len(), 1, "{function:#}");
    let source = policy[0]["Condition"].to_string();
    assert!(source.contains(&format!("rule/{NAME}")), "{source}");
}
