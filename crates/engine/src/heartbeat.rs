//! How often each account and region says that it is there, by the rule that forwards root activity. Pure.

use jiff::SignedDuration;
use std::fmt;

/// How often the spokes' rule sends a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeat {
    /// Never.
    Off,
    /// Every so many hours, of [`Heartbeat::HOURS`].
    Every(u8),
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self::Every(6)
    }
}

impl Heartbeat {
    /// Hours that may be between two. More often would cost more than it tells; at the other end two fit into a day, so
    /// that the hub's alarm for a day without any is sure.
    pub const HOURS: std::ops::RangeInclusive<u8> = 1..=12;
    /// Parameter of the spoke template.
    pub(crate) const PARAMETER: &'static str = "Heartbeat";

    /// From a setting's value, `off` or `6h`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Self::Off);
        }
        let hours = text.strip_suffix('h')?;
        Self::of_hours(hours)
    }

    /// The expression of the rule's schedule, which has a word of its own for one hour (EventBridge User Guide, "Rate
    /// expressions"); empty for none.
    pub(crate) fn schedule(self) -> String {
        match self {
            Self::Off => String::new(),
            Self::Every(1) => "rate(1 hour)".to_owned(),
            Self::Every(hours) => format!("rate({hours} hours)"),
        }
    }

    /// The same backwards; `None` for what rootwatch does not write.
    pub(crate) fn of_schedule(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Off);
        }
        let rate = text.strip_prefix("rate(")?;
        let hours = rate
            .strip_suffix(" hours)")
            .or(rate.strip_suffix(" hour)"))?;
        Self::of_hours(hours).filter(|it| it.schedule() == text)
    }

    fn of_hours(digits: &str) -> Option<Self> {
        let is_plain = digits.bytes().all(|it| it.is_ascii_digit()) && !digits.starts_with('0');
        let hours = digits.parse().ok().filter(|_| is_plain)?;
        Self::HOURS.contains(&hours).then_some(Self::Every(hours))
    }

    /// The time between two; `None` where there are none.
    pub(crate) fn every(self) -> Option<SignedDuration> {
        match self {
            Self::Off => None,
            Self::Every(hours) => Some(SignedDuration::from_hours(hours.into())),
        }
    }
}

/// As it is given.
impl fmt::Display for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Every(hours) => write!(f, "{hours}h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../templates/spoke.yaml");

    fn all() -> impl Iterator<Item = Heartbeat> {
        let rates = Heartbeat::HOURS.map(Heartbeat::Every);
        std::iter::once(Heartbeat::Off).chain(rates)
    }

    #[test]
    fn each_comes_back_from_its_text_and_from_its_schedule() {
        for it in all() {
            assert_eq!(Heartbeat::parse(&it.to_string()), Some(it));
            assert_eq!(Heartbeat::of_schedule(&it.schedule()), Some(it));
        }
        assert_eq!(Heartbeat::Every(1).schedule(), "rate(1 hour)");
        assert_eq!(Heartbeat::Every(6).schedule(), "rate(6 hours)");
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "", "on", "6", "h", "0h", "06h", "+6h", "13h", "6 h", "360m", "999h",
        ] {
            assert_eq!(Heartbeat::parse(text), None, "{text}");
        }
        for text in [
            "rate(1 hours)",
            "rate(6 hour)",
            "rate(6 minutes)",
            "rate(13 hours)",
            "cron(0 * * * ? *)",
        ] {
            assert_eq!(Heartbeat::of_schedule(text), None, "{text}");
        }
    }

    #[test]
    fn the_template_takes_every_schedule_that_there_is_and_no_other() {
        let of_template = |key: &str| {
            let parameter = TEMPLATE.split("\n  Heartbeat:").nth(1).unwrap();
            let line = parameter
                .lines()
                .find(|it| it.trim().starts_with(key))
                .unwrap();
            let value = line.split_once(": ").unwrap().1;
            value.trim_matches('"').to_owned()
        };
        assert_eq!(of_template("Default"), Heartbeat::default().schedule());
        // CloudFormation matches the whole value. The lab does too, and deploys the ends of the range.
        assert_eq!(Heartbeat::HOURS, 1..=12);
        assert_eq!(
            of_template("AllowedPattern"),
            "(rate[(](1 hour|([2-9]|1[0-2]) hours)[)])?"
        );
    }
}
