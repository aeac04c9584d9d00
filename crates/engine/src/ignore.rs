//! Findings that somebody accepts, with the reason: they are shown, and no longer count. Pure.

use crate::aws::partition::is_region_name;
use crate::findings::{FindingId, UnknownId};
use crate::spokes::Location;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ignore {
    /// The number of a kind of finding.
    #[cfg_attr(test, schemars(with = "String"))]
    pub id: FindingId,
    /// Only of this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only in this region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Only of this resource, `queue rootwatch-acts`, or this name of one, `rootwatch-acts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Why; never empty.
    pub reason: String,
    /// Where it was given, `--ignore` or a place in the settings file.
    pub source: String,
}

/// Something that was found, with what an [`Ignore`] goes by.
pub trait Finding {
    /// The number of its kind; none of what is fine.
    fn id(&self) -> Option<FindingId>;
    /// Kind and name of the resource.
    fn resource(&self) -> &str;
    /// All accounts and regions that it is about; without a region where it is of none.
    fn locations(&self) -> Vec<Location>;
}

/// A finding that somebody accepts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Accepted<T> {
    /// What was found.
    #[serde(flatten)]
    pub finding: T,
    /// Why it is accepted.
    pub reason: String,
    /// Where that was given.
    pub source: String,
}

/// Findings, by whether somebody accepts them.
#[derive(Clone, Debug)]
pub struct Sorted<T> {
    /// Those that count.
    pub open: Vec<T>,
    /// Those that are accepted.
    pub accepted: Vec<Accepted<T>>,
}

impl Ignore {
    /// Reads what `--ignore` takes before the reason: `RW301`, `RW301@111122223333` or
    /// `RW301@111122223333/eu-west-1`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str, reason: &str, source: &str) -> Result<Self, String> {
        let (id, place) = match text.split_once('@') {
            Some((id, place)) => (id, Some(place)),
            None => (text, None),
        };
        let (account, region) = match place.map(|it| it.split_once('/').ok_or(it)) {
            None => (None, None),
            Some(Ok((account, region))) => (Some(account), Some(region)),
            Some(Err(account)) => (Some(account), None),
        };
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(format!(
                "{text} has no reason: write {text}=\"why it is accepted\""
            ));
        }
        let is_account = |it: &str| it.len() == 12 && it.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(wrong) = account.filter(|it| !is_account(it)) {
            return Err(format!("\"{wrong}\" is not an account id: 12 digits"));
        }
        if let Some(wrong) = region.filter(|it| !is_region_name(it)) {
            return Err(format!(
                "\"{wrong}\" is not the name of an AWS region (such as eu-west-1)"
            ));
        }
        Ok(Self {
            id: id.parse().map_err(|error: UnknownId| error.to_string())?,
            account: account.map(str::to_owned),
            region: region.map(str::to_owned),
            resource: None,
            reason: reason.to_owned(),
            source: source.to_owned(),
        })
    }

    /// Whether this may be about an account's region; an empty region is none.
    pub(crate) fn covers_place(&self, account: &str, region: &str) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.account, account) && is(&self.region, region)
    }

    /// Whether this is about a resource.
    pub(crate) fn covers_resource(&self, resource: &str) -> bool {
        let Some(wanted) = self.resource.as_deref() else {
            return true;
        };
        let name = resource.split_once(' ').map(|(_, name)| name);
        wanted == resource || Some(wanted) == name
    }

    /// Whether all of a finding is accepted by this.
    #[must_use]
    pub fn covers(&self, finding: &impl Finding) -> bool {
        let places = finding.locations();
        Some(self.id) == finding.id()
            && self.covers_resource(finding.resource())
            && match places.is_empty() {
                true => self.account.is_none() && self.region.is_none(),
                false => places
                    .iter()
                    .all(|it| self.covers_place(&it.account, &it.region)),
            }
    }

    /// A finding that this accepts.
    pub(crate) fn accept<T>(&self, finding: T) -> Accepted<T> {
        Accepted {
            finding,
            reason: self.reason.clone(),
            source: self.source.clone(),
        }
    }
}

/// As it is given with `--ignore`, without the reason.
impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        match (&self.account, &self.region) {
            (Some(account), Some(region)) => write!(f, "@{account}/{region}")?,
            (Some(account), None) => write!(f, "@{account}")?,
            (None, Some(region)) => write!(f, " in {region}")?,
            (None, None) => {}
        }
        match &self.resource {
            Some(resource) => write!(f, " of {resource}"),
            None => Ok(()),
        }
    }
}

/// Sorts findings by whether one of these accepts them.
#[must_use]
pub fn sort<T: Finding>(findings: Vec<T>, ignores: &[Ignore]) -> Sorted<T> {
    let (mut open, mut accepted) = (Vec::new(), Vec::new());
    for finding in findings {
        match ignores.iter().find(|it| it.covers(&finding)) {
            Some(ignore) => accepted.push(ignore.accept(finding)),
            None => open.push(finding),
        }
    }
    Sorted { open, accepted }
}

