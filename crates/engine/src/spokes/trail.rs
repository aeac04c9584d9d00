//! Whether CloudTrail logs what root users do: without a trail EventBridge gets no events
//! (EventBridge User Guide, "AWS service events delivered via AWS CloudTrail").

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use aws_sdk_cloudtrail::types as sdk;
use serde::Serialize;

/// The trail that covers most, as far as these credentials see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Coverage {
    /// The call was denied, with this answer.
    Unseen(String),
    /// No trail that logs management events of all regions.
    Nothing,
    /// This account's own trail.
    Account { reads: bool },
    /// A trail of the whole organization.
    Organization { reads: bool },
}

/// Reads the trails that this account sees. A member account sees the organization's.
pub(crate) async fn find(aws: &Aws) -> Coverage {
    match best(aws).await {
        Ok(coverage) => coverage,
        Err(error) => Coverage::Unseen(error.to_string()),
    }
}

async fn best(aws: &Aws) -> Result<Coverage, AwsError> {
    let answer = aws
        .cloudtrail
        .describe_trails()
        .include_shadow_trails(true)
        .send()
        .await
        .call("cloudtrail:DescribeTrails")?;
    let (mut best, mut unseen) = (Coverage::Nothing, None);
    for trail in answer.trail_list() {
        match coverage_of(aws, trail).await {
            Ok(coverage) => best = best.max(coverage),
            // Another one may say enough.
            Err(error) => unseen = Some(Coverage::Unseen(error.to_string())),
        }
    }
    Ok(match best {
        Coverage::Nothing => unseen.unwrap_or(best),
        best => best,
    })
}

async fn coverage_of(aws: &Aws, trail: &sdk::Trail) -> Result<Coverage, AwsError> {
    let Some(arn) = trail
        .trail_arn()
        .filter(|_| trail.is_multi_region_trail() == Some(true))
    else {
        return Ok(Coverage::Nothing);
    };
    let status = aws.cloudtrail.get_trail_status().name(arn).send();
    let selectors = aws.cloudtrail.get_event_selectors().trail_name(arn).send();
    let (status, selectors) = tokio::join!(status, selectors);
    if status.call("cloudtrail:GetTrailStatus")?.is_logging() != Some(true) {
        return Ok(Coverage::Nothing);
    }
    let selectors = selectors.call("cloudtrail:GetEventSelectors")?;
    let (writes, reads) = logged(
        selectors.event_selectors(),
        selectors.advanced_event_selectors(),
    );
    Ok(
        match (writes, trail.is_organization_trail() == Some(true)) {
            (false, _) => Coverage::Nothing,
            (true, true) => Coverage::Organization { reads },
            (true, false) => Coverage::Account { reads },
        },
    )
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

impl Coverage {
    /// What is wrong with it, and how to fix it; `None` when all is logged.
    pub(crate) fn warning(&self) -> Option<String> {
        // Prerequisites: CloudTrail API Reference, CreateTrail, CloudTrailAccessNotEnabledException and
        // InsufficientS3BucketPolicyException.
        const MAKE: &str = "to make one, in the management account: `aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com`, a bucket whose policy lets CloudTrail write for an organization (CloudTrail User Guide, \"Amazon S3 bucket policy for CloudTrail\"), `aws cloudtrail create-trail --name organization --s3-bucket-name BUCKET --is-organization-trail --is-multi-region-trail` and `aws cloudtrail start-logging --name organization`";
        // Not by put-event-selectors: it replaces all selectors, the advanced ones too.
        const READS: &str = "in the CloudTrail console, edit the trail's management events and add Read to its API activity";
        Some(match self {
            Self::Organization { reads: true } => return None,
            Self::Organization { reads: false } => {
                format!(
                    "the organization's trail logs no read-only events, so they are never reported: {READS}"
                )
            }
            Self::Account { .. } => format!(
                "no organization trail is seen from here, only this account's own: an account without a trail that logs management events sends nothing; {MAKE}"
            ),
            Self::Nothing => format!(
                "no trail that logs management events of all regions is seen from here: an account without one sends nothing; {MAKE}"
            ),
            Self::Unseen(why) => {
                format!(
                    "the trails cannot be seen from here ({why}): make sure that every account has one that logs management events"
                )
            }
        })
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

    #[test]
    fn an_organization_trail_is_better_than_an_own_one() {
        let own = Coverage::Account { reads: true };
        let all = Coverage::Organization { reads: false };
        assert_eq!(own.clone().max(all.clone()), all);
        assert_eq!(Coverage::Nothing.max(own.clone()), own);
        assert!(Coverage::Organization { reads: true }.warning().is_none());
        assert!(
            all.warning()
                .is_some_and(|it| it.contains("add Read to its API activity"))
        );
    }
}
