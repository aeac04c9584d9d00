//! The KMS keys of one's own that the hub is encrypted with: their state, policies and grants. Read-only.
//!
//! A key of one's own is not rootwatch's and may serve much else, so that nothing of it is in the plan; but who disables
//! it, or takes EventBridge out of its policy, silences the hub.

use super::finding::{CannotRead, Read};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::hub::hub_resource::HubResource;
use futures_util::future::join_all;
use rootwatch_eval::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// How many grants of a key are read: a key that serves much else may have 50,000.
const MOST_GRANTS: usize = 1_000;

/// The state of a key that does not exist.
pub(super) const MISSING: &str = "missing";

/// A key as KMS shows it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// `Enabled`, `Disabled`, `PendingDeletion`, …, or [`MISSING`].
    pub(super) state: String,
    /// Its key policy.
    pub(super) policy: Read<Policy>,
    /// Who may use it by a grant.
    pub(super) grants: Read<Vec<Grant>>,
}

/// What one or more grants of a key allow somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// ARN of a principal, or a service.
    pub(super) grantee: String,
    /// `Decrypt`, `GenerateDataKey`, …
    pub(super) operations: BTreeSet<String>,
}

/// The key of one's own that a resource is encrypted with; AWS's own have no policy that anybody can change.
pub(super) fn own_key(resource: &HubResource) -> Option<&str> {
    let key = match resource {
        HubResource::LogGroup(it) => it.kms_key.as_deref(),
        HubResource::Queue(it) => it.kms_key.as_deref(),
        HubResource::Topic(it) => it.kms_master_key_id.as_deref(),
        _ => None,
    };
    key.filter(|key| !key.contains("alias/aws/"))
}

/// Reads each key by the name that the resources have for it.
pub(super) async fn read(aws: &Aws, found: &[&HubResource]) -> BTreeMap<String, Read<Key>> {
    let names: BTreeSet<&str> = found.iter().filter_map(|it| own_key(it)).collect();
    let keys = names
        .into_iter()
        .map(async |name| (name.to_owned(), one(aws, name).await));
    join_all(keys).await.into_iter().collect()
}

async fn one(aws: &Aws, name: &str) -> Read<Key> {
    let described = aws.kms.describe_key().key_id(name).send().await;
    let Some(described) = described.found("kms:DescribeKey")? else {
        return Ok(Key::missing());
    };
    let described = described.key_metadata;
    // An alias is no name for the two others.
    let id = described.as_ref().and_then(|it| it.arn.as_deref());
    let id = id.unwrap_or(name);
    let (policy, grants) = tokio::join!(policy(aws, id), grants(aws, id));
    let state = described.as_ref().and_then(|it| it.key_state.as_ref());
    Ok(Key {
        state: state.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        policy,
        grants: grants.map_err(CannotRead::from),
    })
}

impl Key {
    fn missing() -> Self {
        Self {
            state: MISSING.to_owned(),
            policy: Ok(Policy::default()),
            grants: Ok(Vec::new()),
        }
    }
}

/// KMS API Reference, `GetKeyPolicy`: not of a key in another account.
async fn policy(aws: &Aws, id: &str) -> Read<Policy> {
    let call = aws.kms.get_key_policy().key_id(id).policy_name("default");
    let answer = call.send().await.call("kms:GetKeyPolicy")?;
    Ok(Policy::parse(answer.policy().unwrap_or("{}"))?)
}

async fn grants(aws: &Aws, id: &str) -> Result<Vec<Grant>, AwsError> {
    let mut pages = aws
        .kms
        .list_grants()
        .key_id(id)
        .into_paginator()
        .items()
        .send();
    let (mut all, mut count) = (BTreeSet::new(), 0);
    while let Some(grant) = pages.next().await {
        let grant = grant.call("kms:ListGrants")?;
        all.insert(Grant {
            operations: grant
                .operations()
                .iter()
                .map(|it| it.as_str().to_owned())
                .collect(),
            grantee: grant.grantee_principal.unwrap_or_default(),
        });
        count += 1;
        if count == MOST_GRANTS {
            break;
        }
    }
    Ok(all.into_iter().collect())
}
