//! Python virtual environments from pinned, hash-checked requirements: created once, then reused.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

const PYTHON_VARIABLE: &str = "ROOTWATCH_LAB_PYTHON";
const ERROR_LINES: usize = 15;

/// The folder of this crate's Python files.
pub(crate) fn python_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// `target/lab` of the workspace, in whichever folder cargo builds: it outlives builds.
fn lab_folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.ancestors().nth(2).unwrap_or(here);
    workspace.join("target/lab")
}

/// Returns the interpreter of the virtual environment with `requirements`, which it creates
/// if it does not exist. Safe to call from many processes at once.
pub(crate) fn python(requirements: &str) -> Result<PathBuf> {
    let file = python_folder().join(requirements);
    let pinned = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let interpreter = env::var_os(PYTHON_VARIABLE).unwrap_or_else(|| OsString::from("python3"));
    let name = format!("venv-{}", hash(&pinned, &interpreter));
    let folder = lab_folder();
    let venv = folder.join(&name);
    let python = venv.join("bin/python");
    let ready = venv.join("ready");
    if ready.exists() {
        return Ok(python);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let lock = File::create(folder.join(format!("{name}.lock")))?;
    lock.lock().context("cannot lock the virtual environment")?;
    if !ready.exists() {
        build(&interpreter, &venv, &file)?;
        fs::write(&ready, b"")?;
    }
    Ok(python)
}

fn hash(pinned: &[u8], interpreter: &OsString) -> String {
    let mut hasher = Sha256::new();
    hasher.update(pinned);
    hasher.update(interpreter.as_encoded_bytes());
    let digest = hasher.finalize();
    digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
}

fn build(interpreter: &OsString, venv: &Path, requirements: &Path) -> Result<()> {
    if venv.exists() {
        // An interrupted build left it behind.
        fs::remove_dir_all(venv)?;
    }
    let made = Command::new(interpreter)
        .args(["-m", "venv"])
        .arg(venv)
        .output();
    let made = made.with_context(|| {
        format!(
            "cannot run {}: the lab needs Python 3.10 or newer; name one in {PYTHON_VARIABLE}",
            interpreter.display()
        )
    })?;
    check(&made, "python -m venv")?;
    let installed = Command::new(venv.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--require-hashes", "-r"])
        .arg(requirements)
        .output()
        .context("cannot run pip")?;
    check(&installed, "pip install --require-hashes")
}

fn check(output: &Output, what: &str) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(ERROR_LINES)..].join("\n");
    bail!("{what} failed ({}):\n{last}", output.status)
}
