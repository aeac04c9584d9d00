//! Arguments of `explain`.

use crate::commands::examples;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  rootwatch explain --example sign-in-without-mfa
  rootwatch explain --example account-closed --as sms
  rootwatch explain --as json event.json.gz
  aws cloudtrail lookup-events --output json | rootwatch explain -";

#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// Files with CloudTrail records or EventBridge's events, as AWS's services and its command line give them, compressed
    /// or not; - for standard input
    #[arg(value_name = "FILE", required_unless_present = "example")]
    pub(crate) files: Vec<PathBuf>,
    /// An event of this kind instead of a file, as AWS sends it
    #[arg(long, value_name = "KIND", conflicts_with = "files", value_parser = kinds())]
    pub(crate) example: Option<String>,
    /// Form in which the message is shown: as the subscribers of each protocol get it
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t)]
    pub(crate) form: MessageForm,
}

/// How a message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageForm {
    /// E-mail: its subject and text
    #[default]
    Mail,
    /// SMS
    Sms,
    /// JSON for programs, as queues, functions and https get it
    Json,
    /// Notification for chat programs, as subscriptions get it with --notify-format chatbot
    Chat,
}

fn kinds() -> PossibleValuesParser {
    let all = examples::ALL;
    let values = all
        .iter()
        .map(|it| PossibleValue::new(it.kind).help(it.meaning));
    PossibleValuesParser::new(values)
}
