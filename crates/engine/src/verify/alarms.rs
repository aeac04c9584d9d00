//! The alarms: whether each would go off, and notify somebody.

use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use crate::hub::alarm::Alarm;
use crate::hub::hub_resource::HubResource;
use crate::plan::{Action, decide};

/// Fields that do not decide whether an alarm goes off and who is notified.
const HARMLESS: [&str; 3] = ["description", "ok_actions", "tags"];

/// Every alarm of this version.
pub(super) fn check(deployed: &Deployed) -> Vec<Hop> {
    let alarms = deployed
        .wanted
        .iter()
        .filter_map(|node| match &node.resource {
            HubResource::Alarm(alarm) => Some(alarm),
            _ => None,
        });
    alarms.map(|wanted| one(deployed, wanted)).collect()
}

fn one(deployed: &Deployed, wanted: &Alarm) -> Hop {
    let (id, check) = (format!("alarm {}", wanted.name), "goes off");
    let found = match deployed.alarm(&wanted.name) {
        Ok(Some(found)) => found,
        Ok(None) => return Hop::broken(&id, check, "there is none", DEPLOY_HUB),
        Err(why) => return Hop::unread(&id, check, &why),
    };
    if !found.actions_enabled {
        return Hop::broken(
            &id,
            check,
            "its actions are off: it notifies nobody",
            DEPLOY_HUB,
        );
    }
    let health = deployed.names.topic_arn(&deployed.names.health_topic());
    if !found.alarm_actions.contains(&health) {
        return Hop::broken(
            &id,
            check,
            format!("it does not notify {health}"),
            DEPLOY_HUB,
        );
    }
    let fields = match decide(wanted, Some(found)) {
        Action::Update { fields } => fields,
        _ => Vec::new(),
    };
    let wrong: Vec<String> = fields
        .into_iter()
        .map(|change| change.field)
        // Who else is notified does not matter.
        .filter(|field| {
            field != "alarm_actions"
                && !HARMLESS.contains(&field.split('.').next().unwrap_or(field))
        })
        .collect();
    if wrong.is_empty() {
        return Hop::ok(&id, check, "on, and notifies the health topic");
    }
    let finding = format!(
        "it would not go off when it should: {} is not as this version sets it",
        wrong.join(", ")
    );
    Hop::broken(&id, check, finding, DEPLOY_HUB)
}
