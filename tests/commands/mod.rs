mod first_day;
pub(crate) mod printed;
mod situations;
