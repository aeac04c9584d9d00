//! Builds the function for Lambda, or takes a prebuilt one; checks it; packs it.

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "build/caller.rs"]
mod caller;
#[path = "src/digest.rs"]
mod digest;
#[path = "build/inner.rs"]
mod inner;
#[path = "build/mode.rs"]
mod mode;
#[path = "src/package.rs"]
mod package;
#[path = "build/platform.rs"]
mod platform;

/// Names a prebuilt executable.
const READY: &str = "ROOTWATCH_NOTIFIER_BOOTSTRAP";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the crate hands out.
struct Function {
    zip: Vec<u8>,
    architecture: &'static str,
}

fn main() -> Result<()> {
    let workspace = workspace()?;
    watch(&workspace);
    let skip = mode::skip()?;
    let function = if skip {
        placeholder()
    } else {
        packed(&workspace)?
    };
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    fs::write(out_dir.join("notifier.zip"), &function.zip)?;
    set("ARCHITECTURE", function.architecture);
    set("SOURCE_DIGEST", &digest::of(&workspace)?);
    Ok(())
}

fn say(key: &str, value: &str) {
    println!("cargo::{key}={value}");
}

/// Hands a value to the crate.
fn set(name: &str, value: &str) {
    say("rustc-env", &format!("ROOTWATCH_NOTIFIER_{name}={value}"));
}

fn variable(name: &str) -> Result<OsString> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set; cargo sets it").into())
}

/// A variable that a person sets; an empty one counts as not set.
fn given(name: &str) -> Option<OsString> {
    say("rerun-if-env-changed", name);
    env::var_os(name).filter(|value| !value.is_empty())
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
    for source in ["build.rs", "build", "src/digest.rs", "src/package.rs"] {
        say("rerun-if-changed", source);
    }
    let sources = digest::SOURCES.iter().chain(&digest::MANIFESTS);
    for source in sources.chain(&["Cargo.toml", "Cargo.lock"]) {
        say(
            "rerun-if-changed",
            &workspace.join(source).display().to_string(),
        );
    }
}

/// What stands for the function where nothing is compiled to machine code. `src/lib.rs` refuses to be, with this cfg.
fn placeholder() -> Function {
    say("rustc-cfg", "placeholder");
    Function {
        zip: Vec::new(),
        architecture: "none",
    }
}

fn packed(workspace: &Path) -> Result<Function> {
    let path = match given(READY) {
        Some(path) => ready(PathBuf::from(path)),
        None => inner::build(workspace, &platform::of_the_function()?)?,
    };
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let executable = fs::read(&path).map_err(|error| named(&error))?;
    Ok(Function {
        architecture: package::check(&executable).map_err(|why| named(&why))?,
        zip: package::pack(&executable)?,
    })
}

fn ready(path: PathBuf) -> PathBuf {
    say("rerun-if-changed", &path.display().to_string());
    path
}
