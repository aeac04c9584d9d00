//! Arguments of `confirm`.

use super::TopicArgs;
use clap::Args;

const EXAMPLES: &str = "\
Examples, with the hub account's credentials:
  rootwatch confirm                 # then paste the link
  rootwatch confirm 'https://sns.eu-west-1.amazonaws.com/confirmation...'
  rootwatch confirm 2336412f37fb687f5d51e6e241d09c8058...";

#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConfirmArgs {
    /// Link "Confirm subscription" from the mail that SNS sent, in quotes, or the token in it [default: a line of standard input]
    #[arg(value_name = "LINK-OR-TOKEN")]
    pub(crate) link: Option<String>,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
}
