//! The pages of a list that the SDK does not read by itself.

use super::error::AwsError;

/// The token of the page after the one that was asked for with `asked`; none at the end of the list.
///
/// Fails where a page names itself as the next one, since such a list has no end.
pub(crate) fn next_page(
    operation: &'static str,
    asked: Option<&str>,
    next: Option<String>,
) -> Result<Option<String>, AwsError> {
    let next = next.filter(|token| !token.is_empty());
    match next {
        Some(token) if asked == Some(token.as_str()) => Err(AwsError::endless(operation)),
        next => Ok(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_and_one_without_an_end_is_no_answer() {
        let next = |asked: Option<&str>, token: Option<&str>| {
            next_page("events:ListRules", asked, token.map(str::to_owned))
        };
        assert_eq!(next(None, None), Ok(None));
        assert_eq!(next(Some("1"), Some("")), Ok(None));
        assert_eq!(next(Some("1"), Some("2")), Ok(Some("2".into())));
        let endless = next(Some("2"), Some("2")).unwrap_err();
        assert_eq!(
            endless.to_string(),
            "events:ListRules: UnreadableAnswer: the list has no end: a page names itself as the next one"
        );
    }
}
