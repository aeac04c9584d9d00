//! Builds the notifier for Lambda, or takes a ready one; checks it; packs it.

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "src/package.rs"]
mod package;

/// Names a ready executable.
const READY: &str = "ROOTWATCH_NOTIFIER_BOOTSTRAP";
/// What the notifier is made of, beside the workspace's manifest and lock file.
const SOURCES: [&str; 5] = [
    "crates/notifier/src",
    "crates/notifier/Cargo.toml",
    "crates/root-event/src",
    "crates/root-event/schema",
    "crates/root-event/Cargo.toml",
];
/// Settings of the outer cargo that the inner one is to share: where crates are, how to reach them, how many jobs.
const SHARED: [&str; 6] = [
    "CARGO_HOME",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
    "CARGO_MAKEFLAGS",
];
/// How variables begin that cargo, clippy or a coverage tool set for the outer build.
const FOREIGN: [&str; 9] = [
    "CARGO",
    "CFLAGS",
    "CLIPPY_",
    "DEP_",
    "LLVM_PROFILE_FILE",
    "RUSTC_",
    "RUSTDOC",
    "RUSTFLAGS",
    "__CARGO",
];
/// What cargo tells a build script. Build scripts of the inner build look at these (ring's at `OUT_DIR`), and would run
/// again whenever another outer build came before.
const OURS: [&str; 7] = [
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "TARGET",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let workspace = workspace()?;
    watch(&workspace);
    let path = match env::var_os(READY).filter(|path| !path.is_empty()) {
        Some(path) => ready(PathBuf::from(path)),
        None => build(&workspace)?,
    };
    let executable = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let architecture =
        package::check(&executable).map_err(|why| format!("{}: {why}", path.display()))?;
    let zip = package::pack(&executable)?;
    fs::write(
        variable("OUT_DIR").map(PathBuf::from)?.join("notifier.zip"),
        &zip,
    )?;
    say(
        "rustc-env",
        &format!("ROOTWATCH_NOTIFIER_ARCHITECTURE={architecture}"),
    );
    say(
        "rustc-env",
        &format!("ROOTWATCH_NOTIFIER_SHA256={}", package::sha256_base64(&zip)),
    );
    Ok(())
}

fn say(key: &str, value: &str) {
    println!("cargo::{key}={value}");
}

fn variable(name: &str) -> Result<OsString> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set; cargo sets it").into())
}

fn workspace() -> Result<PathBuf> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = here
        .ancestors()
        .nth(2)
        .ok_or("this crate does not lie in crates/ of a workspace")?;
    Ok(workspace.to_owned())
}

fn watch(workspace: &Path) {
    say("rerun-if-env-changed", READY);
    for source in ["build.rs", "src/package.rs"] {
        say("rerun-if-changed", source);
    }
    for source in SOURCES.iter().chain(&["Cargo.toml", "Cargo.lock"]) {
        say(
            "rerun-if-changed",
            &workspace.join(source).display().to_string(),
        );
    }
}

fn ready(path: PathBuf) -> PathBuf {
    say("rerun-if-changed", &path.display().to_string());
    path
}

/// Builds for the machine that this is; for any other, a ready executable is needed.
fn build(workspace: &Path) -> Result<PathBuf> {
    let (target, host) = (variable("TARGET")?, variable("HOST")?);
    if target != host || env::var_os("CARGO_CFG_TARGET_OS").is_none_or(|os| os != "linux") {
        return Err(format!(
            "the notifier for Lambda can be built on Linux for Linux only, and this is {} for {}: set {READY} to a \
             `bootstrap` made for Lambda, as `cargo lambda build --package rootwatch-notifier` makes it",
            host.display(),
            target.display(),
        )
        .into());
    }
    let target_dir = target_dir()?;
    run(cargo(workspace, &target_dir)?)?;
    Ok(target_dir.join("notifier").join("bootstrap"))
}

/// A folder beside the outer profiles, so that dev, test, clippy and release share one build of the notifier.
fn target_dir() -> Result<PathBuf> {
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let mut above = out_dir
        .ancestors()
        .skip_while(|path| path.file_name().is_none_or(|name| name != "build"));
    let profile = above.nth(1).ok_or("OUT_DIR has no folder `build` in it")?;
    let mut target = profile.parent().ok_or("OUT_DIR has no target folder")?;
    if target.file_name() == env::var_os("TARGET").as_deref() {
        target = target.parent().ok_or("OUT_DIR has no target folder")?;
    }
    Ok(target.join("lambda"))
}

fn cargo(workspace: &Path, target_dir: &Path) -> Result<Command> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(workspace)
        .args([
            "build",
            "--locked",
            "--package",
            "rootwatch-notifier",
            "--bin",
            "bootstrap",
        ])
        .args(["--profile", "notifier", "--target-dir"])
        .arg(target_dir);
    for (name, _) in env::vars_os() {
        if is_foreign(&name.to_string_lossy()) {
            cargo.env_remove(name);
        }
    }
    let moved = moved(workspace, target_dir)?;
    let flags = |prefix: &str| {
        moved
            .iter()
            .map(|pair| format!("{prefix}{pair}"))
            .collect::<Vec<_>>()
    };
    cargo.env("RUSTC", variable("RUSTC")?);
    cargo.env(
        "CARGO_ENCODED_RUSTFLAGS",
        flags("--remap-path-prefix=").join("\u{1f}"),
    );
    cargo.env("CFLAGS", flags("-ffile-prefix-map=").join(" "));
    Ok(cargo)
}

fn is_foreign(name: &str) -> bool {
    let begins = |with: &&str| name.starts_with(*with);
    OURS.contains(&name) || (FOREIGN.iter().any(begins) && !SHARED.iter().any(begins))
}

/// Folders of this machine, and what stands for them in the executable. Of several that fit, rustc takes the last.
fn moved(workspace: &Path, target_dir: &Path) -> Result<Vec<String>> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let folders = [
        (
            cargo_home.ok_or("neither CARGO_HOME nor a home folder is known")?,
            "/cargo",
        ),
        (sysroot()?.join("lib/rustlib/src/rust"), "/rust"),
        (workspace.to_owned(), "/rootwatch"),
        (target_dir.to_owned(), "/target"),
    ];
    Ok(folders
        .iter()
        .map(|(from, to)| format!("{}={to}", from.display()))
        .collect())
}

fn sysroot() -> Result<PathBuf> {
    let output = Command::new(variable("RUSTC")?)
        .args(["--print", "sysroot"])
        .output()?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

fn run(mut cargo: Command) -> Result<()> {
    let output = cargo
        .output()
        .map_err(|error| format!("cargo cannot be run for the notifier: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    tell(&said);
    Err(format!(
        "cargo could not build the notifier ({}); what it said stands above",
        output.status
    )
    .into())
}

#[expect(
    clippy::print_stderr,
    reason = "cargo shows a failed build script's standard error"
)]
fn tell(text: &str) {
    eprintln!("{text}");
}
