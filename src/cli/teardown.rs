//! Arguments of `teardown`.

use super::{CallerArgs, OperationArgs, OtherAccountArgs, TopicArgs};
use clap::{Args, ValueEnum};

#[derive(Clone, Debug, Args)]
#[command(after_help = super::examples::TEARDOWN)]
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
    #[command(flatten)]
    pub(crate) others: OtherAccountArgs,
    /// Fail instead of waiting when another operation of the StackSet is under way
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Remove the hub although spokes still forward to it
    #[arg(long)]
    pub(crate) abandon_spokes: bool,
    /// Leave the stacks of accounts that are suspended, closed or no longer in the organization, and of regions that an
    /// account has turned off, where they are: StackSets cannot remove them. All other stacks are removed
    #[arg(long)]
    pub(crate) retain_stacks: bool,
    /// Keep the notifier's log group
    #[arg(long)]
    pub(crate) keep_logs: bool,
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
    /// The organization's service control policy, wherever it is attached
    Guardrail,
}

impl Teardown {
    /// As it is typed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Spokes => "spokes",
            Self::All => "all",
            Self::Guardrail => "guardrail",
        }
    }
}
