//! The lab as its users see it, and its own checks by an SDK that knows nothing about it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod checks;
mod forks;
mod lives;

use std::process::Command;
use std::thread;
use std::time::Duration;

use rootwatch_lab::{Fault, InstanceFault, Kind, Lab, Late, Ministack};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";

/// Runs Python that uses boto3 as `account`, and returns what it prints as JSON.
fn boto3(lab: &Lab, account: &str, code: &str) -> Value {
    let output = Command::new(lab.python())
        .args(["-B", "-c", &format!("import boto3, json\n{code}")])
        .envs(lab.env(account, REGION))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

#[test]
fn the_sample_organization_is_the_same_every_time() {
    let lab = Lab::start().unwrap();
    let organization = lab.sample_organization().unwrap();
    assert_eq!(organization.id, lab.sample_organization().unwrap().id);
    assert_eq!(organization.accounts.len(), 6);
    let prod = organization.ou("/Workloads/Prod").unwrap();
    assert_eq!(organization.account("shop").unwrap().ou, prod.id);
    assert!(organization.account("retired").unwrap().suspended);
    let added = lab.add_account("late", &prod.id).unwrap();
    lab.move_account(&added.id, &organization.root_id).unwrap();
    lab.suspend_account(&added.id).unwrap();
    let again = lab.sample_organization().unwrap();
    let late = again.account("late").unwrap();
    assert!(late.suspended && late.ou == organization.root_id);
}

#[test]
fn a_reinstated_account_is_active_by_its_status_and_its_state() {
    let lab = Lab::start().unwrap();
    let organization = lab.sample_organization().unwrap();
    let retired = &organization.account("retired").unwrap().id;
    let described = || {
        let ask = format!("boto3.client('organizations').describe_account(AccountId='{retired}')");
        let fields = "print(json.dumps([found['Account'][key] for key in ('Status', 'State')]))";
        boto3(
            &lab,
            &organization.management,
            &format!("found = {ask}\n{fields}"),
        )
    };
    assert_eq!(described(), json!(["SUSPENDED", "SUSPENDED"]));
    lab.reinstate_account(retired).unwrap();
    assert_eq!(described(), json!(["ACTIVE", "ACTIVE"]));
}

#[test]
fn events_mails_and_faults_pass_through() {
    let lab = Lab::start().unwrap();
    let organization = lab.sample_organization().unwrap();
    let topic = boto3(
        &lab,
        &organization.hub,
        "sns = boto3.client('sns')\n\
         arn = sns.create_topic(Name='alerts')['TopicArn']\n\
         sns.subscribe(TopicArn=arn, Protocol='email', Endpoint='me@example.com')\n\
         print(json.dumps(arn))",
    );
    lab.confirm_subscription("me@example.com").unwrap();
    let publish = format!("boto3.client('sns').publish(TopicArn={topic}, Message='hello')");
    lab.clear_calls().unwrap();
    lab.add_fault(&Fault::new(Kind::Throttle).operation("Publish").nth(1))
        .unwrap();
    boto3(&lab, &organization.hub, &publish);
    lab.wait_idle(Duration::from_secs(5)).unwrap();
    let mails = lab.mailbox("me@example.com").unwrap();
    let kinds: Vec<&str> = mails.iter().map(|mail| mail.kind.as_str()).collect();
    assert_eq!(kinds, ["confirmation", "notification"]);
    assert_eq!(mails[1].body, "hello");
    let calls = lab.calls().unwrap();
    let codes: Vec<_> = calls
        .iter()
        .map(|call| call.error_code.as_deref())
        .collect();
    assert_eq!(codes, [Some("Throttling"), None]);
    assert!(calls.iter().all(|call| call.write && call.service == "sns"));

    lab.clear_faults().unwrap();
    lab.fail_instances(&InstanceFault::default()).unwrap();
    lab.clear_instance_faults().unwrap();
    lab.set_delay(1).unwrap();
    lab.set_late(&Late {
        lambda_pending_ms: Some(5),
        ..Late::default()
    })
    .unwrap();
    assert!(lab.invocations().unwrap().is_empty());
    assert!(lab.snapshot().unwrap()[&organization.hub][REGION]["topics"]["alerts"].is_object());
    let detail = json!({ "eventSource": "iam.amazonaws.com" });
    let kind = "AWS API Call via CloudTrail";
    lab.cloudtrail_event(&organization.hub, REGION, kind, &detail)
        .unwrap();
    let refused = lab.cloudtrail_event("999999999999", REGION, kind, &detail);
    assert!(refused.unwrap_err().to_string().contains("no trail"));
}

#[test]
fn labs_start_side_by_side_and_end_when_dropped() {
    let endpoints: Vec<String> = thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(Lab::start)).collect();
        let labs: Vec<Lab> = starts
            .into_iter()
            .map(|start| start.join().unwrap().unwrap())
            .collect();
        labs.iter().map(|lab| lab.endpoint().to_owned()).collect()
    });
    for endpoint in endpoints {
        assert!(ureq::get(format!("{endpoint}/lab/ready")).call().is_err());
    }
}

#[test]
fn ministack_starts_and_ends() {
    let ministack = Ministack::start().unwrap();
    let health = format!("{}/_ministack/health", ministack.endpoint());
    assert!(ureq::get(&health).call().is_ok());
    assert!(!ministack.env("000000000000", REGION).is_empty());
    drop(ministack);
    assert!(ureq::get(&health).call().is_err());
}
