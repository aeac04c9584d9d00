use super::{Administrator, POLICY, guarded, in_management};
use crate::faults::denied;
use crate::world::World;
use serde_json::Value;

/// The guardrail's gaps, and what `status` says of it.
fn status(world: &World, account: &str) -> (Vec<String>, Value) {
    let ran = world.rootwatch_as(account, &["status", "--output", "json"]);
    let report = ran.json();
    let gaps = report["gaps"].as_array().unwrap();
    let ids = gaps.iter().map(|it| it["id"].as_str().unwrap().to_owned());
    let ids = ids.filter(|it| it.starts_with("RW34") || it.starts_with("RW35"));
    (ids.collect(), report["guardrail"].clone())
}

#[test]
fn none_is_said_and_is_no_gap() {
    let world = World::deployed();
    let (gaps, guardrail) = status(&world, &world.organization.hub);
    assert_eq!((gaps.len(), &guardrail["state"]), (0, &"none".into()));
    let text = world.rootwatch(&["status"]).stdout;
    assert!(text.contains("Guardrail\n  none: "), "{text}");
}

#[test]
fn who_is_bound_and_who_is_not_is_said() {
    let world = guarded();
    let (gaps, guardrail) = status(&world, &world.organization.hub);
    assert_eq!(gaps, [""; 0]);
    assert_eq!(guardrail["state"], "partly", "{guardrail}");
    assert_eq!(
        guardrail["not_guarded"][0]["account"],
        world.organization.hub.as_str()
    );
    let text = world.rootwatch(&["status"]).stdout;
    assert!(text.contains("1 can: 222222222222 (hub)"), "{text}");
    in_management(&world, &["deploy", "guardrail", "--ou", "/", "--yes"]).ends_with(0);
    let (gaps, guardrail) = status(&world, &world.organization.hub);
    assert_eq!(
        (gaps.len(), &guardrail["state"]),
        (0, &"guarded".into()),
        "{guardrail}"
    );
    assert_eq!(guardrail["guarded"], 4);
}

#[test]
fn what_somebody_did_to_it_is_a_gap() {
    let world = guarded().calm();
    let (hub, administrator) = (world.organization.hub.clone(), Administrator::new(&world));
    let (id, client) = (administrator.id(POLICY), &administrator.organizations);
    let workloads = &world.organization.ou("/Workloads").unwrap().id;
    let content = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"events:DeleteRule","Resource":"*"}]}"#;
    administrator
        .does(
            client
                .update_policy()
                .policy_id(&id)
                .content(content)
                .send(),
        )
        .unwrap();
    assert_eq!(status(&world, &hub).0, ["RW342"]);
    administrator
        .does(
            client
                .detach_policy()
                .policy_id(&id)
                .target_id(workloads)
                .send(),
        )
        .unwrap();
    assert_eq!(status(&world, &hub).0, ["RW341", "RW342"]);
    let text = world.rootwatch(&["status"]).stdout;
    assert!(
        text.contains("no longer attached to /Workloads (ou-"),
        "{text}"
    );
    in_management(&world, &["deploy", "guardrail", "--yes"]).ends_with(0);
    assert_eq!(status(&world, &hub).0, [""; 0]);
    administrator.turn_off(&world);
    let (gaps, guardrail) = status(&world, &hub);
    assert_eq!(
        (gaps, &guardrail["guarded"]),
        (vec!["RW343".into()], &0.into())
    );
}

#[test]
fn what_cannot_be_read_is_not_known() {
    let world = guarded();
    let hub = world.organization.hub.clone();
    world.fail(&denied().operation("ListPolicies"));
    let (gaps, guardrail) = status(&world, &hub);
    assert_eq!((gaps.len(), &guardrail["state"]), (0, &"unknown".into()));
    assert!(
        guardrail["unknown"]
            .as_str()
            .unwrap()
            .contains("organizations:ListPolicies")
    );
    world.lab.clear_faults().unwrap();
    // That it is there is known by then.
    for read in ["DescribePolicy", "ListTargetsForPolicy"] {
        world.fail(&denied().operation(read));
        let (gaps, guardrail) = status(&world, &hub);
        assert_eq!(
            (gaps, &guardrail["state"]),
            (vec!["RW351".into()], &"unknown".into()),
            "{read}"
        );
        world.lab.clear_faults().unwrap();
    }
}

#[test]
fn a_removal_names_the_guardrail_that_stays() {
    let world = guarded();
    for what in ["spokes", "all"] {
        let ran = in_management(&world.fork(), &["teardown", what, "--yes"]);
        assert!(
            ran.stdout.contains("`rootwatch teardown guardrail`"),
            "{what}: {}\n{}",
            ran.stdout,
            ran.stderr
        );
    }
    let world = World::deployed();
    let ran = in_management(&world, &["teardown", "spokes", "--yes"]);
    assert!(!ran.stdout.contains("guardrail"), "{}", ran.stdout);
}
