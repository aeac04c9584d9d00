//! Faults on demand.

use std::collections::BTreeMap;

use serde::Serialize;

/// How a call fails.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    /// It returns an error, in the protocol of the service, without effect.
    Fail {
        /// The error's code: `AccessDeniedException`...
        code: String,
        /// The error's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection is closed without a response.
    Drop {
        /// Whether the call takes effect first.
        applied: bool,
    },
    /// It returns the service's throttling error.
    Throttle,
    /// It takes effect, and returns, only when the faults are cleared.
    Hold {
        /// Or after this many milliseconds.
        ms: u64,
    },
    /// It is held in the same way, and then its connection is closed without effect: what becomes of a call whose caller
    /// is gone before it was sent.
    Stop {
        /// Or after this many milliseconds.
        ms: u64,
    },
    /// It succeeds, and says that entries of the request have failed: `FailedEntries` and the like. Calls that take
    /// no entries cannot fail so.
    Entries {
        /// The code of each: `ConcurrentModificationException`...
        code: String,
        /// The message of each.
        message: String,
        /// How many, from the first; the others take effect. All, if not set.
        count: Option<usize>,
    },
    /// It returns a page that is not the service's, as a proxy or a portal does.
    Page {
        /// The HTTP status.
        status: u16,
        /// Its headers besides the length: `Server`, `Via`, another `Content-Type` than HTML's...
        headers: BTreeMap<String, String>,
        /// Its body.
        body: String,
        /// Whether the call takes effect first.
        applied: bool,
    },
    /// It returns status 200 and no body.
    Empty {
        /// Whether the call takes effect first.
        applied: bool,
    },
    /// It takes effect, and returns the first half of its response.
    Cut {
        /// Whether the header gives the length of that half, so that only the document is incomplete; else the
        /// connection is closed before the body's end.
        framed: bool,
    },
}

/// Which calls fail, and how. Fields that are not set match every call.
///
/// `nth` and `every` count among the calls that match. Calls that functions in the lab make
/// match only if the service or the operation is named. Deliveries by the services themselves
/// are subject to faults on `Invoke` of `lambda` and `SendMessage` of `sqs`.
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
    /// Only writes (or only reads).
    pub write: Option<bool>,
    /// Only this one, counted from 1.
    pub nth: Option<u64>,
    /// Every time this many calls have matched.
    pub every: Option<u64>,
    /// At most this many in all.
    pub times: Option<u64>,
    /// Only calls that functions in the lab make, or only those that they do not.
    pub by_function: Option<bool>,
    /// With `nth`: this one and all that follow.
    pub onward: bool,
    /// Each attempt that an SDK makes at a call is that call: it fares as the first one did, and is not counted again.
    pub repeats: bool,
    /// What happens.
    pub kind: Kind,
}

impl Fault {
    /// A fault of every call.
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
            by_function: None,
            onward: false,
            repeats: false,
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

    /// Only writes.
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

    /// With [`Fault::nth`]: that one and all that follow.
    #[must_use]
    pub fn onward(mut self) -> Self {
        self.onward = true;
        self
    }

    /// Every attempt of an SDK at the same call.
    #[must_use]
    pub fn with_repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// Only calls that no function makes.
    #[must_use]
    pub fn of_operators(mut self) -> Self {
        self.by_function = Some(false);
        self
    }

    /// Every n-th that matches.
    #[must_use]
    pub fn every(mut self, every: u64) -> Self {
        self.every = Some(every);
        self
    }

    /// At most this many.
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
    /// At most this many.
    pub times: Option<u64>,
}
