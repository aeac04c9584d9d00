use crate::{schemas, secrets, steers};
use assert_cmd::cargo::cargo_bin;
use rootwatch_lab::{Call, Fault, Lab, Mail, Organization, Truths};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Region of the hub in every test.
pub(crate) const REGION: &str = "eu-west-1";
/// Who is notified.
pub(crate) const PERSON: &str = "security@example.com";
/// `deploy spokes` for one unit in two regions.
pub(crate) const DEPLOY_SPOKES: [&str; 7] = [
    "deploy",
    "spokes",
    "--ou",
    "/Workloads",
    "--regions",
    "us-east-1,eu-west-1",
    "--yes",
];
/// Most tests are about the way of an event, and have no self-check: it is a second function that makes a hundred calls
/// beside theirs. A run that is given this variable without a value has what it has by default.
pub(crate) const SELF_CHECK: &str = "ROOTWATCH_SELF_CHECK";
/// Worlds in which a test works at the same time.
const AT_A_TIME: usize = 2;
/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at what a test waits for.
const PAUSE: Duration = Duration::from_millis(20);

/// The result of a run of the binary.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The lines of stderr for which `RUST_LOG` asks, which the others know nothing of.
    pub(crate) traces: String,
}

impl Ran {
    /// What a run printed, in which no test lets a secret be, what steers a terminal, or JSON of another form than its
    /// schema.
    pub(crate) fn of(ended: ExitStatus, stdout: Vec<u8>, stderr: String, traces: String) -> Self {
        let stdout = String::from_utf8(stdout).unwrap();
        let texts = [stdout.as_str(), &stderr, &traces];
        secrets::are_kept(texts);
        steers::steers_nothing(texts);
        schemas::are_obeyed(&stdout);
        Self {
            code: ended.code().unwrap_or(-1),
            stdout,
            stderr,
            traces,
        }
    }

    /// Fails the test unless the run ended with this code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// What was printed on stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }
}

/// Runs the binary with nothing of this process's environment but the given variables.
pub(crate) fn run(env: &[(String, String)], args: &[&str]) -> Ran {
    Running::start(env, args).wait()
}

/// The same in a folder, and below it.
pub(crate) fn run_in(folder: &Path, env: &[(String, String)], args: &[&str]) -> Ran {
    Running::begin(env, args, folder, Stdio::null()).wait()
}

/// The same with something to read on standard input.
pub(crate) fn run_with_input(args: &[&str], input: &[u8]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::begin(&[], args, folder.path(), Stdio::piped());
    let mut stdin = running.child.stdin.take().unwrap();
    let written = stdin.write_all(input);
    drop(stdin);
    let ran = running.wait();
    written.expect(&ran.stderr);
    ran
}

