//! `Lab::fork`: a second lab that is as the first one was, and then goes its own way.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rootwatch_lab::{Fault, Kind, Lab, Late};
use serde_json::{Value, json};

use crate::{REGION, boto3};

const HUB: &str = "222222222222";
const PERSON: &str = "me@example.com";
const PATIENCE: Duration = Duration::from_secs(20);

/// Root's acts reach a person by a rule and a topic, and a queue; a function that says which process it is.
const DEPLOY: &str = r#"
import io, zipfile
client = lambda service: boto3.client(service)
topic = client("sns").create_topic(Name="alerts")["TopicArn"]
client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="me@example.com")
anyone = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "SNS:Publish", "Resource": topic}]}
client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(anyone))
url = client("sqs").create_queue(QueueName="kept")["QueueUrl"]
queue = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
anyone["Statement"][0] |= {"Action": "sqs:SendMessage", "Resource": queue}
client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(anyone)})
client("events").put_rule(Name="root", EventPattern=json.dumps({"detail": {"userIdentity": {"type": ["Root"]}}}))
client("events").put_targets(Rule="root", Targets=[{"Id": "topic", "Arn": topic}, {"Id": "queue", "Arn": queue}])
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
client("iam").put_role_policy(RoleName="f", PolicyName="sqs", PolicyDocument=json.dumps(may))
data = io.BytesIO()
with zipfile.ZipFile(data, "w") as archive:
    archive.writestr("f.py", "import os\ndef handler(event, context):\n    return os.getpid()\n")
