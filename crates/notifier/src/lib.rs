//! The Lambda function that tells people about root activity.
//!
//! EventBridge invokes it with one event, or Lambda's event source mapping with a batch from the queue of read-only
//! calls. What is to be told is published to one SNS topic.
//!
//! Guarantees: a message that cannot be published is an error, so that Lambda tries again and then hands the event to
//! the dead-letter queue; an event that cannot be read is published as it came; nothing is told twice within a batch.
//! Across invocations something may be told twice: EventBridge and Lambda deliver at least once.

mod batch;
mod clients;
mod log;
mod names;
mod notifier;
mod publish;
mod settings;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

pub use clients::Clients;
pub use notifier::{Notifier, Timing};
pub use publish::PublishError;
pub use settings::{Settings, SettingsError};

/// Serves invocations until Lambda ends the process.
///
/// # Errors
/// When the settings in the environment are no good, or the Lambda Runtime API is gone.
pub async fn run() -> Result<(), Error> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let notifier = &Notifier::new(Clients::new(&settings), settings);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let timing = Timing::new(Timestamp::now(), event.context.deadline);
        notifier
            .handle(event.payload.get().as_bytes(), timing)
            .await
    }))
    .await
}
