//! README and docs/: short enough, no link leads nowhere, and no command that is written there is unknown.

/// The code blocks of a page, and the commands in them.
mod blocks;
/// Every command line of README and docs/, typed.
mod typed;

use crate::world::run;
use blocks::Block;
use regex_lite::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Beside docs/.
const PAGES: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
];

fn pages() -> BTreeMap<PathBuf, String> {
    let docs = std::fs::read_dir(Path::new(ROOT).join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|it| it == "md"));
    let all = PAGES.map(|page| Path::new(ROOT).join(page)).into_iter();
    all.chain(docs)
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// What a heading's link ends in, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    kept.collect::<String>().replace(' ', "-")
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
    let named = Regex::new("<a id=\"([^\"]*)\">").unwrap();
    let named = named.captures_iter(text).map(|found| found[1].to_owned());
    headings.chain(named).collect()
}

#[test]
fn no_link_leads_nowhere() {
    let pages = pages();
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut dead = Vec::new();
    for (page, text) in &pages {
        for found in link.captures_iter(text) {
            let (file, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            if file.contains("://") {
                continue;
            }
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let target = target.canonicalize().ok();
            let is_there = target.is_some_and(|path| match pages.get(&path) {
                Some(text) => anchor.is_empty() || anchors(text).contains(anchor),
                None => anchor.is_empty(),
            });
            if !is_there {
                dead.push(format!("{}: {}", page.display(), &found[1]));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn every_page_is_in_the_books_summary_once() {
    let summary = std::fs::read_to_string(Path::new(ROOT).join("docs/SUMMARY.md")).unwrap();
    let pages = pages().into_keys();
    let names = pages.filter(|path| path.parent().unwrap().ends_with("docs"));
    for name in names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()) {
        if name != "SUMMARY.md" {
            let count = summary.matches(&format!("]({name})")).count();
            assert_eq!(count, 1, "{name}");
        }
    }
}

#[test]
fn the_readme_is_read_in_five_minutes() {
    let text = include_str!("../../README.md");
    let words = text.split_whitespace().count();
    assert!(words <= 1200, "{words} words");
}

/// The commands of a page, in code spans and in blocks, without comments.
fn commands(text: &str) -> Vec<String> {
    let span = Regex::new(r"`(rootwatch [^`]+)`").unwrap();
    let spans = span.captures_iter(text).map(|found| found[1].to_owned());
    let blocks = blocks::blocks(text);
    let typed = blocks
        .iter()
        .flat_map(Block::typed)
        .map(|line| line.command);
    let typed = typed.filter(|command| command.starts_with("rootwatch "));
    spans.chain(typed).collect()
}

/// The words before the first flag or argument, as far as they are commands, and what their help says.
fn help_of(words: &[&str], known: &mut BTreeMap<String, Option<String>>) -> Option<String> {
    let mut help = None;
    for end in 0..=words.len().min(2) {
        let path = words[..end].join(" ");
        let next = known.entry(path).or_insert_with(|| {
            let args = [&words[..end], &["--help"]].concat();
            let ran = run(&[], &args);
            (ran.code == 0).then_some(ran.stdout)
        });
        match next {
            Some(next) => help = Some(next.clone()),
            None => break,
        }
    }
    help
}

#[test]
fn every_command_and_flag_in_the_documentation_exists() {
    let flag = Regex::new(r"--[a-z][a-z-]*").unwrap();
    let (mut known, mut unknown) = (BTreeMap::new(), Vec::new());
    let pages = pages().into_iter();
    // What earlier versions had stands in the changes.
    for (page, text) in pages.filter(|(path, _)| !path.ends_with("CHANGELOG.md")) {
        for command in commands(&text) {
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let words = words.iter().take_while(|it| !it.starts_with('-'));
            let words: Vec<&str> = words.copied().collect();
            let Some(help) = help_of(&words, &mut known) else {
                unknown.push(format!("{}: {command}", page.display()));
                continue;
            };
            let flags = flag.find_iter(&command).map(|it| it.as_str());
            let missing = flags.filter(|flag| !help.contains(flag));
            unknown.extend(missing.map(|flag| format!("{}: {command}: {flag}", page.display())));
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// All texts of the program, in which a line that ends in a backslash goes on in the next.
fn sources() -> String {
    let mut text = String::new();
    let mut folders = vec![
        Path::new(ROOT).join("src"),
        Path::new(ROOT).join("crates/engine/src"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let continued = Regex::new(r"\\\n\s*").unwrap();
    continued.replace_all(&text, "").replace("\\\"", "\"")
}

#[test]
fn every_message_of_troubleshooting_is_in_the_code() {
    let page = include_str!("../../docs/troubleshooting.md");
    let headings = page.lines().filter_map(|it| it.strip_prefix("### `"));
    let messages: Vec<&str> = headings.filter_map(|it| it.strip_suffix('`')).collect();
    assert!(messages.len() > 25, "{}", messages.len());
    assert_eq!(messages.len(), page.matches("\n### ").count());
    let sources = sources();
    for message in messages {
        let parts = message.split('\u{2026}').map(str::trim);
        let parts: Vec<&str> = parts.filter(|it| it.len() > 4).collect();
        assert!(!parts.is_empty(), "{message}");
        for part in parts {
            assert!(sources.contains(part), "{message}: {part}");
        }
    }
}
