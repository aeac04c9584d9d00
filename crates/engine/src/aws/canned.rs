//! An AWS for tests of what is read: each call is answered from a table, and nothing leaves the process.

use super::download::Downloads;
use super::{Aws, Partition};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use percent_encoding::percent_decode_str;
use std::sync::Arc;

/// What a request has to contain, all of it, and the answer. The first row that fits answers.
pub(crate) type Row = (&'static [&'static str], String);

const REFUSED: &str = "refused: ";
/// What lists without naming anything that could be missing.
const LISTS: [&str; 2] = ["DescribeLogGroups", "listRegions"];
/// The code of what is not there, in JSON and in XML.
const NOT_THERE: [&str; 2] = ["ResourceNotFoundException", "NotFound"];

#[derive(Clone, Debug)]
struct Table(Arc<Vec<Row>>);

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let text = text(&request);
        let fits = |(parts, _): &&Row| parts.iter().all(|part| text.contains(part));
        let answer = match self.0.iter().find(fits) {
            Some((_, body)) => match body.strip_prefix(REFUSED) {
                Some(code) => error(&request, code),
                None => answer(200, body),
            },
            None => nothing(&request, &text),
        };
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// Its operation and all that it says: `AWSEvents.DescribeRule`, `Action=GetRole`, or method and path.
fn text(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    let text = format!("{target} {} {} {body}", request.method(), request.uri());
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn answer(status: u16, body: impl AsRef<[u8]>) -> HttpResponse {
    let body = SdkBody::from(body.as_ref());
    let mut answer = HttpResponse::new(status.try_into().unwrap(), body);
    answer.headers_mut().insert("x-amzn-requestid", "1");
    answer
}

/// What AWS says of what is not there: an empty list, or an error.
fn nothing(request: &HttpRequest, text: &str) -> HttpResponse {
    if request.headers().get("smithy-protocol").is_some() {
        // An empty map in CBOR.
        let mut answer = answer(200, [0xa0]);
        answer
            .headers_mut()
            .insert("smithy-protocol", "rpc-v2-cbor");
        return answer;
    }
    match LISTS.iter().any(|list| text.contains(list)) {
        true => answer(200, "{}"),
        false => error(request, NOT_THERE[usize::from(is_form(request))]),
    }
}

fn error(request: &HttpRequest, code: &str) -> HttpResponse {
    match is_form(request) {
        true => answer(
            400,
            format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
            ),
        ),
        false => answer(400, format!(r#"{{"__type": "{code}", "message": "no"}}"#)),
    }
}

fn is_form(request: &HttpRequest) -> bool {
    let kind = request.headers().get("content-type");
    kind.is_some_and(|it| it.contains("form"))
}

/// An error in place of an answer.
pub(crate) fn refused(code: &str) -> String {
    format!("{REFUSED}{code}")
}

/// An answer in XML, without its frame.
pub(crate) fn xml(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
}

/// An account and region in which all is as these rows say, and nothing else is there.
pub(crate) fn aws(account: &str, region: &str, rows: Vec<Row>) -> Aws {
    let connector = SharedHttpConnector::new(Table(Arc::new(rows)));
    let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .region(Region::new(region.to_owned()))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    Aws::with_clients(
        config,
        Downloads::default(),
        account.to_owned(),
        "user a".into(),
        region.to_owned(),
        Partition::Aws,
    )
}
