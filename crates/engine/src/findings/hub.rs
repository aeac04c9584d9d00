//! RW1xx: what `verify` finds in the hub.

use super::{FindingId, Kind};

kinds! {
    BUS_MISSING = 101, "the hub's event bus is missing",
        "Nothing that the spokes forward arrives.",
        "`rootwatch deploy hub` creates it.";
}
