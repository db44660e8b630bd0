//! How the files of a version come to be: once, by hand, before its release. A real core is led
//! through a day on which everything happens that can; what then lies on its disk is the store.

use super::requests::{expected, replay};
use super::{Golden, acquaint, folder_of, requests_of};
use crate::harness::Done;
use crate::whole::city::{CAMPAIGN, City, MORNING_MS, PASSWORD};
use crate::whole::{Handset, Way, made};
use app::store::{Store, codec, memory::Memory};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, from_slice, json};
use shared::attendance::{Method, Status};
use shared::change::{
    Alias, Body, CheckInBody, Mark, MarkValue, PersonAdd, Photo, PhotoUse, SessionSet, Void,
};
use shared::feedback::{Response, Via};
use shared::form::DEFAULT_FORM;
use shared::id::{AccountId, ChangeId, Epoch, OrgId, PersonId, ReplicaId, SessionId};
use shared::person::Person;
use shared::phone::{
    Acked, Canary, Clock, Event, Fact, HeldChange, Identity, NEXT_SEQ, Opening, Phone, Snapshot, Table, Write,
};
use shared::session::{Activity, Field, Lecturer, Mode, State};
use shared::stamp::HOUR_MS;
use shared::wire::{Account, LoginRequest, Loss, LossKind, OtherDevice, PushRequest, Row, Scope};
use std::collections::BTreeMap;
use std::fs;

/// Set by whoever means to write the files.
const WRITE: &str = "JIANGDAO_GOLDEN";
const ORG: OrgId = OrgId::from_u128(id(1, 1));
/// An org that no server knows.
const NO_ORG: OrgId = OrgId::from_u128(id(1, 2));
const REPLICA: ReplicaId = ReplicaId::from_u128(id(2, 1));
/// The one that this browser had before its store was emptied.
const EARLIER: ReplicaId = ReplicaId::from_u128(id(2, 2));
const EPOCH: Epoch = Epoch::from_u128(id(3, 1));

/// Ids that can be told apart by eye: of which kind, and which.
const fn id(kind: u128, n: u128) -> u128 {
    0x0198_0000_0000_7000_8000_0000_0000_0000 + (kind << 16) + n
}

fn person(n: u128) -> PersonId {
    PersonId::from_u128(id(4, n))
}

fn session(n: u128) -> SessionId {
    SessionId::from_u128(id(5, n))
}

/// The folder must not be there: what was released is never written again.
#[tokio::test]
#[ignore = "writes files: JIANGDAO_GOLDEN=1 cargo test -p tests --test all golden::make -- --ignored"]
async fn write_the_files_of_this_version() -> Done {
    // The test command runs what is ignored as well; there it writes nothing.
    if std::env::var_os(WRITE).is_none() {
        return Ok(());
    }
    let version = env!("CARGO_PKG_VERSION");
    let folder = folder_of(version);
    fs::create_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let put = |name: &str, text: &str| fs::write(folder.join(format!("{name}.json")), format!("{text}\n"));
    let (first, last, store) = day().await?;
    let named = |all: &[(&str, String)], path: &str, nth: usize| -> Done<String> {
        let body = all.iter().filter(|(sent, _)| *sent == path).nth(nth);
        Ok(body.ok_or("it was not sent")?.1.clone())
    };
    put("store", &page(&store)?)?;
    put("push_losses", &shipped(&named(&first, "push", 0)?)?)?;
    put("push", &shipped(&named(&last, "push", 0)?)?)?;
    put("push_responses", &shipped(&named(&last, "push", 1)?)?)?;
    put("pull", &named(&last, "pull", 0)?)?;
    let login = LoginRequest {
        login: "chunfen".to_owned(),
        password: PASSWORD.to_owned(),
        replica: Some(REPLICA),
        device: Some("Android Chrome".to_owned()),
        cookie: false,
        code: None,
        new_password: None,
    };
    put("login", &serde_json::to_string(&login)?)?;
    let golden = Golden::read(version.to_owned())?;
    let city = golden.city("golden-expected")?;
    let told = replay(&city, &folder, &golden.phone()?.identity().push_token, Ok).await?;
    put("expected", &lines(&expected(&told))?)?;
    Ok(())
}

