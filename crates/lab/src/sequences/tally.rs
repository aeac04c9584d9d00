//! How often what was drawn, and what became of it.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Command,
    /// What a deployment is told to change.
    Change,
    Fault,
    Edit,
    Move,
    Act,
}

impl Group {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Command, "command"),
        (Self::Change, "setting"),
        (Self::Fault, "fault or kill"),
        (Self::Edit, "by hand"),
        (Self::Move, "organization"),
        (Self::Act, "root"),
    ];
}

/// Counts, by what was drawn and by what became of it; and how long what took.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(Group, String), BTreeMap<String, usize>>,
    spent: BTreeMap<&'static str, Duration>,
}

impl Tally {
    pub(super) fn count(&mut self, group: Group, what: &str, became: &str) {
        let of = self.counts.entry((group, what.to_owned())).or_default();
        *of.entry(became.to_owned()).or_default() += 1;
    }

    /// Something has taken its time since then.
    pub(super) fn spend(&mut self, what: &'static str, since: Instant) {
        *self.spent.entry(what).or_default() += since.elapsed();
    }

    pub(super) fn add(&mut self, other: Self) {
        for (what, took) in other.spent {
            *self.spent.entry(what).or_default() += took;
        }
        for (what, became) in other.counts {
            let of = self.counts.entry(what).or_default();
            for (became, count) in became {
                *of.entry(became).or_default() += count;
            }
        }
    }

    /// How often it was drawn.
    pub(super) fn drawn(&self, group: Group, what: &str) -> usize {
        let of = self.counts.get(&(group, what.to_owned()));
        of.map_or(0, |of| of.values().sum())
    }

    /// How often something of a group became that.
    pub(super) fn of(&self, group: Group, became: &str) -> usize {
        let of_group = self.counts.iter().filter(|((it, _), _)| *it == group);
        of_group.filter_map(|(_, of)| of.get(became)).sum()
    }
}

impl Display for Tally {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(to, "| | what | drawn | of these |")?;
        writeln!(to, "|---|---|---|---|")?;
        for (group, name) in Group::ALL {
            let of_group = self.counts.iter().filter(|((it, _), _)| *it == group);
            for ((_, what), became) in of_group {
                let count: usize = became.values().sum();
                let of: Vec<String> = became
                    .iter()
                    .map(|(what, n)| format!("{n} {what}"))
                    .collect();
                writeln!(to, "| {name} | {what} | {count} | {} |", of.join(", "))?;
            }
        }
        let spent = self.spent.iter();
        let spent: Vec<String> = spent
            .map(|(what, took)| format!("{what} {:.1}", took.as_secs_f64()))
            .collect();
        writeln!(to, "\nSeconds: {}", spent.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_twice_is_one_row() {
        let mut one = Tally::default();
        one.count(Group::Command, "deploy hub", "ended with 0");
        one.count(Group::Command, "deploy hub", "killed");
        let mut all = Tally::default();
        all.count(Group::Command, "deploy hub", "ended with 0");
        all.count(Group::Fault, "cut", "met a call");
        all.add(one);
        let text = all.to_string();
        let row = "| command | deploy hub | 3 | 2 ended with 0, 1 killed |";
        assert!(text.contains(row), "{text}");
        assert_eq!(all.of(Group::Command, "ended with 0"), 2);
        assert_eq!(all.drawn(Group::Command, "deploy hub"), 3);
        assert_eq!(all.drawn(Group::Command, "confirm"), 0);
        assert_eq!(all.of(Group::Fault, "met a call"), 1);
        let mut other = Tally::default();
        other.spend("listings", Instant::now());
        all.add(other);
        assert!(all.to_string().contains("Seconds: listings 0.0"), "{all}");
    }
}
