//! `cargo lab [PROFILE [REGION]]`: a lab with the sample organization for trying commands by hand, until Ctrl-C or the end
//! of its input. It prints the environment, and each mail as it arrives; lines that are typed have people act.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rootwatch_lab::bench::say;
use rootwatch_lab::{Lab, Mail, Organization};

const REGION: &str = "eu-west-1";
/// Between two looks at the mails.
const PAUSE: Duration = Duration::from_millis(300);
/// What may be typed.
const LINES: [(&str, &str); 3] = [
    ("sign-in ACCOUNT", "root signs in to the console"),
    ("delete-trail ACCOUNT", "root tries to delete a trail"),
    (
        "confirm ADDRESS",
        "somebody follows the links in SNS's mails",
    ),
];

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let profile = arguments.next().unwrap_or("hub".to_owned());
    let region = arguments.next().unwrap_or(REGION.to_owned());
    let lab = Lab::start()?;
    let organization = lab.sample_organization()?;
    let profiles = profiles(&organization);
    if !profiles.contains_key(&*profile) {
        let names: Vec<&str> = profiles.keys().copied().collect();
        bail!("{profile}? The profiles are {}", names.join(", "));
    }
    lab.set_trusted_access(true)?;
    lab.delegate_stacksets(&organization.hub)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config");
    std::fs::write(&file, config(&profiles, &region))?;
    introduce(
        &lab,
        &organization,
        &environment(&lab, &file, &profile, &region),
    )?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let mails = scope.spawn(|| show_mails(&lab, &is_over));
        let typed = listen(&lab, &organization, &region);
        is_over.store(true, Ordering::Relaxed);
        let shown = mails
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        typed.and(shown)
    })
}

/// The accounts by the names of their profiles; the hub's has two.
fn profiles(organization: &Organization) -> BTreeMap<&str, &str> {
    let accounts = organization.accounts.iter();
    let mut profiles: BTreeMap<&str, &str> = accounts
        .map(|it| (it.name.as_str(), it.id.as_str()))
        .collect();
    profiles.insert("management", &organization.management);
    profiles.insert("hub", &organization.hub);
    profiles
}

/// A file of AWS's configuration. In the lab the id of a key is the account whose administrator it is.
fn config(profiles: &BTreeMap<&str, &str>, region: &str) -> String {
    let sections = profiles.iter().map(|(name, account)| {
        format!(
            "[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = lab\nregion = {region}\n"
        )
    });
    sections.collect()
}

/// What a shell sets. Keys would go before the profile.
fn environment(lab: &Lab, file: &Path, profile: &str, region: &str) -> Vec<String> {
    let of_keys = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    let kept = lab.env("", region).into_iter();
    let kept = kept.filter(|(name, _)| !of_keys.contains(&&**name) && name != "AWS_CONFIG_FILE");
    let file = file.display().to_string();
    let ours = [
        ("AWS_CONFIG_FILE", file),
        ("AWS_PROFILE", profile.to_owned()),
    ];
    let ours = ours.map(|(name, value)| (name.to_owned(), value));
    let mut lines = vec![format!("unset {}", of_keys.join(" "))];
    lines.extend(
        kept.chain(ours)
            .map(|(name, value)| format!("export {name}={value}")),
    );
    lines
}

fn introduce(lab: &Lab, organization: &Organization, environment: &[String]) -> Result<()> {
    say(&format!(
        "# organization {}, root {}; StackSets have trusted access, and the hub's account is a delegated administrator",
        organization.id, organization.root_id
    ))?;
    for ou in &organization.ous {
        say(&format!("# {} {}", ou.id, ou.path))?;
    }
    for account in &organization.accounts {
        let state = if account.suspended {
            " (suspended)"
        } else {
            ""
        };
        say(&format!(
            "# {} {}{state} in {}",
            account.id, account.name, account.ou
        ))?;
    }
    say(&format!(
        "# Each account is a profile of its name, with an administrator's rights; hub is {}. Paste into another shell:",
        organization.hub
    ))?;
    for line in environment {
        say(line)?;
    }
    say(&format!(
        "# The lab is at {}. Mails appear here. Type:",
        lab.endpoint()
    ))?;
    for (line, meaning) in LINES {
        say(&format!("#   {line:<22}{meaning}"))?;
    }
    say("# It ends with Ctrl-C, or when its input ends.")
}

fn listen(lab: &Lab, organization: &Organization, region: &str) -> Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line.context("reading standard input")?;
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Err(error) = act(lab, organization, region, &words) {
            say(&format!("# {error:#}"))?;
        }
    }
    Ok(())
}

fn act(lab: &Lab, organization: &Organization, region: &str, words: &[&str]) -> Result<()> {
    let profiles = profiles(organization);
    let account = |name: &str| -> Result<String> {
        let by_id = organization
            .accounts
            .iter()
            .any(|it| it.id == name)
            .then_some(name);
        let id = profiles.get(name).copied().or(by_id);
        Ok(id
            .with_context(|| format!("there is no account {name}"))?
            .to_owned())
    };
    match words {
        [] => Ok(()),
        ["sign-in", name] => lab.root_signs_in(&account(name)?).map(drop),
        ["delete-trail", name] => lab.root_deletes_trail(&account(name)?, region).map(drop),
        ["confirm", address] => lab.confirm_subscription(address),
        _ => bail!(
            "{}? Known are {}",
            words.join(" "),
            LINES.map(|(line, _)| line).join(", ")
        ),
    }
}

fn show_mails(lab: &Lab, is_over: &AtomicBool) -> Result<()> {
    let mut shown = 0;
    while !is_over.load(Ordering::Relaxed) {
        let mails = lab.mails()?;
        for mail in mails.get(shown..).unwrap_or_default() {
            show(mail)?;
        }
        shown = mails.len();
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn show(mail: &Mail) -> Result<()> {
    let body = mail.body.trim_end().replace('\n', "\n    ");
    say(&format!(
        "\n    To: {}\n    Subject: {}\n\n    {body}\n",
        mail.address, mail.subject
    ))?;
    io::stdout().flush().context("writing to standard output")
}
