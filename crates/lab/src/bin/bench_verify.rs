//! `cargo bench-verify [--release | --binary FILE] [--accounts N] [--regions N] [--delay MS]`: how long `verify` takes for a
//! generated organization, with how many calls and how much memory. The spokes are judged by their StackSet.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::{Measured, build, measure, millis, say};
use rootwatch_lab::{Generated, Lab};

const REGION: &str = "eu-west-1";
const PERSON: &str = "security@example.com";
const MOST_MEMORY_MB: u64 = 200;

fn main() -> Result<()> {
    let (mut release, mut binary) = (false, None);
    let (mut accounts, mut regions, mut delay) = (10_000, 20, 0);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--binary" {
            binary = arguments.next().map(PathBuf::from);
            continue;
        }
        let mut number = || arguments.next().and_then(|it| it.parse::<u32>().ok());
        match argument.as_str() {
            "--release" => release = true,
            "--accounts" => accounts = number().context("--accounts N")?,
            "--regions" => regions = number().context("--regions N")?,
            "--delay" => delay = number().context("--delay MS")?,
            other => bail!(
                "{other}? Known are --release, --binary FILE, --accounts N, --regions N, --delay MS"
            ),
        }
    }
    let binary = match binary {
        Some(binary) => binary.canonicalize().context("--binary FILE")?,
        None => build(release)?,
    };
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    lab.delegate_stacksets(&organization.hub)?;
    let env = || lab.env(&organization.hub, REGION);
    let run = |args: &[&str]| -> Result<Measured> {
        let measured = measure(&binary, args, env())?;
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
    run(&["deploy", "hub", "--email", PERSON, "--yes"])?;
    lab.confirm_subscription(PERSON)?;
    run(&[
        "deploy",
        "spokes",
        "--ou",
        "/",
        "--regions",
        "us-east-1",
        "--yes",
    ])?;
    lab.generate(&Generated {
        accounts,
        units: accounts.min(50),
        regions,
        hub: organization.hub.clone(),
    })?;
    lab.set_delay(delay.into())?;
    lab.clear_calls()?;
    let measured = run(&["verify", "--quiet"])?;
    say(&format!(
        "{accounts} accounts in {regions} regions, {delay} ms a call: verify: {} ms, {} calls, peak memory {} MB",
        millis(measured.took),
        lab.calls()?.len(),
        measured.peak_mb,
    ))?;
    if measured.peak_mb > MOST_MEMORY_MB {
        bail!("the target was missed: {MOST_MEMORY_MB} MB");
    }
    Ok(())
}
