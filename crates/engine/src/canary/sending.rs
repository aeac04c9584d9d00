//! Sending canaries from many places: each account entered, and its regions side by side.

use super::limit::Limit;
use super::now_ms;
use super::send::{Purpose, send};
use crate::aws::Aws;
use crate::aws::consistency::passes;
use crate::aws::error::AwsError;
use crate::aws::spoke::{Entry, Session, Spoke};
use crate::spokes::Location;
use crate::work::Work;
use futures_util::stream::{self, StreamExt};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Accounts whose regions are under way; [`Limit`] says how many calls are.
const ACCOUNTS_AT_ONCE: usize = 64;
/// A session lasts 15 minutes, the minimum of STS; an older one than this is renewed.
const OLDEST: Duration = Duration::from_secs(600);

/// Sends canaries from these places.
pub(super) struct Sender<'a> {
    aws: &'a Aws,
    entry: Option<&'a Entry>,
    locations: &'a [Location],
    limit: Limit,
    sessions: Mutex<BTreeMap<&'a str, Entered>>,
}

#[derive(Clone)]
struct Entered {
    session: Session,
    since: Instant,
}

/// A canary to be sent: the number of its place, and its id.
pub(super) type Canary = (usize, String);

/// What came of sending one: when it was sent, or why it was not.
pub(super) type Result = std::result::Result<i64, Failure>;

/// Why a canary was not sent.
pub(super) struct Failure {
    pub(super) why: String,
    /// Whether it is worth trying again.
    pub(super) passes: bool,
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        Self {
            passes: passes(&error) || error.is_throttled(),
            why: error.to_string(),
        }
    }
}

impl<'a> Sender<'a> {
    pub(super) fn new(aws: &'a Aws, entry: Option<&'a Entry>, locations: &'a [Location]) -> Self {
        Self {
            aws,
            entry,
            locations,
            limit: Limit::new(),
            sessions: Mutex::default(),
        }
    }

    /// Sends these, and notes what came of each at once.
    pub(super) async fn send(
        &self,
        canaries: Vec<Canary>,
        work: &Work,
        note: &impl Fn(usize, Result),
    ) {
        let mut accounts: BTreeMap<&str, Vec<(Canary, &Location)>> = BTreeMap::new();
        for canary in canaries {
            if let Some(location) = self.locations.get(canary.0) {
                let of_account = accounts.entry(&location.account).or_default();
                of_account.push((canary, location));
            }
        }
        stream::iter(accounts)
            .for_each_concurrent(ACCOUNTS_AT_ONCE, async |(account, canaries)| {
                self.in_account(account, canaries, work, note).await;
            })
            .await;
    }

    async fn in_account(
        &self,
        account: &'a str,
        canaries: Vec<(Canary, &Location)>,
        work: &Work,
        note: &impl Fn(usize, Result),
    ) {
        let session = match self.session(account, work).await {
            Ok(session) => session,
            Err(error) => {
                let why = error.to_string();
                let passes = error.is_throttled();
                for ((place, _), _) in canaries {
                    let why = why.clone();
                    note(place, Err(Failure { why, passes }));
                }
                return;
            }
        };
        let session = &session;
        stream::iter(canaries)
            .for_each_concurrent(None, async |((place, id), location)| {
                let mut sent = self.put(session, &id, location, work).await;
                if sent.as_ref().is_err_and(has_expired) {
                    self.forget(account);
                    sent = match self.session(account, work).await {
                        Ok(renewed) => self.put(&renewed, &id, location, work).await,
                        Err(error) => Err(error),
                    };
                }
                note(place, sent.map_err(Failure::from));
            })
            .await;
    }

    async fn put(
        &self,
        session: &Session,
        id: &str,
        from: &Location,
        work: &Work,
    ) -> std::result::Result<i64, AwsError> {
        let bus = session.events(&from.region);
        let sent = self.limit.call(work, async || {
            send(&bus, "default", id, from, Purpose::Probe, work).await
        });
        sent.await
    }

    fn forget(&self, account: &str) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(account);
    }

    /// Credentials in an account, for some minutes at least.
    async fn session(
        &self,
        account: &'a str,
        work: &Work,
    ) -> std::result::Result<Session, AwsError> {
        let Some(entry) = self.entry else {
            return Ok(self.aws.own_session());
        };
        if let Some(session) = self.known(account) {
            return Ok(session);
        }
        let since = Instant::now();
        let entered = self
            .limit
            .call(work, async || self.aws.enter(account, entry).await);
        let session = entered.await?;
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let entered = Entered {
            session: session.clone(),
            since,
        };
        sessions.insert(account, entered);
        Ok(session)
    }

    fn known(&self, account: &str) -> Option<Session> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sessions.get(account)?;
        (known.since.elapsed() < OLDEST).then(|| known.session.clone())
    }

    /// A place, to be read; none where it cannot be entered.
    pub(super) async fn spoke(&self, location: &'a Location, work: &Work) -> Option<Spoke> {
        let session = self.session(&location.account, work).await.ok()?;
        Some(session.spoke(&location.region))
    }
}

/// Whether a session has ended (Common Errors of AWS's APIs; STS returns the first, JSON services the second).
fn has_expired(error: &AwsError) -> bool {
    ["ExpiredToken", "ExpiredTokenException"].contains(&error.code.as_str())
}

/// Now, where a canary was tried and nothing says when.
pub(super) fn tried_ms(result: &Result) -> i64 {
    result.as_ref().map_or_else(|_| now_ms(), |at| *at)
}
