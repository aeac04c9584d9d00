//! The hub as its plan and CloudWatch describe it. Pure.

use super::{HubStatus, Subscribers};
use crate::aws::error::AwsError;
use crate::hub::hub_resource::HubResource;
use crate::hub::metrics::Metrics;
use crate::hub::plan::HubPlan;
use crate::hub::queue::Queue;
use crate::names::Names;
use crate::plan::Action;

impl HubStatus {
    /// The hub by its deployment plan; only missing resources where there is none.
    pub(crate) fn of(plan: &HubPlan, metrics: Result<Metrics, AwsError>, names: &Names) -> Self {
        let mut status = Self {
            account: names.account.clone(),
            region: names.region.clone(),
            ..Self::default()
        };
        for planned in &plan.resources {
            match (&planned.found, &planned.action) {
                (None, _) => status.missing.push(planned.id()),
                (Some(_), Action::Keep) => status.present.push(planned.id()),
                (Some(_), _) => status.changed.push(planned.id()),
            }
        }
        if !status.is_here() {
            return status;
        }
        let queue = |name: String| queues(plan).find(|queue| queue.name == name);
        let dead = queue(names.dead_letter_queue());
        let acts = queue(names.acts_queue());
        let reads = queue(names.reads_queue());
        // A message that was received and not deleted is still undelivered.
        status.dead_letters =
            dead.and_then(|it| Some(it.depth? + it.in_flight.unwrap_or_default()));
        status.acts = acts.and_then(|it| it.depth);
        status.reads = reads.and_then(|it| it.depth);
        status.alerts = Subscribers::of(plan, &names.alerts_topic());
        status.health = Subscribers::of(plan, &names.health_topic());
        match metrics {
            Ok(found) => status.metrics = Some(now_waiting(found, [dead, acts, reads])),
            Err(error) => status.metrics_unknown = Some(error.to_string()),
        }
        status
    }
}

fn queues(plan: &HubPlan) -> impl Iterator<Item = &Queue> {
    plan.found().filter_map(|it| match it {
        HubResource::Queue(queue) => Some(queue),
        _ => None,
    })
}

/// CloudWatch's last data point of a queue is minutes old, and says nothing when the queue is empty again.
fn now_waiting(metrics: Metrics, [dead, acts, reads]: [Option<&Queue>; 3]) -> Metrics {
    let waits = |queue: Option<&Queue>| queue.is_none_or(|it| !it.is_empty());
    Metrics {
        oldest_dead_letter_s: metrics.oldest_dead_letter_s.filter(|_| waits(dead)),
        oldest_act_s: metrics.oldest_act_s.filter(|_| waits(acts)),
        oldest_read_s: metrics.oldest_read_s.filter(|_| waits(reads)),
        ..metrics
    }
}

/// What a plan shows besides its changes that could prevent an alert.
pub(crate) fn resource_gaps(plan: &HubPlan) -> Vec<String> {
    let mut gaps = Vec::new();
    for step in plan.steps() {
        let kept = step.kept.iter();
        let foreign = kept.filter(|it| it.starts_with("policy statement"));
        gaps.extend(foreign.map(|it| {
            format!(
                "{} has a {it} that is not rootwatch's: make sure that it neither denies nor opens the path",
                step.resource
            )
        }));
    }
    gaps.extend(plan.found().filter_map(|it| match it {
        HubResource::Function(it) if !it.active => {
            Some(format!("function {} is not active", it.name))
        }
        HubResource::Alarm(it) if it.is_in_alarm => Some(format!(
            "the alarm {} is in the state ALARM ({}): `rootwatch verify` says what is broken and how to fix it",
            it.name,
            it.description.trim_end_matches('.')
        )),
        _ => None,
    }));
    gaps
}
