use super::*;
use crate::cli::Cli;
use clap::CommandFactory;
use std::collections::BTreeSet;

fn flags(keys: &[&Key], found: &mut BTreeSet<String>) {
    for key in keys {
        if !key.flag.is_empty() {
            found.insert(key.flag.to_owned());
        }
        match key.kind {
            Kind::Table(keys) | Kind::Tables(keys) => flags(keys, found),
            _ => {}
        }
    }
}

/// Flags of one run rather than settings of a deployment.
const OF_A_RUN: &[&str] = &[
    "--adopt",
    "--allow-nobody",
    "--from-deployed",
    "--remove-ou",
    "--remove-subscription",
    "--reset",
    "--own-build",
    "--move-hub",
    "--strict",
    "--enable-trusted-access",
    "--enable-policy-type",
    "--remove-account",
    "--format",
    "--no-wait",
    "--config",
    "--output",
    "--color",
    "--quiet",
    "--verbose",
    "--yes",
    "--detailed-exitcode",
    "--all-regions",
    "--schema",
    "--account",
    "--spoke-region",
    "--role",
    "--external-id",
    "--hub-only",
    "--all-accounts",
    "--sample",
    "--wait",
    "--html",
    "--detect-drift",
    "--spoke-profile",
    "--abandon-spokes",
    "--keep-logs",
    "--accept-unknown",
    "--leave-behind",
    "--terraform-state",
    "--retain-stacks",
    "--as",
    "--example",
    "--template",
    "--overwrite",
    "--out",
    "--plan",
];

#[test]
fn every_setting_has_a_flag_and_every_flag_a_key() {
    fn typed(command: &clap::Command, found: &mut BTreeSet<String>) {
        let named = command.get_arguments().filter_map(clap::Arg::get_long);
        found.extend(named.map(|name| format!("--{name}")));
        command
            .get_subcommands()
            .for_each(|command| typed(command, found));
    }
    let mut known = BTreeSet::new();
    flags(ROOT, &mut known);
    let mut of_clap = BTreeSet::new();
    typed(&Cli::command(), &mut of_clap);
    of_clap.retain(|flag| !OF_A_RUN.contains(&flag.as_str()));
    assert_eq!(known, of_clap);
}
