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
mod exhibits;
mod held;
mod lead;
mod loss;
mod old;
mod outbox;
mod pull;
mod pulling;
mod push;
mod receipt;
mod reload;
mod rescue;
mod safety;
mod store;
mod tables;
mod view;

pub use book::Book;
pub use event::{Answer, Call, Effect, Event, Fact, Input, Outgoing, Token};
pub use held::HeldView;
pub use old::NAMES_KEPT_MS;
pub use rescue::{Unsent, rescue_content, rescue_key, unlocked};
pub use safety::{Mark, Safety, SessionSafety};
pub use store::{
    ALARM, Acked, CLOCK, CURSOR, Canary, Clock, Entry, HEARD, Heard, HeldChange, IDENTITY, Identity, LOSSES,
    LossNote, NEXT_SEQ, Snapshot, Table, Write, counter, numbered, unnumbered,
};
pub use tables::{Tables, Undo, Unkept};
pub use view::SessionView;

use crate::change::{BODY_VERSION, Body, CHANGE_MAX_BYTES, Change};
use crate::id::ChangeId;
use crate::museum::{Defect, planted};
use crate::stamp::DAY_MS;
use crate::wire::{LoginAnswer, Loss, LossKind};
use outbox::{Outbox, Waiting};
use pulling::Pulling;
use push::Pushing;
use reload::Reload;
use serde_json::Value;
use std::collections::BTreeMap;
use store::bytes;

/// How long receipted changes are kept at least.
pub const ACKED_KEPT_MS: i64 = 14 * DAY_MS;
/// A call without an answer is given up after this long, ms.
pub const CALL_TIMEOUT_MS: u32 = 20_000;

/// Why a transaction was asked for.
#[derive(Debug, Clone)]
enum Purpose {
    /// Facts of the person: named changes in order of their appends, and responses.
    Record { changes: Vec<(ChangeId, Value)>, responses: Vec<(ChangeId, Value)> },
    /// What an answer to a push, or a loss, changes.
    Receipts(Box<receipt::Settled>),
    /// Rows of a pull.
    Rows(pull::Pulled),
    /// The mark of the tab that leads.
    Mark,
    /// Whatever memory already holds.
    Memo,
}

/// The core. All that lasts is in the store; this is rebuilt from it at start.
#[derive(Debug, Clone)]
pub struct Phone {
    identity: Identity,
    clock: Clock,
    heard: Heard,
    next_seq: u64,
    losses: Vec<LossNote>,
    /// A loss that was noticed and for which the replica is still to be changed.
    alarm: Option<Loss>,
    /// Whether the store was told of it.
    alarm_kept: bool,
    outbox: Outbox,
    responses: BTreeMap<ChangeId, Waiting>,
    acked: BTreeMap<ChangeId, Acked>,
    acked_responses: BTreeMap<ChangeId, Acked>,
    held: BTreeMap<ChangeId, HeldChange>,
    scopes: pull::Scopes,
    book: Book,
    /// Counts up with every change of the book.
    book_rev: u64,
    storing: BTreeMap<Token, Purpose>,
    /// This tab holds the lock.
    lead: lead::Lead,
    /// As far as it leads, it pulls as well.
    pulls: bool,
    reload: Reload,
    pushing: Pushing,
    pulling: Pulling,
    last_contact_ms: Option<i64>,
    /// The phone's clock at the last event, ms.
    seen_ms: i64,
    next: u64,
}

/// What a database turns out to be when it is opened.
#[derive(Debug, Clone)]
pub enum Opening {
    /// Nobody has logged in on it yet.
    New,
    /// It is empty, and was not: the next login on it must say so.
    Emptied(Loss),
    /// The core as the store left it.
    Ready(Box<Phone>),
}

impl Phone {
    /// Opens what the store holds; `canary` is what lay beside it. Values that cannot be read are
    /// left in the store untouched.
    #[must_use]
    pub fn open(snapshot: &Snapshot, canary: Option<Canary>, now_ms: i64) -> Opening {
        let Some(identity) = snapshot.meta::<Identity>(IDENTITY) else {
            let Some(canary) = canary else { return Opening::New };
            return Opening::Emptied(Loss {
                kind: LossKind::Emptied,
                replica: canary.replica,
                at_ms: now_ms,
                missing: Some(canary.next_seq.saturating_sub(1)),
            });
        };
        let mut phone = Self::new(identity, Clock::default());
        phone.read(snapshot);
        phone.last_contact_ms = phone.contact_by_clock();
        phone.seen_ms = now_ms;
        phone.compare(canary, now_ms);
        Opening::Ready(Box::new(phone))
    }

