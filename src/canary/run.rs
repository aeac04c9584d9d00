//! One run of a test: its temporary resources, the test, and their end, whatever happens.

use super::diagnosis::{self, Diagnosis};
use super::leftovers;
use super::temporary::Temporary;
use super::test::Test;
use crate::aws::Aws;
use crate::aws::error::Call;
use crate::aws::spoke::Entry;
use crate::hub::desired::Wanted;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::interrupt::{self, Interrupted};
use crate::names::Names;
use crate::progress::Progress;
use crate::spokes::Spot;
use anyhow::{Result, bail};
use serde::Serialize;
use std::time::Duration;

/// What a run needs beside its wait, in seconds.
const MARGIN: i64 = 600;

/// Where canaries are sent from.
pub(crate) enum Target {
    /// The hub account, to the hub's bus.
    Hub,
    /// These accounts and regions, to their default buses.
    Spokes {
        entry: Option<Entry>,
        spots: Vec<Spot>,
    },
}

/// What became of a spoke's canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub(crate) enum Sent {
    /// It could not be sent.
    #[serde(rename = "not-sent")]
    Unsent { why: String },
    /// It did not reach the hub's bus.
    Lost,
    /// It reached the hub's bus after so many milliseconds.
    Arrived { ms: i64 },
}

/// What a test came to.
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) spokes: Vec<(Spot, Sent)>,
    /// Where the canary that was to be told was seen, in order, in milliseconds since it was sent.
    pub(crate) hops: Vec<(String, i64)>,
    /// Nothing when all came through.
    pub(crate) diagnosis: Option<Diagnosis>,
    /// Why people may hear nothing although all came through.
    pub(crate) warning: Option<String>,
}

impl Outcome {
    pub(crate) fn is_passed(&self) -> bool {
        self.diagnosis.is_none()
    }
}

/// Sends, waits, and removes what it made, whatever happens.
pub(crate) async fn run(
    aws: &Aws,
    wanted: &Wanted,
    target: &Target,
    wait: Duration,
    progress: &Progress,
) -> Result<Outcome> {
    let names = &wanted.names;
    check_hub(aws, names).await?;
    let id = super::new_id()?;
    interrupt::writing_begins();
    leftovers::remove(aws, names, false, progress).await?;
    let temporary = Temporary::of_run(aws, names, &id);
    let wait_s = i64::try_from(wait.as_secs()).unwrap_or_default();
    let until = jiff::Timestamp::now().as_second() + wait_s + MARGIN;
    let tested = async {
        let url = temporary.make(&id, until, progress).await?;
        let mut test = Test::new(aws, names, &id, url);
        tokio::select! {
            done = test.carry_out(target, wait, progress) => done?,
            () = interrupt::pressed() => return Err(Interrupted::Waiting.into()),
        }
        let diagnosis = if test.is_passed() {
            None
        } else {
            tokio::select! {
                found = diagnosis::find(aws, wanted, &test) => Some(found),
                () = interrupt::pressed() => return Err(Interrupted::Waiting.into()),
            }
        };
        let warning = nobody_hears(aws, names, temporary.topic_arn()).await;
        Ok(test.outcome(diagnosis, warning))
    };
    let outcome = tested.await;
    remove(&temporary, outcome, progress).await
}

/// The temporary resources go before anything is told; what could not be removed is told with it.
async fn remove(
    temporary: &Temporary<'_>,
    outcome: Result<Outcome>,
    progress: &Progress,
) -> Result<Outcome> {
    if outcome.as_ref().is_err_and(interrupt::is_cause) {
        progress.say("Interrupted: removing what this test made. Ctrl-C again ends at once.");
    }
    let step = progress.of("temporary queue, rule and subscription");
    let removed = temporary.remove().await;
    match &removed {
        Ok(()) => {
            interrupt::leaves(None);
            step.done("removed");
        }
        Err(_) => step.failed(),
    }
    match (outcome, removed) {
        (outcome, Ok(())) => outcome,
        (outcome, Err(error)) => {
            if let Err(first) = outcome {
                progress.say(&crate::report::error(&first));
            }
            Err(error.context(format!(
                "removing what this test made ({}); the next `rootwatch test` after its time tries again",
                temporary.words()
            )))
        }
    }
}

/// Whether nobody but tests has confirmed a subscription of the topic, in words.
async fn nobody_hears(aws: &Aws, names: &Names, topic_arn: String) -> Option<String> {
    let topic = names.alerts_topic();
    let tests = names.queue_arn(&names.test(""));
    let found = match Subscriptions::standings_of(aws, &topic_arn).await {
        Ok(found) => found,
        Err(error) => {
            return Some(format!(
                "who is subscribed to topic {topic} could not be read: {error}"
            ));
        }
    };
    let hears = found.iter().any(|(who, standing)| {
        matches!(standing, Standing::Confirmed(_)) && !who.endpoint.starts_with(&tests)
    });
    (!hears).then(|| {
        format!(
            "nobody has confirmed a subscription to topic {topic}, so alerts reach nobody: confirm by the link in SNS's mail, or add somebody with `rootwatch deploy hub --email ADDRESS`"
        )
    })
}

async fn check_hub(aws: &Aws, names: &Names) -> Result<()> {
    let call = aws.eventbridge.describe_event_bus().name(names.bus());
    if call
        .send()
        .await
        .found("events:DescribeEventBus")?
        .is_none()
    {
        bail!(
            "there is no hub in {}: use the hub's account and region, or make one with `rootwatch deploy hub`",
            aws.place()
        );
    }
    Ok(())
}
