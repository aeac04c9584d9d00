//! What can be typed. clap only: nothing here decides anything.

use crate::aws::partition::is_region_name;
use crate::config::{CallAs, RegionConcurrency, parse_duration};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "\
Exit codes:
  0    done, or nothing to do
  1    error
  2    changes are pending (plan --detailed-exitcode), holes were found (status), the path is broken
       or a part of it cannot be judged (verify), or a test did not arrive (test)
  3    refused, because nobody confirmed
  130  interrupted";

/// Tells people when any root user of an AWS Organization does anything.
///
/// A hub account gets an event bus, rules, a notifier and a topic; every other account, the spokes, forwards the
/// activity of its root user to it, from every region.
#[derive(Debug, Parser)]
#[command(name = "rootwatch", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Profile of the AWS configuration to take credentials and region from
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) profile: Option<String>,
    /// Region that the hub and the StackSet live in
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) region: Option<String>,
    /// Send all calls to this address instead of AWS's
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = "Global options"
    )]
    pub(crate) endpoint_url: Option<String>,
    /// Settings file, as `rootwatch init` writes it [default: rootwatch.toml, if there is one]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ROOTWATCH_CONFIG",
        help_heading = "Global options"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Name of the deployment; every resource's name begins with it [default: rootwatch]
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) name: Option<String>,
    /// Tag for everything that can carry one; may be given again
    #[arg(
        long,
        global = true,
        value_name = "KEY=VALUE",
        help_heading = "Global options"
    )]
    pub(crate) tag: Vec<String>,
    /// Form of what is printed on stdout
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) output: OutputForm,
    /// Whether to colour what is printed
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) color: Color,
    /// Print no progress
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Print more: what is unchanged, and what waits for what
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,
    /// Do not ask before changing anything
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) yes: bool,
    /// How long to wait at most for AWS to end a StackSet operation, or to show what was set, such as 30m [default: 4h]
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        help_heading = "Global options"
    )]
    pub(crate) timeout: Option<String>,
}

