//! The search for the settings file: upward from the working folder, as cargo and git do.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of the longest settings file.
const MOST: u64 = 1 << 20;

/// The first file of this name in the working folder or one above it, with its path from here, and its text.
///
/// Fails when it cannot be read, or is above the working folder and belongs to another user: everybody may write to
/// folders such as /tmp, and its settings would direct this run.
pub(super) fn find(name: &str) -> Result<Option<(PathBuf, String)>> {
    let here = std::env::current_dir().context("finding the working folder")?;
    let mut path = PathBuf::from(name);
    for (depth, _) in here.ancestors().enumerate() {
        if path.is_file() {
            let text = read(&path, depth > 0)?;
            return Ok(Some((path, text)));
        }
        path = Path::new("..").join(path);
    }
    Ok(None)
}

fn read(path: &Path, is_above: bool) -> Result<String> {
    let doing = || format!("reading the settings file {}", path.display());
    let file = File::open(path).with_context(doing)?;
    if is_above && !is_trusted(path, &file).with_context(doing)? {
        bail!(
            "the settings file {} is above the working folder and belongs to another user, so it was not read: --config {} takes it all the same, and a rootwatch.toml in the working folder goes before it",
            path.display(),
            path.display()
        );
    }
    text(file).with_context(doing)
}

/// The text of a settings file, which has a few hundred lines where it has many. Whatever else is named by mistake, a
/// device without an end for one, is not read to its end.
pub(super) fn text(file: File) -> Result<String> {
    let mut text = String::new();
    file.take(MOST + 1).read_to_string(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MOST {
        bail!("it is longer than {} MiB, as no settings are", MOST >> 20);
    }
    Ok(text)
}

/// Whether the opened file, and the link that may lead to it, belong to this user or to root.
#[cfg(unix)]
fn is_trusted(path: &Path, file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    let owners = [path.symlink_metadata()?.uid(), file.metadata()?.uid()];
    Ok(owners.iter().all(|owner| is_mine(*owner, me)))
}

#[cfg(not(unix))]
fn is_trusted(_: &Path, _: &File) -> std::io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn is_mine(owner: u32, me: u32) -> bool {
    owner == 0 || owner == me
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_end_is_not_read_to_its_end() {
        let error = text(File::open("/dev/zero").unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it is longer than 1 MiB, as no settings are"
        );
    }

    #[test]
    fn a_file_of_root_or_of_this_user_is_trusted_and_no_other() {
        for (owner, me, trusted) in [
            (0, 0, true),
            (0, 7, true),
            (7, 7, true),
            (8, 7, false),
            (7, 0, false),
        ] {
            assert_eq!(is_mine(owner, me), trusted, "{owner} {me}");
        }
    }
}
