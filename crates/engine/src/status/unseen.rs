//! What of a deployment only other credentials can see, and the command that shows it. Pure.

use super::Unseen;
use crate::session::Session;
use crate::spokes::Location;
use crate::spokes::coverage::Coverage;

/// The hub in an account that this run does not see.
pub(super) fn hub(session: &Session, hub: &Location) -> Unseen {
    let Location { account, region } = hub;
    Unseen {
        text: format!("the hub in account {account}, region {region}"),
        account: account.clone(),
        region: region.clone(),
        command: command(session, region),
    }
}

/// The management account's own stacks, where these credentials are not its own.
pub(super) fn stacks(session: &Session, management: &str, coverage: &Coverage) -> Vec<Unseen> {
    let region = &session.aws.region;
    let unseen = coverage.unseen.iter().map(|text| Unseen {
        text: text.clone(),
        account: management.to_owned(),
        region: region.clone(),
        command: command(session, region),
    });
    unseen.collect()
}

/// For somebody with those credentials but not this machine's settings.
fn command(session: &Session, region: &str) -> String {
    let flags = session.settings.flags(session.aws.partition);
    format!("rootwatch status --region {region}{flags}")
}
