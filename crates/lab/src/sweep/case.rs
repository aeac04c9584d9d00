//! A command, one of its calls, and what goes wrong with it.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use super::Settings;
use super::record::Recorded;
use super::trouble::Trouble;

/// One case, which is written as `deploy-hub:sqs:CreateQueue#2:cut`; the number of the call is left out at the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub(super) command: &'static str,
    pub(super) service: String,
    pub(super) operation: String,
    /// Which call of its operation, from 1.
    pub(super) nth: u64,
    pub(super) trouble: Trouble,
}

impl Display for Case {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}:{}:{}", self.command, self.service, self.operation)?;
        if self.nth > 1 {
            write!(to, "#{}", self.nth)?;
        }
        write!(to, ":{}", self.trouble.name())
    }
}

/// Cases that are asked for: parts from the left, `*` for any, all that is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    command: Option<String>,
    service: Option<String>,
    operation: Option<String>,
    nth: Option<u64>,
    trouble: Option<String>,
}

impl FromStr for Pattern {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        ensure!(
            parts.len() <= 4,
            "{text}? A case is COMMAND:SERVICE:OPERATION[#N]:FAULT"
        );
        let part = |at: usize| {
            parts
                .get(at)
                .filter(|it| **it != "*")
                .map(|it| (*it).to_owned())
        };
        let (operation, nth) = match part(2) {
            None => (None, None),
            Some(operation) => match operation.split_once('#') {
                Some((operation, nth)) => (Some(operation.to_owned()), Some(nth.parse()?)),
                // A whole case names the first call so.
                None => (
                    Some(operation),
                    parts.get(3).filter(|it| **it != "*").map(|_| 1),
                ),
            },
        };
        let pattern = Self {
            command: part(0),
            service: part(1),
            operation: operation.filter(|it| it != "*"),
            nth,
            trouble: part(3),
        };
        pattern.check()?;
        Ok(pattern)
    }
}

impl Pattern {
    /// That the names in it exist.
    fn check(&self) -> Result<()> {
        let commands = super::commands();
        let troubles = Trouble::ALL.map(Trouble::name);
        for (given, known) in [(&self.command, &commands[..]), (&self.trouble, &troubles)] {
            if let Some(given) = given.as_deref().filter(|it| !known.contains(it)) {
                bail!("{given}? Known are {}", known.join(", "));
            }
        }
        Ok(())
    }

    /// Whether a case of this command may be meant.
    pub(super) fn is_of(&self, command: &str) -> bool {
        self.command.as_deref().is_none_or(|it| it == command)
    }

    fn matches(&self, case: &Case) -> bool {
        let is =
            |given: &Option<String>, it: &str| given.as_deref().is_none_or(|given| given == it);
        self.is_of(case.command)
            && is(&self.service, &case.service)
            && is(&self.operation, &case.operation)
            && is(&self.trouble, case.trouble.name())
            && self.nth.is_none_or(|nth| nth == case.nth)
    }
}

/// The cases that the settings ask for, in an order of no meaning, so that what is done of them is a sample.
pub(super) fn choose<'a>(
    recorded: &'a [Recorded],
    settings: &Settings,
) -> Vec<(&'a Recorded, Case)> {
    let mut all: Vec<(&Recorded, Case)> = recorded
        .iter()
        .flat_map(|it| of(it, settings).into_iter().map(move |case| (it, case)))
        .filter(|(_, case)| {
            settings.only.is_empty() || settings.only.iter().any(|it| it.matches(case))
        })
        .collect();
    let (count, seed) = settings.sample.unwrap_or((usize::MAX, 0));
    all.sort_by_cached_key(|(_, case)| place(seed, case));
    all.truncate(count);
    all
}

/// Where a case stands in the order of a seed: not by the others that there are.
fn place(seed: u64, case: &Case) -> Vec<u8> {
    Sha256::digest(format!("{seed} {case}")).to_vec()
}

fn of(recorded: &Recorded, settings: &Settings) -> Vec<Case> {
    let is_named = |nth: u64| settings.only.iter().any(|it| it.nth == Some(nth));
    let mut all = Vec::new();
    for ((service, operation), count) in &recorded.calls {
        let spread = spread(*count, settings.each);
        let calls = (1..=*count).filter(|nth| spread.contains(nth) || is_named(*nth));
        for nth in calls {
            all.extend(Trouble::ALL.map(|trouble| Case {
                command: recorded.command.name,
                service: service.clone(),
                operation: operation.clone(),
                nth,
                trouble,
            }));
        }
    }
    all
}

/// At most so many of the numbers up to this one, the first among them, and the last.
fn spread(count: u64, most: Option<usize>) -> Vec<u64> {
    let most = most.map_or(count, |most| count.min(most.try_into().unwrap_or(u64::MAX)));
    match most {
        0 => Vec::new(),
        1 => vec![1],
        most => (0..most)
            .map(|at| 1 + at * (count - 1) / (most - 1))
            .collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn case(nth: u64) -> Case {
        Case {
            command: "deploy-hub",
            service: "sqs".into(),
            operation: "CreateQueue".into(),
            nth,
            trouble: Trouble::Cut,
        }
    }

    #[test]
    fn a_case_is_found_by_how_it_is_written_and_no_other_is() {
        for nth in [1, 2, 12] {
            let pattern: Pattern = case(nth).to_string().parse().unwrap();
            let found: Vec<u64> = (1..20).filter(|it| pattern.matches(&case(*it))).collect();
            assert_eq!(found, [nth]);
        }
        assert_eq!(case(2).to_string(), "deploy-hub:sqs:CreateQueue#2:cut");
    }

    #[test]
    fn what_is_left_out_is_any() {
        for text in [
            "deploy-hub",
            "*:sqs",
            "deploy-hub:*:CreateQueue",
            "*:*:*:cut",
            "*",
        ] {
            let pattern: Pattern = text.parse().unwrap();
            assert!(pattern.matches(&case(7)), "{text}");
        }
        for text in [
            "teardown-hub",
            "*:sns",
            "*:sqs:DeleteQueue",
            "*:*:*:page",
            "*:*:CreateQueue#1",
        ] {
            let pattern: Pattern = text.parse().unwrap();
            assert!(!pattern.matches(&case(7)), "{text}");
        }
        for text in ["deploy", "*:*:*:boom", "a:b:c:d:e", "*:*:X#y"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn calls_are_spread_evenly_from_the_first_to_the_last() {
        assert_eq!(spread(9, Some(3)), [1, 5, 9]);
        assert_eq!(spread(2, Some(3)), [1, 2]);
        assert_eq!(spread(9, Some(1)), [1]);
        assert_eq!(spread(3, None), [1, 2, 3]);
        assert_eq!(spread(0, None), Vec::<u64>::new());
    }

    #[test]
    fn another_seed_is_another_order() {
        assert_ne!(place(1, &case(1)), place(2, &case(1)));
        assert_eq!(place(1, &case(1)), place(1, &case(1)));
    }
}
