//! Earlier reports, from the log of the self-check. Reads, and writes nothing.

use super::report::{Report, SCHEMA};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::names::Names;
use jiff::{SignedDuration, Timestamp};

/// How far back reports are looked for: longer than the alarm that says that there are none.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(15 * 24);

/// The last report; none where the self-check has not run for two weeks, or never.
pub(crate) async fn last(aws: &Aws, names: &Names) -> Result<Option<Report>, AwsError> {
    let since = Timestamp::now() - LOOK_BACK;
    let call = aws.logs.filter_log_events();
    let call = call.log_group_name(names.self_check_log());
    let call = call.start_time(since.as_millisecond());
    let call = call.filter_pattern(format!("\"{SCHEMA}\""));
    // A page may be empty although another follows it.
    let mut pages = call.into_paginator().send();
    let mut last: Option<Report> = None;
    while let Some(page) = pages.next().await {
        let Some(page) = absent(page.call("logs:FilterLogEvents"))? else {
            return Ok(None);
        };
        let lines = page.events().iter().filter_map(|event| event.message());
        let found = lines.filter_map(Report::parse).max_by_key(|it| it.at);
        last = last.into_iter().chain(found).max_by_key(|it| it.at);
    }
    Ok(last)
}
