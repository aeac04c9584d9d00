//! Reads what is deployed here: the hub, its functions' packages, and the StackSet. Writes nothing.

use crate::aws::Aws;
use crate::elsewhere::{self, Denied};
use crate::hub::desired::hub_and_former;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::mark;
use crate::hub::observe::Found;
use crate::hub::plan::plan_deploy;
use crate::hub::resource::Tags;
use crate::hub::topic::Topic;
use crate::memory::{self, Recalled};
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::session::Session;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{instances, organization};
use anyhow::{Context, Result, bail};
use aws_sdk_cloudformation::types::CallAs;
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// What is deployed here.
pub(super) struct Look {
    pub(super) names: Names,
    /// The resources of the hub, each after all that it needs.
    pub(super) hub: Vec<HubResource>,
    /// The package of each function, by the function's name.
    pub(super) packages: BTreeMap<String, Vec<u8>>,
    pub(super) spokes: Option<Spokes>,
    /// Ids of what has a name of ours and is somebody else's.
    pub(super) foreign: Vec<String>,
    /// What could not be read, or is not clear, each as a sentence.
    pub(super) doubts: Vec<String>,
}

/// The StackSet and where it has instances.
pub(super) struct Spokes {
    pub(super) set: StackSet,
    /// As AWS names it, with its name and a UUID.
    pub(super) id: String,
    /// The units that instances were made for.
    pub(super) units: BTreeSet<String>,
    /// Units that it is deployed to and that hold no account.
    pub(super) empty: BTreeSet<String>,
    pub(super) regions: BTreeSet<String>,
    /// Where the calls go, `SELF` or `DELEGATED_ADMIN`.
    pub(super) call_as: CallAs,
}

/// Reads all that is here.
///
/// # Errors
/// When nothing of the deployment is here, or something of the hub cannot be read.
pub(super) async fn look(given: &Session) -> Result<Look> {
    let (recalled, spokes) = tokio::join!(memory::recall(given), look_for_spokes(given));
    let Recalled {
        session,
        found,
        mut doubts,
        ..
    } = recalled?;
    let spokes = spokes.unwrap_or_else(|error| {
        doubts.push(format!("the spokes cannot be read from here: {error:#}"));
        None
    });
    if found.is_empty() && spokes.is_none() {
        return refuse(&session, &doubts).await;
    }
    let (hub, foreign) = sort(&session, found);
    let hub = whole(&session.aws, hub).await?;
    let packages = packages(&session.aws, &hub).await?;
    Ok(Look {
        names: session.names(),
        hub,
        packages,
        spokes,
        foreign,
        doubts,
    })
}

/// Says where the deployment is, if that can be found out.
async fn refuse(session: &Session, doubts: &[String]) -> Result<Look> {
    let (aws, denied) = (&session.aws, Denied::default());
    let call_as = session.settings.spokes.call_as;
    if let Some(other) = elsewhere::find_widely(aws, &session.names(), call_as, &denied).await? {
        bail!(other.words(aws));
    }
    let doubts: String = doubts.iter().map(|it| format!("; {it}")).collect();
    bail!(
        "nothing of the deployment \"{}\" is in {}{}{doubts}: use the account and region of the hub, or those of the StackSet",
        session.settings.name,
        aws.place(),
        denied.doubt()
    )
}

/// What is ours, in the order in which it is made; and the ids of the rest.
fn sort(session: &Session, found: Found) -> (Vec<HubResource>, Vec<String>) {
    let plan = plan_deploy(hub_and_former(&session.hub(String::new())), found);
    let foreign = plan.foreign();
    let ours = plan.found().filter(|it| !foreign.contains(&it.id()));
    (ours.cloned().collect(), foreign)
}

/// The same with what other commands need not know: tags of what is ours by what it is part of, and which subscriptions
/// rootwatch made.
async fn whole(aws: &Aws, hub: Vec<HubResource>) -> Result<Vec<HubResource>> {
    let marks: BTreeMap<String, Tags> = hub.iter().filter_map(topic).collect();
    try_join_all(hub.into_iter().map(async |mut it| {
        let id = it.id();
        let place = || format!("reading the tags of {id} in {}", aws.place());
        match &mut it {
            HubResource::Alarm(alarm) => {
                alarm.tags = alarm.find_tags(aws).await.with_context(place)?;
            }
            HubResource::Rule(rule) => {
                rule.tags = crate::hub::event_bus::find_tags(aws, &rule.arn)
                    .await
                    .with_context(place)?;
            }
            HubResource::Subscriptions(all) => {
                let tags = marks.get(&all.topic_arn);
                let is_ours = |key: &String| tags.is_some_and(|it| it.contains_key(key));
                let ours = all.standings.keys().filter(|it| is_ours(&mark::key(it)));
                all.subscriptions.extend(ours.map(|it| (it.clone(), true)));
                let wanted = &all.subscriptions;
                all.others.retain(|it, _| !wanted.contains_key(it));
            }
            _ => {}
        }
        anyhow::Ok(it)
    }))
    .await
}

fn topic(resource: &HubResource) -> Option<(String, Tags)> {
    match resource {
        HubResource::Topic(Topic { arn, tags, .. }) => Some((arn.clone(), tags.clone())),
        _ => None,
    }
}

/// The packages as they are deployed: this program's own where its bytes are the same, else from Lambda.
async fn packages(aws: &Aws, hub: &[HubResource]) -> Result<BTreeMap<String, Vec<u8>>> {
    let functions = hub.iter().filter_map(|it| match it {
        HubResource::Function(it) => Some(it),
        HubResource::SelfCheckFunction(it) => Some(&it.it),
        _ => None,
    });
    let each = functions.map(async |it: &Function| {
        let zip = it.download(aws).await;
        let zip = zip.with_context(|| {
            let (name, place) = (&it.name, aws.place());
            format!("reading the package of the function {name} in {place}")
        })?;
        anyhow::Ok((it.name.clone(), zip))
    });
    Ok(try_join_all(each).await?.into_iter().collect())
}

async fn look_for_spokes(session: &Session) -> Result<Option<Spokes>> {
    let organization = organization::find(&session.aws).await?;
    let place = session.stack_sets(&organization);
    let name = session.names().stack_set();
    let Some((set, id)) = StackSet::find_with_id(&place, &name).await? else {
        return Ok(None);
    };
    if set.tags.get(DEPLOYMENT_TAG) != Some(&session.settings.name) {
        return Ok(None);
    }
    let (instances, auto_deployment) = tokio::try_join!(
        instances::list(&place, &name, &set.regions),
        StackSet::auto_deployment_targets(&place, &name),
    )?;
    let units: BTreeSet<String> = instances
        .iter()
        .map(|(.., it)| it.unit.to_string())
        .collect();
    let is_empty = |it: &String| !units.contains(it);
    Ok(Some(Spokes {
        empty: auto_deployment.into_keys().filter(is_empty).collect(),
        regions: instances.regions().cloned().collect(),
        call_as: place.call_as,
        units,
        id,
        set,
    }))
}
