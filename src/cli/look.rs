//! Arguments of the commands that read what is deployed.

use super::{CallerArgs, HubArgs, OtherAccountArgs, RegionArgs, TopicArgs};
use crate::config::parse_duration;
use clap::Args;
use rootwatch_engine::is_region_name;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug, Default, Args)]
#[command(after_help = super::examples::STATUS)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) regions: RegionArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    /// Also write the coverage, account by region, as an HTML page; an existing file is replaced
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Have CloudFormation detect drift in all stack instances first, and wait for it
    #[arg(long)]
    pub(crate) detect_drift: bool,
    /// Exit with 2 also when a part cannot be seen with these credentials
    #[arg(long)]
    pub(crate) strict: bool,
    /// Accept a kind of finding, of all or of one account and region, for a reason: it is shown and no longer counts;
    /// repeatable. docs/findings.md lists the kinds
    #[arg(long, value_name = "ID[@ACCOUNT[/REGION]]=REASON")]
    pub(crate) ignore: Vec<String>,
    #[command(flatten)]
    pub(crate) others: OtherAccountArgs,
}

/// Which spokes are read, and by which role or profile.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SpokeArgs {
    /// Account of a spoke; repeatable
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub(crate) account: Vec<String>,
    /// Region of a spoke; repeatable
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) spoke_region: Vec<String>,
    /// Name of the role to assume in a spoke's account
    #[arg(long, visible_alias = "spoke-role", value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// External ID that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "role")]
    pub(crate) external_id: Option<String>,
    /// Profile of the AWS configuration with credentials of the spoke's account, instead of a role
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "role",
        requires = "account"
    )]
    pub(crate) spoke_profile: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
#[command(after_help = super::examples::VERIFY)]
pub(crate) struct VerifyArgs {
    /// Organization that may forward events [default: looked up]
    #[arg(long, value_name = "ID")]
    pub(crate) org_id: Option<String>,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokeArgs,
    /// Leave out the spokes
    #[arg(long, conflicts_with_all = ["account", "spoke_region", "role", "spoke_profile"])]
    pub(crate) hub_only: bool,
    /// Accept a kind of finding, of all or of one account and region, for a reason: it is shown and no longer counts;
    /// repeatable. docs/findings.md lists the kinds
    #[arg(long, value_name = "ID[@ACCOUNT[/REGION]]=REASON")]
    pub(crate) ignore: Vec<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

#[derive(Clone, Debug, Default, Args)]
#[command(after_help = super::examples::TEST)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokeArgs,
    /// Test every account and region that the StackSet covers
    #[arg(long, conflicts_with = "account", requires = "role")]
    pub(crate) all_accounts: bool,
    /// With --all-accounts, only this many of them, chosen at random
    #[arg(long, value_name = "COUNT", requires = "all_accounts", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sample: Option<u16>,
    /// How long to wait for the event, at most 1h
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = wait)]
    pub(crate) wait: Duration,
    /// Pass although nobody has confirmed a subscription yet, as on the first day
    #[arg(long)]
    pub(crate) allow_nobody: bool,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

pub(super) fn account_id(text: &str) -> Result<String, &'static str> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account id has 12 digits")
    }
}

fn region(text: &str) -> Result<String, &'static str> {
    if is_region_name(text) {
        Ok(text.to_owned())
    } else {
        Err("that is not the name of a region, such as eu-west-1")
    }
}

pub(super) fn wait(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text)
        .filter(|wait| (1..=3600).contains(&wait.as_secs()))
        .ok_or("a duration from 1s to 1h, such as 90s or 5m")
}
