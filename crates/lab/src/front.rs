//! Stands before the lab for an organization that the lab only simulates, and takes what would be too many calls for it:
//! the sessions in its accounts, their canaries, and the temporary queue in which a test receives them.
//!
//! It delivers as EventBridge and standard queues do: after a while, out of order, some twice, none never. All other calls
//! go on to the lab. Each call takes the same time.

mod http;
mod mail;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use serde_json::{Value, json};

use http::{Exchange, Reply};
use mail::Mail;

pub use replay::Replay;

/// How often the lab's own queue is asked, which has the topic's message.
const ASK_LAB: Duration = Duration::from_millis(200);
/// How often it is looked whether a message has come while a receiver waits.
const LOOK: Duration = Duration::from_millis(20);
/// Access keys of sessions in accounts begin with this; the account follows, and when the session began.
const SESSION: &str = "ASIAFRONT";
/// The one role that lets the hub's account in.
const READER: &str = ":role/rootwatch-reader";
const JSON: &str = "application/x-amz-json-1.1";

/// How it behaves.
#[derive(Clone, Debug)]
pub struct Manner {
    /// What each call takes.
    pub delay: Duration,
    /// More `PutEvents` at once than this are throttled.
    pub most_at_once: usize,
    /// How long a session holds.
    pub session: Duration,
    /// The longest that a canary is under way; the shortest is a tenth of it.
    pub longest: Duration,
    /// Of every so many canaries one comes twice.
    pub twice: usize,
    /// Places whose canaries never come.
    pub silent: BTreeSet<(String, String)>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(50),
            most_at_once: usize::MAX,
            session: Duration::from_secs(900),
            longest: Duration::from_secs(3),
            twice: 50,
            silent: BTreeSet::new(),
        }
    }
}

/// It, on a free port of the loopback interface, for as long as this process lives.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Calls by their operation; those that went on to the lab are under `lab`.
    pub calls: BTreeMap<String, usize>,
    /// Canaries that were taken.
    pub canaries: usize,
    /// `PutEvents` that were throttled.
    pub throttled: usize,
    /// Calls with a session that had ended.
    pub expired: usize,
    /// The most `PutEvents` at once.
    pub most_at_once: usize,
}

#[derive(Debug)]
struct Shared {
    lab: String,
    manner: Manner,
    mail: Mutex<Mail>,
    seen: Mutex<Seen>,
    putting: AtomicUsize,
    asked_lab: Mutex<Instant>,
}

impl Front {
    /// Before the lab at this address.
    ///
    /// # Errors
    /// When no port can be opened.
    pub fn start(lab: &str, manner: Manner) -> Result<Self> {
        let (listener, address) = http::bind()?;
        let shared = Arc::new(Shared {
            lab: http::host(lab),
            mail: Mutex::new(Mail::new(&manner)),
            manner,
            seen: Mutex::default(),
            putting: AtomicUsize::new(0),
            asked_lab: Mutex::new(Instant::now()),
        });
        let serving = Arc::clone(&shared);
        http::serve(listener, move |exchange| serving.answer(exchange));
        Ok(Self { address, shared })
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        lock(&self.shared.seen).clone()
    }
}

impl Shared {
    /// None where the lab does not answer: the connection ends then.
    fn answer(&self, exchange: &Exchange) -> Option<Reply> {
        let operation = exchange.operation();
        let key = exchange.access_key().unwrap_or_default();
        let session = key.strip_prefix(SESSION);
        let of_test = exchange.text().contains("-test-");
        let put = session.filter(|_| operation == "PutEvents");
        if let Some(session) = put {
            *lock(&self.seen).calls.entry(operation).or_default() += 1;
            return self.put(exchange, session);
        }
        thread::sleep(self.manner.delay);
        let (name, reply) = match operation.as_str() {
            "AssumeRole" => ("AssumeRole", Some(self.assume(exchange)?)),
            "ReceiveMessage" if of_test => ("ReceiveMessage", self.receive(exchange)),
            "DeleteMessageBatch" if of_test => ("DeleteMessageBatch", self.delete(exchange)),
            _ => ("lab", None),
        };
        *lock(&self.seen).calls.entry(name.to_owned()).or_default() += 1;
        match reply {
            Some(reply) => Some(reply),
            None => http::forward(&self.lab, exchange),
        }
    }

