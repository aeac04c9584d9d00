//! The way out: what is deployed, as the configuration of another tool that takes it over as it is.
//!
//! Nothing of AWS is changed. `look.rs` reads what is there, `left_out.rs` says what of it no file has, and a form makes
//! its files of the rest. All but the reading is pure.

mod address;
mod cloudformation;
mod left_out;
mod look;
mod part;
mod terraform;

use crate::session::Session;
use anyhow::Result;
use look::Look;
use serde::Serialize;
use std::collections::BTreeMap;

/// The tool that takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// HCL for Terraform and its provider for AWS, with `import` blocks.
    Terraform,
    /// A template for CloudFormation, and the list of resources to import into a stack of it.
    CloudFormation,
}

impl Form {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::CloudFormation => "cloudformation",
        }
    }
}

/// What is deployed, in files.
pub struct Export {
    /// What the files have.
    pub report: Report,
    /// In the order in which they are read.
    pub files: Vec<File>,
}

/// One file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub contents: Contents,
}

/// What a file has.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// What the tool reads.
    Text(String),
    /// What is beside it: the package of a function, the template of the spokes, the list of what is imported.
    Beside(Vec<u8>),
}

/// Versioned form of the JSON that `export` prints.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// `rootwatch.export/1`.
    pub schema: &'static str,
    /// `terraform` or `cloudformation`.
    pub form: &'static str,
    /// The account of this run.
    pub account: String,
    /// The region of this run.
    pub region: String,
    /// The folder with the files; none where they were not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The files.
    pub files: Vec<Written>,
    /// Each resource of the files.
    pub resources: Vec<Exported>,
    /// What is deployed and in no file, or in it and not whole, each as a sentence.
    pub left_out: Vec<String>,
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Written {
    /// Its name, without the folder.
    pub name: String,
    /// What is in it, where it is text and was not written into a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Report {
    /// Says that the files are in a folder now.
    pub fn written_to(&mut self, folder: String) {
        self.folder = Some(folder);
        self.files.iter_mut().for_each(|it| it.text = None);
    }
}

/// A resource of the files, and what it is in AWS.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exported {
    /// What the files call it, `aws_sqs_queue.acts`.
    pub address: String,
    /// By what the tool finds it.
    pub identifiers: BTreeMap<&'static str, String>,
}

/// Reads what is deployed here, and writes it in a form.
///
/// # Errors
/// When nothing of the deployment is here, or something of the hub cannot be read.
pub async fn export(session: &Session, form: Form) -> Result<Export> {
    let look = look::look(session).await?;
    let made = match form {
        Form::Terraform => terraform::files(&look),
        Form::CloudFormation => cloudformation::files(&look)?,
    };
    Ok(Export {
        report: Report {
            schema: "rootwatch.export/1",
            form: form.name(),
            account: look.names.account.clone(),
            region: look.names.region.clone(),
            folder: None,
            files: made.files.iter().map(File::written).collect(),
            resources: made.resources,
            left_out: left_out::all(&look),
        },
        files: made.files,
    })
}

/// What a form makes.
struct Made {
    files: Vec<File>,
    resources: Vec<Exported>,
}

impl File {
    fn text(name: &str, text: String) -> Self {
        Self {
            name: name.to_owned(),
            contents: Contents::Text(text),
        }
    }

    fn beside(name: String, bytes: &[u8]) -> Self {
        Self {
            name,
            contents: Contents::Beside(bytes.to_owned()),
        }
    }

    fn written(&self) -> Written {
        let text = match &self.contents {
            Contents::Text(text) => Some(text.clone()),
            Contents::Beside(_) => None,
        };
        Written {
            name: self.name.clone(),
            text,
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.contents {
            Contents::Text(text) => text.as_bytes(),
            Contents::Beside(bytes) => bytes,
        }
    }
}

/// The package of a function as a file.
fn package_file(function: &str) -> String {
    format!("{function}.zip")
}

/// The packages of all functions.
fn packages(look: &Look) -> impl Iterator<Item = File> {
    let packages = look.packages.iter();
    packages.map(|(name, zip)| File::beside(package_file(name), zip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_that_of_what_is_printed() {
        crate::schema::holds::<Report>(&["export/1"]);
    }
}
