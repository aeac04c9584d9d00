//! The crate from outside: decisions, messages, and that no input breaks them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod any_input;
mod decisions;
mod formats;
mod golden;
mod phone;
mod reports;
mod schema;
mod sound;

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use rootwatch_root_event::{Assessment, Context, Event, Guide, Sender, assess, parse};

/// 28 seconds after most fixtures' time.
fn received() -> Timestamp {
    "2026-11-02T09:13:12Z".parse().unwrap()
}

fn context() -> Context<'static> {
    Context::new()
        .account_name(Some("Prod-Payments"))
        .received(received())
        .guide(Guide {
            sender: Some(SENDER),
            ..Guide::default()
        })
}

const SENDER: Sender<'static> = Sender {
    name: "rootwatch",
    account: "222222222222",
    region: "eu-west-1",
};

/// Where the settings have everything that helps to act.
fn helpful() -> Context<'static> {
    context()
        .owner(Some("Payments, payments-oncall@example.com"))
        .guide(Guide {
            runbook: Some("https://wiki.example.com/runbooks/root?from=alert"),
            contact: Some("Security on call, +49 30 1234567, #sec-incident"),
            sender: Some(SENDER),
        })
}

fn fixtures() -> Vec<(String, Event)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                read(path),
            )
        })
        .collect()
}

fn read(path: &PathBuf) -> Event {
    let mut events = parse(&fs::read(path).unwrap()).unwrap();
    assert_eq!(events.len(), 1, "{}", path.display());
    events.remove(0)
}

fn fixture(name: &str) -> Assessment {
    let (_, event) = fixtures()
        .into_iter()
        .find(|(found, _)| found == name)
        .unwrap();
    assess(&event)
}
