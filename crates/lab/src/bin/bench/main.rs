//! `cargo bench-hub [--release | --binary FILE] [--runs N] [--delay MS] [--terraform]`: how long `deploy hub` takes, against
//! the longest chain of calls that have to wait for one another; and beside Terraform, where that is installed.
//!
//! Each kind of run is timed twice: on the lab, which answers one call after the other, and on the answers that the lab
//! gave before, each of which takes the delay and nothing else, however many are asked for at once.

mod hcl;
mod terraform;

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::{millis, say};
use rootwatch_lab::long_run;
use rootwatch_lab::{Lab, Organization, Replay};
use serde_json::Value;

const REGION: &str = "eu-west-1";
/// Who is told.
const SUBSCRIBE: [&str; 2] = ["--email", "security@example.com"];
/// The most that a run may take on recorded answers, over the time of its longest chain.
const FIRST: f64 = 1.25;
const NO_CHANGE: f64 = 1.3;

struct Settings {
    release: bool,
    /// A program that was built before, to compare.
    binary: Option<PathBuf>,
    runs: usize,
    delay: Duration,
    terraform: bool,
}

impl Settings {
    fn read() -> Result<Self> {
        let mut settings = Self {
            release: false,
            binary: None,
            runs: 5,
            delay: Duration::from_millis(50),
            terraform: false,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|it| it.parse::<u64>().ok());
            match argument.as_str() {
                "--release" => settings.release = true,
                "--binary" => {
                    settings.binary = Some(arguments.next().context("--binary FILE")?.into());
                }
                "--terraform" => settings.terraform = true,
                "--runs" => settings.runs = number().context("--runs N")?.try_into()?,
                "--delay" => {
                    settings.delay = Duration::from_millis(number().context("--delay MS")?)
                }
                other => bail!(
                    "{other}? Known are --release, --binary FILE, --runs N, --delay MS, --terraform"
                ),
            }
        }
        Ok(settings)
    }
}

struct Bench {
    lab: Lab,
    organization: Organization,
    binary: PathBuf,
    settings: Settings,
}

/// What several runs of one kind came to.
struct Measured {
    times: Vec<Duration>,
    /// API calls of one run.
    calls: usize,
    /// Calls that wait for one another.
    chain: usize,
}

fn main() -> Result<()> {
    let settings = Settings::read()?;
    let binary = long_run::binary(settings.binary.clone(), settings.release)?;
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    let bench = Bench {
        lab,
        organization,
        binary,
        settings,
    };
    bench.introduce()?;
    bench.show("first deploy hub", &bench.first()?, None)?;
    bench.show("no-change deploy hub", &bench.no_change()?, None)?;
    let [first, no_change] = bench.replayed()?;
    bench.show("first deploy hub on recorded answers", &first, Some(FIRST))?;
    bench.show(
        "no-change deploy hub on recorded answers",
        &no_change,
        Some(NO_CHANGE),
    )?;
    if bench.settings.terraform {
        terraform::compare(&bench, bench.settings.runs)?;
    }
    Ok(())
}

impl Bench {
    fn introduce(&self) -> Result<()> {
        let profile = match &self.settings.binary {
            Some(_) => "given",
            None if self.settings.release => "release",
            None => "dev",
        };
        // Without its delay the lab shows what it costs itself: it answers one call at a time.
        let lab = self.timed(&["deploy", "hub", "--name", "warm-up", "--yes"])?;
        let again = self.timed(&["deploy", "hub", "--name", "warm-up", "--yes"])?;
        let start = self.timed(&["--version"])?;
        self.lab.set_delay(millis(self.settings.delay))?;
        say(&format!(
            "{profile} binary, {} ms a call, {} runs each; process start {} ms; without any delay a first run takes {} ms, a no-change run {} ms",
            millis(self.settings.delay),
            self.settings.runs,
            millis(start),
            millis(lab),
            millis(again),
        ))
    }

    fn first(&self) -> Result<Measured> {
        let names: Vec<String> = (0..self.settings.runs)
            .map(|n| format!("bench-{n}"))
            .collect();
        let chain = self.chain("bench-0")?;
        let run = |name: &String| self.timed(&["deploy", "hub", "--name", name, "--yes"]);
        self.lab.clear_calls()?;
        let times = names.iter().map(run).collect::<Result<Vec<_>>>()?;
        self.measured(times, chain)
    }

