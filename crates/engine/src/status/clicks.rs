//! Which subscriptions a click in a mail can end.

use super::{Gap, HubStatus};
use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::confirm::{attributes, can_be_clicked};
use crate::findings::subscribers as kinds;
use crate::hub::hub_resource::HubResource;
use crate::hub::plan::HubPlan;
use crate::hub::subscriptions::Standing;
use crate::names::Names;
use futures_util::future::join_all;

/// A subscription, and what SNS says of how it was confirmed.
struct Looked {
    topic: String,
    who: String,
    ends_by_click: Result<bool, AwsError>,
}

/// Notes those that a click ends; what cannot be read is a gap.
pub(super) async fn look(
    aws: &Aws,
    plan: &HubPlan,
    names: &Names,
    status: &mut HubStatus,
) -> Vec<Gap> {
    let looked = join_all(confirmed(plan).map(async |(topic, who, arn)| Looked {
        topic: topic.to_owned(),
        who,
        ends_by_click: attributes(aws, arn).await.map(|it| !it.authenticated),
    }));
    let alerts = names.alerts_topic();
    let mut refused = Vec::new();
    for it in looked.await {
        let subscribers = match it.topic == alerts {
            true => &mut status.alerts,
            false => &mut status.health,
        };
        match it.ends_by_click {
            Ok(true) => subscribers.ended_by_click.push(it.who),
            Ok(false) => {}
            // Gone since it was listed, which the next look says.
            Err(error) if error.is_not_found() => {}
            Err(error) => refused.push((it.topic, error)),
        }
    }
    let gap = refused.into_iter().next().map(|(topic, error)| {
        let what = format!("whether a click in a mail can end subscriptions to the topic {topic}");
        Gap::unread(
            kinds::CLICKS_NOT_READ,
            format!("topic {topic}"),
            &what,
            &error,
        )
        .of(names)
    });
    gap.into_iter().collect()
}

/// Topic, subscriber and ARN of each that is confirmed, and that could be ended so.
fn confirmed(plan: &HubPlan) -> impl Iterator<Item = (&str, String, &str)> {
    let topics = plan.found().filter_map(|it| match it {
        HubResource::Subscriptions(found) => Some(found),
        _ => None,
    });
    let all = topics.flat_map(|found| found.standings.iter().map(|it| (&*found.name, it)));
    all.filter_map(|(topic, (who, standing))| match standing {
        Standing::Confirmed(arn) if can_be_clicked(&who.protocol) => {
            Some((topic, who.to_string(), &**arn))
        }
        _ => None,
    })
}
