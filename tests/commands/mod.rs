mod first_day;
mod json;
pub(crate) mod printed;
mod situations;
