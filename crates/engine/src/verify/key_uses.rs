//! Whether those who write to the hub's resources, and read them, may use the keys of one's own. Pure.

use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::keys::{Grant, Key, MISSING, own_key};
use super::queues;
use crate::findings::hub;
use crate::hub::hub_resource::HubResource;
use crate::names::Names;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use std::collections::{BTreeMap, BTreeSet};

/// How many grantees are named.
const MOST_NAMED: usize = 20;

/// Somebody who has to use a key, and for what.
struct Use {
    /// Kind and name of the resource.
    resource: String,
    /// `EventBridge, for rule rootwatch-acts,`
    who: String,
    principal: Principal,
    keys: Keys,
    /// What is lost where they may not.
    loss: &'static str,
}

/// A finding for each key that is off, keeps somebody out, or has grants.
pub(super) fn judge(deployed: &Deployed) -> Vec<Hop> {
    let mut by_key: BTreeMap<&str, Vec<Use>> = BTreeMap::new();
    let found = deployed
        .found
        .values()
        .filter_map(|it| it.as_ref().ok()?.as_ref());
    for resource in found {
        if let Some(key) = own_key(resource) {
            let uses = by_key.entry(key).or_default();
            uses.extend(uses_of(deployed, resource));
        }
    }
    let hops = by_key
        .iter()
        .flat_map(|(key, uses)| of_key(deployed, key, uses));
    hops.collect()
}

fn of_key(deployed: &Deployed, name: &str, uses: &[Use]) -> Vec<Hop> {
    let id = format!("key {name}");
    let key = match deployed.keys.get(name) {
        Some(Ok(key)) => key,
        Some(Err(why)) => return vec![Hop::unread(hub::UNREAD, &id, "state", why)],
        None => return Vec::new(),
    };
    if let Some(hop) = state(&deployed.names, &id, key, uses) {
        return vec![hop];
    }
    let mut hops = Vec::new();
    hops.extend(match &key.policy {
        Ok(policy) => refusals(&deployed.names, &id, policy, uses),
        Err(why) => vec![Hop::unread(hub::UNREAD, &id, "policy", why)],
    });
    hops.extend(match &key.grants {
        Ok(grants) => granted(&deployed.names, &id, grants),
        Err(why) => vec![Hop::unread(hub::UNREAD, &id, "grants", why)],
    });
    if hops.is_empty() {
        let finding = "is enabled, lets in all who need it by its policy, and nobody by a grant";
        hops.push(Hop::ok(&id, "key", finding));
    }
    hops
}

/// KMS Developer Guide, "Key states of AWS KMS keys": none but an enabled key encrypts or decrypts.
fn state(names: &Names, id: &str, key: &Key, uses: &[Use]) -> Option<Hop> {
    if key.state == "Enabled" {
        return None;
    }
    let mut losses: Vec<String> = uses
        .iter()
        .map(|it| format!("{}: {}", it.resource, it.loss))
        .collect();
    losses.dedup();
    let losses = losses.join("; ");
    let name = id.trim_start_matches("key ");
    let enable = format!(
        "`aws kms enable-key --region {} --key-id {name}`",
        names.region
    );
    let (finding, fix) = match key.state.as_str() {
        MISSING => (
            format!("it does not exist: {losses}"),
            format!("{DEPLOY_HUB} with another key, or with --reset of this one"),
        ),
        "PendingDeletion" => (
            format!("it is being deleted, and serves nobody: {losses}"),
            format!(
                "cancel its deletion (`aws kms cancel-key-deletion --region {} --key-id {name}`), then enable it ({enable})",
                names.region
            ),
        ),
        state => (
            format!("its state is \"{state}\", and it serves nobody: {losses}"),
            format!("enable it ({enable})"),
        ),
    };
    Some(Hop::broken(hub::KEY_STATE, id, "state", finding, fix))
}

/// The first action of the first use behind each loss that the key's policy does not let happen.
fn refusals(names: &Names, id: &str, policy: &Policy, uses: &[Use]) -> Vec<Hop> {
    let mut said = BTreeSet::new();
    let refused = uses.iter().filter_map(|it| {
        let answers =
            ACTIONS.map(|action| (action, decide([policy], &it.request(action, names, id))));
        let (action, decision) = answers
            .into_iter()
            .find(|(_, it)| *it != Decision::Allowed)?;
        let is_first = said.insert((&it.resource, it.loss));
        is_first.then(|| refusal(id, it, action, &decision))
    });
    refused.collect()
}

const ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

fn refusal(id: &str, it: &Use, action: &'static str, decision: &Decision) -> Hop {
    let Use {
        resource,
        who,
        loss,
        ..
    } = it;
    let check = format!("{who} needs {action} for {resource}");
    match decision {
        Decision::Unknown(why) => {
            let fix = format!(
                "see whether its policy lets {who} use it (`aws kms get-key-policy` shows it)"
            );
            Hop::unknown(
                hub::KEY_POLICY,
                id,
                "policy",
                format!("{check}: {why}"),
                Some(fix),
            )
        }
        refused => {
            let finding = format!("{check}, and its policy {}: {loss}", refused.words());
            let fix = format!("have its policy let {who} call kms:GenerateDataKey and kms:Decrypt");
            Hop::broken(hub::KEY_POLICY, id, "policy", finding, fix)
        }
    }
}

