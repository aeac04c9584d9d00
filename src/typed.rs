//! Commands that are printed run as they are printed: they get the flags by which this run found its deployment.
//!
//! What comes from the environment or from a settings file is found again; what was typed is not.

use crate::cli::Cli;
use regex::{Captures, Regex};
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

/// The flags of this run, each with its value.
static TYPED: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();

/// A command of rootwatch's that calls AWS, in a text.
static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"`(rootwatch (?:adopt|deploy|plan|settings|status|teardown|test|verify)\b[^`\n]*)`(?P<rest>[^`\n]*)").ok()
});

/// Keeps the flags that were typed.
pub(crate) fn set(cli: &Cli) {
    let path = |path: &Path| path.display().to_string();
    let typed = [
        ("--name", cli.name.clone()),
        ("--profile", cli.profile.clone()),
        ("--region", cli.region.clone()),
        ("--endpoint-url", cli.endpoint_url.clone()),
        ("--config", cli.config.as_deref().map(path)),
    ];
    let typed = typed
        .into_iter()
        .filter_map(|(flag, value)| Some((flag, value?)));
    // A second time changes nothing.
    let _ = TYPED.set(typed.collect());
}

/// The text with whole commands.
pub(crate) fn complete(text: &str) -> String {
    with(text, TYPED.get().map_or(&[], Vec::as_slice), str::to_owned)
}

/// JSON text with whole commands in its strings.
pub(crate) fn complete_json(text: &str) -> String {
    let escape = |flags: &str| {
        serde_json::to_string(flags)
            .map_or_else(|_| String::new(), |text| text.trim_matches('"').to_owned())
    };
    with(text, TYPED.get().map_or(&[], Vec::as_slice), escape)
}

fn with(text: &str, typed: &[(&'static str, String)], escape: impl Fn(&str) -> String) -> String {
    let Some(command) = COMMAND.as_ref().filter(|_| !typed.is_empty()) else {
        return text.to_owned();
    };
    let whole = |found: &Captures<'_>| {
        let (command, rest) = (&found[1], &found["rest"]);
        let flags = escape(&missing(command, rest, typed));
        format!("`{command}{flags}`{rest}")
    };
    command.replace_all(text, whole).into_owned()
}

/// The flags that a command lacks. One for another region, or for other credentials, is not for this run's profile.
fn missing(command: &str, rest: &str, typed: &[(&'static str, String)]) -> String {
    let has = |flag: &str| command.split([' ', '=']).any(|word| word == flag);
    let is_elsewhere = has("--region") || rest.contains("credentials");
    let mut flags = String::new();
    for (flag, value) in typed {
        let is_for_it = *flag != "--profile" || !is_elsewhere;
        if !has(flag) && is_for_it {
            flags.push_str(&format!(" {flag} {}", quoted(value)));
        }
    }
    flags
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./:@=+,%".contains(it);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Vec<(&'static str, String)> {
        vec![
            ("--name", "q".to_owned()),
            ("--profile", "my hub".to_owned()),
            ("--region", "eu-west-1".to_owned()),
        ]
    }

    #[test]
    fn a_command_gets_the_flags_that_it_lacks() {
        for (text, wanted) in [
            (
                "`rootwatch deploy hub` fixes it",
                "`rootwatch deploy hub --name q --profile 'my hub' --region eu-west-1` fixes it",
            ),
            (
                "run `rootwatch plan hub --name other`.",
                "run `rootwatch plan hub --name other --profile 'my hub' --region eu-west-1`.",
            ),
            (
                "`rootwatch status --region us-east-1` there",
                "`rootwatch status --region us-east-1 --name q` there",
            ),
            (
                "`rootwatch status` with credentials of account 1",
                "`rootwatch status --name q --region eu-west-1` with credentials of account 1",
            ),
            (
                "`rootwatch init` and `aws sns list-topics`",
                "`rootwatch init` and `aws sns list-topics`",
            ),
        ] {
            assert_eq!(with(text, &typed(), str::to_owned), wanted);
        }
        assert_eq!(
            with("`rootwatch status`", &[], str::to_owned),
            "`rootwatch status`"
        );
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_change_it() {
        for (word, wanted) in [
            ("a-b.c/d", "a-b.c/d"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's $1", r"'it'\''s $1'"),
        ] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
