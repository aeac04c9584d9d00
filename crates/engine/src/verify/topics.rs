//! The topics: who may publish to them, and who may not.

use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::function::fix_of;
use super::identity::Identity;
use crate::hub::topic::Topic;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

const AWS_MANAGED_KEY: &str = "alias/aws/sns";

/// Both topics, without their subscriptions.
pub(super) fn check(deployed: &Deployed) -> Vec<Hop> {
    let mut hops = alerts(deployed);
    hops.extend(health(deployed));
    hops
}

fn alerts(deployed: &Deployed) -> Vec<Hop> {
    let id = format!("topic {}", deployed.names.alerts_topic());
    let topic = match &deployed.alerts {
        Ok(Some(topic)) => topic,
        Ok(None) => return vec![Hop::broken(&id, "exists", "there is none", DEPLOY_HUB)],
        Err(why) => return vec![Hop::unread(&id, "exists", why)],
    };
    // The function's environment is wrong then, and is reported; the topic is somebody else's.
    if !deployed.is_ours(topic) {
        return Vec::new();
    }
    let id = format!("topic {}", topic.name);
    let mut hops = vec![keeps_out(deployed, &id, topic)];
    // A missing role has been reported already.
    if let Ok(Some(role)) = &deployed.role {
        hops.insert(0, lets_in(&id, topic, role));
        hops.push(key(deployed, &id, topic, role));
    }
    hops
}

fn lets_in(id: &str, topic: &Topic, role: &Identity) -> Hop {
    let check = "policy lets in";
    let own = role.may("sns:Publish", &topic.arn);
    let request = role.request(Some(role.principal()), "sns:Publish", &topic.arn);
    let topics = decide([&topic.policy], &request);
    // The topic's policy names the account, which leaves it to the role's own policy to allow it (IAM User Guide,
    // "AWS JSON policy elements: Principal"); a Deny of either is too much.
    match (own, topics) {
        (Decision::Allowed, Decision::Denied(sid)) => Hop::broken(
            id,
            check,
            format!(
                "the notifier may not publish: the topic's policy denies it in statement \"{sid}\""
            ),
            format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's"),
        ),
        (Decision::Unknown(why), _) | (Decision::Allowed, Decision::Unknown(why)) => {
            Hop::unknown(id, check, why, Some(DEPLOY_HUB.to_owned()))
        }
        (Decision::Allowed, _) => Hop::ok(id, check, "what the notifier publishes"),
        (refused, _) => Hop::broken(
            id,
            check,
            format!(
                "the notifier may not publish: its role's policy {}",
                refused.words()
            ),
            fix_of(&refused),
        ),
    }
}

fn keeps_out(deployed: &Deployed, id: &str, topic: &Topic) -> Hop {
    let check = "policy keeps out";
    let account = &deployed.names.account;
    let arn = |account: &str| {
        format!(
            "arn:{}:iam::{account}:role/other",
            deployed.names.partition.name()
        )
    };
    for (who, account) in [
        ("others in this account", account.as_str()),
        ("other accounts", "000000000000"),
    ] {
        let other = Identity {
            arn: arn(account),
            account: account.to_owned(),
            trust: Default::default(),
            policies: Vec::new(),
            boundary: None,
        };
        let request = other.request(Some(other.principal()), "sns:Publish", &topic.arn);
        let is_own = *account == *deployed.names.account;
        match decide([&topic.policy], &request) {
            // Within the account a role's own policy could allow it.
            Decision::Allowed => return open(id, check, who),
            Decision::NotAllowed if is_own => return open(id, check, who),
            Decision::Unknown(why) => {
                return Hop::unknown(id, check, why, Some(DEPLOY_HUB.to_owned()));
            }
            Decision::NotAllowed | Decision::Denied(_) | Decision::OutOfBounds => {}
        }
    }
    Hop::ok(id, check, "everybody else")
}

fn open(id: &str, check: &'static str, who: &str) -> Hop {
    Hop::broken(
        id,
        check,
        format!("{who} can publish forged alerts to it"),
        format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's"),
    )
}

fn key(deployed: &Deployed, id: &str, topic: &Topic, role: &Identity) -> Hop {
    let check = "key";
    let Some(key) = topic.kms_master_key_id.as_deref() else {
        return Hop::ok(id, check, "not encrypted");
    };
    if key == AWS_MANAGED_KEY {
        return Hop::ok(
            id,
            check,
            "AWS managed, which the notifier may use through SNS",
        );
    }
    let names = &deployed.names;
    let via = format!("sns.{}.{}", names.region, names.partition.dns_suffix());
    match role.refused_key(key, &via) {
        None => {}
        Some((_, Decision::Unknown(why))) => {
            return Hop::unknown(id, check, why, Some(DEPLOY_HUB.to_owned()));
        }
        Some((action, refused)) => {
            let words = refused.words();
            let finding =
                format!("the notifier may not {action} with {key}: its role's policy {words}");
            let fix = "give the key's ARN as --kms-key, or as kms_key in rootwatch.toml, to `rootwatch deploy hub`";
            return Hop::broken(id, check, finding, fix);
        }
    }
    Hop::ok(
        id,
        check,
        format!("{key}, by the notifier's role; the key's own policy is not evaluated"),
    )
}

fn health(deployed: &Deployed) -> Vec<Hop> {
    let name = deployed.names.health_topic();
    let id = format!("topic {name}");
    let topic = match deployed.topic(&name) {
        Ok(Some(topic)) => topic,
        Ok(None) => {
            return vec![Hop::broken(
                &id,
                "exists",
                "there is none: alarms reach nobody",
                DEPLOY_HUB,
            )];
        }
        Err(why) => return vec![Hop::unread(&id, "exists", &why)],
    };
    let keys: Keys = [
        (
            "aws:sourcearn",
            Some(
                deployed
                    .names
                    .alarm_arn(&deployed.names.alarm("dead-letters")),
            ),
        ),
        ("aws:sourceaccount", Some(deployed.names.account.clone())),
    ]
    .into();
    let request = Request {
        principal: Some(Principal::Service("cloudwatch.amazonaws.com".to_owned())),
        action: "sns:Publish",
        resource: topic.arn.clone(),
        keys,
    };
    let check = "policy lets in";
    let policy = match decide([&topic.policy], &request) {
        Decision::Allowed => Hop::ok(&id, check, "alarms may publish"),
        Decision::Unknown(why) => Hop::unknown(&id, check, why, Some(DEPLOY_HUB.to_owned())),
        refused => Hop::broken(
            &id,
            check,
            format!("alarms may not publish: its policy {}", refused.words()),
            format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's"),
        ),
    };
    let key = match topic.kms_master_key_id.as_deref() {
        None => Hop::ok(&id, "key", "not encrypted"),
        Some(AWS_MANAGED_KEY) => Hop::broken(
            &id,
            "key",
            "it is encrypted with alias/aws/sns, which CloudWatch cannot use: alarms reach nobody",
            DEPLOY_HUB,
        ),
        Some(key) => Hop::unknown(
            &id,
            "key",
            format!("it is encrypted with {key}, whose policy is not evaluated"),
            Some(DEPLOY_HUB.to_owned()),
        ),
    };
    vec![policy, key]
}
