use super::*;
use crate::aws::partition::Partition;
use crate::settings::IamSettings;
use rootwatch_eval::iam::{Decision, Keys, Request, decide};

/// What denies as it should by a simulator that is not ours; see `crates/eval/tests/eval/oracles` for its other answers.
const ORACLE: &str = include_str!("scp_oracle.json");

const OPERATOR: &str = "user/operator";
const ROOT: &str = "root";
const ADMIN: &str = "role/Admin";
const CONTROL_TOWER: &str = "role/AWSControlTowerExecution";
const OF_STACK_SETS: &str = "role/stacksets-exec-1f2e3d4c5b6a";

const RULE_ARN: &str = "events:us-east-1:444455556666:rule/rootwatch-root-activity";
const TAMPERING: &str = "events:eu-west-1:444455556666:rule/rootwatch-tampering";
const ORG_TAMPERING: &str = "events:eu-west-1:444455556666:rule/rootwatch-org-tampering";
const HUB_TAMPERING: &str = "events:eu-west-1:444455556666:rule/rootwatch/rootwatch-tampering";
const OF_HUB: &str = "events:eu-west-1:444455556666:rule/rootwatch-hub-tampering";
const OTHER_RULE: &str = "events:us-east-1:444455556666:rule/rootwatch-root-activity-of-mine";
const HUB_RULE: &str = "events:eu-west-1:444455556666:rule/rootwatch/rootwatch-acts";
const FORWARD: &str =
    "iam::444455556666:role/StackSet-rootwatch-spoke-1a2b-ForwardRole-0ABCDEFGHIJK";
const EXEC: &str = "iam::444455556666:role/stacksets-exec-1f2e3d4c5b6a";
const NOTIFIER: &str = "iam::444455556666:role/rootwatch-notifier-eu-west-1";
const STACK_ARN: &str =
    "cloudformation:eu-west-1:444455556666:stack/StackSet-rootwatch-spoke-1a2b/9f";
const OTHER_STACK: &str = "cloudformation:eu-west-1:444455556666:stack/StackSet-baseline-1a2b/9f";
const QUEUE_ARN: &str =
    "sqs:eu-west-1:444455556666:StackSet-rootwatch-spoke-1a2b-DeadLetterQueue-XYZ";
const OTHER_QUEUE: &str = "sqs:eu-west-1:444455556666:orders";
const TRAIL: &str = "cloudtrail:us-east-1:444455556666:trail/own";
const ACCOUNT: &str = "account::444455556666:account";
const ANYTHING: &str = "*";

