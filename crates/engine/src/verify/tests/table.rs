//! What an independent review changed while `verify` said that all is fine: now each is a finding. And: whatever the plan
//! finds to differ, at any depth, is never fine.

use super::state::{Hub, with};
use super::wrong;
use crate::findings::spokes::RULE_DIFFERS;
use crate::hub::hub_resource::HubResource;
use crate::hub::rule::Rule;
use crate::names::Names;
use crate::plan::{Action, decide};
use crate::verify::as_made::Changes;
use crate::verify::deployed::Deployed;
use crate::verify::finding::Verdict::{self, Broken, Differs, Unknown};
use crate::verify::spoke_wanted::At;
use crate::verify::{one, places};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What was changed, and the gravest verdict on it.
type Row = (&'static str, Verdict, Box<dyn Fn(&mut Hub)>);

fn row(what: &'static str, now: Verdict, change: impl Fn(&mut Hub) + 'static) -> Row {
    (what, now, Box::new(change))
}

/// Every entry of a rule's pattern demands this too.
fn narrowed(what: &'static str, rule: &'static str, now: Verdict, detail: Value) -> Row {
    row(what, now, move |hub| {
        let Rule { event_pattern, .. } = hub.rule(rule);
        for entry in event_pattern["$or"].as_array_mut().unwrap() {
            merge(&mut entry["detail"], &detail);
        }
    })
}

/// Adds what is not there.
fn merge(into: &mut Value, from: &Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        return;
    };
    for (key, value) in from {
        merge(
            into.entry(key.clone()).or_insert_with(|| value.clone()),
            value,
        );
    }
}

fn set(
    what: &'static str,
    now: Verdict,
    queue: &'static str,
    name: &'static str,
    value: &'static str,
) -> Row {
    row(what, now, move |hub| {
        hub.queue(queue).not_default.insert(name, value.into());
    })
}

