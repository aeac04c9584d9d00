//! Any single flag changes what it names, and nothing else: a row for every setting.

use super::hub::special;
use crate::world::{Ran, World, side_by_side};
use serde_json::Value;
use std::collections::BTreeSet;

const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

/// A setting, a flag that gives it another value, and what that changes, of the hub and of the spokes: kinds of
/// resources with the fields that differ. Where a command has no such flag, nothing is asked of it.
struct Row {
    key: &'static str,
    flag: &'static [&'static str],
    hub: Option<&'static [&'static str]>,
    spokes: Option<&'static [&'static str]>,
}

const fn hub(
    key: &'static str,
    flag: &'static [&'static str],
    changes: &'static [&'static str],
) -> Row {
    Row {
        key,
        flag,
        hub: Some(changes),
        spokes: None,
    }
}

const fn spokes(
    key: &'static str,
    flag: &'static [&'static str],
    changes: &'static [&'static str],
) -> Row {
    Row {
        key,
        flag,
        hub: None,
        spokes: Some(changes),
    }
}

const fn both(
    key: &'static str,
    flag: &'static [&'static str],
    of_hub: &'static [&'static str],
    of_spokes: &'static [&'static str],
) -> Row {
    Row {
        key,
        flag,
        hub: Some(of_hub),
        spokes: Some(of_spokes),
    }
}

/// What another role of the notifier changes: who it is, and whom the topic lets publish.
const OTHER_ROLE: &[&str] = &[
    "function role",
    "role create",
    "role delete",
    "topic policy.RootwatchNobodyElse.Condition.ArnNotEquals.aws:PrincipalArn",
    "topic policy.RootwatchNotifier.Condition.ArnEquals.aws:PrincipalArn",
    "topic policy.RootwatchSelfCheck.Condition.ArnEquals.aws:PrincipalArn",
];

const ROWS: &[Row] = &[
    hub(
        "org_id",
        &["--org-id", "o-a1b2c3d4e5"],
        &[
            "event-bus policy.RootwatchOrganization.Condition.StringEquals.aws:PrincipalOrgID",
            "role inline_policy.AccountNames.Resource",
        ],
    ),
    both("timeout", &["--timeout", "1h"], &[], &[]),
    hub(
        "hub.email",
        &["--email", "cto@example.com"],
        &["subscriptions subscriptions.email cto@example.com"],
    ),
    hub(
        "hub.topic_name",
        &["--topic-name", "other-alarms"],
        &[
            "alarm dimensions.TopicName",
            "function settings.topic_arn",
            "role inline_policy.Publish.Resource",
            "rule event_pattern.detail.$or",
            "topic create",
        ],
    ),
    hub(
        "hub.kms_key",
        &["--kms-key", KEY],
        &["role inline_policy.UseTopicKey", "topic kms_master_key_id"],
    ),
    hub(
        "hub.log_kms_key",
        &["--log-kms-key", KEY],
        &["log-group kms_key"],
    ),
    hub(
        "hub.queue_kms_key",
        &["--queue-kms-key", KEY],
        &[
            "queue kms_key",
            "queue sqs_managed_sse",
            "role inline_policy.UseQueueKey",
        ],
    ),
    hub(
        "hub.log_retention_days",
        &["--log-retention-days", "30"],
        &[
            "log-group retention_in_days",
            "log-group tags.rootwatch:retention-days",
        ],
    ),
    hub(
        "hub.self_check",
        &["--self-check", "problems"],
        &[
            "alarm create",
            "function create",
            "log-group create",
            "permission create",
            "role create",
            "rule create",
            "topic policy.RootwatchAlarms.Condition.ArnEquals.aws:SourceArn",
            "topic policy.RootwatchNobodyElse.Condition.ArnNotEquals.aws:PrincipalArn",
            "topic policy.RootwatchNobodyElse.Condition.ArnNotEquals.aws:SourceArn",
            "topic policy.RootwatchSelfCheck.Effect",
            "topic tags.rootwatch:self-check",
        ],
    ),
    hub(
        "hub.subscriptions",
        &["--sns-subscription", "sms=+491701234567"],
        &["subscriptions subscriptions.sms +491701234567"],
    ),
    hub(
        "notify.read_only",
        &["--notify-read-only", "off"],
        &[
            "event-source-mapping batch_size",
            "event-source-mapping maximum_batching_window",
            "function settings.read_only",
        ],
    ),
    hub(
        "notify.format",
        &["--notify-format", "text"],
        &["function settings.format"],
    ),
    hub(
        "account_names",
        &["--account-name", "444455556666=Data"],
        &["function settings.account_names.444455556666"],
    ),
    hub(
        "notify.runbook",
        &["--notify-runbook", "https://wiki.example.com/root"],
        &["function settings.runbook"],
    ),
    hub(
        "notify.contact",
        &["--notify-contact", "Security on call"],
        &["function settings.contact"],
    ),
    // An account is no reason to ask Organizations, and a unit is.
    hub(
        "owners",
        &["--owner", "444455556666=Data", "--owner", "r-ab12=Platform"],
        &["function settings.owners", "role inline_policy.Units"],
    ),
    hub(
        "routes",
        &[
            "--route",
            "arn:aws:sns:eu-west-1:444455556666:shops=severity=high",
        ],
        &["function settings.routes", "role inline_policy.Routes"],
    ),
    spokes(
        "spokes.ou",
        &["--ou", "/Workloads/Prod"],
        &["create in eu-west-1,us-east-1", "stack-set description"],
    ),
    spokes(
        "spokes.regions",
        &["--regions", "us-east-1,eu-west-1,eu-central-1"],
        &["create in eu-central-1", "stack-set description"],
    ),
    spokes(
        "spokes.heartbeat",
        &["--heartbeat", "12h"],
        &["stack-set parameters.Heartbeat"],
    ),
    spokes("spokes.call_as", &["--call-as", "delegated-admin"], &[]),
    spokes("spokes.max_concurrent", &["--max-concurrent", "25%"], &[]),
    spokes(
        "spokes.failure_tolerance",
        &["--failure-tolerance", "10%"],
        &[],
    ),
    spokes(
        "spokes.region_concurrency",
        &["--region-concurrency", "sequential"],
        &[],
    ),
    spokes(
        "spokes.instance_quota",
        &["--instance-quota", "200000"],
        &[],
    ),
    both(
        "iam.permissions_boundary",
        &["--permissions-boundary", BOUNDARY],
        &["role permissions_boundary"],
        &[
            "stack-set parameters.BoundaryAccount",
            "stack-set parameters.PermissionsBoundary",
        ],
    ),
    // A role that keeps its name cannot move, so that the flag alone is refused.
    both(
        "iam.path",
        &["--iam-path", "/other/", "--role-prefix", "Other-"],
        OTHER_ROLE,
        &[
            "stack-set parameters.RolePath",
            "stack-set parameters.RolePrefix",
        ],
    ),
    both(
        "iam.role_prefix",
        &["--role-prefix", "Other-"],
        OTHER_ROLE,
        &["stack-set parameters.RolePrefix"],
    ),
    both(
        "tags",
        &["--tag", "cost=1"],
        &[
            "alarm tags.cost",
            "event-bus tags.cost",
            "function tags.cost",
            "log-group tags.cost",
            "queue tags.cost",
            "role tags.cost",
            "rule tags.cost",
            "topic tags.cost",
        ],
        &["stack-set tags.cost"],
    ),
];

