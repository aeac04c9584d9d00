//! `plan … --out FILE` and `deploy … --plan FILE`.

use crate::intruder::Intruder;
use crate::schemas;
use crate::world::{PERSON, Ran, World, run_in};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const HUB: [&str; 2] = ["--email", PERSON];

/// A world, and a folder for plan files.
struct Planner {
    world: World,
    folder: TempDir,
}

impl Planner {
    fn of(world: World) -> Self {
        Self {
            world: world.calm(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("plan.json")
    }

    fn run_as(&self, account: &str, args: &[&str]) -> Ran {
        let mut env = self.world.lab.env(account, crate::world::REGION);
        env.push(("ROOTWATCH_SELF_CHECK".into(), "off".into()));
        run_in(self.folder.path(), &env, args)
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_as(&self.world.organization.hub, args)
    }

    /// Plans into the file.
    fn plan(&self, what: &str, flags: &[&str]) -> Ran {
        self.run(&[&["plan", what, "--out", "plan.json"], flags].concat())
    }

    /// Carries the file out.
    fn deploy(&self, what: &str, flags: &[&str]) -> Ran {
        let args = ["deploy", what, "--plan", "plan.json", "--yes"];
        self.run(&[&args[..], flags].concat())
    }

    /// The same, which must be refused before the first write; what was said.
    #[track_caller]
    fn is_refused(&self, what: &str, flags: &[&str]) -> String {
        self.world.lab.clear_calls().unwrap();
        let ran = self.deploy(what, flags).ends_with(1);
        assert_eq!(self.world.writes(), Vec::<String>::new(), "{}", ran.stderr);
        ran.stderr
    }

    fn change_file(&self, change: impl FnOnce(&mut Value)) {
        let mut plan: Value = serde_json::from_slice(&fs::read(self.file()).unwrap()).unwrap();
        change(&mut plan);
        fs::write(self.file(), plan.to_string()).unwrap();
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_plan_of_the_hub_is_carried_out_once_and_as_it_was_made() {
    let planner = Planner::of(World::new());
    let flags = [
        "--email",
        PERSON,
        "--sns-subscription",
        "https=https://me:hunter2@example.com/in",
    ];
    let planned = planner.plan("hub", &flags).ends_with(0);
    assert!(
        planned
            .stdout
            .contains("The plan is in plan.json. To carry it out: `rootwatch deploy hub"),
        "{}",
        planned.stdout
    );
    let text = fs::read_to_string(planner.file()).unwrap();
    for said in [&text, &planned.stdout, &planned.stderr] {
        assert!(!said.contains("hunter2"), "{said}");
    }
    #[cfg(unix)]
    assert_eq!(mode(&planner.file()), 0o600);
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["schema"], "rootwatch.saved-plan/1");
    schemas::is_obeyed(&plan);
    let creates = plan["plan"]["changes"].as_array().unwrap();
    assert!(
        creates.len() > 20 && creates.iter().all(|it| it["action"] == "create"),
        "{creates:?}"
    );
    planner.deploy("hub", &flags).ends_with(0);
    let again = [&["plan", "hub", "--detailed-exitcode"], &flags[..]].concat();
    planner.run(&again).ends_with(0);
    let said = planner.is_refused("hub", &flags);
    assert!(
        said.contains("no longer holds") && said.contains("event-bus rootwatch is new"),
        "{said}"
    );
}

#[test]
fn a_plan_is_refused_when_the_world_moved_and_what_moved_is_named() {
    let planner = Planner::of(World::with_hub());
    let flags = [&HUB[..], &["--log-retention-days", "30"]].concat();
    planner.plan("hub", &flags).ends_with(0);
    let intruder = Intruder::new(&planner.world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.delete_alarm("rootwatch-dead-letters"));
    let said = planner.is_refused("hub", &flags);
    for part in [
        "alarm rootwatch-dead-letters is gone",
        "`rootwatch plan hub --out FILE`",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    planner.plan("hub", &flags).ends_with(0);
    planner.deploy("hub", &flags).ends_with(0);
}

#[test]
fn a_plan_is_refused_with_other_settings_another_version_or_another_account() {
    let planner = Planner::of(World::with_hub());
    let flags = [&HUB[..], &["--log-retention-days", "30"]].concat();
    planner.plan("hub", &flags).ends_with(0);
    let said = planner.is_refused("hub", &[&HUB[..], &["--log-retention-days", "90"]].concat());
    assert!(
        said.contains("the setting hub.log_retention_days was 30, and is 90"),
        "{said}"
    );
    let said = planner.is_refused(
        "hub",
        &[&flags[..], &["--remove-subscription", PERSON]].concat(),
    );
    assert!(said.contains("--remove-subscription"), "{said}");
    fs::write(
        planner.folder.path().join("rootwatch.toml"),
        "[notify]\nformat = \"chatbot\"\n",
    )
    .unwrap();
    let said = planner.is_refused("hub", &flags);
    assert!(
        said.contains("the setting notify.format was \"text\", and is \"chatbot\""),
        "{said}"
    );
    fs::remove_file(planner.folder.path().join("rootwatch.toml")).unwrap();
    let args = [
        &["deploy", "hub", "--plan", "plan.json", "--yes"],
        &flags[..],
    ]
    .concat();
    let ran = planner.run_as("333333333333", &args).ends_with(1);
    assert!(
        ran.stderr
            .contains("the account was 222222222222, and is 333333333333"),
        "{}",
        ran.stderr
    );
    assert_eq!(planner.world.writes(), Vec::<String>::new());
    planner.change_file(|plan| plan["rootwatch"] = json!("0.0.9"));
    let said = planner.is_refused("hub", &flags);
    assert!(
        said.contains("the version of rootwatch was 0.0.9"),
        "{said}"
    );
}

#[test]
fn a_plan_that_somebody_wrote_into_is_refused() {
    let planner = Planner::of(World::with_hub());
    let flags = [&HUB[..], &["--log-retention-days", "30"]].concat();
    planner.plan("hub", &flags).ends_with(0);
    planner.change_file(|plan| plan["plan"]["changes"] = json!([]));
    let said = planner.is_refused("hub", &flags);
    assert!(
        said.contains("the changes that follow from it are others"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_plan_is_refused_before_the_first_call() {
    let planner = Planner::of(World::with_hub());
    planner.plan("hub", &HUB).ends_with(0);
    let whole = fs::read(planner.file()).unwrap();
    let unknown = String::from_utf8(whole.clone()).unwrap();
    let unknown = unknown.replacen('{', "{\"more\": 1,", 1).into_bytes();
    let huge = fs::File::create(planner.file()).unwrap();
    huge.set_len(65 << 20).unwrap();
    let refused = |wanted: &str, what: &str| {
        planner.world.lab.clear_calls().unwrap();
        let flags: &[&str] = if what == "hub" { &HUB } else { &[] };
        let ran = planner.deploy(what, flags).ends_with(1);
        assert!(ran.stderr.contains(wanted), "{wanted}: {}", ran.stderr);
        assert!(planner.world.lab.calls().unwrap().is_empty());
    };
    refused("more than 64 MB", "hub");
    for (bytes, wanted) in [
        (&whole[..whole.len() / 2], "cut short"),
        (&b""[..], "cut short"),
        (&unknown[..], "unknown field `more`"),
    ] {
        fs::write(planner.file(), bytes).unwrap();
        refused(wanted, "hub");
    }
    fs::write(planner.file(), &whole).unwrap();
    refused(
        "one of `rootwatch deploy hub`, and this is `rootwatch deploy spokes`",
        "spokes",
    );
    fs::remove_file(planner.file()).unwrap();
    refused("No such file", "hub");
    fs::create_dir(planner.file()).unwrap();
    refused("it is no file", "hub");
}

#[test]
fn a_plan_of_the_spokes_is_carried_out_or_refused_when_an_account_came() {
    let planner = Planner::of(World::with_hub());
    let flags = ["--ou", "/Workloads", "--regions", "us-east-1,eu-west-1"];
    planner.plan("spokes", &flags).ends_with(0);
    let unit = planner
        .world
        .organization
        .ou("/Workloads")
        .unwrap()
        .id
        .clone();
    let account = planner.world.lab.add_account("new", &unit).unwrap();
    let said = planner.is_refused("spokes", &flags);
    let part = format!(
        "the accounts of the unit /Workloads changed in {}",
        account.id
    );
    assert!(said.contains(&part), "{said}");
    planner.plan("spokes", &flags).ends_with(0);
    planner.deploy("spokes", &flags).ends_with(0);
    let plan = [&["plan", "spokes", "--detailed-exitcode"], &flags[..]].concat();
    planner.run(&plan).ends_with(0);
    assert!(planner.world.is_watched(&account.id, "eu-west-1"));
}

#[test]
fn a_plan_of_the_guardrail_is_carried_out_once() {
    let planner = Planner::of(World::deployed());
    let management = planner.world.organization.management.clone();
    let flags = ["--ou", "/Workloads"];
    let plan = [&["plan", "guardrail", "--out", "plan.json"], &flags[..]].concat();
    planner.run_as(&management, &plan).ends_with(0);
    let deploy = ["deploy", "guardrail", "--plan", "plan.json", "--yes"];
    let other = [&deploy[..], &["--ou", "/Security"]].concat();
    let said = planner.run_as(&management, &other).ends_with(1).stderr;
    assert!(
        said.contains("the setting --ou was /Workloads, and is /Security"),
        "{said}"
    );
    let deploy = [&deploy[..], &flags].concat();
    planner.run_as(&management, &deploy).ends_with(0);
    let said = planner.run_as(&management, &deploy).ends_with(1).stderr;
    assert!(
        said.contains("service-control-policy rootwatch-guardrail is new"),
        "{said}"
    );
}
