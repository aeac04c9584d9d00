//! Says of which commit and for which target this is built.

use std::process::Command;
use std::{env, fs};

/// Given where there is no repository, or where it must not be asked.
const GIVEN: &str = "ROOTWATCH_BUILD_COMMIT";
/// What changes with a commit.
const OF_COMMITS: [&str; 2] = [".git/HEAD", ".git/logs/HEAD"];
/// What ends in the program.
const SOURCES: [&str; 5] = ["src", "crates", "templates", "Cargo.toml", "Cargo.lock"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={GIVEN}");
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=BUILD_TARGET={target}");
    println!("cargo::rustc-env=BUILD_COMMIT={}", commit());
}

/// A commit, with ` and changes` where that is not all.
fn commit() -> String {
    if let Some(given) = env::var(GIVEN).ok().filter(|it| !it.is_empty()) {
        return given;
    }
    // Each commit would build it again, which nobody wants who works on it.
    if env::var("PROFILE").as_deref() != Ok("release") {
        return "not recorded (a build for development)".to_owned();
    }
    for path in OF_COMMITS.iter().chain(&SOURCES) {
        if fs::exists(path).unwrap_or(false) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let Some(head) = git(&["rev-parse", "HEAD"]) else {
        return "not known (no repository)".to_owned();
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]).as_deref() {
        Some("") => head,
        _ => format!("{head} and changes"),
    }
}

fn git(words: &[&str]) -> Option<String> {
    let output = Command::new("git").args(words).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
