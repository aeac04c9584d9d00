mod first_day;
mod json;
mod next;
pub(crate) mod printed;
mod situations;

pub(crate) use printed::{shell, shell_with_input};
