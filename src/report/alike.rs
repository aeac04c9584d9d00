//! The same trouble in many places, said once.

use std::collections::{BTreeMap, BTreeSet};

/// More places than this with the same trouble are one line.
const MOST_APART: usize = 3;
/// Accounts that such a line names.
const MOST_NAMED: usize = 3;

/// What a message says of whatever account and request it is about.
pub(crate) fn trouble(text: &str) -> String {
    let mut text: String = text
        .split_inclusive(|it: char| !it.is_ascii_digit())
        .map(without_account)
        .collect();
    while let Some(begin) = text.find(" (request id ") {
        let end = text[begin..]
            .find(')')
            .map_or(text.len(), |it| begin + it + 1);
        text.replace_range(begin..end, "");
    }
    text
}

/// Digits and what follows them; twelve of them are an account.
fn without_account(part: &str) -> String {
    match part.find(|it: char| !it.is_ascii_digit()) {
        Some(12) => format!("*{}", &part[12..]),
        None if part.len() == 12 => "*".to_owned(),
        _ => part.to_owned(),
    }
}

/// Those of the same trouble together, at the place of the first, where they are many; all others alone.
pub(crate) fn groups<T>(items: Vec<T>, trouble: impl Fn(&T) -> Option<String>) -> Vec<Vec<T>> {
    let items: Vec<(Option<String>, T)> = items.into_iter().map(|it| (trouble(&it), it)).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for trouble in items.iter().filter_map(|(trouble, _)| trouble.clone()) {
        *counts.entry(trouble).or_default() += 1;
    }
    counts.retain(|_, count| *count > MOST_APART);
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (trouble, item) in items {
        let trouble = trouble.filter(|it| counts.contains_key(it));
        let at = trouble
            .as_ref()
            .and_then(|it| known.get(it))
            .and_then(|at| groups.get_mut(*at));
        if let Some(group) = at {
            group.push(item);
            continue;
        }
        known.extend(trouble.map(|it| (it, groups.len())));
        groups.push(vec![item]);
    }
    groups
}

/// `12 places of 5 accounts (111111111111, 222222222222, 333333333333 and 2 more)`.
pub(crate) fn places<'a>(accounts: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = accounts.collect();
    let each: BTreeSet<&str> = all.iter().copied().collect();
    let named: Vec<&str> = each.iter().copied().take(MOST_NAMED).collect();
    let more = match each.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{} places of {} ({}{more})",
        all.len(),
        rootwatch_engine::count(each.len(), "account"),
        named.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_the_same_are_one_group_at_the_place_of_the_first() {
        let letters: Vec<char> = "abacadaeb".chars().collect();
        let key = |it: &char| (*it != 'd').then(|| it.to_string());
        let groups: Vec<String> = groups(letters, key)
            .into_iter()
            .map(String::from_iter)
            .collect();
        assert_eq!(groups, ["aaaa", "b", "c", "d", "e", "b"]);
    }

    #[test]
    fn neither_the_account_nor_the_request_makes_a_difference() {
        let said = |account: &str, id: &str| {
            let text = format!(
                "222222222222 is not allowed arn:aws:iam::{account}:role/R1 (request id {id}), of {account}"
            );
            trouble(&text)
        };
        let expected = "* is not allowed arn:aws:iam::*:role/R1, of *";
        assert_eq!(said("111111111111", "a"), expected);
        assert_eq!(said("222222222222", "b"), expected);
        let accounts = ["4", "1", "1", "2", "3"];
        assert_eq!(
            places(accounts.into_iter()),
            "5 places of 4 accounts (1, 2, 3 and 1 more)"
        );
        assert_eq!(places(["1", "1"].into_iter()), "2 places of 1 account (1)");
    }
}
