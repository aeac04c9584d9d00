//! The canaries of all places that are tested, and what became of each. Pure.

use super::outcome::Sent;
use crate::spokes::Location;

/// A canary that has not reached the hub's bus is sent again after this: a rule that was made a moment ago may not see
/// the first. It doubles each time. It goes to the temporary queue alone, so nobody is notified twice.
const FIRST_REPEAT_MS: i64 = 5_000;
const LONGEST_REPEAT_MS: i64 = 60_000;

/// A canary that a spoke sends.
#[derive(Clone, Debug)]
struct Probe {
    state: State,
    /// When the first sending succeeded; 0 before.
    first_ms: i64,
    /// When it was last tried; 0 before.
    last_ms: i64,
    tries: u8,
}

#[derive(Clone, Debug)]
enum State {
    /// On its way, or to be sent; with why the last sending failed, if it did.
    Open(Option<Box<str>>),
    Arrived {
        ms: i64,
        is_late: bool,
    },
    /// The first sending failed for good.
    Unsent(Box<str>),
}

/// The canaries of one run. A place is known by its number, which the id of its canary ends with.
pub(super) struct Probes<'a> {
    run: String,
    locations: &'a [Location],
    all: Vec<Probe>,
    wait_ms: i64,
    /// How many are neither arrived nor unsent.
    open: usize,
    /// How many have not been tried at all.
    untried: usize,
    /// When the last of all was tried for the first time.
    last_begun_ms: i64,
}

/// A canary that has just arrived for the first time.
#[derive(Debug, PartialEq)]
pub(super) struct Arrival {
    pub(super) id: String,
    pub(super) from: Location,
    pub(super) sent_ms: i64,
}

impl<'a> Probes<'a> {
    /// Those of these places, none of them sent. Each has `wait_ms` from its own sending.
    pub(super) fn new(run: &str, locations: &'a [Location], wait_ms: i64) -> Self {
        let unsent = Probe {
            state: State::Open(None),
            first_ms: 0,
            last_ms: 0,
            tries: 0,
        };
        Self {
            run: run.to_owned(),
            locations,
            all: vec![unsent; locations.len()],
            wait_ms,
            open: locations.len(),
            untried: locations.len(),
            last_begun_ms: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn settled(&self) -> usize {
        self.all.len() - self.open
    }

    pub(super) fn id(&self, place: usize) -> String {
        format!("{}-{place}", self.run)
    }

    fn place(&self, id: &str) -> Option<usize> {
        let number = id.strip_prefix(&self.run)?.strip_prefix('-')?;
        let place: usize = number.parse().ok()?;
        // `-007` is no second id of a place.
        (self.id(place) == id).then_some(place)
    }

    fn tried(&mut self, place: usize, now: i64) -> Option<&mut Probe> {
        let probe = self.all.get_mut(place)?;
        if probe.tries == 0 {
            self.untried = self.untried.saturating_sub(1);
            self.last_begun_ms = self.last_begun_ms.max(now);
        }
        probe.tries = probe.tries.saturating_add(1);
        probe.last_ms = now;
        Some(probe)
    }

    /// It was sent, at this time.
    pub(super) fn sent(&mut self, place: usize, at_ms: i64) {
        let Some(probe) = self.tried(place, at_ms) else {
            return;
        };
        if probe.first_ms == 0 {
            probe.first_ms = at_ms;
        }
        if let State::Open(why) = &mut probe.state {
            *why = None;
        }
    }

    /// Sending it failed. What was sent before may still arrive, and what passes with time is tried again.
    pub(super) fn failed(&mut self, place: usize, now: i64, why: &str, passes: bool) {
        let Some(probe) = self.tried(place, now) else {
            return;
        };
        if !matches!(probe.state, State::Open(_)) {
            return;
        }
        if probe.first_ms > 0 || passes {
            probe.state = State::Open(Some(why.into()));
        } else {
            probe.state = State::Unsent(why.into());
            self.open -= 1;
        }
    }

    /// One reached the hub's bus. Another account may have seen the id and sent it, too.
    pub(super) fn arrived(&mut self, id: &str, account: &str, at_ms: i64) -> Option<Arrival> {
        let place = self.place(id)?;
        let from = self.locations.get(place)?;
        let probe = self.all.get_mut(place)?;
        if from.account != account || !matches!(probe.state, State::Open(_)) {
            return None;
        }
        // A response that was lost does not mean that nothing was sent.
        let sent_ms = match probe.first_ms {
            0 => at_ms,
            first => first,
        };
        let ms = at_ms - sent_ms;
        probe.state = State::Arrived {
            ms,
            is_late: ms > self.wait_ms,
        };
        self.open -= 1;
        Some(Arrival {
            id: id.to_owned(),
            from: from.clone(),
            sent_ms,
        })
    }

    /// Those to be sent again now: neither arrived nor past their time, and long enough since the last try.
    pub(super) fn due(&self, now: i64) -> Vec<usize> {
        let is_due = |probe: &Probe| {
            let pause = FIRST_REPEAT_MS << i64::from(probe.tries.saturating_sub(1).min(8));
            let begun = if probe.first_ms > 0 {
                probe.first_ms
            } else {
                probe.last_ms
            };
            matches!(probe.state, State::Open(_))
                && probe.tries > 0
                && now - probe.last_ms > pause.min(LONGEST_REPEAT_MS)
                && now - begun < self.wait_ms
        };
        let all = self.all.iter().enumerate();
        all.filter(|(_, probe)| is_due(probe))
            .map(|(place, _)| place)
            .collect()
    }

    pub(super) fn is_settled(&self) -> bool {
        self.open == 0
    }

    /// Whether each has had its time.
    pub(super) fn is_over(&self, now: i64) -> bool {
        self.is_settled() || self.untried == 0 && now - self.last_begun_ms > self.wait_ms
    }

    pub(super) fn are_all_arrived(&self) -> bool {
        let is_arrived = |probe: &Probe| matches!(probe.state, State::Arrived { .. });
        self.all.iter().all(is_arrived)
    }

    /// What became of each.
    pub(super) fn results(&self) -> impl Iterator<Item = (&'a Location, Sent)> {
        let all = self.locations.iter().zip(&self.all);
        all.map(|(location, probe)| (location, probe.result()))
    }
}

impl Probe {
    fn result(&self) -> Sent {
        match &self.state {
            State::Arrived { ms, is_late } => Sent::Arrived {
                ms: *ms,
                is_late: *is_late,
            },
            State::Unsent(why) => Sent::Unsent {
                why: why.to_string(),
            },
            // It was tried again and again, and never taken.
            State::Open(Some(why)) if self.first_ms == 0 => Sent::Unsent {
                why: why.to_string(),
            },
            State::Open(None) if self.first_ms == 0 => Sent::Unsent {
                why: "it was not its turn before the run ended".into(),
            },
            State::Open(_) => Sent::Lost,
        }
    }
}
