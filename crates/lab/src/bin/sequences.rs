//! `cargo sequences [--release | --binary FILE] [--seed N] [--count K] [--minutes M] [--only NUMBER | --case JSON]
//! [--longest STEPS] [--at-once N] [--shorter N] [--attempts N] [--limit SECONDS]`: drawn sequences of commands, changed
//! settings, edits by hand, accounts that come and go, faults, kills and acts of root; how often what was drawn, and each
//! sequence that fails, as short as it fails, with the command that plays it again.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::say;
use rootwatch_lab::long_run::{self, Teller, number};
use rootwatch_lab::sequences::{Outcome, Settings, sequences};

fn settings() -> Result<Settings> {
    let mut settings = Settings {
        binary: PathBuf::new(),
        seed: 1,
        count: 100,
        only: None,
        case: None,
        longest: 10,
        at_once: 4,
        shorter: 40,
        attempts: 3,
        limit: Duration::from_secs(180),
        within: None,
    };
    let (mut release, mut binary) = (false, None);
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
            "--seed" => settings.seed = number(&value()?)?,
            "--count" => settings.count = number(&value()?)?,
            "--only" => settings.only = Some(number(&value()?)?),
            "--case" => settings.case = Some(value()?.parse().context("--case JSON")?),
            "--longest" => settings.longest = number(&value()?)?,
            "--at-once" => settings.at_once = number(&value()?)?,
            "--shorter" => settings.shorter = number(&value()?)?,
            "--attempts" => settings.attempts = number(&value()?)?,
            "--limit" => settings.limit = Duration::from_secs(number(&value()?)?),
            "--minutes" => {
                let minutes: u64 = number(&value()?)?;
                settings.within = Some(Duration::from_secs(60 * minutes));
            }
            other => bail!(
                "{other}? Known are --release, --binary FILE, --seed N, --count K, --minutes M, --only NUMBER, --case JSON, --longest STEPS, --at-once N, --shorter N, --attempts N, --limit SECONDS"
            ),
        }
    }
    settings.binary = long_run::binary(binary, release)?;
    Ok(settings)
}

fn main() -> Result<ExitCode> {
    let settings = settings()?;
    say(&format!("seed {}", settings.seed))?;
    let teller = Teller::of("sequences");
    let tell = |outcome: &Outcome| {
        let failure = (!outcome.problems.is_empty()).then(|| outcome.to_string());
        teller.ended(failure.as_deref());
    };
    let report = sequences(&settings, &tell)?;
    say(&format!("\n{report}"))?;
    Ok(ExitCode::from(u8::from(!report.failed().is_empty())))
}
