//! AWS in a box, for the demo, the tests and the benchmark.
//!
//! [`Lab`] is moto's server, pinned and checked by hash, in a Python virtual environment that
//! the lab makes itself, with the few files in `python/rootwatch_lab` that add what moto lacks
//! (its `__init__.py` lists each addition). [`Ministack`] is a second emulator that nobody here
//! changed. Both run as processes of their own on a free port of the loopback interface and end
//! with the value that started them.
//!
//! Loading moto takes more than a second. The first lab of a process does it, in a process that
//! is then forked for each lab, which takes some ten milliseconds. So does [`Lab::fork`], which
//! forks a lab with everything that is in it.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let lab = rootwatch_lab::Lab::start()?;
//! let organization = lab.sample_organization()?;
//! let env = lab.env(&organization.hub, "eu-west-1");
//! // run something with `env`, then ask what it did
//! let writes = lab.calls()?.into_iter().filter(|call| call.write).count();
//! # let _ = (env, writes);
//! # Ok(())
//! # }
//! ```

mod acts;
pub mod bench;
mod control;
mod faults;
mod fork;
mod front;
mod host;
mod http;
pub mod long_run;
mod ministack;
mod organization;
mod process;
pub mod secrets;
pub mod sequences;
mod server;
pub mod sweep;
mod terraform;
mod truths;
mod venv;

pub use control::{Call, Invocation, Late, Mail, Message};
pub use faults::{Fault, InstanceFault, Kind};
pub use front::{Front, Manner, Replay, Seen};
pub use host::{Answer, Host, Request};
pub use ministack::Ministack;
pub use organization::{Account, Generated, Organization, Ou};
pub use server::Lab;
pub use terraform::terraform;
pub use truths::Truths;

/// The Python interpreter of the lab's environment, which is created if it does not exist; it has boto3.
///
/// # Errors
/// If Python is missing, or the packages cannot be installed.
pub fn python() -> anyhow::Result<std::path::PathBuf> {
    venv::python("moto.txt")
}
