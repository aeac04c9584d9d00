//! A hub that is not here: found by what forwards to it, or by its bus in another region. Reads only.

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, NO_ANSWER};
use crate::names::Names;
use crate::settings::CallAs;
use crate::spokes::organization::{self, Organization};
use crate::spokes::stack::Stack;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Location, Place};
use anyhow::Result;
use futures_util::future::try_join_all;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A hub in another account or region, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    pub(crate) hub: Location,
    /// Who leads there, with the verb.
    by: String,
}

impl Elsewhere {
    fn of(by: &str, hub: Location) -> Self {
        Self {
            hub,
            by: by.to_owned(),
        }
    }

    /// Where it is, as a sentence, and how to run there.
    pub(crate) fn words(&self, aws: &Aws) -> String {
        let Location { account, region } = &self.hub;
        let run = run_there(&self.hub, aws);
        format!(
            "no hub here: {} account {account}, region {region}: {run}",
            self.by
        )
    }
}

/// How to run where a hub is.
pub(crate) fn run_there(hub: &Location, aws: &Aws) -> String {
    let Location { account, region } = hub;
    match *account == aws.account {
        true => format!("run with --region {region}"),
        false => format!("run with --region {region} and with credentials of account {account}"),
    }
}

/// What could not be read while these credentials looked around, denied or not answered at all: it leads nowhere, and is
/// not known to be nothing.
#[derive(Debug, Default)]
pub(crate) struct Denied(RefCell<BTreeMap<&'static str, AwsError>>);

impl Denied {
    /// AWS's answers, one for each operation.
    pub(crate) fn answers(&self) -> Vec<AwsError> {
        self.0.borrow().values().cloned().collect()
    }

    /// What follows "there is none", where that is not known everywhere; else nothing.
    pub(crate) fn doubt(&self) -> String {
        let answers: Vec<String> = self.answers().iter().map(ToString::to_string).collect();
        match answers.is_empty() {
            true => String::new(),
            false => format!(
                ", unless there is one elsewhere, which could not be read: {}",
                answers.join("; ")
            ),
        }
    }
}

/// Where the spokes of a deployment forward to, by what of them is in this account; nothing where that is here, or
/// nothing forwards. What these credentials may not read leads nowhere, and is noted.
pub(crate) async fn find(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Option<Elsewhere>> {
    let found = all(aws, names, call_as, denied).await?;
    Ok(choose(found, &Location::of(&aws.account, &aws.region)))
}

/// The same by fewer calls one after the other, where the organization is known.
pub(crate) async fn find_within(
    aws: &Aws,
    names: &Names,
    organization: &Organization,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Option<Elsewhere>> {
    let (rules, stacks) = tokio::join!(
        by_rules(aws, names, denied),
        by_stacks_of(aws, names, organization, call_as, denied)
    );
    let mut found = rules?;
    if found.is_empty() {
        found = stacks?;
    }
    Ok(choose(found, &Location::of(&aws.account, &aws.region)))
}

/// Whether something of this account forwards to the hub that is here.
pub(crate) async fn forward_here(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
) -> Result<bool> {
    let here = Location::of(&aws.account, &aws.region);
    let found = all(aws, names, call_as, &Denied::default()).await?;
    Ok(found.iter().any(|it| it.hub == here))
}

/// The same, and where nothing forwards, the bus of this account in another region, or else the StackSet there.
pub(crate) async fn find_widely(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Option<Elsewhere>> {
    match find_in_account(aws, names, call_as, denied).await? {
        Some(found) => Ok(found),
        None => by_sets(aws, names, call_as, denied).await,
    }
}

/// By what forwards, or else by the bus of this account in another region; nothing where neither leads anywhere, and
/// nothing in it where all of it leads here.
pub(crate) async fn find_in_account(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Option<Option<Elsewhere>>> {
    let found = all(aws, names, call_as, denied).await?;
    if !found.is_empty() {
        let here = Location::of(&aws.account, &aws.region);
        return Ok(Some(choose(found, &here)));
    }
    let regions = other_regions(aws, denied).await?.into_iter();
    let buses = regions.map(async |region| {
        let found = has_bus(&aws.in_region(&region), names, denied).await?;
        anyhow::Ok(found.then_some(region))
    });
    let found = try_join_all(buses).await?.into_iter().flatten().next();
    let hub = found.map(|region| Location::of(&aws.account, &region));
    Ok(hub.map(|hub| Some(Elsewhere::of("it is in", hub))))
}

/// By the StackSet of another region, for the management account or a delegated administrator in a wrong one.
async fn by_sets(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Option<Elsewhere>> {
    let Some(organization) = organization(aws, denied).await? else {
        return Ok(None);
    };
    let name = names.stack_set();
    let regions = other_regions(aws, denied).await?.into_iter();
    let sets = regions.map(async |region| {
        let there = aws.in_region(&region);
        let place = Place::of(&there, &organization, call_as);
        let set = readable(StackSet::find(&place, &name).await, denied)?;
        let hub = set.and_then(|set| hub_of(&set.parameters));
        let by = format!("the StackSet {name} in region {region} forwards to");
        anyhow::Ok(hub.map(|hub| Elsewhere::of(&by, hub)))
    });
    let found = try_join_all(sets).await?;
    Ok(found.into_iter().flatten().next())
}

/// Everything that leads to a hub, this one too.
async fn all(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Vec<Elsewhere>> {
    let found = by_rules(aws, names, denied).await?;
    match found.is_empty() {
        true => by_stacks(aws, names, call_as, denied).await,
        false => Ok(found),
    }
}

/// What is not here, though it counts only where nothing leads here. Pure.
fn choose(found: Vec<Elsewhere>, here: &Location) -> Option<Elsewhere> {
    match found.iter().any(|it| it.hub == *here) {
        true => None,
        false => found.into_iter().next(),
    }
}

/// Whether a bus of the deployment's name is in this account and region.
pub(crate) async fn has_bus(aws: &Aws, names: &Names, denied: &Denied) -> Result<bool> {
    let call = aws.eventbridge.describe_event_bus().name(names.bus());
    let found = call.send().await.found("events:DescribeEventBus");
    Ok(readable(found, denied)?.is_some())
}

/// The other regions that this account has enabled; none where it may not ask.
pub(crate) async fn other_regions(aws: &Aws, denied: &Denied) -> Result<Vec<String>> {
    let all = readable(organization::enabled_regions(aws).await.map(Some), denied)?;
    let names = all.into_iter().flatten().map(|region| region.name);
    Ok(names.filter(|name| *name != aws.region).collect())
}

/// The organization; nothing where this account may not ask, or is in none.
pub(crate) async fn organization(aws: &Aws, denied: &Denied) -> Result<Option<Organization>> {
    match organization::find(aws).await {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.downcast::<AwsError>() {
            Ok(refused) => readable(Err(refused), denied),
            Err(error) => Err(error),
        },
    }
}

/// By the spoke's rule in this region and in the one of sign-ins, where every spoke has one.
async fn by_rules(aws: &Aws, names: &Names, denied: &Denied) -> Result<Vec<Elsewhere>> {
    let regions = here_and_sign_ins(aws).into_iter();
    let name = &names.deployment;
    let hubs = regions.map(async |region| spoke_target(aws, &region, name, denied).await);
    let hubs = try_join_all(hubs).await?.into_iter().flatten();
    Ok(hubs
        .map(|hub| Elsewhere::of("this account forwards to", hub))
        .collect())
}

fn here_and_sign_ins(aws: &Aws) -> BTreeSet<String> {
    let sign_in = aws.partition.sign_in_region().to_owned();
    BTreeSet::from([aws.region.clone(), sign_in])
}

/// The hub that a deployment's spoke in this account and region forwards to.
pub(crate) async fn spoke_target(
    aws: &Aws,
    region: &str,
    deployment: &str,
    denied: &Denied,
) -> Result<Option<Location>> {
    let client = aws.eventbridge_in(region);
    let rule = format!("{deployment}{SPOKE_RULE}");
    let answer = client.list_targets_by_rule().rule(rule).send().await;
    let found = readable(answer.found("events:ListTargetsByRule"), denied)?;
    let targets = found.and_then(|it| it.targets).unwrap_or_default();
    Ok(targets.iter().find_map(|it| bus_of(it.arn(), deployment)))
}

/// What the name of a spoke's rule ends in.
pub(crate) const SPOKE_RULE: &str = "-root-activity";

/// Account and region of a bus of this name, by its ARN. Pure.
fn bus_of(arn: &str, name: &str) -> Option<Location> {
    match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "events", region, account, bus] => {
            (bus.strip_prefix("event-bus/")? == name).then(|| Location::of(account, region))
        }
        _ => None,
    }
}

/// By the StackSet of this region, and by the management account's own stacks.
async fn by_stacks(
    aws: &Aws,
    names: &Names,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Vec<Elsewhere>> {
    match organization(aws, denied).await? {
        Some(organization) => by_stacks_of(aws, names, &organization, call_as, denied).await,
        None => Ok(Vec::new()),
    }
}

async fn by_stacks_of(
    aws: &Aws,
    names: &Names,
    organization: &Organization,
    call_as: Option<CallAs>,
    denied: &Denied,
) -> Result<Vec<Elsewhere>> {
    let name = names.stack_set();
    let place = Place::of(aws, organization, call_as);
    let set = readable(StackSet::find(&place, &name).await, denied)?;
    let by_set = set.and_then(|set| hub_of(&set.parameters));
    let by_set = by_set.map(|hub| Elsewhere::of(&format!("the StackSet {name} forwards to"), hub));
    if by_set.is_some() || aws.account != organization.management_account {
        return Ok(by_set.into_iter().collect());
    }
    let regions = here_and_sign_ins(aws).into_iter();
    let stacks = try_join_all(regions.map(async |region| {
        let client = aws.cloudformation_in(&region);
        readable(Stack::find(&client, &name, &region).await, denied)
    }));
    let stacks = stacks.await?.into_iter().flatten();
    let hubs = stacks.filter_map(|stack| hub_of(&stack.parameters));
    Ok(hubs
        .map(|hub| Elsewhere::of("this account's own stack forwards to", hub))
        .collect())
}

/// The hub that the parameters of a StackSet or a stack name. Pure.
pub(crate) fn hub_of(parameters: &BTreeMap<String, String>) -> Option<Location> {
    let (account, region) = (
        parameters.get("HubAccountId")?,
        parameters.get("HubRegion")?,
    );
    Some(Location::of(account, region))
}

/// What was read; nothing where AWS denies it or does not answer, which is noted, since this only looks around.
pub(crate) fn readable<T>(
    answer: Result<Option<T>, AwsError>,
    denied: &Denied,
) -> Result<Option<T>> {
    const CLOSED: [&str; 3] = [
        // An emulator that lacks the call.
        "InvalidAction",
        "AWSOrganizationsNotInUseException",
        "ValidationError",
    ];
    match answer {
        Err(error) if error.is_denied() || error.code == NO_ANSWER => {
            denied.0.borrow_mut().insert(error.operation, error);
            Ok(None)
        }
        Err(error) if CLOSED.contains(&error.code.as_str()) => Ok(None),
        answer => Ok(answer?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_or_not_answered_is_nothing_that_is_known() {
        let read = |code: &str| {
            let denied = Denied::default();
            let answer: Result<Option<()>, AwsError> = Err(AwsError::of_entry(
                "events:DescribeEventBus",
                Some(code),
                "no",
            ));
            (readable(answer, &denied).ok(), denied.doubt())
        };
        for code in ["AccessDeniedException", NO_ANSWER] {
            let (found, doubt) = read(code);
            assert_eq!(found, Some(None), "{code}");
            assert!(doubt.contains("events:DescribeEventBus"), "{code}: {doubt}");
        }
        assert_eq!(read("InvalidAction"), (Some(None), String::new()));
        assert_eq!(read("InternalException").0, None);
    }

    #[test]
    fn a_bus_of_the_deployment_names_account_and_region() {
        let bus = "arn:aws:events:eu-west-1:2:event-bus/rootwatch";
        assert_eq!(
            bus_of(bus, "rootwatch"),
            Some(Location::of("2", "eu-west-1"))
        );
        for (arn, name) in [
            (bus, "another"),
            ("arn:aws:sqs:eu-west-1:2:rootwatch", "rootwatch"),
            ("arn:aws:events:eu-west-1:2:rule/rootwatch", "rootwatch"),
            ("", "rootwatch"),
        ] {
            assert_eq!(bus_of(arn, name), None, "{arn}");
        }
    }

    #[test]
    fn a_hub_is_elsewhere_only_where_nothing_leads_here() {
        let at = |account: &str| Elsewhere::of("x", Location::of(account, "r"));
        let here = Location::of("1", "r");
        assert_eq!(choose(vec![at("2"), at("3")], &here), Some(at("2")));
        assert_eq!(choose(vec![at("2"), at("1")], &here), None);
        assert_eq!(choose(Vec::new(), &here), None);
    }
}
