//! The patterns of the rules for tampering: held against the template, EventBridge's limits, and events.

use super::*;
use crate::hub::hub_resource::HubResource;
use crate::hub::{desired, sample};
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;

const TEMPLATE: &str = include_str!("../../../../templates/spoke.yaml");

/// The patterns in the template, with these names in place of its parameters.
fn of_template(deployment: &str, role_prefix: &str) -> Vec<Value> {
    let mut rest = TEMPLATE;
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once("EventPattern:") {
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        let pattern = values.next().unwrap().unwrap();
        let text = pattern.to_string();
        let text = text.replace("${DeploymentName}", deployment);
        let text = text.replace("${RolePrefix}", role_prefix);
        found.push(without_functions(serde_json::from_str(&text).unwrap()));
        rest = after;
    }
    found
}

fn without_functions(value: Value) -> Value {
    match value {
        Value::Object(mut map) if map.contains_key("Fn::Sub") => map.remove("Fn::Sub").unwrap(),
        Value::Object(map) => {
            let fields = map.into_iter();
            fields
                .map(|(name, value)| (name, without_functions(value)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_functions).collect(),
        other => other,
    }
}

#[test]
fn the_template_has_the_same_patterns() {
    let found = of_template("acme", "team-");
    assert_eq!(found[1..], [spoke("acme", "team-"), organization()]);
}

fn longest() -> Names {
    let mut names = Names::sample();
    names.deployment = "d".repeat(32);
    names.iam.role_prefix = "p".repeat(40);
    names.region = "ap-southeast-2".into();
    // SNS API Reference, CreateTopic.
    names.topic = Some("t".repeat(256));
    names
}

#[test]
fn patterns_fit_eventbridge_with_the_longest_names() {
    let names = longest();
    let all = [
        spoke(&names.deployment, &names.iam.role_prefix),
        organization(),
        forwarded(&names.deployment),
        hub(&names),
        hub_urgent(&names),
    ];
    for pattern in all {
        // EventBridge User Guide, "Quotas".
        let length = pattern.to_string().len();
        assert!(length <= 2048, "{length}: {pattern}");
    }
}

fn event(service: &str, call: &str, parameters: Value, identity: Value) -> Value {
    json!({
        "detail-type": API_CALL, "source": format!("aws.{service}"), "account": "333333333333", "region": "eu-west-1",
        "resources": [],
        "detail": {"eventSource": format!("{service}.amazonaws.com"), "eventName": call, "requestParameters": parameters,
            "userIdentity": identity},
    })
}

fn role(name: &str) -> Value {
    json!({"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role", "userName": name}}})
}

