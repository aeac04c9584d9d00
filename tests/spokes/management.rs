use crate::faults::failing;
use crate::world::{World, sign_in};
use aws_sdk_cloudformation::types::Tag;

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

fn deploy(world: &World, more: &[&str]) -> crate::world::Ran {
    let args = ["deploy", "spokes", "--ou", "/Security", "--yes"];
    let two = ["--regions", "us-east-1,eu-west-1"];
    let two = if more.contains(&"--regions") {
        &[]
    } else {
        &two[..]
    };
    world.as_management(&[&args[..], two, more].concat())
}

fn stacks(world: &World) -> Vec<String> {
    let snapshot = world.lab.snapshot().unwrap();
    let regions = snapshot[&world.organization.management]
        .as_object()
        .unwrap();
    regions
        .iter()
        .flat_map(|(region, found)| {
            let stacks = found["stacks"].as_object().cloned().unwrap_or_default();
            let status = |(name, stack): (String, serde_json::Value)| {
                format!("{region} {name} {}", stack["Status"].as_str().unwrap())
            };
            stacks.into_iter().map(status).collect::<Vec<_>>()
        })
        .collect()
}

/// Makes a stack of our name in the management account, as somebody might by hand.
fn make_stack(world: &World, region: &str, template: &str, ours: bool) {
    let config = world.sdk(&world.organization.management, region);
    let client = aws_sdk_cloudformation::Client::new(&config);
    let tag = Tag::builder()
        .key("rootwatch:deployment")
        .value("rootwatch");
    let request = client
        .create_stack()
        .stack_name("rootwatch-spoke")
        .set_tags(ours.then(|| vec![tag.build()]))
        .template_body(template);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(request.send()).unwrap();
}

const QUEUE: &str = r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}"#;
const CANNOT_BE: &str = r#"{"Resources": {"R": {"Type": "AWS::Events::Rule", "Properties": {
    "EventBusName": "nowhere", "EventPattern": {"source": ["x"]}, "State": "ENABLED"}}}}"#;

#[test]
fn the_management_account_is_watched_by_stacks_of_its_own() {
    let world = World::with_hub().calm();
    let management = world.organization.management.clone();
    let ran = deploy(&world, &[]).ends_with(0);
    insta::assert_snapshot!("management-deploy", world.shown(&ran.stdout));
    for region in REGIONS {
        assert!(world.is_watched(&management, region), "{region}");
    }
    world.root_does(&management, "us-east-1", &sign_in(&management, "No"));
    assert!(world.alerts(1)[0].body.contains(&management));

    world.count_calls();
    let again = deploy(&world, &[]).ends_with(0);
    insta::assert_snapshot!("management-again", world.shown(&again.stdout));
    assert_eq!(world.writes(), Vec::<String>::new());
    let status = world.as_management(&["status", "--regions", "us-east-1,eu-west-1"]);
    let status = status.ends_with(2).stdout;
    assert!(
        status.contains("2 of 5 active accounts covered in 2 regions")
            && status
                .contains("  ? the hub in account 222222222222, region eu-west-1: look with: "),
        "{status}"
    );
    let elsewhere = world.rootwatch(&["status"]).ends_with(2);
    let unseen = "  ? management account 111111111111 (management): StackSets never reach it, and its own stacks cannot be seen from here: look with: ";
    assert!(elsewhere.stdout.contains(unseen), "{}", elsewhere.stdout);
}

