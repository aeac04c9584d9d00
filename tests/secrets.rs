//! What no command prints, at any verbosity: every run of the binary in every test has secrets to keep, traces at the
//! highest level, and its output held against them.

use rootwatch_lab::secrets::found;

pub(crate) use rootwatch_lab::secrets::planted;

/// Fails the test where one is printed.
pub(crate) fn are_kept(texts: [&str; 3]) {
    for text in texts {
        assert_eq!(found(text), None, "a secret is printed: {text}");
    }
}
