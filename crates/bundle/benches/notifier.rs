//! The notifier beside a Python function that does what the published reference does: `boto3` publishes the event as
//! JSON. One host plays the Lambda Runtime API and SNS for both, in one run, so that the ratios mean something.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use rootwatch_bundle as bundle;
use rootwatch_lab::{Host, Request};
use serde_json::json;

const TOPIC: &str = "arn:aws:sns:eu-west-1:999988887777:rootwatch-alerts";
/// How long one answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many times quicker the notifier is to start, and how many times less memory it is to take.
const TARGETS: (f64, f64) = (10.0, 5.0);

struct Settings {
    runs: usize,
    events: usize,
}

impl Settings {
    fn read() -> Result<Self> {
        let mut settings = Self {
            runs: 9,
            events: 200,
        };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|text| text.parse().ok());
            match word.as_str() {
                "--runs" => settings.runs = number().context("--runs takes a number")?,
                "--events" => settings.events = number().context("--events takes a number")?,
                // cargo gives it to every benchmark.
                "--bench" => {}
                other => bail!("{other}: the benchmark takes --runs N and --events N"),
            }
        }
        if settings.runs == 0 || settings.events == 0 {
            bail!("there is nothing to measure");
        }
        Ok(settings)
    }
}

/// What one process came to.
#[derive(Clone, Copy)]
struct Sample {
    /// From the start of the process to its first request for an event.
    start: Duration,
    /// From the start of the process to the answer to its first event.
    first: Duration,
    /// From an event to its answer, when the process is warm.
    event: Duration,
    /// The most memory that it had, in KiB.
    memory: u64,
}

fn main() -> Result<()> {
    let settings = Settings::read()?;
    let folder = env::temp_dir().join(format!("bench-notifier-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let measured = measure(&settings, &folder);
    fs::remove_dir_all(&folder)?;
    let (notifier, python) = measured?;
    show(&settings, &notifier, &python)
}

/// The two take turns, after one turn each that is not counted.
fn measure(settings: &Settings, folder: &Path) -> Result<(Vec<Sample>, Vec<Sample>)> {
    let bootstrap = unpack(folder)?;
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/python/runtime.py");
    let interpreter = rootwatch_lab::python()?;
    let (mut notifier, mut python) = (Vec::new(), Vec::new());
    for _ in 0..=settings.runs {
        notifier.push(sample(&mut Command::new(&bootstrap), settings.events)?);
        let mut command = Command::new(&interpreter);
        python.push(sample(command.arg(&runtime), settings.events)?);
    }
    notifier.remove(0);
    python.remove(0);
    Ok((notifier, python))
}

/// The executable as Lambda unpacks it.
fn unpack(folder: &Path) -> Result<PathBuf> {
    let mut zip = zip::ZipArchive::new(io::Cursor::new(bundle::zip()))?;
    zip.extract(folder)?;
    Ok(folder.join("bootstrap"))
}

fn sample(command: &mut Command, events: usize) -> Result<Sample> {
    // One event more than is timed: the first is a cold one.
    let api = Host::runtime_api(vec![event(); events + 1])?;
    let sns = Host::sns("nothing is refused")?;
    let organizations = Host::organizations("Prod-Payments")?;
    let began = Instant::now();
    let mut child = environment(command, &api, sns.address, organizations.address)
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let times = timed(&api, began, events);
    let memory = peak(&child);
    stop(&mut child)?;
    let (start, first, event) = times?;
    let published = sns.requests.try_iter().count();
    if published != events + 1 {
        bail!(
            "{published} messages were published, of {} events",
            events + 1
        );
    }
    Ok(Sample {
        start,
        first,
        event,
        memory: memory?,
    })
}

fn environment<'a>(
    command: &'a mut Command,
    api: &Host,
    sns: SocketAddr,
    organizations: SocketAddr,
) -> &'a mut Command {
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_ACCESS_KEY_ID", "an-id")
        .env("AWS_SECRET_ACCESS_KEY", "a-key")
        .env("AWS_SESSION_TOKEN", "a-token")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", format!("http://{sns}"))
        .env(
            "AWS_ENDPOINT_URL_ORGANIZATIONS",
            format!("http://{organizations}"),
        )
        .env("ROOTWATCH_TOPIC_ARN", TOPIC)
        .env("TOPIC_ARN", TOPIC)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
}

