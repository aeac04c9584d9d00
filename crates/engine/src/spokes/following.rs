//! Changing stack instances, and following the operations that do it to their end.

use super::Place;
use super::change::Change;
use super::operation::{Ended, follow};
use super::operations::{Running, list};
use super::preferences::Preferences;
use super::words;
use crate::aws::error::AwsError;
use crate::session::Session;
use anyhow::{Context, Result, bail};

/// The operation that was being followed when an error came.
#[derive(Debug, thiserror::Error)]
#[error("following operation {0}; it continues in AWS, and the next run continues from its result")]
pub(crate) struct Following(pub(crate) String);

/// Starts a change of instances and follows it to its end.
pub(crate) async fn carry_out(
    session: &Session,
    place: &Place<'_>,
    name: &str,
    change: &Change,
    no_wait: bool,
) -> Result<Ended> {
    session.work.stop().check()?;
    let work = session.work.of(&format!("stack instances of {name}"));
    let preferences = Preferences::of(&session.settings.spokes.operations);
    let patience = (!no_wait).then_some(session.settings.timeout);
    let started = change.start(place, name, &preferences, patience, &work);
    let id = match started.await {
        Ok(id) => id,
        Err(error) => {
            let refusal: Option<&AwsError> = error.downcast_ref();
            let busy = refusal.is_some_and(|it| it.code == "OperationInProgressException");
            let others = if busy && no_wait {
                list(place, name).await?.running
            } else {
                Vec::new()
            };
            wait_for_others(session, place, name, &others, no_wait).await?;
            let place = session.aws.place();
            return Err(error.context(format!(
                "changing instances of the StackSet {name} in {place}"
            )));
        }
    };
    follow_one(session, place, name, &id).await
}

/// Follows an operation to its end, with its progress.
pub(crate) async fn follow_one(
    session: &Session,
    place: &Place<'_>,
    name: &str,
    id: &str,
) -> Result<Ended> {
    let work = session.work.of(&format!("operation {id}"));
    let ended = follow(place, name, id, session.settings.timeout, &work)
        .await
        .with_context(|| Following(id.to_owned()))?;
    work.done(&ended.result);
    Ok(ended)
}

/// The AWS CLI command that shows the state of an operation.
pub(crate) fn follow_command(session: &Session, place: &Place<'_>, name: &str, id: &str) -> String {
    format!(
        "aws cloudformation describe-stack-set-operation --region {} --stack-set-name {name} --operation-id {id} --call-as {}",
        session.aws.region,
        place.call_as.as_str()
    )
}

/// Follows operations that somebody else has begun, or this command before it was interrupted, to their end.
pub(crate) async fn wait_for_others(
    session: &Session,
    place: &Place<'_>,
    name: &str,
    others: &[Running],
    no_wait: bool,
) -> Result<()> {
    for operation in others {
        let words = words::running(operation);
        if no_wait {
            bail!(
                "the StackSet {name} is busy, and --no-wait was given: {words}. To follow it: {}",
                follow_command(session, place, name, &operation.operation_id)
            );
        }
        session.work.message(&format!(
            "The StackSet {name} is busy: {words}. Waiting for it."
        ));
        follow_one(session, place, name, &operation.operation_id).await?;
    }
    Ok(())
}
