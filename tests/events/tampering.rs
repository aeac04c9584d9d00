//! What others than root do to what alerts depend on, told on the lab.

use crate::world::{REGION, World, api_call, eventually};
use serde_json::{Value, json};

/// Somebody who assumed a role.
fn by_role(mut event: Value, account: &str, role: &str) -> Value {
    event["userIdentity"] = json!({
        "type": "AssumedRole",
        "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/alice"),
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLEEXAMPLE43",
        "sessionContext": {"sessionIssuer": {
            "type": "Role", "userName": role, "arn": format!("arn:aws:iam::{account}:role/{role}"),
        }},
    });
    event
}

/// A call by a role.
pub(crate) fn change(
    account: &str,
    region: &str,
    (service, call): (&str, &str),
    parameters: &Value,
    role: &str,
) -> Value {
    let mut event = by_role(
        api_call(account, region, service, call, false),
        account,
        role,
    );
    event["requestParameters"] = parameters.clone();
    event["eventID"] = json!(format!("{call}-{account}-{region}-{parameters}"));
    event
}

#[test]
fn who_changes_what_a_spoke_forwards_by_is_told_and_who_deploys_it_is_not() {
    let world = World::deployed();
    let shop = world.account("shop");
    let rule = json!({"name": "rootwatch-root-activity"});
    let deleted = ("events", "DeleteRule");
    let by_stack_sets = change(&shop, REGION, deleted, &rule, "stacksets-exec-0a1b");
    world.root_does(&shop, REGION, &by_stack_sets);
    world.root_does(
        &shop,
        REGION,
        &change(&shop, REGION, deleted, &rule, "Admin"),
    );
    let mail = &world.alerts(1)[0];
    for part in ["CRITICAL", "Alerting rule deleted", &shop] {
        assert!(mail.subject.contains(part), "{part}: {mail:?}");
    }
    for part in ["assumed-role/Admin/alice", "203.0.113.77", REGION] {
        assert!(mail.body.contains(part), "{part}: {}", mail.body);
    }
}

#[test]
fn what_is_done_to_the_organization_is_told_by_the_account_that_does_it() {
    let world = World::with_hub();
    let deploy = ["deploy", "spokes", "--ou", "/Security", "--yes"];
    let regions = ["--regions", "us-east-1,eu-west-1"];
    world
        .as_management(&[&deploy[..], &regions].concat())
        .ends_with(0);
    let management = world.organization.management.clone();
    let removed = ("organizations", "RemoveAccountFromOrganization");
    let shop = json!({"accountId": world.account("shop")});
    let event = change(&management, "us-east-1", removed, &shop, "Admin");
    world.root_does(&management, "us-east-1", &event);
    let mail = &world.alerts(1)[0];
    let subject = "Account removed from the org";
    assert!(
        mail.subject.contains(subject) && mail.subject.contains(&management),
        "{mail:?}"
    );
}

#[test]
fn roots_own_removal_of_the_rule_for_root_is_told_by_the_rule_beside_it() {
    let world = World::deployed();
    let shop = world.account("shop");
    let mut event = api_call(&shop, REGION, "events", "DeleteRule", false);
    event["requestParameters"] = json!({"name": "rootwatch-root-activity"});
    world.root_does(&shop, REGION, &event);
    let mail = &world.alerts(1)[0];
    assert!(
        mail.subject.contains("Root deleted an alerting rule"),
        "{mail:?}"
    );
}

#[test]
fn a_deployment_of_the_hub_is_one_message_and_no_alarm() {
    let world = World::deployed();
    let hub = world.account("hub");
    let queue = format!("https://sqs.{REGION}.amazonaws.com/{hub}/rootwatch-acts");
    for (call, parameters) in [
        (
            ("events", "PutRule"),
            json!({"name": "rootwatch-acts", "eventBusName": "rootwatch"}),
        ),
        (
            ("events", "PutRule"),
            json!({"name": "rootwatch-reads", "eventBusName": "rootwatch"}),
        ),
        (("sqs", "SetQueueAttributes"), json!({"queueUrl": queue})),
        (
            ("monitoring", "PutMetricAlarm"),
            json!({"alarmName": "rootwatch-acts-waiting"}),
        ),
        (
            ("lambda", "UpdateFunctionConfiguration20150331v2"),
            json!({"functionName": "rootwatch-notifier"}),
        ),
        // Nobody's business here.
        (
            ("sqs", "SetQueueAttributes"),
            json!({"queueUrl": "https://x/orders"}),
        ),
        (("events", "PutRule"), json!({"name": "nightly"})),
    ] {
        let event = change(&hub, REGION, call, &parameters, "Deployer");
        world.root_does(&hub, REGION, &event);
    }
    let mail = &world.alerts(1)[0];
    let subject = "Alerting changed 5 times";
    assert!(mail.subject.contains(subject), "{mail:?}");
    assert!(
        mail.body.contains("role Deployer") || mail.body.contains("Role Deployer"),
        "{}",
        mail.body
    );
    assert!(world.health_mails().is_empty());
}

#[test]
fn what_takes_the_notifier_away_is_told_without_it() {
    let world = World::deployed();
    let hub = world.account("hub");
    let limited = ("lambda", "PutFunctionConcurrency20171031");
    let parameters = json!({"functionName": "rootwatch-notifier"});
    world.root_does(
        &hub,
        REGION,
        &change(&hub, REGION, limited, &parameters, "Admin"),
    );
    eventually("the alarm", || !world.health_mails().is_empty());
    let mail = &world.health_mails()[0];
    assert!(mail.body.contains("rootwatch-hub-tampering"), "{mail:?}");
    // The notifier, which is there, says who.
    let mail = &world.alerts(1)[0];
    assert!(
        mail.subject.contains("Notifier function limited"),
        "{mail:?}"
    );
}
