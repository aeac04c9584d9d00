//! Each of the judge's rules, kept and broken.

use super::guard::POLICY;
use super::hands::Became;
use super::judge::*;
use super::model::Model;
use super::organization::tests::sample;
use super::promise::Facts;
use super::step::Command;
use crate::sweep::command::{By, PERSON, REGION, SECOND};
use crate::sweep::listing::Listing;
use crate::sweep::process::{Ended, Ran};
use crate::sweep::worlds::World;
use serde_json::{Value, json};

fn model(from: World) -> Model {
    Model::new(sample(), from)
}

fn queues(names: &[&str]) -> Listing {
    let queues: serde_json::Map<String, Value> = names
        .iter()
        .map(|it| ((*it).to_owned(), json!({})))
        .collect();
    Listing::of_snapshot(&json!({"2": {REGION: {"queues": queues}}}))
}

fn ran(code: i32, stdout: &str, stderr: &str) -> Ran {
    Ran {
        ended: Ended::Code(code),
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
    }
}

fn judged(command: &Command, is_disturbed: bool, ran: &Ran, after: &[&str]) -> Vec<String> {
    of_command(&Seen {
        command,
        model: &model(World::Watched),
        facts: &Facts::default(),
        is_disturbed,
        ran,
        before: &queues(&["a"]),
        after: &queues(after),
    })
}

#[test]
fn each_thing_that_a_command_must_not_do_is_a_problem() {
    let (status, removal) = (Command::Status(By::Hub), Command::TeardownHub);
    assert!(judged(&status, false, &ran(0, "{}", ""), &["a"]).is_empty());
    assert!(judged(&removal, false, &ran(1, "{}", "spokes"), &["a"]).is_empty());
    for (says, found) in [
        (
            "Code(130)",
            judged(&status, true, &ran(130, "{}", ""), &["a"]),
        ),
        (
            "Code(0)",
            judged(&removal, false, &ran(0, "{}", ""), &["a"]),
        ),
        ("no JSON", judged(&status, false, &ran(0, "", ""), &["a"])),
        (
            "a panic",
            judged(&status, false, &ran(0, "{}", "panicked at x"), &["a"]),
        ),
        (
            "a secret",
            judged(&status, false, &ran(0, "{}", "X-Amz-Signature"), &["a"]),
        ),
        ("less /2", judged(&status, false, &ran(0, "{}", ""), &[])),
        (
            "more /2",
            judged(&removal, false, &ran(1, "{}", ""), &["a", "b"]),
        ),
    ] {
        assert_eq!(found.len(), 1, "{says}: {found:?}");
        assert!(found[0].contains(says), "{says}: {found:?}");
    }
}

#[test]
fn only_a_test_that_was_disturbed_leaves_its_own_parts() {
    let after = ["a", "rootwatch-test-1"];
    let failed = ran(1, "{}", "");
    assert!(judged(&Command::Test, true, &failed, &after).is_empty());
    assert!(!judged(&Command::Test, false, &ran(0, "{}", ""), &after).is_empty());
    assert!(!judged(&Command::Verify, true, &failed, &after).is_empty());
    let subscribed = |queue: &str| {
        let topic = json!({"Subscriptions": [["sqs", queue, "False", "True"]]});
        let there = json!({"queues": {"a": {}}, "topics": {TOPICS[0]: topic}});
        Listing::of_snapshot(&json!({"2": {REGION: there}}))
    };
    for (queue, is_its_own) in [("arn:rootwatch-test-1", true), ("arn:siem", false)] {
        let problem = of_command(&Seen {
            command: &Command::Test,
            model: &model(World::Watched),
            facts: &Facts::default(),
            is_disturbed: true,
            ran: &failed,
            before: &queues(&["a"]),
            after: &subscribed(queue),
        });
        assert_eq!(problem.is_empty(), is_its_own, "{queue}: {problem:?}");
    }
}

#[test]
fn what_others_own_has_to_stay_and_what_is_ours_to_go() {
    let (planted, more) = (queues(&["a"]), queues(&["a", "b"]));
    assert!(of_others(&planted, &more).is_none());
    assert!(of_others(&more, &planted).is_some());
    let mut model = model(World::Empty);
    assert!(of_end(&model, &planted, &planted).is_none());
    assert!(of_end(&model, &planted, &more).is_some());
    assert!(!no_hub(&model, &planted, &more).is_empty());
    model.organization.left.insert("2".to_owned());
    assert!(of_end(&model, &planted, &more).is_none());
}

