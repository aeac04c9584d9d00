//! Stands before the lab, writes down what it answers, and gives the same answers again: each after the same time, and
//! any number of them side by side, as AWS does and an emulator of one process cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::http::{self, Exchange, Reply};
use super::lock;

/// A longer body is told by its length.
const LONGEST_BODY: usize = 100_000;

/// It, on a free port of the loopback interface, for as long as this process lives.
#[derive(Debug)]
pub struct Replay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    lab: String,
    address: String,
    tape: Mutex<Tape>,
}

/// What a request is, and its body.
type Key = (String, Vec<u8>);

/// The lab's answers to each request, oldest first.
#[derive(Debug, Default)]
struct Tape {
    answers: BTreeMap<Key, Vec<Reply>>,
    /// How often each was asked for again; none while it is written.
    played: Option<BTreeMap<Key, usize>>,
    delay: Duration,
    unknown: BTreeSet<String>,
}

impl Replay {
    /// Before the lab at this address.
    ///
    /// # Errors
    /// When no port can be opened.
    pub fn start(lab: &str) -> Result<Self> {
        let (listener, address) = http::bind()?;
        let shared = Arc::new(Shared {
            lab: http::host(lab),
            address: address.to_string(),
            tape: Mutex::default(),
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

    /// From here on the lab is asked, and what it answers is written down; nothing older is kept.
    pub fn record(&self) {
        *lock(&self.shared.tape) = Tape::default();
    }

    /// From here on requests get the answers that were written down, each after this time.
    pub fn play(&self, delay: Duration) {
        let mut tape = lock(&self.shared.tape);
        tape.played = Some(BTreeMap::new());
        tape.delay = delay;
    }

    /// How many requests were answered since [`Self::play`].
    ///
    /// # Errors
    /// When there were some that nothing was written down for: then what was measured is something else.
    pub fn played(&self) -> Result<usize> {
        let tape = lock(&self.shared.tape);
        if !tape.unknown.is_empty() {
            let unknown: Vec<&str> = tape.unknown.iter().map(String::as_str).collect();
            bail!("not as it was recorded: {}", unknown.join(", "));
        }
        Ok(tape.played.iter().flat_map(BTreeMap::values).sum())
    }
}

impl Shared {
    /// None where there is no answer: the connection ends then.
    fn answer(&self, exchange: &Exchange) -> Option<Reply> {
        let since = Instant::now();
        let key = exchange.key(LONGEST_BODY);
        let (played, delay) = lock(&self.tape).play(&key, exchange)?;
        if let Some(reply) = played {
            thread::sleep(delay.saturating_sub(since.elapsed()));
            return Some(reply);
        }
        // A function's code is downloaded from an address that the lab names.
        let reply = http::forward(&self.lab, exchange)?.renamed(&self.lab, &self.address);
        let mut tape = lock(&self.tape);
        tape.answers.entry(key).or_default().push(reply.clone());
        Some(reply)
    }
}

impl Tape {
    /// What was answered the last time, or no reply where that is to be written down; none where it is unknown.
    fn play(&mut self, key: &Key, exchange: &Exchange) -> Option<(Option<Reply>, Duration)> {
        let Some(played) = &mut self.played else {
            return Some((None, self.delay));
        };
        // What is drawn at random or by the clock is another one each time.
        let is_alike = |it: &&Key| it.0 == key.0 && !played.contains_key(*it);
        let known = self.answers.get_key_value(key);
        let known = known.or_else(|| self.answers.iter().find(|(it, _)| is_alike(it)));
        let Some((key, answers)) = known else {
            self.unknown.insert(exchange.name());
            return None;
        };
        let nth = played.entry(key.clone()).or_default();
        // Who looks once more than the last time sees what was there at its end.
        let reply = answers.get(*nth).or(answers.last()).cloned();
        *nth += 1;
        Some((reply, self.delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(operation: &str, body: &str) -> Exchange {
        let target = format!("AWSEvents.{operation}");
        Exchange::of("POST / HTTP/1.1", &[("x-amz-target", &target)], body)
    }

    fn reply(text: &str) -> Reply {
        Reply::new(200, "text/plain", text.to_owned())
    }

    #[test]
    fn each_request_gets_its_answers_in_turn_and_an_unknown_one_none() {
        let mut tape = Tape::default();
        let known = exchange("PutRule", "{}");
        let key = known.key(LONGEST_BODY);
        assert!(matches!(tape.play(&key, &known), Some((None, _))));
        let answers = vec![reply("not there"), reply("there")];
        tape.answers.insert(key.clone(), answers);
        tape.played = Some(BTreeMap::new());
        let said = ["not there", "there", "there"].map(|text| {
            let (reply, _) = tape.play(&key, &known).unwrap();
            reply.unwrap().has(text)
        });
        assert_eq!(said, [true; 3]);
        let other = exchange("DeleteRule", "{}");
        assert!(tape.play(&other.key(LONGEST_BODY), &other).is_none());
        assert_eq!(tape.unknown, BTreeSet::from(["DeleteRule".to_owned()]));
    }
}
