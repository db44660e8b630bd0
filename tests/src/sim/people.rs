//! What people do: sessions, check-ins, walk-ins, undos, marks, counts, answers.

use super::template::{ACCOUNTS, CAMPAIGN, MORNING_MS, ORGS, PEOPLE, roster, union};
use super::world::{Happening, World};
use serde_json::{Map, Value, json};
use shared::attendance::{Method, Status};
use shared::change::{
    Alias, Body, CheckInBody, Headcount, Mark, MarkValue, PersonAdd, SessionClose, SessionSet, Void,
};
use shared::feedback::{Response, Via};
use shared::form::DEFAULT_FORM;
use shared::id::{ChangeId, PersonId, SessionId};
use shared::person::Person;
use shared::phone::Fact;
use shared::session::{Declared, Field};
use std::collections::BTreeMap;

impl World {
    /// Somebody does something: on some phone, or goes on where a queue stands.
    pub(super) fn act(&mut self, queue: Option<(usize, u32)>) {
        let (device, left) =
            queue.unwrap_or_else(|| (self.rng.usize(..self.devices.len()), self.rng.u32(0..9)));
        if self.oracle.len() < self.plan.changes {
            let turns = self.plan.changes as i64 / 5;
            let (next_ms, queue) = if left > 0 {
                (self.rng.i64(20..400), Some((device, left - 1)))
            } else {
                (self.rng.i64(1..=self.plan.span_ms * 2 / turns), None)
            };
            self.plan(next_ms, Happening::Act { queue });
        }
        let device = device.min(self.devices.len() - 1);
        let phone = &self.devices[device];
        let usable: Vec<(u64, usize)> = phone
            .tabs
            .iter()
            .filter(|tab| !tab.background && !tab.broken && tab.account == phone.open)
            .map(|tab| (tab.generation, tab.account))
            .collect();
        let Some((tab, account)) = self.rng.choice(usable) else { return };
        let unions = ACCOUNTS[account].unions;
        let home = unions[self.rng.usize(..unions.len())];
        let here: Vec<SessionId> =
            self.sessions.iter().filter(|(_, union)| *union == home).map(|(id, _)| *id).collect();
        let facts = match self.rng.choice(here) {
            Some(session) if self.rng.u32(..12) > 0 => self.facts(device, account, session, home),
            _ => vec![self.new_session(device, home)],
        };
        let kind = facts.first().map(|fact| fact.body.clone());
        let (count, first) = (facts.len(), facts.first().map(|fact| fact.id));
        self.note(|_| format!("phone {device}: tab {tab} records {count}: {first:?} {kind:?}"));
        self.record(device, tab, facts);
    }

    /// A fresh id: of a change by the phone's clock, of a response by chance alone.
    fn id(&mut self, device: usize, response: bool) -> ChangeId {
        let chance = self.dice();
        if response {
            return uuid::Builder::from_random_bytes(chance).into_uuid().into();
        }
        let ms = u64::try_from(self.clock(device).max(0)).unwrap_or(0);
        let rest: [u8; 10] = std::array::from_fn(|n| chance[n]);
        uuid::Builder::from_unix_timestamp_millis(ms, &rest).into_uuid().into()
    }

    fn fact(&mut self, device: usize, session: Option<SessionId>, body: Body) -> Fact {
        let id = self.id(device, matches!(body, Body::Response(_)));
        Fact { id, session, after: None, body }
    }

    fn new_session(&mut self, device: usize, home: usize) -> Fact {
        let id = SessionId::from(uuid::Uuid::from_bytes(self.dice()));
        self.sessions.push((id, home));
        let set = BTreeMap::from([
            (Field::Org, json!(union(home))),
            (Field::Campaign, json!(CAMPAIGN)),
            (Field::Activity, json!("lecture")),
            (Field::Title, json!(format!("宣讲 {}", self.sessions.len()))),
            (Field::StartsMs, json!(MORNING_MS)),
        ]);
        self.fact(device, Some(id), Body::SessionSet(SessionSet { set }))
    }

    fn person(&mut self, home: usize) -> PersonId {
        roster(home, self.rng.u128(..PEOPLE))
    }

