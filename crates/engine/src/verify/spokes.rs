//! All spokes: which there are, and each judged in its account, or by its StackSet. Read-only.

use super::finding::{CannotRead, DEPLOY_SPOKES, Hop, Part, Read};
use super::spoke::Seen;
use super::template;
use crate::aws::Aws;
use crate::aws::spoke::{Entry, Session, Spoke};
use crate::findings;
use crate::memory;
use crate::names::Names;
use crate::next;
use crate::session::Session as Run;
use crate::spokes::instances::Instances;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, HubBus, Location, Observed, Place};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that are read concurrently, and regions within each.
const AT_ONCE: usize = 8;

/// Which spokes, and by which role or profile.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The role or profile for each account.
    pub entry: Option<Entry>,
    /// Only these; all when empty.
    pub accounts: Vec<String>,
    /// Only these; all when empty.
    pub regions: Vec<String>,
}

impl Selection {
    fn includes(&self, account: &str, region: &str) -> bool {
        let within =
            |list: &[String], one: &str| list.is_empty() || list.iter().any(|it| it == one);
        within(&self.accounts, account) && within(&self.regions, region)
    }

    /// The selected instances; and locations that were named and have no instance.
    pub(crate) fn of(&self, instances: &Instances, home: &str) -> BTreeSet<Location> {
        let mut locations: BTreeSet<Location> = instances
            .iter()
            .filter(|(region, account, it)| self.includes(account, region) && !it.is_skipped())
            .map(|(region, account, _)| Location::of(account, region))
            .collect();
        let mut regions: BTreeSet<&str> = self.regions.iter().map(String::as_str).collect();
        if regions.is_empty() {
            regions.insert(home);
        }
        for account in &self.accounts {
            let has_any = locations.iter().any(|it| it.account == *account);
            if !(self.regions.is_empty() && has_any) {
                let named = regions.iter().map(|region| Location::of(account, region));
                locations.extend(named);
            }
        }
        locations
    }
}

/// What the hub's account knows of the spokes.
pub(crate) async fn observe(place: &Read<Place<'_>>, names: &Names) -> Read<Observed> {
    let place = place.as_ref().map_err(Clone::clone)?;
    Ok(spokes::observe(place, &names.stack_set(), &BTreeSet::new()).await?)
}

/// Every hop of the selected spokes.
pub(crate) async fn check(
    session: &Run,
    names: &Names,
    place: &Read<Place<'_>>,
    observed: &Read<Observed>,
    selection: &Selection,
) -> Vec<Hop> {
    let aws = &session.aws;
    let id = format!("stack-set {}", names.stack_set());
    let nothing = Instances::default();
    let (known, mut hops) = match observed {
        Ok(Observed {
            stack_set: Some(set),
            instances,
            ..
        }) => {
            let mut hops = template::check_set(set, &wanted_set(session, set), names);
            let selected = |account: &str, region: &str| selection.includes(account, region);
            hops.extend(template::check_instances(instances, selected));
            (instances, hops)
        }
        Ok(Observed {
            stack_set: None, ..
        }) => {
            let none = Hop::broken(
                findings::spokes::STACK_SET_MISSING,
                &id,
                "exists",
                "there is none: no account forwards anything",
                format!("run {} here", next::first_spokes(&[])),
            );
            (&nothing, vec![none])
        }
        // With a role or profile and an account, the StackSet is not needed.
        Err(_) if selection.entry.is_some() && !selection.accounts.is_empty() => {
            (&nothing, Vec::new())
        }
        Err(why) => (
            &nothing,
            vec![Hop::unread(findings::spokes::UNREAD, &id, "exists", why)],
        ),
    };
    for hop in &mut hops {
        if hop.account.is_empty() {
            *hop = hop.clone().at(Part::StackSet, &aws.account, &aws.region);
        }
    }
    if let Some(entry) = &selection.entry {
        let locations = selection.of(known, names.partition.sign_in_region());
        let call_as = place
            .as_ref()
            .map_or("SELF", |place| place.call_as.as_str());
        let fix = |seen: &Seen| fix(names, aws, call_as, seen, known);
        let found = observed.as_ref().ok().and_then(|it| it.stack_set.as_ref());
        let parameters = match found {
            Some(set) => wanted_set(session, set).parameters,
            None => spokes::iam_parameters(&names.iam),
        };
        let judge = |seen: &Seen| seen.check(names, &parameters, &fix(seen));
        hops.extend(look(aws, names, entry, &locations, judge).await);
    }
    hops
}

/// Each is judged once its account has been read, so that not all of them are held.
async fn look(
    aws: &Aws,
    names: &Names,
    entry: &Entry,
    locations: &BTreeSet<Location>,
    judge: impl Fn(&Seen) -> Vec<Hop>,
) -> Vec<Hop> {
    let mut by_account: BTreeMap<&str, Vec<&Location>> = BTreeMap::new();
    for location in locations {
        by_account
            .entry(&location.account)
            .or_default()
            .push(location);
    }
    let all = stream::iter(by_account).map(async |(account, locations)| {
        let session = aws.enter(account, entry).await;
        in_account(names, session.map_err(CannotRead::from), &locations).await
    });
    let hops = all
        .buffered(AT_ONCE)
        .map(|seen| seen.iter().flat_map(&judge).collect());
    let hops: Vec<Vec<Hop>> = hops.collect().await;
    hops.into_iter().flatten().collect()
}

/// The StackSet as this version makes it with these settings, and what the found one shows of those that are not given.
fn wanted_set(session: &Run, found: &StackSet) -> StackSet {
    let mut settings = session.settings.clone();
    memory::remember_set(&mut settings, found);
    let hub = HubBus {
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
    };
    spokes::stack_set(&settings, found.name.clone(), &hub)
}

/// One spoke whose account has been entered.
pub(crate) async fn look_at(spoke: &Spoke, names: &Names) -> Vec<Hop> {
    let fix = "run `rootwatch verify`: it says how to fix it";
    let parameters = spokes::iam_parameters(&names.iam);
    Seen::read(spoke, names)
        .await
        .check(names, &parameters, fix)
}

async fn in_account(names: &Names, session: Read<Session>, locations: &[&Location]) -> Vec<Seen> {
    let session = &session;
    let each = stream::iter(locations).map(async |location| match session {
        Ok(session) => Seen::read(&session.spoke(&location.region), names).await,
        Err(why) => Seen::closed(&location.account, &location.region, why.clone()),
    });
    each.buffered(AT_ONCE).collect().await
}

/// CloudFormation does not update a stack that it believes to be current: one that somebody changed has to be deleted
/// first.
fn fix(names: &Names, aws: &Aws, call_as: &str, seen: &Seen, known: &Instances) -> String {
    let location = Location {
        account: seen.account.clone(),
        region: seen.region.clone(),
    };
    match known.at(&location) {
        None => format!(
            "{DEPLOY_SPOKES} with --ou and the unit that account {} is in",
            location.account
        ),
        Some(instance) => format!(
            "run `aws cloudformation delete-stack-instances --call-as {call_as} --region {} --stack-set-name {} --deployment-targets OrganizationalUnitIds={},Accounts={},AccountFilterType=INTERSECTION --regions {} --no-retain-stacks`, and when that operation has ended `rootwatch deploy spokes`",
            aws.region,
            names.stack_set(),
            instance.unit,
            location.account,
            location.region
        ),
    }
}
