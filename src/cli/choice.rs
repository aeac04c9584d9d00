//! The engine's choices with their values on the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use rootwatch_engine::{CallAs, RegionConcurrency};

/// Parses who calls CloudFormation.
pub(super) fn call_as() -> impl TypedValueParser<Value = CallAs> {
    choice(&CallAs::ALL, |choice| match choice {
        CallAs::Management => "The management account",
        CallAs::DelegatedAdmin => "A delegated administrator for StackSets",
    })
}

/// Parses how an operation goes through regions.
pub(super) fn region_concurrency() -> impl TypedValueParser<Value = RegionConcurrency> {
    choice(&RegionConcurrency::ALL, |choice| match choice {
        RegionConcurrency::Parallel => "All regions at once",
        RegionConcurrency::Sequential => "One region after the other",
    })
}

fn choice<T: Copy + Send + Sync + 'static>(
    all: &'static [(&'static str, T)],
    meaning: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let values = all
        .iter()
        .map(|(word, choice)| PossibleValue::new(*word).help(meaning(*choice)));
    PossibleValuesParser::new(values).try_map(|text| {
        let found = all.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, choice)| *choice)
            .ok_or("not one of the choices")
    })
}
