//! Settings of a run that the hub as it is contradicts. Each fails before any write.

use super::desired::Node;
use super::former_roles::roles;
use super::hub_resource::HubResource;
use super::observe::Found;
use super::role::Role;
use super::subscriptions::Standing;
use crate::aws::error::AwsError;
use crate::elsewhere::{self, Denied, Elsewhere};
use crate::next;
use crate::session::Session;
use crate::spokes::organization::Organization;
use crate::subscription::Subscription;
use anyhow::{Result, bail};
use std::collections::BTreeSet;

/// Fails when the settings say that the hub is somewhere else: the spokes would forward to a bus that does not exist.
pub(super) fn refuse_elsewhere(session: &Session) -> Result<()> {
    let (hub, aws) = (&session.settings.hub, &session.aws);
    let account = hub.account.as_ref().unwrap_or(&aws.account);
    let region = hub.region.as_ref().unwrap_or(&aws.region);
    if *account != aws.account || *region != aws.region {
        bail!(
            "the settings say that the hub is in account {account}, region {region}, and this run is in {}: use that account's credentials and --region {region}, or change [hub]",
            aws.place()
        );
    }
    Ok(())
}

/// Fails when somebody who is to be removed is not subscribed, or cannot be removed.
pub(super) fn refuse_strangers(session: &Session, found: &Found) -> Result<()> {
    let topics = found.values().filter_map(|it| match it {
        HubResource::Subscriptions(found) => Some(&found.standings),
        _ => None,
    });
    let standings: Vec<(&Subscription, &Standing)> = topics.flatten().collect();
    for gone in &session.settings.hub.unsubscribed {
        let of_them = standings.iter().filter(|(it, _)| *it == gone);
        let of_them: Vec<&Standing> = of_them.map(|(_, standing)| *standing).collect();
        if of_them.is_empty() {
            let all: BTreeSet<String> = standings.iter().map(|(it, _)| it.to_string()).collect();
            let all: Vec<String> = all.into_iter().collect();
            bail!(
                "--remove-subscription names {gone}, who is not subscribed, and nothing was changed. Subscribed are: {}",
                if all.is_empty() {
                    "none".to_owned()
                } else {
                    all.join(", ")
                }
            );
        }
        if of_them.iter().all(|it| **it == Standing::Pending) {
            bail!(
                "--remove-subscription names {gone}, who has not confirmed yet: SNS cannot remove such a subscription, and drops it by itself two days after it was made. Nothing was changed"
            );
        }
    }
    Ok(())
}

/// Fails when a role of the wanted name is there under another path: two roles cannot have one name, and IAM moves
/// none.
pub(super) fn refuse_moved_role(nodes: &[Node], found: &Found) -> Result<()> {
    let all = roles(nodes.iter().map(|node| &node.resource));
    for role in roles(found.values()) {
        let is_moved = |it: &&&Role| it.name == role.name && it.path != role.path;
        if let Some(wanted) = all.iter().find(is_moved) {
            bail!(
                "role {} has the path {}, and the settings say {}: IAM moves no role, and has one of a name only. Give another --role-prefix with the new --iam-path: then a new role is made, the function gets it, and the old one is removed",
                role.name,
                role.path,
                wanted.path
            );
        }
    }
    Ok(())
}

/// What was found of another hub, and what these credentials could not look at.
pub(super) struct Another {
    hub: Option<Elsewhere>,
    denied: Vec<AwsError>,
}

/// Looks for the hub that the spokes forward to, where there is none here.
pub(super) async fn look_for_another(
    session: &Session,
    organization: Option<&Organization>,
) -> Result<Another> {
    let (aws, names) = (&session.aws, session.names());
    let call_as = session.settings.spokes.call_as;
    let denied = Denied::default();
    let hub = match organization {
        Some(known) => elsewhere::find_within(aws, &names, known, call_as, &denied).await?,
        None => elsewhere::find(aws, &names, call_as, &denied).await?,
    };
    Ok(Another {
        hub,
        denied: denied.answers(),
    })
}

/// Fails when the spokes forward to another hub: nothing would reach a second one.
pub(super) fn refuse_second(session: &Session, another: &Another) -> Result<()> {
    let aws = &session.aws;
    let Some(other) = &another.hub else {
        for why in &another.denied {
            session.work.message(&format!(
                "Could not determine whether the spokes forward to a hub elsewhere, beside which nothing would reach this one: {why}."
            ));
        }
        return Ok(());
    };
    bail!(
        "{}. Nothing was changed, since nothing would reach a second hub: to move the hub to {}, give --move-hub, then run `rootwatch deploy spokes --region {} --hub-account {} --hub-region {}`, and then {}; a deployment of its own needs another --name",
        other.words(aws),
        aws.place(),
        // The StackSet stays where it is, which is where the hub was.
        other.hub.region,
        aws.account,
        aws.region,
        next::there("rootwatch teardown hub", &other.hub)
    )
}
