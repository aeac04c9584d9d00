//! Lines that fit a terminal: prose is broken between words, and what can be pasted stays in one piece.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;
use terminal_size::{Width, terminal_size_of};
use textwrap::{Options, WordSeparator, WordSplitter};

/// Narrower than this nothing is gained.
const NARROWEST: usize = 40;
/// Stands for a space at which no line is broken: a character of Unicode's private use.
const GLUE: char = '\u{E0FF}';
/// What a hop of `verify` is indented by, behind its verdict and number.
const HOP: usize = 15;

/// Commands: in backticks, or at the end of a step of what comes next.
static COMMAND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"`[^`]*`|(?:rootwatch|aws) [a-z][^`]*$").ok());
/// The beginning of a line of `verify`.
static VERDICT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:ok|broken|differs|unknown)(?: {2,}| RW)").ok());
static STEP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:Next:|     ) [0-9]+\. ").ok());

/// A text for stdout, if that is a terminal.
pub(crate) fn for_stdout(text: &str) -> Cow<'_, str> {
    to_width(text, terminal_size_of(std::io::stdout()))
}

/// A text for stderr, if that is a terminal.
pub(crate) fn for_stderr(text: &str) -> Cow<'_, str> {
    to_width(text, terminal_size_of(std::io::stderr()))
}

fn to_width(text: &str, size: Option<(Width, terminal_size::Height)>) -> Cow<'_, str> {
    match size {
        Some((Width(width), _)) if usize::from(width) >= NARROWEST => {
            Cow::Owned(wrapped(text, usize::from(width)))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Each line that is too long, broken between words; the rest of it is indented below its beginning. Pure.
fn wrapped(text: &str, width: usize) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        match textwrap::core::display_width(line) > width {
            true => broken(line, width) + end,
            false => format!("{line}{end}"),
        }
    });
    lines.collect()
}

fn broken(line: &str, width: usize) -> String {
    let plain = anstream::adapter::strip_str(line).to_string();
    let below = " ".repeat(indent(&plain));
    let own = line.len() - line.trim_start_matches(' ').len();
    let (own, words) = line.split_at(own);
    let options = Options::new(width)
        .initial_indent(own)
        .subsequent_indent(&below)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(&glued(words), options).replace(GLUE, " ")
}

/// How far the rest of a line is indented.
fn indent(plain: &str) -> usize {
    let is =
        |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|it| it.is_match(plain));
    let own = plain.len() - plain.trim_start_matches(' ').len();
    if is(&VERDICT) {
        HOP
    } else if is(&STEP) {
        9
    } else {
        own + 4
    }
}

fn glued(text: &str) -> Cow<'_, str> {
    let glue = |found: &Captures<'_>| found[0].replace(' ', &GLUE.to_string());
    match COMMAND.as_ref() {
        Some(command) => command.replace_all(text, glue),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_indented() {
        let text =
            "short\n  ! RW301 no stack instance is in the account shop 444455556666 in us-east-1\n";
        assert_eq!(
            wrapped(text, 42),
            "short\n  ! RW301 no stack instance is in the\n      account shop 444455556666 in\n      us-east-1\n"
        );
        let hop = "unknown RW111  rule rootwatch-acts, pattern: it was changed by somebody";
        assert_eq!(
            wrapped(hop, 40),
            "unknown RW111  rule rootwatch-acts,\n               pattern: it was changed\n               by somebody"
        );
    }

    #[test]
    fn a_command_stays_in_one_piece() {
        let long = "rootwatch deploy spokes --region eu-west-1 --hub-account 222222222222 --ou /";
        let said = format!("a gap that is long enough: `{long}` closes it");
        let lines = wrapped(&said, 50);
        assert!(
            lines.lines().any(|line| line.trim() == format!("`{long}`")),
            "{lines}"
        );
        let next =
            format!("Next: 1. as the management account or a delegated administrator: {long}");
        let lines = wrapped(&next, 60);
        assert!(lines.lines().any(|line| line.trim() == long), "{lines}");
        assert!(!lines.contains(GLUE));
    }

    #[test]
    fn colours_have_no_width() {
        let red = "\u{1b}[31m! it\u{1b}[0m is red";
        assert_eq!(wrapped(red, 12), red);
        assert_eq!(wrapped("  aaaa bbbb cccc", 12), "  aaaa bbbb\n      cccc");
    }

    #[test]
    fn what_is_no_terminal_gets_the_line_as_it_is() {
        assert_eq!(to_width("a b", None), "a b");
    }
}
