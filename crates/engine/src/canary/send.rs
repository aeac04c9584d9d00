//! Putting a canary on a bus.

use super::now_ms;
use crate::aws::error::{AwsError, Call};
use crate::hub::pattern::{CANARY_DETAIL_TYPE, PROBE};
use crate::spokes::Location;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use rootwatch_root_event::{CANARY_SOURCE, canary_detail};

/// What a canary is for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    /// To check that it reaches the hub's bus.
    Probe,
    /// To notify people.
    Alert,
}

/// Puts the canary of this id, which says that it comes from this account and region. Returns the time, in
/// milliseconds.
pub(super) async fn send(
    client: &aws_sdk_eventbridge::Client,
    bus: &str,
    id: &str,
    from: &Location,
    purpose: Purpose,
) -> Result<i64, AwsError> {
    const OPERATION: &str = "events:PutEvents";
    let mut detail = canary_detail(id, &from.account, &from.region, jiff::Timestamp::now());
    if purpose == Purpose::Probe {
        detail[PROBE] = true.into();
    }
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(CANARY_SOURCE)
        .detail_type(CANARY_DETAIL_TYPE)
        .detail(detail.to_string())
        .build();
    let sent = now_ms();
    let answer = client
        .put_events()
        .entries(entry)
        .send()
        .await
        .call(OPERATION)?;
    // Success as a whole can hide an entry that was refused.
    match answer
        .entries()
        .iter()
        .find(|entry| entry.error_code().is_some())
    {
        None => Ok(sent),
        Some(refused) => Err(AwsError {
            operation: OPERATION,
            code: refused.error_code().unwrap_or_default().to_owned(),
            message: refused
                .error_message()
                .unwrap_or("AWS gave no message")
                .to_owned(),
            request_id: None,
        }),
    }
}
