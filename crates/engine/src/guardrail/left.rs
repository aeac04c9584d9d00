//! Whether a guardrail stays behind when the spokes are removed. It hinders no removal, since StackSets are never bound, and
//! a removal of spokes that fails must not have taken it away first: so it is named, and removed by its own command.

use super::resource::Guardrail;
use crate::aws::error::is_stopped;
use crate::session::Session;

/// The policy's name, where it is there and this deployment's; what cannot be read is said.
pub(crate) async fn left(session: &Session) -> Option<String> {
    let name = session.names().guardrail();
    match Guardrail::find(&session.aws, &name).await {
        Ok(found) => found
            .filter(|it| it.is_of(&session.settings.name))
            .map(|it| it.name),
        Err(error) if is_stopped(&error) => None,
        Err(error) => {
            session.work.message(&format!(
                "Could not determine whether the service control policy {name} is there, which `rootwatch teardown guardrail` with the management account's credentials removes: {error:#}."
            ));
            None
        }
    }
}
