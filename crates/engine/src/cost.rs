//! What a plan costs a month. Pure.

use crate::hub::HubPlan;
use crate::hub::hub_resource::HubResource;

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

/// Of a request to SQS, without the million a month that AWS gives for nothing; source: aws.amazon.com/sqs/pricing.
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

/// What a hub costs while no root user does anything.
#[must_use]
pub fn of_hub(plan: &HubPlan) -> String {
    let count = |is_meant: fn(&HubResource) -> bool| {
        let wanted = plan.resources.iter().map(|it| &it.wanted.resource);
        wanted.filter(|it| is_meant(it)).count()
    };
    let alarms = count(|it| matches!(it, HubResource::Alarm(_)));
    let polled = count(|it| matches!(it, HubResource::Mapping(_)));
    let usd = ALARM.of(alarms) + POLLING.of(polled);
    format!(
        "Cost: about ${usd:.2} a month, for {} and the polling of {} ({LISTED}); root activity itself costs cents.",
        crate::words::count(alarms, "alarm"),
        crate::words::count(polled, "empty queue"),
    )
}

/// What spokes cost: an event of CloudTrail costs nothing, and neither does a rule; only an event that is forwarded to
/// the hub, one dollar a million (source: aws.amazon.com/eventbridge/pricing).
pub const OF_SPOKES: &str = "Cost: nothing while root is idle; each event of a root user that is forwarded costs $0.000001 (list price of us-east-1, June 2026).";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::desired::hub;
    use crate::hub::plan::plan_deploy;
    use crate::hub::sample;

    #[test]
    fn a_hub_costs_its_alarms_and_the_polling_of_its_queues() {
        let plan = plan_deploy(hub(&sample::wanted()), std::collections::BTreeMap::new());
        assert_eq!(
            of_hub(&plan),
            "Cost: about $1.52 a month, for 10 alarms and the polling of 2 empty queues (list prices of us-east-1, June 2026); root activity itself costs cents."
        );
    }
}
