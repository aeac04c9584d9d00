//! What has to hold, whatever went wrong. Pure.

use serde_json::Value;

use super::command::Command;
use super::listing::Listing;
use super::process::{Ended, Ran};

/// Lines of a difference that are shown.
const SHOWN: usize = 6;

/// A command with a fault, and again without.
pub(super) struct Seen<'a> {
    pub(super) command: &'a Command,
    /// What the fault was at.
    pub(super) operation: &'a str,
    /// All that there is when nothing disturbs the command.
    pub(super) undisturbed: &'a Listing,
    pub(super) first: Ran,
    /// All that there was then.
    pub(super) between: Listing,
    pub(super) second: Ran,
    /// All that there is in the end.
    pub(super) end: Listing,
}

/// What does not hold.
pub(super) fn problems(seen: &Seen<'_>) -> Vec<String> {
    let mut all = of_first(seen);
    let wanted = Ended::Code(seen.command.code);
    if seen.second.ended != wanted {
        let (ended, said) = (seen.second.ended, error_of(&seen.second));
        all.push(format!(
            "the second run: {ended:?} in place of {wanted:?}: {said}"
        ));
    } else if let Some(differs) = difference(&seen.end, seen.undisturbed) {
        all.push(format!("after the second run {differs}"));
    }
    all
}

fn of_first(seen: &Seen<'_>) -> Vec<String> {
    let (first, mut all) = (&seen.first, Vec::new());
    let code = match first.ended {
        Ended::Killed => return all,
        Ended::Hung | Ended::Crashed => {
            let said = last_line(&first.stderr);
            return vec![format!("the first run: {:?}: {said}", first.ended)];
        }
        Ended::Code(code) => code,
    };
    if first.stderr.contains("panicked") {
        all.push(format!("a panic: {}", first.stderr));
    }
    if let Err(error) = serde_json::from_str::<Value>(&first.stdout) {
        all.push(format!("stdout is no JSON: {error}: {}", first.stdout));
    }
    let may_find = code == 2 && seen.command.may_find;
    if code == seen.command.code {
        if let Some(differs) = difference(&seen.between, seen.undisturbed) {
            all.push(format!("the first run ended with {code}, but {differs}"));
        }
    } else if code != 1 && !may_find {
        all.push(format!("the first run ended with {code}"));
    } else if let Some(what) = unclear(&first.stderr, &first.stdout, seen.operation) {
        all.push(format!(
            "the first run's message {what}: {}",
            error_of(first)
        ));
    }
    all
}

/// What the first message of a run that failed lacks: the call, and the account or region in which it was made.
fn unclear(stderr: &str, stdout: &str, operation: &str) -> Option<&'static str> {
    let said = format!("{stderr}{stdout}");
    let is_account = |word: &str| word.len() == 12 && word.bytes().all(|it| it.is_ascii_digit());
    let mut words = stderr.split(|it: char| !it.is_ascii_alphanumeric());
    let is_placed =
        words.any(is_account) || stderr.contains("eu-west-1") || stderr.contains("us-east-1");
    match (said.contains(operation), is_placed) {
        (false, _) => Some("does not name the call"),
        (true, false) => Some("names neither account nor region"),
        (true, true) => None,
    }
}

fn difference(found: &Listing, wanted: &Listing) -> Option<String> {
    let (more, less) = (found.beyond(wanted), wanted.beyond(found));
    if more.is_empty() && less.is_empty() {
        return None;
    }
    let shown = |lines: &[String]| -> String {
        let some: Vec<&str> = lines.iter().take(SHOWN).map(String::as_str).collect();
        some.join("; ")
    };
    Some(format!(
        "there are {} values more ({}) and {} less ({})",
        more.len(),
        shown(&more),
        less.len(),
        shown(&less)
    ))
}

/// What a run said went wrong.
fn error_of(ran: &Ran) -> String {
    let mut lines = ran.stderr.lines();
    let found = lines.find(|line| line.contains("error:"));
    found.map_or_else(|| last_line(&ran.stderr), str::to_owned)
}

fn last_line(text: &str) -> String {
    let mut lines = text.lines().rev();
    lines
        .find(|it| !it.trim().is_empty())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::command;
    use super::*;
    use serde_json::json;

    fn listing(names: &[&str]) -> Listing {
        Listing::of_snapshot(&json!({"queues": names}))
    }

    fn ran(ended: Ended, stderr: &str) -> Ran {
        Ran {
            ended,
            stdout: "{}".into(),
            stderr: stderr.into(),
        }
    }

    const CLEAR: &str =
        "error: creating queue q in account 222222222222, eu-west-1: sqs:CreateQueue: no";

    /// A run that fails clearly, and one after it that mends it, with one thing changed.
    fn judged(change: impl FnOnce(&mut Seen<'_>)) -> Vec<String> {
        let command = command::all()
            .into_iter()
            .find(|it| it.name == "deploy-hub")
            .unwrap();
        let undisturbed = listing(&["a", "b"]);
        let mut seen = Seen {
            command: &command,
            operation: "CreateQueue",
            undisturbed: &undisturbed,
            first: ran(Ended::Code(1), CLEAR),
            between: listing(&["a"]),
            second: ran(Ended::Code(0), ""),
            end: undisturbed.clone(),
        };
        change(&mut seen);
        problems(&seen)
    }

    #[test]
    fn a_clear_failure_that_the_next_run_mends_is_survived() {
        assert_eq!(judged(|_| ()), Vec::<String>::new());
        assert!(judged(|it| it.first = ran(Ended::Killed, "")).is_empty());
    }

    #[test]
    fn everything_else_is_a_problem() {
        type Change = fn(&mut Seen<'_>);
        let cases: [(&str, Change); 11] = [
            ("ended with 0, but there are 0 values more", |it| {
                it.first = ran(Ended::Code(0), "")
            }),
            ("ended with 2", |it| it.first = ran(Ended::Code(2), CLEAR)),
            ("Hung", |it| it.first = ran(Ended::Hung, "")),
            ("Crashed", |it| it.first = ran(Ended::Crashed, "")),
            ("panic", |it| it.first.stderr.push_str("thread panicked")),
            ("no JSON", |it| it.first.stdout = String::new()),
            ("does not name the call", |it| {
                it.first.stderr = "error: in 222222222222".into()
            }),
            ("neither account nor region", |it| {
                it.first.stderr = "error: sqs:CreateQueue: no".into();
            }),
            ("the second run: Code(1)", |it| {
                it.second = ran(Ended::Code(1), "error: x")
            }),
            ("1 values more", |it| it.end = listing(&["a", "b", "b"])),
            ("1 less", |it| it.end = listing(&["a"])),
        ];
        for (says, change) in cases {
            let found = judged(change);
            assert_eq!(found.len(), 1, "{says}: {found:?}");
            assert!(found[0].contains(says), "{says}: {found:?}");
        }
    }

    #[test]
    fn only_what_looks_for_something_may_find_nothing() {
        let test = command::all()
            .into_iter()
            .find(|it| it.name == "test")
            .unwrap();
        let found = |ended| {
            let undisturbed = listing(&[]);
            problems(&Seen {
                command: &test,
                operation: "CreateQueue",
                undisturbed: &undisturbed,
                first: ran(ended, CLEAR),
                between: listing(&["left"]),
                second: ran(Ended::Code(0), ""),
                end: listing(&[]),
            })
        };
        assert!(found(Ended::Code(2)).is_empty());
        assert_eq!(found(Ended::Code(3)).len(), 1);
    }
}
