//! `cargo bench-selfcheck [--accounts N] [--regions N] [--units N] [--delay MS]`: how long the self-check takes on a
//! generated organization, with how many calls and how much memory: the function as it is deployed, started as Lambda
//! starts it. Reads the memory from /proc, so it needs Linux.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::{self, build, millis, peak_memory_mb, say};
use rootwatch_lab::{Generated, Host, Lab, Organization};

const REGION: &str = "eu-west-1";
/// What the function has (`crates/engine/src/hub/self_check/wanted.rs`), and the share of it that may be used.
const MEMORY_MB: u64 = 1024;
const TIMEOUT: Duration = Duration::from_secs(900);
const SHARE: f64 = 0.6;
/// Between two looks at its memory.
const LOOK: Duration = Duration::from_millis(100);

struct Settings {
    generated: Generated,
    delay: u64,
}

impl Settings {
    fn read() -> Result<Self> {
        let mut settings = Self {
            generated: Generated {
                accounts: 10_000,
                units: 50,
                regions: 20,
                hub: String::new(),
            },
            delay: 50,
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let number = arguments.next().and_then(|it| it.parse::<u32>().ok());
            let number = number.with_context(|| format!("{argument} N"))?;
            match argument.as_str() {
                "--accounts" => settings.generated.accounts = number,
                "--regions" => settings.generated.regions = number,
                "--units" => settings.generated.units = number,
                "--delay" => settings.delay = number.into(),
                other => bail!("{other}? Known are --accounts, --regions, --units, --delay"),
            }
        }
        Ok(settings)
    }
}

/// What a self-check came to.
struct Measured {
    took: Duration,
    peak_mb: u64,
}

fn main() -> Result<()> {
    let mut settings = Settings::read()?;
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    lab.delegate_stacksets(&organization.hub)?;
    settings.generated.hub = organization.hub.clone();
    deploy(&lab, &organization)?;
    lab.generate(&settings.generated)?;
    lab.wait_idle(Duration::from_secs(120))?;
    lab.set_delay(settings.delay)?;
    lab.clear_calls()?;
    let Measured { took, peak_mb } = measure(&lab, &organization)?;
    let calls = lab.calls()?.len();
    let Generated {
        accounts, regions, ..
    } = settings.generated;
    say(&format!(
        "{accounts} accounts by {regions} regions, {} ms a call: {} ms, {calls} calls, peak memory {peak_mb} MB",
        settings.delay,
        millis(took)
    ))?;
    #[allow(clippy::cast_precision_loss)]
    let too_much = peak_mb as f64 > MEMORY_MB as f64 * SHARE;
    if too_much || took.as_secs_f64() > TIMEOUT.as_secs_f64() * SHARE {
        bail!("that is too near to what the function has: {MEMORY_MB} MB and {TIMEOUT:?}");
    }
    Ok(())
}

/// A hub without a self-check, since this is one, and a StackSet: the generated instances take their place.
fn deploy(lab: &Lab, organization: &Organization) -> Result<()> {
    let binary = build(false)?;
    let hub = ["deploy", "hub", "--email", "security@example.com", "--yes"];
    let hub = [&hub[..], &["--self-check", "off"]].concat();
    let spokes = [
        "deploy",
        "spokes",
        "--ou",
        "/",
        "--regions",
        "us-east-1",
        "--yes",
    ];
    for args in [&hub[..], &spokes] {
        let env = lab.env(&organization.hub, REGION);
        let ended = bench::measure(&binary, args, env)?.code;
        if ended != Some(0) {
            bail!("rootwatch {} ended with {ended:?}", args.join(" "));
        }
    }
    Ok(())
}

/// Runs the function for one event.
fn measure(lab: &Lab, organization: &Organization) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let executable = unpack(folder.path())?;
    let host = Host::runtime_api(vec!["{}".to_owned()])?;
    let since = Instant::now();
    let mut child = Command::new(executable)
        .envs(lab.env(&organization.hub, REGION))
        .env("AWS_LAMBDA_RUNTIME_API", host.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "rootwatch-selfcheck")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB.to_string())
        .env("LAMBDA_TASK_ROOT", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("starting the self-check")?;
    let mut peak_mb = 0;
    let answer = loop {
        peak_mb = peak_mb.max(peak_memory_mb(child.id()).unwrap_or_default());
        match host.requests.recv_timeout(LOOK) {
            Ok(request) if request.path.ends_with("/next") => {}
            Ok(request) => break request,
            Err(_) if child.try_wait()?.is_some() => bail!("the self-check ended"),
            Err(_) if since.elapsed() > TIMEOUT => bail!("the self-check took too long"),
            Err(_) => {}
        }
    };
    let took = since.elapsed();
    child.kill()?;
    child.wait()?;
    if !answer.path.ends_with("/response") {
        bail!("the self-check failed: {}", answer.body);
    }
    Ok(Measured { took, peak_mb })
}

/// The executable as it is uploaded, and the settings beside it.
fn unpack(folder: &Path) -> Result<std::path::PathBuf> {
    let zip = rootwatch_bundle::self_check_zip().context("no self-check in this build")?;
    let executable = folder.join("bootstrap");
    fs::write(&executable, rootwatch_bundle::executable_in(zip)?)?;
    fs::set_permissions(&executable, fs::Permissions::from_mode(0o755))?;
    fs::write(folder.join("settings.json"), r#"{"name": "rootwatch"}"#)?;
    Ok(executable)
}
