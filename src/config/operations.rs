//! How StackSet operations go through accounts and regions, from the settings' values.

use super::settings::Values;
use super::{form, schema};
use rootwatch_engine::{OperationSettings, RegionConcurrency};

/// Preferences of all StackSet operations; what is not given is the engine's default.
pub(super) fn settings(values: &Values) -> OperationSettings {
    let amount = |key| {
        let text = values.text(key);
        text.and_then(|text| form::parse_amount(&text))
    };
    let order = values.one_of(&schema::REGION_CONCURRENCY, &RegionConcurrency::ALL);
    let default = OperationSettings::default();
    OperationSettings {
        max_concurrent: amount(&schema::MAX_CONCURRENT).unwrap_or(default.max_concurrent),
        failure_tolerance: amount(&schema::FAILURE_TOLERANCE).unwrap_or(default.failure_tolerance),
        region_concurrency: order.unwrap_or(default.region_concurrency),
        instance_quota: values
            .text(&schema::INSTANCE_QUOTA)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default.instance_quota),
    }
}
