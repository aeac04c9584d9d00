//! What a release is made of, and its installer, with this build in the place of a released one.

use assert_cmd::cargo::cargo_bin;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What there are builds for.
const TARGETS: [&str; 4] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "x86_64-unknown-linux-gnu",
];

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Serves files by their paths until the tests end; the address.
fn serve(files: Files) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|it| !it.unwrap().is_empty()) {}
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let found = files.lock().unwrap().get(&path).cloned();
            let (status, body) = match found {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", Vec::new()),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            // A client that has seen enough hangs up.
            let _ = client.write_all(head.as_bytes());
            let _ = client.write_all(&body);
        }
    });
    format!("http://127.0.0.1:{port}/releases")
}

fn script(words: &[&str]) -> Output {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(ROOT);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

/// The archive of this build, without what only a debugger needs.
fn packed(folder: &Path) -> (String, Vec<u8>) {
    let machine = std::env::consts::ARCH;
    let target = match std::env::consts::OS {
        "macos" => format!("{machine}-apple-darwin"),
        _ => format!("{machine}-unknown-linux-gnu"),
    };
    assert!(TARGETS.contains(&target.as_str()), "{target}");
    let program = folder.join("rootwatch");
    fs::copy(cargo_bin!("rootwatch"), &program).unwrap();
    let program = program.to_str().unwrap();
    assert!(script(&["strip", program]).status.success());
    let out = folder.join("packed");
    let packed = script(&[
        "bash",
        ".ci/package",
        program,
        &target,
        out.to_str().unwrap(),
    ]);
    assert!(packed.status.success(), "{}", said(&packed));
    let name = format!("rootwatch-{target}.tar.gz");
    let bytes = fs::read(out.join(&name)).unwrap();
    (name, bytes)
}

fn sum(name: &str, bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(bytes);
    let digits: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    format!("{digits}  {name}\n")
}

fn install(from: &str, to: &Path, more: &[&str]) -> Output {
    let to = to.to_str().unwrap();
    script(&[&["sh", "install.sh", "--from", from, "--to", to], more].concat())
}

#[test]
fn a_release_installs_and_one_that_was_changed_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (name, archive) = packed(folder.path());
    let sums = sum(&name, &archive);
    let files = Files::default();
    let put = |path: String, bytes: &[u8]| {
        files.lock().unwrap().insert(path, bytes.to_vec());
    };
    for place in ["latest/download".to_owned(), format!("download/v{VERSION}")] {
        put(format!("/releases/{place}/{name}"), &archive);
        put(format!("/releases/{place}/SHA256SUMS"), sums.as_bytes());
    }
    let from = serve(Arc::clone(&files));
    let to = folder.path().join("to");

    let installed = install(&from, &to, &[]);
    assert!(installed.status.success(), "{}", said(&installed));
    assert!(said(&installed).contains(&format!("rootwatch {VERSION} is in ")));
    let program = to.join("bin/rootwatch");
    let version = Command::new(&program).arg("-V").output().unwrap();
    assert_eq!(said(&version), format!("rootwatch {VERSION}\n"));
    let page = fs::read_to_string(to.join("share/man/man1/rootwatch-status.1")).unwrap();
    assert!(page.contains(".TH "), "{page}");
    // Over what is there.
    let again = install(&from, &to, &["--version", &format!("v{VERSION}")]);
    assert!(again.status.success(), "{}", said(&again));

    let before = fs::metadata(&program).unwrap().modified().unwrap();
    let changed = [&archive[..], b"x"].concat();
    put(format!("/releases/latest/download/{name}"), &changed);
    let refused = install(&from, &to, &[]);
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("is not what the release says"),
        "{}",
        said(&refused)
    );
    assert_eq!(fs::metadata(&program).unwrap().modified().unwrap(), before);
    put("/releases/latest/download/SHA256SUMS".into(), b"0  other\n");
    let unlisted = said(&install(&from, &to, &[]));
    assert!(unlisted.contains("has no checksum for"), "{unlisted}");
    let none = install(&from, &to, &["--version", "v0.0.0"]);
    assert!(!none.status.success());
    assert!(said(&none).contains("cannot be fetched"), "{}", said(&none));
}

#[test]
fn the_installer_says_what_it_lacks() {
    let none = script(&["sh", "install.sh"]);
    assert!(!none.status.success());
    assert!(said(&none).contains("--from is needed"), "{}", said(&none));
    let unknown = script(&["sh", "install.sh", "--prefix", "/"]);
    assert!(said(&unknown).contains("unknown option --prefix"));
}

#[test]
fn the_formula_has_each_archive_with_its_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("SHA256SUMS");
    let name = |target: &str| format!("rootwatch-{target}.tar.gz");
    let sums: String = TARGETS
        .iter()
        .map(|it| sum(&name(it), it.as_bytes()))
        .collect();
    fs::write(&file, &sums).unwrap();
    let releases = "https://example.com/o/rootwatch/releases";
    let words = [
        "bash",
        ".ci/formula",
        "v1.2.3",
        releases,
        file.to_str().unwrap(),
    ];
    let formula = script(&words);
    assert!(formula.status.success(), "{}", said(&formula));
    let formula = said(&formula);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let both = format!("url \"{releases}/download/v1.2.3/{name}\"\n      sha256 \"{sum}\"");
        assert!(formula.contains(&both), "{both}: {formula}");
    }
    fs::write(&file, sums.lines().next().unwrap()).unwrap();
    assert!(!script(&words).status.success(), "an archive is missing");
}

#[test]
fn a_tag_is_the_version_that_the_changelog_describes() {
    let wrong = script(&["bash", ".ci/version", "v99.0.0"]);
    assert!(!wrong.status.success());
    let says = format!("the tag is v99.0.0, and Cargo.toml has version {VERSION}");
    assert!(said(&wrong).contains(&says), "{}", said(&wrong));
    let right = script(&["bash", ".ci/version", &format!("v{VERSION}")]);
    let changelog = fs::read_to_string(Path::new(ROOT).join("CHANGELOG.md")).unwrap();
    let is_described = changelog.contains(&format!("\n## [{VERSION}]"));
    assert_eq!(right.status.success(), is_described, "{}", said(&right));
}
