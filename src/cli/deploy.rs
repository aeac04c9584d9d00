//! Settings of the hub and the spokes, as flags.

use super::OtherAccountArgs;
use super::choice::{call_as, region_concurrency};
use clap::Args;
use rootwatch_engine::spokes::Switches;
use rootwatch_engine::{CallAs, RegionConcurrency, hub};
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct HubArgs {
    /// Organization that may forward events [default: looked up]
    #[arg(long, value_name = "ID")]
    pub(crate) org_id: Option<String>,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    /// KMS key for the alerts topic, by ARN [default: alias/aws/sns]
    #[arg(long, value_name = "ARN")]
    pub(crate) kms_key: Option<String>,
    /// KMS key for the notifier's log, by ARN [default: CloudWatch's own]
    #[arg(long, value_name = "ARN")]
    pub(crate) log_kms_key: Option<String>,
    /// KMS key for the hub's queues, by ARN; its policy must let EventBridge use it, and SNS for `test` [default: SQS's own]
    #[arg(long, value_name = "ARN")]
    pub(crate) queue_kms_key: Option<String>,
    /// E-mail address to notify, beside those that are subscribed already; repeatable
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Vec<String>,
    /// Any other subscription, such as sms=+491701234567; repeatable
    #[arg(long, value_name = "PROTOCOL=ENDPOINT")]
    pub(crate) sns_subscription: Vec<String>,
    /// Subscription to remove, such as security@example.com or sms=+491701234567; repeatable
    #[arg(long, value_name = "ADDRESS|PROTOCOL=ENDPOINT")]
    pub(crate) remove_subscription: Vec<String>,
    /// Days to keep the logs of the notifier and of the self-check [default: 365]
    #[arg(long, value_name = "DAYS")]
    pub(crate) log_retention_days: Option<i32>,
    /// The daily self-check mails what is wrong or changed; also that all is well every week or day (weekly, daily), or not at all (problems); off: no self-check [default: weekly]
    #[arg(long, value_name = "WHEN")]
    pub(crate) self_check: Option<String>,
    /// How read-only activity is reported: digest, each or off [default: digest]
    #[arg(long, value_name = "HOW")]
    pub(crate) notify_read_only: Option<String>,
    /// Message body for subscriptions other than e-mail and SMS: text or chatbot [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) notify_format: Option<String>,
    /// Link to what your organization does when root acts; it comes first in every message
    #[arg(long, value_name = "URL")]
    pub(crate) notify_runbook: Option<String>,
    /// Whom to ask, in a few words, below the link
    #[arg(long, value_name = "TEXT")]
    pub(crate) notify_contact: Option<String>,
    /// Owner of an account, or of the accounts of a unit (ou-…, r-…); repeatable
    #[arg(long, value_name = "ID=WHO")]
    pub(crate) owner: Vec<String>,
    /// Further topic, and what it gets: all, or severity=…, of=ACCOUNT,UNIT and format=…; repeatable
    #[arg(long, value_name = "ARN=WHAT")]
    pub(crate) route: Vec<String>,
    /// Name of an account, where Organizations cannot be read; repeatable
    #[arg(long, value_name = "ID=NAME")]
    pub(crate) account_name: Vec<String>,
}

/// A plan that was made before.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SavedPlanArgs {
    /// Carry out the plan in this file, which `plan --out` wrote, and nothing else: refused where anything that it was made
    /// from is otherwise now. The settings are given as they were to `plan`
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
}

/// Where a plan is kept.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OutArgs {
    /// Keep the plan in this file, for `deploy --plan`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct AdoptArgs {
    /// Take over resources that have rootwatch's names but not its tag
    #[arg(long)]
    pub(crate) adopt: bool,
}

/// How the hub is deployed.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct HubSwitchArgs {
    #[command(flatten)]
    adopt: AdoptArgs,
    /// Replace the notifier also where it is another build of the same version
    #[arg(long)]
    own_build: bool,
    /// Make the hub here although the spokes forward to another one; `deploy spokes` then moves them
    #[arg(long)]
    move_hub: bool,
}

