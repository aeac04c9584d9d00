//! What `status` says of the self-check: when it last ran, and what it found. Judging is pure.

use super::report::{Figures, Report};
use crate::aws::error::AwsError;
use crate::findings::coverage as kinds;
use crate::hub::function::Function;
use crate::names::Names;
use crate::settings::SelfCheck;
use crate::status::Gap;
use crate::words::count;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// After this it should have run again: it runs once a day.
const OLDEST: SignedDuration = SignedDuration::from_hours(48);

/// How long the first one may take: it is asked for by the deployment, and Lambda tries again for some hours.
const FIRST: SignedDuration = SignedDuration::from_hours(6);

/// What is known of the self-check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SelfCheckStatus {
    /// `off`, or how often it mails that all is well: `problems` for never, `weekly` or `daily`.
    pub setting: String,
    /// When it last ran, if within two weeks.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub last: Option<Timestamp>,
    /// How many problems it found.
    pub wrong: Option<usize>,
    /// The kinds of these, by their numbers.
    pub kinds: Vec<String>,
    /// How many parts it could not read.
    pub unread: Option<usize>,
    /// What it looked at, in figures.
    pub figures: Option<Figures>,
    /// When it last mailed.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub last_mail: Option<Timestamp>,
    /// Why its report is not known, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    #[serde(skip)]
    pub(crate) report: Option<Report>,
    #[serde(skip)]
    pub(crate) error: Option<AwsError>,
}

impl SelfCheckStatus {
    /// Of a hub with this setting, by what reading the last report came to.
    pub(crate) fn of(setting: SelfCheck, last: Result<Option<Report>, AwsError>) -> Self {
        let mut status = Self {
            setting: setting.name().to_owned(),
            ..Self::default()
        };
        match last {
            _ if setting == SelfCheck::Off => {}
            Ok(report) => status.take(report),
            Err(error) => {
                status.unknown = Some(error.to_string());
                status.error = Some(error);
            }
        }
        status
    }

    fn take(&mut self, report: Option<Report>) {
        if let Some(report) = &report {
            self.last = Some(report.at);
            self.wrong = Some(report.wrong.count());
            self.kinds = report.wrong.kinds.iter().map(|it| it.id.clone()).collect();
            self.unread = Some(report.unread.count());
            self.figures = Some(report.figures.clone());
            self.last_mail = report.last_mail;
        }
        self.report = report;
    }

    /// In a sentence without a full stop.
    #[must_use]
    pub fn words(&self) -> String {
        let (last, wrong) = match (&self.unknown, self.last, self.wrong) {
            _ if self.setting == "off" => return "off".to_owned(),
            (Some(_), ..) => return "could not be read: see the gaps".to_owned(),
            (_, Some(last), Some(wrong)) => (last, wrong),
            _ => return "has not run".to_owned(),
        };
        let found = match wrong {
            0 => "all is well".to_owned(),
            wrong => format!("{} ({})", count(wrong, "problem"), self.kinds.join(", ")),
        };
        match self.unread.unwrap_or_default() {
            0 => format!("{found}, on {last:.0}"),
            unread => format!("{found}, {unread} not read, on {last:.0}"),
        }
    }
}

/// What of it is a gap, of a hub that is here; nothing where its function is not, which is another gap.
pub(crate) fn gaps(
    status: &SelfCheckStatus,
    function: Option<&Function>,
    names: &Names,
    now: Timestamp,
) -> Vec<Gap> {
    let Some(function) = function.filter(|_| status.setting != "off") else {
        return Vec::new();
    };
    let resource = format!("function {}", names.self_check());
    if let Some(error) = &status.error {
        let text = "when the self-check last ran, and what it found, could not be read";
        let gap = Gap::unread(kinds::SELF_CHECK_NOT_READ, resource, text, error);
        return vec![gap.of(names)];
    }
    let deploy = "`rootwatch deploy hub` sets it again and runs it";
    let Some(report) = &status.report else {
        // The first one may be under way.
        let since = function.modified.map(|at| now.duration_since(at));
        if since.is_some_and(|it| it < FIRST) {
            return Vec::new();
        }
        let text = "the self-check has not run for two weeks, or never";
        return vec![Gap::new(kinds::SELF_CHECK_NEVER, resource, text, deploy).of(names)];
    };
    let mut gaps = Vec::new();
    if now.duration_since(report.at) > OLDEST {
        let text = format!("the self-check has not run since {:.0}", report.at);
        gaps.push(Gap::new(kinds::SELF_CHECK_SILENT, &resource, text, deploy));
    }
    // Only the self-check itself sees these.
    let own = [
        (kinds::SELF_CHECK_INCOMPLETE, &report.unread),
        (kinds::TEST_EVENT_LOST, &report.wrong),
    ];
    for (id, found) in own {
        let name = id.to_string();
        let of_it = found.listed(&name);
        gaps.extend(of_it.map(|it| {
            let text = format!("the self-check of {:.0}: {}", report.at, it.text);
            Gap::new(id, &resource, text, it.fix.clone())
        }));
    }
    if let Some(error) = report.mailed.as_ref().and_then(|it| it.error.as_ref()) {
        let text = format!(
            "the self-check of {:.0} could not mail what it found: {error}",
            report.at
        );
        gaps.push(Gap::new(
            kinds::SELF_CHECK_INCOMPLETE,
            &resource,
            text,
            deploy,
        ));
    }
    gaps.into_iter().map(|gap| gap.of(names)).collect()
}
