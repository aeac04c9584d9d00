//! What AWS refuses, in the words that no test depends on.

use rootwatch_lab::{Fault, Kind};

/// Every call answers this error.
pub(crate) fn failing(code: &str, message: &str, status: u16) -> Fault {
    Fault::new(Kind::Fail {
        code: code.into(),
        message: message.into(),
        status,
    })
}

/// Every call answers that the caller may not do it.
pub(crate) fn denied() -> Fault {
    failing("AccessDeniedException", "not today", 403)
}

/// The same as the services of the query protocol say it.
pub(crate) fn access_denied() -> Fault {
    failing("AccessDenied", "not today", 403)
}
