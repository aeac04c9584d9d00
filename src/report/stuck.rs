//! Stacks that StackSets cannot reach.

use super::YELLOW;
use rootwatch_engine::spokes::Stuck;
use rootwatch_engine::spokes::stuck::accounts;
pub(super) use rootwatch_engine::spokes::stuck::left_behind;

/// What a plan leaves where it is, with what removes it later: the next run does not know it any more.
pub(super) fn retained(stuck: &[Stuck]) -> String {
    let lines = accounts(stuck).into_iter();
    let lines =
        lines.map(|line| format!("{YELLOW}!{YELLOW:#} {line}: left there (--retain-stacks)\n"));
    lines.collect::<String>() + &left_behind("To be left behind", stuck)
}
