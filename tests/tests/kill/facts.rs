//! What a phone records: sessions, check-ins, their undoing, and what a server must hold.

use super::dice::Dice;
use super::ledger::Fate;
use super::world::World;
use serde_json::{Value, json};
use shared::form::DEFAULT_FORM;
use shared::stamp::day_ms;
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// A fact before it has a seq.
pub(super) struct Fact {
    pub(super) id: Uuid,
    kind: &'static str,
    v: u32,
    session: Uuid,
    body: Value,
    pub(super) fate: Fate,
}

/// What one phone knows of its own doings.
pub(super) struct Notes {
    /// The session that it records now.
    now: Uuid,
    /// The one that it makes next; some check-ins come before it is made, and wait at the server.
    next: Uuid,
    /// Check-ins that may be undone: change, session, person.
    open: Vec<(Uuid, Uuid, String)>,
    /// How many check-ins stand of whom at which session.
    pub(super) here: HashMap<(Uuid, String), i32>,
    /// How many responses there are to which session.
    pub(super) responses: HashMap<Uuid, i64>,
}

impl Fact {
    /// As it is sent, byte for byte.
    pub(super) fn raw(&self, seq: Option<i64>) -> String {
        let wall_ms = match seq {
            Some(_) => now_ms(),
            None => day_ms(now_ms()),
        };
        let Self { id, kind, v, session, body, .. } = self;
        json!({
            "id": id, "seq": seq, "v": v, "kind": kind, "session": session, "wall_ms": wall_ms,
            "offset_ms": 0, "heard_ms": 0, "after": null, "body": body,
        })
        .to_string()
    }

    fn new(kind: &'static str, session: Uuid, body: Value) -> Self {
        Self { id: Uuid::now_v7(), kind, v: 1, session, body, fate: Fate::Logged }
    }

    fn held(self, code: &'static str) -> Self {
        Self { fate: Fate::Held(code), ..self }
    }
}

impl Notes {
    pub(super) fn new() -> Self {
        Self {
            now: Uuid::now_v7(),
            next: Uuid::now_v7(),
            open: Vec::new(),
            here: HashMap::new(),
            responses: HashMap::new(),
        }
    }

    /// One more thing happens.
    pub(super) fn one(&mut self, world: &World, dice: &mut Dice) -> Fact {
        match dice.below(100) {
            0..4 => self.session(world),
            4..12 => self.undo(world, dice),
            12..16 => self.held(world, dice),
            16..22 => self.response(world, dice),
            22..26 => Fact::new("headcount", self.somewhere(world, dice), json!({ "count": dice.below(99) })),
            26..30 => self.check_in(world, dice, self.next),
            30..33 => self.walk_in(world),
            33..50 => {
                let session = self.somewhere(world, dice);
                self.check_in(world, dice, session)
            }
            _ => self.check_in(world, dice, self.now),
        }
    }

    /// Makes the session that some check-ins are there for already, and goes on in it.
    pub(super) fn session(&mut self, world: &World) -> Fact {
        self.now = std::mem::replace(&mut self.next, Uuid::now_v7());
        world.sessions().push(self.now);
        session_set(self.now, world, &world.org)
    }

    /// Any session that some phone has made, maybe one that has not reached the server.
    fn somewhere(&self, world: &World, dice: &mut Dice) -> Uuid {
        dice.pick(&world.sessions()).copied().unwrap_or(self.next)
    }

    fn check_in(&mut self, world: &World, dice: &mut Dice, session: Uuid) -> Fact {
        let person = dice.pick(&world.people).cloned().unwrap_or_default();
        self.present(session, person)
    }

    fn present(&mut self, session: Uuid, person: String) -> Fact {
        let fact = Fact::new("check_in", session, json!({ "person": person, "method": "tap" }));
        *self.here.entry((session, person.clone())).or_default() += 1;
        self.open.push((fact.id, session, person));
        fact
    }

    fn walk_in(&mut self, world: &World) -> Fact {
        // The guest stays out of the figures: somebody who was added is not yet somebody who came.
        let person = json!({ "id": Uuid::now_v7(), "name": "买买提·艾力", "org": world.org });
        Fact::new("person_add", self.now, json!({ "person": person }))
    }

    fn undo(&mut self, world: &World, dice: &mut Dice) -> Fact {
        if self.open.is_empty() {
            return self.check_in(world, dice, self.now);
        }
        let (id, session, person) = self.open.swap_remove(dice.below(self.open.len()));
        *self.here.entry((session, person)).or_default() -= 1;
        Fact::new("void", session, json!({ "targets": [id], "reason": "点错了" }))
    }

    fn response(&mut self, world: &World, dice: &mut Dice) -> Fact {
        let session = self.somewhere(world, dice);
        *self.responses.entry(session).or_default() += 1;
        let mark = 1 + dice.below(5);
        let answers = json!({ "understood": mark, "absorbed": mark, "usable": 3, "help": "食堂太远" });
        let body = json!({ "form": DEFAULT_FORM, "version": 1, "answers": answers, "via": "phone" });
        Fact { id: Uuid::new_v4(), fate: Fate::Response, ..Fact::new("response", session, body) }
    }

    /// What a server keeps without effect: nonsense, words of a newer version, other people's orgs.
    fn held(&self, world: &World, dice: &mut Dice) -> Fact {
        let person = dice.pick(&world.people);
        match dice.below(4) {
            0 => Fact::new("check_in", self.now, json!({ "method": "tap" })).held("unparseable"),
            1 => Fact::new("hologram", self.now, json!({ "person": person })).held("unknown_kind"),
            2 => {
                let fact = Fact::new("check_in", self.now, json!({ "who": person }));
                Fact { v: 2, ..fact }.held("unknown_version")
            }
            _ => session_set(Uuid::now_v7(), world, &world.foreign).held("not_permitted"),
        }
    }
}

fn session_set(session: Uuid, world: &World, org: &str) -> Fact {
    let set = json!({
        "org": org, "campaign": world.campaign, "activity": "lecture", "title": "断电也在",
        "starts_ms": now_ms(),
    });
    Fact::new("session_set", session, json!({ "set": set }))
}

/// The clock of the phones.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
