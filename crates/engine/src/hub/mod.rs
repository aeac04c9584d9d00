//! The hub: what it consists of, which parts exist, and what has to change.

pub(crate) mod alarm;
pub(crate) mod apply;
pub(crate) mod attachments;
mod basis;
pub(crate) mod build;
pub(crate) mod chain;
mod crowd;
pub(crate) mod deployed;
pub(crate) mod deployment;
pub(crate) mod desired;
pub(crate) mod direct_way;
#[cfg(test)]
mod drift_tests;
pub(crate) mod event_bus;
mod failures;
pub(crate) mod foreign;
pub(crate) mod former_roles;
pub(crate) mod former_topic;
pub(crate) mod function;
mod gone;
pub(crate) mod hub_resource;
pub(crate) mod log_group;
pub(crate) mod mapping;
pub(crate) mod mark;
pub(crate) mod metrics;
pub(crate) mod not_default;
pub(crate) mod notifier_settings;
pub(crate) mod observe;
pub(crate) mod pattern;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod policies;
pub(crate) mod queue;
mod refusals;
pub(crate) mod resource;
pub(crate) mod role;
mod routes;
pub(crate) mod rule;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod self_check;
pub(crate) mod setting;
mod settle;
pub(crate) mod subscriptions;
pub(crate) mod tampering;
pub(crate) mod targets;
pub(crate) mod topic;

pub use deployed::{HubDeployed, HubPlanned, Report};
pub use deployment::{Switches, deploy, deploy_saved, plan};
pub use people::{Lost, People, Person, Subject};
pub use plan::HubPlan;
pub use setting::setting_of;
