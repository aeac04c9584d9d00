//! The notifier: who may not invoke it, whether it can run, and what it may do.

use super::deployed::Deployed;
use super::events::Place;
use super::finding::{DEPLOY_HUB, Hop};
use super::identity::Identity;
use super::notifying;
use crate::hub::build::Build;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use rootwatch_eval::external::{self, Access};
use rootwatch_eval::iam::{Decision, Keys};

/// Everything about the function.
pub(super) fn check(deployed: &Deployed, place: &Place) -> Vec<Hop> {
    let name = deployed.names.function();
    let id = format!("function {name}");
    let function = match deployed.function(&name) {
        Ok(Some(function)) => function,
        Ok(None) => return vec![Hop::broken(&id, "exists", "there is none", DEPLOY_HUB)],
        Err(why) => return vec![Hop::unread(&id, "exists", &why)],
    };
    let mut hops = vec![
        keeps_out(deployed, &id, function),
        state(&id, function),
        code(deployed, &id, function),
        settings(deployed, &id, function),
        publishes_to(deployed, &id, function),
        notifying::check(&id, place, function),
    ];
    hops.extend(role(deployed, function));
    hops
}

/// Anyone who may invoke it can make it publish forged alerts.
fn keeps_out(deployed: &Deployed, id: &str, function: &Function) -> Hop {
    let check = "keeps out";
    let policy = match &deployed.function_policy {
        Ok(policy) => policy.clone().unwrap_or_default(),
        Err(why) => return Hop::unread(id, check, why),
    };
    let access = Access {
        account: &deployed.names.account,
        actions: &["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
        resource: &function.arn,
    };
    let Some(found) = external::find(&policy, &access) else {
        return Hop::ok(id, check, "other accounts");
    };
    let (who, sid) = (&found.who, &found.sid);
    let fix = format!(
        "find out who made it and what it is for (`aws lambda get-policy --region {} --function-name {}` shows it), and have them take it away; {DEPLOY_HUB} when it is rootwatch's own",
        deployed.names.region, function.name
    );
    match found.unknown {
        None => {
            let finding =
                format!("\"{sid}\" of its policy allows {who} to invoke it with forged events");
            Hop::broken(id, check, finding, fix)
        }
        Some(why) => Hop::unknown(id, check, format!("for {who}: {why}"), Some(fix)),
    }
}

fn state(id: &str, function: &Function) -> Hop {
    let check = "state";
    if !function.active {
        return Hop::broken(
            id,
            check,
            "it is not active, or its last update failed or is under way",
            DEPLOY_HUB,
        );
    }
    if function.reserved_concurrency == Some(0) {
        return Hop::broken(
            id,
            check,
            "its reserved concurrency is 0: it never runs",
            DEPLOY_HUB,
        );
    }
    Hop::ok(id, check, "active")
}

fn wanted<'a>(deployed: &'a Deployed, function: &Function) -> Option<&'a Function> {
    deployed
        .wanted
        .iter()
        .find_map(|node| match &node.resource {
            HubResource::Function(it) if it.name == function.name => Some(it),
            _ => None,
        })
}

fn code(deployed: &Deployed, id: &str, function: &Function) -> Hop {
    let check = "code";
    let Some(wanted) = wanted(deployed, function) else {
        return Hop::unknown(id, check, "it is not the function of this version", None);
    };
    let build = Build::of(wanted, function);
    let finding = build.words().map(|it| format!("its code is {it}"));
    let finding = finding.unwrap_or_default();
    match build {
        Build::Same => {}
        Build::SameSources => {
            let finding = format!("{finding}, by its tags, and cannot be compared with this one");
            let fix =
                "verify with the build that deployed it, or run `rootwatch deploy hub --own-build`";
            return Hop::unknown(id, check, finding, Some(fix.into()));
        }
        Build::OtherVersion | Build::Changed | Build::Unmarked => {
            return Hop::broken(id, check, finding, DEPLOY_HUB);
        }
    }
    if function.runtime != wanted.runtime {
        let finding = format!(
            "its code is built for {}, and it runs on {}",
            wanted.runtime, function.runtime
        );
        return Hop::broken(id, check, finding, DEPLOY_HUB);
    }
    Hop::ok(id, check, "the notifier of this version of rootwatch")
}

