//! Whether an answer is AWS's.
//!
//! A company's proxy, a hotel's login page or a load balancer answers too. What it writes must be taken neither for an
//! error of AWS nor, where its status is 200, for success: to the SDK an empty answer to a deletion is one.

use crate::subscription::without_password;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::retry::ErrorKind;
use rootwatch_root_event::is_invisible;
use std::error::Error;

/// Headers that AWS's services send, and nobody else does.
const OF_AWS: [&str; 4] = [
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-errortype",
    "smithy-protocol",
];
/// Bytes of the longest answer that is read. A function's code, the longest of all, is 50 MB at most (Lambda quotas); an
/// answer without an end must not fill the memory.
const MOST: usize = 64 * 1024 * 1024;
/// Characters of a stranger's text that an error quotes.
const QUOTED: usize = 80;

/// An answer that no service of AWS wrote.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAws {
    #[error("what answered is not AWS: {0}")]
    Answer(String),
    /// AWS's own front ends write pages too when they are overloaded.
    #[error("AWS, or something on the way to it, cannot answer now: {0}")]
    Overload(String),
    #[error("the proxy opens no connection to AWS: {0}")]
    Tunnel(String),
    #[error("the answer is longer than 64 MiB, and was not read to its end: {0}")]
    Huge(String),
}

/// XML without its end. The SDK takes what it has read so far for all there is, a list for one without its last members.
#[derive(Debug, thiserror::Error)]
#[error("the answer ends in the middle, after {bytes} bytes: HTTP {status}")]
struct Cut {
    status: u16,
    bytes: usize,
}

/// Nothing of it is quoted: it may be an answer with credentials.
fn cut(answer: &HttpResponse) -> ConnectorError {
    let cut = Cut {
        status: answer.status().as_u16(),
        bytes: answer.body().bytes().unwrap_or_default().len(),
    };
    ConnectorError::io(cut.into())
}

/// The answer, if it can be AWS's, and is whole: one that is not has got lost, and the call may have taken effect.
///
/// From an endpoint of AWS's own a success has to have a header of AWS's: a gateway may answer in JSON or XML too.
pub(super) async fn of_aws(
    answer: HttpResponse,
    is_own_endpoint: bool,
) -> Result<HttpResponse, ConnectorError> {
    let answer = whole(answer).await?;
    let is_marked = !is_own_endpoint || !answer.status().is_success() || has_mark(&answer);
    match is_marked && can_be_of_aws(&answer) {
        true if is_cut(&body(&answer)) => Err(cut(&answer)),
        true => Ok(answer),
        false if is_overload(&answer) => Err(error(&answer, NotAws::Overload)),
        false => Err(error(&answer, NotAws::Answer)),
    }
}

/// What a proxy says that opens no connection. None, if it does.
pub(super) async fn refusal(answer: HttpResponse) -> Option<ConnectorError> {
    if answer.status().is_success() {
        return None;
    }
    let answer = whole(answer).await.ok()?;
    Some(error(&answer, NotAws::Tunnel))
}

/// The answer with all of its body.
pub(super) async fn whole(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|error| ConnectorError::io(error.into()))?;
        if bytes.len() + part.len() > MOST {
            bytes.truncate(QUOTED * 50);
            let begins = description(&with_body(answer, bytes));
            return Err(ConnectorError::other(NotAws::Huge(begins).into(), None));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(with_body(answer, bytes))
}

fn with_body(mut answer: HttpResponse, bytes: Vec<u8>) -> HttpResponse {
    *answer.body_mut() = SdkBody::from(bytes);
    answer
}

fn error(answer: &HttpResponse, what: impl FnOnce(String) -> NotAws) -> ConnectorError {
    // As the SDK does with such a status from AWS: a proxy that is overloaded now may not be so in a moment.
    let kind = is_overload(answer).then_some(ErrorKind::TransientError);
    ConnectorError::other(what(description(answer)).into(), kind)
}