/// They say where a run acts and as whom, so that with another value it is not the same deployment.
const PLACE: [&str; 10] = [
    "name",
    "profile",
    "region",
    "endpoint_url",
    "hub.account",
    "hub.region",
    "hub.profile",
    "hub.role",
    "management.profile",
    "management.role",
];

/// What is found is accepted by it, and nothing planned otherwise.
const OF_FINDINGS: [&str; 1] = ["ignore"];

/// What `plan guardrail` shows and no other plan; `tests/guardrail/` has its rows.
const OF_GUARDRAIL: [&str; 1] = ["guardrail.free_roles"];

/// What a step or the StackSet changes: its kind with each field.
fn fields(kind: &str, step: &Value) -> BTreeSet<String> {
    let fields = step["fields"].as_array().cloned().unwrap_or_default();
    let names = fields.iter().map(|it| it["field"].as_str().unwrap());
    match step["action"].as_str().unwrap() {
        "keep" => BTreeSet::new(),
        "update" => names.map(|name| format!("{kind} {name}")).collect(),
        other => BTreeSet::from([format!("{kind} {other}")]),
    }
}

fn of_hub(plan: &Ran) -> BTreeSet<String> {
    let plan = plan.json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let kind = |step: &Value| {
        let resource = step["resource"].as_str().unwrap();
        resource.split(' ').next().unwrap().to_owned()
    };
    steps.flat_map(|step| fields(&kind(step), step)).collect()
}

fn of_spokes(plan: &Ran) -> BTreeSet<String> {
    let plan = plan.json()["plan"].clone();
    let changes = plan["changes"].as_array().unwrap().iter();
    let changes = changes.map(|it| {
        let regions = it["regions"].as_array().unwrap().iter();
        let regions: Vec<&str> = regions.map(|it| it.as_str().unwrap()).collect();
        format!("{} in {}", it["kind"].as_str().unwrap(), regions.join(","))
    });
    let mut all: BTreeSet<String> = changes.collect();
    all.extend(fields("stack-set", &plan["stack_set"]));
    all
}

fn differs(world: &World, what: &str, row: &Row, wanted: &[&str]) -> Option<String> {
    let args = [&["plan", what, "--output", "json"], row.flag].concat();
    let plan = world.rootwatch(&args);
    if plan.code != 0 {
        return Some(format!("{}: {}", row.key, plan.stderr));
    }
    let found = match what {
        "hub" => of_hub(&plan),
        _ => of_spokes(&plan),
    };
    let wanted: BTreeSet<String> = wanted.iter().map(|it| (*it).to_owned()).collect();
    (found != wanted).then(|| format!("{} {what}: {found:?}", row.key))
}

#[test]
fn a_single_flag_of_any_setting_changes_what_it_names() {
    let world = special().calm();
    let deploy = ["deploy", "spokes", "--yes", "--ou", "/Security"];
    let how = ["--regions", "us-east-1,eu-west-1", "--max-concurrent", "1"];
    world.rootwatch(&[&deploy[..], &how].concat()).ends_with(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    side_by_side(ROWS, |row| {
        let plans = [("hub", row.hub), ("spokes", row.spokes)];
        for (what, wanted) in plans {
            let Some(wanted) = wanted else { continue };
            wrong
                .lock()
                .unwrap()
                .extend(differs(&world, what, row, wanted));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The settings themselves say which there are: a new one needs a row.
#[test]
fn every_setting_has_a_row() {
    let world = World::new();
    let settings = world.rootwatch(&["settings", "--output", "json"]);
    let settings = settings.ends_with(0).json();
    let all = settings["settings"].as_array().unwrap().iter();
    let all: BTreeSet<&str> = all.map(|it| it["key"].as_str().unwrap()).collect();
    let rows = ROWS.iter().map(|row| row.key);
    let rows = rows.chain(PLACE).chain(OF_FINDINGS).chain(OF_GUARDRAIL);
    assert_eq!(rows.collect::<BTreeSet<&str>>(), all);
}
