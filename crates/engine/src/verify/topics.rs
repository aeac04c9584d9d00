//! The topics: who may publish to them, and who may not. Pure.

use super::as_made::Changes;
use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::identity::Identity;
use super::strangers::{self, Of};
use crate::findings::hub;
use crate::hub::topic::Topic;
use crate::names::Names;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

/// A number that no account has.
const NOBODY: &str = "000000000000";

/// What is broken of a topic, and each statement of somebody else.
pub(super) fn judge(
    deployed: &Deployed,
    id: &str,
    (wanted, found): (&Topic, &Topic),
    changes: &Changes,
) -> Vec<Hop> {
    let names = &deployed.names;
    let is_health = found.name == names.health_topic();
    let refused = match is_health {
        true => refuses_alarms(deployed, found),
        false => refuses_notifier(deployed, found),
    };
    let mut hops = Vec::new();
    if let Some(finding) = refused {
        let fix =
            format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's");
        let hop = Hop::broken(hub::TOPIC_REFUSES, id, "policy lets in", finding, fix);
        hops.push(hop.about("policy"));
    }
    let opens = |policy: &Policy| open_to(deployed, policy, &found.arn, is_health);
    if changes.has("policy")
        && let Some(finding) = opens(&found.policy)
    {
        let hop = Hop::broken(hub::TOPIC_OPEN, id, "policy keeps out", finding, DEPLOY_HUB);
        hops.push(hop.about("policy"));
    }
    // SNS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics".
    if is_health && found.kms_master_key_id.as_deref() == Some("alias/aws/sns") {
        let finding =
            "it is encrypted with alias/aws/sns, which CloudWatch cannot use: alarms reach nobody";
        let hop = Hop::broken(hub::TOPIC_KEY, id, "key", finding, DEPLOY_HUB);
        hops.push(hop.about("kms_master_key_id"));
    }
    let of = Of {
        open: hub::TOPIC_OPEN,
        statement: hub::TOPIC_STATEMENT,
        id,
        shown_by: format!(
            "aws sns get-topic-attributes --region {} --topic-arn {}",
            names.region, found.arn
        ),
    };
    hops.extend(strangers::statements(
        &of,
        &wanted.policy,
        &found.policy,
        opens,
    ));
    hops
}

/// The topic's policy leaves it to the role's own policy to allow it (IAM User Guide, "AWS JSON policy elements:
/// Principal"); a Deny is too much.
fn refuses_notifier(deployed: &Deployed, topic: &Topic) -> Option<String> {
    let names = &deployed.names;
    let role = Identity::named(&names.account, &names.role_arn());
    let request = role.request(Some(role.principal()), "sns:Publish", &topic.arn);
    match decide([&topic.policy], &request) {
        Decision::Denied(sid) => Some(format!(
            "the notifier may not publish: the topic's policy denies it in statement \"{sid}\""
        )),
        _ => None,
    }
}

fn refuses_alarms(deployed: &Deployed, topic: &Topic) -> Option<String> {
    match takes_alarms(&deployed.names, topic) {
        Decision::Allowed | Decision::Unknown(_) => None,
        refused => Some(format!(
            "alarms may not publish: its policy {}",
            refused.words()
        )),
    }
}

/// What the health topic's policy decides about what an alarm publishes.
pub(super) fn takes_alarms(names: &Names, topic: &Topic) -> Decision {
    let alarm = names.alarm_arn(&names.alarm("dead-letters"));
    let keys: Keys = [
        ("aws:sourcearn", Some(alarm)),
        ("aws:sourceaccount", Some(names.account.clone())),
    ]
    .into();
    let request = Request {
        principal: Some(Principal::Service("cloudwatch.amazonaws.com".to_owned())),
        action: "sns:Publish",
        resource: topic.arn.clone(),
        keys,
    };
    decide([&topic.policy], &request)
}

/// Who besides may publish.
fn open_to(deployed: &Deployed, policy: &Policy, arn: &str, is_health: bool) -> Option<String> {
    let account = deployed.names.account.as_str();
    let what = match is_health {
        true => "a forged notification",
        false => "forged alerts",
    };
    let partition = deployed.names.partition.name();
    let others = [
        ("others in this account", account),
        ("other accounts", NOBODY),
    ];
    let is_open = |(_, other): &(&str, &str)| {
        let role = Identity::named(other, &format!("arn:{partition}:iam::{other}:role/other"));
        let request = role.request(Some(role.principal()), "sns:Publish", arn);
        match decide([policy], &request) {
            Decision::Allowed => true,
            // Within the account a role's own policy could allow it.
            Decision::NotAllowed => *other == account,
            _ => false,
        }
    };
    let (who, _) = others.into_iter().find(is_open)?;
    Some(format!("{who} can publish {what} to it"))
}
