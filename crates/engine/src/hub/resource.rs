//! What every hub resource can do.

use crate::aws::Aws;
use crate::work::Work;
use anyhow::Result;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// One thing in AWS. A value is either the desired or the observed state; comparing the two is the plan.
///
/// The serialized fields are the properties that rootwatch sets; each of them is compared and repaired.
pub(crate) trait Resource: Serialize + Sized {
    /// AWS's word for the kind of resource.
    const KIND: &'static str;

    /// The longest chain of calls that `find` makes; only the first of them when there is nothing.
    const FIND: &'static [&'static str];

    /// The calls that `create` makes, one after the other, when AWS makes it wait for nothing.
    const CREATE: &'static [&'static str];

    /// Unique among resources of its kind.
    fn name(&self) -> &str;

    /// Reads what AWS holds under this name.
    async fn find(&self, aws: &Aws) -> Result<Option<Self>>;

    /// The same where there is most likely nothing: by one call then.
    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        self.find(aws).await
    }

    /// Creates it. It has the desired state when this returns.
    async fn create(&self, aws: &Aws, work: &Work) -> Result<()>;

    /// Sets the changed fields, and keeps what others added to the fields that are shared.
    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()>;

    /// Removes it. It is done when there is nothing.
    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()>;

    /// Its tags; `None` for what cannot be tagged and belongs to what it is attached to.
    fn tags(&self) -> Option<&Tags> {
        None
    }

    /// Whether it has to be made when it is not there.
    fn is_wanted(&self) -> bool {
        !self.is_off()
    }

    /// Whether it has to go when it is there: what earlier versions made, and what a setting switched off.
    fn is_off(&self) -> bool {
        false
    }
}

/// Whether tags are worth reading of what is known as ours by what it is part of: more is wanted than the mark.
pub(crate) fn are_compared(wanted: &Tags) -> bool {
    wanted.len() > 1
}

/// The tags in a service's own type.
pub(crate) fn tag_list<T, E>(
    tags: &Tags,
    build: impl Fn(&str, &str) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    tags.iter().map(|(key, value)| build(key, value)).collect()
}
