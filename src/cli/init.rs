//! Arguments of `init`.

use super::{HubArgs, SpokesArgs};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  rootwatch init                    # asks
  rootwatch init --email security@example.com --ou / --yes
  rootwatch init --template         # every setting as a comment
  rootwatch init --from-deployed    # the settings of what is deployed
  rootwatch init --schema > rootwatch.schema.json";

#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitArgs {
    /// File to write; one that is there is left alone [default: --config, or else rootwatch.toml]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print the JSON schema of the file, for editors, and write nothing
    #[arg(long, conflicts_with_all = ["file", "from_deployed", "template", "overwrite"])]
    pub(crate) schema: bool,
    /// Set nothing: write every setting as a comment
    #[arg(long, conflicts_with = "from_deployed")]
    pub(crate) template: bool,
    /// Fill it with the settings of what is deployed, read with these credentials
    #[arg(long)]
    pub(crate) from_deployed: bool,
    /// Replace the file if there is one
    #[arg(long)]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    #[command(flatten)]
    pub(crate) spokes: SpokesArgs,
}
