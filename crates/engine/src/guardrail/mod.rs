//! The guardrail: a service control policy of the organization that keeps the spokes as they are.
//!
//! Whoever administers a member account, and its root user, can remove what watches it. An SCP binds both. This prints it,
//! makes and attaches it as everything else is made (desired, observed, plan, apply, read back), and says which accounts
//! it binds.

mod apply;
mod basis;
pub(crate) mod covered;
mod deployment;
mod left;
mod plan;
pub(crate) mod policy;
mod report;
pub(crate) mod resource;
mod scp;
mod targets;

pub use deployment::{Switches, deploy, deploy_saved, plan, teardown};
pub(crate) use left::left;
pub use plan::GuardrailPlan;
pub use policy::MOST_CHARACTERS;
pub use report::{Deployed, Planned, Report, Target};
pub use scp::{Scp, scp};
pub use targets::Targets;