/// Ready, first answer, and the median of the others. A request for an event is answered at once.
fn timed(api: &Host, began: Instant, events: usize) -> Result<(Duration, Duration, Duration)> {
    let start = next(api, "/next")?.at;
    let first = next(api, "/response")?.at;
    let mut times = Vec::new();
    for _ in 0..events {
        let handed_over = next(api, "/next")?.at;
        times.push(next(api, "/response")?.at - handed_over);
    }
    Ok((start - began, first - began, median(times)))
}

fn next(api: &Host, what: &str) -> Result<Request> {
    let request = api
        .requests
        .recv_timeout(PATIENCE)
        .with_context(|| format!("waiting for {what}"))?;
    if !request.path.ends_with(what) {
        bail!("{} came instead of {what}: {}", request.path, request.body);
    }
    Ok(request)
}

/// The kernel's own account of it (proc(5), `VmHWM`).
fn peak(child: &Child) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no VmHWM in /proc")?.parse()?)
}

fn stop(child: &mut Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// A root user's call, as a rule hands it over.
fn event() -> String {
    json!({
        "version": "0",
        "id": "aaaaaaaa-0000-4000-8000-000000000001",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": "111122223333",
        "time": "2026-11-02T09:12:44Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "Root",
                "principalId": "111122223333",
                "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:root",
                "accessKeyId": "ASIAEXAMPLEKEY00CONS",
                "sessionContext": { "attributes": { "creationDate": "2026-11-02T08:58:11Z", "mfaAuthenticated": "true" } }
            },
            "eventTime": "2026-11-02T09:12:44Z",
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateAccessKey",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) ExampleBrowser/1.0",
            "requestParameters": null,
            "responseElements": { "accessKey": { "status": "Active" } },
            "eventID": "00000000-1111-4222-8333-000000000007",
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
            "sessionCredentialFromConsole": "true"
        }
    })
    .to_string()
}

fn show(settings: &Settings, notifier: &[Sample], python: &[Sample]) -> Result<()> {
    say(&format!(
        "medians of {} runs each, one after the other, {} events a run\n",
        settings.runs, settings.events
    ))?;
    say("| | notifier | Python | ratio |\n|---|---|---|---|")?;
    let row = |what: &str, value: fn(&Sample) -> f64, unit: &str| {
        let of = |samples: &[Sample]| median(samples.iter().map(value).collect());
        let (ours, theirs) = (of(notifier), of(python));
        let ratio = theirs / ours;
        say(&format!(
            "| {what} | {ours:.1} {unit} | {theirs:.1} {unit} | {ratio:.1} |"
        ))?;
        anyhow::Ok(ratio)
    };
    let start = row(
        "start of the process until it asks for an event",
        |it| millis(it.start),
        "ms",
    )?;
    row(
        "the same, and its first event told",
        |it| millis(it.first),
        "ms",
    )?;
    row("an event, when warm", |it| millis(it.event), "ms")?;
    let memory = row("peak memory", |it| it.memory as f64 / 1024.0, "MiB")?;
    say(&format!("\nzip: {} KiB", bundle::size() / 1024))?;
    let verdict = |what, ratio: f64, target: f64| {
        let met = if ratio >= target { "met" } else { "MISSED" };
        say(&format!("{what}: {ratio:.1} times, target {target}: {met}"))
    };
    verdict("quicker to start", start, TARGETS.0)?;
    verdict("less memory", memory, TARGETS.1)
}

fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn say(text: &str) -> Result<()> {
    writeln!(io::stdout(), "{text}").context("writing")
}
