//! What a plan costs a month. Pure.

use crate::heartbeat::Heartbeat;
use crate::hub::HubPlan;
use crate::hub::hub_resource::HubResource;
use crate::plan::Action;
use crate::spokes::SpokesPlan;

/// A price that AWS lists.
struct Price {
    /// US dollars for each.
    usd: f64,
    /// How many of it one piece takes in a month while root does nothing.
    a_month: f64,
}

/// Of a standard-resolution alarm; source: aws.amazon.com/cloudwatch/pricing.
const ALARM: Price = Price {
    usd: 0.10,
    a_month: 1.0,
};

/// Of a request to SQS, ignoring the free million a month; source: aws.amazon.com/sqs/pricing.
///
/// Lambda polls an empty queue with up to five requests at a time of 20 seconds each (Lambda Developer Guide, "Using
/// Lambda with Amazon SQS").
const POLLING: Price = Price {
    usd: 0.40 / 1e6,
    a_month: 5.0 * 3.0 * 60.0 * 24.0 * 30.0,
};

/// Region and month of the prices.
const LISTED: &str = "list prices of us-east-1, June 2026";

impl Price {
    fn of(&self, count: usize) -> f64 {
        // A handful of each.
        #[allow(clippy::cast_precision_loss)]
        let count = count as f64;
        self.usd * self.a_month * count
    }
}

/// What a hub costs a month, in US dollars.
fn usd_of_hub(alarms: usize, polled: usize) -> f64 {
    ALARM.of(alarms) + POLLING.of(polled)
}

/// What a hub costs while no root user does anything.
#[must_use]
pub fn of_hub(plan: &HubPlan) -> String {
    let count = |is_meant: fn(&HubResource) -> bool| {
        let wanted = plan.resources.iter().map(|it| &it.wanted.resource);
        wanted.filter(|it| is_meant(it)).count()
    };
    let alarms = count(|it| matches!(it, HubResource::Alarm(_)));
    let polled = count(|it| matches!(it, HubResource::Mapping(_)));
    let usd = usd_of_hub(alarms, polled);
    format!(
        "Cost: about ${usd:.2} a month, for {} and the polling of {} ({LISTED}); root activity itself costs cents.",
        crate::words::count(alarms, "alarm"),
        crate::words::count(polled, "empty queue"),
    )
}

/// Days of a month, as AWS's own examples have it.
const DAYS: f64 = 30.0;
/// Of an event that goes to another account's bus; source: aws.amazon.com/eventbridge/pricing. An event of CloudTrail or
/// of a schedule costs nothing, and neither does a rule.
const EVENT: f64 = 1.0 / 1e6;
/// Requests to SQS for a heartbeat at the most: it is sent, received and deleted by itself.
const REQUESTS: f64 = 3.0;
/// Of an invocation, and of ten milliseconds of it with 128 MB; source: aws.amazon.com/lambda/pricing.
const INVOCATION: f64 = 0.20 / 1e6 + 0.010 * 0.125 * 0.000_016_666_7;
/// Invocations a month at the most: two batches at a time, each of which gathers for half a minute.
const MOST_INVOCATIONS: f64 = 2.0 * 2.0 * 60.0 * 24.0 * DAYS;
/// Bytes of the log for a heartbeat, and for an invocation; what is written and a year of what is kept, for a byte;
/// source: aws.amazon.com/cloudwatch/pricing.
const HEARTBEAT_BYTES: f64 = 15.0;
const INVOCATION_BYTES: f64 = 600.0;
const BYTE: f64 = (0.50 + 0.03 * 12.0) / 1e9;

/// Dollars that are at least this, in whole cents.
fn dollars(usd: f64) -> String {
    format!("{:.2}", (usd * 100.0).ceil() / 100.0)
}

/// What heartbeats of so many accounts and regions cost a month at the most, in US dollars.
fn of_heartbeats(places: usize, heartbeat: Heartbeat) -> f64 {
    let Some(every) = heartbeat.every() else {
        return 0.0;
    };
    // Far from where a number of accounts and regions would be rounded.
    #[allow(clippy::cast_precision_loss)]
    let places = places as f64;
    let heartbeats = places * 24.0 * 3600.0 * DAYS / every.as_secs_f64();
    let invocations = heartbeats.min(MOST_INVOCATIONS);
    let bytes = heartbeats * HEARTBEAT_BYTES + invocations * INVOCATION_BYTES;
    heartbeats * (EVENT + REQUESTS * POLLING.usd) + invocations * INVOCATION + bytes * BYTE
}

