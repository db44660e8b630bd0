//! A phone on a bench: its core, a store in memory, and a hand that answers its calls.

use serde_json::{Value, json};
use shared::attendance::Method;
use shared::change::{Body, CheckInBody, SessionSet};
use shared::feedback::{Response, Via};
use shared::id::{CampaignId, OrgId, PersonId, SessionId};
use shared::phone::{
    Answer, Canary, Clock, Effect, Event, Fact, Identity, Input, NEXT_SEQ, Opening, Outgoing, Phone, Table,
    Tables, Write, counter,
};
use shared::session::Field;
use shared::wire::{Account, LoginAnswer};
use std::collections::BTreeMap;

pub(crate) fn id<T: From<uuid::Uuid>>(n: u128) -> T {
    T::from(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n))
}

pub(crate) fn session(n: u128) -> SessionId {
    id(0x1_0000 + n)
}

pub(crate) fn person(n: u128) -> PersonId {
    id(0x2_0000 + n)
}

pub(crate) fn session_set(of: u128, change: u128) -> Fact {
    let set = BTreeMap::from([
        (Field::Org, json!(id::<OrgId>(1))),
        (Field::Campaign, json!(id::<CampaignId>(2))),
        (Field::Activity, json!("lecture")),
        (Field::Title, json!("宣讲")),
        (Field::StartsMs, json!(4_000)),
    ]);
    Fact {
        id: id(change),
        session: Some(session(of)),
        after: None,
        body: Body::SessionSet(SessionSet { set }),
    }
}

pub(crate) fn check_in(of: u128, change: u128, who: u128) -> Fact {
    let body = Body::CheckIn(CheckInBody { person: person(who), method: Method::Tap, at_ms: None });
    Fact { id: id(change), session: Some(session(of)), after: None, body }
}

pub(crate) fn response(of: u128, change: u128) -> Fact {
    let answers = serde_json::Map::from_iter([("understood".to_owned(), json!(5))]);
    let body = Body::Response(Response { form: id(3), version: 1, answers, via: Via::Phone });
    Fact { id: id(change), session: Some(session(of)), after: None, body }
}

pub(crate) fn json(status: u16, body: &Value) -> Answer {
    Answer { status, json: true, retry_after_s: None, body: body.to_string() }
}

pub(crate) fn portal(status: u16) -> Answer {
    let body = "<html><title>Welcome to the canteen's network</title></html>".to_owned();
    Answer { status, json: false, retry_after_s: None, body }
}

#[derive(Default, Clone)]
pub(crate) struct Store {
    pub(crate) tables: Tables,
    /// The next transaction that would empty the outbox fails.
    pub(crate) fail_receipt: bool,
}

impl Store {
    pub(crate) fn len(&self, table: Table) -> usize {
        self.tables.of(table).count()
    }

    pub(crate) fn counter(&self) -> u64 {
        let stored = self.tables.of(Table::Meta).find(|(key, _)| *key == NEXT_SEQ);
        counter(stored.map(|(_, value)| value.as_slice())).expect("a number")
    }

    fn commit(&mut self, writes: &[Write]) -> Option<Vec<u64>> {
        let receipt = writes.iter().any(|write| matches!(write, Write::Delete { table: Table::Outbox, .. }));
        if receipt && std::mem::take(&mut self.fail_receipt) {
            return None;
        }
        self.tables.commit(writes).ok().map(|(seqs, _)| seqs)
    }
}

