//! The page of all kinds of findings, `docs/findings.md`, which is made from them.

use super::{Command, Kind, all};
use std::fmt::Write;

const HEAD: &str = "\
# Findings
Every kind of thing that `rootwatch` finds has a number that never changes its meaning. It stands before each finding in \
the text, as `id` in the JSON, and here. Programs filter by it. `--ignore RW307@111122223333/ap-southeast-5=\"why\"` of \
`status` and `verify`, or `[[ignore]]` in `rootwatch.toml`, accepts what is known: it stays visible, with the reason, and no \
longer counts.

This page is made from the code: `ROOTWATCH_WRITE_SCHEMA=1 cargo test -p rootwatch-engine findings` rewrites it.
";

/// Who tells of a kind, in words.
fn told_by(kind: &Kind) -> String {
    let commands = [
        (Command::Status, "`status`"),
        (Command::Verify, "`verify`"),
        (Command::Test, "`test`"),
        (Command::Deploy, "`deploy`, `adopt` and `teardown`"),
    ];
    let told = commands.iter().filter(|(it, _)| it.tells(kind.id));
    let told: Vec<&str> = told.map(|(_, words)| *words).collect();
    told.join(" and ")
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    for kind in all() {
        let anchor = kind.id.to_string().to_lowercase();
        let _ = write!(
            text,
            "\n<a id=\"{anchor}\"></a>\n## {}: {}\n{}\n\n**Fix**: {}\n\n**Told by** {}.\n",
            kind.id,
            kind.title,
            kind.meaning,
            kind.fix,
            told_by(kind)
        );
    }
    text
}

#[test]
fn the_page_in_docs_is_made_from_the_kinds() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/findings.md");
    let wanted = page();
    if std::env::var_os("ROOTWATCH_WRITE_SCHEMA").is_some() {
        std::fs::write(file, &wanted).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == wanted,
        "{file} is stale; ROOTWATCH_WRITE_SCHEMA=1 rewrites it"
    );
}

#[test]
fn every_kind_is_told_by_some_command() {
    for kind in all() {
        assert!(!told_by(kind).is_empty(), "{}", kind.id);
    }
}
