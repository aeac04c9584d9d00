//! The notifier's role: whether Lambda may assume it, and whether it may do what the notifier does. Pure.
//!
//! Asked whatever differs: a permissions boundary, a managed policy or a topic of somebody else decides too.

use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::identity::Identity;
use crate::findings::hub;
use rootwatch_eval::iam::{Decision, Keys};

/// What Lambda does with a queue as the function's role.
const READ_QUEUE: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];
/// The key of SNS, which SNS lets its callers use.
const AWS_MANAGED_KEY: &str = "alias/aws/sns";

/// What is broken of the role that the function has.
pub(super) fn judge(deployed: &Deployed) -> Vec<Hop> {
    let role = match &deployed.role {
        Ok(Some(role)) => role,
        // A role that is missing under the name that is wanted is a finding already.
        Ok(None) => return missing(deployed).into_iter().collect(),
        Err(why) => {
            let id = format!("role {}", deployed.names.role());
            return vec![Hop::unread(hub::UNREAD, &id, "policies", why)];
        }
    };
    let id = format!("role {}", role.arn.rsplit('/').next().unwrap_or_default());
    let mut hops: Vec<Hop> = trust(deployed, &id, role).into_iter().collect();
    hops.extend(policy(deployed, &id, role));
    hops
}

/// Whether the role that is judged is the one that is wanted, and no other that the function has.
pub(super) fn is_ours(deployed: &Deployed) -> bool {
    let function = deployed.function(&deployed.names.function()).ok().flatten();
    function.is_none_or(|it| it.role == deployed.names.role_arn())
}

fn missing(deployed: &Deployed) -> Option<Hop> {
    let function = deployed.function(&deployed.names.function()).ok()??;
    let role = function.role.as_str();
    if role == deployed.names.role_arn() {
        return None;
    }
    let id = format!("role {}", role.rsplit('/').next().unwrap_or_default());
    let finding = "the role that the function runs as does not exist";
    Some(Hop::broken(
        hub::ROLE_MISSING,
        &id,
        "exists",
        finding,
        DEPLOY_HUB,
    ))
}

fn trust(deployed: &Deployed, id: &str, role: &Identity) -> Option<Hop> {
    let keys: Keys = [
        ("aws:sourcearn", Some(deployed.names.function_arn())),
        ("aws:sourceaccount", Some(deployed.names.account.clone())),
    ]
    .into();
    let hop = match role.trusts("lambda.amazonaws.com", keys) {
        Decision::Allowed => return None,
        Decision::Unknown(why) => {
            let fix = Some(DEPLOY_HUB.to_owned());
            Hop::unknown(hub::ROLE_TRUST, id, "trust", why, fix)
        }
        refused => {
            let finding = format!(
                "Lambda may not assume it: its trust policy {}",
                refused.words()
            );
            Hop::broken(hub::ROLE_TRUST, id, "trust", finding, DEPLOY_HUB)
        }
    };
    Some(hop.about("trust"))
}

/// What lets the role do what its policies, or its permissions boundary, do not.
fn fix_of(refused: &Decision) -> String {
    match refused {
        Decision::OutOfBounds => {
            format!(
                "{DEPLOY_HUB} with a --permissions-boundary that allows it, or have the role's taken away"
            )
        }
        _ => format!("{DEPLOY_HUB}, and detach policies of the role that are not rootwatch's"),
    }
}

/// The first call of the notifier that is refused.
fn policy(deployed: &Deployed, id: &str, role: &Identity) -> Vec<Hop> {
    let refused = calls(deployed)
        .into_iter()
        .map(|call| (call.decide(role), call))
        .find(|(decision, _)| *decision != Decision::Allowed);
    let hop = match refused {
        None => return Vec::new(),
        Some((Decision::Unknown(why), _)) => {
            let fix = Some(DEPLOY_HUB.to_owned());
            Hop::unknown(hub::ROLE_POLICY, id, "policy", why, fix)
        }
        Some((
            refused,
            Call {
                action, resource, ..
            },
        )) => {
            let words = refused.words();
            let finding = format!("it may not {action} on {resource}: its policy {words}");
            Hop::broken(hub::ROLE_POLICY, id, "policy", finding, fix_of(&refused))
        }
    };
    let fields = [
        "inline_policy",
        "attached_policies",
        "other_policies",
        "permissions_boundary",
    ];
    vec![fields.iter().fold(hop, |hop, field| hop.about(field))]
}

/// A call that the notifier makes, or Lambda for it.
struct Call {
    action: &'static str,
    resource: String,
    /// The service by which a key is used.
    via: Option<String>,
}

impl Call {
    fn decide(&self, role: &Identity) -> Decision {
        let mut request = role.request(None, self.action, &self.resource);
        if let Some(via) = &self.via {
            request.keys.insert("kms:viaservice", Some(via.clone()));
        }
        role.decides(&request)
    }
}

/// Everything that the notifier does and that it cannot do without.
fn calls(deployed: &Deployed) -> Vec<Call> {
    let names = &deployed.names;
    let call = |action, resource: &str| Call {
        action,
        resource: resource.to_owned(),
        via: None,
    };
    let alerts = names.alerts_topic();
    let log = format!("{}:log-stream:x", names.log_group_arn());
    let mut all = vec![
        call("sns:Publish", &names.topic_arn(&alerts)),
        call("logs:CreateLogStream", &log),
        call("logs:PutLogEvents", &log),
    ];
    let queues = [names.acts_queue(), names.reads_queue()];
    for queue in &queues {
        let arn = names.queue_arn(queue);
        all.extend(READ_QUEUE.map(|action| call(action, &arn)));
    }
    let topic_key = deployed.topic(&alerts).ok().flatten();
    let topic_key = topic_key.and_then(|it| it.kms_master_key_id.as_ref());
    let topic_key = topic_key.filter(|it| *it != AWS_MANAGED_KEY);
    let keys = topic_key.map(|key| ("sns", key)).into_iter();
    let queue_keys = queues.iter().filter_map(|queue| {
        let key = deployed.queue(queue).ok()??.kms_key.as_ref();
        // One of AWS's own is a finding of the queue.
        key.filter(|it| !it.contains("alias/aws/"))
            .map(|key| ("sqs", key))
    });
    for (service, key) in keys.chain(queue_keys) {
        let via = format!(
            "{service}.{}.{}",
            names.region,
            names.partition.dns_suffix()
        );
        all.extend(["kms:GenerateDataKey", "kms:Decrypt"].map(|action| Call {
            via: Some(via.clone()),
            ..call(action, key)
        }));
    }
    all
}
