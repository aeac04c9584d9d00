//! All spokes: which there are, and each looked at in its account, or by its StackSet. Reads only.

use super::finding::{CannotRead, DEPLOY_SPOKES, Hop, Part, Read};
use super::spoke::Seen;
use super::template;
use crate::aws::Aws;
use crate::aws::spoke::{Entry, Session, Spoke};
use crate::names::Names;
use crate::spokes::instances::Instances;
use crate::spokes::organization::Organization;
use crate::spokes::{self, Observed, Place, Spot};
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that are looked at side by side, and regions within each.
const AT_ONCE: usize = 8;

/// Which spokes, and how they are entered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// How each account is entered.
    pub(crate) entry: Option<Entry>,
    /// Only these; all when empty.
    pub(crate) accounts: Vec<String>,
    /// Only these; all when empty.
    pub(crate) regions: Vec<String>,
}

impl Selection {
    fn takes(&self, spot: &Spot) -> bool {
        let within = |list: &[String], one: &String| list.is_empty() || list.contains(one);
        within(&self.accounts, &spot.account) && within(&self.regions, &spot.region)
    }

    /// The instances that are meant; and of what was asked for by name, also what has no instance.
    pub(crate) fn of(&self, instances: &Instances, home: &str) -> BTreeSet<Spot> {
        let mut spots: BTreeSet<Spot> = instances
            .spots()
            .filter(|(spot, instance)| self.takes(spot) && !instance.is_skipped())
            .map(|(spot, _)| spot)
            .collect();
        let mut regions: BTreeSet<&str> = self.regions.iter().map(String::as_str).collect();
        if regions.is_empty() {
            regions.insert(home);
        }
        for account in &self.accounts {
            let known = |region: &str| {
                spots
                    .iter()
                    .any(|it| it.account == *account && it.region == region)
            };
            let has_any = spots.iter().any(|it| it.account == *account);
            let missing: Vec<Spot> = regions
                .iter()
                .filter(|region| !known(region) && (!self.regions.is_empty() || !has_any))
                .map(|region| Spot {
                    account: account.clone(),
                    region: (*region).to_owned(),
                })
                .collect();
            spots.extend(missing);
        }
        spots
    }
}

/// What is known of the spokes from the hub.
pub(crate) async fn observe(
    aws: &Aws,
    names: &Names,
    organization: &Read<Organization>,
    call_as: Option<crate::config::CallAs>,
) -> Read<Observed> {
    let organization = organization.as_ref().map_err(Clone::clone)?;
    let place = Place::of(aws, organization, call_as);
    Ok(spokes::observe(&place, &names.stack_set(), &BTreeSet::new()).await?)
}

/// Every hop of the spokes that are meant.
pub(crate) async fn check(
    aws: &Aws,
    names: &Names,
    observed: &Read<Observed>,
    selection: &Selection,
) -> Vec<Hop> {
    let id = format!("stack-set {}", names.stack_set());
    let nothing = Instances::default();
    let (known, mut hops) = match observed {
        Ok(Observed {
            stack_set: Some(set),
            instances,
            ..
        }) => {
            let mut hops = template::check_set(set, names);
            let meant = instances.spots().filter(|(spot, _)| selection.takes(spot));
            hops.extend(meant.map(|(spot, instance)| template::check_instance(&spot, instance)));
            (instances, hops)
        }
        Ok(Observed {
            stack_set: None, ..
        }) => {
            let none = Hop::broken(
                &id,
                "exists",
                "there is none: no account forwards anything",
                format!("{DEPLOY_SPOKES} --ou …"),
            );
            (&nothing, vec![none])
        }
        // With a way in and an account to look at, the StackSet is not needed.
        Err(_) if selection.entry.is_some() && !selection.accounts.is_empty() => {
            (&nothing, Vec::new())
        }
        Err(why) => (&nothing, vec![Hop::unread(&id, "exists", why)]),
    };
    for hop in &mut hops {
        if hop.account.is_empty() {
            *hop = hop.clone().at(Part::StackSet, &aws.account, &aws.region);
        }
    }
    if let Some(entry) = &selection.entry {
        let spots = selection.of(known, names.partition.sign_in_region());
        hops.extend(look(aws, names, entry, &spots, known).await);
    }
    hops
}

async fn look(
    aws: &Aws,
    names: &Names,
    entry: &Entry,
    spots: &BTreeSet<Spot>,
    known: &Instances,
) -> Vec<Hop> {
    let mut by_account: BTreeMap<&str, Vec<&Spot>> = BTreeMap::new();
    for spot in spots {
        by_account.entry(&spot.account).or_default().push(spot);
    }
    let all = stream::iter(by_account).map(async |(account, spots)| {
        let session = aws.enter(account, entry).await;
        in_account(names, session.map_err(CannotRead::from), &spots).await
    });
    let seen: Vec<Vec<Seen>> = all.buffered(AT_ONCE).collect().await;
    let mend = |seen: &Seen| mend(names, aws, seen, known);
    seen.iter()
        .flatten()
        .flat_map(|seen| seen.check(names, &mend(seen)))
        .collect()
}

/// One spoke whose account has been entered.
pub(crate) async fn look_at(spoke: &Spoke, names: &Names) -> Vec<Hop> {
    let mend =
        "run `rootwatch verify` with the same account and way into it: it says what mends it";
    Seen::read(spoke, names).await.check(names, mend)
}

async fn in_account(names: &Names, session: Read<Session>, spots: &[&Spot]) -> Vec<Seen> {
    let session = &session;
    let each = stream::iter(spots).map(async |spot| match session {
        Ok(session) => Seen::read(&session.spoke(&spot.region), names).await,
        Err(why) => Seen::closed(&spot.account, &spot.region, why.clone()),
    });
    each.buffered(AT_ONCE).collect().await
}

/// CloudFormation leaves what it believes to be right: a stack that somebody changed has to go first.
fn mend(names: &Names, aws: &Aws, seen: &Seen, known: &Instances) -> String {
    let spot = Spot {
        account: seen.account.clone(),
        region: seen.region.clone(),
    };
    match known.at(&spot) {
        None => format!("{DEPLOY_SPOKES} with the unit that the account is in"),
        Some(instance) => format!(
            "run `aws cloudformation delete-stack-instances --call-as DELEGATED_ADMIN --region {} --stack-set-name {} --deployment-targets OrganizationalUnitIds={},Accounts={},AccountFilterType=INTERSECTION --regions {} --no-retain-stacks`, and when that operation has ended `rootwatch deploy spokes`",
            aws.region,
            names.stack_set(),
            instance.unit,
            spot.account,
            spot.region
        ),
    }
}
