//! What IAM, EventBridge and SNS would decide, without asking them.
//!
//! [`Policy`] compares policy documents by meaning; [`iam`] evaluates them; [`external`] finds the principals of other
//! accounts that one lets in; [`pattern`] matches events against event patterns and messages against subscription
//! filters. Where AWS's answer is not certain, the answer here is unknown, never a guess. Pure: nothing here holds a
//! client, waits, or prints.

mod answer;
pub mod external;
pub mod iam;
pub mod pattern;
mod policy;

pub use answer::Answer;
pub use policy::Policy;
