//! Arguments of `export`.

use super::{CallerArgs, TopicArgs};
use clap::{Args, ValueEnum, ValueHint};
use rootwatch_engine::export;
use std::path::PathBuf;

#[derive(Clone, Debug, Args)]
#[command(after_help = super::examples::EXPORT)]
pub(crate) struct ExportArgs {
    /// Tool that takes over
    #[arg(value_enum, value_name = "TOOL")]
    pub(crate) tool: Tool,
    /// Folder for the files, which is made where it is not there [default: print what the tool reads]
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) folder: Option<PathBuf>,
    /// Replace files of the same names that are there
    #[arg(long, requires = "folder")]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) topic: TopicArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
}

/// Whose files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    /// Terraform, with import blocks
    Terraform,
    /// CloudFormation, with the list for a change set that imports
    Cloudformation,
}

impl From<Tool> for export::Form {
    fn from(tool: Tool) -> Self {
        match tool {
            Tool::Terraform => Self::Terraform,
            Tool::Cloudformation => Self::CloudFormation,
        }
    }
}

impl ExportArgs {
    /// As it is typed, `export terraform`.
    pub(super) fn command(&self) -> String {
        format!("export {}", export::Form::from(self.tool).name())
    }
}
