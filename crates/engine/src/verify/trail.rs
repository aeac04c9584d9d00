//! Whether CloudTrail sends events at all: without a trail nothing that follows on the path ever gets one.

use super::finding::{Hop, Part, Verdict};
use crate::aws::Aws;
use crate::findings::trail;
use crate::spokes::trail::{Best, Coverage};

const RESOURCE: &str = "CloudTrail";
/// The check of the events that every deployment reports.
const WRITES: &str = "write events";
/// The check of those that `notify.read_only` may leave out.
const READS: &str = "read events";

/// Whether a trail of the organization logs the events that are to be reported. Pure.
pub(crate) fn check(aws: &Aws, coverage: &Coverage, are_reads_reported: bool) -> Vec<Hop> {
    let hops = hops(coverage, are_reads_reported).into_iter();
    hops.map(|hop| hop.at(Part::Organization, &aws.account, &aws.region))
        .collect()
}

fn hops(coverage: &Coverage, are_reads_reported: bool) -> Vec<Hop> {
    let Best::Organization { reads } = coverage.best else {
        return vec![match coverage.is_broken() {
            true => Hop::broken(
                trail::TRAIL_WRITES,
                RESOURCE,
                WRITES,
                coverage.finding(),
                coverage.fix().unwrap_or_default(),
            ),
            false => Hop::unknown(
                trail::TRAIL_WRITES,
                RESOURCE,
                WRITES,
                coverage.finding(),
                coverage.fix(),
            ),
        }];
    };
    let logged = "a trail of the organization logs them in all regions";
    let writes = Hop::ok(RESOURCE, WRITES, logged);
    let of_reads = match (reads, are_reads_reported) {
        (true, _) => Hop::ok(RESOURCE, READS, logged),
        (false, false) => Hop::ok(
            RESOURCE,
            READS,
            "no trail logs them, and `notify.read_only` does not report them",
        ),
        (false, true) => Hop::broken(
            trail::TRAIL_READS,
            RESOURCE,
            READS,
            coverage.finding(),
            coverage.fix().unwrap_or_default(),
        ),
    };
    vec![writes, of_reads]
}

/// Whether this says only that read events are not logged, as they are not for any other watch either.
pub(crate) fn is_of_reads(hop: &Hop) -> bool {
    hop.part == Part::Organization && hop.check == READS
}

/// What is wrong with the write events, which are always wanted.
pub(crate) fn lacks(aws: &Aws, coverage: &Coverage) -> Option<Hop> {
    let hops = check(aws, coverage, false).into_iter();
    hops.into_iter().find(|hop| hop.verdict != Verdict::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(best: Best, are_reads_reported: bool) -> Vec<(&'static str, Verdict, bool)> {
        let idle = Vec::new();
        let hops = hops(&Coverage { best, idle }, are_reads_reported).into_iter();
        hops.map(|it| (it.check, it.verdict, it.fix.is_some()))
            .collect()
    }

    #[test]
    fn every_state_of_the_trails_has_its_verdict() {
        use Verdict::{Broken, Ok, Unknown};
        let all = |reads: bool| Best::Organization { reads };
        for (best, are_reads_reported, wanted) in [
            (
                all(true),
                true,
                vec![(WRITES, Ok, false), (READS, Ok, false)],
            ),
            (
                all(false),
                true,
                vec![(WRITES, Ok, false), (READS, Broken, true)],
            ),
            (
                all(false),
                false,
                vec![(WRITES, Ok, false), (READS, Ok, false)],
            ),
            (
                Best::Account { reads: true },
                true,
                vec![(WRITES, Unknown, true)],
            ),
            (
                Best::Unseen("AccessDenied".into()),
                true,
                vec![(WRITES, Unknown, true)],
            ),
            (Best::Nothing, true, vec![(WRITES, Broken, true)]),
        ] {
            assert_eq!(
                verdicts(best.clone(), are_reads_reported),
                wanted,
                "{best:?}"
            );
        }
    }
}
