//! Routes that cannot work, before anything is written. Pure.

use crate::names::Names;
use crate::settings::Notify;
use anyhow::{Result, bail};

/// The most routes of a hub: the notifier publishes to each in turn, within its time.
const MOST: usize = 20;

/// Fails for a topic that the notifier cannot reach, or whose subscribers get everything already.
pub(super) fn refuse(notify: &Notify, names: &Names) -> Result<()> {
    let routes = notify.routes();
    if routes.len() > MOST {
        bail!(
            "there are {} routes, and a hub has at most {MOST}",
            routes.len()
        );
    }
    let ours = [names.alerts_topic(), names.health_topic()].map(|it| names.topic_arn(&it));
    for route in routes {
        let topic = &route.topic;
        let (partition, region) = (names.partition.name(), &names.region);
        if route.region() != region || topic.split(':').nth(1) != Some(partition) {
            bail!(
                "the route {topic} is not in the hub's region {region}, partition {partition}: SNS refuses what is published there from here. Make a topic in {region}"
            );
        }
        if ours.contains(topic) {
            bail!(
                "the route {topic} is a topic of the hub itself, which gets what it has to get: name a further topic"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(topic: &str) -> Option<String> {
        let notify = Notify {
            routes: [(topic.to_owned(), "all".to_owned())].into(),
            ..Notify::default()
        };
        let refused = refuse(&notify, &Names::sample()).err();
        refused.map(|error| error.to_string())
    }

    #[test]
    fn a_topic_that_is_not_reached_or_is_our_own_is_refused() {
        let names = Names::sample();
        let (region, account) = (&names.region, &names.account);
        assert_eq!(
            refused(&format!("arn:aws:sns:{region}:{account}:shops")),
            None
        );
        assert_eq!(
            refused(&format!("arn:aws:sns:{region}:444455556666:shops")),
            None
        );
        for (topic, part) in [
            (
                "arn:aws:sns:ap-south-2:444455556666:shops".to_owned(),
                "Make a topic in",
            ),
            (
                format!("arn:aws-cn:sns:{region}:444455556666:shops"),
                "partition aws",
            ),
            (names.topic_arn(&names.alerts_topic()), "further topic"),
            (names.topic_arn(&names.health_topic()), "further topic"),
        ] {
            let said = refused(&topic).unwrap();
            assert!(said.contains(part) && said.contains(&topic), "{said}");
        }
    }

    #[test]
    fn there_are_not_too_many() {
        let name = |n: usize| format!("arn:aws:sns:{}:444455556666:t{n}", Names::sample().region);
        let notify = |count: usize| Notify {
            routes: (0..count).map(|n| (name(n), "all".to_owned())).collect(),
            ..Notify::default()
        };
        assert!(refuse(&notify(MOST), &Names::sample()).is_ok());
        assert!(refuse(&notify(MOST + 1), &Names::sample()).is_err());
    }
}
