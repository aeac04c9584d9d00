//! The alarms: whether each would go off, and notify somebody. Pure.

use super::as_made::Changes;
use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use crate::findings::hub;
use crate::hub::alarm::Alarm;

/// Fields that decide who is notified, and not whether it goes off.
const OF_PEOPLE: [&str; 4] = ["actions_enabled", "alarm_actions", "ok_actions", "tags"];

/// What is broken of an alarm.
pub(super) fn broken(deployed: &Deployed, id: &str, found: &Alarm, changes: &Changes) -> Vec<Hop> {
    let broken =
        |finding: String| Hop::broken(hub::ALARM_SILENT, id, "goes off", finding, DEPLOY_HUB);
    let health = deployed.names.topic_arn(&deployed.names.health_topic());
    let mut hops = Vec::new();
    if !found.actions_enabled {
        let finding = "its actions are off: it notifies nobody".to_owned();
        hops.push(broken(finding).about("actions_enabled"));
    }
    if !found.alarm_actions.contains(&health) {
        hops.push(broken(format!("it does not notify {health}")).about("alarm_actions"));
    }
    let is_of_metric = |field: &&str| {
        let top = field.split('.').next().unwrap_or_default();
        !OF_PEOPLE.contains(&top)
    };
    for field in changes.fields().filter(is_of_metric) {
        let finding =
            format!("it would not go off when it should: {field} is not as this version sets it");
        hops.push(broken(finding).about(field));
    }
    hops
}
