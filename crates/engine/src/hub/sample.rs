//! A hub like any other, for tests of what is pure.

use super::desired::Wanted;
use crate::names::Names;
use crate::settings::{Notify, SelfCheck};
use crate::subscription::Subscription;
use std::collections::BTreeMap;

/// With one subscriber and a tag of the settings.
pub(crate) fn wanted() -> Wanted {
    Wanted {
        names: Names::sample(),
        org_id: "o-abcdefghij".into(),
        kms_key: None,
        log_kms_key: None,
        queue_kms_key: None,
        subscriptions: vec![email("security@example.com")],
        notify: Notify::default(),
        log_retention_days: 365,
        self_check: SelfCheck::Weekly,
        accepted: Vec::new(),
        tags: BTreeMap::from([("team".into(), "security".into())]),
        own_build: false,
        unsubscribed: Vec::new(),
        is_whole_list: true,
        unbounded: false,
        log_without_key: false,
    }
}

fn email(endpoint: &str) -> Subscription {
    Subscription {
        protocol: "email".into(),
        endpoint: endpoint.into(),
    }
}
