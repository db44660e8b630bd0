//! A phone of the load: records, sends, believes receipts alone, and sends again what has none.

use super::dice::Dice;
use super::facts::{Notes, now_ms};
use super::kept::Kept;
use super::ledger::{Change, Fate, Receipt};
use super::line::{Answer, Line};
use super::world::World;
use crate::harness::{Done, PATIENCE};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Most changes in a batch.
const BATCH: usize = 60;
/// Nothing new is recorded while this many wait.
const WAITING: usize = 120;

pub(super) struct Phone {
    pub(super) number: usize,
    pub(super) replica: Uuid,
    pub(super) token: String,
    pub(super) notes: Notes,
    dice: Dice,
    made: i64,
    outbox: VecDeque<Arc<Change>>,
    responses: Vec<Arc<Change>>,
    /// The batch that is under way; after a kill, the one of which nobody knows.
    pub(super) flying: Vec<Arc<Change>>,
    /// What came to be stored without a receipt, with its seq: found in the database after a kill.
    pub(super) stored: HashMap<Uuid, Option<i64>>,
    /// Highest seq with a receipt.
    have: i64,
    /// How often the server said `dup`: a receipt made good.
    pub(super) dups: usize,
}

impl Phone {
    pub(super) fn new(number: usize, world: &World, seed: u64) -> Done<Self> {
        let replica = Uuid::new_v4();
        Ok(Self {
            number,
            replica,
            token: world.log_in(replica)?,
            notes: Notes::new(),
            dice: Dice::new(seed),
            made: 0,
            outbox: VecDeque::new(),
            responses: Vec::new(),
            flying: Vec::new(),
            stored: HashMap::new(),
            have: 0,
            dups: 0,
        })
    }

    /// Records and sends until the server dies or all is over.
    pub(super) fn run(&mut self, world: &World) -> Done {
        let mut line = None;
        while !world.over() {
            for _ in 0..self.dice.below(50) {
                self.record(world);
            }
            match self.send(world, &mut line) {
                Ok(()) => {}
                // A dead server answers nobody; the batch stays as it is.
                Err(_) if world.killed() => return Ok(()),
                Err(why) => return Err(format!("phone {}: {why}", self.number).into()),
            }
            std::thread::sleep(Duration::from_micros(self.dice.between(0, 15_000)));
        }
        Ok(())
    }

    /// Records no more, and sends what is left.
    pub(super) fn finish(&mut self, world: &World) -> Done {
        // The session that some of its check-ins still wait for.
        let last = self.notes.session(world);
        self.keep(last.id, last.fate, |seq| last.raw(seq));
        let mut line = None;
        let until = Instant::now() + PATIENCE;
        while !self.outbox.is_empty() || !self.responses.is_empty() {
            if Instant::now() > until {
                return Err(format!("phone {} never comes to an end", self.number).into());
            }
            self.send(world, &mut line)?;
        }
        Ok(())
    }

    /// How many changes and responses it has made.
    pub(super) fn made(&self) -> usize {
        let responses: i64 = self.notes.responses.values().sum();
        usize::try_from(self.made).unwrap_or(0) + usize::try_from(responses).unwrap_or(0)
    }

    /// Up to which seq all must be at the server: by receipt, or by what was found there.
    pub(super) fn have(&self) -> i64 {
        let found = self.outbox.iter().filter(|change| self.stored.contains_key(&change.id));
        found.filter_map(|change| change.seq).fold(self.have, i64::max)
    }

    /// Looks after a kill for the batch that was under way. It is there whole or not at all: how
    /// many of its changes were found that had not been before, and whether none was.
    pub(super) fn land(&mut self, kept: &Kept) -> Done<(usize, bool)> {
        let batch = std::mem::take(&mut self.flying);
        let open: Vec<_> = batch.iter().filter(|change| !self.stored.contains_key(&change.id)).collect();
        let found: Vec<_> = open.iter().filter_map(|change| Some((change.id, kept.find(change)?))).collect();
        let (found_number, open_number) = (found.len(), open.len());
        if found_number != 0 && found_number != open_number {
            let phone = self.number;
            return Err(format!("phone {phone}: {found_number} of a batch of {open_number} are there").into());
        }
        self.stored.extend(found);
        Ok((found_number, open_number > 0 && found_number == 0))
    }

