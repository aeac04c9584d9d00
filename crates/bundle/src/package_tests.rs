use std::io::{Cursor, Read as _};

use std::path::Path;

use super::*;
use crate::{ARCHITECTURE, size, zip as bundled};

fn bootstrap() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut zip = zip::ZipArchive::new(Cursor::new(bundled())).unwrap();
    zip.by_name(ENTRY).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// The executable with one of its version names (`GLIBC_2.nn`) made newer.
fn with_newer_glibc() -> Vec<u8> {
    let mut bytes = bootstrap();
    let is_version = |at: &[u8]| {
        at.starts_with(b"GLIBC_2.") && at[8..10].iter().all(u8::is_ascii_digit) && at[10] == 0
    };
    let at = bytes.windows(11).position(is_version).unwrap();
    bytes[at + 8..at + 10].copy_from_slice(b"39");
    bytes
}

#[test]
fn the_bundled_zip_is_good() {
    assert_eq!(check(&bootstrap()).unwrap(), ARCHITECTURE);
    assert!(size() < 4 * 1024 * 1024, "{} bytes", size());
}

#[test]
fn the_zip_has_one_executable_file_with_a_fixed_time() {
    let mut zip = zip::ZipArchive::new(Cursor::new(bundled())).unwrap();
    assert_eq!(zip.len(), 1);
    let file = zip.by_index(0).unwrap();
    assert_eq!(file.name().unwrap(), "bootstrap");
    assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
    assert_eq!(file.last_modified().unwrap().year(), 1980);
}

#[test]
fn the_same_executable_makes_the_same_zip() {
    assert_eq!(pack(&bootstrap()).unwrap(), bundled());
    assert_ne!(pack(b"other").unwrap(), bundled());
}

#[test]
fn names_no_folder_of_this_machine() {
    if std::env::var_os("ROOTWATCH_NOTIFIER_BOOTSTRAP").is_some() {
        return; // made elsewhere
    }
    let executable = bootstrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = here.ancestors().nth(2).unwrap().to_str().unwrap();
    let home = std::env::home_dir().unwrap().join(".cargo");
    for folder in [here.as_bytes(), home.as_os_str().as_encoded_bytes()] {
        assert!(
            !executable
                .windows(folder.len())
                .any(|window| window == folder),
            "{}",
            String::from_utf8_lossy(folder)
        );
    }
}

#[test]
fn refuses_what_is_no_executable() {
    for bytes in [
        &b""[..],
        b"#!/bin/sh\n",
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\x00",
    ] {
        assert!(
            check(bytes)
                .unwrap_err()
                .to_string()
                .contains("not a 64-bit ELF")
        );
    }
}

#[test]
fn refuses_another_architecture() {
    let mut bytes = bootstrap();
    bytes[18..20].copy_from_slice(&243_u16.to_le_bytes()); // e_machine: RISC-V
    assert_eq!(
        check(&bytes).unwrap_err().to_string(),
        "Lambda does not run Riscv64"
    );
}

#[test]
fn knows_both_architectures() {
    let mut bytes = bootstrap();
    bytes[18..20].copy_from_slice(&183_u16.to_le_bytes()); // e_machine: AArch64
    assert_eq!(check(&bytes).unwrap(), "arm64");
}

#[test]
fn refuses_a_newer_glibc() {
    let said = check(&with_newer_glibc()).unwrap_err().to_string();
    assert!(said.contains("needs glibc 2.39"), "{said}");
}

#[test]
fn reads_versions() {
    assert_eq!(glibc("GLIBC_2.2.5"), Some((2, 2)));
    assert_eq!(glibc("GLIBC_2.34"), Some((2, 34)));
    assert!(glibc("GLIBC_2.4") < glibc("GLIBC_2.34"));
    assert_eq!(glibc("GCC_3.0"), None);
    assert_eq!(glibc("GLIBC_PRIVATE"), None);
}
