//! The command line. clap only: nothing here decides anything.

mod choice;
mod confirm;
mod deploy;
mod examples;
mod exit_codes;
mod explain;
mod export;
mod flags;
mod guardrail;
mod init;
mod look;
mod others;
mod policy;
mod reference;
mod teardown;

pub(crate) use confirm::ConfirmArgs;
pub(crate) use deploy::{
    CallerArgs, DeploySpokesArgs, HubArgs, HubSwitchArgs, OperationArgs, OutArgs, PlanHubArgs,
    PlanSpokesArgs, RegionArgs, SavedPlanArgs, SpokesArgs, TopicArgs,
};
pub(crate) use explain::{ExplainArgs, MessageForm};
pub(crate) use export::ExportArgs;
pub(crate) use flags::{flags, problems};
pub(crate) use guardrail::{DeployGuardrailArgs, FreeArgs, PlanGuardrailArgs, ScpArgs};
pub(crate) use init::InitArgs;
pub(crate) use look::{SpokeArgs, StatusArgs, TestArgs, VerifyArgs};
pub(crate) use others::OtherAccountArgs;
pub(crate) use policy::{Form, PolicyArgs};
pub(crate) use reference::ReferenceArgs;
pub(crate) use teardown::{Teardown, TeardownArgs};

use crate::version;
use clap::{
    ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    ValueHint,
};
use std::path::PathBuf;

/// Notifies people when any root user of an AWS Organization does anything.
///
/// A hub account gets an event bus, rules, a notifier and a topic; every other account, the spokes, forwards the
/// activity of its root user to it, from every region.
#[derive(Debug, Parser)]
#[command(name = "rootwatch", version, long_version = version::long(), after_help = exit_codes::help(), max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Profile of the AWS configuration to take credentials and region from
    #[arg(long, global = true, value_hint = ValueHint::Other, help_heading = "Global options")]
    pub(crate) profile: Option<String>,
    /// Region that the hub and the StackSet live in
    #[arg(long, global = true, value_hint = ValueHint::Other, help_heading = "Global options")]
    pub(crate) region: Option<String>,
    /// Send all calls to this address instead of AWS's
    #[arg(
        long,
        hide_short_help = true,
        global = true,
        value_name = "URL",
        help_heading = "Global options"
    )]
    pub(crate) endpoint_url: Option<String>,
    /// Settings file, as `rootwatch init` writes it [default: the first rootwatch.toml upward from the working folder]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ROOTWATCH_CONFIG",
        help_heading = "Global options"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Name of the deployment; every resource's name begins with it [default: rootwatch]
    #[arg(long, global = true, value_hint = ValueHint::Other, help_heading = "Global options")]
    pub(crate) name: Option<String>,
    /// Tag for everything that can carry one; repeatable
    #[arg(
        long,
        hide_short_help = true,
        global = true,
        value_name = "KEY=VALUE",
        help_heading = "Global options"
    )]
    pub(crate) tag: Vec<String>,
    #[command(flatten)]
    pub(crate) iam: IamArgs,
    /// Reset this setting to its default, such as hub.topic_name; repeatable
    #[arg(
        long,
        hide_short_help = true,
        global = true,
        value_name = "SETTING",
        help_heading = "Global options"
    )]
    pub(crate) reset: Vec<String>,
    /// Format of the results on stdout
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) output: OutputForm,
    /// Whether to colour the output
    #[arg(
        long,
        hide_short_help = true,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) color: Color,
    /// Print no progress; status, verify and test also print only what is not fine
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Print more: what is unchanged, and what waits for what; twice: each call to AWS on stderr, too, as RUST_LOG=debug does
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = "Global options")]
    verbose: u8,
    /// Do not ask before changing anything
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) yes: bool,
    /// How long to wait at most for AWS to end a StackSet operation, or to show what was set, such as 30m [default: 4h]
    #[arg(
        long,
        hide_short_help = true,
        global = true,
        value_name = "DURATION",
        help_heading = "Global options"
    )]
    pub(crate) timeout: Option<String>,
}

/// The command line of this run, and what of it was typed.
pub(crate) fn parse() -> Result<(Cli, ArgMatches), clap::Error> {
    let mut command = Cli::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    Ok((cli, matches))
}

impl Cli {
    /// Whether to print more.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// How often more was asked for.
    pub(crate) fn verbosity(&self) -> u8 {
        self.verbose
    }
}

