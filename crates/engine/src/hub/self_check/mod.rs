//! The self-check's own resources: a function that looks at the deployment every day, its role, its log, and the rule
//! that invokes it.
//!
//! A function, a role and a log group are what the notifier has too. Those of the self-check are a type of their own, so
//! that whatever is about the notifier cannot take one for the other.

pub(crate) mod permission;
pub(super) mod policy;
pub(crate) mod schedule;
pub(crate) mod settings;
pub(crate) mod wanted;

use super::function::Function;
use super::log_group::LogGroup;
use super::resource::{Resource, Tags};
use super::role::Role;
use crate::aws::Aws;
use crate::work::Work;
use anyhow::Result;
use permission::Permission;
use schedule::Schedule;
use serde::Serialize;
use std::collections::BTreeSet;

/// Key of the tag on the health topic with what the setting says: it is remembered there also when nothing else of the
/// self-check is.
pub(crate) const SETTING_TAG: &str = "rootwatch:self-check";

/// The self-check's function.
pub(crate) type SelfCheckFunction = OfSelfCheck<Function>;
/// Its log group.
pub(crate) type SelfCheckLog = OfSelfCheck<LogGroup>;
/// What lets the rule invoke it.
pub(crate) type SelfCheckPermission = OfSelfCheck<Permission>;
/// Its role.
pub(crate) type SelfCheckRole = OfSelfCheck<Role>;
/// The rule that invokes it.
pub(crate) type SelfCheckSchedule = OfSelfCheck<Schedule>;

/// A resource that is made where the self-check is on, and removed where it is off.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct OfSelfCheck<R> {
    pub(crate) it: R,
    #[serde(skip)]
    pub(crate) is_off: bool,
}

impl<R> OfSelfCheck<R> {
    fn with<T>(&self, it: T) -> OfSelfCheck<T> {
        OfSelfCheck {
            it,
            is_off: self.is_off,
        }
    }
}

impl<R: Resource> Resource for OfSelfCheck<R> {
    const KIND: &'static str = R::KIND;
    const FIND: &'static [&'static str] = R::FIND;
    const CREATE: &'static [&'static str] = R::CREATE;

    fn name(&self) -> &str {
        self.it.name()
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        Ok(self.it.find(aws).await?.map(|found| self.with(found)))
    }

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        let found = self.it.find_doubtful(aws).await?;
        Ok(found.map(|found| self.with(found)))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.it.create(aws, work).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        self.it.update(aws, work, &observed.it, changed).await
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.it.delete(aws, work).await
    }

    fn tags(&self) -> Option<&Tags> {
        self.it.tags()
    }

    fn is_off(&self) -> bool {
        self.is_off
    }
}
