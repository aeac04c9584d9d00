//! Stacks that StackSets cannot reach.

use super::YELLOW;
use rootwatch_engine::spokes::Stuck;
use rootwatch_engine::spokes::stuck::accounts;
pub(super) use rootwatch_engine::spokes::stuck::left_behind;

/// The stacks that a plan leaves where they are, with the commands that remove them later: the next run does not know
/// them.
pub(super) fn retained(stuck: &[Stuck]) -> String {
    let lines = accounts(stuck).into_iter();
    let lines =
        lines.map(|line| format!("{YELLOW}!{YELLOW:#} {line}: left there (--retain-stacks)\n"));
    lines.collect::<String>() + &left_behind("To be left behind", stuck)
}
