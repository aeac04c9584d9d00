//! What goes wrong with a call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::faults::{Fault, Kind};

/// A call that is killed at is held for this long at the most.
const HELD_MS: u64 = 60_000;
const PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in to Corp Wi-Fi</title></head><body>Sign in</body></html>";
const GARBAGE: &str = "\u{0}\u{1}\u{fffd}%!PS garbage {<[ \u{7} 0xdeadbeef";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trouble {
    /// This call and all later ones of its operation answer 500.
    Failing,
    /// The call is throttled, however often it is repeated.
    Throttled,
    /// This call and all later ones of its operation are denied.
    Denied,
    /// The connection is closed before the call takes effect, at each attempt.
    ResetBefore,
    /// The same after it has.
    ResetAfter,
    /// It takes effect, and the connection ends in the middle of the answer.
    Cut,
    /// It takes effect, and the answer ends in the middle as if that were its end.
    Half,
    /// Something answers 200 and writes what nobody can read.
    Garbage,
    /// The same with 503.
    Garbage503,
    /// A portal answers 200 with its page.
    Page,
    /// Something answers 200 and nothing else.
    Empty,
    /// SIGKILL before the call takes effect.
    KillBefore,
    /// SIGKILL after it has.
    KillAfter,
}

impl Trouble {
    pub(crate) const ALL: [Self; 13] = [
        Self::Failing,
        Self::Throttled,
        Self::Denied,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Cut,
        Self::Half,
        Self::Garbage,
        Self::Garbage503,
        Self::Page,
        Self::Empty,
        Self::KillBefore,
        Self::KillAfter,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::Cut => "cut",
            Self::Half => "half",
            Self::Garbage => "garbage",
            Self::Garbage503 => "garbage-503",
            Self::Page => "page",
            Self::Empty => "empty",
            Self::KillBefore => "kill-before",
            Self::KillAfter => "kill-after",
        }
    }

    /// Whether the run is killed while the call is held.
    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::KillBefore | Self::KillAfter)
    }

    /// The fault of the n-th call of an operation, with every attempt at it.
    pub(crate) fn fault(self, service: &str, operation: &str, nth: u64) -> Fault {
        let fault = Fault::new(self.kind(service)).of_operators();
        let fault = fault.service(service).operation(operation);
        let fault = fault.nth(nth).with_repeats();
        match self {
            Self::Failing | Self::Denied => fault.onward(),
            _ => fault,
        }
    }

    /// The fault of the n-th of all calls of a run, or of its writes, with every attempt at it.
    pub(crate) fn fault_of_any(self, nth: u64, writes: bool) -> Fault {
        let fault = Fault::new(self.kind("")).of_operators();
        let fault = fault.nth(nth).with_repeats();
        let fault = if writes { fault.writes() } else { fault };
        match self {
            Self::Failing | Self::Denied => fault.onward(),
            _ => fault,
        }
    }

    fn kind(self, service: &str) -> Kind {
        match self {
            Self::Failing => fail("InternalFailure", "We encountered an internal error.", 500),
            Self::Throttled => Kind::Throttle,
            Self::Denied => fail(denial(service), "You are not authorized to do this.", 403),
            Self::ResetBefore => Kind::Drop { applied: false },
            Self::ResetAfter => Kind::Drop { applied: true },
            Self::Cut => Kind::Cut { framed: false },
            Self::Half => Kind::Cut { framed: true },
            Self::Garbage => page(200, "application/octet-stream", GARBAGE),
            Self::Garbage503 => page(503, "application/octet-stream", GARBAGE),
            Self::Page => page(200, "text/html", PAGE),
            Self::Empty => Kind::Empty { applied: false },
            Self::KillBefore => Kind::Stop { ms: HELD_MS },
            Self::KillAfter => Kind::Hold { ms: HELD_MS },
        }
    }
}

fn fail(code: &str, message: &str, status: u16) -> Kind {
    Kind::Fail {
        code: code.to_owned(),
        message: message.to_owned(),
        status,
    }
}

fn page(status: u16, content_type: &str, body: &str) -> Kind {
    Kind::Page {
        status,
        headers: BTreeMap::from([("Content-Type".to_owned(), content_type.to_owned())]),
        body: body.to_owned(),
        applied: false,
    }
}

/// The code by which a service denies (each service's API Reference, "Common errors").
fn denial(service: &str) -> &'static str {
    match service {
        "sns" => "AuthorizationError",
        "cloudformation" | "iam" | "monitoring" | "sqs" | "sts" => "AccessDenied",
        _ => "AccessDeniedException",
    }
}