    fn no_change(&self) -> Result<Measured> {
        let chain = self.chain("bench-0")?;
        self.lab.clear_calls()?;
        let run = |_| self.timed(&["deploy", "hub", "--name", "bench-0", "--yes"]);
        let times = (0..self.settings.runs)
            .map(run)
            .collect::<Result<Vec<_>>>()?;
        self.measured(times, chain)
    }

    fn measured(&self, mut times: Vec<Duration>, chain: usize) -> Result<Measured> {
        times.sort();
        let calls = self.lab.calls()?;
        let own = calls.iter().filter(|call| !call.by_function).count();
        Ok(Measured {
            calls: own / times.len().max(1),
            times,
            chain,
        })
    }

    /// How many calls the plan says have to wait for one another.
    fn chain(&self, name: &str) -> Result<usize> {
        let args = ["plan", "hub", "--name", name, "--output", "json"];
        let output = self.command(&args).stdout(Stdio::piped()).output()?;
        let plan: Value = serde_json::from_slice(&output.stdout).context("reading the plan")?;
        let chain = plan["longest_chain"].as_array().context("no chain")?;
        Ok(chain.len())
    }

    /// A first run and one without changes, on the answers that the lab gave to such runs.
    fn replayed(&self) -> Result<[Measured; 2]> {
        let replay = Replay::start(self.lab.endpoint())?;
        self.lab.set_delay(0)?;
        let args = ["deploy", "hub", "--name", "recorded", "--yes"];
        let run = || self.timed_at(&args, Some(&replay));
        let mut measured = Vec::new();
        for _ in 0..2 {
            let chain = self.chain("recorded")?;
            replay.record();
            run()?;
            let mut times = Vec::new();
            let mut calls = 0;
            for _ in 0..self.settings.runs {
                replay.play(self.settings.delay);
                times.push(run()?);
                calls = replay.played()?;
            }
            times.sort();
            measured.push(Measured {
                times,
                calls,
                chain,
            });
        }
        self.lab.set_delay(millis(self.settings.delay))?;
        measured.try_into().ok().context("two kinds of runs")
    }

    fn show(&self, what: &str, measured: &Measured, target: Option<f64>) -> Result<()> {
        let chain = self.settings.delay * u32::try_from(measured.chain)?;
        let median = measured.times[measured.times.len() / 2];
        let ratio = median.as_secs_f64() / chain.as_secs_f64();
        let times: Vec<String> = measured
            .times
            .iter()
            .map(|it| millis(*it).to_string())
            .collect();
        let met = target.map(|target| match ratio <= target {
            true => format!(" (at most {target}: met)"),
            false => format!(" (at most {target}: MISSED)"),
        });
        say(&format!(
            "{what}: median {} ms ({}), {} calls, longest chain {} calls = {} ms, ratio {ratio:.2}{}",
            millis(median),
            times.join(" "),
            measured.calls,
            measured.chain,
            millis(chain),
            met.unwrap_or_default(),
        ))
    }

    fn timed(&self, args: &[&str]) -> Result<Duration> {
        self.timed_at(args, None)
    }

    fn timed_at(&self, args: &[&str], replay: Option<&Replay>) -> Result<Duration> {
        let mut command = self.command(args);
        if let Some(replay) = replay {
            command.env("AWS_ENDPOINT_URL", replay.endpoint());
        }
        let since = Instant::now();
        let output = command.stderr(Stdio::piped()).output()?;
        let took = since.elapsed();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let (status, args) = (output.status, args.join(" "));
            bail!("rootwatch {args} ended with {status}:\n{said}");
        }
        Ok(took)
    }

    fn environment(&self) -> Vec<(String, String)> {
        self.lab.env(&self.organization.hub, REGION)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        let is_about_the_hub = args.contains(&"hub") && args[0] != "teardown";
        command
            .args(args)
            .args(if is_about_the_hub {
                &SUBSCRIBE[..]
            } else {
                &[]
            })
            .envs(self.environment())
            .current_dir(env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}
