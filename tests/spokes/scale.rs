use crate::network::proxy::Proxy;
use crate::world::{REGION, World, name, run};
use rootwatch_lab::Generated;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// Much smaller than `cargo bench-spokes`, and large enough for several pages of everything.
#[test]
fn a_generated_organization_is_read_in_pages_and_nothing_changes() {
    let world = World::with_hub();
    // Nobody sends anything in an organization that is only a formula.
    let silent = ["--heartbeat", "off"];
    world.deploy_units(&["/"], &silent).ends_with(0);
    let generated = Generated {
        accounts: 250,
        units: 7,
        regions: 4,
        hub: world.organization.hub.clone(),
    };
    let regions = world.lab.generate(&generated).unwrap().join(",");
    let deploy = [
        "deploy",
        "spokes",
        "--ou",
        "/",
        "--regions",
        &regions,
        "--yes",
    ];
    // The StackSet was made for fewer units, which it keeps.
    world.rootwatch(&deploy).ends_with(0);
    world.count_calls();
    let ran = world.rootwatch(&deploy).ends_with(0);
    assert!(
        ran.stdout
            .contains("No changes: all 1000 stack instances are up to date."),
        "{}",
        ran.stdout
    );
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for call in world.lab.calls().unwrap() {
        assert!(!call.write, "{call:?}");
        *calls.entry(name(&call)).or_default() += 1;
    }
    // 250 instances a region by 100, 36 accounts a unit by 20; the root once more.
    assert_eq!(calls["cloudformation:ListStackInstances"], 12);
    assert_eq!(calls["organizations:ListAccountsForParent"], 15);
    let status = world
        .rootwatch(&["status", "--regions", &regions])
        .ends_with(0);
    assert!(
        status
            .stdout
            .contains("250 of 251 active accounts covered in 4 regions"),
        "{}",
        status.stdout
    );
}

/// AWS Organizations throttles early, however many units there are to look up, to list and to name.
#[test]
fn no_more_than_ten_calls_ask_organizations_at_the_same_time() {
    const SLOW: Duration = Duration::from_millis(60);
    let world = World::with_hub().calm();
    let silent = ["--heartbeat", "off"];
    world.deploy_units(&["/"], &silent).ends_with(0);
    let generated = Generated {
        accounts: 200,
        units: 40,
        regions: 2,
        hub: world.organization.hub.clone(),
    };
    let regions = world.lab.generate(&generated).unwrap().join(",");
    let units: Vec<String> = (0..generated.units)
        .map(|it| format!("/unit-{it}"))
        .collect();

    let most = Arc::new(AtomicUsize::new(0));
    let (seen, now) = (most.clone(), AtomicUsize::new(0));
    let lab = world.lab.endpoint().strip_prefix("http://").unwrap();
    let proxy = Proxy::answering(lab, move |request| {
        if request.head.contains("AWSOrganizationsV20161128.") {
            seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(SLOW);
            now.fetch_sub(1, Ordering::SeqCst);
        }
        None
    });
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("AWS_ENDPOINT_URL".to_owned(), proxy.url()));
    let mut args = vec!["plan", "spokes", "--regions", &regions];
    args.extend(units.iter().flat_map(|unit| ["--ou", unit]));
    run(&env, &args).ends_with(0);
    let most = most.load(Ordering::SeqCst);
    assert!((5..=10).contains(&most), "{most}");
}
