//! `cargo sweep [--release | --binary FILE] [--only CASE]... [--each N] [--sample N --seed S] [--at-once N]
//! [--attempts N] [--limit SECONDS] [--minutes N]`: each command that writes, with something going wrong at each of its calls, and then
//! once more; a table of what survived, and each failure with the command that repeats it.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::say;
use rootwatch_lab::long_run::{self, Teller, number};
use rootwatch_lab::sweep::{Outcome, Settings, sweep};

fn settings() -> Result<Settings> {
    let mut settings = Settings {
        binary: PathBuf::new(),
        only: Vec::new(),
        each: None,
        sample: None,
        at_once: 8,
        attempts: 3,
        limit: Duration::from_secs(180),
        within: None,
    };
    let (mut release, mut binary, mut seed) = (false, None, 1);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("{argument} what?"))
        };
        match argument.as_str() {
            "--release" => release = true,
            "--binary" => binary = Some(PathBuf::from(value()?)),
            "--only" => settings.only.push(value()?.parse()?),
            "--each" => settings.each = Some(number(&value()?)?),
            "--sample" => settings.sample = Some((number(&value()?)?, 0)),
            "--seed" => seed = number(&value()?)?,
            "--at-once" => settings.at_once = number(&value()?)?,
            "--attempts" => settings.attempts = number(&value()?)?,
            "--minutes" => {
                let minutes: u64 = number(&value()?)?;
                settings.within = Some(Duration::from_secs(60 * minutes));
            }
            "--limit" => settings.limit = Duration::from_secs(number(&value()?)?),
            other => bail!(
                "{other}? Known are --release, --binary FILE, --only CASE, --each N, --sample N, --seed S, --at-once N, --attempts N, --limit SECONDS, --minutes N"
            ),
        }
    }
    settings.sample = settings.sample.map(|(count, _)| (count, seed));
    settings.binary = long_run::binary(binary, release)?;
    Ok(settings)
}

fn main() -> Result<ExitCode> {
    let settings = settings()?;
    let teller = Teller::of("cases");
    let tell = |outcome: &Outcome| {
        let failure = (!outcome.problems.is_empty()).then(|| outcome.to_string());
        teller.ended(failure.as_deref());
    };
    let table = sweep(&settings, &tell)?;
    say(&format!("\n{table}"))?;
    for outcome in table.unmet() {
        say(&format!("met no call: {}", outcome.case))?;
    }
    Ok(ExitCode::from(u8::from(!table.failed().is_empty())))
}
