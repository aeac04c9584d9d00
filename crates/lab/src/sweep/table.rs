//! The result of a sweep, as text.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::time::Duration;

use super::trouble::Trouble;
use super::{Outcome, command};

/// What became of all cases.
#[derive(Clone, Debug)]
pub struct Table {
    outcomes: Vec<Outcome>,
    /// How many cases were not begun.
    left: usize,
    took: Duration,
}

/// Cases of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    survived: usize,
    failed: usize,
}

impl Display for Count {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        match (self.survived, self.failed) {
            (0, 0) => write!(to, "-"),
            (survived, 0) => write!(to, "{survived}"),
            (survived, failed) => write!(to, "{survived}, {failed} failed"),
        }
    }
}

impl Table {
    pub(super) fn new(mut outcomes: Vec<Outcome>, left: usize, took: Duration) -> Self {
        outcomes.sort_by(|one, other| one.case.cmp(&other.case));
        Self {
            outcomes,
            left,
            took,
        }
    }

    /// How many cases there were.
    pub fn cases(&self) -> usize {
        self.outcomes.len()
    }

    /// Those that did not survive.
    pub fn failed(&self) -> Vec<&Outcome> {
        let failed = self.outcomes.iter().filter(|it| !it.problems.is_empty());
        failed.collect()
    }

    /// Those whose fault met no call.
    pub fn unmet(&self) -> Vec<&Outcome> {
        self.outcomes.iter().filter(|it| !it.met).collect()
    }

    fn counts(&self) -> BTreeMap<(&str, Option<Trouble>), Count> {
        let mut all: BTreeMap<_, Count> = BTreeMap::new();
        for outcome in self
            .outcomes
            .iter()
            .filter(|it| it.met || !it.problems.is_empty())
        {
            let case = &outcome.case;
            for (command, trouble) in [
                (case.command, Some(case.trouble)),
                (case.command, None),
                ("all", Some(case.trouble)),
                ("all", None),
            ] {
                let count = all.entry((command, trouble)).or_default();
                match outcome.problems.is_empty() {
                    true => count.survived += 1,
                    false => count.failed += 1,
                }
            }
        }
        all
    }
}

impl Display for Outcome {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(to, "failed  {}", self.case)?;
        for problem in &self.problems {
            writeln!(to, "        {problem}")?;
        }
        write!(to, "        again: cargo sweep --only '{}'", self.case)
    }
}

impl Display for Table {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        let names = Trouble::ALL.map(Trouble::name);
        writeln!(to, "| command | {} | all |", names.join(" | "))?;
        writeln!(to, "|{}", "---|".repeat(names.len() + 2))?;
        let counts = self.counts();
        let commands = command::all().into_iter().map(|it| it.name);
        for command in commands.chain(["all"]) {
            if !counts.contains_key(&(command, None)) {
                continue;
            }
            write!(to, "| {command} |")?;
            for trouble in Trouble::ALL.into_iter().map(Some).chain([None]) {
                let count = counts.get(&(command, trouble)).copied();
                write!(to, " {} |", count.unwrap_or_default())?;
            }
            writeln!(to)?;
        }
        let (cases, failed, unmet) = (self.cases(), self.failed().len(), self.unmet().len());
        let seconds = self.took.as_secs();
        write!(
            to,
            "\n{cases} cases in {seconds} s: {failed} failed; the fault of {unmet} met no call"
        )?;
        match self.left {
            0 => Ok(()),
            left => write!(to, "; {left} were not begun"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Case;
    use super::*;

    fn outcome(command: &'static str, trouble: Trouble, problems: &[&str]) -> Outcome {
        Outcome {
            case: Case {
                command,
                service: "sqs".into(),
                operation: "CreateQueue".into(),
                nth: 1,
                trouble,
            },
            met: true,
            problems: problems.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn what_failed_is_counted_beside_what_survived() {
        let unmet = Outcome {
            met: false,
            ..outcome("deploy-hub", Trouble::Cut, &[])
        };
        let all = vec![
            outcome("deploy-hub", Trouble::Cut, &[]),
            outcome("deploy-hub", Trouble::Cut, &["no"]),
            outcome("teardown-hub", Trouble::Page, &[]),
            unmet,
        ];
        let table = Table::new(all, 5, Duration::from_secs(3));
        assert_eq!(
            (table.cases(), table.failed().len(), table.unmet().len()),
            (4, 1, 1)
        );
        let text = table.to_string();
        let row = |name: &str| {
            text.lines()
                .find(|it| it.starts_with(&format!("| {name} |")))
        };
        let hub = row("deploy-hub").unwrap_or_default();
        assert!(hub.contains("| 1, 1 failed | - |"), "{text}");
        assert!(
            row("all").unwrap_or_default().ends_with("| 2, 1 failed |"),
            "{text}"
        );
        assert!(row("confirm").is_none(), "{text}");
        assert!(text.ends_with("met no call; 5 were not begun"), "{text}");
        let failed = table.failed()[0].to_string();
        assert!(
            failed.ends_with("cargo sweep --only 'deploy-hub:sqs:CreateQueue:cut'"),
            "{failed}"
        );
    }
}
