//! `cargo bench-test [--release | --binary FILE] [--accounts N] [--regions N] [--delay MS]`: how long
//! `test --all-accounts` takes for a generated organization, with how many calls and how much memory. A stand-in takes the
//! canaries of the spokes: it delivers them after a while, out of order, some twice, none never; each call takes `--delay`.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::{Measured, build, measure, millis, say};
use rootwatch_lab::{Front, Generated, Lab, Manner};

const REGION: &str = "eu-west-1";
const PERSON: &str = "security@example.com";
const LONGEST: Duration = Duration::from_secs(15 * 60);
const MOST_MEMORY_MB: u64 = 200;

struct Settings {
    release: bool,
    /// A binary that is there already, instead of building one.
    binary: Option<PathBuf>,
    accounts: u32,
    regions: u32,
    delay: u32,
}

impl Settings {
    fn read() -> Result<Self> {
        let mut settings = Self {
            release: false,
            binary: None,
            accounts: 10_000,
            regions: 20,
            delay: 50,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--binary" {
                settings.binary = arguments.next().map(PathBuf::from);
                continue;
            }
            let mut number = || arguments.next().and_then(|it| it.parse::<u32>().ok());
            match argument.as_str() {
                "--release" => settings.release = true,
                "--accounts" => settings.accounts = number().context("--accounts N")?,
                "--regions" => settings.regions = number().context("--regions N")?,
                "--delay" => settings.delay = number().context("--delay MS")?,
                other => bail!(
                    "{other}? Known are --release, --binary FILE, --accounts N, --regions N, --delay MS"
                ),
            }
        }
        Ok(settings)
    }
}

fn main() -> Result<()> {
    let settings = Settings::read()?;
    let binary = match &settings.binary {
        Some(binary) => binary.canonicalize().context("--binary FILE")?,
        None => build(settings.release)?,
    };
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    lab.delegate_stacksets(&organization.hub)?;
    let run = |args: &[&str], env| -> Result<Measured> {
        let measured = measure(&binary, args, env)?;
        if measured.code != Some(0) {
            let code = measured.code;
            bail!(
                "rootwatch {} ended with {code:?}:\n{}",
                args.join(" "),
                measured.stdout
            );
        }
        Ok(measured)
    };
    let env = lab.env(&organization.hub, REGION);
    run(&["deploy", "hub", "--email", PERSON, "--yes"], env.clone())?;
    lab.confirm_subscription(PERSON)?;
    let spokes = [
        "deploy",
        "spokes",
        "--ou",
        "/",
        "--regions",
        "us-east-1",
        "--yes",
    ];
    run(&spokes, env.clone())?;
    lab.generate(&Generated {
        accounts: settings.accounts,
        units: settings.accounts.min(50),
        regions: settings.regions,
        hub: organization.hub.clone(),
    })?;
    let front = Front::start(
        lab.endpoint(),
        Manner {
            delay: Duration::from_millis(settings.delay.into()),
            ..Manner::default()
        },
    )?;
    let mut env = env;
    env.push(("AWS_ENDPOINT_URL".to_owned(), front.endpoint()));
    let measured = run(
        &["test", "--all-accounts", "--role", "rootwatch-reader"],
        env,
    )?;
    let seen = front.seen();
    let places = settings.accounts as usize * settings.regions as usize;
    say(&format!(
        "{} accounts in {} regions, {} ms a call: {} ms, peak memory {} MB",
        settings.accounts,
        settings.regions,
        settings.delay,
        millis(measured.took),
        measured.peak_mb,
    ))?;
    say(&format!(
        "{} canaries sent for {places} places; calls: {:?}; PutEvents at once: {}",
        seen.canaries, seen.calls, seen.most_at_once
    ))?;
    say(&measured.stdout)?;
    if !measured
        .stdout
        .contains(&format!("{places} of {places} accounts and regions"))
    {
        bail!("not all of the places arrived");
    }
    if measured.took > LONGEST || measured.peak_mb > MOST_MEMORY_MB {
        bail!("the target was missed: 15 minutes and {MOST_MEMORY_MB} MB");
    }
    Ok(())
}