/// Form of results on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create or update the hub or the spokes
    #[command(subcommand)]
    Deploy(Deploy),
    /// Show what deploy would change
    #[command(subcommand)]
    Plan(Plan),
    /// Show what exists, what is missing, and which accounts are covered
    Status(StatusArgs),
    /// Follow the deployed path hop by hop and judge each, by reads alone
    ///
    /// Ends with 2 when a hop is broken, and also when one cannot be judged: it could not be read, or holds what
    /// rootwatch never writes.
    Verify(VerifyArgs),
    /// Send a marked event and wait until the topic delivers it
    ///
    /// People who are subscribed get one message, which says that it is a test. Everything else that a run makes is
    /// temporary, and gone when it ends. Ends with 2 when the event did not arrive.
    Test(TestArgs),
    /// Remove what rootwatch made, in the right order, and nothing else
    Teardown(TeardownArgs),
    /// Show, without AWS, what would be sent for a CloudTrail record or an EventBridge event
    Explain(ExplainArgs),
    /// Write a settings file that explains every setting
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions {
        /// Shell to complete in
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deploy {
    /// Event bus, rules, notifier, queues, topics and alarms, in this account and region
    Hub {
        #[command(flatten)]
        hub: HubArgs,
        #[command(flatten)]
        adopt: AdoptArgs,
    },
    /// The StackSet that makes every account and region of the given OUs forward to the hub
    Spokes {
        #[command(flatten)]
        spokes: SpokesArgs,
        #[command(flatten)]
        adopt: AdoptArgs,
        #[command(flatten)]
        access: AccessArgs,
        /// Fail instead of waiting when another operation of the StackSet is under way
        #[arg(long)]
        no_wait: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plan {
    /// What `deploy hub` would change
    Hub {
        #[command(flatten)]
        hub: HubArgs,
        #[command(flatten)]
        adopt: AdoptArgs,
        /// Exit with 2 when there are changes
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// What `deploy spokes` would change
    Spokes {
        #[command(flatten)]
        spokes: SpokesArgs,
        #[command(flatten)]
        adopt: AdoptArgs,
        #[command(flatten)]
        access: AccessArgs,
        /// Exit with 2 when there are changes
        #[arg(long)]
        detailed_exitcode: bool,
    },
}

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
    /// E-mail address to tell; may be given again
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Vec<String>,
    /// Any other subscription, such as sms=+491701234567; may be given again
    #[arg(long, value_name = "PROTOCOL=ENDPOINT")]
    pub(crate) sns_subscription: Vec<String>,
    /// Days to keep the notifier's log [default: 365]
    #[arg(long, value_name = "DAYS")]
    pub(crate) log_retention_days: Option<i32>,
    /// How read-only activity is told: digest, each or off [default: digest]
    #[arg(long, value_name = "HOW")]
    pub(crate) notify_read_only: Option<String>,
    /// Body for subscriptions but mail and SMS: text or chatbot [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) notify_format: Option<String>,
    /// Name of an account, where Organizations cannot be asked; may be given again
    #[arg(long, value_name = "ID=NAME")]
    pub(crate) account_name: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct AdoptArgs {
    /// Take over resources that have our names but not our tag
    #[arg(long)]
    pub(crate) adopt: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TopicArgs {
    /// Name of the topic for alerts [default: <name>-alerts]
    #[arg(long, value_name = "NAME")]
    pub(crate) topic_name: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SpokesArgs {
    /// Organizational unit, by id (ou-…), root id (r-…) or path (/Workloads/Prod); may be given again
    #[arg(long, value_name = "OU")]
    pub(crate) ou: Vec<String>,
    #[command(flatten)]
    pub(crate) regions: RegionArgs,
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
}

/// Which regions are watched.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RegionArgs {
    /// Regions to watch [default: all that are enabled]
    #[arg(long, value_name = "R,R,…", value_delimiter = ',')]
    pub(crate) regions: Vec<String>,
    /// Watch all regions that are enabled, whatever the settings file says
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
    #[arg(long, value_enum)]
    pub(crate) region_concurrency: Option<RegionConcurrency>,
}

/// What may be turned on for the organization.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct AccessArgs {
    /// Turn on trusted access for StackSets where it is off; takes the management account
    #[arg(long)]
    pub(crate) enable_trusted_access: bool,
}

/// Who calls CloudFormation, where it is not found out.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CallerArgs {
    /// Who calls CloudFormation [default: found out]
    #[arg(long, value_enum)]
    pub(crate) call_as: Option<CallAs>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) regions: RegionArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

/// Which spokes are looked at, and how they are entered.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SpokeArgs {
    /// Account of a spoke; may be given again
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub(crate) account: Vec<String>,
    /// Region of a spoke; may be given again
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) spoke_region: Vec<String>,
    /// Name of the role to take in a spoke's account
    #[arg(long, visible_alias = "spoke-role", value_name = "NAME")]
    pub(crate) role: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct VerifyArgs {
    /// Organization that may forward events [default: looked up]
    #[arg(long, value_name = "ID")]
    pub(crate) org_id: Option<String>,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokeArgs,
    /// Leave out the spokes
    #[arg(long, conflicts_with_all = ["account", "spoke_region", "role"])]
    pub(crate) hub_only: bool,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokeArgs,
    /// Test every account and region that the StackSet covers
    #[arg(long, conflicts_with = "account", requires = "role")]
    pub(crate) all_accounts: bool,
    /// With --all-accounts, only so many of them, chosen at random
    #[arg(long, value_name = "COUNT", requires = "all_accounts", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sample: Option<u16>,
    /// How long to wait for the event, at most 1h
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = wait)]
    pub(crate) wait: Duration,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

fn account_id(text: &str) -> Result<String, &'static str> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account is a number of 12 digits")
    }
}

fn region(text: &str) -> Result<String, &'static str> {
    if is_region_name(text) {
        Ok(text.to_owned())
    } else {
        Err("that is not the name of a region, such as eu-west-1")
    }
}

fn wait(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text)
        .filter(|wait| (1..=3600).contains(&wait.as_secs()))
        .ok_or("a duration from 1s to 1h, such as 90s or 5m")
}

#[derive(Clone, Debug, Args)]
pub(crate) struct TeardownArgs {
    /// What to remove
    #[arg(value_enum)]
    pub(crate) what: Teardown,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) operations: OperationArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    /// Fail instead of waiting when another operation of the StackSet is under way
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// What to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Teardown {
    /// The hub's resources in this account and region
    Hub,
    /// The StackSet and all its instances
    Spokes,
    /// The spokes, then the hub
    All,
}

impl Teardown {
    /// What it takes away, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Hub => "the hub in this account and region",
            Self::Spokes => "the spokes",
            Self::All => "the spokes, and the hub in this account and region",
        }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    /// File with a CloudTrail record, a CloudTrail log, or an EventBridge event; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct InitArgs {
    /// File to write; one that is there is left alone [default: --config, or else rootwatch.toml]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print the JSON schema of the file, for editors, and write nothing
    #[arg(long, conflicts_with = "file")]
    pub(crate) schema: bool,
}