client("lambda").create_function(FunctionName="f", Runtime="python3.13", Handler="f.handler", Role=role, Code={"ZipFile": data.getvalue()})
polled = client("sqs").create_queue(QueueName="polled")["QueueUrl"]
polled = client("sqs").get_queue_attributes(QueueUrl=polled, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
client("lambda").create_event_source_mapping(EventSourceArn=polled, FunctionName="f", BatchSize=1)
"#;

fn deployed() -> Lab {
    let lab = Lab::start().unwrap();
    lab.sample_organization().unwrap();
    boto3(&lab, HUB, DEPLOY);
    lab.confirm_subscription(PERSON).unwrap();
    lab.wait_idle(PATIENCE).unwrap();
    lab
}

fn root_acts(lab: &Lab, name: &str) {
    let detail = json!({
        "eventSource": "iam.amazonaws.com", "eventName": name, "managementEvent": true, "readOnly": false,
        "userIdentity": {"type": "Root"},
    });
    lab.cloudtrail_event(HUB, REGION, "AWS API Call via CloudTrail", &detail)
        .unwrap();
}

/// The acts of root that were mailed to the person.
fn reported(lab: &Lab) -> Vec<String> {
    lab.wait_idle(PATIENCE).unwrap();
    let mut mails = lab.mailbox(PERSON).unwrap();
    mails.retain(|mail| mail.kind == "notification");
    let name = |body: &str| {
        let event: Value = serde_json::from_str(body).unwrap();
        event["detail"]["eventName"].as_str().unwrap().to_owned()
    };
    mails.iter().map(|mail| name(&mail.body)).collect()
}

fn kept(lab: &Lab) -> usize {
    lab.queue_messages(HUB, REGION, "kept").unwrap().len()
}

/// The process in which the function runs.
fn process(lab: &Lab) -> u64 {
    let call = "print(boto3.client('lambda').invoke(FunctionName='f')['Payload'].read().decode())";
    boto3(lab, HUB, call).as_u64().unwrap()
}

fn eventually(what: &str, check: impl Fn() -> bool) {
    let since = Instant::now();
    while !check() {
        assert!(since.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_fork_has_everything_and_neither_sees_what_happens_in_the_other() {
    let lab = deployed();
    root_acts(&lab, "Before");
    assert_eq!(reported(&lab), ["Before"]);
    let fork = lab.fork().unwrap();
    assert_ne!(fork.endpoint(), lab.endpoint());
    let before = lab.snapshot().unwrap();
    assert_eq!(fork.snapshot().unwrap(), before);
    assert_eq!(fork.calls().unwrap().len(), lab.calls().unwrap().len());
    assert_eq!((reported(&fork), kept(&fork)), (reported(&lab), kept(&lab)));

    root_acts(&fork, "InFork");
    assert_eq!(reported(&fork), ["Before", "InFork"]);
    boto3(&fork, HUB, "boto3.client('sns').create_topic(Name='more')");
    fork.clear_calls().unwrap();
    assert_eq!((reported(&lab), kept(&lab)), (vec!["Before".to_owned()], 1));
    assert_eq!(lab.snapshot().unwrap(), before);
    assert!(!lab.calls().unwrap().is_empty());

    root_acts(&lab, "InFirst");
    assert_eq!(reported(&lab), ["Before", "InFirst"]);
    assert_eq!(kept(&fork), 2);
    drop(lab);
    root_acts(&fork, "Alone");
    assert_eq!(reported(&fork), ["Before", "InFork", "Alone"]);
    assert_eq!(fork.complaints(), "");
}

#[test]
fn a_function_runs_in_a_process_of_each() {
    let lab = deployed();
    let first = process(&lab);
    let fork = lab.fork().unwrap();
    let second = process(&fork);
    assert_ne!(first, second);
    assert_eq!(process(&fork), second);
    drop(fork);
    assert_eq!(process(&lab), first);
    assert_eq!(lab.complaints(), "");
}

#[test]
fn queues_are_polled_in_each() {
    let lab = deployed();
    let fork = lab.fork().unwrap();
    let send = "sqs = boto3.client('sqs')\n\
                sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName='polled')['QueueUrl'], MessageBody='x')";
    boto3(&fork, HUB, send);
    eventually("the invocation", || fork.invocations().unwrap().len() == 1);
    fork.wait_idle(PATIENCE).unwrap();
    assert_eq!(lab.invocations().unwrap().len(), 0);
    boto3(&lab, HUB, send);
    eventually("the invocation", || lab.invocations().unwrap().len() == 1);
    assert_eq!(fork.invocations().unwrap().len(), 1);
}

#[test]
fn alarms_change_in_each() {
    let lab = deployed();
    let alarm = "boto3.client('cloudwatch').put_metric_alarm(AlarmName='full', Namespace='AWS/SQS', \
                 MetricName='ApproximateNumberOfMessagesVisible', Dimensions=[{'Name': 'QueueName', 'Value': 'kept'}], \
                 Statistic='Maximum', Period=60, EvaluationPeriods=1, Threshold=0, \
                 ComparisonOperator='GreaterThanThreshold', TreatMissingData='notBreaching')";
    boto3(&lab, HUB, alarm);
    let state = |lab: &Lab| {
        let ask = "print(json.dumps(boto3.client('cloudwatch').describe_alarms()['MetricAlarms'][0]['StateValue']))";
        boto3(lab, HUB, ask).as_str().unwrap().to_owned()
    };
    eventually("OK", || state(&lab) == "OK");
    let fork = lab.fork().unwrap();
    root_acts(&fork, "Fills");
    eventually("ALARM", || state(&fork) == "ALARM");
    assert_eq!(state(&lab), "OK");
}

#[test]
fn what_is_planned_happens_in_both_and_what_is_held_where_it_came_in() {
    let lab = deployed();
    lab.set_late(&Late {
        target_retry_ms: Some(300),
        ..Late::default()
    })
    .unwrap();
    let down = Kind::Fail {
        code: "InternalError".into(),
        message: "down".into(),
        status: 500,
    };
    lab.add_fault(&Fault::new(down).service("sqs").operation("SendMessage"))
        .unwrap();
    root_acts(&lab, "Retried");
    lab.add_fault(&Fault::new(Kind::Hold { ms: 60_000 }).operation("CreateTopic"))
        .unwrap();
    let make = |lab: &Lab| boto3(lab, HUB, "boto3.client('sns').create_topic(Name='held')");
    let is_made = |lab: &Lab| lab.snapshot().unwrap()[HUB][REGION]["topics"]["held"].is_object();
    thread::scope(|scope| {
        scope.spawn(|| make(&lab));
        eventually("the call", || lab.held().unwrap() == ["sns CreateTopic"]);
        let fork = lab.fork().unwrap();
        assert!(fork.held().unwrap().is_empty());
        // The fault is there as it was.
        thread::scope(|scope| {
            scope.spawn(|| make(&fork));
            eventually("the call", || fork.held().unwrap().len() == 1);
            fork.clear_faults().unwrap();
        });
        eventually("the message", || kept(&fork) == 1);
        assert!(is_made(&fork));
        assert!(!is_made(&lab) && kept(&lab) == 0);
        lab.clear_faults().unwrap();
        eventually("the message", || kept(&lab) == 1);
    });
    assert!(is_made(&lab));
}

#[test]
fn a_lab_that_is_busy_is_forked_between_two_calls() {
    let lab = deployed();
    thread::scope(|scope| {
        let publish = "for n in range(150): boto3.client('sns').publish(TopicArn='arn:aws:sns:eu-west-1:222222222222:alerts', Message='x')";
        scope.spawn(|| boto3(&lab, HUB, publish));
        eventually("calls", || lab.mailbox(PERSON).unwrap().len() > 5);
        for _ in 0..10 {
            let fork = lab.fork().unwrap();
            fork.wait_idle(PATIENCE).unwrap();
            let published = |lab: &Lab| {
                let calls = lab.calls().unwrap();
                calls
                    .iter()
                    .filter(|call| call.operation == "Publish")
                    .count()
            };
            // Each call was made as a whole, or not at all.
            assert_eq!(fork.mailbox(PERSON).unwrap().len(), published(&fork) + 1);
        }
    });
}

#[test]
fn forks_by_the_hundred_from_two_threads() {
    let lab = deployed();
    let before = lab.snapshot().unwrap();
    let work = |number: usize| {
        let fork = lab.fork().unwrap();
        let name = format!("Act{number}");
        root_acts(&fork, &name);
        assert_eq!(reported(&fork), [name]);
        assert_eq!(fork.complaints(), "");
        fork.endpoint().to_owned()
    };
    let endpoints: Vec<String> = thread::scope(|scope| {
        let run = |numbers: std::ops::Range<usize>| numbers.map(work).collect::<Vec<_>>();
        let threads = [0..50, 50..100].map(|numbers| scope.spawn(move || run(numbers)));
        threads
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    assert_eq!(endpoints.len(), 100);
    assert_eq!(reported(&lab), Vec::<String>::new());
    assert_eq!(lab.snapshot().unwrap(), before);
}

#[test]
fn a_fork_can_be_forked_and_ids_differ() {
    let first = deployed();
    let second = first.fork().unwrap();
    let third = second.fork().unwrap();
    drop(second);
    assert_eq!(third.snapshot().unwrap(), first.snapshot().unwrap());
    let labs = [first.fork().unwrap(), first.fork().unwrap(), third, first];
    let made: BTreeSet<String> = labs
        .iter()
        .map(|lab| lab.add_account("late", &lab.sample_organization().unwrap().root_id))
        .map(|account| account.unwrap().id)
        .collect();
    assert_eq!(made.len(), labs.len(), "{made:?}");
}
