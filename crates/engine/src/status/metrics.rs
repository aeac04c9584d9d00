//! What `status` says of the hub's metrics. Pure.

use super::{Gap, HubStatus};
use crate::findings::FindingId;
use crate::findings::status_hub as kinds;
use crate::hub::desired::{LATE_ALERT, LATE_DIGEST};
use crate::hub::metrics::{LOOK_BACK_DAYS, Metrics, waited};
use crate::names::Names;
use crate::words::count;
use jiff::{SignedDuration, Timestamp};

/// What could prevent an alert.
pub(super) fn gaps(status: &HubStatus, names: &Names) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = dead_letters(status, names).into_iter().collect();
    gaps.extend(status.metrics_error.as_ref().map(|why| {
        Gap::unread(
            kinds::METRICS_NOT_READ,
            "metrics",
            "could not determine how long events wait and whether the notifier fails",
            why,
        )
    }));
    if let Some(metrics) = &status.metrics {
        let (acts, reads) = (names.acts_queue(), names.reads_queue());
        gaps.extend(late(
            kinds::ACTS_LATE,
            metrics.oldest_act_s,
            LATE_ALERT,
            "acts",
            &acts,
        ));
        gaps.extend(late(
            kinds::READS_LATE,
            metrics.oldest_read_s,
            LATE_DIGEST,
            "read-only events",
            &reads,
        ));
        gaps.extend(errors(metrics, names));
    }
    gaps
}

fn dead_letters(status: &HubStatus, names: &Names) -> Option<Gap> {
    let depth = status.dead_letters.filter(|depth| *depth > 0)?;
    let queue = names.dead_letter_queue();
    let oldest = status
        .metrics
        .as_ref()
        .and_then(|it| it.oldest_dead_letter_s);
    let oldest = oldest.map(|age| format!(", the oldest for {}", waited(age)));
    let text = format!(
        "{depth} undelivered {} in the dead-letter queue {queue}{}",
        if depth == 1 {
            "event waits"
        } else {
            "events wait"
        },
        oldest.unwrap_or_default(),
    );
    let fix = format!(
        "`rootwatch verify` says what is broken and how to fix it; then read it with {} and `rootwatch explain`, and delete it",
        receive(names, &queue)
    );
    Some(Gap::new(
        kinds::DEAD_LETTERS,
        format!("queue {queue}"),
        text,
        fix,
    ))
}

/// The AWS CLI has the address of a queue only by a call of its own.
fn receive(names: &Names, queue: &str) -> String {
    let region = &names.region;
    format!(
        "`aws sqs receive-message --region {region} --queue-url \"$(aws sqs get-queue-url --region {region} --queue-name {queue} --query QueueUrl --output text)\"`"
    )
}

fn late(id: FindingId, age: Option<u64>, limit: i32, events: &str, queue: &str) -> Option<Gap> {
    let limit = u64::try_from(limit).unwrap_or_default();
    let age = age.filter(|age| *age > limit)?;
    let text = format!(
        "{events} have waited for {} in the queue {queue} and are not reported",
        waited(age)
    );
    let fix = "`rootwatch verify` says what is broken and how to fix it";
    Some(Gap::new(id, format!("queue {queue}"), text, fix))
}

fn errors(metrics: &Metrics, names: &Names) -> Option<Gap> {
    // Events that failed after all retries wait in the dead-letter queue.
    let is_open = metrics.errors > 0 && !metrics.has_recovered;
    let last = metrics.last_error.filter(|_| is_open)?;
    let text = format!(
        "the notifier failed {} in the last 24 hours, last {}",
        match metrics.errors {
            1 => "once".to_owned(),
            often => format!("{often} times"),
        },
        five_minutes(last)
    );
    let fix = format!(
        "`rootwatch verify` says what is broken, and `aws logs tail {} --region {} --since 24h` what the notifier says; once `rootwatch test` passes, five minutes later, this counts as resolved",
        names.log_group(),
        names.region
    );
    let function = format!("function {}", names.function());
    Some(Gap::new(kinds::NOTIFIER_FAILS, function, text, fix))
}

/// When the notifier last ran, and how it did.
#[must_use]
pub fn notifier(metrics: &Metrics) -> String {
    match (metrics.last_invocation, metrics.errors) {
        (None, _) => format!("notifier: has not run in the last {LOOK_BACK_DAYS} days"),
        (Some(last), errors) => format!(
            "notifier: last ran {}; {} in the last 24 hours",
            five_minutes(last),
            count(usize::try_from(errors).unwrap_or(usize::MAX), "error")
        ),
    }
}

/// The five minutes that a data point stands for: `2026-11-27 16:20-16:25 UTC`.
fn five_minutes(from: Timestamp) -> String {
    let end = from
        .checked_add(SignedDuration::from_secs(5 * 60))
        .unwrap_or(from);
    format!(
        "{}-{} UTC",
        from.strftime("%Y-%m-%d %H:%M"),
        end.strftime("%H:%M")
    )
}

/// How long the oldest message of a queue has waited, after its depth.
#[must_use]
pub fn oldest(age: Option<u64>) -> String {
    age.map(|age| format!(", the oldest for {}", waited(age)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::error::AwsError;

    fn with(metrics: Metrics) -> HubStatus {
        HubStatus {
            metrics: Some(metrics),
            ..HubStatus::default()
        }
    }

    #[test]
    fn acts_are_late_when_the_alarm_says_so() {
        let at = |seconds| {
            with(Metrics {
                oldest_act_s: Some(seconds),
                ..Metrics::default()
            })
        };
        assert_eq!(gaps(&at(120), &Names::sample()), Vec::new());
        let late = gaps(&at(121), &Names::sample());
        assert!(
            late[0]
                .text
                .starts_with("acts have waited for 2m in the queue rootwatch-acts")
        );
    }

    #[test]
    fn read_only_events_are_late_when_the_alarm_says_so() {
        let at = |seconds| {
            with(Metrics {
                oldest_read_s: Some(seconds),
                ..Metrics::default()
            })
        };
        assert_eq!(gaps(&at(900), &Names::sample()), Vec::new());
        let late = gaps(&at(901), &Names::sample());
        assert!(
            late[0]
                .text
                .starts_with("read-only events have waited for 15m in the queue rootwatch-reads")
        );
    }

    #[test]
    fn what_is_not_known_is_a_gap_and_silence_is_none() {
        assert_eq!(
            gaps(&with(Metrics::default()), &Names::sample()),
            Vec::new()
        );
        let unknown = HubStatus {
            metrics_error: Some(AwsError::of_entry(
                "cloudwatch:GetMetricData",
                Some("AccessDenied"),
                "no",
            )),
            ..HubStatus::default()
        };
        let unknown = &gaps(&unknown, &Names::sample())[0];
        assert!(
            unknown
                .text
                .ends_with("the notifier fails: cloudwatch:GetMetricData: AccessDenied: no"),
            "{unknown:?}"
        );
        assert_eq!(unknown.operation, Some("cloudwatch:GetMetricData"));
    }

    #[test]
    fn dead_letters_are_reported_without_an_age_too() {
        let status = HubStatus {
            dead_letters: Some(1),
            ..HubStatus::default()
        };
        let reported = gaps(&status, &Names::sample())[0].words();
        assert!(
            reported.starts_with(
                "1 undelivered event waits in the dead-letter queue rootwatch-dead-letters: "
            ),
            "{reported}"
        );
    }
}
