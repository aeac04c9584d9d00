//! The accounts and regions that a run names: whether there are such, before anything is made or waited for.

use super::finding::DEPLOY_SPOKES;
use super::spokes::Selection;
use crate::session::Session;
use crate::shell::quoted;
use crate::spokes::instances::{self, Instances};
use crate::spokes::organization::{self, Account, Organization};
use crate::spokes::{self, regions};
use crate::words::count;
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of what was named.
struct Known<'a> {
    organization: &'a Organization,
    stack_set: &'a str,
    /// The account of this run.
    own: &'a str,
    /// The StackSet's instances; `None` where there is none, or it cannot be seen.
    instances: Option<&'a Instances>,
    /// The named accounts that are in no instance, each with its unit as a command takes it, as far as Organizations
    /// says: `None` for one that is not a member.
    members: BTreeMap<&'a str, Option<Account>>,
    /// Every region that there is, where one was named that has no instance; empty where AWS does not say.
    regions: BTreeSet<String>,
}

/// Fails where an account or region that was named does not exist, or has no stack instance. What cannot be read
/// stops nothing.
pub(crate) async fn check(
    session: &Session,
    organization: &Organization,
    instances: Option<&Instances>,
    selection: &Selection,
) -> Result<()> {
    let aws = &session.aws;
    let none = Instances::default();
    let found = instances.unwrap_or(&none);
    let (accounts, deployed) = (found.accounts(), deployed_regions(found));
    let mut members = BTreeMap::new();
    let missing = selection.accounts.iter();
    for account in missing.filter(|it| !accounts.contains(it.as_str())) {
        if let Ok(mut member) = organization::member(aws, account).await {
            if let Some(member) = &mut member {
                member.unit = organization::unit_of(aws, account).await;
            }
            members.insert(account.as_str(), member);
        }
    }
    let is_deployed = selection.regions.iter().all(|it| deployed.contains(it));
    let regions = match is_deployed {
        true => BTreeSet::new(),
        false => organization::every_region(aws).await.unwrap_or_default(),
    };
    let stack_set = session.names().stack_set();
    let known = Known {
        organization,
        stack_set: &stack_set,
        own: &aws.account,
        instances,
        members,
        regions,
    };
    match known.problems(selection).as_slice() {
        [] => Ok(()),
        problems => bail!(problems.join("\n       ")),
    }
}

/// The same for a run that has not read the StackSet: of that it reads no more than it has to.
pub(crate) async fn check_unread(session: &Session, selection: &Selection) -> Result<()> {
    // Without the organization nothing can be said.
    let Ok(organization) = organization::find(&session.aws).await else {
        return Ok(());
    };
    let place = session.stack_sets(&organization);
    let name = session.names().stack_set();
    let of_accounts = instances::of_accounts(&place, &name, &selection.accounts).await;
    let Ok(Some(some)) = of_accounts else {
        return check(session, &organization, None, selection).await;
    };
    if check(session, &organization, Some(&some), selection)
        .await
        .is_ok()
    {
        return Ok(());
    }
    // A list may lag; and the error says how large the StackSet is.
    let observed = spokes::observe_settled(&place, &name, &BTreeSet::new(), &session.work).await;
    let all = observed.map_or(some, |it| it.instances);
    check(session, &organization, Some(&all), selection).await
}

fn deployed_regions(instances: &Instances) -> BTreeSet<String> {
    instances.regions().cloned().collect()
}

