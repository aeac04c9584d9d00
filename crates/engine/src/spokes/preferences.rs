//! How an operation goes through accounts and regions: as the settings say it, and as AWS has it.

use crate::settings::{Amount, OperationSettings, RegionConcurrency};
use aws_sdk_cloudformation::types as sdk;

/// How an operation goes through accounts and regions.
///
/// By default all at once, and none stops for another's failure: a failure is reported at the end, not tolerated,
/// and stopping early would only leave more accounts unwatched.
#[derive(Clone, Debug)]
pub(crate) struct Preferences {
    settings: OperationSettings,
}

impl Preferences {
    /// Preferences by the settings.
    pub(crate) fn of(settings: &OperationSettings) -> Self {
        Self {
            settings: settings.clone(),
        }
    }

    /// As CloudFormation expects them. In the soft mode the two limits do not narrow one another
    /// (CloudFormation API Reference, StackSetOperationPreferences).
    pub(super) fn to_sdk(&self) -> sdk::StackSetOperationPreferences {
        let builder = sdk::StackSetOperationPreferences::builder()
            .region_concurrency_type(match self.settings.region_concurrency {
                RegionConcurrency::Parallel => sdk::RegionConcurrencyType::Parallel,
                RegionConcurrency::Sequential => sdk::RegionConcurrencyType::Sequential,
            })
            .concurrency_mode(sdk::ConcurrencyMode::SoftFailureTolerance);
        let builder = match self.settings.max_concurrent {
            Amount::Count(count) => builder.max_concurrent_count(count),
            Amount::Percent(percent) => builder.max_concurrent_percentage(percent),
        };
        match self.settings.failure_tolerance {
            Amount::Count(count) => builder.failure_tolerance_count(count),
            Amount::Percent(percent) => builder.failure_tolerance_percentage(percent),
        }
        .build()
    }
}

/// As AWS has them; the default where it says nothing.
pub(super) fn read(found: &sdk::StackSetOperationPreferences) -> OperationSettings {
    let default = OperationSettings::default();
    let amount = |count: Option<i32>, percent: Option<i32>, default: Amount| {
        let count = count.map(Amount::Count);
        count.or(percent.map(Amount::Percent)).unwrap_or(default)
    };
    OperationSettings {
        max_concurrent: amount(
            found.max_concurrent_count(),
            found.max_concurrent_percentage(),
            default.max_concurrent,
        ),
        failure_tolerance: amount(
            found.failure_tolerance_count(),
            found.failure_tolerance_percentage(),
            default.failure_tolerance,
        ),
        region_concurrency: match found.region_concurrency_type() {
            Some(sdk::RegionConcurrencyType::Sequential) => RegionConcurrency::Sequential,
            _ => default.region_concurrency,
        },
        ..default
    }
}