/// The cases of an independent judge, AWS's Event Ruler, and more: what each of the two rules of a spoke takes.
#[test]
#[rustfmt::skip] // a table reads best with a line a row
fn the_rules_of_a_spoke_take_what_is_done_to_it_and_nothing_else() {
    let admin = || role("Admin");
    let root = || json!({"type": "Root"});
    let user = || json!({"type": "IAMUser"});
    let stack_sets = || role("stacksets-exec-0a1b2c");
    let stack = "arn:aws:cloudformation:eu-west-1:333333333333:stack/StackSet-rootwatch-spoke-1f/2";
    let queue = |name: &str| json!({"queueUrl": format!("https://sqs.eu-west-1.amazonaws.com/333333333333/{name}")});
    let rows = [
        ("events", "DeleteRule", json!({"name": "rootwatch-root-activity"}), admin(), "own"),
        ("events", "DisableRule", json!({"name": "rootwatch-tampering"}), user(), "own"),
        ("events", "PutRule", json!({"name": "rootwatch-hub-urgent-tampering"}), admin(), "own"),
        ("events", "RemoveTargets", json!({"rule": "rootwatch-root-activity"}), root(), "own"),
        ("events", "PutTargets", json!({"rule": "nightly"}), admin(), "none"),
        ("events", "DeleteRule", json!({"name": "nightly"}), admin(), "none"),
        ("events", "DeleteRule", json!({"name": "rootwatch-root-activity"}), stack_sets(), "none"),
        ("events", "PutRule", json!({"name": "rootwatch-root-activity"}), role("not-stacksets-exec-1"), "own"),
        ("iam", "DeleteRolePolicy", json!({"roleName": "StackSet-rootwatch-spoke-1f2e-ForwardRole-X1"}), admin(), "own"),
        ("iam", "DeleteRolePolicy", json!({"roleName": "StackSet-rootwatch-sp-ForwardRole-X1"}), admin(), "own"),
        ("iam", "PutRolePolicy", json!({"roleName": "rootwatch-spoke-ForwardRole-X1"}), admin(), "own"),
        ("iam", "PutRolePolicy", json!({"roleName": "rootwatch-notifier-eu-west-1"}), admin(), "own"),
        ("iam", "CreateRole", json!({"roleName": "stacksets-exec-mine"}), admin(), "own"),
        ("iam", "GetRole", json!({"roleName": "rootwatch-spoke-ForwardRole-X1"}), admin(), "none"),
        ("iam", "TagRole", json!({"roleName": "rootwatch-spoke-ForwardRole-X1"}), admin(), "none"),
        ("iam", "DeleteRole", json!({"roleName": "Admin"}), admin(), "none"),
        ("iam", "DeleteRole", json!({"roleName": "rootwatch-spoke-ForwardRole-X1"}), root(), "none"),
        ("cloudformation", "DeleteStack", json!({"stackName": stack}), admin(), "own"),
        ("cloudformation", "UpdateStack", json!({"stackName": "rootwatch-spoke"}), admin(), "own"),
        ("cloudformation", "DeleteStack", json!({"stackName": "shop"}), admin(), "none"),
        ("cloudformation", "DeleteStack", json!({"stackName": stack}), stack_sets(), "none"),
        ("sqs", "PurgeQueue", queue("StackSet-rootwatch-spoke-1f-DeadLetterQueue-2"), admin(), "own"),
        ("sqs", "DeleteQueue", queue("rootwatch-spoke-DeadLetterQueue-2"), admin(), "own"),
        ("sqs", "PurgeQueue", queue("orders"), admin(), "none"),
        ("sqs", "ReceiveMessage", queue("rootwatch-spoke-DeadLetterQueue-2"), admin(), "none"),
        ("cloudtrail", "StopLogging", json!({"name": "all"}), user(), "organization"),
        ("cloudtrail", "StartLogging", json!({"name": "all"}), user(), "none"),
        ("organizations", "LeaveOrganization", Value::Null, admin(), "organization"),
        ("organizations", "LeaveOrganization", Value::Null, root(), "none"),
        ("organizations", "RemoveAccountFromOrganization", json!({"accountId": "1"}), admin(), "organization"),
        ("organizations", "AttachPolicy", json!({"policyId": "p-1"}), admin(), "none"),
        ("organizations", "MoveAccount", json!({"sourceParentId": "ou-1-2"}), admin(), "organization"),
        ("organizations", "MoveAccount", json!({"sourceParentId": "r-1"}), admin(), "none"),
        ("iam", "DisableOrganizationsRootSessions", Value::Null, admin(), "organization"),
        ("account", "EnableRegion", json!({"regionName": "ap-east-1"}), user(), "organization"),
    ];
    let (own, of_organization) = (spoke("rootwatch", ""), organization());
    let bus = forwarded("rootwatch");
    for (service, call, parameters, identity, wanted) in rows {
        let is_root = identity["type"] == "Root";
        let event = event(service, call, parameters, identity);
        let is = |pattern: &Value| matches(pattern, &event) == Answer::Yes;
        let found = match (is(&own), is(&of_organization)) {
            (true, false) => "own",
            (false, true) => "organization",
            (false, false) => "none",
            (true, true) => "both",
        };
        assert_eq!(found, wanted, "{event}");
        // Root's acts are the other rules' on the bus.
        assert!(wanted == "none" || is(&bus) != is_root, "{event}");
    }
}

#[test]
fn each_of_the_spokes_rules_watches_the_other() {
    let activity = crate::hub::pattern::root_activity();
    let own = spoke("rootwatch", "");
    for (call, parameter) in [("DeleteRule", "name"), ("RemoveTargets", "rule")] {
        let about = |rule: &str| event("events", call, json!({parameter: rule}), role("Admin"));
        let is = |pattern: &Value, rule: &str| matches(pattern, &about(rule)) == Answer::Yes;
        for rule in ["rootwatch-tampering", "rootwatch-org-tampering"] {
            assert!(is(&activity, rule) && is(&own, rule), "{rule}");
        }
        assert!(is(&own, "rootwatch-root-activity"));
        assert!(!is(&activity, "rootwatch-root-activity"));
    }
}

#[test]
fn what_the_notifier_itself_does_is_never_taken() {
    let names = Names::sample();
    let by = || role(&names.role());
    let url = format!(
        "https://sqs.eu-west-1.amazonaws.com/111122223333/{}",
        names.reads_queue()
    );
    let topic = names.topic_arn(&names.alerts_topic());
    // Data events, where a trail logs them; and one log stream for each process.
    for (service, call, parameters) in [
        ("sqs", "ReceiveMessage", json!({"queueUrl": url})),
        ("sqs", "DeleteMessage", json!({"queueUrl": url})),
        ("sns", "Publish", json!({"topicArn": topic})),
        (
            "lambda",
            "Invoke",
            json!({"functionName": names.function_arn()}),
        ),
        (
            "logs",
            "CreateLogStream",
            json!({"logGroupName": names.log_group()}),
        ),
    ] {
        let event = event(service, call, parameters, by());
        for pattern in [
            hub(&names),
            hub_urgent(&names),
            forwarded(&names.deployment),
        ] {
            assert_eq!(matches(&pattern, &event), Answer::No, "{event}");
        }
    }
}

