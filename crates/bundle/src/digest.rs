//! The digest of what a function is made from. Used by the build script, and by the tests.
//!
//! Two builds of the same sources differ, as their compilers do; their digests do not. Of the manifests and of the lock
//! file it takes what the function depends on, so that another crate of the workspace changes it only where that crate
//! turns on a feature which adds a dependency to one that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

/// A function for Lambda, as far as its sources go.
pub(crate) struct Function {
    /// Folders of its sources, in the workspace.
    pub(crate) sources: &'static [&'static str],
    /// The manifests of its own crates.
    pub(crate) manifests: &'static [&'static str],
    /// The profile that it is built with.
    pub(crate) profile: &'static str,
}

/// What notifies people.
pub(crate) const NOTIFIER: Function = Function {
    sources: &[
        "crates/notifier/src",
        "crates/root-event/src",
        "crates/root-event/schema",
    ],
    manifests: &["crates/notifier/Cargo.toml", "crates/root-event/Cargo.toml"],
    profile: "notifier",
};

/// What looks at the deployment every day. The notifier is in it, as what a hub should have.
pub(crate) const SELF_CHECK: Function = Function {
    sources: &[
        "crates/bundle/build",
        "crates/bundle/src",
        "crates/engine/src",
        "crates/eval/src",
        "crates/notifier/src",
        "crates/root-event/schema",
        "crates/root-event/src",
        "crates/selfcheck/src",
        "templates",
    ],
    manifests: &[
        "crates/bundle/Cargo.toml",
        "crates/engine/Cargo.toml",
        "crates/eval/Cargo.toml",
        "crates/notifier/Cargo.toml",
        "crates/root-event/Cargo.toml",
        "crates/selfcheck/Cargo.toml",
    ],
    profile: "selfcheck",
};