fn rows() -> Vec<Row> {
    const ACTS: &str = "rootwatch-acts";
    const READS: &str = "rootwatch-reads";
    let not = |name: &str| json!([{"anything-but": [name]}]);
    let exempt = |hub: &mut Hub, key: &str, value: Value| {
        let bus = &mut hub.bus("rootwatch").policy;
        let mut condition = bus.statement("RootwatchForwardedOnly").unwrap()["Condition"].clone();
        condition["StringNotEquals"][key] = value;
        with(bus, "RootwatchForwardedOnly", "Condition", condition);
    };
    vec![
        narrowed(
            "an act left out",
            ACTS,
            Differs,
            json!({"eventName": not("StopLogging")}),
        ),
        narrowed(
            "a service left out",
            ACTS,
            Differs,
            json!({"eventSource": not("cloudtrail.amazonaws.com")}),
        ),
        row("a read left out", Differs, |hub| {
            for entry in hub.rule(READS).event_pattern["$or"].as_array_mut().unwrap() {
                // Calls of AssumeRoot are named, and nothing is left out of them.
                let names = entry["detail"]["eventName"][0].get_mut("anything-but");
                if let Some(names) = names {
                    names.as_array_mut().unwrap().push(json!("GetSecretValue"));
                }
            }
        }),
        narrowed(
            "an address left out",
            ACTS,
            Differs,
            json!({"sourceIPAddress": [{"exists": false}, {"anything-but": "203.0.113.66"}]}),
        ),
        narrowed(
            "long-lived keys left out",
            ACTS,
            Broken,
            json!({"userIdentity": {"accessKeyId": [{"exists": false}, {"prefix": "ASIA"}]}}),
        ),
        row("events without resources left out", Broken, |hub| {
            hub.rule(ACTS).event_pattern["resources"] = json!([{"exists": true}]);
        }),
        row("a queue's own key of AWS", Broken, |hub| {
            hub.queue("rootwatch-dead-letters").kms_key = Some("alias/aws/sqs".into());
        }),
        row("read-only events not reported", Differs, |hub| {
            hub.function("rootwatch-notifier")
                .settings
                .set("read_only", "each");
        }),
        row("forged names of accounts", Differs, |hub| {
            let names = json!({"1": "shop"});
            hub.function("rootwatch-notifier")
                .settings
                .set("account_names", names);
        }),
        row("an alarm of another unit", Broken, |hub| {
            let alarm = hub.alarm("rootwatch-dead-letters");
            alarm.not_default.insert("Unit", "Terabytes/Second".into());
        }),
        set(
            "small dead letters",
            Broken,
            "rootwatch-dead-letters",
            "MaximumMessageSize",
            "1024",
        ),
        set(
            "nobody may redrive",
            Differs,
            "rootwatch-dead-letters",
            "RedriveAllowPolicy",
            "denyAll",
        ),
        set("late events", Differs, READS, "DelaySeconds", "900"),
        row("a bus's own key", Differs, |hub| {
            let bus = hub.bus("rootwatch");
            bus.not_default.insert("KmsKeyIdentifier", "arn:k".into());
        }),
        row("a target's own role", Differs, |hub| {
            let target = hub.rule(ACTS).targets.get_mut("notifier").unwrap();
            target.role = Some("arn:aws:iam::111122223333:role/x".into());
        }),
        row("a second organization", Differs, |hub| {
            let condition =
                json!({"StringEquals": {"aws:PrincipalOrgID": ["o-abcdefghij", "o-x"]}});
            let bus = &mut hub.bus("rootwatch").policy;
            with(bus, "RootwatchOrganization", "Condition", condition);
        }),
        row("a member exempted from a Deny", Differs, move |hub| {
            exempt(
                hub,
                "aws:PrincipalAccount",
                json!(["111122223333", "333333333333"]),
            );
        }),
        row(
            "another kind of event exempted from a Deny",
            Differs,
            |hub| {
                let bus = &mut hub.bus("rootwatch").policy;
                let mut condition =
                    bus.statement("RootwatchCloudTrailOnly").unwrap()["Condition"].clone();
                let key = &mut condition["ForAnyValue:StringNotEquals"]["events:detail-type"];
                key.as_array_mut().unwrap().push(json!("theirs"));
                with(bus, "RootwatchCloudTrailOnly", "Condition", condition);
            },
        ),
        row("a role exempted from the topic's Deny", Differs, |hub| {
            let condition = json!({"ArnNotEquals": {"aws:PrincipalArn": [
                "arn:aws:iam::111122223333:role/rootwatch-notifier-eu-west-1", "arn:aws:iam::111122223333:role/x"]}});
            let topic = &mut hub.topic("rootwatch-alerts").policy;
            with(topic, "RootwatchNobodyElse", "Condition", condition);
        }),
        row("a managed policy of somebody", Differs, |hub| {
            hub.attach(json!({"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
        }),
        row("a Deny on a short ARN", Unknown, |hub| {
            hub.attach(json!({"Sid": "A", "Effect": "Deny", "Action": "sns:Publish", "Resource": "arn:aws:sns"}));
        }),
        row("a file system", Broken, |hub| {
            let function = hub.function("rootwatch-notifier");
            function
                .not_default
                .insert("FileSystemConfigs", "[..]".into());
        }),
        row("a log group that cannot be searched", Differs, |hub| {
            hub.log_group("/aws/lambda/rootwatch-notifier").class = Some("DELIVERY".into());
        }),
    ]
}

#[test]
fn what_was_fine_for_a_review_is_a_finding_now() {
    for (what, now, change) in rows() {
        let mut hub = Hub::good();
        change(&mut hub);
        let found = wrong(&hub);
        let gravest = found.iter().map(|hop| hop.verdict).min();
        assert_eq!(gravest, Some(now), "{what}: {found:#?}");
        assert!(
            found
                .iter()
                .all(|hop| hop.id.is_some() && hop.fix.is_some()),
            "{what}"
        );
    }
}

/// Every object in a value, as the keys that lead there; and every leaf.
fn paths(value: &Value) -> Vec<Vec<String>> {
    let Value::Object(fields) = value else {
        return Vec::new();
    };
    let below = |(key, child): (&String, &Value)| {
        let deeper = paths(child).into_iter();
        let mut all = vec![vec![key.clone()]];
        all.extend(deeper.map(|path| [vec![key.clone()], path].concat()));
        all
    };
    fields.iter().flat_map(below).collect()
}

fn parent<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    let before = path.len() - 1;
    path[..before]
        .iter()
        .fold(value, |value, key| &mut value[key])
}

/// Replaces, removes, or adds a value at a place.
fn changed(wanted: &Value, path: &[String], way: u8, by: Value) -> (String, Value) {
    let mut found = wanted.clone();
    let (last, object) = (path.last().unwrap(), parent(&mut found, path));
    let beside = format!("{last}x");
    let mut path = path.to_vec();
    match way {
        0 => object[last] = by,
        1 => {
            object.as_object_mut().unwrap().remove(last);
        }
        _ => {
            object[&beside] = by;
            path.pop();
            path.push(beside);
        }
    }
    (path.join("."), found)
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::collection::vec(".{0,4}", 0..3).prop_map(Value::from),
    ]
}

static GOOD: LazyLock<Deployed> = LazyLock::new(|| Hub::good().deployed());

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_plan_finds_to_differ_is_never_fine(
        node: prop::sample::Index,
        place: prop::sample::Index,
        way in 0_u8..3,
        by in any_value(),
    ) {
        let deployed = &*GOOD;
        let wanted = &node.get(&deployed.wanted).resource;
        let value = serde_json::to_value(wanted).unwrap();
        let (path, found) = {
            let all = paths(&value);
            changed(&value, place.get(&all).as_slice(), way, by)
        };
        let action = decide(&value, Some(&found));
        let planned = crate::hub::plan::Planned {
            wanted: node.get(&deployed.wanted).clone(),
            found: Some(wanted.clone()),
            action: action.clone(),
        };
        let places = places::of(deployed, [].into_iter());
        let hops = one(deployed, &planned, &places);
        let is_fine = hops.iter().all(|hop| hop.verdict == Verdict::Ok);
        // Nothing differs, or what others may add, or a text for people.
        let is_harmless = action == Action::Keep || path == "description";
        prop_assert_eq!(is_fine, is_harmless, "{} {}: {}", wanted.id(), path, found);
        // A description is the only field whose change is fine.
        if let (Action::Update { fields }, true) = (&action, is_fine) {
            prop_assert!(fields.iter().all(|it| it.field == "description"));
        }
    }
}

