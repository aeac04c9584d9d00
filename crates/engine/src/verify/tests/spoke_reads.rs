//! What is read of a spoke, from answers as AWS gives them.

use crate::aws::canned::{Row, aws, xml};
use crate::hub::rule::{ALL_MANAGEMENT_EVENTS, ENABLED, Rule};
use crate::hub::{pattern, tampering};
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::verify::finding::{Hop, Verdict};
use crate::verify::spoke::Seen;
use crate::verify::spoke_wanted::At;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACCOUNT: &str = "333333333333";
const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::333333333333:role/forward";
const QUEUE: &str = "arn:aws:sqs:us-east-1:333333333333:dead-letters";

/// The answers of a spoke as the template makes it, with these of a rule's retries, and this dead-letter queue.
fn spoke(retries: &Value, queue: &str) -> Vec<Row> {
    let names = Names::sample();
    let parameters = BTreeMap::new();
    let at = At {
        names: &names,
        account: ACCOUNT,
        region: REGION,
        parameters: &parameters,
    };
    let rule = |name: &str, pattern: &Value, state: &str| {
        json!({"Name": name, "EventPattern": pattern.to_string(), "State": state}).to_string()
    };
    let target = json!({"Targets": [{"Id": "hub", "Arn": names.bus_arn(), "RoleArn": ROLE,
        "DeadLetterConfig": {"Arn": queue}, "RetryPolicy": retries}]});
    let forwarder = at.role();
    let forwarder = serde_json::to_value(&forwarder).unwrap();
    let document = |of: &Value| {
        json!({"Statement": of.as_object().unwrap().values().collect::<Vec<_>>()}).to_string()
    };
    let role = format!(
        "<Role><Arn>{ROLE}</Arn><Path>/</Path><RoleName>forward</RoleName><RoleId>R</RoleId>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>\
         <Tags><member><Key>{DEPLOYMENT_TAG}</Key><Value>rootwatch</Value></member></Tags></Role>",
        document(&forwarder["trust"])
    );
    let inline = format!(
        "<RoleName>forward</RoleName><PolicyName>own</PolicyName><PolicyDocument>{}</PolicyDocument>",
        document(&forwarder["policies"][0])
    );
    let policy = at.queue(QUEUE).policy.document();
    let attributes = json!({"Attributes": {"MessageRetentionPeriod": "1209600", "Policy": policy,
        "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30"}});
    let named = |name: &str| -> &'static str { format!("\"Name\":\"{name}\"").leak() };
    let [of_own, of_others] = names.spoke_tampering_rules();
    vec![
        (
            vec!["DescribeRule", named(&of_own)].leak(),
            rule(&of_own, &tampering::spoke(&names.deployment, ""), ENABLED),
        ),
        (
            vec!["DescribeRule", named(&of_others)].leak(),
            rule(&of_others, &tampering::organization(), ENABLED),
        ),
        (
            vec!["DescribeRule", named(&names.spoke_rule())].leak(),
            rule(
                &names.spoke_rule(),
                &pattern::root_activity(),
                ALL_MANAGEMENT_EVENTS,
            ),
        ),
        (&["ListTargetsByRule"], target.to_string()),
        (&["Action=GetRole&"], xml("GetRole", &role)),
        (
            &["Action=ListRolePolicies"],
            xml(
                "ListRolePolicies",
                "<PolicyNames><member>own</member></PolicyNames>",
            ),
        ),
        (&["Action=GetRolePolicy"], xml("GetRolePolicy", &inline)),
        (
            &["Action=ListAttachedRolePolicies"],
            xml("ListAttachedRolePolicies", "<AttachedPolicies/>"),
        ),
        (
            &["GetQueueUrl", "\"dead-letters\""],
            json!({"QueueUrl": "https://q"}).to_string(),
        ),
        (&["GetQueueAttributes"], attributes.to_string()),
    ]
}

/// What is not fine, as resource and check, and how many hops there are.
async fn judged(rows: Vec<Row>) -> (Vec<(String, &'static str)>, usize) {
    let session = aws(ACCOUNT, REGION, rows).own_session();
    let seen = Seen::read(&session.spoke(REGION), &Names::sample()).await;
    let hops = seen.check(&Names::sample(), &BTreeMap::new(), "create it again");
    let wrong = hops.iter().filter(|hop| hop.verdict != Verdict::Ok);
    let words = |hop: &Hop| (hop.resource.clone(), hop.check);
    (wrong.map(words).collect(), hops.len())
}

#[tokio::test]
async fn a_good_spoke_is_read_as_the_template_makes_it() {
    for retries in [
        json!(null),
        json!({"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}),
    ] {
        let (wrong, all) = judged(spoke(&retries, QUEUE)).await;
        assert_eq!((wrong, all), (Vec::new(), 5), "{retries}");
    }
    let rule = || "rule rootwatch-root-activity".to_owned();
    let (wrong, all) = judged(Vec::new()).await;
    assert_eq!((wrong, all), (vec![(rule(), "exists")], 1));
    for retries in [
        json!({"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 185}),
        json!({"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 0}),
    ] {
        let (wrong, _) = judged(spoke(&retries, QUEUE)).await;
        assert!(wrong.iter().any(|(of, _)| *of == rule()), "{retries}");
    }
}

#[tokio::test]
async fn dead_letters_go_to_a_queue_of_this_account_and_region() {
    for elsewhere in [
        "arn:aws:sqs:us-east-1:999988887777:dead-letters",
        "arn:aws:sqs:eu-west-1:333333333333:dead-letters",
        "arn:aws:sqs:us-east-1:333333333333:gone",
    ] {
        let (wrong, _) = judged(spoke(&json!(null), elsewhere)).await;
        assert!(
            wrong.iter().any(|(_, check)| *check == "dead letters"),
            "{elsewhere}: {wrong:?}"
        );
    }
}

#[test]
fn the_rules_for_tampering_are_not_the_rule_for_root() {
    let (names, parameters) = (Names::sample(), BTreeMap::new());
    let at = At {
        names: &names,
        account: ACCOUNT,
        region: REGION,
        parameters: &parameters,
    };
    let tagged = |team: &str| Rule {
        tags: BTreeMap::from([("team".to_owned(), team.to_owned())]),
        ..Rule::default()
    };
    let main = at.rule(&tagged("root"));
    let both = at.tampering_rules([&tagged("own"), &tagged("all")], Some(&main));
    let arns = at.rule_arns();
    for ((rule, arn), team) in both.iter().zip(&arns[1..]).zip(["own", "all"]) {
        assert_eq!(rule.arn, *arn);
        assert_eq!(arn.rsplit('/').next(), Some(&*rule.name));
        assert_eq!((&*rule.tags["team"], &*rule.state), (team, ENABLED));
        assert_eq!(rule.targets, main.targets);
    }
    let [own, of_organization] = both.map(|it| it.event_pattern);
    assert_eq!(own, tampering::spoke(&names.deployment, ""));
    assert_eq!(of_organization, tampering::organization());
}
