//! Whether CloudTrail logs what root users do: without a trail EventBridge gets no events
//! (EventBridge User Guide, "AWS service events delivered via AWS CloudTrail").

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::findings::FindingId;
use crate::findings::trail as kinds;
use aws_sdk_cloudtrail::types as sdk;
use std::fmt;

/// What is known of the trails, as far as these credentials see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// The trail that covers most.
    pub(crate) best: Best,
    /// Trails that log nothing of all regions.
    pub(crate) idle: Vec<Idle>,
}

/// The trail that covers most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Best {
    /// They could not be read.
    Unseen(Unread),
    /// No trail that logs management events of all regions.
    Nothing,
    /// This account's own trail.
    Account { reads: bool },
    /// A trail of the whole organization.
    Organization { reads: bool },
}

/// Why the trails could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unread {
    /// The call that failed, as an IAM action.
    pub(crate) operation: Option<&'static str>,
    why: String,
    is_denied: bool,
}

impl From<&AwsError> for Unread {
    fn from(error: &AwsError) -> Self {
        Self {
            operation: Some(error.operation),
            why: error.to_string(),
            is_denied: error.is_denied(),
        }
    }
}

impl From<&str> for Unread {
    fn from(why: &str) -> Self {
        Self {
            operation: None,
            why: why.to_owned(),
            is_denied: false,
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// A trail that does not log what is needed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    arn: String,
    home: String,
    is_organizations: bool,
    why: Lack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    OneRegion,
    Stopped,
    NoWrites,
}

/// Reads the trails that this account sees. A member account sees the organization's.
pub(crate) async fn find(aws: &Aws) -> Coverage {
    match read(aws).await {
        Ok(coverage) => coverage,
        Err(error) => Coverage {
            best: Best::Unseen(Unread::from(&error)),
            idle: Vec::new(),
        },
    }
}

async fn read(aws: &Aws) -> Result<Coverage, AwsError> {
    let answer = aws
        .cloudtrail
        .describe_trails()
        .include_shadow_trails(true)
        .send()
        .await
        .call("cloudtrail:DescribeTrails")?;
    let mut read = Vec::new();
    for trail in answer.trail_list() {
        read.push((trail, coverage_of(aws, trail).await));
    }
    Ok(together(read))
}

/// What each trail covers, or why it does not count, or why it could not be read.
type OfTrail<'a> = (&'a sdk::Trail, Result<Result<Best, Lack>, AwsError>);

/// What all of them cover. One that cannot be read hides nothing that another one shows. Pure.
fn together(trails: Vec<OfTrail<'_>>) -> Coverage {
    let (mut best, mut idle, mut unseen) = (Best::Nothing, Vec::new(), None);
    for (trail, read) in trails {
        match read {
            Ok(Ok(coverage)) => best = best.max(coverage),
            Ok(Err(why)) => idle.push(Idle::of(trail, why)),
            Err(error) => unseen = Some(Best::Unseen(Unread::from(&error))),
        }
    }
    let best = match best {
        Best::Nothing => unseen.unwrap_or(best),
        best => best,
    };
    Coverage { best, idle }
}

/// What one trail covers, or why it does not count.
async fn coverage_of(aws: &Aws, trail: &sdk::Trail) -> Result<Result<Best, Lack>, AwsError> {
    let Some(arn) = trail
        .trail_arn()
        .filter(|_| trail.is_multi_region_trail() == Some(true))
    else {
        return Ok(Err(Lack::OneRegion));
    };
    let status = aws.cloudtrail.get_trail_status().name(arn).send();
    let selectors = aws.cloudtrail.get_event_selectors().trail_name(arn).send();
    let (status, selectors) = tokio::join!(status, selectors);
    if status.call("cloudtrail:GetTrailStatus")?.is_logging() != Some(true) {
        return Ok(Err(Lack::Stopped));
    }
    let selectors = selectors.call("cloudtrail:GetEventSelectors")?;
    let (writes, reads) = logged(
        selectors.event_selectors(),
        selectors.advanced_event_selectors(),
    );
    Ok(
        match (writes, trail.is_organization_trail() == Some(true)) {
            (false, _) => Err(Lack::NoWrites),
            (true, true) => Ok(Best::Organization { reads }),
            (true, false) => Ok(Best::Account { reads }),
        },
    )
}

impl Unread {
    fn fix(&self) -> String {
        let sure = "make sure that every account has one that logs management events";
        match self.operation.filter(|_| self.is_denied) {
            Some(operation) => format!("allow the caller {operation}, or {sure}"),
            None => sure.to_owned(),
        }
    }
}

impl Idle {
    fn of(trail: &sdk::Trail, why: Lack) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Self {
            arn: text(trail.trail_arn()),
            home: text(trail.home_region()),
            is_organizations: trail.is_organization_trail() == Some(true),
            why,
        }
    }

