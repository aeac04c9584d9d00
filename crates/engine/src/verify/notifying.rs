//! Whether the deployed notifier reports read-only events.

use super::deployed::Deployed;
use crate::hub::function::Function;
use rootwatch_root_event::ReadOnly;

/// One that cannot be read may.
pub(super) fn reports_reads(deployed: &Deployed) -> bool {
    let function = deployed.function(&deployed.names.function());
    !function.is_ok_and(|it| it.is_some_and(is_off))
}

fn is_off(function: &Function) -> bool {
    function.settings.read_only() == Some(ReadOnly::Off)
}
