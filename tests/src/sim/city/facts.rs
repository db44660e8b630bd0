//! What phones record of one session, and what people answer.

use super::{CAMPAIGNS, Place};
use fastrand::Rng;
use serde_json::{Value, json};
use shared::form::DEFAULT_FORM;
use shared::session::Activity;
use shared::stamp::{HOUR_MS, day_ms};
use std::collections::VecDeque;
use uuid::Uuid;

/// Answers of a session that come later than the rest.
pub(super) type Half = Vec<Value>;

const MINUTE_MS: i64 = 60_000;
const FAMILY: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "欧阳", "阿依古丽·"];
const GIVEN: [&str; 10] = ["伟", "芳", "秀英", "敏", "建国", "丽", "强", "洋", "艳", "志勇"];
const TOPICS: [&str; 4] = ["全会精神进车间", "劳模讲安全", "技能强企公开课", "女职工权益保障"];
const WISHES: [&str; 5] =
    ["希望多讲案例", "时间再短一些", "孩子暑假托管", "夜班食堂", "体检项目能不能多一些"];

/// What waits to be sent, phone by phone.
pub(super) struct Facts {
    phones: Vec<(u64, VecDeque<Value>)>,
    pub(super) answers: VecDeque<Value>,
    made: u64,
}

/// The replica of a phone.
pub(super) fn phone(at: usize) -> Uuid {
    Uuid::from_u128(0xC17F_0000_0000_4000_8000_0000_0000_0000 + u128::try_from(at).unwrap())
}

