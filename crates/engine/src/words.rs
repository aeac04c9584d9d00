//! Small pieces of sentences.

/// A number of things: "1 region", "2 regions".
#[must_use]
pub fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// What AWS or somebody else wrote, kept to one line and free of control characters.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
