//! The cargo that runs this build script. It says to a build script neither which command it was given, nor whether it
//! may use the network; and it keeps what a build script prints until that ends. On Linux, `/proc` knows better.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
fn process() -> Option<PathBuf> {
    let parent = std::os::unix::process::parent_id();
    Some(PathBuf::from(format!("/proc/{parent}")))
}

#[cfg(not(target_os = "linux"))]
fn process() -> Option<PathBuf> {
    None
}

/// The words that cargo was called with, up to those for the program that it runs.
fn words() -> Vec<String> {
    let line = process().and_then(|process| fs::read(process.join("cmdline")).ok());
    let line = String::from_utf8_lossy(&line.unwrap_or_default()).into_owned();
    let words = line.split('\0').skip(1).take_while(|word| *word != "--");
    words.map(str::to_owned).collect()
}

/// Whether cargo is only to look: then nothing is compiled to machine code. An alias, or an option with a value before
/// the command, hides that, and the function is built.
pub(crate) fn only_checks() -> bool {
    let words = words();
    let command = words.iter().find(|word| !word.starts_with('-'));
    command.is_some_and(|command| ["check", "c", "doc", "d"].contains(&&**command))
}

pub(crate) fn is_offline() -> bool {
    let words = words();
    let offline = |word: &String| word == "--offline" || word == "--frozen";
    words.iter().any(offline)
}

/// Writes a line where cargo writes its own.
pub(crate) fn notify(line: &str) {
    let Some(process) = process() else { return };
    if let Ok(mut stderr) = OpenOptions::new().append(true).open(process.join("fd/2")) {
        // A build is not worth less when nobody sees this.
        let _ = writeln!(stderr, "\r\x1b[K{line}");
    }
}
