//! What no command prints: characters that steer a terminal. Every run of the binary in every test is searched for them.

use rootwatch_root_event::is_invisible;

/// Fails where a text has what is not seen as it is, but for the colours that rootwatch prints.
pub(crate) fn steers_nothing(texts: [&str; 3]) {
    for text in texts {
        let colours = regex_lite::Regex::new("\u{1b}\\[(?:0|1|2|4|31|32|33|36)m").unwrap();
        let text = colours.replace_all(text, "");
        let found = text
            .chars()
            .find(|it| is_invisible(*it) && !"\n\t".contains(*it));
        assert_eq!(found, None, "{text:?}");
    }
}
