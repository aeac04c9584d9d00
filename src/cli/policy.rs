//! Arguments of `policy`.

use super::{CallerArgs, TopicArgs};
use clap::{Args, ValueEnum};
use rootwatch_engine::permissions::Command;

const EXAMPLES: &str = "\
Examples, in the account whose credentials will run the command:
  rootwatch policy deploy hub > deploy-hub.json
  rootwatch policy status --format hcl
  rootwatch policy verify --role rootwatch-reader
  rootwatch policy reader --format template > reader-role.yaml";

#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PolicyArgs {
    #[arg(value_name = "COMMAND", required = true, num_args = 1..=2, help = commands())]
    command: Vec<String>,
    /// Form in which the policy is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Form,
    /// IAM role in each account that `verify` or `test` enters by --role
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

/// How a policy is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// As IAM takes it
    #[default]
    Json,
    /// For Terraform: a data source aws_iam_policy_document
    Hcl,
    /// For CloudFormation: a PolicyDocument
    Yaml,
    /// The CloudFormation template of the reader's role, trust policy and all
    Template,
}

impl PolicyArgs {
    /// As it is typed, `policy deploy hub`.
    pub(super) fn name(&self) -> String {
        format!("policy {}", self.command.join(" "))
    }

    /// The command, or what may be given.
    pub(crate) fn command(&self) -> Result<Command, String> {
        let typed = self.command.join(" ");
        let found = Command::ALL.iter().find(|(name, _)| *name == typed);
        found.map(|(_, command)| *command).ok_or_else(|| {
            let all: Vec<&str> = Command::ALL.iter().map(|(name, _)| *name).collect();
            format!(
                "there is no policy for \"{typed}\"; there are those for {}",
                all.join(", ")
            )
        })
    }
}

/// What may be given. Half of the commands have two words, of which neither is one by itself.
fn commands() -> String {
    let is_command = |(_, it): &&(&str, Command)| *it != Command::Reader;
    let all: Vec<&str> = Command::ALL
        .iter()
        .filter(is_command)
        .map(|(name, _)| *name)
        .collect();
    format!(
        "Command that the caller is to run: {}; or reader, the role that verify and test enter",
        all.join(", ")
    )
}
