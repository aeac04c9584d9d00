//! The hub as its plan and CloudWatch describe it. Pure.

use super::{Gap, HubStatus, Subscribers};
use crate::aws::error::AwsError;
use crate::findings::status_hub as kinds;
use crate::hub::hub_resource::HubResource;
use crate::hub::metrics::Metrics;
use crate::hub::observe::Unreadable;
use crate::hub::plan::HubPlan;
use crate::hub::queue::Queue;
use crate::names::Names;
use crate::plan::Action;
use std::collections::BTreeSet;

impl HubStatus {
    /// The hub by its deployment plan; only missing resources where there is none. What is `unknown`, by its id, is
    /// neither there nor missing.
    pub(crate) fn of(
        plan: &HubPlan,
        metrics: Result<Metrics, AwsError>,
        names: &Names,
        unknown: &BTreeSet<String>,
    ) -> Self {
        let mut status = Self {
            account: names.account.clone(),
            region: names.region.clone(),
            ..Self::default()
        };
        let mut unjudged = unknown.clone();
        // Each comes after those that it needs.
        for planned in plan
            .resources
            .iter()
            .filter(|it| !unknown.contains(&it.id()))
        {
            let id = planned.id();
            let mut needs = planned.wanted.needs.iter();
            match (&planned.found, &planned.action) {
                (None, _) => status.missing.push(id),
                (Some(_), Action::Keep) => status.present.push(id),
                // What is wanted of it follows from what is not known.
                (Some(_), _) if needs.any(|it| unjudged.contains(it)) => {
                    unjudged.insert(id);
                }
                (Some(_), _) => status.changed.push(id),
            }
        }
        status.unknown = unjudged.into_iter().collect();
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
        status.alerts = Subscribers::of(plan, &names.alerts_topic(), unknown);
        status.health = Subscribers::of(plan, &names.health_topic(), unknown);
        match metrics {
            Ok(found) => status.metrics = Some(now_waiting(found, [dead, acts, reads])),
            Err(error) => {
                status.metrics_unknown = Some(error.to_string());
                status.metrics_error = Some(error);
            }
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
pub(crate) fn resource_gaps(plan: &HubPlan, names: &Names) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for step in plan.steps() {
        let kept = step.kept.iter();
        let foreign = kept.filter(|it| it.starts_with("policy statement"));
        gaps.extend(foreign.map(|it| {
            Gap::new(
                kinds::STATEMENT_OF_OTHERS,
                &step.resource,
                format!("{} has a {it} that is not rootwatch's", step.resource),
                "make sure that it neither denies nor opens the path",
            )
        }));
    }
    gaps.extend(plan.found().filter_map(of_state));
    gaps.into_iter().map(|gap| gap.of(names)).collect()
}

/// What a resource shows of its own state.
fn of_state(resource: &HubResource) -> Option<Gap> {
    let fix = "`rootwatch verify` says what is broken and how to fix it";
    let (id, text) = match resource {
        HubResource::SelfCheckFunction(it) if !it.it.active => (
            kinds::NOT_ACTIVE,
            format!("function {} is not active", it.it.name),
        ),
        HubResource::Function(it) if !it.active => (
            kinds::NOT_ACTIVE,
            format!("function {} is not active", it.name),
        ),
        HubResource::Alarm(it) if it.is_in_alarm => (
            kinds::IN_ALARM,
            format!(
                "the alarm {} is in the state ALARM ({})",
                it.name,
                it.description.trim_end_matches('.')
            ),
        ),
        _ => return None,
    };
    Some(Gap::new(id, resource.id(), text, fix))
}

/// What could not be read of it.
pub(crate) fn unread_gaps(unread: &[Unreadable], names: &Names) -> Vec<Gap> {
    let gap = |it: &Unreadable| Gap::failed(kinds::HUB_NOT_READ, &it.what, &it.error).of(names);
    unread.iter().map(gap).collect()
}
