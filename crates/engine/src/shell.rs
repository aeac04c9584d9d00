//! Commands as a shell takes them: printed whole, to be run as printed.

use crate::names::DEFAULT_NAME;
use std::fmt;

/// Characters that no shell reads as anything but themselves.
const PLAIN: &[u8] = b"%+,-./:=@_";

/// A word as a POSIX shell reads it: quoted where it has to be.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || PLAIN.contains(&byte);
    match !word.is_empty() && word.bytes().all(is_plain) {
        true => word.to_owned(),
        // Nothing inside single quotes is special, and a single quote cannot stand there.
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A command that is put together from words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine(String);

impl CommandLine {
    /// Begins with words that need no quotes, `rootwatch test`.
    #[must_use]
    pub fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// With a flag and its value.
    #[must_use]
    pub fn flag(mut self, flag: &str, value: &str) -> Self {
        self.0.push_str(&format!(" {flag} {}", quoted(value)));
        self
    }

    /// With the name of a deployment, where it has to be said.
    #[must_use]
    pub fn named(self, deployment: &str) -> Self {
        match deployment {
            DEFAULT_NAME => self,
            name => self.flag("--name", name),
        }
    }

    /// With flags that are quoted already, each after a space.
    #[must_use]
    pub fn flags(mut self, flags: &str) -> Self {
        self.0.push_str(flags);
        self
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_word_is_quoted_only_where_it_has_to_be() {
        for (word, shown) in [
            ("/Workloads/Prod", "/Workloads/Prod"),
            ("eu-west-1,us-east-1", "eu-west-1,us-east-1"),
            ("team=security", "team=security"),
            ("/Work loads", "'/Work loads'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("~", "'~'"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    #[test]
    fn a_shell_reads_each_word_as_it_was() {
        let words = [
            "a b", "it's", "\"", "$HOME", "`id`", "*", "~", "", "\\", "#x", "a;b", "é", "!",
            "-n=\n",
        ];
        for word in words {
            let script = format!("printf %s {}", quoted(word));
            let said = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&said.stdout), word);
        }
    }
}
