//! Whether the hub may be removed: not while spokes forward to it.

use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::names::DEPLOYMENT_TAG;
use crate::session::Session;
use crate::spokes::organization::Organization;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Place, management, organization};
use anyhow::{Context, Result, bail};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the spokes when only the hub is to be removed.
#[derive(Debug, Default, PartialEq)]
struct Forwarding {
    /// The deployment's stacks that forward here.
    found: Vec<String>,
    /// What these credentials may not read, with AWS's reason.
    unknown: Vec<String>,
}

/// Fails while spokes forward to this hub, unless they are to be abandoned; returns warnings about them.
pub(crate) async fn check(session: &Session, abandon: bool) -> Result<Vec<String>> {
    let forwarding = find(session).await.with_context(|| {
        format!(
            "reading whether spokes forward to the hub in {}; nothing was changed",
            session.aws.place()
        )
    })?;
    let found = forwarding.found.join(" and ");
    let one = forwarding.found.len() == 1;
    if !found.is_empty() && !abandon {
        bail!(
            "{found} {} to this hub ({}), and nothing was changed: run teardown spokes first, or teardown all, or --abandon-spokes",
            if one { "forwards" } else { "forward" },
            session.aws.place()
        );
    }
    let mut warnings = Vec::new();
    if !found.is_empty() {
        let (stays, forwards) = if one {
            ("stays", "forwards")
        } else {
            ("stay", "forward")
        };
        warnings.push(format!(
            "{found} {stays} and {forwards} to a hub that is gone; events then end in the spokes' dead-letter queues"
        ));
    }
    let unknown = forwarding.unknown.iter();
    warnings.extend(unknown.map(|it| format!("Could not determine whether {it}")));
    Ok(warnings)
}

async fn find(session: &Session) -> Result<Forwarding> {
    let name = session.names().stack_set();
    let mut all = Forwarding::default();
    let unread = |why: String| format!("the StackSet {name} still forwards to this hub: {why}");
    let organization = match organization::find(&session.aws).await {
        Ok(organization) => organization,
        Err(error) => {
            all.unknown.push(unread(refusal(error)?));
            return Ok(all);
        }
    };
    let here = [session.aws.in_region(&session.aws.region)];
    if let Some(why) = stack_sets(session, &here, &organization, &mut all).await? {
        all.unknown.push(unread(why));
    } else {
        elsewhere(session, &organization, &mut all).await?;
    }
    let management = &organization.management_account;
    if session.aws.account != *management {
        all.unknown.push(format!(
            "the management account {management} has stacks {name} of its own that forward to this hub: they cannot be seen from here"
        ));
        return Ok(all);
    }
    own_stacks(session, &name, &mut all).await?;
    Ok(all)
}

/// A StackSet is administered in one region, which need not be the hub's.
async fn elsewhere(
    session: &Session,
    organization: &Organization,
    all: &mut Forwarding,
) -> Result<()> {
    let name = session.names().stack_set();
    let unread =
        |why: String| format!("a StackSet {name} of another region forwards to this hub: {why}");
    let enabled = match organization::enabled_regions(&session.aws).await {
        Ok(enabled) => enabled,
        Err(error) => {
            all.unknown.push(unread(refusal(error.into())?));
            return Ok(());
        }
    };
    let others = enabled.iter().filter(|it| it.name != session.aws.region);
    let others: Vec<Aws> = others.map(|it| session.aws.in_region(&it.name)).collect();
    let refused = stack_sets(session, &others, organization, all).await?;
    all.unknown.extend(refused.map(unread));
    Ok(())
}

