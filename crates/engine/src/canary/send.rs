//! Putting a canary on a bus.

use super::now_ms;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call};
use crate::hub::pattern::{CANARY_DETAIL_TYPE, PROBE};
use crate::spokes::Location;
use crate::work::Work;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use rootwatch_root_event::{CANARY_SOURCE, SELF_CHECK_EVENT, canary_detail};

/// What a canary is for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    /// To check that it reaches the hub's bus.
    Probe,
    /// To notify people.
    Alert,
    /// To reach the notifier, which notifies nobody of it.
    SelfCheck,
}

/// Puts the canary of this id, which says that it comes from this account and region. Returns the time, in
/// milliseconds.
pub(super) async fn send(
    client: &aws_sdk_eventbridge::Client,
    bus: &str,
    id: &str,
    from: &Location,
    purpose: Purpose,
    work: &Work,
) -> Result<i64, AwsError> {
    let mut detail = canary_detail(id, &from.account, &from.region, jiff::Timestamp::now());
    match purpose {
        Purpose::Probe => detail[PROBE] = true.into(),
        Purpose::SelfCheck => detail["eventName"] = SELF_CHECK_EVENT.into(),
        Purpose::Alert => {}
    }
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(CANARY_SOURCE)
        .detail_type(CANARY_DETAIL_TYPE)
        .detail(detail.to_string())
        .build();
    let put = async || {
        let sent = now_ms();
        put(client, entry.clone()).await.map(|()| sent)
    };
    match purpose {
        // It is repeated every few seconds anyway.
        Purpose::Probe => put().await,
        Purpose::Alert | Purpose::SelfCheck => retry_until_consistent(work, put).await,
    }
}

async fn put(
    client: &aws_sdk_eventbridge::Client,
    entry: PutEventsRequestEntry,
) -> Result<(), AwsError> {
    const OPERATION: &str = "events:PutEvents";
    let call = client.put_events().entries(entry);
    let answer = call.send().await.call(OPERATION)?;
    // Success as a whole can hide an entry that was refused.
    match answer
        .entries()
        .iter()
        .find(|entry| entry.error_code().is_some())
    {
        None => Ok(()),
        Some(refused) => {
            let message = refused.error_message().unwrap_or("AWS gave no message");
            Err(AwsError::of_entry(OPERATION, refused.error_code(), message))
        }
    }
}
