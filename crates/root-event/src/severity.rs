//! How severe an event is; docs/severities.md has each activity with its severity and why.

use serde::Serialize;

use crate::classify::Activity;

/// How severe an event is. The order is from least to most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing to do.
    Info,
    /// Worth a look when there is time.
    Low,
    /// Worth a look today.
    Medium,
    /// Find out now who did this.
    High,
    /// Act now, unless this was planned.
    Critical,
}

impl Severity {
    /// Each, by its name.
    pub const ALL: [(&'static str, Self); 5] = [
        (Self::Info.name(), Self::Info),
        (Self::Low.name(), Self::Low),
        (Self::Medium.name(), Self::Medium),
        (Self::High.name(), Self::High),
        (Self::Critical.name(), Self::Critical),
    ];

    /// The severity's name, as in JSON and in message attributes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    const fn one_less(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium => Self::Low,
            Self::Low | Self::Info => Self::Info,
        }
    }
}

/// What the severity of an event depends on.
pub(crate) struct Factors {
    pub(crate) activity: Activity,
    pub(crate) critical: bool,
    pub(crate) failed: bool,
    pub(crate) without_mfa: bool,
    pub(crate) long_lived_key: bool,
    /// The session that is started can only read root's credentials.
    pub(crate) audit: bool,
}

impl Factors {
    pub(crate) fn severity(&self) -> Severity {
        match self.activity {
            Activity::ServiceMade | Activity::Canary | Activity::NotRoot | Activity::Forged => {
                Severity::Info
            }
            Activity::PrivilegedSessionStart if self.audit && !self.failed => Severity::Low,
            // The caller of AssumeRoot is an administrator: a long-lived key of theirs is not root's.
            Activity::PrivilegedSessionStart => self.of_change(),
            // Whoever tries it means to act unseen.
            Activity::Tampering => Severity::Critical,
            _ if self.long_lived_key => Severity::Critical,
            Activity::SignIn if self.without_mfa => Severity::Critical,
            Activity::SignIn => Severity::High,
            Activity::FailedSignIn => Severity::Medium,
            Activity::ApiRead => Severity::Low,
            _ => self.of_change(),
        }
    }

    fn of_change(&self) -> Severity {
        let severity = if self.critical {
            Severity::Critical
        } else {
            Severity::High
        };
        if self.failed {
            severity.one_less()
        } else {
            severity
        }
    }
}

#[cfg(test)]
#[path = "severity_tests.rs"]
mod tests;