#[test]
fn a_hub_is_as_it_was_told_to_be() {
    let hub = |people: Value, days: u32| {
        let topic = json!({"Subscriptions": people});
        json!({"2": {REGION: {
            "topics": {TOPICS[0]: topic, TOPICS[1]: topic},
            "log_groups": {"/aws/lambda/rootwatch-notifier": {"RetentionInDays": days}},
        }}})
    };
    let model = model(World::Hub);
    let same = queues(&["a"]);
    let problems = |now: &Value, made: &Listing| of_hub(&model, now, made, &same).len();
    let other = |pending: &str| {
        let person = |who: &str, pending| json!(["email", who, pending, "False"]);
        json!([person(PERSON, "False"), person(SECOND, pending)])
    };
    assert_eq!(problems(&hub(other("True"), 365), &same), 0);
    assert_eq!(problems(&hub(other("False"), 365), &same), 2);
    let person = json!([["email", PERSON, "false"], ["sqs", "arn:siem", "false"]]);
    assert_eq!(problems(&hub(person.clone(), 365), &same), 0);
    assert_eq!(problems(&hub(json!([]), 365), &same), 2);
    assert_eq!(problems(&hub(person.clone(), 30), &same), 1);
    assert_eq!(problems(&hub(person.clone(), 365), &queues(&[])), 1);
    // What a setting brings, and what rootwatch leaves to people.
    let made = json!({"2": {
        "aws": {"roles": {"rootwatch-selfcheck": {"Policies": {"Sid": "ReadRoutes"}}}},
        REGION: {
            "queues": {"a": {}, "rootwatch-test-1": {}},
            "topics": {TOPICS[1]: {"DisplayName": "changed"}},
        },
    }});
    assert_eq!(problems(&hub(person, 365), &Listing::of_snapshot(&made)), 0);
}

#[test]
fn a_guardrail_binds_what_it_was_told_to_and_nothing_else() {
    let model = model(World::Guarded);
    let attached = |ids: &[&str]| {
        let policy = json!({POLICY: {"attached": ids}});
        json!({"1": {"aws": {"policies": policy}}})
    };
    let wanted = ["a".to_owned(), "b".to_owned()];
    let problems = |wanted: Option<&[String]>, now: &Value| of_guardrail(&model, wanted, now).len();
    assert_eq!(problems(Some(&wanted), &attached(&["a", "b"])), 0);
    assert_eq!(problems(Some(&wanted), &attached(&["a"])), 1);
    assert_eq!(problems(Some(&wanted), &json!({})), 1);
    assert_eq!(problems(None, &json!({})), 0);
    assert_eq!(problems(None, &attached(&[])), 1);
    let edit = |became, is_bound| of_edit("disable-rule", became, is_bound).len();
    assert_eq!(edit(Became::Done, Some(true)), 1);
    assert_eq!(edit(Became::Denied, Some(false)), 1);
    assert_eq!(edit(Became::Denied, Some(true)), 0);
    assert_eq!(edit(Became::Done, Some(false)), 0);
    assert_eq!(edit(Became::Done, None) + edit(Became::Denied, None), 0);
}

#[test]
fn spokes_are_where_the_settings_say_and_nowhere_else() {
    let model = model(World::Watched);
    let wanted = ["2/us-east-1", "2/eu-west-1", "3/us-east-1", "3/eu-west-1"];
    let problems = |places: &[(&str, &str)]| {
        let instances: serde_json::Map<String, Value> = places
            .iter()
            .map(|(place, state)| ((*place).to_owned(), json!([state])))
            .collect();
        let set = json!({STACK_SET: {"Instances": instances}});
        let now = json!({"1": {REGION: {"stack_sets": set}}});
        assert_eq!(no_spokes(&model, &now).len(), 1);
        of_spokes(&model, &now).len()
    };
    let all = wanted.map(|place| (place, "CURRENT"));
    assert_eq!(problems(&all), 0);
    assert_eq!(problems(&all[1..]), 1);
    let suspended = [&all[..], &[("6/us-east-1", "OUTDATED")]].concat();
    assert_eq!(problems(&suspended), 0);
    let surplus = [&all[..], &[("4/us-east-1", "CURRENT")]].concat();
    assert_eq!(problems(&surplus), 1);
    let outdated = [&all[1..], &[("2/us-east-1", "OUTDATED")]].concat();
    assert_eq!(problems(&outdated), 1);
}
