//! Roles that the hub's functions have, and would no longer have: under a name or a path of earlier settings.

use super::desired::Node;
use super::hub_resource::HubResource;
use super::observe::Found;
use super::plan::HubPlan;
use super::role::Role;
use crate::names::DEPLOYMENT_TAG;
use crate::session::Session;
use anyhow::Result;

/// Has the plan remove the former roles, unless others gave them something.
pub(crate) fn remove_former(session: &Session, former: Vec<Role>, plan: &mut HubPlan) {
    for former in former {
        if former.attached_policies.is_empty() && former.other_policies.is_empty() {
            plan.remove_former(former);
            continue;
        }
        session.work.message(&format!(
            "role {} stays, since it has policies that are not rootwatch's: remove it once nothing needs them",
            former.name
        ));
    }
}

/// The roles among these, the notifier's before the self-check's.
pub(super) fn roles<'a>(all: impl Iterator<Item = &'a HubResource>) -> Vec<&'a Role> {
    let mut roles = [None, None];
    for it in all {
        match it {
            HubResource::Role(role) => roles[0] = Some(role),
            HubResource::SelfCheckRole(role) => roles[1] = Some(&role.it),
            _ => {}
        }
    }
    roles.into_iter().flatten().collect()
}

/// The roles of this deployment that its functions have, and would no longer have.
pub(crate) async fn former_roles(
    session: &Session,
    nodes: &[Node],
    found: &Found,
) -> Result<Vec<Role>> {
    let names = session.names();
    let functions = found.values().filter_map(|it| match it {
        HubResource::Function(function) => {
            Some((function, names.role(), names.role_without_prefix()))
        }
        HubResource::SelfCheckFunction(function) => Some((
            &function.it,
            names.self_check_role(),
            names.self_check_role_without_prefix(),
        )),
        _ => None,
    });
    let wanted = roles(nodes.iter().map(|node| &node.resource));
    let mut former = Vec::new();
    for (function, name, base) in functions {
        let role = wanted.iter().find(|it| it.name == name);
        let is_of_same =
            |it: &&&Role| function.tags.get(DEPLOYMENT_TAG) == it.tags.get(DEPLOYMENT_TAG);
        if let Some(role) = role.filter(is_of_same) {
            former.extend(role.find_former(&session.aws, function, &base).await?);
        }
    }
    Ok(former)
}
