//! Who is shown each call to AWS while it is under way, by what the request itself says.

use super::retry::asks_for_fewer;
use crate::work::{Attempt, Progress, Sent, Work};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::fmt;
use std::sync::Arc;

/// Who is shown calls.
#[derive(Clone)]
pub(super) struct Watch(Arc<dyn Progress>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// A call that is under way. One that is dropped has ended too.
pub(super) struct Watched {
    watch: Watch,
    attempt: Attempt,
    is_over: bool,
}

impl Watch {
    pub(super) fn of(work: &Work) -> Self {
        Self(work.progress())
    }

    pub(super) fn begin(&self, request: &HttpRequest) -> Watched {
        let attempt = attempt(request);
        self.0.call(&attempt, Sent::Begun);
        Watched {
            watch: self.clone(),
            attempt,
            is_over: false,
        }
    }
}

impl Watched {
    pub(super) fn end(mut self, answer: &Result<HttpResponse, ConnectorError>) {
        self.is_over = true;
        self.watch.0.call(&self.attempt, sent(answer));
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.is_over {
            self.watch.0.call(&self.attempt, Sent::Answered);
        }
    }
}

fn sent(answer: &Result<HttpResponse, ConnectorError>) -> Sent {
    let Ok(answer) = answer else {
        return Sent::Failed;
    };
    let status = answer.status();
    if status.is_success() {
        return Sent::Answered;
    }
    let kind = answer.headers().get("x-amzn-errortype").unwrap_or_default();
    let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    match status.as_u16() {
        429 => Sent::Throttled,
        _ if asks_for_fewer(kind) || asks_for_fewer(&body) => Sent::Throttled,
        _ if status.is_server_error() => Sent::Failed,
        _ => Sent::Answered,
    }
}

fn attempt(request: &HttpRequest) -> Attempt {
    // `attempt=2; max=8` (AWS SDKs and Tools Reference Guide, "Retry behavior").
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let number = |name: &str| {
        let mut parts = header.split(';').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    };
    Attempt {
        call: name(request),
        number: number("attempt").unwrap_or(1),
        most: number("max").unwrap_or(1),
    }
}

/// The service as IAM's actions name it, and the operation, where a request says it: by a header, in its form, or in its
/// path (Smithy 2.0, "AWS JSON 1.0", "AWS query" and "RPC v2 CBOR" protocols). Those of REST have it nowhere.
fn name(request: &HttpRequest) -> String {
    let header = |name: &str| request.headers().get(name);
    let path = request.uri().split_once("://").map_or("", |(_, rest)| rest);
    let service = header("authorization")
        .and_then(|it| it.split("Credential=").nth(1)?.split('/').nth(3))
        .or_else(|| path.split(['.', ':', '/']).next());
    let service = match service.unwrap_or_default() {
        "monitoring" => "cloudwatch",
        other => other,
    };
    let body = request.body().bytes().unwrap_or_default();
    let target = header("x-amz-target").and_then(|it| it.rsplit('.').next());
    let in_path = || path.split("/operation/").nth(1);
    let operation = target.or_else(|| in_form(body)).or_else(in_path);
    match operation.filter(|it| !it.is_empty()) {
        Some(operation) => format!("{service}:{operation}"),
        None => service.to_owned(),
    }
}

fn in_form(body: &[u8]) -> Option<&str> {
    let form = body.strip_prefix(b"Action=")?;
    let end = form.iter().position(|byte| *byte == b'&');
    std::str::from_utf8(&form[..end.unwrap_or(form.len())]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    fn request(service: &str, more: &[(&'static str, &'static str)], body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request
            .set_uri("https://example.eu-west-1.amazonaws.com/")
            .unwrap();
        let headers = request.headers_mut();
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20261126/eu-west-1/{service}/aws4_request, …"
        );
        headers.insert("authorization", signed.replace('…', "x"));
        for (name, value) in more {
            headers.insert(*name, *value);
        }
        request
    }

    #[test]
    fn a_call_is_named_as_iam_names_its_action() {
        let target = ("x-amz-target", "AWSOrganizationsV20161128.ListRoots");
        let json = request("organizations", &[target], "{}");
        assert_eq!(name(&json), "organizations:ListRoots");
        let form = request("sns", &[], "Action=ListTopics&Version=1");
        assert_eq!(name(&form), "sns:ListTopics");
        let mut cbor = request("monitoring", &[], "");
        cbor.set_uri(
            "https://monitoring.eu-west-1.amazonaws.com/service/Granite/operation/ListMetrics",
        )
        .unwrap();
        assert_eq!(name(&cbor), "cloudwatch:ListMetrics");
        assert_eq!(name(&request("lambda", &[], "")), "lambda");
    }

    #[test]
    fn an_attempt_has_its_number() {
        let second = [("amz-sdk-request", "attempt=2; max=8")];
        let found = attempt(&request("sns", &second, "Action=ListTopics"));
        assert_eq!((found.number, found.most), (2, 8));
        let unnumbered = attempt(&request("sns", &[], ""));
        assert_eq!((unnumbered.number, unnumbered.most), (1, 1));
    }

    #[test]
    fn throttling_is_told_from_a_failure_and_from_an_answer() {
        let answer = |status: u16, body: &str| {
            let status = StatusCode::try_from(status).unwrap();
            sent(&Ok(HttpResponse::new(status, SdkBody::from(body))))
        };
        assert_eq!(answer(200, "{\"x\": \"Throttling\"}"), Sent::Answered);
        assert_eq!(answer(400, "<Code>Throttling</Code>"), Sent::Throttled);
        assert_eq!(answer(429, ""), Sent::Throttled);
        assert_eq!(answer(503, "busy"), Sent::Failed);
        assert_eq!(answer(404, "{}"), Sent::Answered);
        let none = sent(&Err(ConnectorError::user("recorded".into())));
        assert_eq!(none, Sent::Failed);
    }
}