/// The program of these tests keeps the order of keys in a JSON object, as one of its libraries asks
/// for that; the app that is shipped does not, and has them in order of the alphabet.
fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

/// A push as the shipped app writes it.
fn shipped(push: &str) -> Done<String> {
    let mut push: PushRequest = serde_json::from_str(push)?;
    for change in &mut push.changes {
        *change = to_raw_value(&sorted(serde_json::from_str(change.get())?))?;
    }
    Ok(serde_json::to_string(&push)?)
}

/// A store as a page, its values as their bytes lie in the browser's database.
fn page(store: &Snapshot) -> Done<String> {
    let mut tables = Map::new();
    for (table, rows) in &store.tables {
        let text = |key: &str, value: &[u8]| -> Done<String> {
            let value = match table {
                Table::Acked | Table::AckedResponses => {
                    let acked: Acked = from_slice(value)?;
                    serde_json::to_vec(&Acked { change: sorted(acked.change), ..acked })?
                }
                Table::Held => {
                    let held: HeldChange = from_slice(value)?;
                    serde_json::to_vec(&HeldChange { change: sorted(held.change), ..held })?
                }
                Table::Rows => {
                    let row: Row = from_slice(value)?;
                    serde_json::to_vec(&Row { body: sorted(row.body), ..row })?
                }
                _ => value.to_vec(),
            };
            Ok(String::from_utf8(codec::encode(None, *table, key, &value))?)
        };
        let rows = rows.iter().map(|(key, value)| Ok(json!([key, text(key, value)?])));
        tables.insert(table.name().to_owned(), rows.collect::<Done<Value>>()?);
    }
    lines(&Value::Object(tables))
}

/// Lists by name, with a line for each thing in them.
fn lines(lists: &Value) -> Done<String> {
    let mut written = Vec::new();
    for (name, list) in lists.as_object().ok_or("no lists")? {
        let list = list.as_array().ok_or("no list")?;
        let all: Vec<String> = list.iter().map(|thing| format!("\n    {thing}")).collect();
        written.push(format!("  \"{name}\": [{}\n  ]", all.join(",")));
    }
    Ok(format!("{{\n{}\n}}", written.join(",\n")))
}

