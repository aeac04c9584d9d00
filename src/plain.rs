//! What is printed steers no terminal and misleads no reader: names and reasons are chosen by others, anybody who may
//! name a unit or tag a stack among them.
//!
//! rootwatch's own colours pass. Every other control character, and each that hides, moves or breaks what people see
//! (bidirectional and zero-width marks, tags), is printed as JSON escapes it: `\u202e`. So JSON stays what it was.

use rootwatch_root_event::is_invisible;
use std::borrow::Cow;
use std::fmt::Write;

/// What begins and ends each of the sequences that set a colour.
const BEGINS: &str = "\u{1b}[";
const ENDS: char = 'm';
/// Colours and weights that rootwatch and clap print: reset, bold, dim, underlined, red, green, yellow, cyan.
const OURS: [&str; 8] = ["0", "1", "2", "4", "31", "32", "33", "36"];

/// The text with nothing in it that is not seen as it is, but for our colours.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    seen(text, colour)
}

/// The same of a text that has no colours of ours.
pub(crate) fn colourless(text: &str) -> Cow<'_, str> {
    seen(text, |_| None)
}

fn seen(text: &str, colour: fn(&str) -> Option<usize>) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\u{1b}' => colour(rest).unwrap_or(0),
            letter if !is_escaped(letter) => letter.len_utf8(),
            _ => 0,
        };
        if length == 0 {
            escape(letter, &mut shown);
            rest = &rest[letter.len_utf8()..];
        } else {
            shown.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    Cow::Owned(shown)
}

fn is_escaped(letter: char) -> bool {
    is_invisible(letter) && !matches!(letter, '\n' | '\t')
}

/// The length of the sequence at the beginning of a text, if it is one of ours.
fn colour(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(BEGINS)?;
    let end = rest.find(ENDS)?;
    let parts = &rest[..end];
    let is_ours = parts.split(';').all(|part| OURS.contains(&part));
    is_ours.then_some(BEGINS.len() + end + ENDS.len_utf8())
}

fn escape(letter: char, into: &mut String) {
    let mut units = [0; 2];
    for unit in letter.encode_utf16(&mut units) {
        // A string takes whatever is written.
        let _ = write!(into, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{GREEN, RED, YELLOW};

    #[test]
    fn what_is_plain_is_as_it_was() {
        let text = format!("{RED}error:{RED:#} a\n\t{GREEN}ok{GREEN:#} {YELLOW}ü 漢{YELLOW:#}\n");
        assert_eq!(plain(&text), text);
        let bold = anstyle::AnsiColor::Red.on_default().bold();
        let text = format!("{bold}failed{bold:#}");
        assert_eq!(plain(&text), text);
        assert!(matches!(plain("abc"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_steers_a_terminal_is_seen() {
        for (text, seen) in [
            ("\u{1b}[2J\u{1b}[H", r"\u001b[2J\u001b[H"),
            // Concealed, and a colour that is not ours.
            ("\u{1b}[8ma\u{1b}[38;5;1m", r"\u001b[8ma\u001b[38;5;1m"),
            ("\u{1b}]0;title\u{7}", r"\u001b]0;title\u0007"),
            ("\u{1b}]8;;http://x\u{1b}\\", r"\u001b]8;;http://x\u001b\"),
            ("a\rb\u{8}c\u{7f}", r"a\u000db\u0008c\u007f"),
            ("\u{9b}31m", r"\u009b31m"),
            ("\u{1b}", r"\u001b"),
            ("\u{1b}[31", r"\u001b[31"),
        ] {
            assert_eq!(plain(text), seen);
        }
    }

    #[test]
    fn what_misleads_a_reader_is_seen() {
        assert_eq!(
            plain("a\u{202e}b\u{2066}c\u{200b}d\u{feff}"),
            r"a\u202eb\u2066c\u200bd\ufeff"
        );
        assert_eq!(plain("\u{2028}\u{e0041}"), r"\u2028\udb40\udc41");
    }

    #[test]
    fn json_is_what_it_was() {
        let value = serde_json::json!({ "a\u{202e}": "b\u{9b}\u{7f}\u{e0041}\u{1b}[2J\r\n\tü" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let printed = plain(&text);
        assert!(printed.chars().all(|it| it == '\n' || !is_invisible(it)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed).unwrap(),
            value
        );
    }
}