/// Those that accepted nothing, of the kinds that a command can find: what they are about may be gone.
#[must_use]
pub fn unused<'a, T: Finding>(
    ignores: &'a [Ignore],
    accepted: &[Accepted<T>],
    is_found: impl Fn(FindingId) -> bool,
) -> Vec<&'a Ignore> {
    let covers = |ignore: &Ignore| accepted.iter().any(|it| ignore.covers(&it.finding));
    let of_the_command = ignores.iter().filter(|it| is_found(it.id));
    of_the_command.filter(|it| !covers(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{hub, status_hub, subscribers};

    #[derive(Clone, Debug, PartialEq)]
    struct Found(FindingId, &'static str, Vec<(&'static str, &'static str)>);

    impl Finding for Found {
        fn id(&self) -> Option<FindingId> {
            Some(self.0)
        }

        fn resource(&self) -> &str {
            self.1
        }

        fn locations(&self) -> Vec<Location> {
            self.2
                .iter()
                .map(|(account, region)| Location::of(account, region))
                .collect()
        }
    }

    fn ignore(account: Option<&str>, region: Option<&str>, resource: Option<&str>) -> Ignore {
        Ignore {
            id: subscribers::GONE,
            account: account.map(str::to_owned),
            region: region.map(str::to_owned),
            resource: resource.map(str::to_owned),
            reason: "on holiday".into(),
            source: "--ignore".into(),
        }
    }

    #[test]
    fn what_the_flag_takes_is_a_kind_perhaps_a_place_and_a_reason() {
        let parse = |text: &str| Ignore::parse(text, " on holiday ", "--ignore");
        let gone = subscribers::GONE;
        for (text, account, region) in [
            (gone.to_string(), None, None),
            (format!("{gone}@111122223333"), Some("111122223333"), None),
            (
                format!("{gone}@111122223333/eu-west-1"),
                Some("111122223333"),
                Some("eu-west-1"),
            ),
        ] {
            assert_eq!(parse(&text), Ok(ignore(account, region, None)));
            assert_eq!(parse(&text).unwrap().to_string(), text);
        }
        for (text, why) in [
            ("RW999".to_owned(), "is not the id of a finding"),
            (format!("{gone}@1"), "is not an account id"),
            (format!("{gone}@"), "is not an account id"),
            (
                format!("{gone}@111122223333/mars"),
                "is not the name of an AWS region",
            ),
        ] {
            let refused = parse(&text).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        let refused = Ignore::parse("RW405", "  ", "--ignore").unwrap_err();
        assert!(refused.contains("has no reason"), "{refused}");
    }

    #[test]
    fn all_that_is_named_has_to_fit() {
        let found = Found(subscribers::GONE, "topic alerts", vec![("1", "a")]);
        for (ignore, is_covered) in [
            (ignore(None, None, None), true),
            (ignore(Some("1"), None, None), true),
            (ignore(Some("1"), Some("a"), None), true),
            (ignore(None, Some("a"), Some("alerts")), true),
            (ignore(None, None, Some("topic alerts")), true),
            (ignore(Some("2"), None, None), false),
            (ignore(Some("1"), Some("b"), None), false),
            (ignore(None, None, Some("health")), false),
            (ignore(None, None, Some("topic")), false),
        ] {
            assert_eq!(ignore.covers(&found), is_covered, "{ignore:?}");
        }
        let other = Found(subscribers::LOST, "topic alerts", vec![("1", "a")]);
        assert!(!ignore(None, None, None).covers(&other));
        // One that is about more than is accepted stays, and so does one that is of no place.
        let wide = Found(subscribers::GONE, "x", vec![("1", "a"), ("2", "a")]);
        assert!(!ignore(Some("1"), None, None).covers(&wide));
        let nowhere = Found(subscribers::GONE, "x", vec![]);
        assert!(!ignore(Some("1"), None, None).covers(&nowhere));
        assert!(ignore(None, None, None).covers(&nowhere));
    }

    #[test]
    fn what_accepts_nothing_is_named_where_the_command_could_find_it() {
        let found = vec![
            Found(subscribers::GONE, "x", vec![("1", "a")]),
            Found(status_hub::NO_HUB, "y", vec![("1", "a")]),
        ];
        let ignores = [ignore(None, None, None), ignore(Some("9"), None, None)];
        let sorted = sort(found.clone(), &ignores);
        assert_eq!(sorted.open, found[1..]);
        assert_eq!(sorted.accepted[0].finding, found[0]);
        assert_eq!(sorted.accepted[0].reason, "on holiday");
        let all = |_| true;
        assert_eq!(unused(&ignores, &sorted.accepted, all), [&ignores[1]]);
        let of_verify = |id| id == hub::BUS_MISSING;
        assert!(unused(&ignores, &sorted.accepted, of_verify).is_empty());
    }
}
