//! Account names: from Organizations where the function has access to it, otherwise from the settings.
//!
//! A name is never worth a lost alert, nor a late one: a lookup takes a second at most, its result is cached, and after
//! a failure there are no lookups for some minutes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::ProvideErrorMetadata;
use aws_sdk_organizations::operation::describe_account::DescribeAccountError;

use crate::log;

/// How long a name is cached: accounts are seldom renamed.
const FRESH: Duration = Duration::from_secs(3_600);
/// How long it is cached that Organizations does not know an account.
const UNKNOWN: Duration = Duration::from_secs(600);
/// How long there are no lookups after a failure: in a hub that is not a delegated administrator every one fails.
const PAUSE: Duration = Duration::from_secs(300);
/// The maximum number of cached accounts, at less than 100 bytes each.
const MOST: usize = 1_000;

/// The names of accounts.
#[derive(Debug)]
pub(crate) struct Names {
    organizations: Client,
    configured: BTreeMap<String, String>,
    cache: Mutex<Cache>,
}

impl Names {
    pub(crate) fn new(organizations: Client, configured: BTreeMap<String, String>) -> Self {
        Self {
            organizations,
            configured,
            cache: Mutex::default(),
        }
    }

    /// The account's name; looks it up in Organizations only if `may_look_up`.
    pub(crate) async fn of(&self, account: &str, may_look_up: bool) -> Option<String> {
        let cached = self.cache().get(account, Instant::now());
        let found = match cached {
            Cached::Known(name) => name,
            Cached::Missing if may_look_up && is_account(account) => self.look_up(account).await,
            _ => None,
        };
        found.or_else(|| self.configured.get(account).cloned())
    }

    async fn look_up(&self, account: &str) -> Option<String> {
        let request = self.organizations.describe_account().account_id(account);
        // The SDK's futures are nested deeply; boxed, they stay within rustc's limit for one type.
        let answer = Box::pin(request.send()).await;
        let now = Instant::now();
        match answer {
            Ok(answer) => {
                let found = answer.account.filter(|it| it.id() == Some(account));
                let name = found.and_then(|it| it.name);
                self.cache().put(account, name.clone(), now);
                name
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeAccountError::is_account_not_found_exception) =>
            {
                self.cache().put(account, None, now);
                None
            }
            Err(error) => {
                self.cache().pause(now);
                let why = error
                    .code()
                    .map_or_else(|| error.to_string(), str::to_owned);
                log::info(&format!(
                    "account names are not available from Organizations: {why}"
                ));
                None
            }
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What Organizations responded.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    accounts: BTreeMap<String, Entry>,
    paused_until: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    name: Option<String>,
    until: Instant,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cached {
    Known(Option<String>),
    Missing,
    Paused,
}

impl Cache {
    pub(crate) fn get(&self, account: &str, now: Instant) -> Cached {
        match self.accounts.get(account) {
            Some(entry) if entry.until > now => Cached::Known(entry.name.clone()),
            _ if self.paused_until.is_some_and(|until| until > now) => Cached::Paused,
            _ => Cached::Missing,
        }
    }

    /// There are no lookups for a while.
    pub(crate) fn pause(&mut self, now: Instant) {
        self.paused_until = Some(now + PAUSE);
    }

    pub(crate) fn put(&mut self, account: &str, name: Option<String>, now: Instant) {
        let lifetime = if name.is_some() { FRESH } else { UNKNOWN };
        if self.accounts.len() >= MOST && !self.accounts.contains_key(account) {
            let oldest = self.accounts.iter().min_by_key(|(_, entry)| entry.until);
            if let Some(account) = oldest.map(|(account, _)| account.clone()) {
                self.accounts.remove(&account);
            }
        }
        let until = now + lifetime;
        self.accounts
            .insert(account.to_owned(), Entry { name, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cached_for_an_hour_and_an_unknown_account_for_ten_minutes() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        assert_eq!(cache.get("1", now), Cached::Missing);
        cache.put("1", Some("Prod".to_owned()), now);
        cache.put("2", None, now);
        let at = |cache: &Cache, account, seconds| {
            cache.get(account, now + Duration::from_secs(seconds))
        };
        assert_eq!(
            at(&cache, "1", 3_599),
            Cached::Known(Some("Prod".to_owned()))
        );
        assert_eq!(at(&cache, "1", 3_600), Cached::Missing);
        assert_eq!(at(&cache, "2", 599), Cached::Known(None));
        assert_eq!(at(&cache, "2", 600), Cached::Missing);
    }

    #[test]
    fn after_a_failure_there_are_no_lookups_for_a_while() {
        let now = Instant::now();
        let mut cache = Cache::default();
        cache.put("1", Some("Prod".to_owned()), now);
        cache.paused_until = Some(now + PAUSE);
        assert_eq!(cache.get("1", now), Cached::Known(Some("Prod".to_owned())));
        assert_eq!(cache.get("2", now), Cached::Paused);
        assert_eq!(cache.get("2", now + PAUSE), Cached::Missing);
    }

    #[test]
    fn no_more_than_a_thousand_accounts_are_cached() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        for number in 0..2 * MOST {
            let at = now + Duration::from_millis(number as u64);
            cache.put(&number.to_string(), Some("x".to_owned()), at);
        }
        assert_eq!(cache.accounts.len(), MOST);
        assert_eq!(cache.get("0", now), Cached::Missing);
        assert_ne!(cache.get("1999", now), Cached::Missing);
    }

    #[test]
    fn only_account_ids_are_looked_up() {
        assert!(is_account("111122223333"));
        assert!(
            !is_account("unknown") && !is_account("11112222333") && !is_account("11112222333x")
        );
    }
}
