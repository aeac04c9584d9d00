//! What somebody accepts: it stays visible, and no longer counts.

use crate::world::{REGION, World, run_in};
use serde_json::json;

/// `status` in the hub's account, with a gap for each account that is not watched.
const STATUS: [&str; 3] = ["status", "--regions", "us-east-1,eu-west-1"];

fn partly_watched() -> World {
    let world = World::with_hub().calm();
    world.deploy_units(&["/Workloads"], &[]).ends_with(0);
    world
}

#[test]
fn an_accepted_gap_no_longer_counts_and_stays_visible() {
    let world = partly_watched();
    let hub = world.organization.hub.clone();
    let before = world.rootwatch(&STATUS).ends_with(2).stdout;
    assert!(
        before.contains(&format!(
            "  ! RW301 account {hub} (hub): all 2 regions no stack instance"
        )),
        "{before}"
    );
    let accept = format!("RW301@{hub}=the hub has no users");
    let accepted = world.rootwatch(&[&STATUS[..], &["--ignore", &accept]].concat());
    let accepted = accepted.ends_with(0).stdout;
    let said = "Accepted: 1\n  ~ RW301 accepted, the hub has no users (--ignore)\nNo gaps found.\n";
    assert!(accepted.ends_with(said), "{accepted}");
    let verbose = [&STATUS[..], &["--ignore", &accept, "--verbose"]].concat();
    let verbose = world.rootwatch(&verbose).ends_with(0).stdout;
    let said = format!(
        "  ~ RW301 account {hub} (hub): all 2 regions no stack instance: accepted, the hub has no users (--ignore)\n"
    );
    assert!(verbose.contains(&said), "{verbose}");

    // Of one region, the other is still a gap.
    let one = format!("RW301@{hub}/{REGION}=not here");
    let json_of = [&STATUS[..], &["--ignore", &one, "--output", "json"]].concat();
    let report = world.rootwatch(&json_of).ends_with(2).json();
    let (gaps, accepted) = (&report["gaps"], &report["accepted"]);
    assert_eq!(gaps.as_array().unwrap().len(), 1, "{gaps}");
    assert_eq!(
        (&gaps[0]["account"], &gaps[0]["region"]),
        (&json!(hub), &json!("us-east-1"))
    );
    assert_eq!(
        (&accepted[0]["id"], &accepted[0]["region"]),
        (&json!("RW301"), &json!(REGION))
    );
    assert_eq!(
        (&accepted[0]["reason"], &accepted[0]["source"]),
        (&json!("not here"), &json!("--ignore"))
    );
    assert_eq!(report["unused_ignores"], json!([]));
}

#[test]
fn the_settings_file_accepts_for_everybody_and_what_it_accepts_in_vain_is_said() {
    let world = partly_watched();
    let hub = &world.organization.hub;
    let folder = tempfile::tempdir().unwrap();
    let file = format!(
        "[spokes]\nregions = [\"us-east-1\", \"eu-west-1\"]\n[[ignore]]\nid = \"RW301\"\naccount = \"{hub}\"\nresource = \"rootwatch-spoke\"\nreason = \"known\"\n[[ignore]]\nid = \"RW711\"\nreason = \"an old one\"\n[[ignore]]\nid = \"RW111\"\nreason = \"verify's\"\n"
    );
    std::fs::write(folder.path().join("rootwatch.toml"), file).unwrap();
    let env = world.lab.env(hub, REGION);
    let ran = run_in(folder.path(), &env, &["status"]).ends_with(0);
    let place = "rootwatch.toml, line ";
    for said in [
        "  ~ RW301 accepted, known (",
        "Nothing found for the accepted RW711 (",
        place,
        "No gaps found.\n",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("RW111"), "{}", ran.stdout);
    let verify = run_in(folder.path(), &env, &["verify", "--hub-only"]).ends_with(0);
    assert!(
        verify
            .stdout
            .contains("Nothing found for the accepted RW111 ("),
        "{}",
        verify.stdout
    );
    assert!(!verify.stdout.contains("RW711"), "{}", verify.stdout);
}

#[test]
fn of_a_gap_of_several_accounts_only_the_named_one_is_accepted() {
    let world = World::with_hub().calm();
    world.deploy_units(&["/Security"], &[]).ends_with(0);
    let [shop, payments] = ["shop", "payments"].map(|name| world.account(name));
    let folder = tempfile::tempdir().unwrap();
    let file = format!(
        "[spokes]\nregions = [\"us-east-1\", \"eu-west-1\"]\n[[ignore]]\nid = \"RW301\"\naccount = \"{shop}\"\nresource = \"stack-set rootwatch-spoke\"\nreason = \"moves out\"\n"
    );
    std::fs::write(folder.path().join("rootwatch.toml"), file).unwrap();
    let env = world.lab.env(&world.organization.hub, REGION);
    let report = run_in(folder.path(), &env, &["status", "--output", "json"]);
    let report = report.ends_with(2).json();
    let accounts = |list: &str| -> Vec<String> {
        let all = report[list].as_array().unwrap().iter();
        let named = all.filter_map(|gap| gap["account"].as_str());
        named.map(str::to_owned).collect()
    };
    assert_eq!(accounts("accepted").join(" "), shop, "{report}");
    assert!(accounts("gaps").contains(&payments), "{report}");
    assert!(!accounts("gaps").contains(&shop), "{report}");
}

#[test]
fn a_broken_hop_that_is_accepted_is_said_to_be_broken() {
    let world = World::with_hub().calm();
    let hub = &world.organization.hub;
    let events = aws_sdk_eventbridge::Client::new(&world.sdk(hub, REGION));
    let off = events
        .disable_rule()
        .name("rootwatch-acts")
        .event_bus_name("rootwatch");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(off.send()).unwrap();
    let verify = ["verify", "--hub-only", "--output", "json"];
    let found = world.rootwatch(&verify).ends_with(2).json();
    let hops = found["hops"].as_array().unwrap().clone();
    let broken: Vec<&str> = hops.iter().filter_map(|hop| hop["id"].as_str()).collect();
    let mut args = vec!["verify", "--hub-only"];
    let accept: Vec<String> = broken
        .iter()
        .map(|id| format!("{id}=a rehearsal"))
        .collect();
    args.extend(accept.iter().flat_map(|it| ["--ignore", it.as_str()]));
    let text = world.rootwatch(&args).ends_with(0).stdout;
    assert!(
        text.contains(" of them broken: events may be lost there"),
        "{text}"
    );
    assert!(text.contains("accepted, a rehearsal (--ignore)"), "{text}");
    assert!(text.contains(" 0 broken, "), "{text}");
    let report = world.rootwatch(&[&args[..], &["--output", "json"]].concat());
    let report = report.ends_with(0).json();
    assert_eq!(
        report["accepted"].as_array().unwrap().len(),
        broken.len(),
        "{report}"
    );
}

#[test]
fn what_is_accepted_has_a_known_number_and_a_reason() {
    let world = World::new();
    for (given, said) in [
        ("RW301", "--ignore RW301 has no reason"),
        ("RW301= ", "--ignore RW301 has no reason"),
        ("RW3=x", "\"RW3\" is not the id of a finding"),
        ("RW301@12=x", "\"12\" is not an account id: 12 digits"),
    ] {
        for command in ["status", "verify"] {
            let ran = world.rootwatch(&[command, "--ignore", given]).ends_with(1);
            assert!(ran.stderr.contains(said), "{}", ran.stderr);
        }
    }
}