fn is_overload(answer: &HttpResponse) -> bool {
    let status = answer.status();
    status.is_server_error() || status.as_u16() == 429
}

/// An error that says who answered, in a chain of causes.
pub(super) fn is_not_aws(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.any(|cause| cause.is::<NotAws>())
}

fn can_be_of_aws(answer: &HttpResponse) -> bool {
    let status = answer.status();
    let body = body(answer);
    let body = body.trim_start();
    // Not by the header: emulators send all that they write as text/html.
    if is_page(body) || (300..400).contains(&status.as_u16()) || status.as_u16() == 407 {
        return false;
    }
    has_mark(answer) || body.starts_with('{') || (body.starts_with('<') && !body.starts_with("<!"))
}

/// Whether it is XML whose root element does not end.
fn is_cut(body: &str) -> bool {
    let body = body.trim();
    let root = match body.strip_prefix("<?") {
        Some(declared) => declared.split_once("?>").map_or("", |(_, rest)| rest),
        None => body,
    };
    let root = root.trim_start();
    if !body.starts_with('<') {
        return false;
    }
    let is_of_name = |letter: char| !letter.is_whitespace() && !['>', '/'].contains(&letter);
    let name = root.trim_start_matches('<');
    let end = name.find(|letter| !is_of_name(letter));
    let Some(name) = end.map(|end| &name[..end]) else {
        return true;
    };
    let is_alone = root.matches('<').count() == 1 && root.ends_with("/>");
    !is_alone && !root.ends_with(&format!("</{name}>"))
}

fn has_mark(answer: &HttpResponse) -> bool {
    let mut names = OF_AWS.iter();
    names.any(|name| answer.headers().get(name).is_some())
}

fn is_page(body: &str) -> bool {
    let begins = |with: &str| {
        body.get(..with.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(with))
    };
    begins("<html") || begins("<!doctype") || (begins("<?xml") && body.contains("<html"))
}

fn body(answer: &HttpResponse) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(answer.body().bytes().unwrap_or_default())
}

/// Who wrote an answer, and how it begins: `HTTP 403, server squid/6.6, text/html, "Access Denied"`.
pub(super) fn description(answer: &HttpResponse) -> String {
    let header = |name: &str| answer.headers().get(name).map(quotable);
    let mut parts = vec![format!("HTTP {}", answer.status().as_u16())];
    if let Some(to) = header("location") {
        // What follows the path may be a token.
        let to = to.split(['?', '#']).next().unwrap_or_default();
        parts.push(format!("a redirection to {}", without_password(to)));
    }
    parts.extend(header("server").map(|server| format!("server {server}")));
    parts.extend(header("via").map(|via| format!("via {via}")));
    parts.extend(header("content-type"));
    let text = quotable(beginning(&body(answer)));
    parts.push(match text.is_empty() {
        true => "empty".to_owned(),
        false => format!("\"{text}\""),
    });
    parts.join(", ")
}

/// The title of a page, or the first words of a text without its tags.
fn beginning(body: &str) -> String {
    let lower = body.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|begin| {
        let begin = begin + body[begin..].find('>')? + 1;
        let end = begin + lower[begin..].find("</title")?;
        Some(&body[begin..end])
    });
    if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
        return title.to_owned();
    }
    let mut text = String::new();
    let mut is_tag = false;
    for letter in body.chars().take(QUOTED * 50) {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                text.push(' ');
            }
            letter if !is_tag => text.push(letter),
            _ => {}
        }
    }
    match text.trim().is_empty() {
        true => body.to_owned(),
        false => text,
    }
}

