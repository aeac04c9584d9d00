//! The code blocks of a page, and the commands in them.

use regex_lite::Regex;

/// Lines of a page that stand together as code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The heading above it.
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
}

/// A line that somebody types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Without its comment.
    pub(super) command: String,
    /// The code with which it ends, as its comment begins, or else 0.
    pub(super) code: i32,
}

/// What a line of code begins with that is typed: programs, and variables for them.
const PROGRAMS: &str = r"^(?:[A-Z][A-Z_]*=\S+ )?(?:\./\S+|aws|bash|brew|cargo|curl|docker|export|gh|git|jq|kubectl|mdbook|npm|pip|pip3|pipx|python3?|rootwatch|rustup|sh|sha256sum|sudo|terraform|tofu|wget)(?: |$)";

/// The blocks between fences, and those that are indented.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut heading, mut lines) = (Vec::new(), String::new(), Vec::new());
    let mut is_fenced = false;
    for line in text.lines().chain([""]) {
        let is_fence = line.trim_start().starts_with("```");
        let is_code = is_fenced && !is_fence || line.starts_with("    ");
        if is_code {
            lines.push(line.trim().to_owned());
        } else if !lines.is_empty() {
            let lines = std::mem::take(&mut lines);
            found.push(Block {
                heading: heading.clone(),
                lines,
            });
        }
        is_fenced ^= is_fence;
        if !is_fenced && line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().to_owned();
        }
    }
    found
}

impl Block {
    /// What is typed of it, steps of a workflow too.
    pub(super) fn typed(&self) -> Vec<Line> {
        let program = Regex::new(PROGRAMS).unwrap();
        let lines = self.lines.iter();
        let lines = lines.map(|line| line.strip_prefix("- run: ").unwrap_or(line));
        lines
            .filter(|line| program.is_match(line))
            .map(Line::of)
            .collect()
    }
}

impl Line {
    fn of(text: &str) -> Self {
        let (command, comment) = text.split_once(" # ").unwrap_or((text, ""));
        let code = comment
            .split_once(':')
            .and_then(|(code, _)| code.trim().parse().ok());
        Self {
            command: command.trim().to_owned(),
            code: code.unwrap_or(0),
        }
    }
}

#[test]
fn commands_are_found_between_fences_and_indented() {
    let page = "# A\n\n    rootwatch plan hub   # 2: there are changes\n    rootwatch status # all\n\nWords.\n## B\n```sh\ncurl https://example.com | sh\nwhat it printed\n```\n    - run: VALUE=1 cargo build\n";
    let found = blocks(page);
    let headings: Vec<&str> = found.iter().map(|it| it.heading.as_str()).collect();
    assert_eq!(headings, ["A", "B", "B"]);
    let typed: Vec<Line> = found.iter().flat_map(Block::typed).collect();
    let typed: Vec<(&str, i32)> = typed
        .iter()
        .map(|it| (it.command.as_str(), it.code))
        .collect();
    let wanted = [
        ("rootwatch plan hub", 2),
        ("rootwatch status", 0),
        ("curl https://example.com | sh", 0),
        ("VALUE=1 cargo build", 0),
    ];
    assert_eq!(typed, wanted);
}
