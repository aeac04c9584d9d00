//! Checking an executable and packing it. Used by the build script, and by the tests.

use std::fmt;
use std::io::{Cursor, Write as _};

use object::read::elf::ElfFile64;
use object::{Architecture, Endianness, Object as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The C library of Amazon Linux 2023, on which `provided.al2023` runs (AL2023 user guide, package list).
const GLIBC: (u32, u32) = (2, 34);
/// The name that Lambda starts (Lambda guide, "Building a custom runtime").
const ENTRY: &str = "bootstrap";
const EXECUTABLE: u32 = 0o755;

/// Why an executable is no good for Lambda.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

fn problem(what: impl fmt::Display) -> Problem {
    Problem(what.to_string())
}

/// The architecture in Lambda's words, when Lambda can run this executable.
pub(crate) fn check(executable: &[u8]) -> Result<&'static str, Problem> {
    let not_elf = |error| problem(format!("not a 64-bit ELF executable: {error}"));
    let elf = ElfFile64::<Endianness>::parse(executable).map_err(not_elf)?;
    let architecture = match elf.architecture() {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "arm64",
        other => return Err(problem(format!("Lambda does not run {other:?}"))),
    };
    let version = newest_glibc(&elf).map_err(problem)?;
    if version.is_some_and(|version| version > GLIBC) {
        let (major, minor) = version.unwrap_or(GLIBC);
        return Err(problem(format!(
            "it needs glibc {major}.{minor}, and Amazon Linux 2023 has {}.{}: build it on an older system, with \
             ROOTWATCH_LAMBDA_TARGET set to a target with musl, or with `cargo lambda build`",
            GLIBC.0, GLIBC.1
        )));
    }
    Ok(architecture)
}

/// The newest version of glibc that any symbol is needed from; none for a static executable.
fn newest_glibc(elf: &ElfFile64<'_, Endianness>) -> object::Result<Option<(u32, u32)>> {
    let endian = elf.endian();
    let sections = elf.elf_section_table();
    let Some((mut needs, strings)) = sections.gnu_verneed(endian, elf.data())? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, elf.data(), strings)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            let name = version.name(endian, strings)?;
            newest = newest.max(glibc(&String::from_utf8_lossy(name)));
        }
    }
    Ok(newest)
}

/// `GLIBC_2.34` or `GLIBC_2.2.5`; other names are other libraries' versions.
fn glibc(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    match (numbers.next()?, numbers.next()?) {
        (Ok(major), Ok(minor)) => Some((major, minor)),
        _ => None,
    }
}

/// A zip that depends on the executable's bytes only: fixed time, fixed mode, one entry.
pub(crate) fn pack(executable: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(EXECUTABLE);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(ENTRY, options)?;
    zip.write_all(executable)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
#[path = "package_tests.rs"]
mod tests;
