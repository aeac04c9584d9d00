//! What comes next, in order.

use crate::typed;
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