#[test]
fn whatever_differs_of_a_spoke_is_never_fine() {
    let (names, parameters) = (Names::sample(), BTreeMap::new());
    let at = At {
        names: &names,
        account: "333333333333",
        region: "us-east-1",
        parameters: &parameters,
    };
    let queue = at.queue("arn:aws:sqs:us-east-1:333333333333:x");
    let all = [
        serde_json::to_value(at.rule(&Rule::default())),
        serde_json::to_value(at.role()),
        serde_json::to_value(&queue),
    ];
    for wanted in all.map(Result::unwrap) {
        for (place, way) in paths(&wanted)
            .iter()
            .flat_map(|it| (0..3).map(move |way| (it, way)))
        {
            let (path, found) = changed(&wanted, place, way, json!("another"));
            let left = Changes::between(&wanted, &found).left(RULE_DIFFERS, "rule x", &[], "fix");
            let is_theirs = way == 2 && place.len() == 2 && place[0] == "policy";
            let is_unset =
                way == 1 && parent(&mut wanted.clone(), place)[&place[place.len() - 1]].is_null();
            let is_same = is_theirs || is_unset || path == "description";
            assert_eq!(left.is_none(), is_same, "{path}: {found}");
        }
    }
}

#[test]
fn only_texts_for_people_are_harmless() {
    let hub = Hub::good();
    let mut kinds = std::collections::BTreeSet::new();
    for node in &hub.deployed().wanted {
        let wanted = &node.resource;
        let value = serde_json::to_value(wanted).unwrap();
        for field in value.as_object().unwrap().keys() {
            let mut found = value.clone();
            found[field] = json!({"another": ["value"]});
            let action = decide(&value, Some(&found));
            if action.is_change() && !Changes::of(&action).has(field) {
                kinds.insert(field.clone());
            }
        }
        assert!(!matches!(wanted, HubResource::DirectWay(_)));
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["description"]);
}
