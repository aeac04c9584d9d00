//! What `verify` finds, as data: one value per hop.

use crate::aws::error::AwsError;
use crate::aws::hint;
use crate::findings::FindingId;
use crate::words::one_line;
use serde::Serialize;
use std::fmt;

/// The command that fixes any difference in the hub.
pub(crate) const DEPLOY_HUB: &str = "run `rootwatch deploy hub`";
/// The command that fixes any difference in the spokes.
pub(crate) const DEPLOY_SPOKES: &str = "run `rootwatch deploy spokes`";

/// The verdict on a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Events that must pass do, and no others.
    Ok,
    /// An event ends here, or one passes that must not.
    Broken,
    /// It is not what rootwatch makes, and nothing says that an event ends here.
    Differs,
    /// It could not be read, or contains what rootwatch never writes and cannot judge.
    Unknown,
}

/// Which part of the path a hop belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The organization, whose trail makes the events.
    Organization,
    /// An account and region of the organization.
    Spoke,
    /// What makes the spokes.
    StackSet,
    /// The account that receives the events.
    Hub,
}

/// One hop of the path and what was found there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hop {
    /// Where on the path it is.
    pub part: Part,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Kind and name, `rule rootwatch-acts`.
    pub resource: String,
    /// The check, `pattern`.
    pub check: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// Which kind of finding it is; none where it is ok.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<FindingId>,
    /// Why, in a sentence.
    pub finding: String,
    /// How to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The fields of the resource that it is about: what differs in them needs no other finding.
    #[serde(skip)]
    pub(crate) about: Vec<String>,
}

impl Hop {
    fn new(
        id: Option<FindingId>,
        resource: &str,
        check: &'static str,
        verdict: Verdict,
        finding: String,
    ) -> Self {
        Self {
            part: Part::Hub,
            account: String::new(),
            region: String::new(),
            resource: resource.to_owned(),
            check,
            verdict,
            id,
            finding,
            fix: None,
            about: Vec::new(),
        }
    }

    pub(crate) fn ok(resource: &str, check: &'static str, finding: impl Into<String>) -> Self {
        Self::new(None, resource, check, Verdict::Ok, finding.into())
    }

    pub(crate) fn broken(
        id: FindingId,
        resource: &str,
        check: &'static str,
        finding: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            fix: Some(fix.into()),
            ..Self::new(Some(id), resource, check, Verdict::Broken, finding.into())
        }
    }

    pub(crate) fn differs(
        id: FindingId,
        resource: &str,
        finding: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            fix: Some(fix.into()),
            ..Self::new(
                Some(id),
                resource,
                "as made",
                Verdict::Differs,
                finding.into(),
            )
        }
    }

    pub(crate) fn unknown(
        id: FindingId,
        resource: &str,
        check: &'static str,
        why: impl Into<String>,
        fix: Option<String>,
    ) -> Self {
        Self {
            fix,
            ..Self::new(Some(id), resource, check, Verdict::Unknown, why.into())
        }
    }

    /// A hop that could not be read.
    pub(crate) fn unread(
        id: FindingId,
        resource: &str,
        check: &'static str,
        why: &CannotRead,
    ) -> Self {
        Self::unknown(id, resource, check, &why.why, why.fix.clone())
    }

    /// The same, which is about a field of the resource too.
    pub(crate) fn about(mut self, field: &str) -> Self {
        self.about.push(field.to_owned());
        self
    }

    /// The same, in a place.
    pub(crate) fn at(mut self, part: Part, account: &str, region: &str) -> Self {
        self.part = part;
        account.clone_into(&mut self.account);
        region.clone_into(&mut self.region);
        self
    }
}

/// In one line, for a list: the verdict and its id, where, what was found, and how to fix it.
impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (account, region) = (&self.account, &self.region);
        write!(f, "{}", self.verdict.word())?;
        if let Some(id) = self.id {
            write!(f, " {id}")?;
        }
        write!(
            f,
            ": {} in account {account}, {region}, {}: {}",
            self.resource,
            self.check,
            one_line(&self.finding)
        )?;
        match &self.fix {
            Some(fix) => write!(f, "\nfix: {fix}"),
            None => Ok(()),
        }
    }
}

impl Verdict {
    /// In one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Broken => "broken",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CannotRead {
    pub(crate) why: String,
    pub(crate) fix: Option<String>,
}

/// What was read, or why it was not.
pub(crate) type Read<T> = Result<T, CannotRead>;

impl From<AwsError> for CannotRead {
    fn from(error: AwsError) -> Self {
        let hint = || hint::of_call(&error).map(str::to_owned);
        let allow = || match error.operation {
            "sts:AssumeRole" => hint(),
            operation => Some(format!("allow the caller {operation}")),
        };
        Self {
            fix: error.is_denied().then(allow).flatten().or_else(hint),
            why: format!("could not be read: {error}"),
        }
    }
}

impl From<anyhow::Error> for CannotRead {
    fn from(error: anyhow::Error) -> Self {
        let known = error.chain().find_map(|cause| cause.downcast_ref());
        match known {
            Some(known) => Self::from(AwsError::clone(known)),
            None => Self {
                why: format!("could not be read: {error:#}"),
                fix: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_a_read_through_is_said_where_it_is_known() {
        let fix = |code: &str, message: &str| {
            let error = AwsError::of_entry("cloudformation:DescribeStackSet", Some(code), message);
            CannotRead::from(error).fix.unwrap_or_default()
        };
        let denied = fix("AccessDenied", "User: x is not authorized");
        assert_eq!(denied, "allow the caller cloudformation:DescribeStackSet");
        let elsewhere = fix(
            "ValidationError",
            "Account used is not a delegated administrator",
        );
        assert!(elsewhere.contains("management account"), "{elsewhere}");
        assert_eq!(fix("InternalFailure", "no"), "");
    }
}