#[test]
fn a_stack_that_never_stood_is_made_anew() {
    let world = World::with_hub().calm();
    make_stack(&world, "us-east-1", CANNOT_BE, true);
    assert_eq!(
        stacks(&world),
        ["us-east-1 rootwatch-spoke ROLLBACK_COMPLETE"]
    );
    let ran = deploy(&world, &[]).ends_with(0);
    assert!(
        ran.stderr
            .contains(r#"status: "ROLLBACK_COMPLETE" -> "COMPLETE""#),
        "{}",
        ran.stderr
    );
    assert_eq!(
        stacks(&world),
        [
            "eu-west-1 rootwatch-spoke CREATE_COMPLETE",
            "us-east-1 rootwatch-spoke CREATE_COMPLETE"
        ]
    );
}

#[test]
fn a_stack_of_somebody_else_is_refused_and_taken_over_when_asked() {
    let world = World::with_hub().calm();
    make_stack(&world, "us-east-1", QUEUE, false);
    world.count_calls();
    let refused = deploy(&world, &[]).ends_with(1);
    insta::assert_snapshot!("management-foreign", world.shown(&refused.stderr));
    assert_eq!(world.writes(), Vec::<String>::new());
    // It is not rootwatch's to remove either.
    world
        .as_management(&["teardown", "spokes", "--yes"])
        .ends_with(0);
    assert_eq!(
        stacks(&world),
        ["us-east-1 rootwatch-spoke CREATE_COMPLETE"]
    );
    deploy(&world, &["--adopt"]).ends_with(0);
    assert!(world.is_watched(&world.organization.management, "us-east-1"));
}

#[test]
fn stacks_follow_the_hub_and_the_regions_and_go_at_teardown() {
    let world = World::with_hub().calm();
    deploy(&world, &[]).ends_with(0);
    let moved = deploy(
        &world,
        &["--regions", "us-east-1", "--tag", "team=security"],
    )
    .ends_with(0);
    insta::assert_snapshot!("management-moved", world.shown(&moved.stderr));
    assert_eq!(
        stacks(&world),
        ["us-east-1 rootwatch-spoke UPDATE_COMPLETE"]
    );
    let gone = world
        .as_management(&["teardown", "spokes", "--yes"])
        .ends_with(0);
    insta::assert_snapshot!("management-teardown", world.shown(&gone.stderr));
    assert_eq!(stacks(&world), Vec::<String>::new());
    let nothing = world
        .as_management(&["teardown", "spokes", "--yes"])
        .ends_with(0);
    assert!(
        nothing.stdout.contains("nothing to remove"),
        "{}",
        nothing.stdout
    );
}

/// Answers to what the management account asks CloudFormation in a region from now on.
fn answer(world: &World, region: &str, code: &str, status: u16) {
    let mut fault = failing(code, "no", status);
    fault.region = Some(region.into());
    let management = world.organization.management.clone();
    let fault = fault.account(&management).operation("DescribeStacks");
    world.fail(&fault);
}

#[test]
fn a_region_that_cannot_be_read_is_reported_at_teardown_and_in_the_status() {
    let world = World::with_hub().calm();
    deploy(&world, &[]).ends_with(0);
    answer(&world, "eu-west-1", "AccessDenied", 403);
    let reported = "its own stacks in eu-west-1 cannot be read from here";
    let status = world.as_management(&["status"]).ends_with(2);
    assert!(status.stdout.contains(reported), "{}", status.stdout);
    let teardown = ["teardown", "spokes", "--yes"];
    let gone = world.as_management(&teardown).ends_with(0);
    assert!(gone.stdout.contains(reported), "{}", gone.stdout);
    let again = [&teardown[..], &["--output", "json"]].concat();
    let nothing = world.as_management(&again).ends_with(1).json();
    let left = nothing["left"][0].as_str().unwrap();
    assert!(left.starts_with("stack rootwatch-spoke in eu-west-1 of the management account"));
}

#[test]
fn a_region_that_does_not_answer_right_stops_the_teardown() {
    let world = World::with_hub().calm();
    deploy(&world, &[]).ends_with(0);
    answer(&world, "eu-west-1", "ValidationError", 400);
    world.count_calls();
    let failed = world
        .as_management(&["teardown", "spokes", "--yes"])
        .ends_with(1);
    assert!(
        failed.stderr.contains("region eu-west-1"),
        "{}",
        failed.stderr
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_stack_that_cannot_be_made_is_named_with_awss_reason() {
    let world = World::with_hub().calm();
    let message = "User is not authorized to perform: cloudformation:CreateStack";
    let fault = failing("AccessDenied", message, 403);
    world.fail(&fault.operation("CreateStack").times(1));
    let failed = deploy(&world, &[]).ends_with(1);
    assert!(
        failed
            .stdout
            .contains("of the management account 111111111111")
            && failed
                .stdout
                .contains("cloudformation:CreateStack: AccessDenied"),
        "{}",
        failed.stdout
    );
    // The StackSet does not wait for it.
    assert!(failed.stdout.contains("2 succeeded"), "{}", failed.stdout);
    deploy(&world, &[]).ends_with(0);
    assert_eq!(stacks(&world).len(), 2);
}

#[test]
fn stacks_that_fail_for_one_reason_are_one_row() {
    let world = World::with_hub().calm();
    let message = "User: arn:aws:iam::111111111111:user/x is not authorized to perform: cloudformation:CreateStack with an explicit deny in a service control policy";
    let fault = failing("AccessDenied", message, 403);
    world.fail(&fault.operation("CreateStack"));
    let args = ["deploy", "spokes", "--ou", "/Security", "--yes"];
    let failed = world.as_management(&args).ends_with(1);
    let errors: Vec<&str> = failed
        .stdout
        .lines()
        .filter(|it| it.starts_with("error:"))
        .collect();
    assert_eq!(
        errors,
        [
            "error: stack rootwatch-spoke of the management account 111111111111 · all 17 regions · cloudformation:CreateStack denied by an SCP"
        ]
    );
}

#[test]
fn a_stack_that_is_being_updated_is_waited_for_before_it_goes() {
    let world = World::with_hub().calm();
    let management = world.organization.management.clone();
    deploy(&world, &["--regions", "us-east-1"]).ends_with(0);
    world
        .lab
        .set_late(&rootwatch_lab::Late {
            stack_ms: Some(2000),
            ..rootwatch_lab::Late::default()
        })
        .unwrap();
    let client = aws_sdk_cloudformation::Client::new(&world.sdk(&management, "us-east-1"));
    let call = client
        .update_stack()
        .stack_name("rootwatch-spoke")
        .template_body(QUEUE)
        .tags(
            Tag::builder()
                .key("rootwatch:deployment")
                .value("rootwatch")
                .build(),
        );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(call.send()).unwrap();
    let ran = world.as_management(&["teardown", "spokes", "--yes"]);
    let ran = ran.ends_with(0).stderr;
    let said = "waiting for the stack's update to end";
    assert!(ran.contains(said), "{ran}");
    assert_eq!(stacks(&world), Vec::<String>::new());
}
