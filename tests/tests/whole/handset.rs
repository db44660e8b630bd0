//! A phone without a screen: the app's own store (in memory) and the app's own sync core, with a
//! hand that carries the effects out against the server's routes.

use super::city::{City, MORNING_MS, PASSWORD};
use crate::harness::Done;
use app::store::Store;
use app::store::memory::Memory;
use serde_json::json;
use shared::change::Body;
use shared::id::{ChangeId, SessionId};
use shared::phone::{Canary, Clock, Effect, Event, Fact, Identity, Input, Opening, Outgoing, Phone, Table};
use shared::wire::LoginAnswer;
use uuid::Uuid;

/// What happens to a call on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It arrives, and so does its answer.
    Clear,
    /// No signal.
    Cut,
    /// It arrives; the answer is lost.
    AnswerLost,
}

/// A phone with its store.
pub(crate) struct Handset {
    pub(crate) phone: Phone,
    pub(crate) store: Memory,
    /// What lies beside the store.
    canary: Option<Canary>,
    leads: bool,
    /// How far this phone's clock is ahead of the server's, ms.
    pub(crate) ahead_ms: i64,
    pub(crate) way: Way,
}

impl Handset {
    /// Logs in with signal and pulls all there is.
    pub(crate) async fn new(city: &City, login: &str) -> Done<Self> {
        let replica = Uuid::new_v4();
        let body = json!({"login": login, "password": PASSWORD, "replica": replica, "device": "test"});
        let answer = city.post("/api/v1/login", "", body.to_string()).await?;
        let answer: LoginAnswer = serde_json::from_str(&answer.body)?;
        let identity = Identity {
            account: answer.account.clone(),
            replica: replica.into(),
            token: answer.token.clone(),
            push_token: answer.push_token.clone(),
            epoch: Some(answer.epoch),
            granted: answer.granted.clone(),
            others: answer.others.clone(),
            rescue_key: answer.rescue_key.clone(),
        };
        let (phone, writes) = Phone::first(identity, Clock::default(), Vec::new());
        let store = Memory::default();
        store.commit(writes).await?;
        let canary = None;
        let mut handset = Self { phone, store, canary, leads: false, ahead_ms: 0, way: Way::Clear };
        handset.step(city, Event::LoggedIn(Box::new(answer))).await?;
        handset.sync(city).await?;
        Ok(handset)
    }

    /// The process ends, at once; a new one starts from what is stored.
    pub(crate) async fn killed(self) -> Done<Self> {
        let snapshot = self.store.load(&Table::ALL).await?;
        let Opening::Ready(phone) = Phone::open(&snapshot, self.canary, MORNING_MS + self.ahead_ms) else {
            return Err("the store has no identity".into());
        };
        Ok(Self { phone: *phone, leads: false, ..self })
    }

    /// Records facts of one session; none of it waits for the network.
    pub(crate) async fn record(
        &mut self,
        city: &City,
        session: SessionId,
        bodies: Vec<Body>,
    ) -> Done<Vec<ChangeId>> {
        let facts: Vec<Fact> = bodies
            .into_iter()
            .map(|body| {
                let id = if matches!(body, Body::Response(_)) { Uuid::new_v4() } else { Uuid::now_v7() };
                Fact { id: id.into(), session: Some(session), after: None, body }
            })
            .collect();
        let ids = facts.iter().map(|fact| fact.id).collect();
        self.step(city, Event::Record { facts, also: Vec::new() }).await?;
        Ok(ids)
    }

    /// Comes to the front and goes on until nothing more is due within a second.
    pub(crate) async fn sync(&mut self, city: &City) -> Done {
        self.step(city, Event::Woke).await?;
        for _ in 0..40 {
            city.pass(350);
            self.step(city, Event::Tick).await?;
        }
        Ok(())
    }

    /// One event and all that follows from it at once.
    pub(crate) async fn step(&mut self, city: &City, event: Event) -> Done {
        let mut events = vec![event];
        if !std::mem::replace(&mut self.leads, true) {
            // The only tab: it leads from the moment that its store was read.
            events.push(Event::Lead { reload: false, pull: true });
        }
        let mut steps = 0;
        while let Some(event) = events.pop() {
            steps += 1;
            if steps > 10_000 {
                return Err("the phone does not come to rest".into());
            }
            let now_ms = city.now_ms() + self.ahead_ms;
            let dice = *Uuid::new_v4().as_bytes();
            let effects = self.phone.step(Input { now_ms, dice, event });
            let mut follow = Vec::new();
            for effect in effects {
                follow.extend(self.carry_out(city, effect).await?);
            }
            events.extend(follow.into_iter().rev());
        }
        Ok(())
    }

    async fn carry_out(&mut self, city: &City, effect: Effect) -> Done<Option<Event>> {
        Ok(match effect {
            Effect::Store { token, writes } => Some(match self.store.commit(writes).await {
                Ok(seqs) => Event::Stored { token, seqs },
                Err(_) => Event::StoreFailed { token },
            }),
            Effect::Reload { rows } => {
                let mut tables = Table::ALL.to_vec();
                tables.retain(|table| *table != Table::Drafts && (rows || *table != Table::Rows));
                Some(match self.store.load(&tables).await {
                    Ok(snapshot) => Event::Reloaded(Box::new(snapshot)),
                    Err(_) => Event::ReloadFailed,
                })
            }
            Effect::Canary(canary) => {
                self.canary = Some(canary);
                None
            }
            Effect::Push(call) => Some(self.call(city, "/api/v1/push", call).await?),
            Effect::Pull(call) => Some(self.call(city, "/api/v1/pull", call).await?),
            _ => None,
        })
    }

    async fn call(&self, city: &City, path: &str, outgoing: Outgoing) -> Done<Event> {
        let call = outgoing.call;
        if self.way == Way::Cut {
            return Ok(Event::Unanswered { call, timed_out: false });
        }
        let answer = city.post(path, &outgoing.bearer, outgoing.body).await?;
        Ok(match self.way {
            Way::Clear => Event::Answered { call, answer },
            _ => Event::Unanswered { call, timed_out: true },
        })
    }

    /// What still waits in the store itself, not only in memory.
    pub(crate) async fn unsent(&self) -> Done<usize> {
        let waiting = self.store.load(&[Table::Outbox, Table::Responses]).await?;
        Ok(waiting.of(Table::Outbox).count() + waiting.of(Table::Responses).count())
    }
}