    fn assume(&self, exchange: &Exchange) -> Option<Reply> {
        let role = exchange.form("RoleArn")?;
        let account = role.split(':').nth(4)?;
        if !role.ends_with(READER) {
            return Some(Reply::new(
                403,
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::222222222222:user/operator is not authorized to perform: sts:AssumeRole on resource: {role}</Message></Error></ErrorResponse>"
                ),
            ));
        }
        let key = format!("{SESSION}{account}{:020}", now_ms());
        Some(Reply::new(
            200,
            "text/xml",
            format!(
                "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>{role}</Arn><AssumedRoleId>AROA:rootwatch</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            ),
        ))
    }

    fn put(&self, exchange: &Exchange, session: &str) -> Option<Reply> {
        let at_once = self.putting.fetch_add(1, Ordering::SeqCst) + 1;
        // What is under way together is what comes within the time of a call.
        thread::sleep(self.manner.delay);
        let reply = self.put_now(exchange, session, at_once);
        self.putting.fetch_sub(1, Ordering::SeqCst);
        reply
    }

    fn put_now(&self, exchange: &Exchange, session: &str, at_once: usize) -> Option<Reply> {
        let account = session.get(..12)?;
        let since: u128 = session.get(12..)?.parse().ok()?;
        let mut seen = lock(&self.seen);
        seen.most_at_once = seen.most_at_once.max(at_once);
        if at_once > self.manner.most_at_once {
            seen.throttled += 1;
            return Some(refusal("ThrottlingException", "Rate exceeded"));
        }
        if now_ms().saturating_sub(since) > self.manner.session.as_millis() {
            seen.expired += 1;
            let why = "The security token included in the request is expired";
            return Some(refusal("ExpiredTokenException", why));
        }
        let region = exchange.region()?;
        let body: Value = serde_json::from_str(exchange.text()).ok()?;
        let entries = body["Entries"].as_array()?;
        for entry in entries {
            seen.canaries += 1;
            if self
                .manner
                .silent
                .contains(&(account.to_owned(), region.clone()))
            {
                continue;
            }
            let detail: Value = serde_json::from_str(entry["Detail"].as_str()?).ok()?;
            let event = json!({
                "source": entry["Source"], "detail-type": entry["DetailType"], "account": account, "region": region,
                "detail": detail,
            });
            lock(&self.mail).post(event.to_string());
        }
        let taken: Vec<Value> = entries.iter().map(|_| json!({"EventId": "e"})).collect();
        let body = json!({"FailedEntryCount": 0, "Entries": taken});
        Some(Reply::new(200, JSON, body.to_string()))
    }

    /// What there is, after a while; now and then what the lab has. None where that is to be asked.
    fn receive(&self, exchange: &Exchange) -> Option<Reply> {
        let body: Value = serde_json::from_str(exchange.text()).ok()?;
        let wait = Duration::from_secs(body["WaitTimeSeconds"].as_u64().unwrap_or_default());
        let until = Instant::now() + wait;
        loop {
            if self.is_time_for_lab() {
                let mut asked = body.clone();
                asked["WaitTimeSeconds"] = json!(0);
                let reply = http::forward(&self.lab, &exchange.with(asked.to_string()))?;
                if reply.has("ReceiptHandle") || reply.status != 200 {
                    return Some(reply);
                }
            }
            let messages = lock(&self.mail).receive(10, now_ms());
            if !messages.is_empty() || Instant::now() >= until {
                let messages: Vec<Value> = messages.iter().map(mail::shown).collect();
                return Some(Reply::new(
                    200,
                    JSON,
                    json!({"Messages": messages}).to_string(),
                ));
            }
            thread::sleep(LOOK);
        }
    }

    fn is_time_for_lab(&self) -> bool {
        let mut asked = lock(&self.asked_lab);
        let is_time = asked.elapsed() >= ASK_LAB;
        if is_time {
            *asked = Instant::now();
        }
        is_time
    }

    /// None where they are the lab's: one response never has messages of both.
    fn delete(&self, exchange: &Exchange) -> Option<Reply> {
        let body: Value = serde_json::from_str(exchange.text()).ok()?;
        let entries = body["Entries"].as_array()?;
        let mut mail = lock(&self.mail);
        let mut done = Vec::new();
        for entry in entries {
            mail.delete(mail::number(entry["ReceiptHandle"].as_str()?)?);
            done.push(json!({"Id": entry["Id"]}));
        }
        let body = json!({"Successful": done, "Failed": []});
        Some(Reply::new(200, JSON, body.to_string()))
    }
}

fn refusal(code: &str, message: &str) -> Reply {
    let body = json!({"__type": code, "message": message});
    Reply::new(400, JSON, body.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970.
fn now_ms() -> u128 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    now.as_millis()
}
