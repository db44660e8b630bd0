//! A whole city's half year in a data folder: orgs and rosters by the imports, sessions with everybody who
//! came and what they answered through the intake of a push, from a seed. What the desk's speed is measured
//! on, and something to look at.

mod facts;
mod pages;

pub use pages::pages;

use facts::{Facts, Half};
use fastrand::Rng;
use rusqlite::Connection;
use serde_json::{Value, json};
use server::access::account;
use server::access::grant::{self, Role};
use server::access::login;
use server::{access, campaign, db, import, org, push};
use shared::campaign::Campaign;
use shared::id::CampaignId;
use shared::stamp::{DAY_MS, HOUR_MS};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use uuid::Uuid;

/// 2026-03-02 08:00 +08:00, a Monday; the city goes on for half a year.
pub(super) const BEGIN_MS: i64 = 1_772_409_600_000;
/// How long it goes on, ms.
pub(super) const SPAN_MS: i64 = 182 * DAY_MS;
/// The seed, unless another is asked for.
const SEED: u64 = 8;
/// People who come to a session, in the mean.
const OF_A_SESSION: u64 = 50;
/// Sessions of a workshop in this time.
const OF_A_WORKSHOP: u64 = 10;
/// Changes of one push.
const BATCH: usize = 480;
/// Phones that record.
const PHONES: usize = 40;
/// The token of the account that reads and records everything.
pub(super) const TOKEN: &str = "city";
const DISTRICTS: [&str; 9] =
    ["海港区", "北戴河区", "山海关区", "抚宁区", "青龙县", "昌黎县", "卢龙县", "开发区", "教育系统"];
pub(super) const CAMPAIGNS: [CampaignId; 2] = [
    CampaignId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0011),
    CampaignId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0012),
];

/// Where a session can be held, and who is expected there.
pub(super) struct Place {
    pub(super) org: Uuid,
    pub(super) people: Vec<Uuid>,
}

/// Fills an empty folder with a city of about so many attendances. Prints how long it took.
///
/// # Panics
/// Where there are data already, or any of it is refused.
pub fn city(attendances: u64, folder: &Path, seed: Option<u64>) {
    assert!(!folder.join(db::FILE).exists(), "there are data in {}", folder.display());
    std::fs::create_dir_all(folder).unwrap();
    // Opened as a server does, so that the first form is there.
    drop(server::open(folder).unwrap_or_else(|fault| panic!("{fault}")));
    let mut conn = db::connect(folder).unwrap_or_else(|fault| panic!("{fault}"));
    // The disk's own time is measured elsewhere.
    conn.pragma_update(None, "synchronous", "OFF").unwrap();
    let sessions = (attendances / OF_A_SESSION).max(1);
    let began = Instant::now();
    let places = orgs(&mut conn, (sessions / OF_A_WORKSHOP).max(2));
    let people: usize = places.iter().map(|place| place.people.len()).max().unwrap_or(0);
    println!("{} places to meet, at most {people} people each, in {:.1} s", places.len(), seconds(began));
    let began = Instant::now();
    let mut filling =
        Filling { conn, rng: Rng::with_seed(seed.unwrap_or(SEED)), sent: 0, late: VecDeque::new() };
    let mut facts = Facts::new(PHONES);
    for at in 0..sessions {
        let starts_ms = BEGIN_MS + SPAN_MS / i64::try_from(sessions).unwrap() * i64::try_from(at).unwrap();
        let place = &places[filling.rng.usize(..places.len())];
        let half = facts.session(&mut filling.rng, place, working_hours(starts_ms));
        filling.late.push_back(half);
        filling.send(&mut facts, false, starts_ms);
        if at % (sessions / 10).max(1) == 0 {
            pages::look(folder, starts_ms);
        }
    }
    filling.send(&mut facts, true, BEGIN_MS + SPAN_MS);
    let (changes, took) = (filling.sent, seconds(began));
    println!(
        "{sessions} sessions, {changes} changes and responses in {took:.1} s, {:.0} a second",
        changes as f64 / took
    );
    println!("attendances: {}", number(&filling.conn, "SELECT count(*) FROM attendance WHERE present = 1"));
    println!("responses: {}", number(&filling.conn, "SELECT count(*) FROM response"));
    println!("bytes: {}", std::fs::metadata(folder.join(db::FILE)).map_or(0, |meta| meta.len()));
}

fn seconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64()
}

