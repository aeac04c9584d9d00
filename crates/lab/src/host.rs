//! A small HTTP host that plays the Lambda Runtime API, SNS and Organizations for one process.
//!
//! The lab itself runs functions in moto; here a function's process is observed in isolation, for exact timings.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, Result};

/// The function's timeout for an event.
const TIMEOUT_MS: u128 = 30_000;

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path.
    pub path: String,
    /// The header `X-Amz-Target`: the operation, in AWS's JSON protocols.
    pub target: Option<String>,
    /// The body.
    pub body: String,
    /// When its last byte was read.
    pub at: Instant,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: String,
    body: String,
}

impl Answer {
    /// A response of this content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: format!("Content-Type: {content_type}\r\n"),
            body: body.into(),
        }
    }
}

/// A host on a free port of the loopback interface, for as long as this process lives.
#[derive(Debug)]
pub struct Host {
    /// Its address.
    pub address: SocketAddr,
    /// The requests that were received, in order.
    pub requests: Receiver<Request>,
}

impl Host {
    /// Responds to every request with what `answer` returns; if that is nothing, the caller waits.
    pub fn start(
        answer: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("opening a port")?;
        let address = listener.local_addr().context("looking at the port")?;
        let (sender, requests) = channel();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, answer) = (sender.clone(), Arc::clone(&answer));
                thread::spawn(move || connection(&stream, &sender, &*answer));
            }
        });
        Ok(Self { address, requests })
    }

    /// The Lambda Runtime API (Lambda guide, "Using the Lambda runtime API"): returns these payloads, then waits.
    pub fn runtime_api(payloads: Vec<String>) -> Result<Self> {
        let payloads = Mutex::new(VecDeque::from(payloads));
        Self::start(move |request| {
            if !request.path.ends_with("/invocation/next") {
                return Some(Answer::new(202, "application/json", "{}"));
            }
            let payload = payloads
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front()?;
            Some(invocation(payload))
        })
    }

    /// SNS, in its query protocol; it rejects requests that contain `refuse`.
    pub fn sns(refuse: &'static str) -> Result<Self> {
        Self::start(move |request| {
            let refused = request.body.contains(refuse);
            let (status, xml) = if refused { REFUSED } else { PUBLISHED };
            Some(Answer::new(status, "text/xml", xml))
        })
    }

    /// Organizations, where every account has this name.
    pub fn organizations(name: &'static str) -> Result<Self> {
        Self::start(move |request| {
            let asked: serde_json::Value = serde_json::from_str(&request.body).ok()?;
            let account = serde_json::json!({ "Id": asked["AccountId"], "Name": name });
            let body = serde_json::json!({ "Account": account }).to_string();
            Some(Answer::new(200, "application/x-amz-json-1.1", body))
        })
    }

    /// A host that accepts every request and never responds.
    pub fn silent() -> Result<Self> {
        Self::start(|_| None)
    }
}

const PUBLISHED: (u16, &str) = (
    200,
    "<PublishResponse><PublishResult><MessageId>sns-1</MessageId></PublishResult></PublishResponse>",
);
const REFUSED: (u16, &str) = (
    400,
    "<ErrorResponse><Error><Code>AuthorizationError</Code><Message>not allowed</Message></Error></ErrorResponse>",
);

fn invocation(payload: String) -> Answer {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let deadline = now.as_millis() + TIMEOUT_MS;
    let mut answer = Answer::new(200, "application/json", payload);
    answer.headers.push_str(&format!(
        "Lambda-Runtime-Aws-Request-Id: request-1\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:999988887777:function:f\r\n"
    ));
    answer
}

fn connection(
    stream: &TcpStream,
    sender: &Sender<Request>,
    answer: &dyn Fn(&Request) -> Option<Answer>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let request = read(&mut reader)?;
        let answer = answer(&request);
        sender.send(request).ok()?;
        let Some(Answer {
            status,
            headers,
            body,
        }) = answer
        else {
            thread::park();
            return None;
        };
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        let mut writer = stream;
        writer.write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let path = first.split_whitespace().nth(1)?.to_owned();
    let (mut length, mut target) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => target = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        path,
        target,
        body: String::from_utf8(body).ok()?,
        at: Instant::now(),
    })
}
