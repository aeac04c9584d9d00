//! Faults on demand.

use serde::Serialize;

/// How a call goes wrong.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    /// It answers an error, in the protocol of the service, without doing anything.
    Fail {
        /// The error's code: `AccessDeniedException`...
        code: String,
        /// The error's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection closes without an answer.
    Drop {
        /// Whether the call takes effect before that.
        applied: bool,
    },
    /// It answers the throttling error of the service.
    Throttle,
    /// It takes effect, and answers, only when the faults are cleared.
    Hold {
        /// Or when so many milliseconds have passed.
        ms: u64,
    },
}

/// Which calls go wrong, and how. Fields that are not set match every call.
///
/// `nth` and `every` count among the calls that match. Calls that functions in the lab make
/// match only when the service or the operation is named. What services deliver themselves
/// meets faults on `Invoke` of `lambda` and `SendMessage` of `sqs`.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    /// The operation.
    pub operation: Option<String>,
    /// The service, by its signing name.
    pub service: Option<String>,
    /// The account that calls.
    pub account: Option<String>,
    /// The region that is called.
    pub region: Option<String>,
    /// Only calls that may change something (or only those that may not).
    pub write: Option<bool>,
    /// Only this one, counted from 1.
    pub nth: Option<u64>,
    /// Each time so many have come.
    pub every: Option<u64>,
    /// At most so many in all.
    pub times: Option<u64>,
    /// What happens.
    pub kind: Kind,
}

impl Fault {
    /// A fault that every call meets.
    pub fn new(kind: Kind) -> Self {
        Self {
            operation: None,
            service: None,
            account: None,
            region: None,
            write: None,
            nth: None,
            every: None,
            times: None,
            kind,
        }
    }

    /// Only this operation.
    #[must_use]
    pub fn operation(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Only this service, by its signing name.
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Only this account's calls.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Only calls that may change something.
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.write = Some(true);
        self
    }

    /// Only the n-th that matches, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Each n-th that matches.
    #[must_use]
    pub fn every(mut self, every: u64) -> Self {
        self.every = Some(every);
        self
    }

    /// At most so many.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }
}

/// Which instances of StackSets fail on purpose. Fields that are not set match all.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InstanceFault {
    /// The target account.
    pub account: Option<String>,
    /// The target region.
    pub region: Option<String>,
    /// `CREATE`, `UPDATE`, `DELETE` or `DETECT_DRIFT`.
    pub action: Option<String>,
    /// The reason that is shown.
    pub reason: String,
    /// At most so many.
    pub times: Option<u64>,
}
