//! The commands that follow a settings file, in order.

use crate::commands::file::Target;
use crate::config::DEFAULT_FILE;
use rootwatch_engine::Settings;
use rootwatch_engine::shell::quoted;
use rootwatch_engine::survey::{Standing, Survey};
use std::path::Path;

/// What to run, and with whose credentials where they are another account's.
pub(super) fn steps(target: &Target, settings: &Settings, found: Option<&Survey>) -> Vec<String> {
    let with_file = |command: &str| with_file(command, &target.path);
    let here = found.map(|it| it.account.as_str());
    let of = |account: &str, command: &str| match here == Some(account) {
        true => with_file(command),
        false => format!(
            "with credentials of account {account}: {}",
            with_file(command)
        ),
    };
    let at_hub = |command: &str| match &settings.hub.account {
        Some(account) => of(account, command),
        None => with_file(command),
    };
    let organization = found.and_then(|it| it.organization.as_ref());
    let spokes = match organization {
        Some(it) if it.standing == Standing::Member => of(&it.management_account, "deploy spokes"),
        _ => with_file("deploy spokes"),
    };
    vec![
        at_hub("plan hub"),
        at_hub("deploy hub"),
        spokes,
        at_hub("test"),
    ]
}

/// The command that shows what would change of the hub or of the spokes.
pub(super) fn plan(path: &Path, what: &str) -> String {
    with_file(&format!("plan {what}"), path)
}

fn with_file(command: &str, path: &Path) -> String {
    if path == Path::new(DEFAULT_FILE) {
        return format!("rootwatch {command}");
    }
    let path = path.display().to_string();
    format!("rootwatch {command} --config {}", quoted(&path))
}
