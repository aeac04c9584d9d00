//! The table of docs/troubleshooting.md.

use super::*;
use crate::page;
use std::collections::BTreeMap;

/// Operation, code and message, as few of each as it takes for every hint.
const ANSWERS: [(&str, &str, &str); 38] = [
    ("", NO_CREDENTIALS, ""),
    ("", NO_CREDENTIALS, "certificate"),
    ("", NO_ANSWER, ""),
    ("", NO_ANSWER, "FIPS"),
    ("", NOT_AWS, ""),
    ("", NOT_AWS, "HTTP 407"),
    ("", NOT_AWS, "the proxy opens no connection"),
    ("", NOT_AWS, "cannot answer now"),
    ("", "RequestTimeTooSkewed", ""),
    ("", "SignatureDoesNotMatch", "Signature expired"),
    ("", "SignatureDoesNotMatch", ""),
    ("", "ExpiredToken", ""),
    ("", "UnrecognizedClientException", ""),
    ("logs:CreateLogGroup", "AccessDeniedException", "KMS"),
    ("", "AWSOrganizationsNotInUseException", ""),
    (
        "organizations:AttachPolicy",
        "ConstraintViolationException",
        "maximum",
    ),
    (
        "organizations:CreatePolicy",
        "ConstraintViolationException",
        "",
    ),
    ("", "PolicyTypeNotEnabledException", ""),
    ("", "PolicyTypeNotAvailableForOrganizationException", ""),
    ("organizations:CreatePolicy", "AccessDeniedException", ""),
    ("organizations:ListRoots", "AccessDeniedException", ""),
    ("", "AccessDenied", "explicit deny ... iam:CreateRole"),
    (
        "",
        "AccessDenied",
        "explicit deny ... lambda:CreateFunction",
    ),
    ("", "AccessDenied", "no permissions boundary allows"),
    (
        "",
        "AccessDenied",
        "explicit deny in a service control policy",
    ),
    ("sts:AssumeRole", "AccessDenied", ""),
    ("", "AccessDenied", ""),
    ("", "AuthorizationError", ""),
    ("", "NoSuchEntity", "not attachable"),
    (
        "",
        "InvalidParameterValueException",
        "does not have permissions",
    ),
    ("", "CodeVerificationFailedException", ""),
    ("", "InvalidCodeSignatureException", ""),
    ("", "ValidationError", "trusted access"),
    ("", "ValidationError", "not a delegated administrator"),
    ("", "ValidationError", "TerminationProtection"),
    ("", "DeleteConflict", ""),
    ("", "LimitExceededException", ""),
    ("", "RequestInTheFuture", ""),
];

fn hint_for(operation: &'static str, code: &str, message: &str) -> String {
    let error = AwsError::of_entry(operation, Some(code), message);
    let hint = hint(&error).unwrap_or_else(|| panic!("{code} {message}"));
    hint.replace('<', "&lt;").replace('|', "\\|")
}

/// Each text of `hint.rs` that is long enough for a hint, as it is in the program.
fn hints_of_source() -> Vec<String> {
    let source = include_str!("hint.rs")
        .split("#[cfg(test)]")
        .next()
        .unwrap();
    // A line that ends in a backslash goes on without the indent of the next.
    let mut joined = String::new();
    for line in source
        .lines()
        .filter(|it| !it.trim_start().starts_with("//"))
    {
        match line.strip_suffix('\\') {
            Some(begin) if joined.ends_with('\u{0}') => {
                joined.pop();
                joined.push_str(begin.trim_start());
                joined.push('\u{0}');
            }
            Some(begin) => {
                joined.push_str(begin);
                joined.push('\u{0}');
            }
            None if joined.ends_with('\u{0}') => {
                joined.pop();
                joined.push_str(line.trim_start());
                joined.push('\n');
            }
            None => {
                joined.push_str(line);
                joined.push('\n');
            }
        }
    }
    let texts = joined.replace("\\\"", "\u{1}");
    let texts = texts.split('"').skip(1).step_by(2);
    let texts = texts.map(|it| it.replace('\u{1}', "\"").replace('<', "&lt;"));
    texts
        .filter(|it| it.len() > 30 && it.contains(' '))
        .collect()
}

#[test]
fn every_hint_is_in_the_table_of_docs() {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (operation, code, message) in ANSWERS {
        let said = match message {
            "" => String::new(),
            said => format!(" \"{said}\""),
        };
        let of = match operation {
            "" => String::new(),
            of => format!(" of `{of}`"),
        };
        rows.entry(hint_for(operation, code, message))
            .or_default()
            .push(format!("`{code}`{said}{of}"));
    }
    let mut table = String::from("| what is answered | what to do |\n|---|---|\n");
    for (hint, answers) in &rows {
        table.push_str(&format!("| {} | {hint} |\n", answers.join(", ")));
    }
    let texts = hints_of_source();
    assert!(texts.len() > 30, "{texts:#?}");
    for text in texts {
        assert!(table.contains(&text), "no row for: {text}");
    }
    page::holds("troubleshooting", "answers", &table);
}
