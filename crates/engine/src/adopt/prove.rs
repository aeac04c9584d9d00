//! Whether the new path works: judged hop by hop, then tested end to end by events.

use super::Options;
use super::old_path::OldPath;
use crate::aws::spoke::Entry;
use crate::canary::{self, Target};
use crate::operator::View;
use crate::session::Session;
use crate::spokes::Location;
use crate::spokes::instances::Instances;
use crate::verify::finding::{Hop, Verdict};
use crate::verify::spokes::Selection;
use crate::verify::{self, trail};
use anyhow::Result;

/// Why it cannot be relied on; `None` when it can.
pub(crate) async fn prove(
    session: &Session,
    old: &OldPath,
    options: &Options,
    target: &Target,
) -> Result<Vec<String>> {
    let organization = Ok(old.organization.clone());
    let everything = named(&[]);
    let hops = verify::hops(session, &organization, &everything, old.sets.is_none()).await?;
    // The old path gets no event either that no trail logs.
    let is_accepted = |hop: &&Hop| {
        trail::is_of_reads(hop) || (hop.verdict == Verdict::Unknown && options.accept_unknown)
    };
    let (accepted, broken): (Vec<_>, Vec<_>) = hops
        .iter()
        .filter(|hop| hop.verdict != Verdict::Ok)
        .partition(is_accepted);
    for hop in accepted {
        session.show(View::Hop(hop));
    }
    if !broken.is_empty() {
        return Ok(broken.iter().map(ToString::to_string).collect());
    }
    let wanted = session.hub(old.organization.id.clone());
    let outcome = canary::run(session, &wanted, target, options.wait).await?;
    session.show(View::Test(&outcome));
    Ok(outcome.shortfall().into_iter().collect())
}

/// Fails where an account of the options is not in the organization. Whether it has a stack instance already is for the
/// proof to say.
pub(crate) async fn check_accounts(
    session: &Session,
    old: &OldPath,
    options: &Options,
) -> Result<()> {
    let selection = named(&options.accounts);
    verify::named::check(session, &old.organization, None, &selection).await
}

/// Where test events are sent: everywhere that the old path watches, or in some of those places.
pub(crate) fn target(session: &Session, old: &OldPath, options: &Options) -> Result<Target> {
    let home = session.aws.partition.sign_in_region();
    let mut locations: Vec<Location> = match &old.sets {
        Some(_) => old.alive().into_iter().collect(),
        None => named(&options.accounts)
            .of(&Instances::default(), home)
            .into_iter()
            .collect(),
    };
    if let Some(count) = options.sample {
        locations = canary::sample(locations, count.into())?;
    }
    let entry = options.role.clone().map(|name| Entry::Role {
        name,
        external_id: options.external_id.clone(),
    });
    Ok(match entry {
        Some(_) if !locations.is_empty() => Target::Spokes { entry, locations },
        _ => Target::Hub,
    })
}

fn named(accounts: &[String]) -> Selection {
    Selection {
        entry: None,
        accounts: accounts.to_vec(),
        regions: Vec::new(),
    }
}