/// The name of somebody; namesakes are many, as they are.
pub(super) fn name(no: u64) -> String {
    let pick = |from: &[&'static str], n: u64| from[usize::try_from(n).unwrap() % from.len()];
    format!("{}{}", pick(&FAMILY, no * 7 + no / 12), pick(&GIVEN, no / 3))
}

impl Facts {
    pub(super) fn new(phones: usize) -> Self {
        Self { phones: vec![(0, VecDeque::new()); phones], answers: VecDeque::new(), made: 0 }
    }

    pub(super) fn ready(&self, phone: usize) -> usize {
        self.phones[phone].1.len()
    }

    pub(super) fn take(&mut self, phone: usize, most: usize) -> Vec<Value> {
        let waiting = &mut self.phones[phone].1;
        let many = waiting.len().min(most);
        waiting.drain(..many).collect()
    }

    /// A UUIDv7 of this moment; ids rise as facts do.
    fn id(&mut self, at_ms: i64) -> Uuid {
        self.made += 1;
        let ms = u128::try_from(at_ms).unwrap() << 80;
        Uuid::from_u128(ms | 0x7000_8000_0000_0000_0000 | u128::from(self.made))
    }

    fn fact(&mut self, phone: usize, kind: &str, session: Uuid, at_ms: i64, body: Value) -> Uuid {
        let id = self.id(at_ms);
        let (seq, waiting) = &mut self.phones[phone];
        *seq += 1;
        waiting.push_back(json!({ "id": id, "seq": *seq, "v": 1, "kind": kind, "session": session,
            "wall_ms": at_ms, "offset_ms": 0, "heard_ms": 0, "after": null, "body": body }));
        id
    }

    /// Everything of one session; gives the answers that come later.
    pub(super) fn session(&mut self, rng: &mut Rng, place: &Place, starts_ms: i64) -> Half {
        let (session, phone) = (self.id(starts_ms - HOUR_MS), rng.usize(..self.phones.len()));
        let fate = rng.u8(..100);
        self.plan(rng, (session, phone), place, starts_ms, if fate < 2 { "cancelled" } else { "open" });
        // Some are cancelled, and some are only planned.
        if fate < 5 {
            return Vec::new();
        }
        let mut check_ins = 0_u32;
        let least = place.people.len() * 9 / 10;
        let mut people: Vec<Uuid> = place.people.clone();
        rng.shuffle(&mut people);
        // Few sessions are much larger than a workshop.
        people.truncate(rng.usize(least..=place.people.len()).min(120));
        for (at, person) in people.iter().enumerate() {
            let at_ms = starts_ms - 10 * MINUTE_MS + i64::try_from(at).unwrap() * 15_000;
            let id =
                self.fact(phone, "check_in", session, at_ms, json!({ "person": person, "method": "tap" }));
            check_ins += 1;
            if rng.u8(..200) == 0 {
                self.fact(phone, "void", session, at_ms + 1_000, json!({ "targets": [id] }));
            }
        }
        let guests = if rng.u8(..3) == 0 { rng.u32(1..4) } else { 0 };
        for _ in 0..guests {
            let person = self.id(starts_ms);
            let name = name(rng.u64(..100_000));
            let body = json!({ "person": { "id": person, "name": name, "org": place.org } });
            self.fact(phone, "person_add", session, starts_ms, body);
            self.fact(phone, "check_in", session, starts_ms, json!({ "person": person, "method": "tap" }));
            check_ins += 1;
        }
        if rng.u8(..10) == 0 {
            let count = check_ins + rng.u32(..20);
            self.fact(phone, "headcount", session, starts_ms + HOUR_MS, json!({ "count": count }));
        }
        let answers = self.answers(rng, session, starts_ms, people.len());
        // One in fifty leaves something on the phone.
        let more = if rng.u8(..50) == 0 { rng.u32(1..9) } else { 0 };
        let declared = json!({ "check_ins": check_ins + more, "responses": answers.len() });
        if rng.u8(..20) > 0 {
            self.fact(
                phone,
                "session_close",
                session,
                starts_ms + 2 * HOUR_MS,
                json!({ "declared": declared }),
            );
        }
        let later = if rng.bool() { answers.len() / 2 } else { 0 };
        let mut answers = answers;
        let late = answers.split_off(answers.len() - later);
        self.answers.extend(answers);
        late
    }

    fn plan(&mut self, rng: &mut Rng, of: (Uuid, usize), place: &Place, starts_ms: i64, state: &str) {
        let activity = match rng.u8(..10) {
            0..=5 => Activity::Lecture,
            6..=7 => Activity::Study,
            _ => Activity::ALL[rng.usize(..Activity::ALL.len())],
        };
        let lecturer = rng.usize(..60);
        let campaign = CAMPAIGNS[usize::from(rng.u8(..4) == 0)];
        let set = json!({ "org": place.org, "campaign": campaign, "activity": activity.wire(),
            "title": TOPICS[rng.usize(..TOPICS.len())], "starts_ms": starts_ms, "venue": "职工书屋",
            "state": state, "ends_ms": starts_ms + 2 * HOUR_MS,
            "lecturers": [{ "name": name(u64::try_from(lecturer).unwrap()), "leader": lecturer.is_multiple_of(4) }] });
        self.fact(of.1, "session_set", of.0, starts_ms - HOUR_MS, json!({ "set": set }));
    }

    fn answers(&mut self, rng: &mut Rng, session: Uuid, starts_ms: i64, people: usize) -> Vec<Value> {
        // In the mean 15 of 50, here and there three.
        let many = if rng.u8(..8) == 0 { rng.usize(1..5) } else { people * rng.usize(15..52) / 100 };
        let mut all = Vec::with_capacity(many);
        for _ in 0..many.min(people) {
            let mark = |rng: &mut Rng| 5 - (rng.u8(..25) / 5).min(rng.u8(..5));
            let mut answers = json!({ "understood": mark(rng), "absorbed": mark(rng), "usable": mark(rng) });
            if rng.u8(..10) == 0 {
                let question = if rng.bool() { "improve" } else { "help" };
                answers[question] = json!(WISHES[rng.usize(..WISHES.len())]);
            }
            // A random (v4) id, as every response has.
            let id = (rng.u128(..) & !(0xF000_u128 << 64) & !(0xC_u128 << 60))
                | (0x4000_u128 << 64)
                | (0x8_u128 << 60);
            all.push(json!({ "id": Uuid::from_u128(id), "seq": null, "v": 1, "kind": "response", "session": session,
                "wall_ms": day_ms(starts_ms), "offset_ms": 0, "heard_ms": 0, "after": null,
                "body": { "form": DEFAULT_FORM, "version": 1, "via": "phone", "answers": answers } }));
        }
        all
    }
}