#[test]
fn what_a_test_does_in_the_hub_is_no_tampering() {
    let names = Names::sample();
    let (rule, bus) = (names.test("1f2e"), names.bus());
    let topic = names.topic_arn(&names.alerts_topic());
    let queue = format!("https://sqs.eu-west-1.amazonaws.com/111122223333/{rule}");
    for (service, call, parameters) in [
        (
            "events",
            "PutRule",
            json!({"name": rule, "eventBusName": bus}),
        ),
        (
            "events",
            "PutTargets",
            json!({"rule": rule, "eventBusName": bus}),
        ),
        (
            "events",
            "RemoveTargets",
            json!({"rule": rule, "eventBusName": bus}),
        ),
        (
            "events",
            "DeleteRule",
            json!({"name": rule, "eventBusName": bus}),
        ),
        ("sqs", "DeleteQueue", json!({"queueUrl": queue})),
        ("sns", "Subscribe", json!({"topicArn": topic})),
        (
            "sns",
            "Unsubscribe",
            json!({"subscriptionArn": format!("{topic}:1-2")}),
        ),
    ] {
        let event = event(service, call, parameters, role("Operator"));
        assert_eq!(matches(&hub_urgent(&names), &event), Answer::No, "{event}");
        let events = rootwatch_root_event::parse(event.to_string().as_bytes()).unwrap();
        let told = rootwatch_root_event::assess(&events[0]).decision;
        assert_eq!(told, rootwatch_root_event::Decision::Ignore, "{event}");
    }
}

/// What takes a part away: the service, the call, and how it names the part. None for what has no name of its own, and goes
/// with what it belongs to.
fn loss(resource: &HubResource) -> Option<(&'static str, &'static str, Value)> {
    let url = |name: &str| format!("https://sqs.eu-west-1.amazonaws.com/111122223333/{name}");
    Some(match resource {
        HubResource::Alarm(it) => (
            "monitoring",
            "DeleteAlarms",
            json!({"alarmNames": [it.name]}),
        ),
        HubResource::EventBus(it) => ("events", "DeleteEventBus", json!({"name": it.name})),
        HubResource::Function(it) => of_function(&it.name),
        HubResource::SelfCheckFunction(it) => of_function(&it.it.name),
        HubResource::LogGroup(it) => of_log(&it.name),
        HubResource::SelfCheckLog(it) => of_log(&it.it.name),
        HubResource::Queue(it) => ("sqs", "DeleteQueue", json!({"queueUrl": url(&it.name)})),
        HubResource::Role(it) => ("iam", "DeleteRole", json!({"roleName": it.name})),
        HubResource::SelfCheckRole(it) => ("iam", "DeleteRole", json!({"roleName": it.it.name})),
        HubResource::Rule(it) => ("events", "DeleteRule", json!({"name": it.name})),
        HubResource::SelfCheckSchedule(it) => ("events", "DeleteRule", json!({"name": it.it.name})),
        HubResource::Topic(it) => ("sns", "DeleteTopic", json!({"topicArn": it.arn})),
        HubResource::SelfCheckPermission(it) => (
            "lambda",
            "RemovePermission20150331v2",
            json!({"functionName": it.it.function}),
        ),
        HubResource::Mapping(_) | HubResource::Subscriptions(_) | HubResource::DirectWay(_) => {
            return None;
        }
    })
}

fn of_function(name: &str) -> (&'static str, &'static str, Value) {
    (
        "lambda",
        "DeleteFunction20150331",
        json!({"functionName": name}),
    )
}

fn of_log(name: &str) -> (&'static str, &'static str, Value) {
    ("logs", "DeleteLogGroup", json!({"logGroupName": name}))
}

#[test]
fn no_part_of_a_hub_is_taken_away_without_a_word() {
    let wanted = sample::wanted();
    let names = &wanted.names;
    let patterns = [hub(names), hub_urgent(names), spoke(&names.deployment, "")];
    let (mut taken, mut nameless) = (0, 0);
    for node in desired::hub(&wanted) {
        let id = node.resource.id();
        let Some((service, call, parameters)) = loss(&node.resource) else {
            nameless += 1;
            continue;
        };
        let event = event(service, call, parameters, role("Admin"));
        let is = |pattern: &Value| matches(pattern, &event) == Answer::Yes;
        let [changed, urgent, of_spoke] = patterns.each_ref().map(is);
        assert!(changed || urgent || of_spoke, "{id}: {event}");
        assert!(!(changed && urgent), "told twice: {id}: {event}");
        let events = rootwatch_root_event::parse(event.to_string().as_bytes()).unwrap();
        let assessed = rootwatch_root_event::assess(&events[0]);
        assert_eq!(assessed.activity.name(), "tampering", "{id}: {event}");
        taken += 1;
    }
    assert_eq!((taken > 30, nameless), (true, 4));
}
