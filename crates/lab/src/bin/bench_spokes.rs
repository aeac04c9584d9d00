//! `cargo bench-spokes [--release | --binary FILE] [--accounts N] [--regions N] [--units N] [--delay MS]`: how long `status` and a
//! `deploy spokes` without changes take on a generated organization, with how many calls and how much memory, against
//! what one lister would need. Reads the memory from /proc, so it needs Linux.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::{self, build, millis, say};
use rootwatch_lab::{Generated, Lab, Organization};

const REGION: &str = "eu-west-1";
/// What the issue asks for.
const MOST_MEMORY_MB: u64 = 200;
const MOST_OF_ONE_LISTER: f64 = 0.25;

struct Settings {
    release: bool,
    /// A binary that is there already, instead of building one.
    binary: Option<PathBuf>,
    generated: Generated,
    delays: Vec<u64>,
}

impl Settings {
    fn read() -> Result<Self> {
        let mut settings = Self {
            release: false,
            binary: None,
            generated: Generated {
                accounts: 10_000,
                units: 50,
                // As many instances as one StackSet may have.
                regions: 10,
                hub: String::new(),
            },
            delays: vec![0, 50],
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
                "--accounts" => settings.generated.accounts = number().context("--accounts N")?,
                "--regions" => settings.generated.regions = number().context("--regions N")?,
                "--units" => settings.generated.units = number().context("--units N")?,
                "--delay" => settings.delays = vec![number().context("--delay MS")?.into()],
                other => bail!(
                    "{other}? Known are --release, --binary FILE, --accounts N, --regions N, --units N, --delay MS"
                ),
            }
        }
        Ok(settings)
    }
}

/// What a run came to.
struct Measured {
    took: Duration,
    calls: usize,
    /// The most memory that it held at once.
    peak_mb: u64,
}

/// What a run may write.
enum Writes {
    Any,
    None,
}

struct Bench {
    lab: Lab,
    organization: Organization,
    binary: PathBuf,
}

fn main() -> Result<()> {
    let mut settings = Settings::read()?;
    let binary = match &settings.binary {
        Some(binary) => binary.canonicalize().context("--binary FILE")?,
        None => build(settings.release)?,
    };
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    lab.delegate_stacksets(&organization.hub)?;
    settings.generated.hub = organization.hub.clone();
    let bench = Bench {
        lab,
        organization,
        binary,
    };
    bench.deploy()?;
    let regions = bench.lab.generate(&settings.generated)?.join(",");
    let Generated {
        accounts, units, ..
    } = settings.generated;
    say(&format!(
        "{}; {accounts} accounts in {units} units by {} regions: {} stack instances",
        match &settings.binary {
            Some(binary) => format!("{}", binary.display()),
            None if settings.release => "release binary".to_owned(),
            None => "dev binary".to_owned(),
        },
        settings.generated.regions,
        accounts * settings.generated.regions,
    ))?;
    let mut missed = Vec::new();
    for delay in settings.delays {
        bench.lab.set_delay(delay)?;
        let status = ["status", "--regions", &regions];
        missed.extend(bench.show("status", delay, &bench.measure(&status, 0, Writes::None)?)?);
        let deploy = [
            "deploy",
            "spokes",
            "--ou",
            "/",
            "--regions",
            &regions,
            "--yes",
        ];
        let measured = bench.measure(&deploy, 0, Writes::None)?;
        missed.extend(bench.show("no-change deploy spokes", delay, &measured)?);
    }
    if !missed.is_empty() {
        bail!("targets were missed: {}", missed.join("; "));
    }
    Ok(())
}

impl Bench {
    /// A hub, and a StackSet with some instances; the generated ones take their place.
    fn deploy(&self) -> Result<()> {
        self.measure(
            &["deploy", "hub", "--email", "security@example.com", "--yes"],
            0,
            Writes::Any,
        )?;
        let spokes = [
            "deploy",
            "spokes",
            "--ou",
            "/",
            "--regions",
            "us-east-1",
            "--yes",
        ];
        self.measure(&spokes, 0, Writes::Any)?;
        Ok(())
    }

    fn measure(&self, args: &[&str], code: i32, allowed: Writes) -> Result<Measured> {
        self.lab.clear_calls()?;
        let env = self.lab.env(&self.organization.hub, REGION);
        let bench::Measured {
            took,
            code: ended,
            peak_mb,
            ..
        } = bench::measure(&self.binary, args, env)?;
        if ended != Some(code) {
            bail!("rootwatch {} ended with {ended:?}", args.join(" "));
        }
        let calls = self.lab.calls()?;
        let writes = calls.iter().filter(|call| call.write).count();
        if writes > 0 && matches!(allowed, Writes::None) {
            bail!("rootwatch {} wrote {writes} times", args.join(" "));
        }
        Ok(Measured {
            took,
            calls: calls.len(),
            peak_mb,
        })
    }

    /// Says what was measured. Returns the targets that were missed.
    fn show(&self, what: &str, delay: u64, measured: &Measured) -> Result<Vec<String>> {
        let Measured {
            took,
            calls,
            peak_mb,
        } = measured;
        let mut missed = Vec::new();
        let mut judge = |is_met: bool, target: &str| {
            if is_met {
                return "met";
            }
            missed.push(format!("{what} at {delay} ms a call: {target}"));
            "MISSED"
        };
        let memory = judge(*peak_mb < MOST_MEMORY_MB, "memory");
        let mut text = format!(
            "{delay} ms a call: {what}: {} ms, {calls} calls, peak memory {peak_mb} MB (target {MOST_MEMORY_MB}: {memory})",
            millis(*took)
        );
        if delay > 0 {
            let one_lister = Duration::from_millis(delay) * u32::try_from(*calls)?;
            let ratio = took.as_secs_f64() / one_lister.as_secs_f64();
            text.push_str(&format!(
                "; one call after the other would wait {} ms: {ratio:.2} of that (target {MOST_OF_ONE_LISTER}: {})",
                millis(one_lister),
                judge(ratio < MOST_OF_ONE_LISTER, "time"),
            ));
        }
        say(&text)?;
        Ok(missed)
    }
}
