//! More than one at work: runs beside each other, plans that somebody else makes stale, and plans in files.

mod at_once;
mod plan_files;
mod stale;
