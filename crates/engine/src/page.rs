//! What is made from the code and committed: tables in `docs/`. Tests of every crate write them by this.

use std::path::{Path, PathBuf};

/// A file of this repository.
pub(crate) fn at(path: &str) -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let root = folders.find(|it| it.join("templates").is_dir()).unwrap();
    root.join(path)
}

pub(crate) fn is_to_be_written() -> bool {
    std::env::var_os("ROOTWATCH_WRITE_SCHEMA").is_some()
}

/// Fails where what is committed is not what is made.
#[track_caller]
pub(crate) fn is_current(file: &Path, committed: &str, made: &str) {
    let file = file.display();
    assert!(
        committed == made,
        "{file} is stale; ROOTWATCH_WRITE_SCHEMA=1 rewrites it"
    );
}

/// One test at a time writes pages.
static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Fails unless a page of `docs/` has this text between `<!-- made: NAME -->` and `<!-- end -->`. `ROOTWATCH_WRITE_SCHEMA`
/// rewrites it.
#[track_caller]
pub(crate) fn holds(page: &str, name: &str, made: &str) {
    let file = at(&format!("docs/{page}.md"));
    let _one = WRITING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = std::fs::read_to_string(&file).unwrap();
    let (begin, end) = (format!("<!-- made: {name} -->\n"), "<!-- end -->");
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (committed, after) = rest.split_once(end)?;
        Some((before, committed, after))
    });
    let (before, committed, after) = parts.unwrap_or_else(|| panic!("{page}: {begin}{end}"));
    let made = format!("\n{}\n\n", made.trim());
    match is_to_be_written() {
        true => std::fs::write(&file, format!("{before}{begin}{made}{end}{after}")).unwrap(),
        false => is_current(&file, committed, &made),
    }
}