/// On one line, without what a terminal takes for an order, and not too long.
fn quotable(text: impl AsRef<str>) -> String {
    let words: Vec<&str> = text.as_ref().split_whitespace().collect();
    let plain: String = words
        .join(" ")
        .chars()
        .filter(|letter| !is_invisible(*letter))
        .collect();
    match plain.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> HttpResponse {
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            answer.headers_mut().insert(*name, *value);
        }
        answer
    }

    #[test]
    fn pages_redirections_and_empty_answers_are_not_of_aws() {
        let request = ("x-amzn-requestid", "1");
        let is_aws = |status, headers: &[_], body| can_be_of_aws(&answer(status, headers, body));
        assert!(is_aws(200, &[request], ""));
        assert!(is_aws(200, &[("smithy-protocol", "rpc-v2-cbor")], "\u{1}"));
        assert!(is_aws(200, &[], "{}"));
        assert!(is_aws(503, &[], "<ErrorResponse/>"));
        assert!(is_aws(200, &[], "<?xml version=\"1.0\"?>\n<ListResponse/>"));
        assert!(is_aws(400, &[("content-type", "text/html"), request], "{}"));
        assert!(!is_aws(200, &[], ""));
        assert!(!is_aws(503, &[], "upstream connect error"));
        assert!(!is_aws(200, &[request], "<!DOCTYPE html><html></html>"));
        assert!(!is_aws(200, &[], "\n <HTML><body>Sign in</body></HTML>"));
        assert!(!is_aws(302, &[request], ""));
        assert!(!is_aws(407, &[request], "{}"));
        let xhtml = "<?xml version=\"1.0\"?><!DOCTYPE html><html></html>";
        assert!(!is_aws(200, &[], xhtml));
    }

    #[tokio::test]
    async fn a_success_from_awss_own_endpoint_has_its_header() {
        let json = |headers: &[_]| answer(200, headers, "{\"status\": \"blocked\"}");
        let marked = ("x-amzn-requestid", "1");
        assert!(of_aws(json(&[]), true).await.is_err());
        assert!(of_aws(json(&[marked]), true).await.is_ok());
        assert!(of_aws(json(&[]), false).await.is_ok());
        assert!(of_aws(answer(400, &[], "{}"), true).await.is_ok());
    }

    #[test]
    fn xml_without_its_end_is_no_answer() {
        let whole = "<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><List><member>1</member></List></R>\n";
        for body in [
            whole,
            "<R/>",
            "<Blocked a=\"b\"/>",
            "{\"a\": 1}",
            "",
            "<R></R>",
        ] {
            assert!(!is_cut(body), "{body}");
        }
        let root = whole.find("<R").unwrap();
        for end in 1..whole.trim_end().len() {
            assert!(is_cut(&whole[..end]), "{}", &whole[..end]);
        }
        for end in 1..whole.trim_end().len() - root {
            assert!(
                is_cut(&whole[root..root + end]),
                "{}",
                &whole[root..root + end]
            );
        }
    }

    #[tokio::test]
    async fn an_answer_that_was_cut_is_as_good_as_lost_and_is_not_quoted() {
        let begun = answer(200, &[("x-amzn-requestid", "1")], "<R><Key>secret");
        let error = of_aws(begun, true).await.unwrap_err();
        assert!(error.is_io() && !is_not_aws(&error), "{error:?}");
        let said = format!("{error:?}");
        assert!(
            said.contains("bytes: 14") && !said.contains("secret"),
            "{said}"
        );
    }

    #[test]
    fn a_stranger_is_described_in_one_line_without_secrets() {
        let page = "<html><head><Title lang=en>\n Access\u{1b}[31m Denied </title></head></html>";
        let by = [("server", "squid/6.6"), ("via", "1.1 proxy (squid)")];
        assert_eq!(
            description(&answer(403, &by, page)),
            "HTTP 403, server squid/6.6, via 1.1 proxy (squid), \"Access[31m Denied\""
        );
        let to = [("location", "https://me:secret@portal.example/login?token=1")];
        assert_eq!(
            description(&answer(302, &to, "")),
            "HTTP 302, a redirection to https://me:****@portal.example/login, empty"
        );
        let long = "<p>no</p> ".repeat(100);
        let text = description(&answer(200, &[], &long));
        assert!(text.ends_with("no no…\"") && text.len() < 120, "{text}");
    }
}
