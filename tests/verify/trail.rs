use super::wrong;
use crate::faults::access_denied;
use crate::world::World;

const VERIFY: [&str; 3] = ["verify", "--output", "json"];

#[test]
fn without_a_trail_nothing_is_green() {
    let world = World::deployed().calm();
    let fine = world.rootwatch(&VERIFY).ends_with(0).json();
    assert_eq!(fine["hops"][0]["part"], "organization");
    world.lab.stop_trails().unwrap();
    for args in [
        &["verify", "--quiet"][..],
        &["verify", "--quiet", "--hub-only"],
    ] {
        let ran = world.rootwatch(args).ends_with(2);
        let first = ran.stdout.lines().next().unwrap_or_default();
        assert!(
            first.starts_with(
                "broken  RW501  CloudTrail, write events: no trail that logs management events"
            ),
            "{}",
            ran.stdout
        );
        assert!(ran.stdout.contains("1 broken"), "{}", ran.stdout);
    }
    let found = wrong(&world.rootwatch(&VERIFY).ends_with(2));
    let [trail] = &found[..] else {
        panic!("{found:#?}");
    };
    assert!(
        trail.fix.contains("`aws cloudtrail start-logging --region"),
        "{trail:?}"
    );
}

#[test]
fn trails_that_cannot_be_seen_are_unknown() {
    let world = World::with_hub();
    for operation in ["DescribeTrails", "GetTrailStatus", "GetEventSelectors"] {
        world.lab.clear_faults().unwrap();
        world.fail(&access_denied().operation(operation));
        let verify = ["verify", "--hub-only", "--output", "json"];
        let found = wrong(&world.rootwatch(&verify).ends_with(2));
        let verdicts: Vec<(&str, &str)> = found
            .iter()
            .map(|it| (&*it.resource, &*it.verdict))
            .collect();
        assert_eq!(verdicts, [("CloudTrail", "unknown")], "{operation}");
    }
}
