//! Stacks that cannot be removed, in words.

use super::{YELLOW, count, one_line};
use crate::spokes::reach::{Stuck, Why};
use std::fmt::Write;

/// Lines that a list has at most; the JSON has all.
const SHOWN: usize = 50;

/// What a plan leaves where it is, with what removes it later: the next run does not know it any more.
pub(crate) fn retained(stuck: &[Stuck]) -> String {
    let lines = accounts(stuck).into_iter();
    let lines =
        lines.map(|line| format!("{YELLOW}!{YELLOW:#} {line}: left there (--retain-stacks)\n"));
    lines.collect::<String>() + &left_behind("To be left behind", stuck)
}

/// Why a removal does not begin.
pub(crate) fn refusal(stuck: &[Stuck]) -> String {
    format!(
        "{} cannot be removed, and nothing was changed:{}",
        count(stuck.len(), "stack"),
        out_of_reach(stuck)
    )
}

/// What StackSets cannot reach, and what to do about it.
pub(crate) fn out_of_reach(stuck: &[Stuck]) -> String {
    let lines = accounts(stuck).into_iter();
    let lines: String = lines.map(|line| format!("\n  - {line}")).collect();
    format!(
        "{lines}\nMake them reachable again, or add --retain-stacks: it lets go of these stacks and removes all others."
    )
}

/// What was left where it is, with what removes it.
pub(crate) fn left_behind(begin: &str, stuck: &[Stuck]) -> String {
    if stuck.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "{begin}, with what removes it once the account can be used again, by its own credentials:\n"
    );
    for stuck in stuck.iter().take(SHOWN) {
        let command = stuck.command().unwrap_or_default();
        let _ = writeln!(text, "  account {}: {command}", stuck.spot.account);
    }
    if stuck.len() > SHOWN {
        let more = stuck.len() - SHOWN;
        let _ = writeln!(text, "  and {more} more; --output json has all of them");
    }
    text
}

/// One line an account, with its regions; they come in order.
fn accounts(stuck: &[Stuck]) -> Vec<String> {
    let same = |a: &Stuck, b: &Stuck| a.spot.account == b.spot.account && a.why == b.why;
    let by_account: Vec<&[Stuck]> = stuck.chunk_by(same).collect();
    let shown = by_account.iter().take(SHOWN);
    let mut lines: Vec<String> = shown.map(|stuck| account(stuck)).collect();
    let more = by_account.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!("{} more", count(more, "account")));
    }
    lines
}

fn account(stuck: &[Stuck]) -> String {
    let Some(first) = stuck.first() else {
        return String::new();
    };
    let name = first.name.as_ref();
    let name = name.map(|it| format!(" ({})", one_line(it)));
    let regions: Vec<&str> = stuck.iter().map(|it| it.spot.region.as_str()).collect();
    format!(
        "account {}{} {}: {} in {}",
        first.spot.account,
        name.unwrap_or_default(),
        first.why.map_or("cannot be reached", Why::words),
        count(stuck.len(), "stack"),
        regions.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::Spot;

    fn stuck(account: &str, region: &str, why: Why) -> Stuck {
        Stuck {
            spot: Spot::of(account, region),
            name: Some("sandbox".into()),
            why: Some(why),
            stack: Some(format!("StackSet-x-{account}")),
        }
    }

    #[test]
    fn each_account_is_told_once_with_what_removes_its_stacks() {
        let found = [
            stuck("1", "a", Why::Suspended),
            stuck("1", "b", Why::Suspended),
            stuck("2", "a", Why::RegionOff),
        ];
        insta::assert_snapshot!(refusal(&found), @r"
        3 stacks cannot be removed, and nothing was changed:
          - account 1 (sandbox) is suspended or closed: 2 stacks in a, b
          - account 2 (sandbox) has turned the region off: 1 stack in a
        Make them reachable again, or add --retain-stacks: it lets go of these stacks and removes all others.
        ");
        insta::assert_snapshot!(left_behind("Left behind", &found[2..]), @r"
        Left behind, with what removes it once the account can be used again, by its own credentials:
          account 2: aws cloudformation delete-stack --region a --stack-name StackSet-x-2
        ");
        assert_eq!(left_behind("", &[]), "");
    }

    #[test]
    fn of_very_many_accounts_some_are_told() {
        let found: Vec<Stuck> = (0..60)
            .map(|it| stuck(&format!("{it:03}"), "a", Why::Left))
            .collect();
        let text = retained(&found);
        assert_eq!(text.lines().count(), 51 + 52);
        assert!(text.contains("10 accounts more"), "{text}");
        assert!(left_behind("", &found).contains("and 10 more"));
    }
}