fn settings(deployed: &Deployed, id: &str, function: &Function) -> Hop {
    let check = "settings";
    let Some(wanted) = wanted(deployed, function) else {
        return Hop::unknown(id, check, "it is not the function of this version", None);
    };
    let finding = format!("{} s and {} MB", function.timeout, function.memory_size);
    if function.timeout < wanted.timeout || function.memory_size < wanted.memory_size {
        let (timeout, memory) = (wanted.timeout, wanted.memory_size);
        let finding = format!("it has {finding}, where it needs {timeout} s and {memory} MB");
        return Hop::broken(id, check, finding, DEPLOY_HUB);
    }
    let beside = [
        (
            !function.layers.is_empty(),
            "it has layers, which run foreign code",
        ),
        (
            !function.subnets.is_empty(),
            "it is in a VPC, from where it may not reach SNS",
        ),
        (
            function.kms_key.is_some(),
            "its environment is encrypted with a key that it may not be able to use",
        ),
    ];
    match beside.into_iter().find(|(is_so, _)| *is_so) {
        Some((_, finding)) => Hop::broken(id, check, finding, DEPLOY_HUB),
        None => Hop::ok(id, check, finding),
    }
}

fn publishes_to(deployed: &Deployed, id: &str, function: &Function) -> Hop {
    let check = "publishes to";
    if let Some(why) = &function.unread {
        let finding = format!("its settings are in its code, which could not be read: {why}");
        return Hop::unknown(id, check, finding, None);
    }
    // Such as an endpoint, to which all its calls would go.
    if let Some(name) = function.environment.keys().next() {
        let finding = format!(
            "{name} is set in its environment, where rootwatch sets nothing: it can send alerts elsewhere"
        );
        return Hop::broken(id, check, finding, DEPLOY_HUB);
    }
    let Some(said) = function.topic() else {
        let finding = "no topic is set: it cannot start";
        return Hop::broken(id, check, finding, DEPLOY_HUB);
    };
    match &deployed.alerts {
        Err(why) => Hop::unread(id, check, why),
        Ok(Some(topic)) if topic.arn == *said && deployed.is_ours(topic) => {
            Hop::ok(id, check, said)
        }
        Ok(_) => Hop::broken(
            id,
            check,
            format!("it publishes to {said}, which is not a topic of this deployment"),
            DEPLOY_HUB,
        ),
    }
}

fn role(deployed: &Deployed, function: &Function) -> Vec<Hop> {
    let id = format!(
        "role {}",
        function.role.rsplit('/').next().unwrap_or_default()
    );
    let role = match &deployed.role {
        Ok(Some(role)) => role,
        Ok(None) => {
            return vec![Hop::broken(
                &id,
                "exists",
                "the role that the function runs as does not exist",
                DEPLOY_HUB,
            )];
        }
        Err(why) => return vec![Hop::unread(&id, "exists", why)],
    };
    vec![
        trust(deployed, &id, function, role),
        policy(deployed, &id, role),
    ]
}

fn trust(deployed: &Deployed, id: &str, function: &Function, role: &Identity) -> Hop {
    let keys: Keys = [
        ("aws:sourcearn", Some(function.arn.clone())),
        ("aws:sourceaccount", Some(deployed.names.account.clone())),
    ]
    .into();
    match role.trusts("lambda.amazonaws.com", keys) {
        Decision::Allowed => Hop::ok(id, "trust", "Lambda may assume it"),
        Decision::Unknown(why) => Hop::unknown(id, "trust", why, Some(DEPLOY_HUB.to_owned())),
        refused => Hop::broken(
            id,
            "trust",
            format!(
                "Lambda may not assume it: its trust policy {}",
                refused.words()
            ),
            DEPLOY_HUB,
        ),
    }
}

/// What lets the role do what its policies, or its permissions boundary, do not.
pub(super) fn fix_of(refused: &Decision) -> String {
    match refused {
        Decision::OutOfBounds => {
            format!(
                "{DEPLOY_HUB} with a --permissions-boundary that allows it, or have the role's taken away"
            )
        }
        _ => format!("{DEPLOY_HUB}, and detach policies of the role that are not rootwatch's"),
    }
}

/// What Lambda does with a queue as the function's role.
const READ_QUEUE: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];

/// Everything that the notifier does, but publishing, which the topic's policy decides too.
fn policy(deployed: &Deployed, id: &str, role: &Identity) -> Hop {
    let check = "policy";
    let names = &deployed.names;
    let queues = [names.acts_queue(), names.reads_queue()].map(|queue| names.queue_arn(&queue));
    let log = format!("{}:log-stream:x", names.log_group_arn());
    let of_queue = |queue| READ_QUEUE.map(|action| (action, queue));
    let of_queues = queues.iter().flat_map(of_queue);
    let of_log = ["logs:CreateLogStream", "logs:PutLogEvents"].map(|action| (action, &log));
    for (action, resource) in of_queues.chain(of_log) {
        match role.may(action, resource) {
            Decision::Allowed => {}
            Decision::Unknown(why) => {
                return Hop::unknown(id, check, why, Some(DEPLOY_HUB.to_owned()));
            }
            refused => {
                let finding = format!(
                    "it may not {action} on {resource}: its policy {}",
                    refused.words()
                );
                return Hop::broken(id, check, finding, fix_of(&refused));
            }
        }
    }
    Hop::ok(id, check, "may read its queues, and log")
}