/// What spokes cost, where a plan changes it.
#[must_use]
pub fn of_spokes(plan: &SpokesPlan) -> Option<String> {
    let heartbeat = plan.heartbeat;
    let parameter = format!("parameters.{}", Heartbeat::PARAMETER);
    let is_changed = match &plan.stack_set {
        Action::Create { .. } => true,
        Action::Update { fields } => fields.iter().any(|it| it.field == parameter),
        Action::Keep | Action::Delete => false,
    };
    if !is_changed {
        return None;
    }
    let counts = plan.instances;
    let own = plan.management.stacks().iter();
    let own = own.filter(|it| !matches!(it.step.action, Action::Delete));
    let places = counts.kept + counts.created + counts.updated + own.count();
    let event = format!("each event of a root user that is forwarded costs $0.000001 ({LISTED})");
    Some(match heartbeat {
        Heartbeat::Off => format!("Cost: nothing while root is idle; {event}."),
        Heartbeat::Every(_) => format!(
            "Cost: at most ${} a month for the heartbeats of {} every {heartbeat}; {event}.",
            dollars(of_heartbeats(places, heartbeat)),
            crate::words::count(places, "stack"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::desired::hub;
    use crate::hub::plan::plan_deploy;
    use crate::hub::sample;
    use crate::page;

    /// Alarms and polled queues of a hub.
    fn parts_of_hub() -> (usize, usize) {
        let nodes = hub(&sample::wanted());
        let count = |is_one: fn(&HubResource) -> bool| {
            nodes.iter().filter(|it| is_one(&it.resource)).count()
        };
        (
            count(|it| matches!(it, HubResource::Alarm(_))),
            count(|it| matches!(it, HubResource::Mapping(_))),
        )
    }

    #[test]
    fn the_sums_of_docs_are_what_a_plan_says() {
        let (alarms, polled) = parts_of_hub();
        let hub = usd_of_hub(alarms, polled);
        let every = |hours| Heartbeat::Every(hours);
        let mut table = String::from(
            "| accounts | regions | hub | heartbeats every 6h | a month | a year | with heartbeats every 12h | without |\n|---|---|---|---|---|---|---|---|\n",
        );
        for accounts in [10, 100, 500, 1_000, 10_000] {
            for regions in [4, 17] {
                let of = |hours| of_heartbeats(accounts * regions, every(hours));
                let month = hub + of(6);
                table.push_str(&format!(
                    "| {accounts} | {regions} | ${} | ${} | ${} | ${} | ${} | ${} |\n",
                    dollars(hub),
                    dollars(of(6)),
                    dollars(month),
                    dollars(month * 12.0),
                    dollars(hub + of(12)),
                    dollars(hub),
                ));
            }
        }
        page::holds("cost", "sums", &table);
    }

    #[test]
    fn the_arithmetic_of_docs_is_that_of_the_code() {
        let (alarms, polled) = parts_of_hub();
        let text = format!(
            "The hub: {alarms} alarms at ${:.2} each, and {polled} queues that Lambda polls by at most {} requests a month each, at ${:.2} for a million of them: {alarms} x {:.2} + {polled} x {} x {:.2} / 1,000,000 = ${:.2} a month.\n\nOne heartbeat: ${:.2} for a million events to the hub's bus, and at the most {REQUESTS} requests to SQS; one invocation of the notifier for each at the most, ${:.2} for a million and what 10 ms of 128 MB cost, and never more than {} a month; {HEARTBEAT_BYTES} bytes of its log and {INVOCATION_BYTES} for an invocation, at ${:.2} a GB for writing and keeping it for a year. {} heartbeats a month come from one account and region every 6 hours.",
            ALARM.usd,
            POLLING.a_month,
            POLLING.usd * 1e6,
            ALARM.usd,
            POLLING.a_month,
            POLLING.usd * 1e6,
            usd_of_hub(alarms, polled),
            EVENT * 1e6,
            0.20,
            MOST_INVOCATIONS,
            BYTE * 1e9,
            24.0 * DAYS / 6.0,
        );
        page::holds("cost", "arithmetic", &text);
    }

    #[test]
    fn a_hub_costs_its_alarms_and_the_polling_of_its_queues() {
        let plan = plan_deploy(hub(&sample::wanted()), std::collections::BTreeMap::new());
        assert_eq!(
            of_hub(&plan),
            "Cost: about $1.82 a month, for 13 alarms and the polling of 2 empty queues (list prices of us-east-1, June 2026); root activity itself costs cents."
        );
    }
    /// The table of docs/heartbeat.md is this.
    #[test]
    fn heartbeats_cost_what_the_documentation_says() {
        let page = include_str!("../../../docs/heartbeat.md");
        for (accounts, regions) in [
            (10, 4),
            (10, 17),
            (1_000, 4),
            (1_000, 17),
            (10_000, 4),
            (10_000, 17),
        ] {
            let of = |hours| dollars(of_heartbeats(accounts * regions, Heartbeat::Every(hours)));
            let row = format!(
                "| {accounts} | {regions} | {} | {} | {} |",
                of(12),
                of(6),
                of(1)
            );
            assert!(page.contains(&row), "{row}");
        }
        assert_eq!(of_heartbeats(170_000, Heartbeat::Off), 0.0);
    }
}
