//! What `init` found out, and what it is about to write.

use super::{BOLD, YELLOW};
use rootwatch_engine::survey::{Standing, Survey};
use rootwatch_engine::{count, one_line};
use std::fmt::Write;
use std::path::Path;

/// What was found out.
pub(crate) fn text(found: &Survey) -> String {
    let mut text = String::new();
    if let Some(organization) = &found.organization {
        let this = match organization.standing {
            Standing::Management => "this is its management account".to_owned(),
            Standing::DelegatedAdministrator => format!(
                "this account may deploy to its accounts, as a delegated administrator; the management account is {}",
                organization.management_account
            ),
            Standing::Member => format!(
                "this account may not deploy to the others, which takes the management account {} or a delegated administrator for StackSets",
                organization.management_account
            ),
        };
        let _ = writeln!(
            text,
            "{BOLD}Organization{BOLD:#} {}: {this}",
            organization.id
        );
    }
    let units = found.units.len().saturating_sub(1);
    let all = found.units.first().map_or(0, |root| root.accounts);
    if all > 0 {
        let _ = writeln!(
            text,
            "  {} in {}",
            count(all, "active account"),
            count(units, "organizational unit")
        );
    }
    if !found.regions.is_empty() {
        let _ = writeln!(text, "  {}", count(found.regions.len(), "enabled region"));
    }
    if found.has_pattern {
        text.push_str("  AWS's published pattern \"Monitor IAM root user activity\" is here: `rootwatch adopt` takes over from it\n");
    }
    for why in &found.unknown {
        let _ = writeln!(text, "{YELLOW}?{YELLOW:#} {}", one_line(why));
    }
    text + &missing(found)
}

/// What has to be there before anything works.
fn missing(found: &Survey) -> String {
    let line = |it: &String| format!("{YELLOW}!{YELLOW:#} {}\n", one_line(it));
    found.missing.iter().map(line).collect()
}

/// What is about to be written.
pub(crate) fn settled(path: &Path, in_force: &str, found: &Survey) -> String {
    let lines: String = in_force.lines().map(|line| format!("  {line}\n")).collect();
    let mut text = format!(
        "{BOLD}{}{BOLD:#} will have, beside every other setting as a comment:\n{lines}",
        path.display()
    );
    if !found.missing.is_empty() {
        let _ = writeln!(
            text,
            "{YELLOW}!{YELLOW:#} Before it works, see to what is missing above: {}.",
            count(found.missing.len(), "prerequisite")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rootwatch_engine::survey::{Found, Unit};

    #[test]
    fn what_was_found_is_said_in_a_few_lines() {
        let found = Survey {
            organization: Some(Found {
                id: "o-1".into(),
                management_account: "111111111111".into(),
                standing: Standing::Management,
            }),
            units: vec![
                Unit {
                    path: "/".into(),
                    accounts: 7,
                },
                Unit {
                    path: "/Workloads".into(),
                    accounts: 4,
                },
            ],
            regions: vec!["us-east-1".into()],
            missing: vec!["no trail".into()],
            unknown: vec!["a\nb".into()],
            ..Survey::default()
        };
        let text = anstream::adapter::strip_str(&text(&found)).to_string();
        assert_eq!(
            text,
            "Organization o-1: this is its management account\n  7 active accounts in 1 organizational unit\n  1 enabled region\n? a b\n! no trail\n"
        );
    }
}
