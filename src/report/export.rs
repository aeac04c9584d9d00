//! What `export` made: the files themselves, or what became of them.

use rootwatch_engine::count;
use rootwatch_engine::export::{Contents, Export, Report};
use std::fmt::Write;

/// What the tool reads: the one file, or each with its name.
pub(crate) fn files(made: &Export) -> String {
    let texts = made.files.iter().filter_map(|file| match &file.contents {
        Contents::Text(text) => Some((&file.name, text)),
        Contents::Beside(_) => None,
    });
    let texts: Vec<(&String, &String)> = texts.collect();
    if let [(_, only)] = texts[..] {
        return only.clone();
    }
    let named = texts.iter().map(|(name, text)| format!("# {name}\n{text}"));
    named.collect::<Vec<String>>().join("\n")
}

/// What was written.
pub(crate) fn text(report: &Report) -> String {
    let folder = report.folder.as_deref().unwrap_or_default();
    let names: Vec<&str> = report.files.iter().map(|it| it.name.as_str()).collect();
    let resources = count(report.resources.len(), "resource");
    format!(
        "Wrote {resources} into {folder}: {}.\n{}",
        names.join(", "),
        left_out(report)
    )
}

/// What those who read the files should know.
pub(crate) fn aside(report: &Report) -> String {
    let beside = report.files.iter().filter(|it| it.text.is_none());
    let beside: Vec<&str> = beside.map(|it| it.name.as_str()).collect();
    let mut out = left_out(report);
    if !beside.is_empty() {
        let _ = writeln!(
            out,
            "The files need {} beside them: `rootwatch export {}` with a folder after it writes all of them.",
            beside.join(", "),
            report.form
        );
    }
    out
}

fn left_out(report: &Report) -> String {
    let mut out = String::new();
    if !report.left_out.is_empty() {
        out.push_str("Not in the files:\n");
    }
    for it in &report.left_out {
        let _ = writeln!(out, "  - {it}");
    }
    out
}
