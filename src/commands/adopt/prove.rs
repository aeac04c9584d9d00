//! Whether the new path works: judged hop by hop, then by events that go all the way.

use super::look::Old;
use crate::aws::spoke::Entry;
use crate::canary::{self, Target};
use crate::cli::ReferenceArgs;
use crate::commands::{Run, test, verify};
use crate::spokes::Spot;
use crate::spokes::instances::Instances;
use crate::verify::finding::Verdict;
use crate::verify::spokes::Selection;
use anyhow::Result;

/// Why it cannot be relied on; nothing when it can.
pub(super) async fn prove(
    run: &Run,
    old: &Old,
    args: &ReferenceArgs,
    target: &Target,
) -> Result<Vec<String>> {
    let organization = Ok(old.organization.clone());
    let everything = named(&[]);
    let hops = verify::hops(run, &organization, &everything, old.sets.is_none()).await?;
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
    let wanted = run.hub(old.organization.id.clone());
    let outcome = canary::run(&run.aws, &wanted, target, args.wait, &run.progress).await?;
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

/// Where test events are sent: everywhere that the old path watches, or in some of those places.
pub(super) fn target(run: &Run, old: &Old, args: &ReferenceArgs) -> Result<Target> {
    let home = run.aws.partition.sign_in_region();
    let mut spots: Vec<Spot> = match &old.sets {
        Some(_) => old.alive().into_iter().collect(),
        None => named(&args.account)
            .of(&Instances::default(), home)
            .into_iter()
            .collect(),
    };
    if let Some(count) = args.sample {
        spots = test::sample(spots, count.into())?;
    }
    let entry = args.role.clone().map(Entry::Role);
    Ok(match entry {
        Some(_) if !spots.is_empty() => Target::Spokes { entry, spots },
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
