//! The phone's side of the protocol, as a pure state machine: `step(event) → effects`.
//!
//! No clock, no randomness, no network, no storage inside: the browser carries out the effects
//! and tells what came of them. The same core drives the real phone, the tests of the whole
//! system and the load generator.
//!
//! - A fact is **saved** only when the store's transaction is complete ([`Event::Stored`]).
//! - A change leaves the outbox only by the receipt rule of docs/sync.md, and in memory only
//!   once the store has it so: a crash in between sends it again, and the server knows it.
//! - Push never waits for pull, nor pull for push.

mod batch;
mod book;
mod event;
mod pull;
mod push;
mod rotate;
mod safety;
mod store;
mod view;

pub use book::Book;
pub use event::{Answer, Call, Effect, Event, Fact, Input, Outgoing, Token};
pub use safety::{Mark, Safety, SessionSafety};
pub use store::{
    Acked, CLOCK, CURSOR, Clock, Entry, HeldChange, IDENTITY, Identity, NEXT_SEQ, Snapshot, Table, Write,
    seq_key,
};
pub use view::SessionView;

use crate::change::{BODY_VERSION, Body, CHANGE_MAX_BYTES, Change};
use crate::id::ChangeId;
use crate::stamp::DAY_MS;
use crate::wire::LoginAnswer;
use pull::Pulling;
use push::Pushing;
use serde_json::Value;
use std::collections::BTreeMap;
use store::{Waiting, bytes};

/// How long receipted changes are kept at least.
pub const ACKED_KEPT_MS: i64 = 14 * DAY_MS;
/// A call without an answer is given up after this long, ms.
pub const CALL_TIMEOUT_MS: u32 = 20_000;

/// Why a transaction was asked for.
#[derive(Debug, Clone)]
enum Purpose {
    /// Facts of the person: named changes in order of their appends, and responses.
    Record { changes: Vec<Value>, responses: Vec<Value> },
    /// Receipts of a push.
    Receipts(push::Settled),
    /// A new replica id; the store renumbers the outbox.
    Rotate(crate::id::ReplicaId),
    /// Rows of a pull.
    Rows(pull::Pulled),
    /// Whatever memory already holds.
    Memo,
}

/// The core. All that lasts is in the store; this is rebuilt from it at start.
#[derive(Debug, Clone)]
pub struct Phone {
    identity: Identity,
    clock: Clock,
    outbox: BTreeMap<u64, Waiting>,
    responses: BTreeMap<ChangeId, Waiting>,
    acked: BTreeMap<ChangeId, Acked>,
    acked_responses: BTreeMap<ChangeId, Acked>,
    held: BTreeMap<ChangeId, HeldChange>,
    scopes: pull::Scopes,
    book: Book,
    storing: BTreeMap<Token, Purpose>,
    pushing: Pushing,
    pulling: Pulling,
    last_contact_ms: Option<i64>,
    next: u64,
}

impl Phone {
    /// The core as the store left it; none where nobody has logged in on this database yet.
    /// Values that cannot be read are left in the store untouched.
    #[must_use]
    pub fn load(snapshot: &Snapshot) -> Option<Self> {
        let identity: Identity = snapshot.meta(IDENTITY)?;
        let mut phone = Self::new(identity, snapshot.meta(CLOCK).unwrap_or_default());
        phone.outbox = rotate::read_outbox(snapshot.of(Table::Outbox));
        for (key, value) in snapshot.of(Table::Responses) {
            if let (Ok(id), Ok(raw)) = (key.parse(), serde_json::from_slice(value)) {
                phone.responses.insert(id, Waiting::read(raw));
            }
        }
        phone.acked = by_id(snapshot, Table::Acked);
        phone.acked_responses = by_id(snapshot, Table::AckedResponses);
        phone.held = by_id(snapshot, Table::Held);
        phone.scopes = pull::Scopes::load(snapshot);
        phone.book = Book::new(&phone.scopes);
        Some(phone)
    }

    /// The core of a first login on an empty database, and the write that makes it last.
    #[must_use]
    pub fn first(identity: Identity, clock: Clock) -> (Self, Vec<Write>) {
        let writes =
            vec![Write::put(Table::Meta, IDENTITY, &identity), Write::put(Table::Meta, CLOCK, &clock)];
        (Self::new(identity, clock), writes)
    }

