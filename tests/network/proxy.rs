use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// A request, as far as a proxy reads it.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// `POST http://host/` or `CONNECT host:443`.
    pub(crate) fn line(&self) -> &str {
        let line = self.head.lines().next().unwrap_or_default();
        line.rsplit_once(' ').map_or(line, |(line, _version)| line)
    }

    /// The operation, where it is in the body or the head.
    pub(crate) fn is(&self, operation: &str) -> bool {
        let body = String::from_utf8_lossy(&self.body);
        body.contains(&format!("Action={operation}&"))
            || self.head.contains(&format!(".{operation}\r\n"))
            || self.head.contains(&format!("/operation/{operation} "))
    }
}

/// What a proxy says to a request in AWS's place, if anything.
type Answers = dyn Fn(&Request) -> Option<String> + Send + Sync;

/// A proxy, which alone knows where a host is. Dropping it ends it, and whatever goes through it.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
    port: u16,
}

struct Shared {
    /// `HOST:PORT` of every host that it is asked for.
    upstream: String,
    answers: Box<Answers>,
    /// How it opens TLS, if it does.
    tls: Option<Arc<ServerConfig>>,
    log: Mutex<Vec<String>>,
    open: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl Proxy {
    /// A proxy to the lab that lets everything through.
    pub(crate) fn start(upstream: &str) -> Self {
        Self::new(upstream, None, |_| None)
    }

    /// The same, which answers some requests itself.
    pub(crate) fn answering(
        upstream: &str,
        answers: impl Fn(&Request) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(upstream, None, answers)
    }

    pub(crate) fn new(
        upstream: &str,
        tls: Option<ServerConfig>,
        answers: impl Fn(&Request) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            answers: Box::new(answers),
            tls: tls.map(Arc::new),
            log: Mutex::default(),
            open: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let of_all = shared.clone();
        let accepting = thread::spawn(move || {
            let mut working = Vec::new();
            for client in listener.incoming() {
                if of_all.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let (client, shared) = (client.unwrap(), of_all.clone());
                shared
                    .open
                    .lock()
                    .unwrap()
                    .push(client.try_clone().unwrap());
                // What goes wrong on a connection its client notices.
                working.push(thread::spawn(move || drop(shared.serve(client))));
            }
            for client in of_all.open.lock().unwrap().drain(..) {
                let _ = client.shutdown(Shutdown::Both);
            }
            for thread in working {
                thread.join().unwrap();
            }
        });
        Self {
            shared,
            accepting: Some(accepting),
            port,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same with a user and a password.
    pub(crate) fn url_with(&self, user: &str) -> String {
        format!("http://{user}@127.0.0.1:{}", self.port)
    }

    /// The first lines of all requests, without the version.
    pub(crate) fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.accepting.take().unwrap().join();
    }
}

impl Shared {
    /// One request: the answer ends the connection.
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let Some(request) = read(&mut client)? else {
            return Ok(());
        };
        self.log.lock().unwrap().push(request.line().to_owned());
        let answer = (self.answers)(&request);
        let done = match (answer, &self.tls) {
            (Some(answer), _) => client.write_all(answer.as_bytes()),
            (None, None) => self.forward(&request, &mut client),
            (None, Some(config)) => self.open_tls(config, &mut client),
        };
        let _ = client.shutdown(Shutdown::Both);
        done
    }

    fn open_tls(&self, config: &Arc<ServerConfig>, client: &mut TcpStream) -> io::Result<()> {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        let connection = ServerConnection::new(config.clone()).unwrap();
        let mut inside = StreamOwned::new(connection, &mut *client);
        let Some(request) = read(&mut inside)? else {
            return Ok(());
        };
        self.forward(&request, &mut inside)?;
        inside.conn.send_close_notify();
        inside.flush()
    }

    fn forward(&self, request: &Request, client: &mut impl Write) -> io::Result<()> {
        let mut upstream = TcpStream::connect(&self.upstream)?;
        let (line, headers) = request.head.split_once("\r\n").unwrap();
        let headers: String = headers
            .split_inclusive("\r\n")
            .filter(|line| !line.to_lowercase().starts_with("connection:"))
            .collect();
        // From `POST http://host/path HTTP/1.1` to `POST /path HTTP/1.1`.
        let line = match line.split_once("://") {
            Some((method, rest)) => {
                let method = method.split(' ').next().unwrap();
                format!("{method} {}", &rest[rest.find('/').unwrap()..])
            }
            None => line.to_owned(),
        };
        let head = format!("{line}\r\nConnection: close\r\n{headers}");
        upstream.write_all(head.as_bytes())?;
        upstream.write_all(&request.body)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        client.write_all(&answer)
    }
}

/// A request with its body, or nothing where the connection ended before one.
fn read(client: &mut impl Read) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    Ok(Some(Request { head, body }))
}