impl Known<'_> {
    /// What of a selection does not exist. Pure.
    fn problems(&self, selection: &Selection) -> Vec<String> {
        let none = Instances::default();
        let deployed = deployed_regions(self.instances.unwrap_or(&none));
        let is_real = |it: &&String| {
            self.regions.is_empty() || self.regions.contains(*it) || deployed.contains(*it)
        };
        let (real, unreal): (Vec<&String>, Vec<&String>) =
            selection.regions.iter().partition(is_real);
        let mut problems: Vec<String> = unreal
            .into_iter()
            .map(|it| regions::no_such(it, &deployed, &self.regions))
            .collect();
        if selection.accounts.is_empty() {
            let idle = real.iter().filter(|it| !deployed.contains(**it));
            problems.extend(idle.filter_map(|region| self.idle(region)));
        }
        for account in &selection.accounts {
            problems.extend(self.account(account, &real, selection.entry.is_some()));
        }
        problems
    }

    /// A region without any instance.
    fn idle(&self, region: &str) -> Option<String> {
        let size = self.size()?;
        Some(format!(
            "no account has a stack instance in {region}: {size}; {} watches that region too",
            self.with_region(region)
        ))
    }

    fn account(&self, account: &str, regions: &[&String], is_entered: bool) -> Option<String> {
        let instances = self.instances.filter(|it| it.accounts().contains(account));
        if let Some(instances) = instances {
            let mut missing = regions.iter();
            let region = missing.find(|it| instances.get(account, it).is_none())?;
            return Some(self.not_in_region(account, region, instances));
        }
        let who = match self.members.get(account) {
            Some(None) => {
                return Some(format!(
                    "account {account} is not in the organization {}",
                    self.organization.id
                ));
            }
            Some(Some(member)) => format!(
                "account {account} ({}) is in the organization, but",
                member.name
            ),
            None => format!("account {account}"),
        };
        let size = self.size()?;
        if account == self.organization.management_account {
            let is_seen = is_entered || account == self.own;
            return (!is_seen).then(|| format!(
                "account {account} is the management account, which no StackSet reaches: its own stacks are read with --role NAME or --spoke-profile NAME"
            ));
        }
        Some(format!(
            "{who} has no stack instance: {size}; {}",
            self.with_account(account)
        ))
    }

    /// `deploy spokes` with the unit of an account too, where that is known.
    fn with_account(&self, account: &str) -> String {
        let member = self.members.get(account).and_then(Option::as_ref);
        match member
            .map(|it| it.unit.as_str())
            .filter(|it| !it.is_empty())
        {
            Some(unit) => format!("run `rootwatch deploy spokes --ou {}`", quoted(unit)),
            None => format!(
                "{DEPLOY_SPOKES} with --ou and the unit that the account is in, which `rootwatch status` names"
            ),
        }
    }

    fn not_in_region(&self, account: &str, region: &str, instances: &Instances) -> String {
        let regions: Vec<&str> = instances
            .iter()
            .filter(|(_, of, _)| *of == account)
            .map(|(region, ..)| region)
            .collect();
        format!(
            "account {account} has no stack instance in {region}: StackSet {} has it in {}; {} watches that region too",
            self.stack_set,
            regions.join(", "),
            self.with_region(region)
        )
    }

    /// `deploy spokes` with the regions of the StackSet and one more: the flag gives all of them.
    fn with_region(&self, region: &str) -> String {
        let mut regions = self.instances.map(deployed_regions).unwrap_or_default();
        regions.insert(region.to_owned());
        let regions: Vec<String> = regions.into_iter().collect();
        format!("`rootwatch deploy spokes --regions {}`", regions.join(","))
    }

    /// How much there is; `None` where that cannot be seen.
    fn size(&self) -> Option<String> {
        let instances = self.instances?;
        Some(format!(
            "StackSet {} has {} in {}",
            self.stack_set,
            count(instances.accounts().len(), "account"),
            count(instances.regions().count(), "region")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::Location;
    use crate::spokes::instances::Instance;

    const SHOP: &str = "333333333333";
    const MANAGEMENT: &str = "111111111111";

    fn instances() -> Instances {
        let mut all = Instances::default();
        for region in ["eu-west-1", "us-east-1"] {
            let instance = Instance {
                status: "CURRENT".into(),
                detail: "SUCCEEDED".into(),
                reason: None,
                unit: "ou".into(),
                operation: "".into(),
                has_stack: true,
            };
            all.insert(Location::of(SHOP, region), instance);
        }
        all
    }

    fn member(id: &str) -> Option<Account> {
        Some(Account {
            id: id.into(),
            name: "sandbox".into(),
            active: true,
            unit: String::new(),
        })
    }

    fn problems(
        accounts: &[&str],
        regions: &[&str],
        is_entered: bool,
        instances: Option<&Instances>,
    ) -> String {
        let organization = Organization {
            id: "o-a".into(),
            management_account: MANAGEMENT.into(),
            all_features: true,
        };
        let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let known = Known {
            organization: &organization,
            stack_set: "x-spoke",
            own: "222222222222",
            instances,
            members: BTreeMap::from([
                ("999999999999", None),
                ("555555555555", member("555555555555")),
                (MANAGEMENT, member(MANAGEMENT)),
            ]),
            regions: set(&["ap-south-1", "eu-west-1", "us-east-1"]),
        };
        let selection = Selection {
            entry: is_entered.then(|| crate::aws::spoke::Entry::Profile("p".into())),
            accounts: accounts.iter().map(|it| (*it).to_owned()).collect(),
            regions: regions.iter().map(|it| (*it).to_owned()).collect(),
        };
        known.problems(&selection).join("\n")
    }

    #[test]
    fn what_is_named_and_does_not_exist_is_said_with_what_exists() {
        let some = instances();
        for (accounts, regions, said) in [
            (&[SHOP][..], &[][..], ""),
            (&[SHOP], &["us-east-1"], ""),
            (&[], &["us-east-1"], ""),
            (&[], &[], ""),
            (
                &["999999999999"],
                &[],
                "account 999999999999 is not in the organization o-a",
            ),
            (
                &["555555555555"],
                &[],
                "account 555555555555 (sandbox) is in the organization, but has no stack instance: StackSet x-spoke has 1 account in 2 regions; run `rootwatch deploy spokes`",
            ),
            (
                &["777777777777"],
                &[],
                "account 777777777777 has no stack instance",
            ),
            (
                &[SHOP],
                &["ap-south-1"],
                "account 333333333333 has no stack instance in ap-south-1: StackSet x-spoke has it in eu-west-1, us-east-1; `rootwatch deploy spokes --regions ap-south-1,eu-west-1,us-east-1` watches that region too",
            ),
            (
                &[SHOP],
                &["eu-west-9"],
                "there is no region eu-west-9; did you mean eu-west-1?",
            ),
            (&[], &["eu-west-9"], "there is no region eu-west-9"),
            (
                &[],
                &["ap-south-1"],
                "no account has a stack instance in ap-south-1",
            ),
            (
                &[MANAGEMENT],
                &[],
                "is the management account, which no StackSet reaches",
            ),
        ] {
            let found = problems(accounts, regions, false, Some(&some));
            assert!(found.starts_with(said) || found.contains(said), "{found}");
            assert_eq!(found.is_empty(), said.is_empty(), "{found}");
        }
    }

    #[test]
    fn what_cannot_be_seen_stops_nothing() {
        let some = instances();
        assert_eq!(
            problems(&[MANAGEMENT], &["eu-west-1"], true, Some(&some)),
            ""
        );
        assert_eq!(problems(&["555555555555"], &["eu-west-1"], true, None), "");
        assert_eq!(problems(&["777777777777"], &[], true, None), "");
        assert_ne!(problems(&["999999999999"], &[], true, None), "");
    }
}
