//! The organizational units that are to be watched, looked up in the organization.

use super::directory::Directory;
use super::organization::{self, Paths, Resolved, Subtree};
use crate::aws::Aws;
use crate::settings::Settings;
use crate::source::{Source, key};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Organizational units with all that is below each, and those that another one includes already.
pub(crate) struct Units {
    pub(crate) outermost: BTreeMap<String, Subtree>,
    pub(crate) inside: Vec<String>,
    /// Those that were deployed to, and no longer exist.
    pub(crate) gone: Vec<String>,
    /// Paths of the units that were seen.
    pub(crate) paths: Paths,
}

/// The units that are to be watched, by id.
#[derive(Default)]
struct Chosen {
    ids: BTreeSet<String>,
    gone: Vec<String>,
    paths: Paths,
}

/// Looks up the units of the settings. One that is only `deployed` to may be gone.
async fn choose(
    aws: &Aws,
    all: &Settings,
    deployed: Option<&BTreeSet<String>>,
) -> Result<Chosen, Vec<String>> {
    let settings = &all.spokes;
    let resolve = async |units: &[String]| {
        let found = units.iter().map(|unit| organization::resolve(aws, unit));
        join_all(found).await
    };
    let (found, removed) = tokio::join!(resolve(&settings.ous), resolve(&settings.removed_ous));
    let (mut chosen, mut problems) = (Chosen::default(), Vec::new());
    let mut given: BTreeMap<String, &String> = BTreeMap::new();
    for (unit, found) in settings.ous.iter().zip(found) {
        match found {
            Ok(found) => {
                if all.sources.get(&format!("{}.{unit}", key::OU)).is_some() {
                    given.insert(found.id.clone(), unit);
                }
                chosen.ids.insert(found.id);
                chosen.paths.extend(found.paths);
            }
            Err(error) if is_gone(&error) && deployed.is_some_and(|it| it.contains(unit)) => {
                chosen.gone.push(unit.clone());
            }
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    for (unit, found) in settings.removed_ous.iter().zip(removed) {
        let is_removed = found.map_err(|error| format!("{error:#}"));
        let is_removed = is_removed.and_then(|found| match given.get(&found.id) {
            Some(same) => Err(contradicted(unit, same, all)),
            None => chosen.remove(unit, found, deployed),
        });
        problems.extend(is_removed.err());
    }
    if problems.is_empty() && chosen.ids.is_empty() {
        problems.push(match settings.removed_ous.is_empty() {
            true => "no organizational unit is given, and none is deployed to yet: --ou, or `ou` under [spokes] in rootwatch.toml; the root's id or / selects all accounts".into(),
            false => "no organizational unit is left to watch: `rootwatch teardown spokes` removes the spokes, --ou watches another unit".into(),
        });
    }
    match problems.is_empty() {
        true => Ok(chosen),
        false => Err(problems),
    }
}

impl Chosen {
    /// Takes a unit out. One that is deployed to and that the file's list leaves out is out already.
    fn remove(
        &mut self,
        unit: &str,
        found: Resolved,
        deployed: Option<&BTreeSet<String>>,
    ) -> Result<(), String> {
        let is_deployed = deployed.is_some_and(|it| it.contains(&found.id));
        if !self.ids.remove(&found.id) && !is_deployed {
            return Err(not_deployed_to(unit, &found.id, self));
        }
        self.paths.extend(found.paths);
        Ok(())
    }
}

/// What to do where a unit is to be removed that the run gives under another name.
fn contradicted(removed: &str, given: &str, settings: &Settings) -> String {
    let source = settings.sources.get(&format!("{}.{given}", key::OU));
    let what = match source {
        Some(Source::File(place)) => {
            format!("{place} lists: take it out of the file, whose list is the whole one")
        }
        Some(source) => format!("is given by {source}: leave one of them out"),
        None => "is given too: leave one of them out".into(),
    };
    let same = match removed == given {
        true => String::new(),
        false => format!(", the unit {given}"),
    };
    format!("--remove-ou removes {removed}{same}, which {what}")
}

fn not_deployed_to(unit: &str, id: &str, chosen: &Chosen) -> String {
    let directory = Directory::of(chosen.paths.clone(), []);
    let all: Vec<String> = chosen.ids.iter().map(|it| directory.unit(it)).collect();
    format!(
        "--remove-ou names {unit} ({id}), to which the spokes are not deployed; they are deployed to {}",
        all.join(", ")
    )
}

/// Looks up the units, which must exist and contain accounts. One that is only `deployed` to may be gone.
pub(crate) async fn look_up(
    aws: &Aws,
    settings: &Settings,
    deployed: Option<&BTreeSet<String>>,
    management_account: &str,
) -> Result<Units, Vec<String>> {
    let chosen = choose(aws, settings, deployed).await?;
    let ids: Vec<String> = chosen.ids.into_iter().collect();
    let mut paths = chosen.paths;
    let trees = organization::subtrees(aws, &ids).await.map_err(|error| {
        vec![format!(
            "the accounts of the organizational units cannot be read: {error}"
        )]
    })?;
    let unknown = ids.iter().filter(|id| !paths.contains_key(*id));
    let unknown = organization::paths(aws, unknown).await;
    paths.extend(unknown);
    let mut units = outermost(trees);
    units.gone = chosen.gone;
    units.paths = below(&units, paths);
    let is_target = |tree: &Subtree| {
        let mut accounts = tree.accounts.iter();
        accounts.any(|account| account.active && account.id != management_account)
    };
    if !units.outermost.values().any(is_target) {
        let directory = Directory::of(units.paths, []);
        let all: Vec<String> = units
            .outermost
            .keys()
            .map(|it| directory.unit(it))
            .collect();
        return Err(vec![format!(
            "no active account is in {}: `aws organizations move-account` puts one there, or give another --ou",
            all.join(", ")
        )]);
    }
    Ok(units)
}

/// Adds the paths of the units below those whose path is known. Pure.
fn below(units: &Units, mut paths: Paths) -> Paths {
    for (unit, tree) in &units.outermost {
        let Some(path) = paths.get(unit).cloned() else {
            continue;
        };
        let path = path.trim_end_matches('/');
        let under = tree.paths.iter();
        paths.extend(under.map(|(id, rest)| (id.clone(), format!("{path}{rest}"))));
    }
    paths
}

/// Leaves out units that are inside another one of them: the outer one reaches all their accounts. Pure.
fn outermost(mut trees: BTreeMap<String, Subtree>) -> Units {
    let is_inside = |unit: &String| trees.values().any(|tree| tree.units.contains(unit));
    let inside: Vec<String> = trees
        .keys()
        .filter(|unit| is_inside(unit))
        .cloned()
        .collect();
    trees.retain(|unit, _| !inside.contains(unit));
    Units {
        outermost: trees,
        inside,
        gone: Vec::new(),
        paths: Paths::new(),
    }
}

/// Whether the organization has no such unit.
fn is_gone(error: &anyhow::Error) -> bool {
    error.is::<organization::NoSuchUnit>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(units: &[&str]) -> Subtree {
        Subtree {
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            ..Subtree::default()
        }
    }

    #[test]
    fn a_unit_inside_another_is_left_out() {
        let trees = BTreeMap::from([
            ("ou-workloads".to_owned(), tree(&["ou-prod", "ou-test"])),
            ("ou-prod".to_owned(), tree(&[])),
            ("ou-security".to_owned(), tree(&[])),
        ]);
        let units = outermost(trees);
        let outer: Vec<&String> = units.outermost.keys().collect();
        assert_eq!(outer, ["ou-security", "ou-workloads"]);
        assert_eq!(units.inside, ["ou-prod"]);
    }
}