/// What the organization demands of IAM roles, in every command that knows them by name.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct IamArgs {
    /// Policy that bounds each role: ARN of one of AWS's, or path and name of one that exists in every account
    #[arg(long, hide_short_help = true, global = true, value_name = "POLICY")]
    pub(crate) permissions_boundary: Option<String>,
    /// Path of the roles, such as /team/ [default: /]
    #[arg(long, hide_short_help = true, global = true, value_name = "PATH")]
    pub(crate) iam_path: Option<String>,
    /// What the roles' names begin with, before the deployment's name
    #[arg(long, hide_short_help = true, global = true, value_name = "PREFIX")]
    pub(crate) role_prefix: Option<String>,
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
    /// Create or update the hub, the spokes or the guardrail
    #[command(subcommand)]
    Deploy(Deploy),
    /// Show what deploy would change
    #[command(subcommand)]
    Plan(Plan),
    /// Show what exists, what is missing, and which accounts are covered
    ///
    /// Ends with 0 when there is no gap, and with 2 when there is one, or when something could not be read, which is a gap
    /// too: what can be read is shown all the same. Each gap begins with the number of its kind, RW301 for example;
    /// docs/findings.md says what each means and what to do, and --ignore, or `[[ignore]]` in the settings file, accepts
    /// one for a reason.
    Status(StatusArgs),
    /// Follow the deployed path hop by hop and judge each, with read-only calls
    ///
    /// Begins with CloudTrail's trail, without which no event sets out. Ends with 0 when every hop is fine, with 2 when
    /// one is broken, and also with 2 when one differs from what this version makes, or cannot be judged: it could not be
    /// read, or somebody else made it. With --quiet only those are printed, so nothing when
    /// all is fine; --output json prints every hop all the same. Each finding has the number of its kind, RW111 for
    /// example; docs/findings.md says what each means and what to do, and --ignore, or `[[ignore]]` in the settings file,
    /// accepts one for a reason.
    Verify(VerifyArgs),
    /// Send a marked event and wait until the topic delivers it
    ///
    /// People who are subscribed get one message, which says that it is a test. Everything else that a run makes is
    /// temporary, and gone when it ends.
    ///
    /// Ends with 0 when the event arrived at the topic, from every spoke that was tested, and somebody was notified. Ends
    /// with 2 when it did not arrive, when nobody has confirmed a subscription (--allow-nobody lets that pass), and when
    /// no trail logs what root users do, so that no real event can follow. Ends with 1 when the test could not be made.
    /// With --quiet nothing is printed when it passed, unless there is a warning; --output json prints everything all
    /// the same.
    Test(TestArgs),
    /// Remove what rootwatch made, in the right order, and nothing else
    Teardown(TeardownArgs),
    /// Take over from AWS's published pattern "Monitor IAM root user activity", without a gap in the watch
    ///
    /// Finds the pattern's bus, function, topic and StackSet, says what they miss today, deploys the hub and the spokes
    /// beside them, with the old topic's subscribers, proves the new path by a test event, and only then removes the
    /// old one. Each step shows what it does and asks. Ends with 2 while both paths stand, because somebody has to
    /// confirm a subscription or something has to be fixed; the same command continues from there.
    Adopt(Box<ReferenceArgs>),
    /// Confirm a subscription by the link in the mail from SNS, so that no click can end it
    ///
    /// Every mail of SNS has a link that ends the subscription, and scanners of mail follow links. A subscription that is
    /// confirmed so, and not by following the link, is ended by the hub's account only. The link is read and never
    /// fetched: it must be SNS's, and for a topic of this deployment. Ends with 2 when the subscription was confirmed by a
    /// click before, so that a click can still end it.
    Confirm(ConfirmArgs),
    /// Print the IAM policy that the caller of a command needs
    ///
    /// As narrow as the names of this deployment, this account and this region make it. In the management account it has
    /// what that account's own stacks need, too. Statements whose name ends in IfAllowed may be left out: the run goes on,
    /// and says what it then does not know.
    Policy(PolicyArgs),
    /// Write what is deployed as files for Terraform or CloudFormation, which then take it over as it is
    ///
    /// Only reads. The files have each resource of the hub and, where the StackSet is here, the StackSet with the units and
    /// regions of its instances, and what it takes to import them: `terraform plan` then shows imports and nothing else.
    /// Beside them are the functions' packages, as they are deployed. Passwords, and the paths of addresses, which may
    /// hold a key, are left out. docs/leaving.md says what comes before and after.
    Export(ExportArgs),
    /// Print the service control policy that keeps the spokes as they are
    ///
    /// It denies everybody in a member account, the root user too, to change or remove the rules, the role, the queue and
    /// the stack by which the account is watched, to stop or change trails, to turn regions on or off, and to leave the
    /// organization. StackSets' own roles stay free, and those of --free-role or `[guardrail]` in the settings file.
    /// `deploy guardrail` makes and attaches it; this prints it for a review, or for another tool.
    Scp(ScpArgs),
    /// Show, without AWS, what would be sent for a CloudTrail record or an EventBridge event
    Explain(ExplainArgs),
    /// Print each setting, its value, and where it comes from: a flag, a variable, the file, or what is deployed
    Settings(Box<SettingsArgs>),
    /// Write a settings file: ask for what cannot be found out, and explain every setting
    ///
    /// On a terminal it finds out who calls, the organization, its units, the regions and what is missing, asks the rest,
    /// shows what it will write, and ends with the commands that follow. Without a terminal, or with --yes, it asks
    /// nothing and needs no credentials: flags say who is notified and what is watched. It never writes over a file
    /// unless --overwrite says so.
    Init(Box<InitArgs>),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// Shell to complete in
        shell: clap_complete::Shell,
    },
    /// Print the JSON schema of a result or of the alert for programs, by its name, or the names of all
    ///
    /// `init --schema` prints that of the settings file.
    Schema(SchemaArgs),
    /// Print the manual page, or write one for each command into a folder
    Man(ManArgs),
}

