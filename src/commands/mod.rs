//! One file a command: from settings to observing, planning, applying and reporting.

mod adopt;
mod completions;
mod deploy_hub;
mod deploy_spokes;
mod explain;
mod init;
mod plan_spokes;
mod stack_set_removal;
mod status;
mod teardown;
mod teardown_order;
mod teardown_spokes;
mod test;
mod verify;

use crate::aws::Aws;
use crate::aws::spoke::Entry;
use crate::cli::{
    AccessArgs, AdoptArgs, CallerArgs, Cli, Command, Deploy, HubArgs, Plan, SpokeArgs, SpokesArgs,
    TopicArgs,
};
use crate::config::Config;
use crate::hub::desired::Wanted;
use crate::interrupt;
use crate::names::Names;
use crate::output::{NotConfirmed, Output, confirm};
use crate::progress::Progress;
use crate::verify::spokes::Selection;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use std::process::ExitCode;

/// How a run ended; the codes stand in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Error,
    /// Changes are pending, or holes were found.
    Found,
    NotConfirmed,
    Interrupted,
}

impl Exit {
    /// The code for an error that ended a run.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<NotConfirmed>() {
            Self::NotConfirmed
        } else if interrupt::is_cause(error) {
            Self::Interrupted
        } else {
            Self::Error
        }
    }

    /// Prints what clap says, help or what is wrong, and gives the code for it; clap's own would be that of findings.
    pub(crate) fn of_usage(said: &clap::Error) -> Self {
        let printed = said.print();
        if said.use_stderr() || printed.is_err() {
            Self::Error
        } else {
            Self::Done
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Found => 2,
            Exit::NotConfirmed => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// What every command that acts on AWS holds.
struct Run {
    config: Config,
    aws: Aws,
    output: Output,
    progress: Progress,
    yes: bool,
}

impl Run {
    /// Checks the settings, finds the credentials, and says where this acts.
    async fn start(cli: &Cli, hub: &HubArgs, spokes: &SpokesArgs) -> Result<Self> {
        let config = Config::resolve(cli, hub, spokes)?;
        let aws = Aws::connect(&config.connection).await?;
        let progress = Progress::to_stderr(cli.quiet);
        progress.say(&format!("rootwatch \"{}\": {}", config.name, aws.place()));
        Ok(Self {
            config,
            aws,
            output: Output {
                form: cli.output,
                verbose: cli.verbose,
                quiet: cli.quiet,
            },
            progress,
            yes: cli.yes,
        })
    }

    fn names(&self) -> Names {
        Names {
            deployment: self.config.name.clone(),
            account: self.aws.account.clone(),
            region: self.aws.region.clone(),
            partition: self.aws.partition,
            topic: self.config.hub.topic_name.clone(),
        }
    }

    /// The hub as the settings want it.
    fn hub(&self, org_id: String) -> Wanted {
        let config = &self.config;
        Wanted {
            names: self.names(),
            org_id,
            kms_key: config.hub.kms_key.clone(),
            subscriptions: config.hub.subscriptions.clone(),
            notify: config.notify.clone(),
            log_retention_days: config.hub.log_retention_days,
            tags: config.tags.clone(),
        }
    }

    /// Asks for the given word, unless `--yes` was; writing begins after it.
    async fn confirm(&self, question: &str, word: &str) -> Result<()> {
        confirm(question, word, self.yes).await?;
        interrupt::writing_begins();
        Ok(())
    }

    /// Shows a plan where it cannot be taken for a result.
    fn show(&self, text: &str) {
        self.progress.say(text.trim_end());
    }
}

/// What a part of a run came to, before it is printed.
struct Closing {
    exit: Exit,
    /// For people.
    text: String,
    /// For programs.
    report: Value,
}

impl Closing {
    fn of(exit: Exit, text: String, report: &impl Serialize) -> Result<Self> {
        let report = serde_json::to_value(report).context("writing JSON")?;
        Ok(Self { exit, text, report })
    }

    fn print(&self, run: &Run) -> Result<Exit> {
        run.output.result(&self.text, &self.report)?;
        Ok(self.exit)
    }
}

fn switches(adopt: AdoptArgs, access: AccessArgs) -> plan_spokes::Switches {
    plan_spokes::Switches {
        adopt: adopt.adopt,
        enable_trusted_access: access.enable_trusted_access,
    }
}

/// Runs the command that was typed.
pub(crate) async fn run(cli: &Cli) -> Result<Exit> {
    let no_hub = HubArgs::default();
    let no_spokes = SpokesArgs::default();
    match &cli.command {
        Command::Deploy(Deploy::Hub { hub, adopt }) => {
            deploy_hub::deploy(&Run::start(cli, hub, &no_spokes).await?, adopt.adopt).await
        }
        Command::Deploy(Deploy::Spokes {
            spokes,
            adopt,
            access,
            no_wait,
        }) => {
            let run = Run::start(cli, &no_hub, spokes).await?;
            deploy_spokes::deploy(&run, switches(*adopt, *access), *no_wait).await
        }
        Command::Plan(Plan::Hub {
            hub,
            adopt,
            detailed_exitcode,
        }) => {
            let run = Run::start(cli, hub, &no_spokes).await?;
            deploy_hub::plan(&run, adopt.adopt, *detailed_exitcode).await
        }
        Command::Plan(Plan::Spokes {
            spokes,
            adopt,
            access,
            detailed_exitcode,
        }) => {
            let run = Run::start(cli, &no_hub, spokes).await?;
            plan_spokes::plan(&run, switches(*adopt, *access), *detailed_exitcode).await
        }
        Command::Status(args) => {
            let spokes = SpokesArgs {
                regions: args.regions.clone(),
                ..called_by(&args.caller)
            };
            let run = Run::start(cli, &args.hub, &spokes).await?;
            status::status(&run, args.html.as_deref(), args.detect_drift).await
        }
        Command::Teardown(args) => {
            let spokes = SpokesArgs {
                operations: args.operations.clone(),
                ..called_by(&args.caller)
            };
            let run = Run::start(cli, &on_topic(&args.topic), &spokes).await?;
            teardown::teardown(&run, args).await
        }
        Command::Verify(args) => {
            let hub = HubArgs {
                org_id: args.org_id.clone(),
                ..on_topic(&args.topic)
            };
            let run = Run::start(cli, &hub, &called_by(&args.caller)).await?;
            verify::verify(&run, &selection(&args.spokes), args.hub_only).await
        }
        Command::Test(args) => {
            let hub = on_topic(&args.topic);
            let run = Run::start(cli, &hub, &called_by(&args.caller)).await?;
            test::test(&run, &selection(&args.spokes), args).await
        }
        Command::Adopt(args) => {
            let run = Run::start(cli, &args.hub, &args.spokes).await?;
            adopt::adopt(run, args).await
        }
        Command::Explain(args) => explain::explain(args, cli),
        Command::Init(args) => init::init(args, cli),
        Command::Completions { shell } => completions::completions(*shell),
    }
}

fn on_topic(topic: &TopicArgs) -> HubArgs {
    HubArgs {
        topic: topic.clone(),
        ..HubArgs::default()
    }
}

fn called_by(caller: &CallerArgs) -> SpokesArgs {
    SpokesArgs {
        caller: caller.clone(),
        ..SpokesArgs::default()
    }
}

fn selection(args: &SpokeArgs) -> Selection {
    Selection {
        entry: entry(args),
        accounts: args.account.clone(),
        regions: args.spoke_region.clone(),
    }
}

fn entry(args: &SpokeArgs) -> Option<Entry> {
    let role = args.role.clone().map(Entry::Role);
    role.or_else(|| args.spoke_profile.clone().map(Entry::Profile))
}
