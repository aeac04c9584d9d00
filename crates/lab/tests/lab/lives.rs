//! A lab ends with the process that started it, however that ends, and so does all that the lab started.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rootwatch_lab::Lab;

const PATIENCE: Duration = Duration::from_secs(10);

/// A process that has started a lab, and the environment in which SDKs call that.
fn owner() -> (Child, BTreeMap<String, String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lab"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.map(Result::unwrap);
    let variables = lines
        .take_while(|line| !line.starts_with("# It ends with"))
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect();
    (child, variables)
}

/// Has a function started, which stays there for the next event.
const INVOKE: &str = r#"
import boto3, io, json, zipfile
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = boto3.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
data = io.BytesIO()
with zipfile.ZipFile(data, "w") as archive:
    archive.writestr("f.py", "def handler(event, context):\n    return 1\n")
client = boto3.client("lambda")
client.create_function(FunctionName="f", Runtime="python3.13", Handler="f.handler", Role=role, Code={"ZipFile": data.getvalue()})
assert client.invoke(FunctionName="f")["Payload"].read() == b"1"
"#;

/// The processes below one that have not ended: its own, theirs, and so on.
fn below(process: u32) -> Vec<u32> {
    let output = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,stat="])
        .output()
        .unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| {
        let mut fields = line.split_whitespace();
        let (pid, parent) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let ended = fields.next()?.starts_with('Z');
        (!ended).then_some((pid, parent))
    };
    let rows: Vec<(u32, u32)> = table.lines().filter_map(row).collect();
    let mut found = vec![process];
    let mut looked_at = 0;
    while let Some(parent) = found.get(looked_at).copied() {
        let children = rows.iter().filter(|(_, of)| *of == parent);
        found.extend(children.map(|(pid, _)| *pid));
        looked_at += 1;
    }
    found.split_off(1)
}

fn is_alive(process: u32) -> bool {
    let output = Command::new("ps")
        .args(["-o", "stat=", "-p", &process.to_string()])
        .output()
        .unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[test]
fn a_lab_ends_when_its_owner_is_killed() {
    let (mut owner, variables) = owner();
    let ready = format!("{}/lab/ready", variables["AWS_ENDPOINT_URL"]);
    assert!(ureq::get(&ready).call().is_ok());
    let python = rootwatch_lab::python().unwrap();
    let invoked = Command::new(python)
        .args(["-c", INVOKE])
        .envs(&variables)
        .status();
    assert!(invoked.unwrap().success());
    // The fork server, its fork that is the lab, and the function.
    let processes = below(owner.id());
    assert!(processes.len() >= 3, "{processes:?}");
    owner.kill().unwrap();
    owner.wait().unwrap();
    let since = Instant::now();
    while processes.iter().any(|it| is_alive(*it)) {
        assert!(since.elapsed() < PATIENCE, "{processes:?}");
        thread::sleep(Duration::from_millis(10));
    }
    assert!(ureq::get(&ready).call().is_err());
}

#[test]
fn a_lab_has_ended_when_it_is_dropped() {
    let lab = Lab::start().unwrap();
    let fork = lab.fork().unwrap();
    let ready = |lab: &Lab| format!("{}/lab/ready", lab.endpoint());
    let (first, second) = (ready(&lab), ready(&fork));
    drop(lab);
    assert!(ureq::get(&first).call().is_err());
    assert!(ureq::get(&second).call().is_ok());
    drop(fork);
    assert!(ureq::get(&second).call().is_err());
}