fn number(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Moved into the working day in which it lies.
fn working_hours(starts_ms: i64) -> i64 {
    let day = shared::stamp::day_ms(starts_ms);
    day + 8 * HOUR_MS + (starts_ms - day) / 2
}

/// Orgs, rosters, campaigns and the account, as an office would bring them.
fn orgs(conn: &mut Connection, workshops: u64) -> Vec<Place> {
    let mut sheet = "code,name,level,parent\nc,秦皇岛市总工会,city,\n".to_owned();
    for (at, name) in DISTRICTS.iter().enumerate() {
        let level = if at < 8 { "district" } else { "industry" };
        let _ = writeln!(sheet, "d{at},{name}总工会,{level},c");
        let _ = writeln!(sheet, "d{at}t,{name}城关街道总工会,town,d{at}");
    }
    let unions = workshops.div_ceil(5);
    for union in 0..unions {
        let (district, town) = (union % 9, if union % 4 == 0 { "t" } else { "" });
        let _ = writeln!(sheet, "u{union},第{union}机械制造有限公司工会委员会,grassroots,d{district}{town}");
    }
    for workshop in 0..workshops {
        let _ = writeln!(sheet, "w{workshop},第{workshop}车间,workshop,u{}", workshop / 5);
    }
    db::transaction::<_, server::fault::Rejection>(conn, |c| {
        import::org::import(c, "orgs.csv", sheet.as_bytes())?;
        for (id, title) in CAMPAIGNS.iter().zip(["学习宣传全会精神“四进”宣讲活动", "劳模工匠进企业"])
        {
            campaign::put(c, &Campaign::new(*id, title.to_owned(), None), 0)?;
        }
        Ok(())
    })
    .unwrap_or_else(|fault| panic!("{fault}"));
    let mut places = Vec::new();
    for union in 0..unions {
        let first = union * 5;
        let below: Vec<u64> = (first..(first + 5).min(workshops)).collect();
        let mut roster = "姓名,工号,车间,手机\n".to_owned();
        for workshop in &below {
            for place in 0..OF_A_SESSION {
                let no = workshop * 100 + place;
                let _ = writeln!(roster, "{},{no:07},第{workshop}车间,{:04}", facts::name(no), no % 10_000);
            }
        }
        db::transaction::<_, server::fault::Rejection>(conn, |c| {
            import::roster::import(c, &format!("u{union}"), "r.csv", roster.as_bytes(), BEGIN_MS - DAY_MS)?;
            Ok(())
        })
        .unwrap_or_else(|fault| panic!("{fault}"));
        for workshop in below {
            places.push(place(conn, &format!("w{workshop}"), "person.org_id = ?1"));
        }
        if union % 3 == 0 {
            let of = "person.org_id IN (SELECT org_id FROM org WHERE parent_id = ?1)";
            places.push(place(conn, &format!("u{union}"), of));
        }
    }
    enter(conn);
    places
}

fn place(conn: &Connection, code: &str, of: &str) -> Place {
    let org_id = org::find_code(conn, code).unwrap().unwrap();
    let sql = format!("SELECT id FROM person WHERE {of} ORDER BY person_id");
    let mut found = conn.prepare_cached(&sql).unwrap();
    let people = found.query_map([org_id], |row| row.get(0).map(Uuid::from_bytes)).unwrap();
    Place {
        org: Uuid::from_bytes(*org::id_of(conn, org_id).unwrap().as_bytes()),
        people: people.map(Result::unwrap).collect(),
    }
}

/// The account that records everything, with its phones.
fn enter(conn: &mut Connection) {
    db::transaction::<_, server::refuse::Refusal>(conn, |c| {
        let new = account::New { login: "city", name: "市总工会", password_hash: "none" };
        let account_id = account::add(c, new, BEGIN_MS - DAY_MS)?.unwrap();
        let city = org::find_code(c, "c")?.unwrap();
        grant::add(c, account_id, city, Role::Admin, 0)?;
        for phone in 0..PHONES {
            let tokens = (format!("{TOKEN}-{phone}"), format!("push-{phone}"));
            let replica = Some(facts::phone(phone).into());
            login::enter(c, account_id, replica, Some("手机"), (&tokens.0, &tokens.1), BEGIN_MS)?;
        }
        // For the pages, which are asked long after the phones came.
        login::enter(c, account_id, None, None, (TOKEN, "push"), BEGIN_MS + SPAN_MS)?;
        Ok(())
    })
    .unwrap_or_else(|_| panic!("the account is made"));
}

struct Filling {
    conn: Connection,
    rng: Rng,
    sent: usize,
    /// Answers that come some sessions later.
    late: VecDeque<Half>,
}

impl Filling {
    /// Sends what is ready; in the end everything.
    fn send(&mut self, facts: &mut Facts, all: bool, now_ms: i64) {
        for phone in 0..PHONES {
            while facts.ready(phone) >= BATCH || (all && facts.ready(phone) > 0) {
                let batch = facts.take(phone, BATCH);
                self.push(Some(phone), &batch, now_ms);
            }
        }
        while self.late.len() > 200 || (all && !self.late.is_empty()) {
            facts.answers.extend(self.late.pop_front().unwrap_or_default());
        }
        while facts.answers.len() >= BATCH || (all && !facts.answers.is_empty()) {
            let many = facts.answers.len().min(BATCH);
            let mut batch: Vec<Value> = facts.answers.drain(..many).collect();
            self.rng.shuffle(&mut batch);
            self.push(None, &batch, now_ms);
        }
    }

    fn push(&mut self, phone: Option<usize>, changes: &[Value], now_ms: i64) {
        // A day later everything that was planned has happened.
        let recv_ms = now_ms + 2 * DAY_MS;
        let body = json!({ "proto": 1, "app": "0.1.0", "batch": Uuid::from_u128(self.rng.u128(..)),
            "replica": phone.map(facts::phone), "epoch": null, "wall_ms": recv_ms, "pending": 0, "changes": changes });
        let request = push::read(body.to_string().as_bytes()).unwrap_or_else(|_| panic!("a push"));
        let token = format!("push-{}", phone.unwrap_or(0));
        let caller = access::who(&self.conn, &token, recv_ms).unwrap_or_else(|_| panic!("a login"));
        let answer = db::transaction(&mut self.conn, |c| push::take(c, recv_ms, &caller, &request));
        let answer = answer.unwrap_or_else(|_| panic!("taken in"));
        let took =
            |result: &shared::wire::PushResult| matches!(result.outcome, shared::wire::Outcome::Ok { .. });
        assert!(answer.results.iter().all(took), "{:?}", answer.results.iter().find(|one| !took(one)));
        self.sent += changes.len();
    }
}
