//! As much HTTP as the SDK needs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    first: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    /// CloudWatch's protocol is binary.
    body: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(super) fn has(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    /// The same with another address wherever it names this one.
    pub(super) fn renamed(mut self, from: &str, to: &str) -> Self {
        if let Ok(text) = str::from_utf8(&self.body) {
            self.body = text.replace(from, to).into();
        }
        self
    }
}

impl Exchange {
    #[cfg(test)]
    pub(super) fn of(first: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter();
        Self {
            first: first.to_owned(),
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.into(),
        }
    }

    /// What tells it from others: its path, its operation, where it goes, and the bytes of its body in order of value, as
    /// the SDK writes the entries of a map in any order; of a longer body its length.
    pub(super) fn key(&self, longest_body: usize) -> (String, Vec<u8>) {
        let scope = [2, 3].map(|place| self.scope(place).unwrap_or_default());
        let [region, service] = scope;
        let operation = self.operation();
        let head = format!("{} {service} {region} {operation}", self.first);
        let mut body = match self.body.len() <= longest_body {
            true => self.body.clone(),
            false => self.body.len().to_string().into(),
        };
        body.sort_unstable();
        (head, body)
    }

    /// What it asks for, for people.
    pub(super) fn name(&self) -> String {
        let operation = self.operation();
        match operation.is_empty() {
            true => self.first.clone(),
            false => operation,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The same with another body.
    pub(super) fn with(&self, body: String) -> Self {
        Self {
            body: body.into(),
            ..self.clone()
        }
    }

    pub(super) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap_or_default()
    }

    /// By AWS's JSON protocols, or its query protocol; empty for others.
    pub(super) fn operation(&self) -> String {
        let target = self.header("x-amz-target");
        let of_target = target.and_then(|target| target.rsplit('.').next());
        let found = of_target.map(str::to_owned);
        found.or_else(|| self.form("Action")).unwrap_or_default()
    }

    /// A field of the query protocol.
    pub(super) fn form(&self, name: &str) -> Option<String> {
        let mut pairs = self
            .text()
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(have, _)| *have == name)?;
        Some(value.replace("%3A", ":").replace("%2F", "/"))
    }

    /// What stands at this place of the credential's scope: key, date, region, service.
    fn scope(&self, place: usize) -> Option<String> {
        let (_, rest) = self.header("authorization")?.split_once("Credential=")?;
        let part = rest.split(['/', ',']).nth(place)?;
        Some(part.to_owned())
    }

    pub(super) fn access_key(&self) -> Option<String> {
        self.scope(0)
    }

    pub(super) fn region(&self) -> Option<String> {
        self.scope(2)
    }
}

/// A free port of the loopback interface.
pub(super) fn bind() -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("opening a port")?;
    let address = listener.local_addr().context("looking at the port")?;
    Ok((listener, address))
}

/// Has each request answered that comes there, connections side by side, for as long as this process lives. Where there is
/// no answer, the connection ends.
pub(super) fn serve(
    listener: TcpListener,
    answer: impl Fn(&Exchange) -> Option<Reply> + Send + Sync + 'static,
) {
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || serve_one(&stream, answer.as_ref()));
        }
    });
}

fn serve_one(stream: &TcpStream, answer: impl Fn(&Exchange) -> Option<Reply>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = reader(stream)?;
    loop {
        let exchange = read(&mut reader)?;
        write(stream, &answer(&exchange)?)?;
    }
}

/// The lab's host and port, of its address.
pub(super) fn host(lab: &str) -> String {
    let host = lab.trim_start_matches("http://");
    host.trim_end_matches('/').to_owned()
}

fn reader(stream: &TcpStream) -> Option<BufReader<TcpStream>> {
    Some(BufReader::new(stream.try_clone().ok()?))
}

/// None at the end of the connection, and where it is not HTTP.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Exchange> {
    let (first, headers) = head(reader)?;
    let mut exchange = Exchange {
        first,
        headers,
        body: Vec::new(),
    };
    let length = exchange.header("content-length");
    let mut body = vec![0; length.map_or(Some(0), |it| it.parse().ok())?];
    reader.read_exact(&mut body).ok()?;
    exchange.body = body;
    Some(exchange)
}

type Head = (String, Vec<(String, String)>);

fn head(reader: &mut BufReader<TcpStream>) -> Option<Head> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            return Some((first.trim_end().to_owned(), headers));
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn write(mut stream: &TcpStream, reply: &Reply) -> Option<()> {
    let Reply {
        status,
        headers,
        body,
    } = reply;
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(&[head.as_bytes(), body].concat()).ok()
}

/// What the lab answers, over a connection of its own.
pub(super) fn forward(lab: &str, exchange: &Exchange) -> Option<Reply> {
    let mut stream = TcpStream::connect(lab).ok()?;
    let mut text = format!("{}\r\n", exchange.first);
    let ours = ["connection", "content-length", "expect"];
    for (name, value) in &exchange.headers {
        if !ours.contains(&name.as_str()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text.push_str(&format!(
        "connection: close\r\ncontent-length: {}\r\n\r\n",
        exchange.body.len()
    ));
    let request = [text.as_bytes(), &exchange.body].concat();
    stream.write_all(&request).ok()?;
    let mut reader = BufReader::new(stream);
    let (first, headers) = head(&mut reader)?;
    let is_chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked"));
    let mut body = Vec::new();
    if is_chunked {
        read_chunks(&mut reader, &mut body)?;
    } else {
        reader.read_to_end(&mut body).ok()?;
    }
    let status = first.split_whitespace().nth(1)?.parse().ok()?;
    let of_connection = ["connection", "transfer-encoding", "content-length"];
    let headers = headers.into_iter();
    let headers = headers.filter(|(name, _)| !of_connection.contains(&name.as_str()));
    let headers = headers.collect();
    Some(Reply {
        status,
        headers,
        body,
    })
}

fn read_chunks(reader: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        if length == 0 {
            return Some(());
        }
        chunk.truncate(length);
        body.extend(chunk);
    }
}
