use super::{Break, all_are_named_and_fixed};
use crate::hub::alarm::Alarm;

const DEAD_LETTERS: &str = "alarm rootwatch-dead-letters";
const NOT_DELIVERED: &str = "alarm rootwatch-not-delivered";

fn alarm(what: &'static str, change: impl FnOnce(&mut Alarm) + 'static) -> Break {
    Break::new(what, DEAD_LETTERS, "goes off", |hub| {
        change(hub.alarm("rootwatch-dead-letters"));
    })
}

#[test]
fn an_alarm_that_notifies_nobody() {
    let breaks = vec![
        alarm("silent", |it| it.actions_enabled = false),
        alarm("notifies nobody", |it| it.alarm_actions.clear()),
        alarm("never reached", |it| it.threshold = Some(1000.0)),
        alarm("another metric", |it| {
            it.metric = "NumberOfMessagesSent".into()
        }),
        Break::new("deleted", NOT_DELIVERED, "exists", |hub| {
            hub.delete(NOT_DELIVERED)
        }),
    ];
    all_are_named_and_fixed("alarms", breaks);
}
