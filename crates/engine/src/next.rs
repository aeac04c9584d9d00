//! The commands that come after a deployment, whole, for somebody who has no settings file. Pure.

use crate::aws::partition::Partition;
use crate::settings::Settings;
use crate::shell::CommandLine;
use crate::spokes::HubBus;

/// The commands that are left to run once the hub is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterHub {
    /// Deploys the spokes, from the management account or a delegated administrator.
    pub deploy_spokes: CommandLine,
    /// Proves the path, in the hub's account.
    pub test: CommandLine,
}

/// What is left to run once the hub is there.
pub(crate) fn after_hub(settings: &Settings, hub: &HubBus, partition: Partition) -> AfterHub {
    let given = &settings.spokes.ous;
    let all = ["/".to_owned()];
    let units = if given.is_empty() { &all } else { &given[..] };
    AfterHub {
        deploy_spokes: deploy_spokes(settings, hub, &hub.region, units, partition),
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
    match settings.name.as_str() {
        "rootwatch" => command,
        name => command.flag("--name", name),
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
