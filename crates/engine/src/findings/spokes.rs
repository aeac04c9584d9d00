//! RW2xx: what `verify` finds in an account and region, and in the StackSet that makes them.

use super::{FindingId, Kind};

kinds! {
    RULE_MISSING = 201, "an account and region has no rule that forwards",
        "Root activity there is not reported.",
        "`rootwatch deploy spokes` creates it.";
}
