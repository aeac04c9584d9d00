//! What exit codes mean: below the help, and in docs/exit-codes.md.

/// Each code, but for what 2 means in each command.
const CODES: [(u8, &str); 5] = [
    (0, "done, or nothing to do"),
    (1, "error"),
    (
        2,
        "nothing failed, and something was found or is left to do",
    ),
    (3, "refused, because nobody confirmed"),
    (130, "interrupted"),
];

/// Each command that may end with 2, and when.
const FOUND: [(&str, &str); 6] = [
    ("plan", "with --detailed-exitcode: changes are pending"),
    (
        "status",
        "there is a gap, or something could not be read; with --strict also where these credentials cannot see a part",
    ),
    (
        "verify",
        "a part of the path is broken, differs from what rootwatch makes, or cannot be judged",
    ),
    (
        "test",
        "the event did not arrive, nobody was notified of it, or no trail logs real events",
    ),
    ("adopt", "both paths stand until something is done"),
    (
        "confirm",
        "a click in a mail can still end the subscription, or that could not be read",
    ),
];

/// What stands below the program's help.
pub(super) fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for (code, meaning) in CODES {
        text.push_str(&format!("  {code:<4} {meaning}"));
        if code == 2 {
            text.push_str(":\n");
            FOUND
                .iter()
                .for_each(|(command, when)| text.push_str(&of_command(command, when)));
        } else {
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}

/// In the lines of a narrow terminal.
fn of_command(command: &str, when: &str) -> String {
    let first = format!("         {command:<8} ");
    let others = " ".repeat(first.len());
    let options = textwrap::Options::new(79)
        .initial_indent(&first)
        .subsequent_indent(&others);
    textwrap::fill(when, options) + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::leaves;
    use super::*;
    use crate::page;

    /// Commands that ask before they write.
    const ASK: [&str; 4] = ["deploy", "teardown", "adopt", "init"];

    fn code_of_command(name: &str) -> (&'static str, &'static str) {
        let first = name.split(' ').next().unwrap();
        let found = FOUND.iter().find(|(command, _)| *command == first);
        let asks = match ASK.contains(&first) {
            true => "nobody confirmed",
            false => "\u{2014}",
        };
        (found.map_or("\u{2014}", |it| it.1), asks)
    }

    #[test]
    fn the_page_in_docs_has_each_code_of_each_command() {
        let mut codes = String::from("| code | meaning |\n|---|---|\n");
        for (code, meaning) in CODES {
            codes.push_str(&format!("| {code} | {meaning} |\n"));
        }
        page::holds("exit-codes", "codes", &codes);
        let mut table = String::from("| command | 2 | 3 |\n|---|---|---|\n");
        for (name, _) in leaves() {
            let (found, refused) = code_of_command(&name);
            table.push_str(&format!("| `{name}` | {found} | {refused} |\n"));
        }
        let mut known = FOUND.iter().map(|(name, _)| name).chain(&ASK);
        assert!(known.all(|name| table.contains(&format!("| `{name}"))));
        page::holds("exit-codes", "commands", &table);
    }

    #[test]
    fn the_help_fits_a_narrow_terminal() {
        let help = help();
        assert!(help.lines().all(|line| line.chars().count() < 80), "{help}");
        assert!(
            help.contains("         verify   a part of the path is broken"),
            "{help}"
        );
    }
}
