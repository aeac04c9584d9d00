//! What somebody new is told who does what newcomers do.

use crate::guardrail::in_management;
use crate::world::{PERSON, World};

#[track_caller]
fn says(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?}\n{text}");
}

#[track_caller]
fn says_not(text: &str, part: &str) {
    assert!(!text.contains(part), "{part:?}\n{text}");
}

#[test]
fn before_anything_is_deployed_there_is_one_gap() {
    let world = World::new().calm();
    let ran = world.rootwatch(&["status"]).ends_with(2);
    says(&ran.stdout, "Gaps: 1\n");
    says(
        &ran.stdout,
        "`rootwatch deploy hub` creates it, and then says how to deploy the spokes",
    );
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    says(&plan.stdout, " 0 unchanged.");
}

#[test]
fn a_hub_in_the_management_account_is_warned_of_until_it_is_there() {
    let world = World::new().calm();
    let management = world.organization.management.clone();
    let warning = "is the organization's management account";
    let plan = world.rootwatch_as(&management, &["plan", "hub"]);
    says(&plan.ends_with(0).stderr, warning);
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    says_not(&plan.stderr, warning);
}

#[test]
fn a_slip_in_the_name_names_the_deployment_that_is_there() {
    let world = World::with_hub().calm();
    for (args, code) in [
        (&["status"][..], 2),
        (&["verify", "--hub-only"], 1),
        (&["test"], 1),
        (&["plan", "hub"], 0),
    ] {
        let typed = [args, &["--name", "rootwach"]].concat();
        let ran = world.rootwatch(&typed).ends_with(code);
        let all = format!("{}\n{}", ran.stdout, ran.stderr);
        says(&all, "did you mean --name rootwatch?");
    }
}

#[test]
fn whom_rootwatch_subscribed_before_is_nobody_elses() {
    let world = World::new().calm();
    let first = ["deploy", "hub", "--yes", "--email", PERSON];
    world.rootwatch(&first).ends_with(0);
    let second = ["plan", "hub", "--email", "securty@example.com"];
    let plan = world.rootwatch(&second).ends_with(0);
    says_not(&plan.stdout, "kept:");
}

#[test]
fn a_mail_to_an_address_that_was_a_typo_is_to_be_ignored() {
    let world = World::new().calm();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rootwatch.toml");
    let deploy = |address: &str| {
        std::fs::write(&file, format!("[hub]\nemail = [\"{address}\"]\n")).unwrap();
        let file = file.to_str().unwrap();
        let args = ["deploy", "hub", "--yes", "--config", file];
        world.rootwatch(&args).ends_with(0).stdout
    };
    deploy("security@exmaple.com");
    let said = deploy(PERSON);
    says(
        &said,
        "ignore the mail from no-reply@sns.amazonaws.com to email security@exmaple.com, which is not in the settings",
    );
    let again = deploy(PERSON);
    assert_eq!(again.matches("Next: 1.").count(), 1, "{again}");
    says(&again, "3. rootwatch status --config ");
}

#[test]
fn who_may_change_the_guardrail_is_said_before_it_is_denied() {
    let world = World::deployed().calm();
    let warning = "is not the management account";
    let plan = ["plan", "guardrail", "--ou", "/"];
    says(&world.rootwatch(&plan).ends_with(0).stderr, warning);
    let ran = in_management(&world, &plan).ends_with(0);
    says_not(&ran.stderr, warning);
}

#[test]
fn taking_the_guardrail_away_does_not_promise_what_it_did() {
    let world = crate::guardrail::guarded().calm();
    let ran = in_management(&world, &["teardown", "guardrail", "--yes"]).ends_with(0);
    says_not(&format!("{}{}", ran.stdout, ran.stderr), "Only StackSets");
}
