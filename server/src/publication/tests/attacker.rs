//! An attacker who knows everything but what was answered: who, where, when, in which order. Every
//! answer gives a mark of its own, so that the counts of a figure name the answers in it.
//!
//! Answers that were together in, or together out of, every figure ever seen could change places, and no
//! figure would differ: nothing that can be worked out, by whatever arithmetic, tells them apart. So it
//! is enough that of every answer seen at all there are four more with the same figures.

use crate::form;
use crate::small_city::{City, HOUR, NOON};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::form::{Form, Kind, default_form};
use shared::id::FormId;
use shared::publication::SETTLED_AFTER_MS;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What happens next.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// So many answer at a session, in one batch; each to the questions of these bits.
    Answer(prop::sample::Index, usize, u8),
    /// The attacker asks several things, chosen by this number.
    Ask(u64),
    /// Two sessions are found to be one.
    Unite(prop::sample::Index, prop::sample::Index),
    /// Two that were one are not.
    Part(prop::sample::Index),
    /// A session turns out to be another org's, and to have begun later.
    Move(prop::sample::Index, prop::sample::Index),
    /// A week goes by.
    Pass,
}

const QUESTIONS: [&str; 2] = ["understood", "usable"];
const ORGS: &[&str] = &["c", "d1", "g1", "g2", "w1", "w2"];
const FORM: FormId = FormId::from_u128(77);
/// The last answer has this mark.
const MOST: u8 = 250;

/// Question and mark, which is to say: an answer → the figures in which it was.
type Seen = BTreeMap<(String, usize), BTreeSet<usize>>;

struct Game {
    city: City,
    sessions: Vec<String>,
    unions: Vec<String>,
    answered: u8,
    seen: Seen,
    figures: usize,
}

pub(super) fn play(deeds: &[Deed]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut game = Game::new().await;
        for deed in deeds {
            game.step(deed).await;
        }
        game.ask_all().await;
        game.judge()
    })
}

impl Game {
    async fn new() -> Self {
        let mut city = City::new();
        let mut asked = Form { id: FORM, ..default_form() };
        for question in &mut asked.questions {
            question.kind = Kind::Rating { scale: MOST };
            question.required = false;
        }
        form::put(&city.conn(), &asked).unwrap();
        let mut sessions = Vec::new();
        for (org, activity, hours) in [
            ("g1", "lecture", 0),
            ("w1", "study", 1),
            ("w1", "study", 30),
            ("w2", "study", 2),
            ("g2", "study", 2),
            ("d1", "lecture", 50),
        ] {
            let starts = json!({ "starts_ms": NOON + hours * HOUR });
            sessions.push(city.session(org, activity, "场次", starts).await);
        }
        let (unions, seen) = (Vec::new(), Seen::new());
        Self { city, sessions, unions, answered: 0, seen, figures: 0 }
    }

    async fn step(&mut self, deed: &Deed) {
        match deed {
            Deed::Answer(at, n, asked) => {
                let session = at.get(&self.sessions).clone();
                let answers: Vec<Value> = (0..*n).filter_map(|nth| self.answer(asked >> (2 * nth))).collect();
                self.city.respond_to(FORM, &session, answers).await;
            }
            Deed::Ask(of) => self.ask_some(*of).await,
            Deed::Unite(a, b) => {
                let (a, b) = (a.get(&self.sessions), b.get(&self.sessions));
                if a != b {
                    let alias = json!({ "a": a, "b": b });
                    self.unions.extend(self.city.push("a", vec![("session_alias", "", alias)]).await);
                }
            }
            Deed::Part(at) => {
                if !self.unions.is_empty() {
                    let target = self.unions.remove(at.index(self.unions.len()));
                    self.city.push("a", vec![("void", "", json!({ "targets": [target] }))]).await;
                }
            }
            Deed::Move(session, org) => {
                let (session, org) =
                    (session.get(&self.sessions).clone(), self.city.org(ORGS[org.index(ORGS.len())]));
                let set = json!({ "set": { "org": org, "starts_ms": self.city.now() } });
                self.city.push("a", vec![("session_set", &session, set)]).await;
            }
            Deed::Pass => {
                self.city.pass(SETTLED_AFTER_MS);
            }
        }
    }

