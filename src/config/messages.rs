//! Forms of what the settings add to messages.

use super::form::{account, organizational_unit, unless};
use rootwatch_root_event::Route;

/// The id of an account, of a unit or of the organization's root. A path has to be looked up, and may come to mean
/// another unit.
pub(super) fn account_or_unit(text: &str) -> Option<String> {
    let is_unit = !text.starts_with('/') && organizational_unit(text).is_none();
    unless(
        account(text).is_none() || is_unit,
        "is neither an account id (12 digits) nor the id of an organizational unit (ou-ab12-cdefgh34) or of the root (r-ab12)",
    )
}

pub(super) fn owner(id: &str, who: &str) -> Option<String> {
    account_or_unit(id).or_else(|| a_few_words(who, "must have an owner"))
}

pub(super) fn contact(text: &str) -> Option<String> {
    a_few_words(text, "must be a text")
}

fn a_few_words(text: &str, what: &str) -> Option<String> {
    let good = (1..=120).contains(&text.trim().chars().count())
        && text == text.trim()
        && !text.chars().any(char::is_control);
    unless(
        good,
        &format!("{what} of 1 to 120 characters in one line, without spaces around it"),
    )
}

/// A topic, and what it gets.
pub(super) fn route(topic: &str, words: &str) -> Option<String> {
    Route::parse(topic, words).err().map(|it| it.to_string())
}

/// The ARN of a topic.
pub(super) fn topic(arn: &str) -> Option<String> {
    route(arn, "all")
}

/// A link that mails and chat programs show as it is. Everybody who is notified sees it, so nothing secret is in it.
pub(super) fn runbook(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Some(
            "has a user or a password in it, which everybody who is notified would see".into(),
        );
    }
    let is_plain = |it: u8| it.is_ascii_graphic() && !b"<>[]`|\"\\".contains(&it);
    let good = !host.is_empty() && text.len() <= 300 && text.bytes().all(is_plain);
    unless(
        good,
        "is not a link of up to 300 characters that begins with https:// and has no spaces, quotes or brackets",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_is_a_link_without_a_password() {
        for good in [
            "https://wiki.example.com/root",
            "https://wiki.example.com/a?b=c&d=e#root~1_(x)",
            "https://wiki.example.com:8443/@team",
        ] {
            assert_eq!(runbook(good), None, "{good}");
        }
        let long = format!("https://wiki.example.com/{}", "x".repeat(300));
        for bad in [
            "",
            "wiki",
            "http://wiki.example.com",
            "https://",
            "https:///x",
            "https://a b",
            "https://wiki/<!here>",
            "https://wiki/[x]",
            "https://wiki/\n",
            "https://wiki/\u{202e}",
            &long,
        ] {
            assert!(runbook(bad).is_some(), "{bad}");
        }
        let said = runbook("https://me:secret@wiki.example.com").unwrap();
        assert!(said.contains("password"), "{said}");
    }

    #[test]
    fn owners_are_of_accounts_and_units_by_their_ids() {
        for good in ["111122223333", "ou-ab12-cdefgh34", "r-ab12"] {
            assert_eq!(owner(good, "Payments"), None, "{good}");
        }
        for bad in ["", "1111", "/Workloads/Prod", "prod", "ou-1"] {
            assert!(owner(bad, "Payments").is_some(), "{bad}");
        }
        for bad in ["", " ", " x", "a\nb", &"x".repeat(121)] {
            assert!(owner("111122223333", bad).is_some(), "{bad:?}");
            assert!(contact(bad).is_some(), "{bad:?}");
        }
    }
}