    fn new(identity: Identity, clock: Clock) -> Self {
        Self {
            identity,
            clock,
            outbox: BTreeMap::new(),
            responses: BTreeMap::new(),
            acked: BTreeMap::new(),
            acked_responses: BTreeMap::new(),
            held: BTreeMap::new(),
            scopes: pull::Scopes::default(),
            book: Book::default(),
            storing: BTreeMap::new(),
            pushing: Pushing::default(),
            pulling: Pulling::default(),
            // The last answer was heard then, by this phone's own clock.
            last_contact_ms: (clock.heard_ms > 0).then(|| clock.heard_ms.saturating_sub(clock.offset_ms)),
            next: 0,
        }
    }

    /// Takes one event in; the effects are to be carried out in order.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let Input { now_ms, dice, event } = input;
        let mut effects = Vec::new();
        match event {
            Event::Woke => {
                self.pushing.try_now(now_ms);
                self.pulling.try_now(now_ms);
            }
            Event::Tick => {}
            Event::LoggedIn(answer) => self.logged_in(*answer, now_ms, &mut effects),
            Event::SignedOut => {
                self.identity.token.clear();
                self.memo(vec![Write::put(Table::Meta, IDENTITY, &self.identity)], &mut effects);
            }
            Event::Record { facts, also } => self.record(facts, also, now_ms, &mut effects),
            Event::Stored { token, seqs } => self.stored(token, &seqs, now_ms, &mut effects),
            Event::StoreFailed { token } => self.store_failed(token, now_ms, &dice, &mut effects),
            Event::Reloaded { outbox } => self.reloaded(&outbox, now_ms),
            Event::Answered { call, answer } => {
                self.push_answered(call, &answer, now_ms, &dice, &mut effects);
                self.pull_answered(call, &answer, now_ms, &dice, &mut effects);
            }
            Event::Unanswered { call, timed_out } => {
                self.push_unanswered(call, timed_out, now_ms, &dice);
                self.pull_unanswered(call, now_ms, &dice);
            }
        }
        self.start_push(now_ms, &dice, &mut effects);
        self.start_pull(now_ms, &mut effects);
        self.ask_to_wake(now_ms, &mut effects);
        effects
    }

    fn record(&mut self, facts: Vec<Fact>, also: Vec<Write>, now_ms: i64, effects: &mut Vec<Effect>) {
        let made: Vec<Change> = facts.into_iter().map(|fact| self.make(fact, now_ms)).collect();
        let mut changes = Vec::new();
        let mut responses = Vec::new();
        let mut writes = Vec::new();
        for change in made {
            let value = bytes(&change);
            let Ok(raw) = serde_json::from_slice::<Value>(&value) else {
                continue;
            };
            if value.len() > CHANGE_MAX_BYTES {
                effects.push(Effect::TooLong);
                return;
            }
            if matches!(change.body, Body::Response(_)) {
                writes.push(Write::Put { table: Table::Responses, key: change.id.to_string(), value });
                responses.push(raw);
            } else {
                writes.push(Write::Append { value });
                changes.push(raw);
            }
        }
        writes.extend(also);
        self.store(Purpose::Record { changes, responses }, writes, effects);
    }

    fn make(&self, fact: Fact, now_ms: i64) -> Change {
        let Fact { id, session, after, body } = fact;
        match (body, session) {
            (Body::Response(body), Some(session)) => {
                Change::response(id, session, self.server_ms(now_ms), body)
            }
            (body, session) => Change {
                id,
                seq: None,
                v: BODY_VERSION,
                session,
                wall_ms: now_ms,
                offset_ms: self.clock.offset_ms,
                heard_ms: self.clock.heard_ms,
                after,
                body,
            },
        }
    }

    fn store(&mut self, purpose: Purpose, writes: Vec<Write>, effects: &mut Vec<Effect>) {
        self.next += 1;
        let token = Token(self.next);
        self.storing.insert(token, purpose);
        effects.push(Effect::Store { token, writes });
    }

    /// Writes what memory already holds; should it fail, memory is right and a later one repairs it.
    fn memo(&mut self, writes: Vec<Write>, effects: &mut Vec<Effect>) {
        self.store(Purpose::Memo, writes, effects);
    }

    fn stored(&mut self, token: Token, seqs: &[u64], now_ms: i64, effects: &mut Vec<Effect>) {
        match self.storing.remove(&token) {
            Some(Purpose::Record { changes, responses }) => {
                for (raw, seq) in changes.into_iter().zip(seqs) {
                    self.outbox.insert(*seq, Waiting::read(raw));
                }
                for waiting in responses.into_iter().map(Waiting::read) {
                    if let Some(change) = &waiting.change {
                        self.responses.insert(change.id, waiting);
                    }
                }
                self.pushing.gather(now_ms);
                effects.push(Effect::Saved(token));
            }
            Some(Purpose::Receipts(settled)) => self.settled(settled, now_ms),
            Some(Purpose::Rotate(replica)) => self.rotated(replica, effects),
            Some(Purpose::Rows(pulled)) => self.pulled(pulled, now_ms, effects),
            Some(Purpose::Memo) | None => {}
        }
    }

    fn store_failed(&mut self, token: Token, now_ms: i64, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        match self.storing.remove(&token) {
            Some(Purpose::Record { .. }) => effects.push(Effect::NotSaved(token)),
            Some(Purpose::Receipts(_)) => self.pushing.back_off(now_ms, dice, None),
            Some(Purpose::Rotate(_)) => self.rotate_failed(),
            Some(Purpose::Rows(_)) => self.pulling.back_off(now_ms, dice, None),
            Some(Purpose::Memo) | None => {}
        }
    }

    fn logged_in(&mut self, answer: LoginAnswer, now_ms: i64, effects: &mut Vec<Effect>) {
        if answer.account.id != self.identity.account.id {
            return;
        }
        self.identity.account = answer.account;
        self.identity.token = answer.token;
        self.identity.push_token = answer.push_token;
        self.identity.granted = answer.granted;
        self.pushing.resume(now_ms);
        self.pulling.resume(now_ms);
        self.memo(vec![Write::put(Table::Meta, IDENTITY, &self.identity)], effects);
        self.heard(answer.server_ms, now_ms, now_ms, effects);
    }

    /// Learns the server's time from an answer that was sent for at `sent_ms`.
    fn heard(&mut self, server_ms: i64, sent_ms: i64, now_ms: i64, effects: &mut Vec<Effect>) {
        self.last_contact_ms = Some(now_ms);
        let middle_ms = sent_ms + (now_ms - sent_ms) / 2;
        let clock = Clock {
            offset_ms: server_ms.saturating_sub(middle_ms),
            heard_ms: self.clock.heard_ms.max(server_ms),
        };
        let moved = (clock.offset_ms - self.clock.offset_ms).abs() > 1_000;
        let stale = clock.heard_ms - self.clock.heard_ms > 60_000;
        self.clock = clock;
        if moved || stale {
            self.memo(vec![Write::put(Table::Meta, CLOCK, &clock)], effects);
        }
    }

    fn ask_to_wake(&self, now_ms: i64, effects: &mut Vec<Effect>) {
        let next = [self.push_due(), self.pull_due()].into_iter().flatten().min();
        if let Some(at_ms) = next {
            effects.push(Effect::WakeAt { at_ms: at_ms.max(now_ms) });
        }
    }

    fn next_call(&mut self) -> Call {
        self.next += 1;
        Call(self.next)
    }

    /// The server's time as far as this phone can tell, ms.
    #[must_use]
    pub const fn server_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(self.clock.offset_ms)
    }

    /// Who uses this database.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What was pulled, and what of the phone's own lies on top of it.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }
}

fn by_id<T: serde::de::DeserializeOwned>(snapshot: &Snapshot, table: Table) -> BTreeMap<ChangeId, T> {
    let read = |(key, value): (&str, &[u8])| Some((key.parse().ok()?, serde_json::from_slice(value).ok()?));
    snapshot.of(table).filter_map(read).collect()
}
