//! A gap: something that could prevent an alert, or could not be read. Pure.

use crate::aws::error::AwsError;
use crate::aws::hint;
use crate::findings::FindingId;
use crate::ignore::Finding;
use crate::names::Names;
use crate::spokes::Location;
use anyhow::Error;
use serde::Serialize;

/// Something that could prevent an alert, or could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// The number of its kind, `RW301`; the reference of findings lists all.
    #[cfg_attr(test, schemars(with = "String"))]
    pub id: FindingId,
    /// The account; `null` where there are several.
    pub account: Option<String>,
    /// The region; `null` where there are several, or none.
    pub region: Option<String>,
    /// The accounts, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The regions, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Kind and name of the resource, `queue rootwatch-acts`.
    pub resource: String,
    /// What it is, as a sentence.
    pub text: String,
    /// What to do.
    pub fix: String,
    /// The call that failed, as an IAM action, where something could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
}

impl Gap {
    pub(crate) fn new(
        id: FindingId,
        resource: impl Into<String>,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            id,
            account: None,
            region: None,
            accounts: Vec::new(),
            regions: Vec::new(),
            resource: resource.into(),
            text: text.into(),
            fix: fix.into(),
            operation: None,
        }
    }

    /// Something that a failed call keeps from being known, where AWS said why.
    pub(crate) fn unread(
        id: FindingId,
        resource: impl Into<String>,
        text: &str,
        why: &AwsError,
    ) -> Self {
        Self {
            operation: Some(why.operation),
            ..Self::new(id, resource, format!("{text}: {why}"), fix(why))
        }
    }

    /// The same where the error has a context that says what was tried.
    pub(crate) fn failed(id: FindingId, resource: impl Into<String>, why: &Error) -> Self {
        let answer: Option<&AwsError> = why.chain().find_map(|cause| cause.downcast_ref());
        let fix = match (answer, hint::of(why)) {
            (Some(answer), _) => fix(answer),
            (None, hint) => hint.unwrap_or(SEE).to_owned(),
        };
        Self {
            operation: answer.map(|it| it.operation),
            ..Self::new(id, resource, format!("could not be read: {why:#}"), fix)
        }
    }

    /// The same where credentials of another account do not work, which the settings of a table give.
    pub(crate) fn not_entered(self, table: &str) -> Self {
        let fix = format!(
            "check --{table}-profile and --{table}-role, or `profile` and `role` under [{table}]: the profile's credentials have to work, and the role's trust policy has to let them in"
        );
        Self { fix, ..self }
    }

    /// The same in a place.
    pub(crate) fn at(self, account: &str, region: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            ..self
        }
    }

    /// The same where the hub is.
    pub(crate) fn of(self, names: &Names) -> Self {
        self.at(&names.account, &names.region)
    }

    /// The same in some accounts and regions.
    pub(crate) fn in_all(self, mut accounts: Vec<String>, mut regions: Vec<String>) -> Self {
        let one = |all: &mut Vec<String>| match all.len() {
            1 => all.pop(),
            _ => None,
        };
        Self {
            account: one(&mut accounts),
            region: one(&mut regions),
            accounts,
            regions,
            ..self
        }
    }

    /// In a sentence, with what to do.
    #[must_use]
    pub fn words(&self) -> String {
        match self.fix.as_str() {
            "" => self.text.clone(),
            fix => format!("{}: {fix}", self.text),
        }
    }
}

impl Finding for Gap {
    fn id(&self) -> Option<FindingId> {
        Some(self.id)
    }

    fn resource(&self) -> &str {
        &self.resource
    }

    fn locations(&self) -> Vec<Location> {
        let accounts = self.account.iter().chain(&self.accounts);
        let of = |account: &String| {
            let regions = self.region.iter().chain(&self.regions);
            let all: Vec<Location> = regions.map(|it| Location::of(account, it)).collect();
            match all.is_empty() {
                true => vec![Location::of(account, "")],
                false => all,
            }
        };
        accounts.flat_map(of).collect()
    }
}

/// Where nothing better is known.
const SEE: &str = "fix what it says, and run the same command again";

/// What lets a call be made the next time.
fn fix(why: &AwsError) -> String {
    match (why.is_denied(), hint::of_call(why)) {
        (true, Some(hint)) => format!("allow the caller {}; {hint}", why.operation),
        (true, None) => format!("allow the caller {}", why.operation),
        (false, Some(hint)) => hint.to_owned(),
        (false, None) if why.passes() => "run the same command again in a while".to_owned(),
        (false, None) => SEE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::status_hub::HUB_NOT_READ;

    fn answer(code: &str) -> AwsError {
        AwsError::of_entry("sqs:GetQueueAttributes", Some(code), "no")
    }

    #[test]
    fn what_could_not_be_read_names_the_call_and_what_allows_it() {
        let of = |code: &str| Gap::unread(HUB_NOT_READ, "queue q", "queue q", &answer(code));
        let denied = of("AccessDenied");
        assert_eq!(denied.operation, Some("sqs:GetQueueAttributes"));
        assert!(
            denied
                .fix
                .starts_with("allow the caller sqs:GetQueueAttributes"),
            "{denied:?}"
        );
        let throttled = of("ThrottlingException");
        assert_eq!(throttled.fix, "run the same command again in a while");
        let wrapped = Error::from(answer("AccessDenied")).context("reading queue q");
        let wrapped = Gap::failed(HUB_NOT_READ, "queue q", &wrapped);
        assert!(
            wrapped
                .text
                .contains("reading queue q: sqs:GetQueueAttributes: AccessDenied")
        );
        assert_eq!(wrapped.fix, denied.fix);
    }

    #[test]
    fn one_account_is_the_account_and_more_are_a_list() {
        let gap = || Gap::new(HUB_NOT_READ, "x", "x", "");
        let all = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let one = gap().in_all(all(&["1"]), all(&["a", "b"]));
        assert_eq!(
            (one.account.as_deref(), one.region.as_deref()),
            (Some("1"), None)
        );
        let places = [Location::of("1", "a"), Location::of("1", "b")];
        assert_eq!(one.locations(), places);
        assert_eq!((one.accounts.len(), one.regions.len()), (0, 2));
        assert_eq!(gap().words(), "x");
    }
}
