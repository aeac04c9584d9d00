//! The notifier: whether it can run, does what it should, and nobody else uses it. Pure.

use super::as_made::Changes;
use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::role;
use super::strangers::{self, Of};
use crate::findings::hub;
use crate::hub::build::{BUILD_TAG, Build, SOURCES_TAG};
use crate::hub::function::Function;
use rootwatch_eval::Policy;
use rootwatch_eval::external::{self, Access};

/// What is broken of the function, and each statement in its policy: rootwatch makes none.
pub(super) fn judge(
    deployed: &Deployed,
    id: &str,
    (wanted, found): (&Function, &Function),
    changes: &Changes,
) -> Vec<Hop> {
    let mut hops: Vec<Hop> = state(id, found).into_iter().collect();
    hops.extend(code(id, wanted, found));
    hops.extend(settings(id, wanted, found));
    hops.extend(told(id, wanted, found));
    if changes.has("role") {
        hops.extend(
            role::judge(deployed)
                .into_iter()
                .map(|hop| hop.about("role")),
        );
    }
    hops.extend(statements(deployed, id, &found.arn));
    hops
}

/// Anyone who may invoke it can make it publish forged alerts.
fn statements(deployed: &Deployed, id: &str, arn: &str) -> Vec<Hop> {
    let policy = match &deployed.function_policy {
        Ok(Some(policy)) => policy,
        Ok(None) => return Vec::new(),
        Err(why) => return vec![Hop::unread(hub::UNREAD, id, "policy", why)],
    };
    let names = &deployed.names;
    let opens = |policy: &Policy| {
        let access = Access {
            account: &names.account,
            actions: &["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
            resource: arn,
        };
        let found = external::find(policy, &access).filter(|it| it.unknown.is_none())?;
        Some(format!("{} can invoke it with forged events", found.who))
    };
    let of = Of {
        open: hub::FUNCTION_OPEN,
        statement: hub::FUNCTION_STATEMENT,
        id,
        shown_by: format!(
            "aws lambda get-policy --region {} --function-name {}",
            names.region,
            names.function()
        ),
    };
    strangers::statements(&of, &Policy::default(), policy, opens)
}

fn state(id: &str, found: &Function) -> Option<Hop> {
    let finding = match (found.active, found.reserved_concurrency) {
        (false, _) => "it is not active, or its last update failed or is under way",
        (true, Some(0)) => "its reserved concurrency is 0: it never runs",
        _ => return None,
    };
    let hop = Hop::broken(hub::FUNCTION_STATE, id, "state", finding, DEPLOY_HUB);
    Some(hop.about("reserved_concurrency"))
}

fn code(id: &str, wanted: &Function, found: &Function) -> Vec<Hop> {
    let build = Build::of(wanted, found);
    let finding = build.words().map(|it| format!("its code is {it}"));
    let finding = finding.unwrap_or_default();
    let kind = hub::FUNCTION_CODE;
    let mut hops = match build {
        Build::Same => Vec::new(),
        Build::SameSources => {
            let finding = format!("{finding}, by its tags, and cannot be compared with this one");
            let fix =
                "verify with the build that deployed it, or run `rootwatch deploy hub --own-build`";
            vec![Hop::unknown(kind, id, "code", finding, Some(fix.into()))]
        }
        Build::OtherVersion | Build::Changed | Build::Unmarked => {
            let hop = Hop::broken(kind, id, "code", finding, DEPLOY_HUB);
            let hop = hop.about("code_sha256").about("architecture");
            let tags = [SOURCES_TAG, BUILD_TAG].map(|tag| format!("tags.{tag}"));
            vec![tags.iter().fold(hop, |hop, tag| hop.about(tag))]
        }
    };
    if found.runtime != wanted.runtime {
        let finding = format!(
            "its code is built for {}, and it runs on {}",
            wanted.runtime, found.runtime
        );
        hops.push(Hop::broken(kind, id, "code", finding, DEPLOY_HUB).about("runtime"));
    }
    hops
}

fn settings(id: &str, wanted: &Function, found: &Function) -> Vec<Hop> {
    let broken = |finding: String, about| {
        Hop::broken(hub::FUNCTION_SETTINGS, id, "settings", finding, DEPLOY_HUB).about(about)
    };
    let mut hops = Vec::new();
    if found.timeout < wanted.timeout {
        let (timeout, needs) = (found.timeout, wanted.timeout);
        hops.push(broken(
            format!("it has {timeout} s, where it needs {needs} s"),
            "timeout",
        ));
    }
    if found.memory_size < wanted.memory_size {
        let (memory, needs) = (found.memory_size, wanted.memory_size);
        let finding = format!("it has {memory} MB, where it needs {needs} MB");
        hops.push(broken(finding, "memory_size"));
    }
    let files = "not_default.FileSystemConfigs";
    let has_files = found.not_default.contains_key("FileSystemConfigs");
    for (is_so, field, finding) in [
        (
            !found.layers.is_empty(),
            "layers",
            "it has layers, which run foreign code",
        ),
        (
            !found.subnets.is_empty(),
            "subnets",
            "it is in a VPC, from where it may not reach SNS",
        ),
        (
            found.kms_key.is_some(),
            "kms_key",
            "its environment is encrypted with a key that it may not be able to use",
        ),
        (
            has_files,
            files,
            "it mounts a file system, without which it does not start",
        ),
    ] {
        if is_so {
            hops.push(broken(finding.to_owned(), field));
        }
    }
    hops
}

/// What it is told, and what is set beside: such as an endpoint, to which all its calls would go.
fn told(id: &str, wanted: &Function, found: &Function) -> Vec<Hop> {
    let mut hops = Vec::new();
    if let Some(why) = &found.unread {
        let finding = format!("what it is told is in its code, which could not be read: {why}");
        let fix = format!(
            "let this network reach that host, or {DEPLOY_HUB} with the settings that it asks for"
        );
        let hop = Hop::unknown(hub::FUNCTION_TOLD, id, "told", finding, Some(fix));
        hops.push(hop.about("settings"));
    } else if found.topic() != wanted.topic() {
        let (finding, about) = match found.topic() {
            None => (
                "it is told no topic: it cannot start".to_owned(),
                "settings",
            ),
            Some(said) => (
                format!("it publishes to {said}, which is not the topic of this deployment"),
                "settings.topic_arn",
            ),
        };
        let hop = Hop::broken(hub::FUNCTION_TOLD, id, "told", finding, DEPLOY_HUB);
        hops.push(hop.about(about));
    }
    hops.extend(found.environment.keys().map(|name| {
        let finding =
            format!("{name} is set, and rootwatch sets no variable: it can send alerts elsewhere");
        let kind = hub::FUNCTION_ENVIRONMENT;
        let hop = Hop::broken(kind, id, "environment", finding, DEPLOY_HUB);
        hop.about(&format!("environment.{name}"))
    }));
    hops
}