type Sent = Vec<(&'static str, String)>;

/// What the phone would send when it begins and at the end, and what lies on its disk then.
async fn day() -> Done<(Sent, Sent, Snapshot)> {
    let city = City::new("golden-day")?;
    let mut handset = begun(&city).await?;
    let now_ms = |handset: &Handset| city.now_ms() + handset.ahead_ms;
    let first = requests_of(handset.phone.clone(), now_ms(&handset));
    handset.sync(&city).await?;

    // With signal: all of it gets a receipt.
    let mut diary = Diary::default();
    diary.note(1, made::session(ORG, "班前宣讲", MORNING_MS));
    diary.note(1, check_in(1, Method::Tap, None));
    diary.note(1, check_in(2, Method::Kiosk, None));
    diary.note(1, made::walk_in(person(11), ORG, "李白露")[0].clone());
    diary.note(1, response(Via::Phone, 5, "食堂远"));
    diary.note(8, made::session(NO_ORG, "别的工会", MORNING_MS));
    diary.write(&city, &mut handset).await?;
    handset.sync(&city).await?;

    // The disk turns out to be older than it was, and there is no signal any more.
    let stored = handset.store.load(&Table::ALL).await?;
    let next_seq = stored.meta::<u64>(NEXT_SEQ).ok_or("nothing was recorded")? + 3;
    let beside = Canary { replica: REPLICA, next_seq };
    let Opening::Ready(phone) = Phone::open(&stored, Some(beside), now_ms(&handset)) else {
        return Err("the store has no identity".into());
    };
    (handset.phone, handset.way) = (*phone, Way::Cut);
    handset.step(&city, Event::Lead { reload: false, pull: true }).await?;
    city.pass(HOUR_MS);
    everything(&mut diary);
    diary.write(&city, &mut handset).await?;
    let drafts = [
        ("session-new".to_owned(), json!({"title": "下周宣讲", "org": ORG, "starts": "", "campaign": ""})),
        (format!("headcount:{}", session(2)), json!("3")),
        (format!("walk-in:{}", session(2)), json!({"name": "周处暑", "org": "", "kind": ""})),
        (format!("feedback:{}", session(2)), json!({"help": "停车", "understood": 4})),
    ];
    handset.store.commit(drafts.map(|(key, form)| Write::put(Table::Drafts, key, &form)).into()).await?;
    let store = handset.store.load(&Table::ALL).await?;
    let handset = handset.killed().await?;
    let last = requests_of(handset.phone.clone(), now_ms(&handset));
    Ok((first, last, store))
}

/// A phone that has just logged in, after an earlier store of its browser was emptied.
async fn begun(city: &City) -> Done<Handset> {
    let roster = ["赵小满", "钱立冬", "孙谷雨"].into_iter().zip(1..).map(|(name, n)| Person {
        id: person(n),
        name: name.to_owned(),
        org: ORG,
        staff_no: Some(format!("A00{n}")),
        phone_tail: Some(format!("000{n}")),
    });
    let account = Account {
        id: AccountId::from_u128(id(6, 1)),
        login: "chunfen".to_owned(),
        name: "吴春分".to_owned(),
    };
    let identity = Identity {
        account,
        replica: REPLICA,
        token: "token of an old phone".to_owned(),
        push_token: "push token of an old phone".to_owned(),
        epoch: Some(EPOCH),
        granted: vec![Scope::Org(ORG).to_string()],
        others: vec![OtherDevice {
            device: Some("iPhone Safari".to_owned()),
            pending: 4,
            last_seen_ms: MORNING_MS - HOUR_MS,
        }],
        rescue_key: None,
    };
    let mut conn = server::db::connect(city.folder.path()).map_err(|fault| fault.to_string())?;
    server::db::transaction(&mut conn, |c| server::db::begin_epoch(c, EPOCH))?;
    drop(conn);
    acquaint(city, &identity, PASSWORD, &roster.collect::<Vec<_>>())?;
    let loss = Loss { kind: LossKind::Emptied, replica: EARLIER, at_ms: MORNING_MS, missing: Some(4) };
    let (_, writes) = Phone::first(identity, Clock::default(), vec![loss]);
    let mut handset = Handset::new(city, "zhang").await?;
    handset.store = Memory::default();
    handset.store.commit(writes).await?;
    // Its clock is four minutes ahead.
    handset.ahead_ms = 240_000;
    handset.killed().await
}

/// Facts in the order in which they are recorded.
#[derive(Default)]
struct Diary {
    facts: Vec<Fact>,
    noted: u128,
}

impl Diary {
    /// A fact about the nth session.
    fn note(&mut self, n: u128, body: Body) -> ChangeId {
        self.put(Some(session(n)), body)
    }

    fn put(&mut self, session: Option<SessionId>, body: Body) -> ChangeId {
        self.noted += 1;
        // The id of a response is random, which its version says.
        let bits = if matches!(body, Body::Response(_)) { 0x4000 ^ 0x7000 } else { 0_u128 };
        let id = ChangeId::from_u128(id(7, self.noted) ^ (bits << 64));
        self.facts.push(Fact { id, session, after: None, body });
        id
    }

    /// Records them, a few at a time.
    async fn write(&mut self, city: &City, handset: &mut Handset) -> Done {
        for facts in std::mem::take(&mut self.facts).chunks(4) {
            city.pass(60_000);
            let event = Event::Record { facts: facts.to_vec(), also: Vec::new() };
            handset.step(city, event).await?;
        }
        Ok(())
    }
}

fn check_in(n: u128, method: Method, at_ms: Option<i64>) -> Body {
    Body::CheckIn(CheckInBody { person: person(n), method, at_ms })
}

fn mark(n: u128, what: MarkValue) -> Body {
    Body::Mark(Mark { person: person(n), what })
}

fn response(via: Via, mark: u8, help: &str) -> Body {
    let marks = ["absorbed", "understood", "usable"].map(|question| (question.to_owned(), json!(mark)));
    let answers: BTreeMap<_, _> = marks.into_iter().chain([("help".to_owned(), json!(help))]).collect();
    let answers = answers.into_iter().collect();
    Body::Response(Response { form: DEFAULT_FORM, version: 1, answers, via })
}

/// A change of every kind, with every word that it can say.
fn everything(diary: &mut Diary) {
    diary.note(2, whole_session());
    let cleared = BTreeMap::from([(Field::Note, Value::Null), (Field::Expected, Value::Null)]);
    diary.note(2, Body::SessionSet(SessionSet { set: cleared }));
    diary.note(3, made::session(ORG, "同一场，又建了一次", MORNING_MS + HOUR_MS));
    diary.note(9, made::session(NO_ORG, "又是别的工会", MORNING_MS + HOUR_MS));
    let [walk_in, here] = made::walk_in(person(12), ORG, "周处暑");
    diary.note(2, walk_in);
    diary.note(2, here);
    let numbers = (Some("临07".to_owned()), Some("0007".to_owned()));
    let known = Person {
        id: person(13),
        name: "周处暑".to_owned(),
        org: ORG,
        staff_no: numbers.0,
        phone_tail: numbers.1,
    };
    diary.note(3, Body::PersonAdd(PersonAdd { person: known }));
    let mut last = None;
    for (method, n) in Method::ALL.iter().zip([1, 2, 3].into_iter().cycle()) {
        last = Some(diary.note(2, check_in(n, *method, None)));
    }
    let paper = diary.note(2, check_in(3, Method::Paper, Some(MORNING_MS + HOUR_MS)));
    diary.note(1, check_in(3, Method::Scan, None));
    for status in Status::ALL {
        diary.note(2, mark(1, MarkValue::Status(Some(*status))));
    }
    diary.note(2, mark(1, MarkValue::Status(None)));
    diary.note(2, mark(2, MarkValue::Note(Some("轮椅，坐前排".to_owned()))));
    diary.note(2, mark(3, MarkValue::Note(None)));
    diary.note(2, made::headcount(31));
    let undo = Void { targets: vec![paper], reason: Some("点错了".to_owned()) };
    diary.note(2, Body::Void(undo));
    diary.put(None, Body::SessionAlias(Alias { a: session(2), b: session(3) }));
    diary.put(None, Body::PersonAlias(Alias { a: person(12), b: person(13) }));
    let wrong = diary.put(None, Body::PersonAlias(Alias { a: person(12), b: person(11) }));
    diary.put(None, made::void(&[wrong]));
    let (sha256, mime) = ("5a".repeat(32), "image/jpeg".to_owned());
    let scene =
        Photo { sha256, len: 48_211, mime, shows: PhotoUse::Scene, caption: Some("会场".to_owned()) };
    diary.note(2, Body::Photo(Photo { shows: PhotoUse::Sheet, caption: None, ..scene.clone() }));
    diary.note(2, Body::Photo(scene));
    // As many as it takes to be told as figures.
    for (via, mark) in Via::ALL.iter().cycle().zip([4, 5, 3, 5, 4, 5]) {
        diary.note(2, response(*via, mark, "停车"));
    }
    let ours = u32::try_from(Method::ALL.len()).unwrap_or(0) + 2;
    diary.note(2, made::close(ours, 6));
    if let Some(close) = diary.facts.last_mut() {
        close.after = last;
    }
}

/// A session with a value in every field.
fn whole_session() -> Body {
    let lecturer = |name: &str, team: Option<&str>, leader| Lecturer {
        account: None,
        name: name.to_owned(),
        team: team.map(str::to_owned),
        leader,
    };
    let lecturers = [lecturer("郑秋分", Some("劳模宣讲团"), true), lecturer("王小寒", None, false)];
    let set = BTreeMap::from([
        (Field::Org, json!(ORG)),
        (Field::Campaign, json!(CAMPAIGN)),
        (Field::Activity, json!(Activity::Lecture)),
        (Field::Title, json!("车间宣讲")),
        (Field::Topic, json!("安全生产")),
        (Field::Venue, json!("一号车间")),
        (Field::Mode, json!(Mode::Onsite)),
        (Field::StartsMs, json!(MORNING_MS + HOUR_MS)),
        (Field::EndsMs, json!(MORNING_MS + 2 * HOUR_MS)),
        (Field::Lecturers, sorted(json!(lecturers))),
        (Field::Audience, json!([ORG])),
        (Field::Expected, json!(40)),
        (Field::Note, json!("请提前十分钟到")),
        (Field::State, json!(State::Open)),
    ]);
    Body::SessionSet(SessionSet { set })
}
