//! The function's settings, a file beside its executable in the zip.
//!
//! Not its environment, which Lambda encrypts with a grant for the role's id: such a grant fails while the role is new and
//! is void when the role is made again, and there is room for 4 KB (Lambda Developer Guide, "Working with Lambda
//! environment variables").

use std::fmt;
use std::io::{Cursor, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Name of the file. The function reads it from the folder of its code.
const FILE: &str = "settings.json";
/// Name of the executable (Lambda guide, "Building a custom runtime").
const EXECUTABLE: &str = "bootstrap";
/// Lambda runs the function as another user than the one that owns its files.
const READABLE: u32 = 0o644;

/// Bytes that settings may have: names of some 100,000 accounts. Together with the executable they stay far below the
/// 50 MB that Lambda takes in one call (Lambda Developer Guide, "Lambda quotas").
pub const MOST_SETTINGS: usize = 8 * 1024 * 1024;

/// A zip and what Lambda says of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// For `CreateFunction` and `UpdateFunctionCode`.
    pub zip: Vec<u8>,
    /// Its SHA-256 in base64, as Lambda reports it in `CodeSha256`.
    pub sha256: String,
}

/// Without the bytes, which nobody reads.
impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Package");
        shown.field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

/// A function's zip with these settings in place of those that are in it. The same for the same input.
///
/// # Errors
/// When `zip` is none.
pub fn with_settings(zip: &[u8], settings: &str) -> ZipResult<Package> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(READABLE);
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    let mut made = ZipWriter::new(Cursor::new(Vec::with_capacity(zip.len())));
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at)?;
        if file.name()? != FILE {
            made.raw_copy_file(file)?;
        }
    }
    made.start_file(FILE, options)?;
    made.write_all(settings.as_bytes())?;
    let zip = made.finish()?.into_inner();
    let sha256 = STANDARD.encode(Sha256::digest(&zip));
    Ok(Package { zip, sha256 })
}

/// Whether a function's zip is this one but for the settings.
///
/// # Errors
/// When `zip` is none.
pub fn is_same_but_for_settings(zip: &[u8], other: &[u8]) -> ZipResult<bool> {
    Ok(with_settings(zip, "")?.sha256 == with_settings(other, "")?.sha256)
}

/// The executable in a function's zip.
///
/// # Errors
/// When `zip` is none, or has no executable.
pub fn executable_in(zip: &[u8]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    let mut bytes = Vec::new();
    archive.by_name(EXECUTABLE)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The settings in a function's zip; none where it has no such file.
///
/// # Errors
/// When `zip` is none, and when the file is longer than [`MOST_SETTINGS`] or no text.
pub fn settings_in(zip: &[u8]) -> ZipResult<Option<String>> {
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    let file = match archive.by_name(FILE) {
        Ok(file) => file,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST_SETTINGS as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > MOST_SETTINGS {
        return Err(ZipError::InvalidArchive("settings.json is too long".into()));
    }
    let text = String::from_utf8(bytes);
    text.map(Some)
        .map_err(|_| ZipError::InvalidArchive("settings.json is not UTF-8".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip as bundled;

    fn files(zip: &[u8]) -> Vec<(String, u32)> {
        let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut all = Vec::new();
        for at in 0..archive.len() {
            let file = archive.by_index(at).unwrap();
            all.push((
                file.name().unwrap().into_owned(),
                file.unix_mode().unwrap() & 0o777,
            ));
        }
        all
    }

    #[test]
    fn the_settings_are_beside_the_executable_and_come_out_again() {
        let made = with_settings(bundled(), "{}").unwrap();
        let wanted = [("bootstrap".to_owned(), 0o755), (FILE.to_owned(), 0o644)];
        assert_eq!(files(&made.zip), wanted);
        assert_eq!(settings_in(&made.zip).unwrap().as_deref(), Some("{}"));
        assert_eq!(made.sha256, STANDARD.encode(Sha256::digest(&made.zip)));
        assert_eq!(settings_in(bundled()).unwrap(), None);
    }

    #[test]
    fn the_same_settings_make_the_same_zip_and_others_another() {
        let [one, again, other] =
            ["{}", "{}", "{\"a\":1}"].map(|it| with_settings(bundled(), it).unwrap());
        assert_eq!(one, again);
        assert_ne!(one.sha256, other.sha256);
        assert_eq!(with_settings(&other.zip, "{}").unwrap(), one, "in place");
        let is_same = |zip: &[u8]| is_same_but_for_settings(zip, bundled()).unwrap();
        assert!(is_same(&one.zip) && is_same(&other.zip) && is_same(bundled()));
        let mut changed = bundled().to_vec();
        // A byte of the executable, packed.
        changed[bundled().len() / 2] ^= 1;
        assert!(!is_same(&changed));
    }

    #[test]
    fn what_is_no_zip_or_has_no_text_is_an_error() {
        assert!(with_settings(b"no", "{}").is_err() && settings_in(b"no").is_err());
        let long = " ".repeat(MOST_SETTINGS + 1);
        let made = with_settings(bundled(), &long).unwrap();
        assert!(settings_in(&made.zip).is_err());
        let fits = with_settings(bundled(), &long[1..]).unwrap();
        assert_eq!(
            settings_in(&fits.zip).unwrap().unwrap().len(),
            MOST_SETTINGS
        );
    }
}
