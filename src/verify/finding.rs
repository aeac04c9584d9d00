//! What `verify` finds, as data: one value a hop.

use crate::aws::error::AwsError;
use serde::Serialize;

/// The command that mends whatever differs in the hub.
pub(crate) const DEPLOY_HUB: &str = "run `rootwatch deploy hub`";
/// The command that mends whatever differs in the spokes.
pub(crate) const DEPLOY_SPOKES: &str = "run `rootwatch deploy spokes`";

/// What a look at a hop comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// An event gets further, and only those that shall.
    Ok,
    /// An event ends here, or one gets further that shall not.
    Broken,
    /// It could not be read, or holds what rootwatch never writes and cannot judge.
    CannotTell,
}

/// Which part of the path a hop belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    Spoke,
    StackSet,
    Hub,
}

/// One hop of the path and what was found there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Hop {
    pub(crate) part: Part,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Kind and name, `rule rootwatch-acts`.
    pub(crate) resource: String,
    /// What of it was looked at, `pattern`.
    pub(crate) check: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) finding: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mend: Option<String>,
}

impl Hop {
    fn new(resource: &str, check: &'static str, verdict: Verdict, finding: String) -> Self {
        Self {
            part: Part::Hub,
            account: String::new(),
            region: String::new(),
            resource: resource.to_owned(),
            check,
            verdict,
            finding,
            mend: None,
        }
    }

    pub(crate) fn ok(resource: &str, check: &'static str, finding: impl Into<String>) -> Self {
        Self::new(resource, check, Verdict::Ok, finding.into())
    }

    pub(crate) fn broken(
        resource: &str,
        check: &'static str,
        finding: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            mend: Some(mend.into()),
            ..Self::new(resource, check, Verdict::Broken, finding.into())
        }
    }

    pub(crate) fn cannot_tell(
        resource: &str,
        check: &'static str,
        why: impl Into<String>,
        mend: Option<String>,
    ) -> Self {
        Self {
            mend,
            ..Self::new(resource, check, Verdict::CannotTell, why.into())
        }
    }

    /// A hop that could not be read.
    pub(crate) fn unread(resource: &str, check: &'static str, why: &CannotRead) -> Self {
        Self::cannot_tell(resource, check, &why.why, why.mend.clone())
    }

    /// The same, in a place.
    pub(crate) fn at(mut self, part: Part, account: &str, region: &str) -> Self {
        self.part = part;
        account.clone_into(&mut self.account);
        region.clone_into(&mut self.region);
        self
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CannotRead {
    pub(crate) why: String,
    pub(crate) mend: Option<String>,
}

/// What was read, or why it was not.
pub(crate) type Read<T> = Result<T, CannotRead>;

impl From<AwsError> for CannotRead {
    fn from(error: AwsError) -> Self {
        const DENIED: [&str; 4] = [
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "AuthorizationErrorException",
        ];
        let denied = DENIED.contains(&error.code.as_str());
        Self {
            mend: denied.then(|| format!("allow the caller {}", error.operation)),
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
                mend: None,
            },
        }
    }
}

/// Yes, no, or why it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Unknown(String),
}

impl Answer {
    pub(crate) fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(why.into())
    }

    /// Yes when all are; no when one is.
    pub(crate) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut unknown = Self::Yes;
        for answer in answers {
            match answer {
                Self::No => return Self::No,
                Self::Unknown(_) => unknown = answer,
                Self::Yes => {}
            }
        }
        unknown
    }

    /// Yes when one is; no when none is.
    pub(crate) fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut unknown = Self::No;
        for answer in answers {
            match answer {
                Self::Yes => return Self::Yes,
                Self::Unknown(_) => unknown = answer,
                Self::No => {}
            }
        }
        unknown
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}
