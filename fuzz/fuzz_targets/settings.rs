//! No text makes reading a settings file panic, each problem names its place in the file, and no password is in one.

#![no_main]
#![allow(dead_code, unused_imports, reason = "the program uses more of these modules")]

mod config;

use libfuzzer_sys::fuzz_target;

/// An endpoint with a password, which a file may have at any place.
const PASSWORD: &str = "hunter2";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let lines = text.lines().count() + 1;
    for problem in config::problems(text) {
        let place = problem.strip_prefix("rootwatch.toml, line ");
        let line = place.and_then(|it| it.split(',').next()?.parse::<usize>().ok());
        let line = line.expect("a problem names its line");
        assert!((1..=lines).contains(&line), "{problem}");
        assert!(problem.contains(", column "), "{problem}");
    }
    let endpoint = format!("https://me:{PASSWORD}@siem.example.com/in");
    let file = format!("{text}\n[[hub.subscriptions]]\nprotocol = \"http\"\nendpoint = \"{endpoint}\"\n");
    if !text.contains(PASSWORD) {
        for problem in config::problems(&file) {
            assert!(!problem.contains(PASSWORD), "{problem}");
        }
    }
});
