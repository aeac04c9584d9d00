use tempfile::TempDir;

use super::*;

const LOCK: &str = r#"
version = 4

[[package]]
name = "rootwatch"
version = "0.1.0"
dependencies = ["clap", "rootwatch-root-event"]

[[package]]
name = "rootwatch-notifier"
version = "0.1.0"
dependencies = ["http 1.5.0", "proptest", "rootwatch-root-event"]

[[package]]
name = "rootwatch-root-event"
version = "0.1.0"
dependencies = ["insta", "serde"]

[[package]]
name = "clap"
version = "4.0.0"
source = "registry"
checksum = "c1"

[[package]]
name = "http"
version = "0.2.12"
source = "registry"
checksum = "c2"

[[package]]
name = "http"
version = "1.5.0"
source = "registry"
checksum = "c3"
dependencies = ["itoa"]

[[package]]
name = "itoa"
version = "1.0.0"
source = "registry"
checksum = "c4"

[[package]]
name = "proptest"
version = "1.0.0"
source = "registry"
checksum = "c5"

[[package]]
name = "insta"
version = "1.0.0"
source = "registry"
checksum = "c6"

[[package]]
name = "serde"
version = "1.0.0"
source = "registry"
checksum = "c7"
"#;

const FILES: [(&str, &str); 7] = [
    ("crates/notifier/src/main.rs", "fn main() {\n}\n"),
    ("crates/root-event/src/lib.rs", "mod words;\n"),
    ("crates/root-event/schema/alert-1.json", "{}\n"),
    (
        "crates/notifier/Cargo.toml",
        "[package]\nname = \"rootwatch-notifier\"\n[dependencies]\nhttp.workspace = true\n\
         rootwatch-root-event.workspace = true\n[dev-dependencies]\nproptest.workspace = true\n",
    ),
    (
        "crates/root-event/Cargo.toml",
        "[dependencies]\nserde.workspace = true\n[dev-dependencies]\ninsta.workspace = true\n",
    ),
    (
        "Cargo.toml",
        "[workspace.package]\nedition = \"2024\"\n[workspace.dependencies]\nhttp = \"1\"\nserde = \"1\"\nclap = \"4\"\n\
         [profile.release]\nlto = \"thin\"\n[profile.notifier]\ninherits = \"release\"\nopt-level = \"s\"\n\
         [profile.dev]\ndebug = 1\n",
    ),
    ("Cargo.lock", LOCK),
];

/// A checkout of a small workspace.
fn checkout() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in FILES {
        write(&folder, path, content);
    }
    folder
}

fn write(folder: &TempDir, path: &str, content: &str) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn digest(folder: &TempDir) -> String {
    of(folder.path(), &NOTIFIER).unwrap()
}

/// The digest of a checkout in which one file has `from` replaced.
fn with(path: &str, from: &str, to: &str) -> String {
    let folder = checkout();
    let (_, content) = FILES.iter().find(|(name, _)| *name == path).unwrap();
    assert!(content.contains(from), "{path} has no {from}");
    write(&folder, path, &content.replace(from, to));
    digest(&folder)
}

