use crate::world::{World, run};
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
fn the_environment_and_flags_win_over_the_file() {
    let world = World::new();
    let folder = folder();
    let path = file(
        &folder,
        "name = \"of-file\"\nregion = \"eu-west-3\"\n[hub]\nemail = [\"of-file@example.com\"]\n[tags]\nteam = \"security\"\n",
    );
    let args = ["plan", "hub", "--config", text(&path), "--verbose"];
    let plan = world.rootwatch(&args).ends_with(0);
    for part in ["rootwatch \"of-file\"", "eu-west-1"] {
        assert!(plan.stderr.contains(part), "{part}: {}", plan.stderr);
    }
    assert!(
        plan.stdout.contains("of-file@example.com"),
        "{}",
        plan.stdout
    );
    let typed = ["--name", "typed", "--email", "typed@example.com"];
    let plan = world.rootwatch(&[&args[..], &typed].concat()).ends_with(0);
    assert!(
        plan.stderr.contains("rootwatch \"typed\""),
        "{}",
        plan.stderr
    );
    assert!(!plan.stdout.contains("of-file"), "{}", plan.stdout);
}

#[test]
fn init_writes_a_file_and_says_how_to_go_on() {
    let folder = folder();
    let path = folder.path().join("rootwatch.toml");
    let ran = run(&[], &["init", text(&path)]).ends_with(0);
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
    let ran = run(&[], &["init", text(&path)]).ends_with(1);
    assert!(ran.stderr.contains("exists already"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn init_writes_what_the_next_command_reads() {
    let folder = folder();
    let path = folder.path().join("other.toml");
    let env = [("ROOTWATCH_CONFIG".to_owned(), text(&path).to_owned())];
    let ran = run(&env, &["init", "--output", "json"]).ends_with(0);
    assert_eq!(ran.json()["file"], text(&path));
    assert!(path.exists());
    run(&[], &["init"]).ends_with(0);
}

#[test]
fn init_prints_the_schema_that_is_committed() {
    let ran = run(&[], &["init", "--schema"]).ends_with(0);
    let committed = include_str!("../../templates/rootwatch.schema.json");
    assert_eq!(ran.stdout, committed);
}