    fn record(&mut self, world: &World) {
        if self.outbox.len() < WAITING {
            let fact = self.notes.one(world, &mut self.dice);
            self.keep(fact.id, fact.fate, |seq| fact.raw(seq));
        }
    }

    fn keep(&mut self, id: Uuid, fate: Fate, raw: impl FnOnce(Option<i64>) -> String) {
        let anonymous = fate == Fate::Response;
        self.made += i64::from(!anonymous);
        let seq = (!anonymous).then_some(self.made);
        let change = Arc::new(Change { id, seq, raw: raw(seq), fate, phone: self.number });
        if anonymous { self.responses.push(change) } else { self.outbox.push_back(change) }
    }

    /// One batch: of changes in their order, or of responses in none.
    fn send(&mut self, world: &World, line: &mut Option<Line>) -> Done {
        let anonymous = !self.responses.is_empty() && (self.outbox.is_empty() || self.dice.below(4) == 0);
        let size = 1 + self.dice.below(BATCH);
        let batch: Vec<Arc<Change>> = if anonymous {
            let from = self.dice.below(self.responses.len());
            self.responses.rotate_left(from);
            self.responses.iter().take(size).cloned().collect()
        } else {
            self.outbox.iter().take(size).cloned().collect()
        };
        if batch.is_empty() {
            return Ok(());
        }
        let open = match line {
            Some(open) => open,
            None => line.insert(Line::open(world.address)?),
        };
        let replica = (!anonymous).then_some(self.replica);
        let (name, body) = push_body(replica, self.outbox.len(), &batch);
        self.flying = batch;
        let answer = open.post("/api/v1/push", &self.token, &body)?;
        let batch = std::mem::take(&mut self.flying);
        self.believe(world, &answer, name, batch)
    }

    /// The receipt rule: status 200, JSON, the own batch; then change by change.
    fn believe(&mut self, world: &World, answer: &Answer, name: Uuid, batch: Vec<Arc<Change>>) -> Done {
        if answer.status == 503 {
            // Too much at once: nothing is stored, and all of it is sent again.
            std::thread::sleep(Duration::from_millis(50));
            return Ok(());
        }
        let body: Value = serde_json::from_str(&answer.body)?;
        if answer.status != 200 || !answer.json || body["batch"] != json!(name) {
            return Err(format!("no receipt: {answer:?}").into());
        }
        let results = body["results"].as_array().ok_or("no results")?;
        if results.len() != batch.len() || body["rotate_replica"] != json!(false) {
            return Err(format!("not what was sent: {}", answer.body).into());
        }
        let last = batch.last().and_then(|change| change.seq);
        let mut receipts = Vec::with_capacity(batch.len());
        for (change, result) in batch.into_iter().zip(results) {
            let seq = result["seq"].as_i64();
            let known = self.stored.remove(&change.id);
            // What was found in the database has kept its seq; what was not there is new.
            if *result != change.result(known.unwrap_or(seq), known.is_none()) {
                let raw = &change.raw;
                return Err(format!("{result} for {raw}, which was stored as {known:?}").into());
            }
            self.dups += usize::from(result["st"] == "dup");
            receipts.push(Receipt { change, seq });
        }
        if let Some(last) = last {
            self.outbox.drain(..receipts.len());
            self.have = self.have.max(last);
            let should = self.have();
            if body["have"] != json!(should) {
                return Err(format!("have is {}, not {should}", body["have"]).into());
            }
        } else {
            self.responses.drain(..receipts.len());
        }
        world.ledger.add(receipts);
        Ok(())
    }
}

/// The name and the body of a push of these bytes.
pub(super) fn push_body(replica: Option<Uuid>, pending: usize, batch: &[Arc<Change>]) -> (Uuid, String) {
    let name = Uuid::new_v4();
    let anonymous = replica.is_none();
    let head = json!({
        "proto": 1, "app": "0.1.0", "batch": name, "replica": replica, "epoch": null,
        "wall_ms": if anonymous { shared::stamp::day_ms(now_ms()) } else { now_ms() },
        "pending": if anonymous { 0 } else { pending },
    });
    let raw: Vec<&str> = batch.iter().map(|change| change.raw.as_str()).collect();
    // The changes are put in as text: taken apart and put together again, they would not be the same bytes.
    let head = head.to_string();
    let open = head.trim_end_matches('}');
    (name, format!("{open},\"changes\":[{}]}}", raw.join(",")))
}
