//! One run of a test: its temporary resources, the test, and their end, whatever happens.

use super::outcome::{Audience, Outcome, Target};
use super::temporary::Temporary;
use super::test::Test;
use super::{diagnosis, leftovers};
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until};
use crate::aws::error::{Call, is_stopped};
use crate::elsewhere::{self, Denied};
use crate::hub::desired::Wanted;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::names::Names;
use crate::removal::beside;
use crate::session::Session;
use crate::spokes::trail;
use crate::stop::Stopped;
use crate::verify;
use crate::work::Work;
use anyhow::{Result, bail};
use std::time::Duration;

/// What a run needs in addition to its wait, in seconds; and how many places are tested in a second at the least, while
/// AWS throttles. Another run removes what is older.
const MARGIN: i64 = 600;
const PLACES_A_SECOND: usize = 20;

/// Sends, waits, and removes what it made, whatever happens.
pub(crate) async fn run(
    session: &Session,
    wanted: &Wanted,
    target: &Target,
    wait: Duration,
) -> Result<Outcome> {
    let (aws, work) = (&session.aws, &session.work);
    let names = &wanted.names;
    check_hub(aws, names).await?;
    let id = crate::id::random()?;
    work.writing_begins();
    leftovers::remove(aws, names, false, work).await?;
    let temporary = Temporary::of_run(aws, wanted, &id);
    let wait_s = i64::try_from(wait.as_secs()).unwrap_or_default();
    let sending_s = i64::try_from(target.places() / PLACES_A_SECOND).unwrap_or_default();
    let until = jiff::Timestamp::now().as_second() + wait_s + sending_s + MARGIN;
    let tested = async {
        let url = temporary.make(&id, until, work).await?;
        let test = Test::new(aws, names, &id, url, target, wait);
        tokio::select! {
            done = test.carry_out(target, work) => done?,
            () = work.stop().requested() => return Err(Stopped.into()),
        }
        let diagnosis = if test.is_passed() {
            None
        } else {
            tokio::select! {
                found = diagnosis::find(session, wanted, &test) => Some(found),
                () = work.stop().requested() => return Err(Stopped.into()),
            }
        };
        let topic = temporary.topic_arn();
        let (audience, trails) = tokio::join!(audience(aws, names, &topic, work), trail::find(aws));
        let trail = verify::trail::lacks(aws, &trails);
        Ok(test.outcome(diagnosis, audience, trail))
    };
    let outcome = tested.await;
    remove(&temporary, outcome, work).await
}

/// The temporary resources are removed before anything is reported; what could not be removed is reported too.
async fn remove(
    temporary: &Temporary<'_>,
    outcome: Result<Outcome>,
    work: &Work,
) -> Result<Outcome> {
    if outcome.as_ref().is_err_and(is_stopped) {
        work.message("Interrupted: removing what this test made. Ctrl-C again ends at once.");
    }
    let step = work
        .of("temporary queue, rule and subscription")
        .unstopped();
    let removed = temporary.remove(&step).await;
    match &removed {
        Ok(()) => {
            work.leaves(None);
            step.done("removed");
        }
        Err(_) => step.failed(),
    }
    match (outcome, removed) {
        (outcome, Ok(())) => outcome,
        (outcome, Err(error)) => {
            if let Err(first) = outcome {
                work.message(&format!("error: {first:#}"));
            }
            Err(error.context(format!(
                "removing what this test made ({}); the next `rootwatch test` after its time tries again",
                temporary.words()
            )))
        }
    }
}

/// How long a list of subscriptions may lag behind a confirmation.
const LAG: Duration = Duration::from_secs(10);

/// Who besides tests gets what the topic delivers. Somebody who has just confirmed may still be listed as pending.
async fn audience(aws: &Aws, names: &Names, topic_arn: &str, work: &Work) -> Audience {
    let mut last = Audience::default();
    let unseen = work.unseen();
    let polled = poll_until(&unseen, "a confirmation", LAG, async || {
        last = audience_now(aws, names, topic_arn).await;
        Ok(match last.confirmed == 0 && !last.pending.is_empty() {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
    });
    // Whoever is pending until then is.
    let _ = polled.await;
    last
}

async fn audience_now(aws: &Aws, names: &Names, topic_arn: &str) -> Audience {
    let topic = names.alerts_topic();
    let tests = names.queue_arn(&names.test(""));
    let found = match Subscriptions::standings_of(aws, topic_arn).await {
        Ok(found) => found,
        Err(error) => {
            return Audience {
                topic,
                unknown: Some(error.to_string()),
                ..Audience::default()
            };
        }
    };
    let people = found
        .iter()
        .filter(|(who, _)| !who.endpoint.starts_with(&tests));
    let (pending, confirmed): (Vec<_>, Vec<_>) =
        people.partition(|(_, standing)| matches!(standing, Standing::Pending));
    Audience {
        topic,
        confirmed: confirmed.len(),
        pending: pending.iter().map(|(who, _)| who.to_string()).collect(),
        unknown: None,
    }
}

async fn check_hub(aws: &Aws, names: &Names) -> Result<()> {
    let call = aws.eventbridge.describe_event_bus().name(names.bus());
    let found = call.send().await.found("events:DescribeEventBus")?;
    if found.is_some() {
        return Ok(());
    }
    let denied = Denied::default();
    match elsewhere::find_widely(aws, names, None, &denied).await? {
        Some(other) => bail!(other.words(aws)),
        None => beside::refuse_other_name(aws, &names.deployment).await?,
    }
    bail!(
        "there is no hub in {}{}: use the hub's account and region, or make one with `rootwatch deploy hub`",
        aws.place(),
        denied.doubt()
    )
}
