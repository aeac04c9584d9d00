//! Text about stacks that cannot be removed.

use super::reach::{Stuck, Why};
use crate::words::{count, one_line};
use std::fmt::Write;

/// Lines that a list has at most; the JSON has all.
const SHOWN: usize = 50;

/// Why a removal does not start.
pub(crate) fn refusal(stuck: &[Stuck]) -> String {
    format!(
        "{} cannot be removed, and nothing was changed:{}",
        count(stuck.len(), "stack"),
        out_of_reach(stuck)
    )
}

/// Stacks that StackSets cannot reach, and what to do about them.
pub(crate) fn out_of_reach(stuck: &[Stuck]) -> String {
    let lines = accounts(stuck).into_iter();
    let lines: String = lines.map(|line| format!("\n  - {line}")).collect();
    format!(
        "{lines}\nMake them reachable again, or add --retain-stacks, which leaves these stacks and removes all others."
    )
}

/// The stacks that were left where they are, with the command that removes each.
#[must_use]
pub fn left_behind(begin: &str, stuck: &[Stuck]) -> String {
    if stuck.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "{begin}; once the account can be used again, these commands remove it with its own credentials:\n"
    );
    for stuck in stuck.iter().take(SHOWN) {
        let command = stuck.command().unwrap_or_default();
        let _ = writeln!(text, "  account {}: {command}", stuck.location.account);
    }
    if stuck.len() > SHOWN {
        let more = stuck.len() - SHOWN;
        let _ = writeln!(text, "  and {more} more; --output json has all of them");
    }
    text
}

/// One line an account, with its regions; they come in order.
#[must_use]
pub fn accounts(stuck: &[Stuck]) -> Vec<String> {
    let same = |a: &Stuck, b: &Stuck| a.location.account == b.location.account && a.why == b.why;
    let by_account: Vec<&[Stuck]> = stuck.chunk_by(same).collect();
    let shown = by_account.iter().take(SHOWN);
    let mut lines: Vec<String> = shown.map(|stuck| account(stuck)).collect();
    let more = by_account.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!(
            "{more} more {}",
            if more == 1 { "account" } else { "accounts" }
        ));
    }
    lines
}

fn account(stuck: &[Stuck]) -> String {
    let Some(first) = stuck.first() else {
        return String::new();
    };
    let name = first.name.as_ref();
    let name = name.map(|it| format!(" ({})", one_line(it)));
    let regions: Vec<&str> = stuck.iter().map(|it| it.location.region.as_str()).collect();
    format!(
        "account {}{} {}: {} in {}",
        first.location.account,
        name.unwrap_or_default(),
        first.why.map_or("cannot be reached", Why::words),
        count(stuck.len(), "stack"),
        regions.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::Location;

    fn stuck(account: &str, region: &str, why: Why) -> Stuck {
        Stuck {
            location: Location::of(account, region),
            name: Some("sandbox".into()),
            why: Some(why),
            stack: Some(format!("StackSet-x-{account}")),
        }
    }

    #[test]
    fn each_account_is_named_once_with_what_removes_its_stacks() {
        let found = [
            stuck("1", "a", Why::Suspended),
            stuck("1", "b", Why::Suspended),
            stuck("2", "a", Why::RegionOff),
        ];
        insta::assert_snapshot!(refusal(&found), @r"
        3 stacks cannot be removed, and nothing was changed:
          - account 1 (sandbox) is suspended or closed: 2 stacks in a, b
          - account 2 (sandbox) has turned the region off: 1 stack in a
        Make them reachable again, or add --retain-stacks, which leaves these stacks and removes all others.
        ");
        insta::assert_snapshot!(left_behind("Left behind", &found[2..]), @r"
        Left behind; once the account can be used again, these commands remove it with its own credentials:
          account 2: aws cloudformation delete-stack --region a --stack-name StackSet-x-2
        ");
        assert_eq!(left_behind("", &[]), "");
    }

    #[test]
    fn of_very_many_accounts_some_are_named() {
        let found: Vec<Stuck> = (0..60)
            .map(|it| stuck(&format!("{it:03}"), "a", Why::Left))
            .collect();
        let lines = accounts(&found);
        assert_eq!(lines.len(), 51);
        assert_eq!(lines[50], "10 more accounts");
        assert!(left_behind("", &found).contains("and 10 more"));
    }
}
