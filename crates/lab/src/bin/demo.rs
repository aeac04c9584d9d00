//! `cargo demo`: the main job of rootwatch, from nothing to two alerts and back to nothing, on the lab.
//!
//! It builds the real binary, runs it as a person would, and shows what that person reads.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::{Lab, Mail, Organization};

const PERSON: &str = "security@example.com";
const HUB_REGION: &str = "eu-west-1";
/// How long the alerts may take; they take about a second.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> Result<ExitCode> {
    let binary = build()?;
    let started = Instant::now();
    say("Starting AWS in a box (the first time it sets up its own Python environment) ...")?;
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    lab.delegate_stacksets(&organization.hub)?;
    let tour = Tour {
        lab,
        organization,
        binary,
    };
    tour.run()?;
    say(&format!(
        "\nDone in {:.1} s.",
        started.elapsed().as_secs_f32()
    ))?;
    Ok(ExitCode::SUCCESS)
}

struct Tour {
    lab: Lab,
    organization: Organization,
    binary: PathBuf,
}

impl Tour {
    fn run(&self) -> Result<()> {
        self.introduce()?;
        let before = self.lab.snapshot()?;
        let result = self.deploy().and_then(|()| self.act_as_root());
        // Even a tour that went wrong shows how to leave nothing behind.
        self.rootwatch(&["teardown", "all", "--yes", "--quiet"], &[0])?;
        result?;
        if self.lab.snapshot()? != before {
            bail!("the lab holds something that it did not hold before");
        }
        say("The lab holds exactly what it held before.")
    }

    fn introduce(&self) -> Result<()> {
        heading("An organization")?;
        for account in &self.organization.accounts {
            let unit = self.organization.ous.iter().find(|ou| ou.id == account.ou);
            let path = unit.map_or("/", |ou| ou.path.as_str());
            let suspended = if account.suspended { ", suspended" } else { "" };
            say(&format!(
                "  {}  {:<11} in {path}{suspended}",
                account.id, account.name
            ))?;
        }
        say(&format!(
            "All commands run as account {} (hub), a delegated administrator for StackSets, in {HUB_REGION}.",
            self.organization.hub
        ))
    }

    fn deploy(&self) -> Result<()> {
        heading("The hub")?;
        self.rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"], &[0])?;
        let asked = self.lab.mailbox(PERSON)?.len();
        self.lab.confirm_subscription(PERSON)?;
        say(&format!(
            "({PERSON} got {asked} mails from SNS and followed their links.)"
        ))?;
        heading("The spokes")?;
        let regions = format!("us-east-1,{HUB_REGION}");
        let spokes = [
            "--ou",
            "/Workloads",
            "--ou",
            "/Security",
            "--regions",
            &regions,
        ];
        let command: Vec<&str> = ["deploy", "spokes"]
            .into_iter()
            .chain(spokes)
            .chain(["--yes"])
            .collect();
        self.rootwatch(&command, &[0])?;
        heading("Would I know?")?;
        // What only the management account can see is listed, and no gap.
        self.rootwatch(&["status"], &[0])
    }

    fn act_as_root(&self) -> Result<()> {
        let shop = &self.organization.account("shop")?.id;
        let payments = &self.organization.account("payments")?.id;
        heading("Somebody uses a root user, twice")?;
        say(&format!(
            "  root of account {shop} signs in to the console (recorded in us-east-1)"
        ))?;
        self.lab.root_signs_in(shop)?;
        say(&format!(
            "  root of account {payments} deletes a trail in {HUB_REGION}"
        ))?;
        self.lab.root_deletes_trail(payments, HUB_REGION)?;
        for mail in self.alerts(2)? {
            heading(&format!("Mail to {PERSON}"))?;
            say(&format!(
                "Subject: {}\n\n{}",
                mail.subject,
                mail.body.trim_end()
            ))?;
        }
        Ok(())
    }

    /// Waits for that many alerts.
    fn alerts(&self, wanted: usize) -> Result<Vec<Mail>> {
        let since = Instant::now();
        loop {
            let mut mails = self.lab.mailbox(PERSON)?;
            mails.retain(|mail| mail.kind == "notification");
            if mails.len() >= wanted {
                return Ok(mails);
            }
            if since.elapsed() > PATIENCE {
                bail!(
                    "{} of {wanted} alerts arrived; {}",
                    mails.len(),
                    self.lab.complaints()
                );
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// Runs the real binary as the hub account, after showing what would be typed.
    fn rootwatch(&self, arguments: &[&str], expected: &[i32]) -> Result<()> {
        say(&format!("\n$ rootwatch {}", arguments.join(" ")))?;
        let status = Command::new(&self.binary)
            .args(arguments)
            .envs(self.lab.env(&self.organization.hub, HUB_REGION))
            .status()
            .context("running rootwatch")?;
        match status.code() {
            Some(code) if expected.contains(&code) => Ok(()),
            _ => bail!("rootwatch {} ended with {status}", arguments.join(" ")),
        }
    }
}

/// Builds the binary, and says where it is.
fn build() -> Result<PathBuf> {
    say("Building rootwatch ...")?;
    rootwatch_lab::bench::build(false)
}

fn heading(text: &str) -> Result<()> {
    say(&format!(
        "\n== {text} {}",
        "=".repeat(90_usize.saturating_sub(text.len()))
    ))
}

fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("writing to standard output")
}