    fn words(&self) -> String {
        let why = match self.why {
            Lack::OneRegion => "logs one region only",
            Lack::Stopped => "is stopped",
            Lack::NoWrites => "logs no management write events",
        };
        format!("trail {} {why}", self.arn)
    }

    /// The command that starts it again, for the account that it is in.
    fn start(&self) -> Option<String> {
        let account = self.arn.split(':').nth(4)?;
        (self.why == Lack::Stopped).then(|| {
            format!(
                "to start it again, in account {account}: `aws cloudtrail start-logging --region {} --name {}`",
                self.home, self.arn
            )
        })
    }
}

/// Whether management events are logged: write events, read-only events. Pure.
fn logged(basic: &[sdk::EventSelector], advanced: &[sdk::AdvancedEventSelector]) -> (bool, bool) {
    let of_basic = basic
        .iter()
        .filter(|selector| selector.include_management_events() != Some(false))
        .map(|selector| match selector.read_write_type() {
            Some(sdk::ReadWriteType::ReadOnly) => (false, true),
            Some(sdk::ReadWriteType::WriteOnly) => (true, false),
            _ => (true, true),
        });
    let of_advanced = advanced.iter().filter_map(advanced_logs);
    of_basic
        .chain(of_advanced)
        .fold((false, false), |all, one| (all.0 || one.0, all.1 || one.1))
}

fn advanced_logs(selector: &sdk::AdvancedEventSelector) -> Option<(bool, bool)> {
    let holds = |field: &str, value: &str| {
        let fields = selector.field_selectors().iter();
        let mut named = fields.filter(|it| it.field() == field).peekable();
        named.peek()?;
        Some(named.any(|it| it.equals().iter().any(|is| is == value)))
    };
    if holds("eventCategory", "Management") != Some(true) {
        return None;
    }
    let reads = holds("readOnly", "true").unwrap_or(true);
    let writes = holds("readOnly", "false").unwrap_or(true);
    Some((writes, reads))
}

// Prerequisites: CloudTrail API Reference, CreateTrail, CloudTrailAccessNotEnabledException and
// InsufficientS3BucketPolicyException.
const MAKE: &str = "to make one, in the management account: `aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com`, a bucket whose policy lets CloudTrail write for an organization (CloudTrail User Guide, \"Amazon S3 bucket policy for CloudTrail\"), `aws cloudtrail create-trail --name organization --s3-bucket-name BUCKET --is-organization-trail --is-multi-region-trail` and `aws cloudtrail start-logging --name organization`";
// Not by put-event-selectors: it replaces all selectors, the advanced ones too.
const READS: &str = "in the CloudTrail console, edit the trail's management events and add Read to its API activity";

impl Coverage {
    /// What is wrong with it, and how to fix it, in one sentence; `None` when all is logged.
    pub(crate) fn warning(&self) -> Option<String> {
        if matches!(self.best, Best::Organization { reads: true }) {
            return None;
        }
        let (finding, fix) = (self.finding(), self.fix().unwrap_or_default());
        Some(match &self.best {
            Best::Organization { .. } | Best::Unseen(_) => format!("{finding}: {fix}"),
            _ => format!("{finding}; {fix}"),
        })
    }

