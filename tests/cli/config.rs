use crate::world::{World, run, run_in};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder of its own for one test.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn file(folder: &tempfile::TempDir, content: &str) -> PathBuf {
    let path = folder.path().join("rootwatch.toml");
    std::fs::write(&path, content).unwrap();
    path
}

/// No credentials are given, so what ends here has asked AWS nothing.
#[test]
fn all_problems_of_the_file_and_the_flags_are_reported_at_once() {
    let folder = folder();
    let path = file(
        &folder,
        "name = \"rootwatch\"\nregion = \"eu-west-1\"\n[hub]\nemails = [\"a@example.com\"]\nlog_retention_days = \"30\"\n[spokes]\nregions = [\"us-gov-west-1\"]\n",
    );
    let args = [
        "deploy",
        "hub",
        "--email",
        "nobody",
        "--config",
        text(&path),
        "--yes",
    ];
    let ran = run(&[], &args).ends_with(1);
    let reported = ran.stderr.replace(text(folder.path()), "FOLDER");
    insta::assert_snapshot!(reported, @r#"
    error: 4 settings are wrong:
      --email "nobody" is not an e-mail address
      FOLDER/rootwatch.toml, line 4, column 1: there is no key "emails" in [hub]; did you mean "email"?
      FOLDER/rootwatch.toml, line 5, column 22: log_retention_days must be a whole number, and this is a string: write log_retention_days = 90
      FOLDER/rootwatch.toml, line 7, column 12: regions "us-gov-west-1" is in the partition aws-us-gov, and region "eu-west-1" (line 2) is in aws: a deployment stays in one
    "#);
}

#[test]
fn flags_win_over_the_file_and_the_file_over_the_environment() {
    let world = World::new();
    let folder = folder();
    let address = world.lab.endpoint();
    let path = file(
        &folder,
        &format!(
            "name = \"of-file\"\nregion = \"eu-west-3\"\nendpoint_url = \"{address}\"\n[hub]\nemail = [\"of-file@example.com\"]\n[tags]\nteam = \"security\"\n"
        ),
    );
    let mut env = world.lab.env(&world.organization.hub, "eu-west-1");
    env.retain(|(name, _)| name != "AWS_ENDPOINT_URL");
    let nowhere = "http://127.0.0.1:1".to_owned();
    env.push(("AWS_ENDPOINT_URL".to_owned(), nowhere));
    let args = ["plan", "hub", "--config", text(&path), "--verbose"];
    let plan = run(&env, &args).ends_with(0);
    let first = format!(
        "rootwatch \"of-file\" · account {} · user operator · eu-west-3 · settings {}\n",
        world.organization.hub,
        text(&path)
    );
    assert!(plan.stderr.starts_with(&first), "{}", plan.stderr);
    assert!(
        plan.stdout.contains("of-file@example.com"),
        "{}",
        plan.stdout
    );
    let typed = ["--name", "typed"];
    let region = ["--region", "us-west-2"];
    let plan = run(&env, &[&args[..], &typed, &region].concat()).ends_with(0);
    for part in ["rootwatch \"typed\" · ", " · us-west-2 · "] {
        assert!(plan.stderr.contains(part), "{part}: {}", plan.stderr);
    }
    assert!(
        plan.stdout.contains("of-file@example.com"),
        "{}",
        plan.stdout
    );
}

/// No credentials are given, so what ends here has asked AWS nothing.
#[test]
fn layers_that_contradict_each_other_are_refused() {
    let folder = folder();
    let path = file(
        &folder,
        "[hub]\nemail = [\"a@example.com\"]\n[spokes]\nou = []\nregions = []\n",
    );
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let env = [
        variable("ROOTWATCH_EMAIL", "b@example.com"),
        variable("ROOTWATCH_FORMAT", "chatbot"),
    ];
    let args = [
        "settings",
        "--config",
        text(&path),
        "--sns-subscription",
        "https=https://me:****@example.com/in",
        "--remove-subscription",
        "a@example.com",
        "--remove-subscription",
        "b@example.com",
    ];
    let ran = run(&env, &args).ends_with(1);
    let reported = ran.stderr.replace(text(folder.path()), "FOLDER");
    insta::assert_snapshot!(reported, @r#"
    error: 8 settings are wrong:
      --sns-subscription "https=https://me:****@example.com/in" has stars in place of its password, as SNS shows it: give the password itself
      FOLDER/rootwatch.toml, line 4, column 6: ou is an empty list, and a list in the file is the whole one, so this would mean none at all: leave it out, and what is deployed stays, or fill it in: write ou = ["/Workloads/Prod", "ou-ab12-cdefgh34"]
      FOLDER/rootwatch.toml, line 5, column 11: regions is an empty list, and a list in the file is the whole one, so this would mean none at all: leave it out, and what is deployed stays, or fill it in: write regions = ["us-east-1", "eu-west-1"]
      the environment variable ROOTWATCH_FORMAT is not one that rootwatch knows; did you mean ROOTWATCH_NOTIFY_FORMAT?
      FOLDER/rootwatch.toml, line 2, column 10: email "a@example.com" is listed here, and --remove-subscription removes it: take it out of the file, whose list is the whole one
      ROOTWATCH_EMAIL "b@example.com" is what --remove-subscription removes: take it out of the variable
      --sns-subscription "https=https://me:****@example.com/in" is not in the list of FOLDER/rootwatch.toml, line 2, which is the whole one, so that the next run without it would unsubscribe it again: put it there
      ROOTWATCH_EMAIL "b@example.com" is not in the list of FOLDER/rootwatch.toml, line 2, which is the whole one, so that the next run without it would unsubscribe it again: put it there
    "#);
}

/// No credentials are given, so what ends here has asked AWS nothing.
#[test]
fn the_settings_file_is_found_upward() {
    let folder = folder();
    file(&folder, "name = \"Outer\"\n");
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    let wrong = |path: &str| format!("{path}, line 1, column 8: name \"");
    let at = |place: &Path| run_in(place, &[], &["status"]).ends_with(1).stderr;
    assert!(at(folder.path()).contains(&wrong("error: rootwatch.toml")));
    let found = at(&inner);
    assert!(found.contains(&wrong("../../rootwatch.toml")), "{found}");
    std::fs::write(folder.path().join("a/rootwatch.toml"), "name = \"Inner\"\n").unwrap();
    let found = at(&inner);
    assert!(found.contains(&wrong("../rootwatch.toml")), "{found}");
    // What is named goes before what is found.
    let other = folder.path().join("other.toml");
    std::fs::write(&other, "name = \"Other\"\n").unwrap();
    let named = run_in(&inner, &[], &["status", "--config", text(&other)]).ends_with(1);
    assert!(
        named.stderr.contains(&wrong(text(&other))),
        "{}",
        named.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_settings_file_of_another_user_above_the_folder_is_refused() {
    let folder = folder();
    let path = file(&folder, "name = \"Planted\"\n");
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    // Only root can give files away; for others a test of the search itself says the same.
    if let Err(error) = std::os::unix::fs::chown(&path, Some(54_321), None) {
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        return;
    }
    let ran = run_in(&inner, &[], &["status"]).ends_with(1);
    let said = "the settings file ../rootwatch.toml is above the working folder and belongs to another user, so it was not read";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let ran = run_in(folder.path(), &[], &["status"]).ends_with(1);
    assert!(ran.stderr.contains("\"Planted\""), "{}", ran.stderr);
}

#[test]
fn init_writes_a_file_and_says_how_to_go_on() {
    let folder = folder();
    let path = folder.path().join("rootwatch.toml");
    let ran = run(&[], &["init", "--template", text(&path)]).ends_with(0);
    let reported = ran.stdout.replace(text(folder.path()), "FOLDER");
    insta::assert_snapshot!(reported, @r#"
    Wrote FOLDER/rootwatch.toml: every setting with its meaning, default and an example.
    Fill in `email` and `ou`, then see what would be made: rootwatch plan hub --config FOLDER/rootwatch.toml
    "#);
    insta::assert_snapshot!("settings_file", std::fs::read_to_string(&path).unwrap());
}

#[test]
fn init_never_writes_over_a_file() {
    let folder = folder();
    let path = file(&folder, "mine");
    let ran = run(&[], &["init", "--template", text(&path)]).ends_with(1);
    assert!(ran.stderr.contains("exists already"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn init_writes_what_the_next_command_reads() {
    let folder = folder();
    let path = folder.path().join("other.toml");
    let env = [("ROOTWATCH_CONFIG".to_owned(), text(&path).to_owned())];
    let ran = run(&env, &["init", "--template", "--output", "json"]).ends_with(0);
    assert_eq!(ran.json()["file"], text(&path));
    assert!(path.exists());
    run(&[], &["init", "--template"]).ends_with(0);
}

#[test]
fn init_prints_the_schema_that_is_committed() {
    let ran = run(&[], &["init", "--schema"]).ends_with(0);
    let committed = include_str!("../../templates/rootwatch.schema.json");
    assert_eq!(ran.stdout, committed);
}

/// What this repository sets for its builds, its tests and its programs is set for every binary that these start, too.
#[test]
fn no_variable_that_this_repository_sets_is_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [".ci", ".cargo", ".github/workflows"].map(|it| root.join(it));
    let within = folders.iter().flat_map(|it| it.read_dir().unwrap());
    let files = within.map(|it| it.unwrap().path());
    let name = regex::Regex::new("ROOTWATCH_[A-Z_]*[A-Z]").unwrap();
    let mut names = BTreeSet::new();
    for file in files.chain([root.join("CONTRIBUTING.md")]) {
        let text = std::fs::read_to_string(&file).unwrap();
        names.extend(name.find_iter(&text).map(|it| it.as_str().to_owned()));
    }
    assert!(names.contains("ROOTWATCH_REQUIRE_CFN_LINT"), "{names:?}");
    // A setting with this value may be wrong, and is no unknown one.
    const UNKNOWN: &str = "not one that rootwatch knows";
    let said = |names: BTreeSet<String>| {
        let env: Vec<_> = names.into_iter().map(|it| (it, "1".to_owned())).collect();
        run(&env, &["settings"]).stderr
    };
    let nobodys = said(["ROOTWATCH_OF_NOBODY".to_owned()].into());
    assert!(nobodys.contains(UNKNOWN), "{nobodys}");
    let ours = said(names);
    assert!(!ours.contains(UNKNOWN), "{ours}");
}
