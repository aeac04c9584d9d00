//! Builds the functions for Lambda, or takes prebuilt ones; checks them; packs them.

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

use mode::Mode;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A function that this crate hands out.
struct Recipe {
    /// What begins the names of its zip and of what this sets.
    name: &'static str,
    sources: &'static digest::Function,
    inner: inner::Inner,
    /// Names a prebuilt executable.
    ready: &'static str,
}

const NOTIFIER: Recipe = Recipe {
    name: "notifier",
    sources: &digest::NOTIFIER,
    inner: inner::Inner {
        package: "rootwatch-notifier",
        executable: "bootstrap",
        profile: "notifier",
    },
    ready: "ROOTWATCH_NOTIFIER_BOOTSTRAP",
};

const SELF_CHECK: Recipe = Recipe {
    name: "selfcheck",
    sources: &digest::SELF_CHECK,
    inner: inner::Inner {
        package: "rootwatch-selfcheck",
        executable: "rootwatch-selfcheck",
        profile: "selfcheck",
    },
    ready: "ROOTWATCH_SELFCHECK_BOOTSTRAP",
};

/// What the crate hands out of one.
#[derive(Default)]
struct Function {
    zip: Vec<u8>,
    architecture: &'static str,
    /// SHA-256 of its executable, in hexadecimal digits.
    executable_digest: String,
    /// Where its executable is.
    executable: PathBuf,
}

fn main() -> Result<()> {
    let workspace = workspace()?;
    watch(&workspace);
    let mode = mode::mode()?;
    let (notifier, self_check) = match mode {
        Mode::Skip => placeholders(),
        // The self-check has no room for itself.
        Mode::Inside => {
            say("rustc-cfg", "inside");
            (packed(&workspace, &NOTIFIER, &[])?, Function::default())
        }
        Mode::Build => both(&workspace)?,
    };
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    for (recipe, function) in [(NOTIFIER, &notifier), (SELF_CHECK, &self_check)] {
        let file = format!("{}.zip", recipe.name);
        fs::write(out_dir.join(file), &function.zip)?;
        let name = recipe.name.to_uppercase();
        let sources = digest::of(&workspace, recipe.sources)?;
        set(&format!("{name}_SOURCE_DIGEST"), &sources);
        set(&format!("{name}_DIGEST"), &function.executable_digest);
    }
    set("ARCHITECTURE", notifier.architecture);
    Ok(())
}

/// The notifier first: the self-check contains it, as what a hub should have.
fn both(workspace: &Path) -> Result<(Function, Function)> {
    let notifier = packed(workspace, &NOTIFIER, &[])?;
    let inside = [
        (mode::SWITCH, mode::INSIDE.into()),
        (NOTIFIER.ready, notifier.executable.clone().into_os_string()),
    ];
    let self_check = packed(workspace, &SELF_CHECK, &inside)?;
    if self_check.architecture != notifier.architecture {
        return Err(format!(
            "the two functions are for different architectures: {} is for {}, {} for {}",
            notifier.executable.display(),
            notifier.architecture,
            self_check.executable.display(),
            self_check.architecture
        )
        .into());
    }
    Ok((notifier, self_check))
}

fn say(key: &str, value: &str) {
    println!("cargo::{key}={value}");
}

/// Hands a value to the crate.
fn set(name: &str, value: &str) {
    say("rustc-env", &format!("ROOTWATCH_{name}={value}"));
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
    let functions = [digest::NOTIFIER, digest::SELF_CHECK];
    let sources = functions.map(|it| it.sources.iter().chain(it.manifests));
    let sources = sources.into_iter().flatten();
    for source in sources.chain(&["Cargo.toml", "Cargo.lock"]) {
        say(
            "rerun-if-changed",
            &workspace.join(source).display().to_string(),
        );
    }
}

/// What stands for the functions where nothing is compiled to machine code. `src/lib.rs` refuses to be, with this cfg.
fn placeholders() -> (Function, Function) {
    say("rustc-cfg", "placeholder");
    let none = || Function {
        architecture: "none",
        ..Function::default()
    };
    (none(), none())
}

fn packed(workspace: &Path, recipe: &Recipe, variables: &[(&str, OsString)]) -> Result<Function> {
    let path = match given(recipe.ready) {
        Some(path) => ready(PathBuf::from(path)),
        None => {
            let platform = platform::of_the_function(recipe.ready, recipe.inner.package)?;
            recipe.inner.build(workspace, &platform, variables)?
        }
    };
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let executable = fs::read(&path).map_err(|error| named(&error))?;
    Ok(Function {
        architecture: package::check(&executable).map_err(|why| named(&why))?,
        zip: package::pack(&executable)?,
        executable_digest: digest::hexadecimal(&executable),
        executable: path,
    })
}

fn ready(path: PathBuf) -> PathBuf {
    say("rerun-if-changed", &path.display().to_string());
    path
}
