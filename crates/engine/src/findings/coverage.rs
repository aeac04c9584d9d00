//! RW3xx: what `status` finds of accounts and regions that are not watched, and of the StackSet that watches them.

use super::{FindingId, Kind};

kinds! {
    NO_INSTANCE = 301, "an account has no stack instance in a region",
        "Root activity of the account is not reported from that region.",
        "`rootwatch deploy spokes` with --ou and the account's unit creates it. Where the unit is deployed to, automatic deployment has not reached the account yet.";
    INSTANCE_FAILED = 302, "a stack instance is not current",
        "CloudFormation could not bring the stack there up to date, so root activity may not be reported from that account and region. The reason is CloudFormation's.",
        "Fix what the reason names, often an SCP; then `rootwatch deploy spokes` tries again.";
    INSTANCE_INOPERABLE = 303, "a stack instance is inoperable",
        "CloudFormation could not remove the stack, and changes it no more, so root activity may not be reported from that account and region.",
        "`rootwatch deploy spokes` deletes the instance and creates it again.";
    INSTANCE_UNDER_WAY = 304, "an operation on a stack instance is under way",
        "Until it has ended, root activity may not be reported from that account and region.",
        "`rootwatch deploy spokes` follows the operation, or tries again where none is under way.";
    NO_OWN_STACK = 305, "the management account has no stack in a region",
        "StackSets never reach the management account, whose root user can do most. What it does there is not reported.",
        "`rootwatch deploy spokes` with the management account's credentials creates it.";
    OWN_STACK_WRONG = 306, "a stack of the management account is not as it should be",
        "What the management account's root user does there may not be reported.",
        "`rootwatch deploy spokes` with the management account's credentials fixes it.";
    REGION_NOT_WATCHED = 307, "a region is enabled and not watched",
        "Root activity there is not reported from any account.",
        "`rootwatch deploy spokes --all-regions` watches all that are enabled; a region that nobody can use, as by an SCP, may be accepted.";
    NO_STACK_SET = 308, "there is no StackSet",
        "No account forwards root activity to the hub, unless another StackSet does.",
        "`rootwatch deploy spokes` creates it.";
    OTHER_TEMPLATE = 309, "the StackSet has another template than this rootwatch",
        "The spokes are those of another version, or somebody changed the template.",
        "`rootwatch deploy spokes` updates it.";
    STACK_SET_OF_OTHERS = 310, "the StackSet does not carry the deployment's tag",
        "It belongs to somebody else, who may change or remove it.",
        "`rootwatch deploy spokes --adopt` takes it over; otherwise choose another --name.";
    NO_AUTOMATIC_DEPLOYMENT = 311, "automatic deployment of the StackSet is off",
        "Accounts that join the organization later are not watched.",
        "`rootwatch deploy spokes` turns it on.";
    FORWARDS_ELSEWHERE = 312, "the StackSet forwards elsewhere than to the hub",
        "Root activity does not reach the hub that was looked at.",
        "`rootwatch deploy spokes` with --hub-account and --hub-region of the right hub fixes it.";
    DRIFTED = 313, "stack instances have drifted from their template",
        "Somebody changed spokes by hand, which `rootwatch deploy spokes` does not see. Their root activity may not be reported.",
        "`rootwatch verify` with --role says what is broken in those accounts, and how to fix it.";
    DRIFT_UNKNOWN = 314, "drift could not be detected everywhere",
        "Whether somebody changed spokes by hand is not known.",
        "Fix what the reason names, and run `rootwatch status --detect-drift` again.";
    REGIONS_UNCLEAR = 315, "it is not known which regions are meant",
        "An earlier version of rootwatch made the StackSet and did not keep whether all regions were meant.",
        "`rootwatch deploy spokes` with --all-regions, or with --regions, settles it.";
    NO_TRUSTED_ACCESS = 316, "trusted access for StackSets is off",
        "The StackSet neither reaches new accounts nor changes stacks.",
        "`rootwatch deploy spokes --enable-trusted-access` in the management account turns it on.";
    NEVER_HEARD = 317, "an account and region was never heard",
        "Its rule sends a heartbeat by the way of the alerts, and none has arrived as far back as was looked: root activity there is not reported either.",
        "`rootwatch verify` with --role says what is broken on the way in that account, and how to fix it. A hub of an earlier version takes no heartbeats: `rootwatch deploy hub` updates it.";
    GONE_QUIET = 318, "an account and region has gone quiet",
        "It was heard before, and is no more: somebody may have turned off or changed its rule, the role or the bus, and root activity there is not reported.",
        "`rootwatch verify` with --role says what is broken on the way in that account, and how to fix it.";
    HEARTBEATS_NOT_READ = 319, "who was heard could not be read",
        "Whether an account and region has gone quiet is not known.",
        "Allow the caller logs:FilterLogEvents on the notifier's log group.";
    SELF_CHECK_SILENT = 330, "the self-check has not run for two days",
        "Nobody looks every day whether people would be notified.",
        "`rootwatch verify` says what of it is broken, `rootwatch deploy hub` sets it again.";
    SELF_CHECK_NEVER = 331, "the self-check has never run",
        "Nobody looks every day whether people would be notified.",
        "`rootwatch deploy hub` runs it; where it fails, its log says why.";
    SELF_CHECK_INCOMPLETE = 332, "the self-check could not do all of its work",
        "A part of the deployment was not looked at, or nobody was told what was found.",
        "Its report says what failed; `rootwatch deploy hub` sets its role and the topic again.";
    TEST_EVENT_LOST = 333, "the self-check's test event did not reach the notifier",
        "No root activity of any account is reported.",
        "`rootwatch test` says where a test event stops, `rootwatch deploy hub` restores what is rootwatch's.";
    SELF_CHECK_NOT_READ = 339, "the report of the self-check could not be read",
        "Whether the self-check runs, and what it found, is not known.",
        "Allow the caller logs:FilterLogEvents on the log group of the self-check.";
    GUARDRAIL_DETACHED = 341, "the guardrail is no longer attached where it was",
        "`deploy guardrail` attached the service control policy there, and somebody detached it: administrators and root users of these accounts can change their spokes.",
        "`rootwatch deploy guardrail` with the management account's credentials attaches it again; with --remove-ou or --remove-account it is detached for good.";
    GUARDRAIL_CHANGED = 342, "the guardrail is not what rootwatch makes",
        "Somebody changed the service control policy, or another version of rootwatch made it, so that it may let through what ends the watch of an account.",
        "`rootwatch plan guardrail` with the management account's credentials shows the difference, and `rootwatch deploy guardrail` sets it back.";
    GUARDRAIL_OFF = 343, "service control policies are turned off",
        "The guardrail is there and binds nobody, like every other service control policy of the organization.",
        "`rootwatch deploy guardrail --enable-policy-type` with the management account's credentials turns them on and attaches the guardrail again.";
    GUARDRAIL_NOT_READ = 351, "the guardrail could not be read",
        "It is there, and whether it is as it should be, or whom it binds, is not known.",
        "Allow the caller the operation that the finding names.";
    SPOKES_NOT_READ = 390, "the spokes could not be read",
        "Which accounts are watched is not known.",
        "Use the management account or a delegated administrator for StackSets, with the permission that the finding names.";
    STACK_SET_NOT_READ = 391, "the StackSet could not be read",
        "Whether it is as it should be, and where it forwards to, is not known.",
        "Allow the caller the operation that the finding names.";
    INSTANCES_NOT_READ = 392, "the stack instances could not be read",
        "Which accounts are watched is not known.",
        "Allow the caller the operation that the finding names.";
    OPERATIONS_NOT_READ = 393, "the StackSet's operations could not be read",
        "Whether one is under way, and how the last one ended, is not known.",
        "Allow the caller the operation that the finding names.";
    OWN_STACKS_NOT_READ = 394, "the management account's own stacks could not be read",
        "Whether the management account is watched, which no StackSet reaches, is not known.",
        "Allow the caller the operation that the finding names, or run `rootwatch status` with credentials that may read them.";
    ENABLED_REGIONS_NOT_READ = 395, "the enabled regions could not be read",
        "Whether a region is enabled and not watched is not known.",
        "Allow the caller account:ListRegions.";
    TURNED_OFF_NOT_READ = 396, "which regions accounts have turned off could not be read",
        "A stack instance in a region that is turned off counts as failed, although nothing can happen there.",
        "Turn on trusted access for Account Management and allow the caller account:ListRegions, or leave the region out with --regions.";
}
