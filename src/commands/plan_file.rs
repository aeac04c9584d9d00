//! Plans in files: `plan --out FILE`, and `deploy --plan FILE`.

use super::run::Run;
use crate::cli::{OutArgs, SavedPlanArgs};
use crate::config::shown;
use anyhow::{Context, Result, bail};
use rootwatch_engine::saved::{self, Basis, MOST_BYTES, SavedPlan};
use rootwatch_engine::shell::quoted;
use rootwatch_engine::{Names, Session, without_password};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// How AWS is reached, and for how long: whoever carries a plan out may have another way.
const OF_THE_RUN: [&str; 9] = [
    "endpoint_url",
    "hub.profile",
    "hub.role",
    "management.profile",
    "management.role",
    "profile",
    "region",
    "spokes.call_as",
    "timeout",
];

/// The plan of the file that was named, which must be one of this command.
pub(super) fn read(args: &SavedPlanArgs, command: &str) -> Result<Option<SavedPlan>> {
    let Some(path) = &args.plan else {
        return Ok(None);
    };
    let plan =
        read_file(path).with_context(|| format!("reading the plan file {}", shown_path(path)))?;
    plan.check_command(command)?;
    Ok(Some(plan))
}

fn read_file(path: &Path) -> Result<SavedPlan> {
    let about = fs::metadata(path)?;
    // What is no file may never end.
    if !about.is_file() {
        bail!("it is no file");
    }
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!(
            "it has more than {} MB, which no plan has",
            MOST_BYTES >> 20
        );
    }
    SavedPlan::parse(&bytes)
}

fn shown_path(path: &Path) -> String {
    rootwatch_engine::one_line(&path.display().to_string())
}

/// Fails when this run is not the one that the plan was made for.
pub(super) fn check(
    plan: &SavedPlan,
    run: &Run<'_>,
    session: &Session,
    command: &str,
    more: Vec<(&str, String)>,
) -> Result<()> {
    let names = session.names();
    plan.check_run(&saved::Run {
        command,
        names: &names,
        settings: given(run, session, more),
    })
}

/// A plan that may be kept.
pub(super) struct Kept<'a> {
    command: &'a str,
    names: Names,
    settings: BTreeMap<String, String>,
}

impl<'a> Kept<'a> {
    /// Of this run, for the command that carries it out.
    pub(super) fn of(
        run: &Run<'_>,
        session: &Session,
        command: &'a str,
        more: Vec<(&str, String)>,
    ) -> Self {
        Self {
            command,
            names: session.names(),
            settings: given(run, session, more),
        }
    }

    /// Writes it, if a file was named; returns what is said of it.
    pub(super) fn write(self, args: &OutArgs, basis: &Basis) -> Result<String> {
        let Some(path) = &args.out else {
            return Ok(String::new());
        };
        let run = saved::Run {
            command: self.command,
            names: &self.names,
            settings: self.settings,
        };
        let plan = SavedPlan::of(run, basis.clone());
        let mut text = serde_json::to_string_pretty(&plan).context("writing JSON")?;
        text.push('\n');
        replace(path, text.as_bytes())
            .with_context(|| format!("writing the plan file {}", shown_path(path)))?;
        let command = carried_out_by(std::env::args_os(), path);
        Ok(format!(
            "The plan is in {}. To carry it out: `{command}`\n",
            shown_path(path)
        ))
    }
}

/// Puts a file that only its owner can read in the place of whatever is there, whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().context("it has no name")?.to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error says what is wrong.
        let _ = fs::remove_file(&beside);
    }
    Ok(written?)
}

fn write_new(path: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The settings of a run as it gives them, without what is deployed and without passwords.
fn given(run: &Run<'_>, session: &Session, more: Vec<(&str, String)>) -> BTreeMap<String, String> {
    let settings = session.settings();
    let values = shown::values(settings).into_iter();
    let values = values.filter(|(key, _)| !OF_THE_RUN.contains(key));
    let mut all: BTreeMap<String, String> = values
        .map(|(key, value)| (key.to_owned(), value.inline()))
        .collect();
    let listed = |all: Vec<String>| (!all.is_empty()).then(|| all.join(", "));
    let removed = settings.hub.unsubscribed.iter().map(ToString::to_string);
    let flags = [
        ("--remove-subscription", listed(removed.collect())),
        ("--remove-ou", listed(settings.spokes.removed_ous.clone())),
        ("--reset", listed(run.reset().to_vec())),
    ];
    let flags = flags.into_iter().filter_map(|(flag, it)| Some((flag, it?)));
    let flags = flags.chain(more);
    all.extend(flags.map(|(flag, value)| (flag.to_owned(), value)));
    all
}

/// The command line of this run as the one that carries its plan out.
fn carried_out_by(args: impl Iterator<Item = OsString>, path: &Path) -> String {
    let mut words = args.skip(1).map(|it| it.to_string_lossy().into_owned());
    let mut command = vec!["rootwatch".to_owned()];
    while let Some(word) = words.next() {
        match word.as_str() {
            "plan" => command.push("deploy".into()),
            "--out" | "--output" => drop(words.next()),
            "--detailed-exitcode" | "-v" | "--verbose" => {}
            _ if word.starts_with("--out=") || word.starts_with("--output=") => {}
            _ => command.push(quoted(&without_password_in(&word))),
        }
    }
    command.push(format!("--plan {}", quoted(&path.display().to_string())));
    command.join(" ")
}

/// `https=https://me:****@host`, also where a flag stands before it.
fn without_password_in(word: &str) -> String {
    let scheme = word.find("://").unwrap_or_default();
    let from = word[..scheme].rfind('=').map_or(0, |at| at + 1);
    format!("{}{}", &word[..from], without_password(&word[from..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(words: &[&str]) -> String {
        let words = words.iter().map(OsString::from);
        carried_out_by(words, Path::new("a plan.json"))
    }

    #[test]
    fn the_command_that_follows_gives_the_same_settings_and_no_password() {
        let said = carried(&[
            "/usr/bin/rootwatch",
            "--name",
            "x",
            "plan",
            "hub",
            "--out",
            "a plan.json",
            "--detailed-exitcode",
            "--sns-subscription",
            "https=https://me:hunter2@example.com/a=b",
            "--sns-subscription=https=https://me:hunter2@example.com",
            "--output=json",
        ]);
        assert!(!said.contains("hunter2"), "{said}");
        assert!(
            said.starts_with("rootwatch --name x deploy hub --sns-subscription "),
            "{said}"
        );
        assert!(said.contains("https://me:****@example.com/a=b"), "{said}");
        assert!(said.ends_with("--plan 'a plan.json'"), "{said}");
    }

    #[test]
    fn what_is_no_plan_file_is_refused_without_being_read_on_and_on() {
        let said = |path: &str| format!("{:#}", read_file(Path::new(path)).unwrap_err());
        assert_eq!(said("/dev/zero"), "it is no file");
        assert_eq!(said("/"), "it is no file");
        assert!(said("/nothing/there").contains("No such file"));
    }

    #[test]
    fn a_file_is_replaced_whole_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        fs::write(&path, "old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("none/plan.json"), b"x").is_err());
    }
}