impl HubSwitchArgs {
    pub(crate) fn switches(self) -> hub::Switches {
        hub::Switches {
            adopt: self.adopt.adopt,
            own_build: self.own_build,
            move_hub: self.move_hub,
        }
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TopicArgs {
    // No doc comment: rustdoc would read `<name>` as HTML, and clap would show a backslash before it.
    #[arg(
        long,
        value_name = "NAME",
        help = "Name of the topic for alerts [default: <name>-alerts]"
    )]
    pub(crate) topic_name: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SpokesArgs {
    /// Organizational unit to watch, by id (ou-…), root id (r-…) or path (/Workloads/Prod), beside those that are watched
    /// already; repeatable
    #[arg(long, value_name = "OU")]
    pub(crate) ou: Vec<String>,
    /// Organizational unit to watch no longer, by id or path; repeatable
    #[arg(long, value_name = "OU")]
    pub(crate) remove_ou: Vec<String>,
    #[command(flatten)]
    pub(crate) regions: RegionArgs,
    /// How often each account and region tells the hub that it is there: 1h to 12h, or off [default: 6h]
    #[arg(long, value_name = "TIME|off")]
    pub(crate) heartbeat: Option<String>,
    /// Account of the hub [default: this one, if the hub is here]
    #[arg(long, value_name = "ID")]
    pub(crate) hub_account: Option<String>,
    /// Region of the hub [default: the region of this run]
    #[arg(long, value_name = "REGION")]
    pub(crate) hub_region: Option<String>,
    #[command(flatten)]
    pub(crate) operations: OperationArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    #[command(flatten)]
    pub(crate) others: OtherAccountArgs,
}

/// Which regions are watched.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RegionArgs {
    /// Regions to watch [default: all that are enabled]
    #[arg(long, value_name = "R,R,…", value_delimiter = ',')]
    pub(crate) regions: Vec<String>,
    /// Watch all regions that are enabled, even if a variable or the settings file names others
    #[arg(long, conflicts_with = "regions")]
    pub(crate) all_regions: bool,
}

/// How StackSet operations go through accounts and regions.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OperationArgs {
    /// Accounts to work on at once in each region [default: 100%]
    #[arg(long, value_name = "N|N%")]
    pub(crate) max_concurrent: Option<String>,
    /// Accounts that may fail in a region before the operation stops there [default: 100%]
    #[arg(long, value_name = "N|N%")]
    pub(crate) failure_tolerance: Option<String>,
    /// Whether to go through all regions at once [default: parallel]
    #[arg(long, value_parser = region_concurrency())]
    pub(crate) region_concurrency: Option<RegionConcurrency>,
    /// Stack instances that AWS lets one StackSet have [default: 100000]
    #[arg(long, value_name = "N")]
    pub(crate) instance_quota: Option<String>,
}

/// What may be turned on for the organization.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct AccessArgs {
    /// Turn on trusted access for StackSets where it is off; requires the management account
    #[arg(long)]
    pub(crate) enable_trusted_access: bool,
}

/// Who calls CloudFormation, where it is not detected.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CallerArgs {
    /// Who calls CloudFormation [default: detected]
    #[arg(long, value_parser = call_as())]
    pub(crate) call_as: Option<CallAs>,
}

/// `deploy spokes`.
#[derive(Clone, Debug, Args)]
#[command(after_help = super::examples::DEPLOY_SPOKES)]
pub(crate) struct DeploySpokesArgs {
    #[command(flatten)]
    pub(crate) spokes: SpokesArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
    #[command(flatten)]
    access: AccessArgs,
    /// Fail instead of waiting when another operation of the StackSet is under way
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) saved: SavedPlanArgs,
}

impl DeploySpokesArgs {
    pub(crate) fn switches(&self) -> Switches {
        switches(self.adopt, self.access)
    }
}

/// `plan hub`.
#[derive(Clone, Debug, Args)]
#[command(after_help = super::examples::PLAN_HUB)]
pub(crate) struct PlanHubArgs {
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) switches: HubSwitchArgs,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// `plan spokes`.
#[derive(Clone, Debug, Args)]
#[command(after_help = super::examples::PLAN_SPOKES)]
pub(crate) struct PlanSpokesArgs {
    #[command(flatten)]
    pub(crate) spokes: SpokesArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
    #[command(flatten)]
    access: AccessArgs,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

impl PlanSpokesArgs {
    pub(crate) fn switches(&self) -> Switches {
        switches(self.adopt, self.access)
    }
}

fn switches(adopt: AdoptArgs, access: AccessArgs) -> Switches {
    Switches {
        adopt: adopt.adopt,
        enable_trusted_access: access.enable_trusted_access,
    }
}
