//! Whether the new path works: judged hop by hop, then by an event that goes all the way.

use super::look::{Old, place};
use crate::aws::spoke::Entry;
use crate::canary::{self, Target};
use crate::cli::ReferenceArgs;
use crate::commands::{Run, test, verify};
use crate::spokes::instances::Instances;
use crate::spokes::{Spot, observe};
use crate::verify::finding::Verdict;
use crate::verify::spokes::Selection;
use anyhow::Result;
use std::collections::BTreeSet;

/// Why it cannot be relied on; nothing when it can.
pub(super) async fn prove(run: &Run, old: &Old, args: &ReferenceArgs) -> Result<Vec<String>> {
    let entry = args.role.clone().map(Entry::Role);
    let spots = spots(run, old, args).await?;
    let organization = Ok(old.organization.clone());
    let selection = Selection {
        entry: entry.clone(),
        accounts: spots.iter().map(|it| it.account.clone()).collect(),
        regions: spots.iter().map(|it| it.region.clone()).collect(),
    };
    let hops = verify::hops(run, &organization, &selection, old.spokes.is_none()).await;
    let with = |verdict| -> Vec<String> {
        let hops = hops.iter().filter(|hop| hop.verdict == verdict);
        hops.map(|hop| verify::line(hop, true).trim_end().to_owned())
            .collect()
    };
    let (mut bad, unknown) = (with(Verdict::Broken), with(Verdict::CannotTell));
    match args.accept_unknown {
        true => unknown.iter().for_each(|it| run.show(it)),
        false => bad.extend(unknown),
    }
    if !bad.is_empty() {
        return Ok(bad);
    }
    let target = match entry {
        Some(_) => Target::Spokes { entry, spots },
        None => Target::Hub,
    };
    let wanted = run.hub(old.organization.id.clone());
    let outcome = canary::run(&run.aws, &wanted, &target, args.wait, &run.progress).await?;
    let text = test::text(&outcome);
    run.show(&text);
    let is_fine = outcome.is_passed() && outcome.warning.is_none();
    Ok(match is_fine {
        true => Vec::new(),
        false => vec![format!(
            "the test event did not come all the way: {}",
            text.trim_end()
        )],
    })
}

/// The spokes that send a test event: those that are named, or some of ours; none without a role.
async fn spots(run: &Run, old: &Old, args: &ReferenceArgs) -> Result<Vec<Spot>> {
    if args.role.is_none() {
        return Ok(Vec::new());
    }
    if old.spokes.is_none() {
        let named = Selection {
            entry: None,
            accounts: args.account.clone(),
            regions: Vec::new(),
        };
        let home = run.aws.partition.sign_in_region();
        return Ok(named.of(&Instances::default(), home).into_iter().collect());
    }
    let name = run.names().stack_set();
    let place = place(run, &old.organization);
    let ours = observe(&place, &name, &BTreeSet::new()).await?;
    let current = ours.instances.spots().filter(|(_, it)| it.is_current());
    test::sample(current.map(|(spot, _)| spot).collect(), args.sample.into())
}