/// The environment of an account with a profile for each of some accounts, and the folder of their file.
pub(crate) fn with_profiles(
    mut env: Vec<(String, String)>,
    accounts: &[(&str, &str)],
) -> (tempfile::TempDir, Vec<(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let profile = |(name, account): &(&str, &str)| {
        format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = lab\n")
    };
    std::fs::write(&file, accounts.iter().map(profile).collect::<String>()).unwrap();
    env.retain(|(name, _)| name != "AWS_CONFIG_FILE");
    env.push((
        "AWS_CONFIG_FILE".to_owned(),
        file.to_str().unwrap().to_owned(),
    ));
    (folder, env)
}

/// A run of the binary that has not ended.
pub(crate) struct Running {
    child: Child,
    /// What it has written to stderr so far but for traces, and who reads that.
    stderr: Arc<Mutex<String>>,
    reader: JoinHandle<String>,
    _folder: Option<tempfile::TempDir>,
}

impl Running {
    pub(crate) fn start(env: &[(String, String)], args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Self::begin(env, args, folder.path(), Stdio::null());
        Self {
            _folder: Some(folder),
            ..running
        }
    }

    fn begin(env: &[(String, String)], args: &[&str], path: &Path, stdin: Stdio) -> Self {
        let mut command = Command::new(cargo_bin!("rootwatch"));
        command
            .args(args)
            .env_clear()
            .env(SELF_CHECK, "off")
            .env("RUST_LOG", "trace")
            .envs(secrets::planted(env))
            .env("HOME", path)
            .current_dir(path)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if env.contains(&(SELF_CHECK.to_owned(), String::new())) {
            command.env_remove(SELF_CHECK);
        }
        let mut child = command.spawn().unwrap();
        let stderr = Arc::default();
        let reader = read_lines(child.stderr.take().unwrap(), &stderr);
        Self {
            child,
            stderr,
            reader,
            _folder: None,
        }
    }

    /// Does what Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Sends a signal, by its name for `kill`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has written one of these to stderr.
    #[track_caller]
    pub(crate) fn has_said(&self, texts: &[&str]) {
        eventually(&format!("{texts:?} from a run"), || {
            let said = self.stderr.lock().unwrap();
            texts.iter().any(|text| said.contains(text))
        });
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub(crate) fn has_ended(&mut self) {
        eventually("the end of the run", || {
            self.child.try_wait().unwrap().is_some()
        });
    }

    /// Ends it as nothing can be caught.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(self) -> Ran {
        let output = self.child.wait_with_output().unwrap();
        let traces = self.reader.join().unwrap();
        let stderr = std::mem::take(&mut *self.stderr.lock().unwrap());
        Ran::of(output.status, output.stdout, stderr, traces)
    }
}

/// Gathers what a run writes until it ends; the traces are the result.
fn read_lines(from: ChildStderr, into: &Arc<Mutex<String>>) -> JoinHandle<String> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut lines = BufReader::new(from);
        let (mut line, mut traces) = (String::new(), String::new());
        while lines.read_line(&mut line).unwrap() > 0 {
            let line = std::mem::take(&mut line);
            match line.contains(" rootwatch::calls: ") {
                true => traces.push_str(&line),
                false => into.lock().unwrap().push_str(&line),
            }
        }
        traces
    })
}

/// A world with a hub, and one with spokes too, made once; tests begin with forks of them.
static WITH_HUB: LazyLock<World> = LazyLock::new(|| {
    // What most tests begin with is no test of late truths.
    let world = World::new().calm();
    world.deploy_hub();
    world
});
static DEPLOYED: LazyLock<World> = LazyLock::new(|| {
    let world = World::with_hub().calm();
    world.deploy_spokes().ends_with(0);
    world
});