#[test]
fn two_checkouts_have_one_digest() {
    let (one, other) = (digest(&checkout()), digest(&checkout()));
    assert_eq!(one, other);
    assert_eq!(one.len(), 64);
    assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn line_ends_and_hidden_files_do_not_count() {
    let folder = checkout();
    for (path, content) in FILES {
        write(&folder, path, &content.replace('\n', "\r\n"));
    }
    write(&folder, "crates/notifier/src/.main.rs.swp", "x");
    assert_eq!(digest(&folder), digest(&checkout()));
}

#[test]
fn what_is_in_the_function_counts() {
    let same = digest(&checkout());
    let changes = [
        ("crates/notifier/src/main.rs", "main", "start"),
        ("crates/root-event/src/lib.rs", "words", "text"),
        ("crates/root-event/schema/alert-1.json", "{}", "[]"),
        (
            "crates/notifier/Cargo.toml",
            "http.workspace = true",
            "http = { workspace = true, features = [\"x\"] }",
        ),
        ("Cargo.toml", "2024", "2021"),
        (
            "Cargo.toml",
            "http = \"1\"",
            "http = { version = \"1\", features = [\"x\"] }",
        ),
        ("Cargo.toml", "thin", "fat"),
        ("Cargo.toml", "\"s\"", "\"z\""),
        ("Cargo.lock", "c3", "d3"),
        ("Cargo.lock", "c4", "d4"),
        ("Cargo.lock", "c7", "d7"),
    ];
    for (path, from, to) in changes {
        assert_ne!(with(path, from, to), same, "{path}: {from}");
    }
}

#[test]
fn what_is_not_in_the_function_does_not_count() {
    let same = digest(&checkout());
    let changes = [
        ("crates/notifier/Cargo.toml", "proptest", "quickcheck"),
        ("crates/root-event/Cargo.toml", "insta", "expect-test"),
        ("Cargo.toml", "clap = \"4\"", "clap = \"5\""),
        ("Cargo.toml", "debug = 1", "debug = 2"),
        ("Cargo.lock", "c1", "d1"),
        ("Cargo.lock", "c2", "d2"),
        ("Cargo.lock", "c5", "d5"),
        ("Cargo.lock", "c6", "d6"),
        ("Cargo.lock", "\"clap\", ", ""),
    ];
    for (path, from, to) in changes {
        assert_eq!(with(path, from, to), same, "{path}: {from}");
    }
}

#[test]
fn a_file_that_moves_or_is_new_counts() {
    let same = digest(&checkout());
    let folder = checkout();
    write(&folder, "crates/root-event/src/deep/new.rs", "");
    let new = digest(&folder);
    assert_ne!(new, same);
    let path = |name| folder.path().join("crates/root-event/src").join(name);
    fs::rename(path("deep/new.rs"), path("deep/other.rs")).unwrap();
    assert_ne!(digest(&folder), new);
}

#[test]
fn a_lock_file_without_a_dependency_is_an_error() {
    let folder = checkout();
    write(
        &folder,
        "Cargo.lock",
        &LOCK.replace("name = \"itoa\"", "name = \"ryu\""),
    );
    let error = of(folder.path(), &NOTIFIER).unwrap_err().to_string();
    assert_eq!(error, "Cargo.lock has no package `itoa`");
}

#[test]
fn a_crate_of_the_workspace_without_its_sources_is_an_error() {
    let folder = checkout();
    let manifest = "[dependencies]\nrootwatch.workspace = true\n";
    write(&folder, "crates/notifier/Cargo.toml", manifest);
    let lock = LOCK.replace("\"http 1.5.0\"", "\"rootwatch\"");
    write(&folder, "Cargo.lock", &lock);
    let error = of(folder.path(), &NOTIFIER).unwrap_err().to_string();
    assert!(
        error.starts_with("the function depends on rootwatch, which is not in "),
        "{error}"
    );
}

#[test]
fn the_crate_has_the_digest_of_its_workspace() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.ancestors().nth(2).unwrap();
    assert_eq!(of(workspace, &NOTIFIER).unwrap(), crate::source_digest());
    let self_check = of(workspace, &SELF_CHECK).unwrap();
    assert_eq!(self_check, crate::self_check_digest());
    assert_ne!(self_check, crate::source_digest());
}

/// The packages that a function of this workspace is built with, by name.
fn packages(function: &Function) -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.ancestors().nth(2).unwrap();
    let manifests = function.manifests.iter();
    let manifests: Vec<Table> = manifests
        .map(|path| table(&workspace.join(path)).unwrap())
        .collect();
    let needed = manifests.iter().flat_map(dependencies).collect();
    let lock = table(&workspace.join("Cargo.lock")).unwrap();
    let lines = locked(&lock, &needed, function).unwrap();
    lines.iter().map(|line| first(line).to_owned()).collect()
}

#[test]
fn the_sdk_is_in_the_digest_and_the_lab_is_not() {
    let (notifier, self_check) = (packages(&NOTIFIER), packages(&SELF_CHECK));
    for name in [
        "aws-sdk-sns",
        "lambda_runtime",
        "ring",
        "serde_json",
        "jiff",
    ] {
        assert!(notifier.contains(name), "{name}");
        assert!(self_check.contains(name), "{name}");
    }
    for name in ["aws-sdk-iam", "zip"] {
        assert!(!notifier.contains(name), "{name}");
        assert!(self_check.contains(name), "{name}");
    }
    for name in ["ureq", "clap", "insta", "proptest"] {
        assert!(!notifier.contains(name), "{name}");
        assert!(!self_check.contains(name), "{name}");
    }
}
