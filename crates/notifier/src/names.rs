//! Account names: from Organizations where the function may ask, from the settings otherwise.
//!
//! A name is never worth a lost alert, nor a late one: an answer is waited for a second at most, kept for a while, and
//! after a failure nothing is asked for some minutes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::ProvideErrorMetadata;
use aws_sdk_organizations::operation::describe_account::DescribeAccountError;

use crate::log;

/// How long a name is taken for true: accounts are seldom renamed.
const FRESH: Duration = Duration::from_secs(3_600);
/// How long an account that Organizations does not know is not asked for again.
const UNKNOWN: Duration = Duration::from_secs(600);
/// How long nothing is asked after a failure: a hub that is no delegated administrator may never ask.
const PAUSE: Duration = Duration::from_secs(300);
/// The most accounts that are remembered, at less than 100 bytes each.
const MOST: usize = 1_000;

/// What accounts are called.
#[derive(Debug)]
pub(crate) struct Names {
    organizations: Client,
    configured: BTreeMap<String, String>,
    remembered: Mutex<Remembered>,
}

impl Names {
    pub(crate) fn new(organizations: Client, configured: BTreeMap<String, String>) -> Self {
        Self {
            organizations,
            configured,
            remembered: Mutex::default(),
        }
    }

    /// The account's name; asks Organizations for it only if `may_ask`.
    pub(crate) async fn of(&self, account: &str, may_ask: bool) -> Option<String> {
        let known = self.remembered().look(account, Instant::now());
        let found = match known {
            Look::Known(name) => name,
            Look::Ask if may_ask && is_account(account) => self.ask(account).await,
            _ => None,
        };
        found.or_else(|| self.configured.get(account).cloned())
    }

    async fn ask(&self, account: &str) -> Option<String> {
        let request = self.organizations.describe_account().account_id(account);
        // The SDK's futures are nested deeply; boxed, they stay within rustc's limit for one type.
        let answer = Box::pin(request.send()).await;
        let now = Instant::now();
        match answer {
            Ok(answer) => {
                let found = answer.account.filter(|it| it.id() == Some(account));
                let name = found.and_then(|it| it.name);
                self.remembered().put(account, name.clone(), now);
                name
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeAccountError::is_account_not_found_exception) =>
            {
                self.remembered().put(account, None, now);
                None
            }
            Err(error) => {
                self.remembered().paused_until = Some(now + PAUSE);
                let why = error
                    .code()
                    .map_or_else(|| error.to_string(), str::to_owned);
                log::note(&format!("Organizations tells no account names: {why}"));
                None
            }
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What Organizations said.
#[derive(Debug, Default)]
struct Remembered {
    accounts: BTreeMap<String, Entry>,
    paused_until: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    name: Option<String>,
    until: Instant,
}

#[derive(Debug, PartialEq, Eq)]
enum Look {
    Known(Option<String>),
    Ask,
    Paused,
}

impl Remembered {
    fn look(&self, account: &str, now: Instant) -> Look {
        match self.accounts.get(account) {
            Some(entry) if entry.until > now => Look::Known(entry.name.clone()),
            _ if self.paused_until.is_some_and(|until| until > now) => Look::Paused,
            _ => Look::Ask,
        }
    }

    fn put(&mut self, account: &str, name: Option<String>, now: Instant) {
        let lasts = if name.is_some() { FRESH } else { UNKNOWN };
        if self.accounts.len() >= MOST && !self.accounts.contains_key(account) {
            let oldest = self.accounts.iter().min_by_key(|(_, entry)| entry.until);
            if let Some(account) = oldest.map(|(account, _)| account.clone()) {
                self.accounts.remove(&account);
            }
        }
        let until = now + lasts;
        self.accounts
            .insert(account.to_owned(), Entry { name, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_for_an_hour_and_a_missing_one_for_ten_minutes() {
        let (mut remembered, now) = (Remembered::default(), Instant::now());
        assert_eq!(remembered.look("1", now), Look::Ask);
        remembered.put("1", Some("Prod".to_owned()), now);
        remembered.put("2", None, now);
        let at = |remembered: &Remembered, account, seconds| {
            remembered.look(account, now + Duration::from_secs(seconds))
        };
        assert_eq!(
            at(&remembered, "1", 3_599),
            Look::Known(Some("Prod".to_owned()))
        );
        assert_eq!(at(&remembered, "1", 3_600), Look::Ask);
        assert_eq!(at(&remembered, "2", 599), Look::Known(None));
        assert_eq!(at(&remembered, "2", 600), Look::Ask);
    }

    #[test]
    fn after_a_failure_nothing_is_asked_for_a_while() {
        let now = Instant::now();
        let mut remembered = Remembered::default();
        remembered.put("1", Some("Prod".to_owned()), now);
        remembered.paused_until = Some(now + PAUSE);
        assert_eq!(
            remembered.look("1", now),
            Look::Known(Some("Prod".to_owned()))
        );
        assert_eq!(remembered.look("2", now), Look::Paused);
        assert_eq!(remembered.look("2", now + PAUSE), Look::Ask);
    }

    #[test]
    fn no_more_than_a_thousand_accounts_are_remembered() {
        let (mut remembered, now) = (Remembered::default(), Instant::now());
        for number in 0..2 * MOST {
            let at = now + Duration::from_millis(number as u64);
            remembered.put(&number.to_string(), Some("x".to_owned()), at);
        }
        assert_eq!(remembered.accounts.len(), MOST);
        assert_eq!(remembered.look("0", now), Look::Ask);
        assert_ne!(remembered.look("1999", now), Look::Ask);
    }

    #[test]
    fn only_account_numbers_are_asked_for() {
        assert!(is_account("111122223333"));
        assert!(
            !is_account("unknown") && !is_account("11112222333") && !is_account("11112222333x")
        );
    }
}
