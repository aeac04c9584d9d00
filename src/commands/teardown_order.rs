//! Whether the hub may go: not while spokes forward to it.

use super::Run;
use crate::aws::error::AwsError;
use crate::names::DEPLOYMENT_TAG;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Place, is_refusal, organization};
use anyhow::{Context, Result, bail};

/// What is known of the spokes when the hub alone is to go.
#[derive(Debug, PartialEq)]
pub(super) enum Forwarding {
    /// No StackSet of ours forwards here.
    No,
    /// A StackSet of ours does.
    Yes,
    /// These credentials may not look; with AWS's reason.
    Unknown(String),
}

/// Fails while spokes forward to this hub, unless they are to be abandoned; gives what the plan has to say about them.
pub(super) async fn check(run: &Run, abandon: bool) -> Result<String> {
    let found = find(run).await.with_context(|| {
        format!(
            "reading whether spokes forward to the hub in {}; nothing was changed",
            run.aws.place()
        )
    })?;
    let name = run.names().stack_set();
    Ok(match found {
        Forwarding::No => String::new(),
        Forwarding::Yes if !abandon => bail!(
            "the StackSet {name} forwards to this hub ({}), and nothing was changed: run teardown spokes first, or teardown all, or --abandon-spokes",
            run.aws.place()
        ),
        Forwarding::Yes => format!(
            "! the StackSet {name} stays and forwards to a hub that is gone; what it forwards ends in the spokes' dead-letter queues\n"
        ),
        Forwarding::Unknown(why) => format!(
            "! whether the StackSet {name} still forwards to this hub cannot be told: {why}\n"
        ),
    })
}

async fn find(run: &Run) -> Result<Forwarding> {
    let organization = match organization::find(&run.aws).await {
        Ok(organization) => organization,
        Err(error) => return unknown(error),
    };
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    match StackSet::find(&place, &run.names().stack_set()).await {
        Ok(found) => Ok(decide(run, found.as_ref())),
        Err(error) => unknown(error.into()),
    }
}

/// Only "you may not" leaves it open; any other failure may pass, and ends the run.
fn unknown(error: anyhow::Error) -> Result<Forwarding> {
    const CLOSED: [&str; 2] = ["AWSOrganizationsNotInUseException", "ValidationError"];
    let may_not = |it: &AwsError| is_refusal(it) || CLOSED.contains(&it.code.as_str());
    match error.downcast_ref::<AwsError>() {
        Some(refused) if may_not(refused) => Ok(Forwarding::Unknown(refused.to_string())),
        _ => Err(error),
    }
}

fn decide(run: &Run, found: Option<&StackSet>) -> Forwarding {
    let deployment = &run.config.name;
    match found {
        Some(found) if forwards(found, deployment, &run.aws.account, &run.aws.region) => {
            Forwarding::Yes
        }
        _ => Forwarding::No,
    }
}

/// Whether a StackSet is ours and forwards to the hub in this account and region. Pure.
fn forwards(found: &StackSet, deployment: &str, account: &str, region: &str) -> bool {
    let is = |key: &str, value: &str| found.parameters.get(key).is_some_and(|it| it == value);
    let is_ours = found
        .tags
        .get(DEPLOYMENT_TAG)
        .is_some_and(|it| it == deployment);
    is_ours && is("HubAccountId", account) && is("HubRegion", region)
}
