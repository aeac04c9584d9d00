//! A small HTTP host that plays the Lambda Runtime API and SNS for one process.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// What came in: path and body.
pub(crate) type Request = (String, String);

/// Status, headers, body; nothing leaves the caller waiting.
type Answer = Option<(u16, String, String)>;

/// A host on a free port of the loopback interface.
pub(crate) fn serve(
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (sender, answer) = (sender.clone(), Arc::clone(&answer));
            thread::spawn(move || connection(&stream, &sender, &*answer));
        }
    });
    (address, receiver)
}

fn connection(
    stream: &TcpStream,
    sender: &Sender<Request>,
    answer: &dyn Fn(&Request) -> Answer,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let request = read(&mut reader)?;
        sender.send(request.clone()).ok()?;
        let Some((status, headers, body)) = answer(&request) else {
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
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

/// The Lambda Runtime API (Lambda guide, "Using the Lambda runtime API"): hands out these payloads, then waits.
pub(crate) fn runtime_api(payloads: Vec<String>) -> (SocketAddr, Receiver<Request>) {
    let payloads = Mutex::new(VecDeque::from(payloads));
    serve(move |(path, _)| {
        if !path.ends_with("/invocation/next") {
            return Some((202, String::new(), String::new()));
        }
        let payload = payloads.lock().unwrap().pop_front()?;
        let deadline = jiff::Timestamp::now().as_millisecond() + 30_000;
        let headers = format!(
            "Lambda-Runtime-Aws-Request-Id: request-1\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:999988887777:function:f\r\n"
        );
        Some((200, headers, payload))
    })
}

/// SNS, in its query protocol; it refuses what has `refuse` in it.
pub(crate) fn sns(refuse: &'static str) -> (SocketAddr, Receiver<Request>) {
    serve(move |(_, body)| {
        let (status, xml) = if body.contains(refuse) {
            (
                400,
                "<ErrorResponse><Error><Code>AuthorizationError</Code><Message>not allowed</Message></Error></ErrorResponse>",
            )
        } else {
            (
                200,
                "<PublishResponse><PublishResult><MessageId>sns-1</MessageId></PublishResult></PublishResponse>",
            )
        };
        Some((
            status,
            "Content-Type: text/xml\r\n".to_owned(),
            xml.to_owned(),
        ))
    })
}
