//! The build of a function: a cargo of its own, in a folder of its own, that takes nothing from the outer build which
//! could change the executable.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{Result, caller, given, variable};

/// Settings of the outer cargo that the inner one shares: where crates are, how to reach them, how many jobs.
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
/// What cargo sets for a build script. Build scripts of the inner build look at these (ring's at `OUT_DIR`), and would
/// run again whenever another outer build came before.
const OURS: [&str; 7] = [
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "TARGET",
];
/// Compiler wrappers that change what comes out. Any other (sccache, say) is kept.
const CHANGING: [&str; 2] = ["cargo-llvm-cov", "rust-analyzer"];

/// By these two cargo-auditable works.
const WORKSPACE_WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";
const AUDITABLE: &str = "CARGO_AUDITABLE_ORIG_ARGS";

/// What is built.
pub(crate) struct Inner {
    pub(crate) package: &'static str,
    pub(crate) executable: &'static str,
    pub(crate) profile: &'static str,
}

impl Inner {
    /// The path of the executable; `variables` are for its build alone.
    pub(crate) fn build(
        &self,
        workspace: &Path,
        platform: &str,
        variables: &[(&str, OsString)],
    ) -> Result<PathBuf> {
        let target_dir = target_dir()?;
        let mut cargo = self.cargo(workspace, &target_dir, platform)?;
        cargo.envs(variables.iter().map(|(name, value)| (name, value)));
        run(cargo, self.package, platform)?;
        let folder = target_dir.join(platform).join(self.profile);
        Ok(folder.join(self.executable))
    }

    fn cargo(&self, workspace: &Path, target_dir: &Path, platform: &str) -> Result<Command> {
        let mut cargo = Command::new(variable("CARGO")?);
        cargo
            .current_dir(workspace)
            .args(["build", "--locked", "--package", self.package])
            .args(["--bin", self.executable, "--profile", self.profile])
            .args(["--target", platform, "--target-dir"])
            .arg(target_dir);
        if caller::is_offline() {
            cargo.arg("--offline");
        }
        environment(&mut cargo, platform);
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
}

/// A folder beside the outer profiles, so that dev, test and release share one build of the function.
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

fn environment(cargo: &mut Command, platform: &str) {
    let linker = platform.to_uppercase().replace('-', "_");
    let linker = format!("CARGO_TARGET_{linker}_LINKER");
    let kept = [
        (given(&linker), linker.as_str()),
        (wrapper(), "RUSTC_WRAPPER"),
        (of_auditable(WORKSPACE_WRAPPER), WORKSPACE_WRAPPER),
        (of_auditable(AUDITABLE), AUDITABLE),
    ];
    for (name, _) in env::vars_os() {
        if is_foreign(&name.to_string_lossy()) {
            cargo.env_remove(name);
        }
    }
    for (value, name) in kept {
        if let Some(value) = value {
            cargo.env(name, value);
        }
    }
}

fn is_foreign(name: &str) -> bool {
    let begins = |with: &&str| name.starts_with(*with);
    OURS.contains(&name) || (FOREIGN.iter().any(begins) && !SHARED.iter().any(begins))
}

fn wrapper() -> Option<std::ffi::OsString> {
    let wrapper = env::var_os("RUSTC_WRAPPER").filter(|wrapper| !wrapper.is_empty())?;
    let stem = Path::new(&wrapper).file_stem()?.to_string_lossy();
    (!CHANGING.contains(&&*stem)).then(|| wrapper.clone())
}

/// A variable of cargo-auditable's, if it runs the outer build: then the function has its list of dependencies too.
fn of_auditable(name: &str) -> Option<OsString> {
    let wrapper = env::var_os(WORKSPACE_WRAPPER)?;
    let stem = Path::new(&wrapper).file_stem()?;
    (stem == "cargo-auditable").then(|| env::var_os(name))?
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

/// Runs it. What it prints becomes this build script's standard error, which cargo shows when it fails.
fn run(mut cargo: Command, package: &str, platform: &str) -> Result<()> {
    let began = Instant::now();
    let mut child = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo cannot be run for {package}: {error}"))?;
    let stderr = child.stderr.take().ok_or("cargo has no standard error")?;
    let compiles = follow(BufReader::new(stderr), package, platform);
    let status = child.wait()?;
    if !status.success() {
        return Err(format!(
            "cargo could not build {package} for {platform} ({status}); its messages are above"
        )
        .into());
    }
    if compiles {
        let seconds = began.elapsed().as_secs();
        caller::notify(&format!("       Built {package} for Lambda in {seconds} s"));
    }
    Ok(())
}

/// Passes on what cargo prints; whether it compiled anything.
fn follow(stderr: impl BufRead, package: &str, platform: &str) -> bool {
    let mut compiles = false;
    for line in stderr.lines().map_while(|line| line.ok()) {
        if !compiles && line.trim_start().starts_with("Compiling") {
            compiles = true;
            caller::notify(&format!(
                "    Building {package} for Lambda ({platform}) apart, which takes some minutes the first time"
            ));
        }
        print(&line);
    }
    compiles
}

#[expect(
    clippy::print_stderr,
    reason = "cargo shows a failed build script's standard error"
)]
fn print(line: &str) {
    eprintln!("{line}");
}
