//! A line for each call to AWS, for whoever listens to `tracing`: operation, account, region, the request id that AWS's
//! support asks for, and how it ended. Never a header, a body or an address: these have credentials in them.

use super::error::request_id;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;
use std::time::Instant;
use tracing::{Level, debug, enabled, trace};

/// Where the lines come from, as a filter names it.
pub const CALLS: &str = "rootwatch::calls";
/// Where nothing is known.
const NONE: &str = "-";

/// Writes the lines of the calls of one account.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    account: String,
}

impl Trace {
    pub(super) fn of(account: &str) -> Self {
        Self {
            account: account.to_owned(),
        }
    }

    /// Before AWS has said whose credentials these are.
    pub(super) fn of_nobody_yet() -> Self {
        Self::of(NONE)
    }
}

/// When a call began.
#[derive(Debug)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Trace {
    fn name(&self) -> &'static str {
        "Trace"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Began(Instant::now()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if enabled!(target: CALLS, Level::TRACE) {
            let it = Seen::of(context, bag);
            trace!(
                target: CALLS,
                account = self.account, region = it.region, attempt = it.attempts, status = it.status,
                request_id = it.request_id, "attempt of {}", it.operation
            );
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if enabled!(target: CALLS, Level::DEBUG) {
            let it = Seen::of(context, bag);
            let began = bag.load::<Began>();
            let took = began.map_or(0, |began| began.0.elapsed().as_millis());
            debug!(
                target: CALLS,
                account = self.account, region = it.region, attempts = it.attempts, status = it.status,
                request_id = it.request_id, ms = took, "{}", it.operation
            );
        }
        Ok(())
    }
}

/// What a line says of a call.
struct Seen {
    operation: String,
    region: String,
    attempts: u32,
    status: String,
    request_id: String,
}

impl Seen {
    fn of(context: &FinalizerInterceptorContextRef<'_>, bag: &ConfigBag) -> Self {
        let answer = context.response();
        let region = bag.load::<Region>();
        Self {
            operation: bag.load::<Metadata>().map_or_else(String::new, operation),
            region: region.map_or(NONE, AsRef::as_ref).to_owned(),
            attempts: bag.load::<RequestAttempts>().map_or(0, |it| it.attempts()),
            status: answer
                .map_or_else(|| "no answer".into(), |it| it.status().as_u16().to_string()),
            request_id: answer.and_then(request_id).unwrap_or_else(|| NONE.into()),
        }
    }
}

/// As an IAM action, `events:PutRule`.
fn operation(of: &Metadata) -> String {
    let service = match of.service() {
        "CloudWatch Logs" => "logs".to_owned(),
        "EventBridge" => "events".to_owned(),
        other => other.to_ascii_lowercase().replace(' ', "-"),
    };
    format!("{service}:{}", of.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_as_in_a_policy() {
        let named = |service: &'static str| operation(&Metadata::new("Do", service));
        assert_eq!(named("EventBridge"), "events:Do");
        assert_eq!(named("CloudWatch Logs"), "logs:Do");
        assert_eq!(named("CloudWatch"), "cloudwatch:Do");
        assert_eq!(named("SNS"), "sns:Do");
    }
}
