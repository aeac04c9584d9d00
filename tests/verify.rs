use crate::world::World;

/// Taken in a spoke's account; the lab lets any name in.
const ROLE: &str = "OrganizationAccountAccessRole";

#[test]
fn a_good_deployment_is_fine_by_reads_alone() {
    let world = World::deployed();
    world.lab.clear_calls().unwrap();
    let ran = world.rootwatch(&["verify", "--role", ROLE]).ends_with(0);
    println!("{}", ran.stdout);
    let quiet = world.rootwatch(&["verify", "--quiet"]).ends_with(0);
    assert_eq!(quiet.stdout, "");
    let writes = world.writes();
    assert!(
        writes.iter().all(|call| call == "sts:AssumeRole"),
        "{writes:?}"
    );
}
