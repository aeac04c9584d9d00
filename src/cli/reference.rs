//! Arguments of `adopt`.

use super::look::{account_id, wait};
use super::{HubArgs, SpokesArgs};
use clap::Args;
use rootwatch_engine::Subscription;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug, Args)]
#[command(after_help = super::examples::ADOPT)]
pub(crate) struct ReferenceArgs {
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokesArgs,
    /// Name of the role to assume in the spokes, so that the proof begins there
    #[arg(long, visible_alias = "spoke-role", value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// External ID that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "role")]
    pub(crate) external_id: Option<String>,
    /// Send test events from only this many of the accounts and regions that the old path watches, chosen at random
    #[arg(long, value_name = "COUNT", requires = "role", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sample: Option<u16>,
    /// How long to wait for the test event, at most 1h
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = wait)]
    pub(crate) wait: Duration,
    /// Subscriber of the old topic to leave behind; repeatable
    #[arg(long, value_name = "PROTOCOL=ENDPOINT", value_parser = subscriber)]
    pub(crate) leave_behind: Vec<Subscription>,
    /// Remove the old path although something of the new one is unknown; what is broken still stops it
    #[arg(long)]
    pub(crate) accept_unknown: bool,
    /// Terraform state that may list the old parts [default: terraform.tfstate, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) terraform_state: Option<PathBuf>,
    /// Leave the spokes to the management account, where this one may not read StackSets
    #[arg(long, conflicts_with_all = ["ou", "regions", "all_regions"])]
    pub(crate) hub_only: bool,
    /// With --hub-only, account of a spoke that forwards to the new hub already; repeatable
    #[arg(long, value_name = "ID", requires_all = ["hub_only", "role"], value_parser = account_id)]
    pub(crate) account: Vec<String>,
}

fn subscriber(text: &str) -> Result<Subscription, &'static str> {
    let pair = text.split_once('=');
    let pair = pair.filter(|(protocol, endpoint)| !protocol.is_empty() && !endpoint.is_empty());
    let (protocol, endpoint) = pair.ok_or("a protocol and an endpoint, such as email=a@b.c")?;
    Ok(Subscription {
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
    })
}
