//! What could not be read of the spokes, each as a gap that names the call. Pure.

use super::Gap;
use super::spokes::Seen;
use crate::aws::error::AwsError;
use crate::findings::coverage as kinds;
use crate::findings::organization::ACCOUNTS_NOT_READ;
use crate::spokes::coverage::{Coverage, LOOK_OTHERWISE};

impl Seen<'_> {
    /// What could not be read, but for single regions.
    pub(super) fn unread(&self) -> Vec<Gap> {
        let of_set = self.of_the_set().into_iter();
        of_set
            .chain(self.of_enabled_regions())
            .chain(self.of_accounts())
            .chain(self.of_own_stacks())
            .collect()
    }

    /// Of the StackSet, its instances and its operations.
    fn of_the_set(&self) -> Vec<Gap> {
        let name = self.name();
        let parts = [
            (
                kinds::STACK_SET_NOT_READ,
                format!("the StackSet {name} could not be read"),
                self.set.as_ref().err(),
            ),
            (
                kinds::INSTANCES_NOT_READ,
                format!("which accounts the StackSet {name} covers could not be read"),
                self.listed.instances.as_ref(),
            ),
            (
                kinds::OPERATIONS_NOT_READ,
                format!("the operations of the StackSet {name} could not be read"),
                self.listed.operations.as_ref(),
            ),
        ];
        let set = format!("stack-set {name}");
        let gaps = parts.into_iter().filter_map(|(id, text, why)| {
            let gap = Gap::unread(id, &set, &text, why?);
            Some(self.of_set(gap))
        });
        gaps.collect()
    }

    fn of_enabled_regions(&self) -> Option<Gap> {
        let why = self.enabled.as_ref().err();
        let why = why.filter(|why| self.needs_enabled(why))?;
        let text = format!(
            "which regions account {} has enabled could not be read, so one may be enabled and not watched",
            self.session.aws.account
        );
        let gap = Gap::unread(kinds::ENABLED_REGIONS_NOT_READ, "regions", &text, why);
        Some(self.of_set(gap))
    }

    /// Whether it matters which regions are enabled: where they are named it does not, unless AWS gives another answer
    /// than a denial.
    fn needs_enabled(&self, why: &AwsError) -> bool {
        self.session.settings.spokes.regions.is_empty() || !why.is_denied()
    }

    fn of_accounts(&self) -> Option<Gap> {
        let why = self.accounts_unread.as_ref()?;
        let gap = Gap::failed(ACCOUNTS_NOT_READ, "organization", why);
        let text = format!(
            "the organization's accounts {}; accounts without any stack instance are not seen",
            gap.text
        );
        Some(self.of_set(Gap { text, ..gap }))
    }

    /// Of the management account, where its credentials do not work.
    fn of_own_stacks(&self) -> Option<Gap> {
        let (why, account) = (self.own.as_ref().err()?, self.management?);
        let stack = format!("stack {}", self.name());
        let gap = Gap::failed(kinds::OWN_STACKS_NOT_READ, stack, why);
        let text = format!("the management account's own stacks {}", gap.text);
        let gap = Gap { text, ..gap }.not_entered("management");
        Some(gap.at(account, &self.session.aws.region))
    }

    /// What AWS denies of the management account's stacks to credentials that should see them.
    pub(super) fn of_regions(&self, coverage: &Coverage) -> Option<Gap> {
        let own = self.own.as_ref().ok().and_then(Option::as_ref)?;
        let (text, account) = (coverage.unseen.first()?, self.management?);
        let why = own.unread.values().next()?;
        let fix = match why.is_denied() {
            true => format!("allow the caller {}, or {LOOK_OTHERWISE}", why.operation),
            false => LOOK_OTHERWISE.to_owned(),
        };
        let regions = coverage.unseen_locations.iter();
        let regions = regions.filter(|it| it.account == account);
        let regions = regions.map(|it| it.region.clone()).collect();
        let stack = format!("stack {}", self.name());
        let gap = Gap::new(kinds::OWN_STACKS_NOT_READ, stack, text, fix);
        Some(Gap {
            operation: Some(why.operation),
            ..gap.in_all(vec![account.to_owned()], regions)
        })
    }

    /// Which regions accounts have turned off.
    pub(super) fn of_turned_off(&self) -> Option<Gap> {
        let why = self.off.denied.as_ref()?;
        let text = format!(
            "which regions other accounts have turned off cannot be read ({why}), so a stack instance in such a region counts as failed"
        );
        let gap = Gap::new(kinds::TURNED_OFF_NOT_READ, "regions", text, self.off.fix());
        Some(self.of_set(Gap {
            operation: Some("account:ListRegions"),
            ..gap
        }))
    }
}