    /// The core of a first login on an empty database, and the writes that make it last. `losses`:
    /// what [`Phone::open`] noticed of the database before it.
    #[must_use]
    pub fn first(identity: Identity, clock: Clock, losses: Vec<Loss>) -> (Self, Vec<Write>) {
        let note = |loss| LossNote { loss, told: None, read: false };
        let losses: Vec<LossNote> = losses.into_iter().map(note).collect();
        let writes = vec![
            Write::put(Table::Meta, IDENTITY, &identity),
            Write::put(Table::Meta, CLOCK, &clock),
            Write::put(Table::Meta, LOSSES, &losses),
        ];
        let mut phone = Self::new(identity, clock);
        phone.losses = losses;
        phone.last_contact_ms = phone.contact_by_clock();
        (phone, writes)
    }

    fn new(identity: Identity, clock: Clock) -> Self {
        Self {
            identity,
            clock,
            heard: Heard::default(),
            next_seq: 1,
            losses: Vec::new(),
            alarm: None,
            alarm_kept: false,
            outbox: Outbox::default(),
            responses: BTreeMap::new(),
            acked: BTreeMap::new(),
            acked_responses: BTreeMap::new(),
            held: BTreeMap::new(),
            scopes: pull::Scopes::default(),
            book: Book::default(),
            book_rev: 0,
            storing: BTreeMap::new(),
            lead: lead::Lead::No,
            pulls: false,
            reload: Reload::default(),
            pushing: Pushing::default(),
            pulling: Pulling::default(),
            last_contact_ms: None,
            seen_ms: i64::MIN,
            next: 0,
        }
    }

    /// The last answer was heard then, by this phone's own clock.
    fn contact_by_clock(&self) -> Option<i64> {
        let Clock { offset_ms, heard_ms } = self.clock;
        (heard_ms > 0).then(|| heard_ms.saturating_sub(offset_ms))
    }