    /// The next answer: to the first question, to the second, or to both.
    fn answer(&mut self, bits: u8) -> Option<Value> {
        self.answered = self.answered.checked_add(1).filter(|mark| *mark <= MOST)?;
        let (first, second) = (QUESTIONS[0], QUESTIONS[1]);
        Some(match bits & 3 {
            0 => json!({ first: self.answered }),
            1 => json!({ second: self.answered }),
            _ => json!({ first: self.answered, second: self.answered }),
        })
    }

    /// Some questions: of a session, and of branches with filters.
    async fn ask_some(&mut self, of: u64) {
        let pick = |shift: u32, n: usize| (of >> shift) as usize % n;
        self.ask_session(pick(0, self.sessions.len())).await;
        for round in 0..3 {
            let at = 8 + round * 16;
            let org = ORGS[pick(at, ORGS.len())];
            let activity = ["", "study", "lecture"][pick(at + 3, 3)];
            let times = [i64::MIN, NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 50 * HOUR, i64::MAX];
            let (from, to) = (times[pick(at + 5, 4)], times[1 + pick(at + 7, 5)]);
            self.ask(&format!("/coverage?org={org}&activity={activity}&from_ms={from}&to_ms={to}")).await;
        }
    }

    async fn ask_all(&mut self) {
        for at in 0..self.sessions.len() {
            self.ask_session(at).await;
        }
        for org in ORGS {
            for activity in ["", "study", "lecture"] {
                self.ask(&format!("/coverage?org={org}&activity={activity}")).await;
            }
        }
    }

    async fn ask_session(&mut self, at: usize) {
        let session = self.sessions[at].clone();
        self.ask(&format!("/sessions/{session}")).await;
        self.ask(&format!("/coverage?session={session}")).await;
    }

    /// Notes which answers are in each figure that is told.
    async fn ask(&mut self, path: &str) {
        let told = self.city.get(path).await;
        for line in std::iter::once(&told).chain(told["children"].as_array().into_iter().flatten()) {
            for (question, score) in line["scores"].as_object().into_iter().flatten() {
                let Some(counts) = score["counts"].as_array() else { continue };
                self.figures += 1;
                for (mark, count) in (1..).zip(counts).filter(|(_, count)| count.as_u64() != Some(0)) {
                    assert_eq!(count.as_u64(), Some(1), "an answer counts once: {question} {mark} {path}");
                    self.seen.entry((question.clone(), mark)).or_default().insert(self.figures);
                }
            }
        }
    }

    fn judge(&self) -> Result<(), TestCaseError> {
        let mut alike: BTreeMap<(&str, &BTreeSet<usize>), Vec<usize>> = BTreeMap::new();
        for ((question, mark), figures) in &self.seen {
            alike.entry((question, figures)).or_default().push(*mark);
        }
        for ((question, _), answers) in alike {
            prop_assert!(answers.len() >= 5, "{question}: answers {answers:?} can be told from all others");
        }
        Ok(())
    }
}

impl City {
    /// Pushes anonymous answers to a form.
    async fn respond_to(&self, form: FormId, session: &str, answers: Vec<Value>) {
        let day = shared::stamp::day_ms(self.now());
        let changes = answers.into_iter().map(|answers| {
            let body = json!({ "form": form, "version": 1, "via": "phone", "answers": answers });
            json!({ "id": Uuid::new_v4(), "seq": null, "v": 1, "kind": "response", "session": session,
                "wall_ms": day, "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
        });
        self.send(None, changes.collect()).await;
    }
}