    fn facts(&mut self, device: usize, account: usize, session: SessionId, home: usize) -> Vec<Fact> {
        let at = Some(session);
        let body = match self.rng.u32(..100) {
            0..=47 => check_in(self.person(home)),
            48..=53 => {
                let several: Vec<PersonId> = (0..self.rng.u128(2..6)).map(|n| roster(home, n)).collect();
                return several.into_iter().map(|who| self.fact(device, at, check_in(who))).collect();
            }
            54..=63 => return vec![self.undo(device, session)],
            64..=69 => {
                let person = self.person(home);
                let status = [Some(Status::Excused), Some(Status::Late), None][self.rng.usize(..3)];
                Body::Mark(Mark { person, what: MarkValue::Status(status) })
            }
            70..=71 => {
                let person = self.person(home);
                let note = Some(format!("备注 {}", self.rng.u32(..3)));
                Body::Mark(Mark { person, what: MarkValue::Note(note) })
            }
            72..=74 => Body::Headcount(Headcount { count: self.rng.u32(..40) }),
            75..=79 => return self.walk_in(device, session, home),
            80..=89 => return vec![self.answer(device, session)],
            90..=95 => return vec![self.set_field(device, session)],
            96..=97 => self.close(device, account, session),
            _ => return vec![self.alias(device, home)],
        };
        vec![self.fact(device, at, body)]
    }

    fn walk_in(&mut self, device: usize, session: SessionId, home: usize) -> Vec<Fact> {
        let id = PersonId::from(uuid::Uuid::from_bytes(self.dice()));
        let person =
            Person { id, name: "来宾".to_owned(), org: union(home), staff_no: None, phone_tail: None };
        let add = self.fact(device, Some(session), Body::PersonAdd(PersonAdd { person }));
        let here = self.fact(device, Some(session), check_in(id));
        vec![add.clone(), Fact { after: Some(add.id), ..here }]
    }

    fn answer(&mut self, device: usize, session: SessionId) -> Fact {
        let mark = self.rng.u8(1..=5);
        let answers: Map<String, Value> = ["understood", "absorbed", "usable"]
            .into_iter()
            .map(|question| (question.to_owned(), json!(mark)))
            .collect();
        let body = Response { form: DEFAULT_FORM, version: 1, answers, via: Via::Phone };
        self.fact(device, Some(session), Body::Response(body))
    }

    fn set_field(&mut self, device: usize, session: SessionId) -> Fact {
        let n = self.rng.u32(..3);
        let (field, value) = match self.rng.u32(..5) {
            0 => (Field::Title, json!(format!("标题 {n}"))),
            1 => (Field::Venue, json!(format!("车间 {n}"))),
            2 => (Field::Topic, json!(format!("主题 {n}"))),
            3 => (Field::State, json!(["open", "cancelled", "open"][n as usize])),
            _ => (Field::StartsMs, json!(MORNING_MS + i64::from(n) * 3_600_000)),
        };
        self.fact(
            device,
            Some(session),
            Body::SessionSet(SessionSet { set: BTreeMap::from([(field, value)]) }),
        )
    }

    /// An undo of something that any phone recorded, or of something that never was.
    fn undo(&mut self, device: usize, session: SessionId) -> Fact {
        let targets: Vec<ChangeId> = self
            .oracle
            .all()
            .filter(|(_, made)| made.session == Some(session))
            .filter(|(_, made)| matches!(made.body, Body::CheckIn(_) | Body::Mark(_) | Body::Headcount(_)))
            .map(|(id, _)| id)
            .collect();
        let unknown = self.rng.u32(..8) == 0;
        let known = if unknown { None } else { self.rng.choice(targets) };
        if unknown {
            self.reached.note("fact: void of the unknown");
        }
        let target = known.unwrap_or_else(|| ChangeId::from(uuid::Uuid::from_u128(self.rng.u128(..))));
        self.fact(device, Some(session), Body::Void(Void { targets: vec![target], reason: None }))
    }

    fn close(&mut self, device: usize, account: usize, session: SessionId) -> Body {
        let own = self.oracle.all().filter(|(_, made)| {
            made.device == device && made.account == account && made.session == Some(session)
        });
        let check_ins = own.filter(|(_, made)| matches!(made.body, Body::CheckIn(_))).count();
        self.reached.note("session: closed, and facts come later");
        let check_ins = u32::try_from(check_ins).unwrap_or(0);
        Body::SessionClose(SessionClose { declared: Declared { check_ins, responses: 0 } })
    }

    fn alias(&mut self, device: usize, home: usize) -> Fact {
        let here: Vec<SessionId> =
            self.sessions.iter().filter(|(_, union)| *union == home).map(|(id, _)| *id).collect();
        let body = if here.len() > 1 && self.rng.bool() {
            Body::SessionAlias(Alias { a: here[0], b: here[here.len() - 1] })
        } else {
            Body::PersonAlias(Alias { a: roster(home, 0), b: roster(home, 1) })
        };
        self.fact(device, None, body)
    }

    /// The top of the tree, for who may see what.
    pub(super) const fn city() -> shared::id::OrgId {
        ORGS[0]
    }
}

const fn check_in(person: PersonId) -> Body {
    Body::CheckIn(CheckInBody { person, method: Method::Tap, at_ms: None })
}
