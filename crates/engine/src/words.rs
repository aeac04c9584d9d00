//! Small pieces of sentences.

use rootwatch_root_event::is_invisible;

/// A number of things: "1 region", "2 regions".
#[must_use]
pub fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// What AWS or somebody else wrote, kept to one line, without what steers a terminal or hides, moves or breaks what
/// people see.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.replace(is_invisible, " ")
}

/// The same of a text with lines of its own, such as a mail.
pub(crate) fn lines(text: &str) -> String {
    text.replace(|letter: char| letter != '\n' && is_invisible(letter), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_on_its_line_and_reads_as_it_is_written() {
        let text = "a\r\nerror: b\u{1b}[2Jc\u{9b}d\u{202e}e\u{200b}f\u{e0041}g";
        assert_eq!(one_line(text), "a  error: b [2Jc d e f g");
        assert_eq!(lines("a\nb\u{2028}c\rd"), "a\nb c d");
    }
}
