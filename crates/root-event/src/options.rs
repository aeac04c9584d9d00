//! How people want to be notified: the settings `notify.read_only` and `notify.format`.

use crate::assess::Assessment;
use crate::classify::{Activity, Decision};
use crate::severity::Severity;

/// How read-only activity is reported. Read-only calls that matter as much as writes are reported at once in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadOnly {
    /// One message for the calls of a session.
    #[default]
    Digest,
    /// One message for each call.
    Each,
    /// Not at all; except calls with a long-lived root key, which nobody should have.
    Off,
}

/// The default body: the one that SNS uses for protocols without a body of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Text for people, JSON for programs.
    #[default]
    Text,
    /// A custom notification of Amazon Q Developer in chat applications.
    Chatbot,
    /// An alert of Jira Service Management, which an automation of Jira can read as well.
    Jira,
    /// A Detection Finding of the Open Cybersecurity Schema Framework, for a SIEM.
    Ocsf,
    /// An event of PagerDuty's Events API v2, without its routing key.
    PagerDuty,
    /// A message of Slack's API or of an incoming webhook.
    Slack,
    /// An adaptive card for a workflow of Microsoft Teams.
    Teams,
}

impl ReadOnly {
    /// Each, by its name in the settings.
    pub const ALL: [(&'static str, Self); 3] = [
        (Self::Digest.name(), Self::Digest),
        (Self::Each.name(), Self::Each),
        (Self::Off.name(), Self::Off),
    ];

    /// Its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Each => "each",
            Self::Off => "off",
        }
    }
}

impl Format {
    /// Those of the alerts topic, by their names in the settings: `rootwatch test` reads its body for programs.
    pub const ALL: [(&'static str, Self); 2] = [
        (Self::Text.name(), Self::Text),
        (Self::Chatbot.name(), Self::Chatbot),
    ];

    /// Those of a route's topic, by their names in the settings.
    pub const OF_ROUTES: [(&'static str, Self); 7] = [
        (Self::Text.name(), Self::Text),
        (Self::Chatbot.name(), Self::Chatbot),
        (Self::Jira.name(), Self::Jira),
        (Self::Ocsf.name(), Self::Ocsf),
        (Self::PagerDuty.name(), Self::PagerDuty),
        (Self::Slack.name(), Self::Slack),
        (Self::Teams.name(), Self::Teams),
    ];

    /// Its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Chatbot => "chatbot",
            Self::Jira => "jira",
            Self::Ocsf => "ocsf",
            Self::PagerDuty => "pagerduty",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }
}

impl Assessment {
    /// The same, with the decision under this setting.
    #[must_use]
    pub fn under(mut self, read_only: ReadOnly) -> Self {
        match read_only {
            _ if self.decision != Decision::Digest || self.underlying != Activity::ApiRead => {}
            ReadOnly::Digest => {}
            ReadOnly::Each => {
                self.decision = Decision::Alert;
                self.reason = format!("read-only call by root ({})", self.activity.name());
            }
            ReadOnly::Off if self.severity >= Severity::High => {}
            ReadOnly::Off => {
                self.decision = Decision::Ignore;
                self.reason =
                    "read-only call by root, and reporting of read-only activity is off".to_owned();
            }
        }
        self
    }
}
