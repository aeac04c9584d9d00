//! What is beside a place in which nothing was found to remove: the deployment elsewhere, and other deployments here.
//! Reads only; what these credentials may not read is named.

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::aws::pages::next_page;
use crate::elsewhere::{self, Denied, SPOKE_RULE, readable};
use crate::hub::policies::LETS_IN;
use crate::names::{DEFAULT_NAME, DEPLOYMENT_TAG};
use crate::session::Session;
use crate::spokes::Place;
use crate::spokes::organization::Organization;
use crate::spokes::stack_set::StackSet;
use anyhow::{Result, bail};
use aws_sdk_cloudformation::types::StackSetStatus;
use futures_util::future::try_join_all;
use rootwatch_eval::Policy;
use std::collections::BTreeSet;

/// What a StackSet's name ends in.
const STACK_SET: &str = "-spoke";

/// What was found, and what these credentials may not read.
pub(super) struct Beside {
    pub(super) found: Vec<String>,
    pub(super) denied: Vec<AwsError>,
}

/// Everything of it, each with what to do; nothing where a hub of this name is here.
pub(super) async fn find(session: &Session) -> Result<Beside> {
    let denied = Denied::default();
    let found = look(session, &denied).await?;
    Ok(Beside {
        found,
        denied: denied.answers(),
    })
}

async fn look(session: &Session, denied: &Denied) -> Result<Vec<String>> {
    let (aws, names) = (&session.aws, session.names());
    if elsewhere::has_bus(aws, &names, denied).await? {
        return Ok(Vec::new());
    }
    let call_as = session.settings.spokes.call_as;
    let other = elsewhere::find_in_account(aws, &names, call_as, denied).await?;
    if let Some(other) = other.flatten() {
        return Ok(vec![other.words(aws)]);
    }
    let organization = elsewhere::organization(aws, denied).await?;
    let mut found = Vec::new();
    if let Some(organization) = &organization {
        found.extend(stack_sets_elsewhere(session, organization, denied).await?);
    }
    let others = deployments(session, organization.as_ref(), denied).await?;
    found.extend(
        others.iter().map(|name| {
            format!("the deployment \"{name}\" is here: --name {name} removes that one")
        }),
    );
    Ok(found)
}

/// What a name was probably meant for of which there is no hub here: the deployments that are; none for the name that
/// nobody has to type.
pub(crate) async fn other_names(aws: &Aws, deployment: &str) -> Result<Option<String>> {
    if deployment == DEFAULT_NAME {
        return Ok(None);
    }
    let denied = Denied::default();
    let (hubs, spokes) = tokio::try_join!(of_buses(aws, &denied), of_rules(aws, &denied))?;
    let all: BTreeSet<String> = hubs.into_iter().chain(spokes).collect();
    let named = all.iter().map(String::as_str);
    let named: Vec<&str> = named.filter(|name| *name != deployment).collect();
    Ok(match named.as_slice() {
        [] => None,
        [one] => Some(format!(
            "the deployment \"{one}\" is in this account and region: did you mean --name {one}?"
        )),
        many => Some(format!(
            "the deployments \"{}\" are in this account and region: did you mean one of those with --name?",
            many.join("\", \"")
        )),
    })
}

/// Fails where another name was probably meant; only where there is no hub of this one.
pub(crate) async fn refuse_other_name(aws: &Aws, deployment: &str) -> Result<()> {
    match other_names(aws, deployment).await? {
        Some(meant) => bail!(
            "there is no hub of \"{deployment}\" in {}, and {meant}",
            aws.place()
        ),
        None => Ok(()),
    }
}

