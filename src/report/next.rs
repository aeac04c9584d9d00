//! What comes next, in order.

use crate::typed;
use rootwatch_engine::End;
use rootwatch_engine::export::{Form, Report as ExportReport};
use rootwatch_engine::removal::{Part, Removed};
use rootwatch_engine::shell::quoted;
use rootwatch_engine::status::Report as StatusReport;
use rootwatch_engine::verify::Report as VerifyReport;

/// After a plan: what makes its changes, or else what proves that it works.
pub(crate) fn after_plan(is_change: bool, deploy: &str) -> Vec<String> {
    match is_change {
        true => vec![typed::with_the_same_flags(deploy)],
        false => vec!["rootwatch status".into()],
    }
}

/// After a look at everything: what closes the first gap, or else what proves the path.
pub(crate) fn after_status(report: &StatusReport) -> Vec<String> {
    match report.gaps.first() {
        Some(gap) => vec![format!("for {}: {}", gap.id, gap.fix)],
        None if report.hub.is_here() => vec!["rootwatch test".into()],
        None => Vec::new(),
    }
}

/// After a look at the path: what fixes the first finding, or else what proves it.
pub(crate) fn after_verify(report: &VerifyReport) -> Vec<String> {
    if report.counts.findings() == 0 {
        return vec!["rootwatch test".into()];
    }
    let mut fixes = report.hops.iter().filter_map(|hop| hop.fix.as_ref());
    fixes
        .next()
        .map(|fix| format!("to fix the first: {fix}"))
        .into_iter()
        .collect()
}

/// After a removal: what it leaves to others, and what shows that nothing is left.
pub(crate) fn after_teardown(part: Part, removed: &Removed<'_>) -> Vec<String> {
    if removed.end != End::Done || removed.is_nothing {
        return Vec::new();
    }
    let guardrail = removed.report.guardrail.iter();
    let guardrail = guardrail.map(|_| "as the management account: rootwatch teardown guardrail");
    let rest = match part {
        Part::Hub => {
            "remove the spokes, if you have not yet (where the StackSet is): rootwatch teardown spokes"
        }
        Part::Spokes => "remove the hub (where it is): rootwatch teardown hub",
        Part::All => "to see that nothing is left: rootwatch teardown all",
    };
    guardrail.chain([rest]).map(str::to_owned).collect()
}

/// After a step of the changeover: what proves it, or the same run once people have done their part.
pub(crate) fn after_adopt(end: End) -> Vec<String> {
    match end {
        End::Done => vec!["rootwatch status".into()],
        End::Waiting => {
            let again = typed::with_the_same_flags("rootwatch adopt");
            vec![format!("once that is done: {again}")]
        }
        End::Failed | End::NotConfirmed | End::Interrupted => Vec::new(),
    }
}

/// After files were written into a folder: what takes over, each step by itself.
pub(crate) fn after_export(report: &ExportReport) -> Vec<String> {
    let folder = quoted(report.folder.as_deref().unwrap_or_default());
    if report.form == Form::CloudFormation.name() {
        return vec![
            format!(
                "copy the files of {folder} into an S3 bucket of {}",
                report.region
            ),
            "make a change set of the type IMPORT, as docs/leaving.md says".into(),
        ];
    }
    let terraform = |command: &str| format!("terraform -chdir={folder} {command}");
    vec![
        terraform("init"),
        format!(
            "{}, which shows imports and nothing else",
            terraform("plan")
        ),
        terraform("apply"),
    ]
}

/// Numbered steps; empty where there are none.
pub(crate) fn steps(all: &[String]) -> String {
    let numbered = all.iter().zip(1..);
    let lines = numbered.map(|(step, number)| match number {
        1 => format!("Next: 1. {step}\n"),
        _ => format!("      {number}. {step}\n"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_next_is_numbered() {
        assert_eq!(steps(&[]), "");
        assert_eq!(steps(&["a".into(), "b".into()]), "Next: 1. a\n      2. b\n");
    }
}
