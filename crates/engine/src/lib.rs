//! The engine: everything that rootwatch does to AWS and reads from it, for the command line and for programs.
//!
//! Data goes one way: [`Settings`] -> the desired state -> the observed state -> a plan -> its application -> a report.
//! Plans are pure; observing never writes; nothing here prints. The caller gives a [`Session`] its [`Progress`], a
//! [`Stop`] to end it early and an [`Operator`] to show and ask, and gets each result as data.

pub mod adopt;
mod apply;
mod aws;
pub mod canary;
pub mod confirm;
pub mod cost;
mod elsewhere;
mod end;
pub mod export;
pub mod failure;
pub mod findings;
pub mod guardrail;
mod heard;
mod heartbeat;
pub mod hub;
mod id;
pub mod ignore;
pub mod memory;
mod names;
mod next;
mod operator;
#[cfg(test)]
mod page;
pub mod permissions;
mod plan;
mod reference;
pub mod removal;
pub mod saved;
#[cfg(test)]
mod schema;
pub mod self_check;
mod session;
mod settings;
pub mod shell;
pub mod source;
pub mod spokes;
pub mod status;
mod stop;
mod subscription;
pub mod survey;
pub mod verify;
mod words;
mod work;

/// The functions that are inside.
pub mod functions {
    pub use rootwatch_bundle::{
        ARCHITECTURE, executable_digest, self_check_digest, self_check_executable_digest,
        source_digest,
    };
}

pub use apply::{Outcome, Unfinished};
pub use aws::consistency::cases::{CASES, Case};
pub use aws::error::is_stopped;
pub use aws::hint::of as hint_of;
pub use aws::partition::{Partition, is_region_name};
pub use aws::spoke::Entry;
pub use aws::trace::CALLS;
pub use end::{End, NotConfirmed};
pub use failure::{ErrorReport, Failure};
pub use heartbeat::Heartbeat;
pub use hub::self_check::settings::Told;
pub use ignore::Ignore;
pub use names::{DEFAULT_NAME, DEPLOYMENT_TAG, Names};
pub use next::AfterHub;
pub use operator::{Nobody, Operator, Question, View};
pub use plan::{Action, Counts, FieldChange, Step};
pub use rootwatch_bundle::MOST_SETTINGS as MOST_NOTIFIER_SETTINGS;
pub use session::Session;
pub use settings::{
    Access, Amount, Boundary, CallAs, Connection, GuardrailSettings, HubSettings, IamSettings,
    Notify, OperationSettings, RegionConcurrency, SelfCheck, Settings, SpokesSettings,
};
pub use source::{Source, Sources};
pub use stop::{Stop, Stopped};
pub use subscription::{Subscription, without_password};
pub use words::{count, one_line};
pub use work::{Attempt, Progress, Sent, Silent, Work};