/// A lab of its own for one test, with the sample organization; the hub account is a delegated administrator.
pub(crate) struct World {
    pub(crate) lab: Lab,
    pub(crate) organization: Organization,
    /// Whether hubs have a self-check here.
    has_self_check: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self::without_delegation();
        let hub = &world.organization.hub;
        world.lab.delegate_stacksets(hub).unwrap();
        world
    }

    /// The same with a hub account that is an account like any other.
    pub(crate) fn without_delegation() -> Self {
        let lab = Lab::start().unwrap();
        let organization = lab.sample_organization().unwrap();
        let world = Self {
            lab,
            organization,
            has_self_check: false,
        };
        world.with_late_truths()
    }

    /// The same where hubs have a self-check, as they have outside of tests.
    pub(crate) fn with_self_check(self) -> Self {
        Self {
            has_self_check: true,
            ..self
        }
    }

    /// AWS says some things only for a while, if the environment has a seed for when.
    fn with_late_truths(self) -> Self {
        if let Some(truths) = Truths::of_test() {
            self.lab.truths(&truths).unwrap();
        }
        self
    }

    /// A world in which AWS says at once what is true: for tests that count calls, or that hold or fail certain ones.
    pub(crate) fn calm(self) -> Self {
        self.lab.calm().unwrap();
        self
    }

    /// Forgets the calls so far. From here on they are counted, so AWS says at once what is true.
    pub(crate) fn count_calls(&self) {
        self.lab.calm().unwrap();
        self.lab.clear_calls().unwrap();
    }

    /// Has calls fail, those that the test means and no others.
    pub(crate) fn fail(&self, fault: &Fault) {
        self.lab.calm().unwrap();
        self.lab.add_fault(fault).unwrap();
    }

    /// A second world that is at first as this one is now; then each goes its own way.
    pub(crate) fn fork(&self) -> Self {
        Self {
            lab: self.lab.fork().unwrap(),
            organization: self.organization.clone(),
            has_self_check: self.has_self_check,
        }
        .with_late_truths()
    }

    /// A world with a hub in it, and a person who has confirmed.
    pub(crate) fn with_hub() -> Self {
        WITH_HUB.fork()
    }

    /// A hub, and a person who has confirmed.
    pub(crate) fn deploy_hub(&self) {
        self.rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"])
            .ends_with(0);
        self.lab.confirm_subscription(PERSON).unwrap();
    }

    /// A world with a hub and spokes.
    pub(crate) fn deployed() -> Self {
        DEPLOYED.fork()
    }

    pub(crate) fn deploy_spokes(&self) -> Ran {
        self.rootwatch(&[
            "deploy",
            "spokes",
            "--ou",
            "/Workloads",
            "--ou",
            "/Security",
            "--regions",
            "us-east-1,eu-west-1",
            "--yes",
        ])
    }

    /// `deploy spokes` for these units in two regions.
    pub(crate) fn deploy_units(&self, units: &[&str], more: &[&str]) -> Ran {
        let mut args = vec![
            "deploy",
            "spokes",
            "--regions",
            "us-east-1,eu-west-1",
            "--yes",
        ];
        args.extend(units.iter().flat_map(|unit| ["--ou", unit]));
        self.rootwatch(&[&args[..], more].concat())
    }

    /// `deploy spokes` or another command as the management account, for the hub where it is.
    pub(crate) fn as_management(&self, args: &[&str]) -> Ran {
        let hub = [
            "--hub-account",
            &self.organization.hub,
            "--hub-region",
            REGION,
        ];
        let hub = if args.contains(&"spokes") && !args.contains(&"teardown") {
            &hub[..]
        } else {
            &[]
        };
        self.rootwatch_as(&self.organization.management, &[args, hub].concat())
    }

    /// What was printed, without what differs from run to run.
    pub(crate) fn shown(&self, text: &str) -> String {
        let text = self.stable(text);
        let root = text.replace(&self.organization.root_id, "r-root");
        let id = regex_lite::Regex::new(
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|rootwatch-[0-9a-f]{24}-[0-9]+",
        );
        let id = id.unwrap();
        let time = regex_lite::Regex::new("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z").unwrap();
        let request = regex_lite::Regex::new("request id [A-Za-z0-9-]+").unwrap();
        let waiting =
            regex_lite::Regex::new("(?m)^  [^\n]*: waiting for .*\n|^  operation .* waiting.*\n")
                .unwrap();
        let text = request.replace_all(&root, "request id (id)");
        let text = id.replace_all(&text, "(id)");
        let text = time.replace_all(&text, "(time)");
        stacks_in_order(&waiting.replace_all(&text, ""))
    }

    /// The rules named like ours in an account's region.
    pub(crate) fn is_watched(&self, account: &str, region: &str) -> bool {
        let snapshot = self.lab.snapshot().unwrap();
        let bus = &snapshot[account][region]["event_buses"]["default"];
        bus["Rules"]["rootwatch-root-activity"].is_object()
    }

    /// Runs the binary as the hub account.
    pub(crate) fn rootwatch(&self, args: &[&str]) -> Ran {
        self.rootwatch_as(&self.organization.hub, args)
    }

    /// Begins a run of the binary as the hub account.
    pub(crate) fn begin(&self, args: &[&str]) -> Running {
        Running::start(&self.env(&self.organization.hub), args)
    }

    pub(crate) fn rootwatch_as(&self, account: &str, args: &[&str]) -> Ran {
        run(&self.env(account), args)
    }

    /// The environment of an account's administrator.
    fn env(&self, account: &str) -> Vec<(String, String)> {
        let mut env = self.lab.env(account, REGION);
        if self.has_self_check {
            env.push((SELF_CHECK.to_owned(), String::new()));
        }
        env
    }

    /// Replaces what differs from run to run.
    pub(crate) fn stable(&self, text: &str) -> String {
        let mut settings = text.replace(&self.organization.id, "o-organization");
        for ou in &self.organization.ous {
            settings = settings.replace(&ou.id, &format!("ou-{}", ou.name.to_lowercase()));
        }
        let this = rootwatch_bundle::ARCHITECTURE;
        for architecture in ["arm64", "x86_64"] {
            let which = if architecture == this {
                "this"
            } else {
                "another"
            };
            let (found, which) = (format!("\"{architecture}\""), format!("\"({which})\""));
            settings = settings.replace(&found, &which);
        }
        let sha = regex_lite::Regex::new("[A-Za-z0-9+/]{43}=").unwrap();
        let settings = sha.replace_all(&settings, "(base64 SHA-256)");
        let build = regex_lite::Regex::new(r"(arm64|x86_64) \(base64 SHA-256\)").unwrap();
        let settings = build.replace_all(&settings, "(architecture) (base64 SHA-256)");
        settings.replace(rootwatch_bundle::source_digest(), "(digest of the sources)")
    }

    pub(crate) fn account(&self, name: &str) -> String {
        self.organization.account(name).unwrap().id.clone()
    }

    /// Configuration for an SDK client of an account. What a test does itself is to take effect at once.
    pub(crate) fn sdk(&self, account: &str, region: &str) -> aws_config::SdkConfig {
        self.lab.calm().unwrap();
        sdk(self.lab.endpoint(), account, region)
    }

    /// Writes so far.
    pub(crate) fn writes(&self) -> Vec<String> {
        let is_write = |call: &Call| call.write && !call.by_function;
        let calls = self.lab.calls().unwrap();
        calls
            .iter()
            .filter(|call| is_write(call))
            .map(name)
            .collect()
    }

    /// The same: service, operation, and which of its kind each is.
    pub(crate) fn numbered_writes(&self) -> Vec<(String, String, u64)> {
        let mut seen = BTreeMap::new();
        let calls = self.lab.calls().unwrap().into_iter();
        let writes = calls.filter(|call| call.write && !call.by_function);
        writes
            .map(|call| {
                let nth: &mut u64 = seen.entry(name(&call)).or_default();
                *nth += 1;
                (call.service, call.operation, *nth)
            })
            .collect()
    }

    /// What CloudTrail would deliver for a root user's call.
    pub(crate) fn root_does(&self, account: &str, region: &str, event: &Value) {
        let detail_type = match event["eventType"].as_str() {
            Some("AwsConsoleSignIn") => "AWS Console Sign In via CloudTrail",
            _ => "AWS API Call via CloudTrail",
        };
        self.lab
            .cloudtrail_event(account, region, detail_type, event)
            .unwrap();
    }

    /// The alerts that a person got, once there are this many.
    #[track_caller]
    pub(crate) fn alerts(&self, wanted: usize) -> Vec<Mail> {
        let mut found = Vec::new();
        eventually("the alerts", || {
            found = self.alerts_now();
            found.len() >= wanted
        });
        assert_eq!(found.len(), wanted, "{found:#?}");
        found
    }

    pub(crate) fn alerts_now(&self) -> Vec<Mail> {
        let mut mails = self.lab.mailbox(PERSON).unwrap();
        mails.retain(|mail| {
            mail.kind == "notification" && mail.topic_arn.ends_with(":rootwatch-alerts")
        });
        mails
    }

    /// What there is once nothing is under way: the notifier keeps what it has reported until it may publish again.
    pub(crate) fn at_rest(&self) -> Value {
        self.lab.wait_idle(PATIENCE).unwrap();
        self.lab.snapshot().unwrap()
    }

    /// All that there is at rest, as text, but for the role in each account that is no part of a deployment.
    pub(crate) fn left(&self) -> String {
        let mut left = self.at_rest();
        let accounts = left.as_object_mut().unwrap().values_mut();
        let regions = accounts.filter_map(Value::as_object_mut);
        for region in regions.flat_map(serde_json::Map::values_mut) {
            if let Some(roles) = region["roles"].as_object_mut() {
                roles.remove("rootwatch-reader");
            }
        }
        left.to_string()
    }

    /// The alarms that the person received.
    pub(crate) fn health_mails(&self) -> Vec<Mail> {
        let mut mails = self.lab.mailbox(PERSON).unwrap();
        mails.retain(|mail| {
            mail.kind == "notification" && mail.topic_arn.ends_with(":rootwatch-health")
        });
        mails
    }
}

