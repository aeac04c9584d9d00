//! How StackSet operations go through accounts and regions.

use super::{form, schema, settings::Settings};
use clap::ValueEnum;

/// How many accounts: so many, or so many in a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    Count(i32),
    Percent(i32),
}

/// Whether an operation goes through the regions at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegionConcurrency {
    /// All regions at once
    Parallel,
    /// One region after the other
    Sequential,
}

/// Preferences of all StackSet operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OperationSettings {
    /// Accounts that are worked on at once, in each region.
    pub(crate) max_concurrent: Amount,
    /// Accounts that may fail in a region before the operation stops there.
    pub(crate) failure_tolerance: Amount,
    pub(crate) region_concurrency: RegionConcurrency,
}

impl Default for OperationSettings {
    fn default() -> Self {
        Self {
            max_concurrent: Amount::Percent(100),
            failure_tolerance: Amount::Percent(100),
            region_concurrency: RegionConcurrency::Parallel,
        }
    }
}

impl OperationSettings {
    pub(super) fn of(settings: &Settings) -> Self {
        let amount = |key| {
            settings
                .text(key)
                .and_then(|text| form::parse_amount(&text))
        };
        let default = Self::default();
        Self {
            max_concurrent: amount(&schema::MAX_CONCURRENT).unwrap_or(default.max_concurrent),
            failure_tolerance: amount(&schema::FAILURE_TOLERANCE)
                .unwrap_or(default.failure_tolerance),
            region_concurrency: settings
                .text(&schema::REGION_CONCURRENCY)
                .and_then(|text| RegionConcurrency::from_str(&text, false).ok())
                .unwrap_or(default.region_concurrency),
        }
    }
}