    /// What is seen.
    pub(crate) fn finding(&self) -> String {
        let idle = self.idle_words();
        match &self.best {
            Best::Organization { reads: true } => {
                "a trail of the organization logs management events of all regions".into()
            }
            Best::Organization { reads: false } => {
                "the organization's trail logs no read-only events, so they are never reported"
                    .into()
            }
            Best::Account { .. } => format!(
                "no organization trail is seen from here, only this account's own{idle}: an account without a trail that logs management events sends nothing"
            ),
            Best::Nothing => format!(
                "no trail that logs management events of all regions is seen from here{idle}: an account without one sends nothing"
            ),
            Best::Unseen(why) => format!("the trails cannot be seen from here ({why})"),
        }
    }

    fn idle_words(&self) -> String {
        match self.idle.as_slice() {
            [] => String::new(),
            idle => {
                let words: Vec<String> = idle.iter().map(Idle::words).collect();
                format!(" ({})", words.join(", "))
            }
        }
    }

    /// How to fix it.
    pub(crate) fn fix(&self) -> Option<String> {
        let start = || self.organizations().find_map(Idle::start);
        match &self.best {
            Best::Organization { reads: true } => None,
            Best::Organization { reads: false } => Some(READS.into()),
            Best::Account { .. } | Best::Nothing => Some(start().unwrap_or_else(|| MAKE.into())),
            Best::Unseen(why) => Some(why.fix()),
        }
    }

    /// The number of the kind of what is wrong; `None` when all is logged.
    pub(crate) fn id(&self) -> Option<FindingId> {
        match &self.best {
            Best::Organization { reads: true } => None,
            Best::Organization { reads: false } => Some(kinds::TRAIL_READS),
            Best::Account { .. } | Best::Nothing | Best::Unseen(_) => Some(kinds::TRAIL_WRITES),
        }
    }

    /// Whether accounts surely send nothing, since the organization's own trail does not log, or none does.
    pub(crate) fn is_broken(&self) -> bool {
        match self.best {
            Best::Nothing => true,
            Best::Account { .. } => self.organizations().next().is_some(),
            Best::Unseen(_) | Best::Organization { .. } => false,
        }
    }

