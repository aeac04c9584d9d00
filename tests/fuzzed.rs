//! The fuzz targets are outside of the workspace, and no test builds them: what can be seen without that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Folders of fuzz targets.
const FUZZED: [&str; 3] = ["fuzz", "crates/eval/fuzz", "crates/root-event/fuzz"];

/// The targets of a folder, with the files that they begin with.
fn targets(folder: &str) -> BTreeMap<String, PathBuf> {
    let manifest = Path::new(ROOT).join(folder).join("Cargo.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let target = |it: &toml::Value| {
        let file = Path::new(ROOT)
            .join(folder)
            .join(it["path"].as_str().unwrap());
        (it["name"].as_str().unwrap().to_owned(), file)
    };
    manifest["bin"]
        .as_array()
        .unwrap()
        .iter()
        .map(target)
        .collect()
}

/// Files of the modules that a file names, but for those of its tests. All are looked for beside it: fuzz targets name
/// the program's modules by paths, and then rustc does too.
fn modules(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap();
    let (mut path, mut is_of_tests, mut found) = (None, false, Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.split('"').next();
        } else if line == "#[cfg(test)]" {
            is_of_tests = true;
        } else if let Some(name) = line
            .split("mod ")
            .nth(1)
            .and_then(|it| it.strip_suffix(';'))
        {
            let folder = file.parent().unwrap();
            let module = match path.take() {
                Some(path) => folder.join(path),
                None if folder.join(name).is_dir() => folder.join(name).join("mod.rs"),
                None => folder.join(format!("{name}.rs")),
            };
            if !std::mem::take(&mut is_of_tests) {
                found.push(module);
            }
        } else if !line.starts_with("#[") {
            (path, is_of_tests) = (None, false);
        }
    }
    found
}

#[test]
fn every_fuzz_target_finds_its_modules_and_is_run_before_a_release() {
    let workflow = fs::read_to_string(Path::new(ROOT).join(".github/workflows/long.yml")).unwrap();
    let list = workflow
        .lines()
        .find_map(|it| it.trim().strip_prefix("target: [")?.strip_suffix(']'));
    let run: BTreeSet<&str> = list.unwrap().split(", ").collect();
    let all: BTreeMap<String, PathBuf> = FUZZED.into_iter().flat_map(targets).collect();
    assert_eq!(run, all.keys().map(String::as_str).collect());
    let guide = fs::read_to_string(Path::new(ROOT).join("CONTRIBUTING.md")).unwrap();
    let command = guide
        .lines()
        .find_map(|it| it.trim().strip_prefix("bash .ci/fuzz 3600 "));
    assert_eq!(command.unwrap().split(' ').collect::<BTreeSet<_>>(), run);
    let mut open: Vec<PathBuf> = all.into_values().collect();
    let mut seen = 0;
    while let Some(file) = open.pop() {
        assert!(
            file.is_file(),
            "{} is named by a fuzz target",
            file.display()
        );
        open.extend(modules(&file));
        seen += 1;
    }
    assert!(seen > 15, "{seen} files");
}