/// Who in a member account, does what, to what, and whether that is denied.
type Row = (&'static str, &'static str, &'static str, bool);

/// What has to hold of every deployment's policy: the questions that the oracle was asked, and those of what was added.
const ROWS: &[Row] = &[
    (ROOT, "events:DeleteRule", RULE_ARN, true),
    (ROOT, "events:DisableRule", RULE_ARN, true),
    (ROOT, "events:PutRule", RULE_ARN, true),
    (ROOT, "events:RemoveTargets", RULE_ARN, true),
    (ROOT, "events:PutTargets", RULE_ARN, true),
    (ROOT, "events:TagResource", RULE_ARN, true),
    (ROOT, "events:UntagResource", RULE_ARN, true),
    (ADMIN, "events:DeleteRule", RULE_ARN, true),
    (ADMIN, "events:PutRule", TAMPERING, true),
    (ROOT, "events:RemoveTargets", TAMPERING, true),
    (OPERATOR, "events:DisableRule", TAMPERING, true),
    (ROOT, "events:DeleteRule", ORG_TAMPERING, true),
    (ADMIN, "events:PutTargets", ORG_TAMPERING, true),
    (OF_STACK_SETS, "events:PutRule", ORG_TAMPERING, false),
    (OF_STACK_SETS, "events:PutRule", RULE_ARN, false),
    (OF_STACK_SETS, "events:DeleteRule", RULE_ARN, false),
    (OF_STACK_SETS, "events:RemoveTargets", TAMPERING, false),
    (OF_STACK_SETS, "events:TagResource", RULE_ARN, false),
    (ADMIN, "events:DescribeRule", RULE_ARN, false),
    (ADMIN, "events:ListTargetsByRule", RULE_ARN, false),
    (ADMIN, "events:DeleteRule", OTHER_RULE, false),
    // The hub's own rules are on its own bus, and `deploy hub` must be able to change them.
    (ADMIN, "events:PutRule", HUB_RULE, false),
    (ADMIN, "events:PutRule", HUB_TAMPERING, false),
    // And those for changes of the hub on the default bus.
    (ADMIN, "events:PutRule", OF_HUB, false),
    (
        ADMIN,
        "events:PutEvents",
        "events:us-east-1:444455556666:event-bus/default",
        false,
    ),
    (ROOT, "iam:DeleteRolePolicy", FORWARD, true),
    (ROOT, "iam:UpdateAssumeRolePolicy", FORWARD, true),
    (ROOT, "iam:PutRolePermissionsBoundary", FORWARD, true),
    (ADMIN, "iam:AttachRolePolicy", FORWARD, true),
    (ADMIN, "iam:PutRolePolicy", FORWARD, true),
    (ADMIN, "iam:DeleteRole", FORWARD, true),
    (ADMIN, "iam:UntagRole", FORWARD, true),
    (ADMIN, "iam:GetRole", FORWARD, false),
    (OF_STACK_SETS, "iam:CreateRole", FORWARD, false),
    (OF_STACK_SETS, "iam:DeleteRolePolicy", FORWARD, false),
    // Whoever could change these would be exempt by them.
    (ADMIN, "iam:CreateRole", EXEC, true),
    (ROOT, "iam:UpdateAssumeRolePolicy", EXEC, true),
    (ADMIN, "iam:PutRolePolicy", NOTIFIER, false),
    (
        ADMIN,
        "iam:CreateRole",
        "iam::444455556666:role/mine",
        false,
    ),
    (ROOT, "cloudformation:DeleteStack", STACK_ARN, true),
    (ADMIN, "cloudformation:UpdateStack", STACK_ARN, true),
    (ADMIN, "cloudformation:CreateChangeSet", STACK_ARN, true),
    (ADMIN, "cloudformation:ExecuteChangeSet", STACK_ARN, true),
    (ADMIN, "cloudformation:SetStackPolicy", STACK_ARN, true),
    (
        OF_STACK_SETS,
        "cloudformation:DeleteStack",
        STACK_ARN,
        false,
    ),
    (
        OF_STACK_SETS,
        "cloudformation:UpdateStack",
        STACK_ARN,
        false,
    ),
    (ADMIN, "cloudformation:DescribeStacks", STACK_ARN, false),
    (ADMIN, "cloudformation:DeleteStack", OTHER_STACK, false),
    (ROOT, "sqs:DeleteQueue", QUEUE_ARN, true),
    (ROOT, "sqs:PurgeQueue", QUEUE_ARN, true),
    (ADMIN, "sqs:SetQueueAttributes", QUEUE_ARN, true),
    (ADMIN, "sqs:DeleteMessage", QUEUE_ARN, true),
    (OF_STACK_SETS, "sqs:SetQueueAttributes", QUEUE_ARN, false),
    // What could not be forwarded can be read where it lies.
    (ADMIN, "sqs:ReceiveMessage", QUEUE_ARN, false),
    (ADMIN, "sqs:GetQueueAttributes", QUEUE_ARN, false),
    (ADMIN, "sqs:PurgeQueue", OTHER_QUEUE, false),
    (ROOT, "cloudtrail:StopLogging", TRAIL, true),
    (ADMIN, "cloudtrail:PutEventSelectors", TRAIL, true),
    (ADMIN, "cloudtrail:UpdateTrail", TRAIL, true),
    (ADMIN, "cloudtrail:DeleteTrail", TRAIL, true),
    (OF_STACK_SETS, "cloudtrail:StopLogging", TRAIL, true),
    (ADMIN, "cloudtrail:LookupEvents", ANYTHING, false),
    (ROOT, "account:DisableRegion", ACCOUNT, true),
    (ADMIN, "account:EnableRegion", ACCOUNT, true),
    (ADMIN, "account:ListRegions", ACCOUNT, false),
    (ROOT, "organizations:LeaveOrganization", ANYTHING, true),
    (ADMIN, "organizations:DescribeOrganization", ANYTHING, false),
];

fn whole(resource: &str) -> String {
    match resource {
        ANYTHING => ANYTHING.to_owned(),
        rest => format!("arn:aws:{rest}"),
    }
}

/// Whether an account with this and the policy that AWS attaches everywhere denies something.
fn is_denied(policy: &Policy, who: &str, action: &'static str, resource: &str) -> bool {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let full_access = Policy::of([("FullAWSAccess", everything)]);
    let mut keys = Keys::new();
    keys.insert(
        "aws:PrincipalArn",
        Some(format!("arn:aws:iam::444455556666:{who}")),
    );
    let request = Request {
        principal: None,
        action,
        resource: resource.to_owned(),
        keys,
    };
    match decide([&full_access, policy], &request) {
        Decision::Denied(_) => true,
        Decision::Allowed => false,
        other => panic!("{who} {action} {resource}: {other:?}"),
    }
}

#[test]
fn it_denies_what_ends_the_watch_and_nothing_that_the_watch_needs() {
    assert!(ROWS.len() >= 41);
    let policy = content(&Names::sample(), &[]);
    for (who, action, resource, wanted) in ROWS {
        let denied = is_denied(&policy, who, action, &whole(resource));
        assert_eq!(denied, *wanted, "{who} {action} {resource}");
    }
}

/// The oracle knows one rule: what is said of the others must not hold there.
#[test]
fn it_is_the_oracle_and_the_rules_that_were_added() {
    let oracle = Policy::parse(ORACLE).unwrap();
    for (who, action, resource, wanted) in ROWS {
        let denied = is_denied(&oracle, who, action, &whole(resource));
        let is_known = *wanted && ![TAMPERING, ORG_TAMPERING].contains(resource);
        assert_eq!(denied, is_known, "{who} {action} {resource}");
    }
    let ours = content(&Names::sample(), &[]);
    for (sid, statement) in oracle.statements() {
        let mut ours = ours.statement(sid).unwrap().clone();
        if sid == "RootwatchRule" {
            let rules = ours["Resource"].as_array().unwrap();
            assert_eq!(rules.len(), 3);
            assert!(rules.contains(&statement["Resource"]));
            ours["Resource"] = statement["Resource"].clone();
        }
        assert_eq!(&ours, statement, "{sid}");
    }
    assert_eq!(ours.statements().count(), 5);
}

#[test]
fn roles_that_stay_free_may_do_all_of_it() {
    let free = [
        "AWSControlTowerExecution",
        "arn:aws:iam::*:role/team/Repair",
        "AWSReservedSSO_BreakGlass_*",
    ];
    let free = free.map(str::to_owned);
    let policy = content(&Names::sample(), &free);
    let sso =
        "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_BreakGlass_0123456789abcdef";
    for who in [CONTROL_TOWER, "role/team/Repair", sso] {
        for (_, action, resource, denied) in ROWS {
            assert!(
                !is_denied(&policy, who, action, &whole(resource)),
                "{who} {action} {denied}"
            );
        }
    }
    for who in [
        ROOT,
        ADMIN,
        "role/other/AWSControlTowerExecution2",
        "role/Repair",
    ] {
        assert!(
            is_denied(&policy, who, "events:DeleteRule", &whole(RULE_ARN)),
            "{who}"
        );
        assert!(
            is_denied(&policy, who, "cloudtrail:StopLogging", &whole(TRAIL)),
            "{who}"
        );
    }
    let mut found = free_of(&policy);
    found.sort();
    let wanted = [
        "arn:aws:iam::*:role/AWSControlTowerExecution",
        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_BreakGlass_*",
        "arn:aws:iam::*:role/team/Repair",
    ];
    assert_eq!(found, wanted);
    // What was deployed gives the same policy again.
    assert_eq!(content(&Names::sample(), &found), policy);
    assert!(free_of(&content(&Names::sample(), &[])).is_empty());
}

fn names(name: &str, path: Option<&str>, prefix: &str) -> Names {
    Names {
        deployment: name.into(),
        iam: IamSettings {
            path: path.map(str::to_owned),
            role_prefix: prefix.into(),
            ..IamSettings::default()
        },
        ..Names::sample()
    }
}

#[test]
fn it_is_about_the_roles_that_the_settings_make() {
    let denies = |names: &Names, role: &str| {
        let role = format!("arn:aws:iam::444455556666:role/{role}");
        is_denied(&content(names, &[]), ADMIN, "iam:DeleteRole", &role)
    };
    let prefixed = names("watch", Some("/team/"), "Corp-");
    assert!(denies(&prefixed, "team/Corp-watch-spoke-eu-west-1"));
    assert!(!denies(&prefixed, "Corp-watch-spoke-eu-west-1"));
    assert!(!denies(&prefixed, "team/Corp-watch-notifier-eu-west-1"));
    let with_path = names("watch", Some("/team/"), "");
    assert!(denies(
        &with_path,
        "team/StackSet-watch-spoke-0a1b-ForwardRole-0ABCDEFGHIJK"
    ));
    // CloudFormation cuts a long stack's name, so that role names have 64 characters.
    let long = names("a-name-of-thirty-two-characters0", None, "");
    let stack = "StackSet-a-name-of-thirty-two-characters0-spoke-0a1b2c3d";
    let cut: String = stack.chars().take(38).collect();
    let role = format!("{cut}-ForwardRole-0ABCDEFGHIJKL");
    assert_eq!(role.len(), 64);
    assert!(denies(&long, &role));
}

#[test]
fn it_is_written_for_the_partition() {
    for partition in [
        Partition::China,
        Partition::GovCloud,
        Partition::EuropeanSovereign,
    ] {
        let names = Names {
            partition,
            ..Names::sample()
        };
        let text = content(&names, &["Repair".into()]).document();
        assert!(!text.contains("arn:aws:"), "{text}");
        assert!(text.contains(&format!("arn:{}:iam::*:role/Repair", partition.name())));
    }
}

#[test]
fn one_that_is_too_long_is_refused_with_the_way_out() {
    let long = names(
        "a-name-of-thirty-two-characters0",
        Some("/a/b/c/"),
        "A-Prefix-",
    );
    let of = |count: usize| {
        let role =
            |at: usize| format!("AWSReservedSSO_Administrators_of_team_{at:03}_0123456789abcdef");
        checked(&long, &(0..count).map(role).collect::<Vec<_>>())
    };
    let fits = of(5).unwrap();
    assert!(fits.document().len() <= MOST_CHARACTERS);
    let error = of(20).unwrap_err().to_string();
    assert!(
        error.contains("20 roles") && error.contains("5120"),
        "{error}"
    );
}