impl Command {
    /// As it is typed, `deploy spokes`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Deploy(Deploy::Hub { .. }) => "deploy hub",
            Self::Deploy(Deploy::Spokes(_)) => "deploy spokes",
            Self::Deploy(Deploy::Guardrail(_)) => "deploy guardrail",
            Self::Plan(Plan::Hub(_)) => "plan hub",
            Self::Plan(Plan::Spokes(_)) => "plan spokes",
            Self::Plan(Plan::Guardrail(_)) => "plan guardrail",
            Self::Status(_) => "status",
            Self::Verify(_) => "verify",
            Self::Test(_) => "test",
            Self::Teardown(args) => return format!("teardown {}", args.what.name()),
            Self::Adopt(_) => "adopt",
            Self::Confirm(_) => "confirm",
            Self::Policy(args) => return args.name(),
            Self::Export(args) => return args.command(),
            Self::Scp(_) => "scp",
            Self::Explain(_) => "explain",
            Self::Settings(_) => "settings",
            Self::Init(_) => "init",
            Self::Completions { .. } => "completions",
            Self::Schema(_) => "schema",
            Self::Man(_) => "man",
        }
        .to_owned()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deploy {
    /// Event bus, rules, notifier, queues, topics and alarms, in this account and region
    #[command(after_help = examples::DEPLOY_HUB)]
    Hub {
        #[command(flatten)]
        hub: HubArgs,
        #[command(flatten)]
        switches: HubSwitchArgs,
        #[command(flatten)]
        saved: SavedPlanArgs,
    },
    /// The StackSet that makes every account and region of the given OUs forward to the hub
    Spokes(DeploySpokesArgs),
    /// The organization's service control policy that keeps the spokes as they are, attached to units and accounts
    ///
    /// Needs the management account, or a delegated administrator for policies. `rootwatch scp` prints the policy.
    Guardrail(DeployGuardrailArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plan {
    /// What `deploy hub` would change
    Hub(PlanHubArgs),
    /// What `deploy spokes` would change
    Spokes(PlanSpokesArgs),
    /// What `deploy guardrail` would change
    Guardrail(PlanGuardrailArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SchemaArgs {
    /// What a result has under `schema`, with or without `rootwatch.`, such as status/3
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ManArgs {
    /// Folder for the pages, which is made where it is not there: rootwatch.1, rootwatch-status.1 and so on
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
}

/// `settings`: every flag that gives one.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = examples::SETTINGS)]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokesArgs,
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod page_tests;
#[cfg(test)]
use page_tests::leaves;
