//! Text in an event is chosen by the caller of the request. Here it becomes text that stays on its line.

/// The maximum length of a single value, in characters.
const LONGEST: usize = 256;
const CUT: &str = "...";

/// `text` as one line: no control, formatting or invisible character, single spaces, at most 256 characters.
pub(crate) fn line(text: &str) -> String {
    line_within(text, LONGEST)
}

/// As [`line`], with a limit of its own.
pub(crate) fn line_within(text: &str, longest: usize) -> String {
    // A value may be megabytes long: no more of it is read than could be kept.
    let shown: String = text
        .chars()
        .take(longest.saturating_mul(4))
        .map(|c| if is_invisible(c) { ' ' } else { c })
        .collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    cut(&words.join(" "), longest)
}

/// As [`line_within`], in ASCII: for subjects and SMS. Square brackets are reserved for the severity.
pub(crate) fn ascii_within(text: &str, longest: usize) -> String {
    let ascii: String = text
        .chars()
        .map(|c| match c {
            '[' | '{' => '(',
            ']' | '}' => ')',
            c if c.is_ascii() || is_invisible(c) => c,
            _ => '?',
        })
        .collect();
    line_within(&ascii, longest)
}

/// Many lines, each sanitized and marked: for an event that could not be read.
pub(crate) fn block(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let shown: String = line
                .chars()
                .map(|c| if is_invisible(c) { ' ' } else { c })
                .collect();
            format!("| {shown}")
        })
        .collect();
    lines.join("\n")
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .take(longest.saturating_sub(CUT.len()))
        .collect();
    format!("{}{CUT}", kept.trim_end())
}

/// Characters that are invisible, or that move, hide or break visible ones: controls, line and paragraph separators, the
/// format characters of Unicode (bidirectional marks, zero-width marks, tags) and blank letters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        // Noncharacters, which SQS rejects in a message.
        || u32::from(c) & 0xFFFE == 0xFFFE
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{0600}'..='\u{0605}' | '\u{061C}' | '\u{06DD}' | '\u{070F}'
            | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(
            line("curl\r\nSeverity:\u{2028} LOW\u{0085}x"),
            "curl Severity: LOW x"
        );
    }

    #[test]
    fn bidirectional_marks_are_removed() {
        assert_eq!(line("a\u{202E}b\u{2066}c\u{200F}d\u{FEFF}"), "a b c d");
    }

    #[test]
    fn columns_cannot_be_imitated() {
        assert_eq!(
            line("curl        Region:     eu-west-1"),
            "curl Region: eu-west-1"
        );
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let long = line(&"x".repeat(5_000));
        assert_eq!(long.chars().count(), 256);
        assert!(long.ends_with("..."));
    }

    #[test]
    fn a_name_cannot_look_like_a_severity() {
        assert_eq!(ascii_within("[INFO] Zürich", 40), "(INFO) Z?rich");
    }

    #[test]
    fn every_line_of_a_block_is_quoted() {
        assert_eq!(block("{\nAccount: x\u{7}\n"), "| {\n| Account: x ");
    }
}