fn granted(names: &Names, id: &str, grants: &[Grant]) -> Vec<Hop> {
    let fix = |grantee: &str| {
        format!(
            "find out who made it and what it is for (`aws kms list-grants --region {} --key-id {}` shows it, with {grantee}), and have it revoked unless somebody needs it",
            names.region,
            id.trim_start_matches("key ")
        )
    };
    let mut hops: Vec<Hop> = grants
        .iter()
        .take(MOST_NAMED)
        .map(
            |Grant {
                 grantee,
                 operations,
             }| {
                let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
                let finding = format!(
                    "a grant lets {grantee} use it, whatever its policy says, for {}",
                    operations.join(", ")
                );
                Hop::unknown(hub::KEY_GRANT, id, "grants", finding, Some(fix(grantee)))
            },
        )
        .collect();
    if grants.len() > MOST_NAMED {
        let finding = format!("and {} more have grants", grants.len() - MOST_NAMED);
        hops.push(Hop::unknown(
            hub::KEY_GRANT,
            id,
            "grants",
            finding,
            Some(fix("the others")),
        ));
    }
    hops
}

impl Use {
    fn request(&self, action: &'static str, names: &Names, id: &str) -> Request {
        Request {
            principal: Some(self.principal.clone()),
            action,
            resource: key_arn(names, id),
            keys: self.keys.clone(),
        }
    }
}

/// A key policy names its key as `*`; the ARN is needed where it names it otherwise.
fn key_arn(names: &Names, id: &str) -> String {
    let name = id.trim_start_matches("key ");
    match name.starts_with("arn:") {
        true => name.to_owned(),
        false => format!(
            "arn:{}:kms:{}:{}:key/{name}",
            names.partition.name(),
            names.region,
            names.account
        ),
    }
}

fn uses_of(deployed: &Deployed, resource: &HubResource) -> Vec<Use> {
    let names = &deployed.names;
    let id = resource.id();
    match resource {
        HubResource::Queue(queue) => {
            let rules = queues::senders(names, &queue.name).into_iter();
            let mut uses: Vec<Use> = rules.map(|arn| of_rule(names, &id, arn)).collect();
            if queue.name != names.dead_letter_queue() {
                uses.push(of_role(
                    deployed,
                    &id,
                    "sqs",
                    "events wait in it until they are lost",
                ));
            }
            uses
        }
        HubResource::Topic(_) => vec![of_role(
            deployed,
            &id,
            "sns",
            "nothing that is published to it goes out",
        )],
        HubResource::LogGroup(log) => vec![of_log(names, &id, &log.arn)],
        _ => Vec::new(),
    }
}

/// EventBridge Developer Guide, "Amazon SQS queue is encrypted".
fn of_rule(names: &Names, resource: &str, arn: String) -> Use {
    let rule = arn.rsplit('/').next().unwrap_or_default();
    Use {
        resource: resource.to_owned(),
        who: format!("EventBridge (events.amazonaws.com, for rule {rule})"),
        principal: Principal::Service("events.amazonaws.com".to_owned()),
        keys: [
            ("aws:sourcearn", Some(arn)),
            ("aws:sourceaccount", Some(names.account.clone())),
        ]
        .into(),
        loss: "what EventBridge sends to it is lost",
    }
}

fn of_role(deployed: &Deployed, resource: &str, service: &str, loss: &'static str) -> Use {
    let names = &deployed.names;
    let role = match &deployed.role {
        Ok(Some(role)) => role.arn.clone(),
        _ => names.role_arn(),
    };
    let via = format!(
        "{service}.{}.{}",
        names.region,
        names.partition.dns_suffix()
    );
    Use {
        resource: resource.to_owned(),
        who: "the notifier's role".to_owned(),
        principal: Principal::Role {
            account: names.account.clone(),
            arn: role.clone(),
        },
        keys: [
            ("aws:principalarn", Some(role)),
            ("aws:principalaccount", Some(names.account.clone())),
            ("aws:principalorgid", Some(deployed.organization())),
            ("kms:calleraccount", Some(names.account.clone())),
            ("kms:viaservice", Some(via)),
        ]
        .into(),
        loss,
    }
}

/// CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
fn of_log(names: &Names, resource: &str, log_group: &str) -> Use {
    let service = format!("logs.{}.{}", names.region, names.partition.dns_suffix());
    Use {
        resource: resource.to_owned(),
        who: format!("CloudWatch Logs ({service})"),
        principal: Principal::Service(service),
        keys: [(
            "kms:encryptioncontext:aws:logs:arn",
            Some(log_group.to_owned()),
        )]
        .into(),
        loss: "what the notifier writes is not kept",
    }
}
