//! What a phone is answered, by its server or by whatever stands in between.

use super::city::{NOW, id};
use serde_json::Value;
use shared::attendance::Method;
use shared::change::{Body, CheckInBody, Headcount};
use shared::id::ChangeId;
use shared::phone::{Answer, Call, Clock, Effect, Event, Fact, Identity, Input, Phone, Table, Tables};
use shared::stamp::DAY_MS;
use shared::wire::Account;
use std::cell::RefCell;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A phone with records, its store, and what it asks for.
#[derive(Clone)]
struct Hand {
    phone: Phone,
    tables: Tables,
    now_ms: i64,
    pushes: Vec<(Call, Value)>,
    pulls: Vec<Call>,
    ids: Vec<ChangeId>,
}

/// Nothing is lost: a change leaves what waits only where an answer of status 200, of JSON and of the very
/// batch names it `ok`, `dup` or `held`, and is kept then too. What still waits is sent again within a
/// day, unless the answer asks for a login or an update. Input: `push` or `pull`, the status, `json` or
/// `html`, and in the next lines the body, in which `@batch` is the id of the batch.
///
/// # Panics
/// The promise is broken.
pub fn phone(input: &[u8]) {
    thread_local! {
        static HAND: RefCell<Option<Hand>> = const { RefCell::new(None) };
    }
    let mut hand = HAND.with(|hand| hand.borrow_mut().get_or_insert_with(Hand::new).clone());
    let text = String::from_utf8_lossy(input);
    let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
    let words: Vec<&str> = head.split(' ').collect();
    let [to, status, kind] = words[..] else { return };
    let Ok(status) = status.parse::<u16>() else { return };
    let answer = |body: String| Answer { status, json: kind == "json", retry_after_s: None, body };
    if to == "pull" {
        for call in std::mem::take(&mut hand.pulls) {
            hand.go(Event::Answered { call, answer: answer(body.to_owned()) });
        }
        hand.keeps(&BTreeSet::new());
    } else {
        for (call, batch) in std::mem::take(&mut hand.pushes) {
            let body = body.replace("@batch", batch["batch"].as_str().unwrap());
            let named = if status == 200 && kind == "json" { named(&body, &batch) } else { BTreeSet::new() };
            hand.go(Event::Answered { call, answer: answer(body) });
            hand.keeps(&named);
        }
    }
    if ![401, 403, 426].contains(&status) {
        hand.comes_again();
    }
}

/// Ids that this answer gives a receipt, by the words of the protocol.
fn named(body: &str, batch: &Value) -> BTreeSet<String> {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let id = |value: &Value| value.as_str().and_then(|text| Uuid::parse_str(text).ok());
    if id(&answer["batch"]) != id(&batch["batch"]) {
        return BTreeSet::new();
    }
    let receipt = |result: &&Value| matches!(result["st"].as_str(), Some("ok" | "dup" | "held"));
    let results = answer["results"].as_array().into_iter().flatten().filter(receipt);
    results.filter_map(|result| id(&result["id"])).map(|id| id.to_string()).collect()
}

impl Hand {
    fn new() -> Self {
        let parse = |n: u128| id(n).parse::<Uuid>().unwrap();
        let account =
            Account { id: parse(0x5_0001).into(), login: "zhang".to_owned(), name: "张".to_owned() };
        let identity = Identity {
            account,
            replica: parse(0x4_0001).into(),
            token: "t".to_owned(),
            push_token: "p".to_owned(),
            epoch: Some(parse(0x6_0001).into()),
            granted: vec![format!("org:{}", id(0x1_0002))],
            others: Vec::new(),
            rescue_key: None,
        };
        let (phone, writes) = Phone::first(identity, Clock { offset_ms: 0, heard_ms: NOW }, Vec::new());
        let mut tables = Tables::default();
        tables.commit(&writes).unwrap();
        let (pushes, pulls, ids) = (Vec::new(), Vec::new(), Vec::new());
        let mut hand = Self { phone, tables, now_ms: NOW, pushes, pulls, ids };
        hand.go(Event::Lead { reload: false, pull: true });
        let check_in = |n: u128| {
            let person = parse(0x2_0000 + n).into();
            Body::CheckIn(CheckInBody { person, method: Method::Tap, at_ms: None })
        };
        let bodies = [check_in(1), check_in(2), Body::Headcount(Headcount { count: 40 })];
        let facts: Vec<Fact> = (1_u128..)
            .zip(bodies)
            .map(|(n, body)| Fact {
                id: parse(n).into(),
                session: Some(parse(0x3_0001).into()),
                after: None,
                body,
            })
            .collect();
        hand.ids = facts.iter().map(|fact| fact.id).collect();
        hand.go(Event::Record { facts, also: Vec::new() });
        hand.pass(60_000);
        assert!(!hand.pushes.is_empty() && !hand.pulls.is_empty(), "it asks for both");
        hand
    }

    fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
        self.go(Event::Tick);
    }

    /// One event and all that follows from it at once.
    fn go(&mut self, event: Event) {
        let mut events = vec![event];
        let mut steps = 0;
        while let Some(event) = events.pop() {
            steps += 1;
            assert!(steps < 1_000, "it does not come to rest");
            for effect in self.phone.step(Input { now_ms: self.now_ms, dice: [3; 16], event }) {
                match effect {
                    Effect::Store { token, writes } => events.push(match self.tables.commit(&writes) {
                        Ok((seqs, _)) => Event::Stored { token, seqs },
                        Err(_) => Event::StoreFailed { token },
                    }),
                    Effect::Reload { .. } => {
                        events.push(Event::Reloaded(Box::new(self.tables.snapshot(&Table::ALL))));
                    }
                    Effect::Push(out) => {
                        self.pushes.push((out.call, serde_json::from_str(&out.body).unwrap()));
                    }
                    Effect::Pull(out) => self.pulls.push(out.call),
                    _ => {}
                }
            }
        }
    }

    fn keeps(&self, named: &BTreeSet<String>) {
        let has = |table, key: &str| self.tables.of(table).any(|(there, _)| there == key);
        for id in &self.ids {
            let key = id.to_string();
            let waits = has(Table::Outbox, &key);
            assert!(waits || named.contains(&key), "{key} left without a receipt");
            assert!(waits || has(Table::Acked, &key) || has(Table::Held, &key), "{key} is gone");
        }
    }

    fn comes_again(&mut self) {
        let waits = self.tables.of(Table::Outbox).next().is_some();
        // What was not answered is told so by the browser, sooner or later.
        let pushes = std::mem::take(&mut self.pushes).into_iter().map(|(call, _)| call);
        for call in pushes.chain(std::mem::take(&mut self.pulls)).collect::<Vec<_>>() {
            self.go(Event::Unanswered { call, timed_out: true });
        }
        for _ in 0..24 {
            self.pass(DAY_MS / 24);
        }
        assert!(!waits || !self.pushes.is_empty(), "what waits is not sent again");
    }
}