/// Does the same with each of some things, several at a time.
pub(crate) fn side_by_side<T: Sync>(things: impl IntoIterator<Item = T>, work: impl Fn(&T) + Sync) {
    at_a_time(AT_A_TIME, things, work);
}

/// The same, so many at a time: for what mostly waits.
pub(crate) fn at_a_time<T: Sync>(
    count: usize,
    things: impl IntoIterator<Item = T>,
    work: impl Fn(&T) + Sync,
) {
    let things: Vec<T> = things.into_iter().collect();
    let next = AtomicUsize::new(0);
    let take = || things.get(next.fetch_add(1, Ordering::Relaxed));
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| std::iter::from_fn(take).for_each(&work));
        }
    });
}

/// The call as an IAM action.
pub(crate) fn name(call: &Call) -> String {
    let service = match call.service.as_str() {
        "monitoring" => "cloudwatch",
        other => other,
    };
    format!("{service}:{}", call.operation)
}

/// Configuration for an SDK client that calls an emulator.
pub(crate) fn sdk(endpoint: &str, account: &str, region: &str) -> aws_config::SdkConfig {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
    let credentials = Credentials::new(account, "lab", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .build()
}

/// Waits until something is so; fails the test when it never is.
#[track_caller]
pub(crate) fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let since = Instant::now();
    while !check() {
        assert!(since.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(PAUSE);
    }
}

/// A root user's sign-in to the console.
pub(crate) fn sign_in(account: &str, mfa: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "Root", "principalId": account, "arn": format!("arn:aws:iam::{account}:root"), "accountId": account},
        "eventTime": now(),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.23",
        "userAgent": "Mozilla/5.0",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": mfa},
        "eventID": format!("sign-in-{account}"),
        "eventType": "AwsConsoleSignIn",
        "managementEvent": true,
        "recipientAccountId": account,
    })
}

/// A root user's API call.
pub(crate) fn api_call(
    account: &str,
    region: &str,
    service: &str,
    name: &str,
    read_only: bool,
) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root", "principalId": account, "arn": format!("arn:aws:iam::{account}:root"), "accountId": account,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE42",
            "sessionContext": {"attributes": {"creationDate": now(), "mfaAuthenticated": "true"}},
        },
        "eventTime": now(),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "203.0.113.77",
        "userAgent": "aws-cli/2.32.0",
        "eventID": format!("{name}-{account}-{region}"),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
    })
}

fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// What is said of stacks that are changed side by side, in one order.
fn stacks_in_order(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let same = |a: &&str, b: &&str| a.starts_with("  stack ") && b.starts_with("  stack ");
    for side_by_side in lines.chunk_by_mut(same) {
        side_by_side.sort_unstable();
    }
    lines.concat()
}
