mod first_day;
mod json;
mod next;
pub(crate) mod printed;
mod situations;
mod told;

pub(crate) use printed::{shell, shell_with_input};