/// Records the deployment's StackSets in these regions; returns AWS's reason where it denies one.
async fn stack_sets(
    session: &Session,
    regions: &[Aws],
    organization: &Organization,
    all: &mut Forwarding,
) -> Result<Option<String>> {
    let name = session.names().stack_set();
    let find = async |aws: &Aws| {
        let place = Place::of(aws, organization, session.settings.spokes.call_as);
        StackSet::find(&place, &name).await
    };
    let mut refused = None;
    for (aws, found) in regions.iter().zip(join_all(regions.iter().map(find)).await) {
        match found {
            Ok(Some(found)) if is_ours(session, &found.tags, &found.parameters) => {
                let place = match aws.region == session.aws.region {
                    true => String::new(),
                    false => format!(" (administered in {})", aws.region),
                };
                all.found.push(format!("the StackSet {name}{place}"));
            }
            Ok(_) => {}
            Err(error) => refused = Some(refusal(error.into())?),
        }
    }
    Ok(refused)
}

/// The management account's own stacks, by its own credentials.
async fn own_stacks(session: &Session, name: &str, all: &mut Forwarding) -> Result<()> {
    let enabled = match organization::enabled_regions(&session.aws).await {
        Ok(enabled) => enabled,
        Err(error) => {
            let why = refusal(error.into())?;
            all.unknown.push(format!(
                "stacks {name} of this account forward to this hub: {why}"
            ));
            return Ok(());
        }
    };
    let regions = enabled.into_iter().map(|region| region.name).collect();
    let found = management::observe(&session.aws, name, &regions, &BTreeSet::new()).await?;
    let forwards = found
        .stacks
        .iter()
        .filter(|(_, stack)| is_ours(session, &stack.tags, &stack.parameters));
    let forwards: Vec<&str> = forwards.map(|(region, _)| region.as_str()).collect();
    if !forwards.is_empty() {
        let regions = forwards.join(", ");
        all.found
            .push(format!("this account's own stack {name} (in {regions})"));
    }
    if !found.unread.is_empty() {
        all.unknown.push(format!(
            "stacks {name} of this account forward to this hub in every region: {}",
            management::unread_words(&found.unread)
        ));
    }
    Ok(())
}

/// Only a denial leaves it unknown, with AWS's message; any other error ends the run.
fn refusal(error: anyhow::Error) -> Result<String> {
    const CLOSED: [&str; 2] = ["AWSOrganizationsNotInUseException", "ValidationError"];
    let may_not = |it: &AwsError| it.is_denied() || CLOSED.contains(&it.code.as_str());
    match error.downcast_ref::<AwsError>() {
        Some(refused) if may_not(refused) => Ok(refused.to_string()),
        _ => Err(error),
    }
}

type Pairs = BTreeMap<String, String>;

fn is_ours(session: &Session, tags: &Pairs, parameters: &Pairs) -> bool {
    let hub = (session.aws.account.as_str(), session.aws.region.as_str());
    forwards(tags, parameters, &session.settings.name, hub)
}

/// Whether a StackSet or a stack is this deployment's and forwards to the hub in this account and region. Pure.
fn forwards(tags: &Pairs, parameters: &Pairs, deployment: &str, hub: (&str, &str)) -> bool {
    let is = |pairs: &Pairs, key: &str, value: &str| pairs.get(key).is_some_and(|it| it == value);
    is(tags, DEPLOYMENT_TAG, deployment)
        && is(parameters, "HubAccountId", hub.0)
        && is(parameters, "HubRegion", hub.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stacks_of_the_deployment_that_forward_to_this_hub_keep_it() {
        let pairs = |all: &[(&str, &str)]| -> Pairs {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            all.iter().map(owned).collect()
        };
        let tags = pairs(&[(DEPLOYMENT_TAG, "rootwatch")]);
        let parameters = pairs(&[("HubAccountId", "1"), ("HubRegion", "eu-west-1")]);
        let keeps = |tags: &Pairs, name: &str, hub| forwards(tags, &parameters, name, hub);
        let here = ("1", "eu-west-1");
        assert!(keeps(&tags, "rootwatch", here));
        assert!(!keeps(&tags, "another", here));
        assert!(!keeps(&Pairs::new(), "rootwatch", here));
        assert!(!keeps(&tags, "rootwatch", ("1", "us-east-1")));
        assert!(!keeps(&tags, "rootwatch", ("2", "eu-west-1")));
    }
}