/// The deployment's StackSet where it is administered in another region.
async fn stack_sets_elsewhere(
    session: &Session,
    organization: &Organization,
    denied: &Denied,
) -> Result<Vec<String>> {
    let (aws, name) = (&session.aws, session.names().stack_set());
    let regions = elsewhere::other_regions(aws, denied).await?.into_iter();
    let found = regions.map(async |region| {
        let aws = aws.in_region(&region);
        let place = Place::of(&aws, organization, session.settings.spokes.call_as);
        let set = readable(StackSet::find(&place, &name).await, denied)?;
        anyhow::Ok(set.filter(|it| is_of(it, &session.settings.name)).map(|_| {
            format!(
                "the StackSet {name} is administered in region {region}: run with --region {region}"
            )
        }))
    });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

fn is_of(set: &StackSet, deployment: &str) -> bool {
    set.tags
        .get(DEPLOYMENT_TAG)
        .is_some_and(|it| it == deployment)
}

/// Names of the other deployments that have a hub, a StackSet or a spoke in this account and region.
async fn deployments(
    session: &Session,
    organization: Option<&Organization>,
    denied: &Denied,
) -> Result<BTreeSet<String>> {
    let aws = &session.aws;
    let sets = async {
        match organization {
            Some(organization) => {
                let call_as = session.settings.spokes.call_as;
                of_stack_sets(&Place::of(aws, organization, call_as), denied).await
            }
            None => Ok(Vec::new()),
        }
    };
    let (hubs, spokes, sets) =
        tokio::try_join!(of_buses(aws, denied), of_rules(aws, denied), sets)?;
    let all = hubs.into_iter().chain(spokes).chain(sets);
    Ok(all.filter(|name| *name != session.settings.name).collect())
}

/// By the buses that have our statement in their policy, each of which is named like its deployment. Their tags would say
/// the same, by a call for each, which few may make for another deployment's.
async fn of_buses(aws: &Aws, denied: &Denied) -> Result<Vec<String>> {
    let (mut names, mut next) = (Vec::new(), None);
    loop {
        let call = aws
            .eventbridge
            .list_event_buses()
            .set_next_token(next.clone());
        let answer = call.send().await.found("events:ListEventBuses");
        let Some(page) = readable(answer, denied)? else {
            break;
        };
        let buses = page.event_buses.unwrap_or_default().into_iter();
        let ours = buses.filter(|bus| bus.policy().is_some_and(is_ours));
        names.extend(ours.filter_map(|bus| bus.name));
        next = next_page("events:ListEventBuses", next.as_deref(), page.next_token)?;
        if next.is_none() {
            break;
        }
    }
    Ok(names)
}

/// Whether a policy has the statement that lets an organization in. Pure.
fn is_ours(policy: &str) -> bool {
    let policy = Policy::parse(policy);
    policy.is_ok_and(|it| it.statement(LETS_IN).is_some())
}

/// By the names of the rules of spokes that forward to a bus named like the deployment.
async fn of_rules(aws: &Aws, denied: &Denied) -> Result<Vec<String>> {
    let (mut names, mut next) = (Vec::new(), None);
    loop {
        let call = aws.eventbridge.list_rules().set_next_token(next.clone());
        let answer = call.send().await.found("events:ListRules");
        let Some(page) = readable(answer, denied)? else {
            break;
        };
        let rules = page.rules.unwrap_or_default().into_iter();
        let ours = rules.filter_map(|rule| Some(rule.name?.strip_suffix(SPOKE_RULE)?.to_owned()));
        names.extend(ours);
        next = next_page("events:ListRules", next.as_deref(), page.next_token)?;
        if next.is_none() {
            break;
        }
    }
    let forwarding = names.into_iter().map(async |name: String| {
        let hub = elsewhere::spoke_target(aws, &aws.region, &name, denied).await?;
        anyhow::Ok(hub.map(|_| name))
    });
    Ok(try_join_all(forwarding)
        .await?
        .into_iter()
        .flatten()
        .collect())
}

/// By the tags of the StackSets that are named like ours.
async fn of_stack_sets(place: &Place<'_>, denied: &Denied) -> Result<Vec<String>> {
    let (mut names, mut next) = (Vec::new(), None);
    loop {
        let call = place.aws.cloudformation.list_stack_sets();
        let call = call
            .call_as(place.call_as.clone())
            .set_next_token(next.clone());
        let answer = call.status(StackSetStatus::Active).send().await;
        let Some(page) = readable(answer.found("cloudformation:ListStackSets"), denied)? else {
            break;
        };
        let sets = page.summaries.unwrap_or_default().into_iter();
        let named = sets.filter_map(|set| set.stack_set_name);
        names.extend(named.filter(|name| name.ends_with(STACK_SET)));
        next = next_page(
            "cloudformation:ListStackSets",
            next.as_deref(),
            page.next_token,
        )?;
        if next.is_none() {
            break;
        }
    }
    let found = names.iter().map(async |name| {
        let set = readable(StackSet::find(place, name).await, denied)?;
        let ours = set.and_then(|it| it.tags.get(DEPLOYMENT_TAG).cloned());
        anyhow::Ok(ours)
    });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_is_a_hubs_by_our_statement_alone() {
        let ours = crate::hub::policies::event_bus(&crate::names::Names::sample(), "o-example");
        assert!(is_ours(&ours.document()));
        let other = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Partner", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "b"}]}"#;
        for policy in [other, "", "{}", "no policy"] {
            assert!(!is_ours(policy), "{policy}");
        }
    }
}
