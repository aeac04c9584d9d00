//! Credentials of the accounts that this run is not in.

use clap::Args;

/// How the hub's account and the management account are reached too, so that one run does all.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OtherAccountArgs {
    /// Profile of the AWS configuration with credentials of the hub's account, for a run elsewhere
    #[arg(long, value_name = "NAME")]
    pub(crate) hub_profile: Option<String>,
    /// Role to assume in the hub's account, for a run elsewhere, with the profile if there is one
    #[arg(long, value_name = "ARN")]
    pub(crate) hub_role: Option<String>,
    /// Profile of the AWS configuration with credentials of the management account, for a run elsewhere
    #[arg(long, value_name = "NAME")]
    pub(crate) management_profile: Option<String>,
    /// Role to assume in the management account, for a run elsewhere, with the profile if there is one
    #[arg(long, value_name = "ARN")]
    pub(crate) management_role: Option<String>,
}
