//! A file that a command writes: whole or not at all, and never over another one unless that is asked for.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where to write.
pub(super) struct Target {
    pub(super) path: PathBuf,
    overwrite: bool,
    /// What else can be given, where there is a file already.
    instead: &'static str,
}

impl Target {
    /// Fails for a file that is there, before anything is asked.
    pub(super) fn of(path: PathBuf, overwrite: bool, instead: &'static str) -> Result<Self> {
        // A link that leads nowhere is something too.
        if !overwrite && path.symlink_metadata().is_ok() {
            bail!(exists(&path, instead));
        }
        Ok(Self {
            path,
            overwrite,
            instead,
        })
    }

    /// Writes it beside its place, and then puts it there in one step.
    pub(super) fn write(&self, contents: &[u8]) -> Result<()> {
        let beside = self.beside();
        let written = self.put(&beside, contents);
        // It is there under its own name now, or not wanted.
        let _ = fs::remove_file(&beside);
        written
    }

    fn put(&self, beside: &Path, contents: &[u8]) -> Result<()> {
        let doing = || format!("writing {}", self.path.display());
        let mut file = File::create_new(beside).with_context(doing)?;
        file.write_all(contents).with_context(doing)?;
        file.sync_all().with_context(doing)?;
        if self.overwrite {
            return fs::rename(beside, &self.path).with_context(doing);
        }
        // Unlike a renaming, a link never takes the place of a file that was made a moment ago.
        match fs::hard_link(beside, &self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!(exists(&self.path, self.instead))
            }
            Err(_) => self.create(contents).with_context(doing),
            Ok(()) => Ok(()),
        }
    }

    /// For file systems without links.
    fn create(&self, contents: &[u8]) -> Result<()> {
        let mut file = match File::create_new(&self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!(exists(&self.path, self.instead))
            }
            opened => opened?,
        };
        Ok(file.write_all(contents)?)
    }

    fn beside(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default();
        let name = format!(".{}.{}", name.to_string_lossy(), std::process::id());
        self.path.with_file_name(name)
    }
}

fn exists(path: &Path, instead: &str) -> String {
    format!(
        "{} exists already and was not changed; give {instead}, or --overwrite",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTEAD: &str = "the name of another file";

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_is_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rootwatch.toml");
        let target = Target::of(path.clone(), false, INSTEAD).unwrap();
        target.write(b"first").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        let again = target.write(b"second").unwrap_err().to_string();
        assert!(again.contains("exists already"), "{again}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert!(Target::of(path.clone(), false, INSTEAD).is_err());
        let over = Target::of(path.clone(), true, INSTEAD).unwrap();
        over.write(b"third").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "third");
        assert_eq!(names(folder.path()), ["rootwatch.toml"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/rootwatch.toml");
        let target = Target::of(path, false, INSTEAD).unwrap();
        let error = target.write(b"x").unwrap_err().to_string();
        assert!(error.contains("none/rootwatch.toml"), "{error}");
    }
}
