//! The organizational units that an account is in, from Organizations: asked only where a setting names a unit.
//!
//! As with names, no lookup is worth a late alert: each takes a second at most, is cached, and after a failure there are
//! none for some minutes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::ProvideErrorMetadata;

use crate::log;
use crate::names::{Cache, Cached, is_account};

/// Organizations has five levels of units below the root (Organizations User Guide, "Quotas").
const DEEPEST: usize = 6;

/// Which unit is in which.
#[derive(Debug)]
pub(crate) struct Units {
    organizations: Client,
    /// The parent of each account and unit.
    parents: Mutex<Cache>,
}

impl Units {
    pub(crate) fn new(organizations: Client) -> Self {
        Self {
            organizations,
            parents: Mutex::default(),
        }
    }

    /// The account's unit, the one that this is in, and so on to the root; none where one of them is not known.
    pub(crate) async fn of(&self, account: &str, may_look_up: bool) -> Option<Vec<String>> {
        let mut units: Vec<String> = Vec::new();
        if !is_account(account) {
            return None;
        }
        while units.len() < DEEPEST {
            let child = units.last().map_or(account, String::as_str);
            let parent = self.parent(child, may_look_up).await?;
            let is_root = parent.starts_with("r-");
            units.push(parent);
            if is_root {
                break;
            }
        }
        Some(units)
    }

    async fn parent(&self, child: &str, may_look_up: bool) -> Option<String> {
        let cached = self.parents().get(child, Instant::now());
        match cached {
            Cached::Known(parent) => parent,
            Cached::Missing if may_look_up => self.look_up(child).await,
            _ => None,
        }
    }

    async fn look_up(&self, child: &str) -> Option<String> {
        let request = self.organizations.list_parents().child_id(child);
        let answer = Box::pin(request.send()).await;
        let now = Instant::now();
        match answer {
            Ok(answer) => {
                let parent = answer.parents.unwrap_or_default().into_iter().next();
                let parent = parent.and_then(|it| it.id);
                self.parents().put(child, parent.clone(), now);
                parent
            }
            Err(error) => {
                self.parents().pause(now);
                let why = error
                    .code()
                    .map_or_else(|| error.to_string(), str::to_owned);
                log::info(&format!(
                    "organizational units are not available from Organizations: {why}"
                ));
                None
            }
        }
    }

    fn parents(&self) -> MutexGuard<'_, Cache> {
        self.parents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this is the id of a unit or of the organization's root.
pub(crate) fn is_unit(id: &str) -> bool {
    id.starts_with("ou-") || id.starts_with("r-")
}
