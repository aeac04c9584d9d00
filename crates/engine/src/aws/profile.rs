//! What the SDK does not tell of a profile of the AWS configuration.

use super::error::{AwsError, NO_CREDENTIALS};
use crate::spokes::regions::nearest;
use anyhow::{Result, bail};
use aws_config::profile::{self, Profile as Section, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};
use std::collections::BTreeSet;

/// Profiles that take credentials from one another; one may also name itself.
const CHAIN: usize = 10;

/// The selected profile.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) name: String,
    /// Whether it names a region.
    pub(super) has_region: bool,
    /// File with the certificates to trust.
    pub(super) ca_bundle: Option<String>,
    /// What somebody has to do for its credentials.
    by_hand: Option<ByHand>,
}

/// What no program does alone, and the profile that wants it: this one, or one that it takes credentials from.
#[derive(Debug)]
enum ByHand {
    Mfa(String),
    Sso(String),
    Login(String),
}

impl Profile {
    /// This one, or the one that the environment selects. What is wrong with the files the SDK says.
    pub(super) async fn selected(name: Option<&str>) -> Self {
        let name = name.map(|name| name.to_owned().into());
        match profile::load(&Fs::real(), &Env::real(), &Default::default(), name).await {
            Ok(all) => Self {
                name: all.selected_profile().to_owned(),
                has_region: all.get("region").is_some(),
                ca_bundle: all.get("ca_bundle").map(str::to_owned),
                by_hand: chain(&all).find_map(ByHand::of),
            },
            Err(_) => Self::default(),
        }
    }

    /// An error of getting its credentials, with what to do about it that no code of AWS says.
    pub(super) fn explained(&self, error: AwsError) -> AwsError {
        /// Texts of failures on the way.
        const OF_THE_WAY: [&str; 5] = [
            "certificate",
            "tunnel error",
            "dns error",
            "tcp connect error",
            "timeout",
        ];
        let is_said = |text: &&str| error.message.contains(*text);
        if error.code != NO_CREDENTIALS || OF_THE_WAY.iter().any(is_said) {
            return error;
        }
        let what = match &self.by_hand {
            None => return error,
            // A role that this person may not have: a new session changes nothing.
            Some(ByHand::Sso(_)) if error.message.contains("Forbidden") => return error,
            Some(ByHand::Sso(profile)) => format!("run `aws sso login --profile {profile}`"),
            Some(ByHand::Login(profile)) => format!("run `aws login --profile {profile}`"),
            Some(ByHand::Mfa(profile)) => format!(
                "the profile {profile} asks for an MFA code (mfa_serial), for which rootwatch cannot ask: \
                 `aws configure export-credentials --profile {} --format env` asks, and prints the variables to set",
                self.name
            ),
        };
        AwsError {
            message: format!("{}: {what}", error.message),
            ..error
        }
    }
}

/// Fails where a profile is named that does not exist, or that takes its credentials from one that does not. What is wrong
/// with the files themselves the SDK says.
pub(super) async fn must_exist(name: &str) -> Result<()> {
    let selected = Some(name.to_owned().into());
    let Ok(all) = profile::load(&Fs::real(), &Env::real(), &Default::default(), selected).await
    else {
        return Ok(());
    };
    let files = files();
    let missing = |name: &str| {
        let names = all.profiles().map(str::to_owned).collect();
        format!(
            "there is no profile \"{name}\" in {files}{}",
            meant(name, &names)
        )
    };
    if all.get_profile(name).is_none() {
        bail!(missing(name));
    }
    let sources = chain(&all).filter_map(|it| Some((it.name(), it.get("source_profile")?)));
    let mut gone = sources.filter(|(_, source)| all.get_profile(source).is_none());
    if let Some((of, source)) = gone.next() {
        bail!(
            "the profile \"{of}\" takes its credentials from another one (source_profile), and {}",
            missing(source)
        );
    }
    Ok(())
}

/// The files that the SDK reads profiles from.
fn files() -> String {
    let of = |variable: &str, default: &str| {
        std::env::var(variable).unwrap_or_else(|_| default.to_owned())
    };
    format!(
        "{} or {}",
        of("AWS_CONFIG_FILE", "~/.aws/config"),
        of("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    )
}

/// What was probably meant, or what there is. Pure.
fn meant(name: &str, all: &BTreeSet<String>) -> String {
    /// Somebody with a profile for each account has hundreds.
    const NAMED: usize = 20;
    let near = nearest(name, all);
    let names: Vec<&str> = all.iter().map(String::as_str).take(NAMED).collect();
    match (near.is_empty(), all.len()) {
        (false, _) => format!("; did you mean \"{}\"?", near.join("\" or \"")),
        (true, 0) => "; there are none".into(),
        (true, many) if many > NAMED => String::new(),
        (true, _) => format!("; there are {}", names.join(", ")),
    }
}

/// The profiles that there are, in order; none where the files cannot be read, which the first call says.
pub(crate) async fn names() -> Vec<String> {
    let all = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await;
    let mut names: Vec<String> = match &all {
        Ok(all) => all.profiles().map(str::to_owned).collect(),
        Err(_) => Vec::new(),
    };
    names.sort();
    names
}

fn chain(all: &ProfileSet) -> impl Iterator<Item = &Section> {
    let first = all.get_profile(all.selected_profile());
    let source = |it: &&Section| all.get_profile(it.get("source_profile")?);
    std::iter::successors(first, source).take(CHAIN)
}

impl ByHand {
    fn of(profile: &Section) -> Option<Self> {
        let has = |key: &str| profile.get(key).is_some();
        let name = profile.name().to_owned();
        match () {
            () if has("mfa_serial") => Some(Self::Mfa(name)),
            () if has("sso_session") || has("sso_start_url") => Some(Self::Sso(name)),
            () if has("login_session") => Some(Self::Login(name)),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_is_not_there_is_a_slip_away_or_one_of_few() {
        let all: BTreeSet<String> = ["hub", "management"].map(String::from).into();
        assert_eq!(meant("managment", &all), "; did you mean \"management\"?");
        assert_eq!(meant("security", &all), "; there are hub, management");
        assert_eq!(meant("security", &BTreeSet::new()), "; there are none");
    }
}
