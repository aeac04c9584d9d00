//! The topics of routes, which are others': whether each gets what the notifier publishes, and somebody receives it.

use super::deployed::Deployed;
use super::finding::{CannotRead, Hop, Read};
use super::identity::Identity;
use crate::aws::Aws;
use crate::aws::error::Call;
use crate::findings::hub;
use futures_util::future::join_all;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, decide};
use rootwatch_root_event::Route;

/// A route's topic as SNS shows it.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(super) confirmed: usize,
    pub(super) key: Option<String>,
    pub(super) policy: Policy,
}

/// Reads the topic of each route; `None` for one that is not there.
pub(super) async fn read(aws: &Aws, routes: Vec<Route>) -> Vec<(Route, Read<Option<Topic>>)> {
    let all = routes.into_iter().map(async |route| {
        let topic = match route.region() == aws.region {
            true => one(aws, &route.topic).await,
            // SNS refuses the ARN of another region, and so it does the notifier's.
            false => Ok(None),
        };
        (route, topic)
    });
    join_all(all).await
}

async fn one(aws: &Aws, arn: &str) -> Read<Option<Topic>> {
    let answer = aws.sns.get_topic_attributes().topic_arn(arn).send().await;
    let answer = answer
        .found("sns:GetTopicAttributes")
        .map_err(CannotRead::from)?;
    let Some(attributes) = answer.and_then(|it| it.attributes) else {
        return Ok(None);
    };
    let text = |name: &str| attributes.get(name).filter(|it| !it.is_empty());
    let number = |name: &str| {
        text(name)
            .and_then(|it| it.parse().ok())
            .unwrap_or_default()
    };
    let policy = text("Policy").map(|it| Policy::parse(it)).transpose()?;
    Ok(Some(Topic {
        confirmed: number("SubscriptionsConfirmed"),
        key: text("KmsMasterKeyId").cloned(),
        policy: policy.unwrap_or_default(),
    }))
}

/// A hop for each route. Pure.
pub(super) fn judge(deployed: &Deployed) -> Vec<Hop> {
    let all = deployed.routes.iter();
    all.flat_map(|(route, topic)| one_route(deployed, route, topic))
        .collect()
}

fn one_route(deployed: &Deployed, route: &Route, topic: &Read<Option<Topic>>) -> Vec<Hop> {
    let id = format!("route {}", route.topic);
    let reset = format!(
        "`rootwatch deploy hub --reset routes.{}` takes the route away",
        route.topic
    );
    let found = match topic {
        Ok(Some(found)) => found,
        Ok(None) => {
            let finding = match route.region() == deployed.names.region {
                true => "there is no such topic".to_owned(),
                false => format!(
                    "it is in {}, and a hub publishes in its own region only",
                    route.region()
                ),
            };
            let fix = format!("make the topic; {reset}");
            return vec![Hop::broken(hub::ROUTE_TOPIC, &id, "exists", finding, fix)];
        }
        Err(why) => {
            let allow = "have the topic's policy allow this caller sns:GetTopicAttributes, or accept this finding";
            let fix = why.fix.clone().unwrap_or_else(|| allow.to_owned());
            let hop = Hop::unknown(hub::ROUTE_UNREAD, &id, "exists", &why.why, Some(fix));
            return vec![hop];
        }
    };
    let mut hops = Vec::new();
    if let Some(finding) = refused(deployed, route, found) {
        let role = deployed.names.role_arn();
        let fix = format!("let its policy allow {role} sns:Publish; {reset}");
        hops.push(Hop::broken(
            hub::ROUTE_TOPIC,
            &id,
            "policy lets in",
            finding,
            fix,
        ));
    }
    if found.confirmed == 0 {
        let finding = "nobody has confirmed a subscription to it: what it gets reaches nobody";
        let fix = format!("its owner subscribes somebody, who confirms; {reset}");
        hops.push(Hop::broken(
            hub::ROUTE_NOBODY,
            &id,
            "subscribers",
            finding,
            fix,
        ));
    }
    let key = found
        .key
        .as_deref()
        .filter(|key| !key.contains("alias/aws/"));
    if let Some(key) = key {
        let finding = format!("it is under the key {key}, whose policy is not read here");
        let fix = format!(
            "let the key's policy allow {} kms:GenerateDataKey and kms:Decrypt, and accept this finding",
            deployed.names.role_arn()
        );
        hops.push(Hop::unknown(hub::ROUTE_KEY, &id, "key", finding, Some(fix)));
    }
    if hops.is_empty() {
        let finding = format!("gets {route}; {} confirmed", found.confirmed);
        hops.push(Hop::ok(&id, "gets alerts", finding));
    }
    hops
}

/// Within an account the role's own policy is enough; another account's topic has to allow it too (IAM User Guide,
/// "Cross-account policy evaluation logic").
fn refused(deployed: &Deployed, route: &Route, topic: &Topic) -> Option<String> {
    let names = &deployed.names;
    let role = Identity::named(&names.account, &names.role_arn());
    let request = role.request(Some(role.principal()), "sns:Publish", &route.topic);
    let owner = route.topic.split(':').nth(4).unwrap_or_default();
    match decide([&topic.policy], &request) {
        Decision::Denied(sid) => Some(format!(
            "the notifier may not publish: the topic's policy denies it in statement \"{sid}\""
        )),
        Decision::NotAllowed if owner != names.account => Some(format!(
            "the notifier may not publish: the topic is of account {owner}, and its policy does not allow it"
        )),
        _ => None,
    }
}