/// What of a manifest ends in the function. The rest is for tests and for people.
const PARTS: [&str; 6] = [
    "bin",
    "build-dependencies",
    "dependencies",
    "features",
    "lib",
    "target",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// SHA-256 over names and contents, in hexadecimal digits.
pub(crate) fn of(workspace: &Path, function: &Function) -> Result<String> {
    let mut digest = Sha256::new();
    for file in files(workspace, function)? {
        let content = read(&workspace.join(&file))?;
        add(&mut digest, &file, &content.replace("\r\n", "\n"));
    }
    let root = table(&workspace.join("Cargo.toml"))?;
    let mut needed = BTreeSet::new();
    for path in function.manifests {
        let manifest = table(&workspace.join(path))?;
        add(&mut digest, path, &canonical(&shipped(&manifest)));
        needed.extend(dependencies(&manifest));
    }
    add(
        &mut digest,
        "Cargo.toml",
        &canonical(&shared(&root, &needed, function.profile)),
    );
    let lock = table(&workspace.join("Cargo.lock"))?;
    let lines = Vec::from_iter(locked(&lock, &needed, function)?);
    add(&mut digest, "Cargo.lock", &lines.join("\n"));
    Ok(digits(digest))
}

/// SHA-256 of an executable, in hexadecimal digits, as `sha256sum` prints it.
#[cfg_attr(test, expect(dead_code, reason = "for the build script"))]
pub(crate) fn hexadecimal(executable: &[u8]) -> String {
    digits(Sha256::new_with_prefix(executable))
}

fn digits(digest: Sha256) -> String {
    let bytes = digest.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lengths keep a name and its content apart from others.
fn add(digest: &mut Sha256, name: &str, content: &str) {
    for part in [name, content] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn table(path: &Path) -> Result<Table> {
    let text = read(path)?;
    text.parse()
        .map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The sources' paths in the workspace, with `/` and in order.
fn files(workspace: &Path, function: &Function) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in function.sources {
        walk(&workspace.join(folder), &mut found)?;
    }
    let mut names = Vec::new();
    for path in found {
        let path = path.strip_prefix(workspace)?;
        names.push(path.to_string_lossy().replace('\\', "/"));
    }
    names.sort();
    Ok(names)
}

/// Editors leave hidden files; they do not count.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn shipped(manifest: &Table) -> Value {
    let parts = manifest
        .iter()
        .filter(|(key, _)| PARTS.contains(&key.as_str()));
    Value::Table(
        parts
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

/// The dependencies that are not for tests only, by name.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let tables = platforms
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    let tables = tables.chain([manifest]);
    tables
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(Value::as_table)
        .flat_map(Table::keys)
        .cloned()
        .collect()
}

/// What the function takes from the workspace's manifest: features of its dependencies, its edition, its profile.
fn shared(root: &Table, needed: &BTreeSet<String>, named: &str) -> Value {
    let workspace = |key: &str| root.get("workspace")?.get(key);
    let mut parts = Table::new();
    for name in needed {
        if let Some(dependency) = workspace("dependencies").and_then(|all| all.get(name)) {
            parts.insert(format!("dependency {name}"), dependency.clone());
        }
    }
    if let Some(edition) = workspace("package").and_then(|package| package.get("edition")) {
        parts.insert("edition".to_owned(), edition.clone());
    }
    let profile = |name: &str| root.get("profile")?.get(name);
    let mut name = Some(named);
    while let Some((key, value)) = name.and_then(|name| Some((name, profile(name)?))) {
        parts.insert(format!("profile {key}"), value.clone());
        name = value.get("inherits").and_then(Value::as_str);
    }
    Value::Table(parts)
}

/// A line for each package that the function is built with, whatever the platform.
fn locked(
    lock: &Table,
    needed: &BTreeSet<String>,
    function: &Function,
) -> Result<BTreeSet<String>> {
    let packages = lock.get("package").and_then(Value::as_array);
    let packages: Vec<&Value> = packages.into_iter().flatten().collect();
    let mut open = direct(&packages, needed, function);
    let mut lines = BTreeSet::new();
    while let Some(name) = open.pop() {
        let package = packages.iter().find(|package| is_called(package, &name));
        let package = package.ok_or_else(|| format!("Cargo.lock has no package `{name}`"))?;
        match (is_member(package), is_ours(package, function)) {
            (true, true) => {}
            (true, false) => {
                let folders = function.sources.join(", ");
                return Err(
                    format!("the function depends on {name}, which is not in {folders}").into(),
                );
            }
            (false, _) if lines.insert(line(package)) => {
                open.extend(names(package).map(str::to_owned));
            }
            (false, _) => {}
        }
    }
    Ok(lines)
}

/// What the function's own crates depend on. The lock file alone does not say which of it is for tests only.
fn direct(packages: &[&Value], needed: &BTreeSet<String>, function: &Function) -> Vec<String> {
    let own = packages
        .iter()
        .filter(|package| is_member(package) && is_ours(package, function));
    let names = own.flat_map(|package| names(package));
    names
        .filter(|name| needed.contains(first(name)))
        .map(str::to_owned)
        .collect()
}

/// A package of the workspace comes from nowhere else.
fn is_member(package: &Value) -> bool {
    package.get("source").is_none()
}

/// `rootwatch-notifier` lies in `crates/notifier/`.
fn is_ours(package: &Value, function: &Function) -> bool {
    let name = text(package, "name");
    let folder = format!("/{}/", name.strip_prefix("rootwatch-").unwrap_or(name));
    function.manifests.iter().any(|path| path.contains(&folder))
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn names(package: &Value) -> impl Iterator<Item = &str> {
    let list = package.get("dependencies").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn first(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

/// Where there are several versions, a dependency names one: `base64 0.22.1`.
fn is_called(package: &Value, name: &str) -> bool {
    let mut words = name.split(' ');
    words.next() == Some(text(package, "name"))
        && words
            .next()
            .is_none_or(|version| version == text(package, "version"))
}

fn line(package: &Value) -> String {
    ["name", "version", "source", "checksum"]
        .map(|key| text(package, key))
        .join(" ")
}

/// The same text for the same value, in whichever order its keys were written.
fn canonical(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let sorted: BTreeMap<_, _> = table.iter().collect();
            let pairs = sorted
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        Value::Array(array) => {
            let values: Vec<String> = array.iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
