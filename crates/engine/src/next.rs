//! The commands that come after a deployment, whole, for somebody who has no settings file. Pure.

use crate::aws::partition::Partition;
use crate::settings::Settings;
use crate::shell::CommandLine;
use crate::spokes::{HubBus, Location};

/// The commands that are left to run once the hub is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterHub {
    /// Deploys the spokes, from the management account or a delegated administrator; none where they are seen to be
    /// there, since a unit that is named is watched too.
    pub deploy_spokes: Option<CommandLine>,
    /// Proves the path, in the hub's account.
    pub test: CommandLine,
}

/// What is left to run once the hub is there.
pub(crate) fn after_hub(
    settings: &Settings,
    hub: &HubBus,
    partition: Partition,
    has_spokes: bool,
) -> AfterHub {
    let given = &settings.spokes.ous;
    let all = ["/".to_owned()];
    let units = if given.is_empty() { &all } else { &given[..] };
    AfterHub {
        deploy_spokes: (!has_spokes)
            .then(|| deploy_spokes(settings, hub, &hub.region, units, partition)),
        test: test(settings, hub),
    }
}

/// `deploy spokes` for these units. Regions are named only where the settings name them, so that one that is enabled
/// later is watched too.
pub(crate) fn deploy_spokes(
    settings: &Settings,
    hub: &HubBus,
    region: &str,
    units: &[String],
    partition: Partition,
) -> CommandLine {
    let mut command = CommandLine::new("rootwatch deploy spokes")
        .flag("--region", region)
        .flag("--hub-account", &hub.account)
        .flag("--hub-region", &hub.region);
    for unit in units {
        command = command.flag("--ou", unit);
    }
    if !settings.spokes.regions.is_empty() {
        command = command.flag("--regions", &settings.spokes.regions.join(","));
    }
    command.flags(&settings.flags(partition))
}

/// `test` in the hub's account, which remembers the rest.
pub(crate) fn test(settings: &Settings, hub: &HubBus) -> CommandLine {
    let command = CommandLine::new("rootwatch test").flag("--region", &hub.region);
    command.named(&settings.name)
}

/// `deploy spokes` where there are none yet, in a sentence: for the units of the settings, or else for all accounts.
pub(crate) fn first_spokes(units: &[String]) -> String {
    match units.is_empty() {
        true => "`rootwatch deploy spokes --ou /`, or with another unit,".into(),
        false => "`rootwatch deploy spokes`".into(),
    }
}

/// A command for the hub where it is, in a sentence: with which region, and whose credentials.
pub(crate) fn there(command: &str, hub: &Location) -> String {
    let Location { account, region } = hub;
    format!("`{command} --region {region}` with credentials of account {account}")
}

/// The same from a place that may be the hub's, where the command needs no more.
pub(crate) fn at_hub(command: &str, hub: &Location, here: &Location) -> String {
    match hub == here {
        true => format!("`{command}`"),
        false => there(command, hub),
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