pub(crate) struct Desk {
    pub(crate) phone: Phone,
    pub(crate) store: Store,
    /// What lies beside the database.
    pub(crate) canary: Option<Canary>,
    pub(crate) now_ms: i64,
    /// The server's clock.
    pub(crate) server_ms: i64,
    pub(crate) push: Option<Outgoing>,
    pub(crate) pull: Option<Outgoing>,
    /// What the server says of the session.
    pub(crate) state: &'static str,
    dice: u8,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let identity = Identity {
            account: Account { id: id(7), login: "zhang".into(), name: "张".into() },
            replica: id(8),
            token: "token".into(),
            push_token: "push".into(),
            epoch: Some(id(9)),
            others: Vec::new(),
            rescue_key: None,
            granted: vec![format!("org:{}", id::<OrgId>(1))],
        };
        let (phone, writes) = Phone::first(identity, Clock::default(), Vec::new());
        let mut store = Store::default();
        store.commit(&writes);
        let now_ms = 1_763_786_400_000;
        let mut desk = Self {
            phone,
            store,
            canary: None,
            now_ms,
            server_ms: 5_000,
            push: None,
            pull: None,
            state: "open",
            dice: 0,
        };
        desk.step(Event::Lead { reload: false, pull: true });
        desk
    }

    /// The process ends, and another one begins from what is stored; it does not lead yet.
    pub(crate) fn restarted(&self) -> Self {
        let mut desk = Self {
            phone: self.phone.clone(),
            store: self.store.clone(),
            canary: self.canary,
            now_ms: self.now_ms,
            server_ms: self.server_ms,
            push: None,
            pull: None,
            state: self.state,
            dice: self.dice,
        };
        let Opening::Ready(phone) = desk.opened() else { panic!("an identity is stored") };
        desk.phone = *phone;
        desk
    }

    pub(crate) fn opened(&self) -> Opening {
        Phone::open(&self.store.tables.snapshot(&Table::ALL), self.canary, self.now_ms)
    }

    /// One event, its effects untouched.
    pub(crate) fn raw(&mut self, event: Event) -> Vec<Effect> {
        self.dice = self.dice.wrapping_add(37);
        let dice =
            std::array::from_fn(|i| self.dice.wrapping_mul(17).wrapping_add((i as u8).wrapping_mul(31)));
        let effects = self.phone.step(Input { now_ms: self.now_ms, dice, event });
        for effect in &effects {
            match effect {
                Effect::Push(call) => self.push = Some(call.clone()),
                Effect::Pull(call) => self.pull = Some(call.clone()),
                Effect::Canary(canary) => self.canary = Some(*canary),
                _ => {}
            }
        }
        effects
    }

    /// One event, with every write carried out.
    pub(crate) fn step(&mut self, event: Event) {
        let mut effects = self.raw(event);
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                let event = match effect {
                    Effect::Store { token, writes } => match self.store.commit(&writes) {
                        Some(seqs) => Event::Stored { token, seqs },
                        None => Event::StoreFailed { token },
                    },
                    Effect::Reload { .. } => {
                        Event::Reloaded(Box::new(self.store.tables.snapshot(&Table::ALL)))
                    }
                    _ => continue,
                };
                effects.extend(self.raw(event));
            }
        }
    }

    pub(crate) fn record(&mut self, facts: Vec<Fact>) {
        self.step(Event::Record { facts, also: vec![] });
    }

    pub(crate) fn wait(&mut self, ms: i64) {
        self.now_ms += ms;
        self.step(Event::Tick);
    }

    pub(crate) fn pushed(&self) -> Value {
        let call = self.push.as_ref().expect("nothing was pushed");
        serde_json::from_str(&call.body).unwrap()
    }

    pub(crate) fn answer_push(&mut self, answer: Answer) {
        let call = self.push.take().expect("nothing was pushed").call;
        self.step(Event::Answered { call, answer });
    }

    /// Answers the pull that is due with rows of the session's scope, whole up to the cursor.
    pub(crate) fn rows(&mut self, cursor: u64, rows: &[Value], more: bool) {
        self.wait(60_000);
        let call = self.pull.take().expect("nothing was pulled");
        let asked: Value = serde_json::from_str(&call.body).unwrap();
        let org = format!("org:{}", id::<OrgId>(1));
        let set: Value = serde_json::to_value(session_set(1, 50).body).unwrap();
        let scopes: Vec<Value> = asked["scopes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|scope| {
                let mine = scope["scope"] != json!(org);
                let mut body = set["body"]["set"].clone();
                body["id"] = json!(session(1));
                body["state"] = json!(self.state);
                let own = json!([{"key": format!("session:{}", session(1)), "seq": cursor, "body": body}]);
                json!({"scope": scope["scope"], "cursor": cursor, "more": more, "reset": false,
                   "rows": if mine { json!(rows) } else { own }})
            })
            .collect();
        let answer = json!({"epoch": id::<shared::id::Epoch>(9), "server_ms": self.server_ms, "granted": [org], "scopes": scopes,
            "rescue_key": "age1 of the pull"});
        self.step(Event::Answered { call: call.call, answer: json(200, &answer) });
    }

    pub(crate) fn log_in(&mut self) {
        let identity = self.phone.identity().clone();
        self.step(Event::LoggedIn(Box::new(LoginAnswer {
            token: "token 2".into(),
            push_token: "push 2".into(),
            account: identity.account,
            granted: identity.granted,
            epoch: id(9),
            server_ms: 5_000,
            others: Vec::new(),
            waits_for: None,
            rescue_key: Some("age1 of the login".into()),
            admin: false,
            enrol: false,
            may: Vec::new(),
        })));
    }
}