    fn organizations(&self) -> impl Iterator<Item = &Idle> {
        self.idle.iter().filter(|it| it.is_organizations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(kind: sdk::ReadWriteType, management: bool) -> sdk::EventSelector {
        sdk::EventSelector::builder()
            .read_write_type(kind)
            .include_management_events(management)
            .build()
    }

    fn advanced(fields: &[(&str, &str)]) -> sdk::AdvancedEventSelector {
        let field = |(name, value): &(&str, &str)| {
            sdk::AdvancedFieldSelector::builder()
                .field(*name)
                .equals(*value)
                .build()
                .unwrap()
        };
        sdk::AdvancedEventSelector::builder()
            .set_field_selectors(Some(fields.iter().map(field).collect()))
            .build()
            .unwrap()
    }

    #[test]
    fn selectors_of_both_kinds_say_what_is_logged() {
        use sdk::ReadWriteType::{All, ReadOnly, WriteOnly};
        assert_eq!(logged(&[basic(All, true)], &[]), (true, true));
        assert_eq!(logged(&[basic(WriteOnly, true)], &[]), (true, false));
        assert_eq!(logged(&[basic(ReadOnly, true)], &[]), (false, true));
        assert_eq!(logged(&[basic(All, false)], &[]), (false, false));
        let management = ("eventCategory", "Management");
        for (fields, wanted) in [
            (vec![management], (true, true)),
            (vec![management, ("readOnly", "false")], (true, false)),
            (vec![management, ("readOnly", "true")], (false, true)),
            (vec![("eventCategory", "Data")], (false, false)),
        ] {
            assert_eq!(logged(&[], &[advanced(&fields)]), wanted);
        }
    }

    fn seen(best: Best, idle: Vec<Idle>) -> Coverage {
        Coverage { best, idle }
    }

    fn idle(is_organizations: bool, why: Lack) -> Idle {
        Idle {
            arn: "arn:aws:cloudtrail:us-east-1:111111111111:trail/all".into(),
            home: "us-east-1".into(),
            is_organizations,
            why,
        }
    }

    #[test]
    fn a_trail_that_cannot_be_read_hides_nothing_that_another_one_shows() {
        let trail = sdk::Trail::builder().trail_arn("arn").build();
        let denied = || {
            Err(AwsError::of_entry(
                "cloudtrail:GetEventSelectors",
                None,
                "no",
            ))
        };
        let logs = |reads| Ok(Ok(Best::Organization { reads }));
        let stopped = || Ok(Err(Lack::Stopped));
        let best = |read: Vec<Result<Result<Best, Lack>, AwsError>>| {
            let all = read.into_iter().map(|it| (&trail, it));
            together(all.collect()).best
        };
        let is_unseen = |best: Best| matches!(best, Best::Unseen(_));
        assert_eq!(
            best(vec![logs(true), denied()]),
            Best::Organization { reads: true }
        );
        assert_eq!(
            best(vec![denied(), logs(false)]),
            Best::Organization { reads: false }
        );
        assert!(is_unseen(best(vec![stopped(), denied()])));
        assert!(is_unseen(best(vec![denied(), stopped()])));
        assert_eq!(best(vec![stopped()]), Best::Nothing);
    }

    #[test]
    fn what_a_trail_needs_first_is_named_before_it() {
        // CloudTrail API Reference, CreateTrail: both are refused as long as they are not there.
        let order = [
            "enable-aws-service-access --service-principal cloudtrail.amazonaws.com",
            "a bucket whose policy",
            "create-trail",
            "start-logging",
        ];
        let at = order.map(|part| MAKE.find(part).unwrap_or(usize::MAX));
        assert!(at.is_sorted() && at[3] < MAKE.len(), "{at:?}");
    }

    #[test]
    fn an_organization_trail_is_better_than_an_own_one() {
        let own = Best::Account { reads: true };
        let all = Best::Organization { reads: false };
        assert_eq!(own.clone().max(all.clone()), all);
        assert_eq!(Best::Nothing.max(own.clone()), own);
        let logged = seen(Best::Organization { reads: true }, Vec::new());
        assert_eq!(logged.warning(), None);
        let warning = seen(all, Vec::new()).warning();
        assert!(warning.is_some_and(|it| it.contains("add Read to its API activity")));
    }

    #[test]
    fn a_trail_that_does_not_log_is_named_and_a_stopped_one_is_started_again() {
        let stopped = seen(Best::Nothing, vec![idle(true, Lack::Stopped)]);
        let warning = stopped.warning().unwrap_or_default();
        assert!(
            warning.contains("trail/all is stopped")
                && warning.contains("in account 111111111111: `aws cloudtrail start-logging")
                && !warning.contains("create-trail"),
            "{warning}"
        );
        let narrow = seen(Best::Nothing, vec![idle(false, Lack::OneRegion)]);
        let warning = narrow.warning().unwrap_or_default();
        assert!(
            warning.contains("logs one region only") && warning.contains("create-trail"),
            "{warning}"
        );
    }

    #[test]
    fn an_own_trail_beside_an_organization_trail_that_logs_nothing_is_no_comfort() {
        let own = Best::Account { reads: true };
        for (coverage, is_broken) in [
            (seen(Best::Nothing, Vec::new()), true),
            (seen(own.clone(), Vec::new()), false),
            (seen(own.clone(), vec![idle(false, Lack::Stopped)]), false),
            (seen(own.clone(), vec![idle(true, Lack::Stopped)]), true),
            (seen(own, vec![idle(true, Lack::NoWrites)]), true),
            (seen(Best::Unseen("denied".into()), Vec::new()), false),
            (seen(Best::Organization { reads: false }, Vec::new()), false),
        ] {
            assert_eq!(coverage.is_broken(), is_broken, "{coverage:?}");
        }
    }
}
