//! Terraform beside rootwatch: the same hub made, planned and removed by turns, on the same lab in the same run.

use crate::{Bench, hcl, millis, say};
use anyhow::{Context as _, Result, bail};
use rootwatch_bundle::with_settings;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Deployment that Terraform makes.
const ITS_NAME: &str = "terraform";
/// Deployment that rootwatch makes beside it.
const OUR_NAME: &str = "beside";

/// What is timed: in words, and as Terraform and rootwatch call it.
const STEPS: [(&str, &[&str], &[&str]); 3] = [
    (
        "make the hub",
        &["apply", "-auto-approve"],
        &["deploy", "hub", "--yes"],
    ),
    (
        "plan without changes",
        &["plan", "-detailed-exitcode"],
        &["plan", "hub", "--detailed-exitcode"],
    ),
    (
        "remove the hub",
        &["destroy", "-auto-approve"],
        &["teardown", "hub", "--yes"],
    ),
];

/// The deployment package of the function whose name ends like this, as a file.
fn package(plan: &Value, folder: &Path, function: &str, code: &[u8]) -> Result<PathBuf> {
    let file = folder.join(format!("{function}.zip"));
    let settings = hcl::settings(plan, function);
    let settings =
        settings.with_context(|| format!("a plan without the settings of {function}"))?;
    fs::write(&file, with_settings(code, &settings)?.zip)?;
    Ok(file)
}

/// Times both, and Terraform with nothing to make, `runs` times by turns.
///
/// # Errors
/// When `terraform` or its AWS provider is not there, or when the hub that it makes is not the one of rootwatch.
pub(crate) fn compare(bench: &Bench, runs: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (hub, empty) = (folder.path().join("hub"), folder.path().join("empty"));
    let plan = plan_of_nothing(bench)?;
    let self_check = rootwatch_bundle::self_check_zip().context("a build without self-check")?;
    let notifier = package(&plan, folder.path(), "notifier", rootwatch_bundle::zip())?;
    let self_check = package(&plan, folder.path(), "selfcheck", self_check)?;
    let packages = hcl::Packages {
        notifier: &notifier,
        self_check: &self_check,
    };
    write(&hub, &hcl::hub(&plan, packages)?)?;
    write(&empty, &hcl::empty())?;
    for folder in [&hub, &empty] {
        terraform(bench, folder, &["init"])?;
    }
    let mut times: [[Vec<Duration>; 3]; 3] = Default::default();
    for _ in 0..runs {
        for (step, (_, theirs, ours)) in STEPS.iter().enumerate() {
            times[step][0].push(bench.timed(&[ours, &["--name", OUR_NAME][..]].concat())?);
            times[step][1].push(terraform(bench, &hub, theirs)?);
            times[step][2].push(terraform(bench, &empty, theirs)?);
            if step == 0 {
                is_the_same_hub(bench)?;
            }
        }
    }
    say(&format!(
        "Terraform on the same lab, {runs} runs by turns, medians:"
    ))?;
    for ((what, _, _), times) in STEPS.iter().zip(times) {
        let [ours, theirs, floor] = times.map(median);
        say(&format!(
            "{what}: rootwatch {} ms, terraform {} ms, {:.0} times as long; terraform with no resource {} ms",
            millis(ours),
            millis(theirs),
            theirs.as_secs_f64() / ours.as_secs_f64(),
            millis(floor),
        ))?;
    }
    Ok(())
}

fn plan_of_nothing(bench: &Bench) -> Result<Value> {
    let plan = ["plan", "hub", "--name", ITS_NAME, "--output", "json"];
    let output = bench.command(&plan).stdout(Stdio::piped()).output()?;
    serde_json::from_slice(&output.stdout).context("reading the plan")
}

fn is_the_same_hub(bench: &Bench) -> Result<()> {
    let plan = ["plan", "hub", "--name", ITS_NAME, "--detailed-exitcode"];
    let output = bench.command(&plan).stdout(Stdio::piped()).output()?;
    if output.status.code() != Some(0) {
        bail!(
            "Terraform made another hub than rootwatch does:\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ok(())
}

fn write(folder: &Path, configuration: &Value) -> Result<()> {
    fs::create_dir(folder)?;
    fs::write(
        folder.join("main.tf.json"),
        serde_json::to_string_pretty(configuration)?,
    )?;
    Ok(())
}

fn terraform(bench: &Bench, folder: &Path, args: &[&str]) -> Result<Duration> {
    let since = Instant::now();
    rootwatch_lab::terraform(&bench.environment(), folder, args)?;
    Ok(since.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
