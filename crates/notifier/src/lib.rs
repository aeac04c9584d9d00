//! The Lambda function that notifies people of root activity.
//!
//! EventBridge invokes it with one event, or Lambda's event source mapping with a batch from a queue of events. It
//! publishes its messages to one SNS topic: few of them, at a pace that SNS and people can take, the most severe first.
//!
//! Heartbeats of the spokes come by the queue of read events. They become a line in the log, which says who was heard.
//!
//! Guarantees: each event of a batch is reported in one message, alone or counted among others, or it is a failed item;
//! a message that cannot be published is an error, so that Lambda retries and then sends the event to the dead-letter
//! queue; an event that cannot be read is published as received; nothing is reported twice within a batch. Across
//! invocations an event may be reported twice: EventBridge and Lambda deliver at least once.

mod batch;
mod clients;
mod heard;
mod log;
mod names;
mod notifier;
mod owners;
mod pace;
mod publish;
mod routes;
mod settings;
mod timing;
mod units;

use std::path::PathBuf;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

pub use clients::Clients;
pub use notifier::Notifier;
pub use publish::PublishError;
pub use settings::{Settings, SettingsError};
pub use timing::Timing;

/// Serves invocations until Lambda ends the process.
///
/// # Errors
/// When the settings are not valid, or the Lambda Runtime API is not available.
pub async fn run() -> Result<(), Error> {
    let folder = std::env::var_os("LAMBDA_TASK_ROOT").map(PathBuf::from);
    let file = folder.and_then(|folder| settings::file_in(&folder));
    let settings = Settings::read(|name| std::env::var(name).ok(), file.as_deref())?;
    let notifier = &Notifier::new(Clients::new(&settings), settings);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let timing = Timing::new(Timestamp::now(), event.context.deadline);
        notifier
            .handle(event.payload.get().as_bytes(), timing)
            .await
    }))
    .await
}
