//! What people see: each screen on a terminal, narrow and wide, and the same without one.

/// `rootwatch init`, which asks.
mod init;
/// Long work: bars, calls that are tried again, and the end of a run.
mod long;
/// The pictures of docs/, which are screens.
mod pictures;
/// Every screen at two widths, and what colour, pipes and flags make of it.
mod shown;
/// A pseudo terminal, and what is on its screen.
mod terminal;