    /// Takes one event in; the effects are to be carried out in order.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let Input { now_ms, dice, event } = input;
        let mut effects = Vec::new();
        self.notice_clock(now_ms);
        self.keep_alarm(&mut effects);
        match event {
            Event::Woke => {
                // Another tab may have written without this one having heard of it.
                if self.leads() && self.reload == Reload::No {
                    self.reload = Reload::Wanted { rows: false };
                }
                self.pushing.try_now(now_ms);
                self.pushing.ask_again();
                self.pulling.try_now(now_ms);
            }
            Event::Tick => {}
            Event::Lead { reload, pull } => self.lead(reload, pull, now_ms),
            Event::Follow => self.follow(),
            Event::LoggedIn(answer) => self.logged_in(*answer, now_ms, &mut effects),
            Event::SignedOut => {
                self.identity.token.clear();
                if planted(Defect::SignOutEmpties) {
                    self.empty(&mut effects);
                }
                self.memo(vec![Write::put(Table::Meta, IDENTITY, &self.identity)], &mut effects);
            }
            Event::LossesRead => self.losses_read(&mut effects),
            Event::Watch(session) => self.pulling.watch(session, now_ms),
            Event::Record { facts, also } => self.record(facts, also, now_ms, &mut effects),
            Event::Stored { token, seqs } => self.stored(token, &seqs, now_ms, &mut effects),
            Event::StoreFailed { token } => self.store_failed(token, now_ms, &dice, &mut effects),
            Event::Overtaken { token } => self.overtaken(token),
            Event::Reloaded(snapshot) => self.reloaded(&snapshot, now_ms, &mut effects),
            Event::ReloadFailed => self.reload_failed(),
            Event::Answered { call, answer } => {
                self.push_answered(call, &answer, now_ms, &dice, &mut effects);
                self.pull_answered(call, &answer, now_ms, &dice, &mut effects);
            }
            Event::Unanswered { call, timed_out } => {
                self.push_unanswered(call, timed_out, now_ms, &dice, &mut effects);
                self.pull_unanswered(call, now_ms, &dice);
            }
        }
        self.start_mark(&dice, &mut effects);
        self.start_reload(&mut effects);
        self.start_push(now_ms, &dice, &mut effects);
        self.start_pull(now_ms, &mut effects);
        self.ask_to_wake(now_ms, &mut effects);
        effects
    }

    /// A clock that was set back must not make anything wait longer than it was to.
    fn notice_clock(&mut self, now_ms: i64) {
        let back_ms = self.seen_ms.saturating_sub(now_ms);
        if self.seen_ms != i64::MIN && back_ms > 0 {
            self.pulling.clock_went_back(back_ms);
            self.pushing.clock_went_back(back_ms);
        }
        self.seen_ms = now_ms;
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
            let key = change.id.to_string();
            if matches!(change.body, Body::Response(_)) {
                writes.push(Write::Put { table: Table::Responses, key, value });
                responses.push((change.id, raw));
            } else {
                writes.push(Write::Append { key, value });
                changes.push((change.id, raw));
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
                body: self.whole_record(body, session),
                id,
                seq: None,
                v: BODY_VERSION,
                session,
                wall_ms: now_ms,
                offset_ms: self.clock.offset_ms,
                heard_ms: self.clock.heard_ms,
                after,
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
                for ((id, raw), seq) in changes.into_iter().zip(seqs) {
                    self.outbox.insert(id, *seq, Waiting::new(raw));
                    self.next_seq = self.next_seq.max(seq.saturating_add(1));
                }
                for (id, raw) in responses {
                    self.responses.insert(id, Waiting::new(raw));
                }
                self.pushing.gather(now_ms);
                effects.push(Effect::Saved(token));
                self.mark_beside(effects);
            }
            Some(Purpose::Receipts(settled)) => self.settled(*settled, now_ms),
            Some(Purpose::Rows(pulled)) => self.pulled(pulled, now_ms, effects),
            Some(Purpose::Mark) => self.marked(),
            Some(Purpose::Memo) | None => {}
        }
    }

    fn store_failed(&mut self, token: Token, now_ms: i64, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        match self.storing.remove(&token) {
            Some(Purpose::Record { .. }) => effects.push(Effect::NotSaved(token)),
            Some(Purpose::Receipts(_)) => {
                self.pushing.rotating = false;
                self.pushing.back_off(now_ms, dice, None);
            }
            Some(Purpose::Rows(_)) => self.pulling.back_off(now_ms, dice, None),
            Some(Purpose::Mark) => self.not_marked(),
            Some(Purpose::Memo) => self.alarm_kept = false,
            None => {}
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
        self.identity.others = answer.others;
        self.identity.rescue_key = answer.rescue_key.or(self.identity.rescue_key.take());
        self.pushing.resume(now_ms);
        self.pulling.resume(now_ms);
        self.memo(vec![Write::put(Table::Meta, IDENTITY, &self.identity)], effects);
        self.hear_time(answer.server_ms, now_ms, now_ms, effects);
    }

    /// Learns the server's time from an answer that was sent for at `sent_ms`.
    fn hear_time(&mut self, server_ms: i64, sent_ms: i64, now_ms: i64, effects: &mut Vec<Effect>) {
        self.last_contact_ms = Some(now_ms);
        let took_ms = now_ms.saturating_sub(sent_ms);
        // A clock that was set in between says nothing of how long the answer took.
        let honest = (0..=i64::from(CALL_TIMEOUT_MS)).contains(&took_ms);
        let middle_ms = if honest { sent_ms + took_ms / 2 } else { now_ms };
        let clock = Clock {
            offset_ms: server_ms.saturating_sub(middle_ms),
            heard_ms: self.clock.heard_ms.max(server_ms),
        };
        let moved = clock.offset_ms.saturating_sub(self.clock.offset_ms).saturating_abs() > 1_000;
        let stale = clock.heard_ms.saturating_sub(self.clock.heard_ms) > 60_000;
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

    /// Another number whenever [`Phone::book`] may have changed.
    #[must_use]
    pub const fn book_rev(&self) -> u64 {
        self.book_rev
    }
}
