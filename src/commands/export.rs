//! `rootwatch export`: what is deployed, as files of another tool.

use super::Exit;
use super::file::Target;
use super::run::{Run, called_by, on_topic};
use crate::cli::{ExportArgs, OutputForm};
use crate::report::{self, next};
use anyhow::{Context, Result};
use rootwatch_engine::export::{self, File};
use std::path::Path;

/// Prints the files, or writes them into a folder.
pub(super) async fn export(run: &Run<'_>, args: &ExportArgs) -> Result<Exit> {
    let session = run
        .start(&on_topic(&args.topic), &called_by(&args.caller))
        .await?;
    let mut made = export::export(&session, args.tool.into()).await?;
    let Some(folder) = &args.folder else {
        run.output
            .document(&report::export::files(&made), &made.report)?;
        if run.output.form == OutputForm::Text {
            let aside = report::export::aside(&made.report);
            session.work().message(aside.trim_end());
        }
        return Ok(Exit::Done);
    };
    write(folder, &made.files, args.overwrite)?;
    made.report.written_to(folder.display().to_string());
    let text = report::export::text(&made.report);
    run.output.result(&text, &made.report)?;
    run.next(&session, &next::after_export(&made.report));
    Ok(Exit::Done)
}

/// Writes all, or none where one of them is there already.
fn write(folder: &Path, files: &[File], overwrite: bool) -> Result<()> {
    let target = |file: &File| {
        let path = folder.join(&file.name);
        Target::of(path, overwrite, "export another folder")
    };
    let targets: Vec<Target> = files.iter().map(target).collect::<Result<_>>()?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("making the folder {}", folder.display()))?;
    for (target, file) in targets.iter().zip(files) {
        target.write(file.bytes())?;
    }
    Ok(())
}
