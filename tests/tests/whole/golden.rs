//! Old phones: what every released version left on a phone's disk, and what it sent, lies in
//! `tests/golden/<version>/`, and is opened and replayed for ever. A release only adds a folder,
//! which `make::write_the_files_of_this_version` makes; nobody edits one afterwards.

mod make;
mod requests;

use super::city::{City, MORNING_MS};
use super::{Handset, made};
use crate::harness::{Done, root};
use app::store::{Store, codec, memory::Memory};
use rusqlite::{Connection, Row};
use serde_json::{Value, from_slice, from_value, json, to_value};
use server::access::{account, grant, login, password};
use shared::change::{Body, KINDS, parse};
use shared::id::{ChangeId, PersonId, ReplicaId};
use shared::org::Level;
use shared::person::Person;
use shared::phone::{self, Acked, Clock, Effect, Event, Heard, HeldChange, Identity, Input, LossNote};
use shared::phone::{Mark, Opening, Phone, Snapshot, Table, Write, unnumbered};
use shared::stamp::DAY_MS;
use shared::wire::{self, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Beside the versions: what a version that does not exist yet may send.
const LATER: &str = "later";

/// What one version left.
struct Golden {
    version: String,
    folder: PathBuf,
    store: Snapshot,
}

fn folder_of(version: &str) -> PathBuf {
    root().join("tests/golden").join(version)
}

/// A file as it was written, less the line end that every text file has.
fn text(folder: &Path, name: &str) -> Done<String> {
    let path = folder.join(format!("{name}.json"));
    let text = fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

fn parsed(folder: &Path, name: &str) -> Done<Value> {
    Ok(serde_json::from_str(&text(folder, name)?)?)
}

impl Golden {
    /// Every version, and the present one among them.
    fn all() -> Done<Vec<Self>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder_of(""))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| name != LATER);
        names.sort();
        let present = env!("CARGO_PKG_VERSION");
        if !names.iter().any(|name| name == present) {
            return Err(format!("tests/golden/{present} is missing: golden/make.rs writes it").into());
        }
        names.into_iter().map(Self::read).collect()
    }

    fn read(version: String) -> Done<Self> {
        let folder = folder_of(&version);
        let mut stored: BTreeMap<String, Vec<(String, String)>> =
            serde_json::from_str(&text(&folder, "store")?)?;
        let mut store = Snapshot::default();
        for table in Table::ALL {
            // A table that came later was not there yet.
            let Some(there) = stored.remove(table.name()) else { continue };
            let mut rows = Vec::new();
            for (key, value) in there {
                let plain = codec::decode(None, table, &key, value.as_bytes());
                rows.push((key, plain.map_err(|_| format!("{version}: a value cannot be read"))?));
            }
            store.tables.push((table, rows));
        }
        assert!(stored.is_empty(), "{version}: no table is ever given up: {:?}", stored.keys());
        Ok(Self { version, folder, store })
    }

    async fn memory(&self) -> Done<Memory> {
        let memory = Memory::default();
        for (table, rows) in self.store.tables.clone() {
            let put = |(key, value)| Write::Put { table, key, value };
            memory.commit(rows.into_iter().map(put).collect()).await?;
        }
        Ok(memory)
    }

    fn phone(&self) -> Done<Phone> {
        match Phone::open(&self.store, None, MORNING_MS) {
            Opening::Ready(phone) => Ok(*phone),
            _ => Err(format!("{}: the store is not recognised", self.version).into()),
        }
    }

    fn ids(&self, table: Table) -> Done<BTreeSet<ChangeId>> {
        self.store.of(table).map(|(key, _)| key.parse().map_err(|_| format!("no id: {key}").into())).collect()
    }

    /// Every change that the phone still has, waiting or with a receipt; seq aside.
    fn changes(&self) -> Done<BTreeMap<ChangeId, Value>> {
        let mut all = BTreeMap::new();
        for (table, rows) in &self.store.tables {
            for (key, value) in rows {
                let change = match table {
                    Table::Outbox => from_slice(unnumbered(value).ok_or("no seq in the outbox")?.1)?,
                    Table::Responses => from_slice(value)?,
                    Table::Acked | Table::AckedResponses => from_slice::<Acked>(value)?.change,
                    Table::Held => from_slice::<HeldChange>(value)?.change,
                    _ => continue,
                };
                all.insert(key.parse().map_err(|_| format!("no id: {key}"))?, without_seq(change));
            }
        }
        Ok(all)
    }

    /// What is held already, and what of the waiting will be.
    fn to_be_held(&self) -> Done<BTreeSet<String>> {
        let (push, expected) = (parsed(&self.folder, "push")?, parsed(&self.folder, "expected")?);
        let list = |list: &Value| list.as_array().cloned().ok_or("no list");
        let told = list(&push["changes"])?.into_iter().zip(list(&expected["push"])?);
        let told = told.filter(|(_, told)| told["st"] == "held");
        let told = told.filter_map(|(change, _)| change["id"].as_str().map(str::to_owned));
        Ok(self.store.of(Table::Held).map(|(key, _)| key.to_owned()).chain(told).collect())
    }

    fn next_seq(&self) -> Done<u64> {
        Ok(self.store.meta(phone::NEXT_SEQ).ok_or("no counter")?)
    }

    /// A cursor as it was stored, by scope.
    fn cursors(&self) -> Done<BTreeMap<String, u64>> {
        let all = self.store.of(Table::Meta).filter_map(|(key, value)| {
            let scope = key.strip_prefix(phone::CURSOR)?.to_owned();
            Some((scope, from_slice::<Value>(value).ok()?["at"].as_u64()?))
        });
        Ok(all.collect())
    }

    /// A city a day later, which knows the account and its people, but nothing that was recorded.
    fn city(&self, name: &str) -> Done<City> {
        let city = City::new(name)?;
        city.pass(DAY_MS);
        let (login, phone) = (parsed(&self.folder, "login")?, self.phone()?);
        let password = login["password"].as_str().ok_or("no password")?;
        let people: Vec<Person> = phone.book().people.values().cloned().collect();
        acquaint(&city, phone.identity(), password, &people)?;
        Ok(city)
    }

    /// The phone in a hand, with the store on its disk.
    async fn handset(&self, city: &City) -> Done<Handset> {
        // Made by logging in as somebody else, so that nothing of this account is touched.
        let mut handset = Handset::new(city, "zhang").await?;
        handset.store = self.memory().await?;
        handset.killed().await
    }
}

fn without_seq(mut change: Value) -> Value {
    change.as_object_mut().map(|fields| fields.remove("seq"));
    change
}

/// Makes org, account, roster and logins of a phone known to a server.
fn acquaint(city: &City, who: &Identity, word: &str, people: &[Person]) -> Done {
    let mut conn = server::db::connect(city.folder.path()).map_err(|fault| fault.to_string())?;
    let password_hash = password::hash(word).map_err(|why| why.to_string())?;
    server::db::transaction(&mut conn, |c| {
        let parent_id = server::org::find_code(c, "130302")?;
        let new = account::New {
            login: &who.account.login,
            name: &who.account.name,
            password_hash: &password_hash,
        };
        let account_id =
            account::add_as(c, who.account.id, new, MORNING_MS)?.ok_or("the account is there already")?;
        for (n, scope) in who.granted.iter().enumerate() {
            let Ok(Scope::Org(id)) = scope.parse() else { return Err(format!("no org: {scope}").into()) };
            let code = format!("golden-{n}");
            let put =
                server::org::Put {
                    id, code: &code, name: "样机厂工会", level: Level::Grassroots, parent_id
                };
            let org_id = server::org::put(c, put)?;
            grant::add(c, account_id, org_id, grant::Role::Organizer, 0)?;
            for person in people.iter().filter(|person| person.org == id) {
                server::person::put_on_roster(c, person, org_id, 0)?;
            }
        }
        let tokens = (who.token.as_str(), who.push_token.as_str());
        login::enter(c, account_id, Some(who.replica), Some("Android Chrome"), tokens, MORNING_MS)
            .map_err(|refusal| refusal.to_string())?;
        Ok(())
    })
}

/// Whether everything that is in the first is in the second as well.
fn within(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(key, value)| within(value, new.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| within(old, new))
        }
        _ => old == new,
    }
}

/// How this version reads a value of a table, and would write it again.
type Again = fn(Value) -> serde_json::Result<Value>;

/// The values of our own types, each with its type.
fn typed(table: Table, key: &str) -> Option<Again> {
    Some(match (table, key) {
        (Table::Acked | Table::AckedResponses, _) => |v| to_value(from_value::<Acked>(v)?),
        (Table::Held, _) => |v| to_value(from_value::<HeldChange>(v)?),
        (Table::Rows, _) => |v| to_value(from_value::<wire::Row>(v)?),
        (Table::Meta, phone::IDENTITY) => |v| to_value(from_value::<Identity>(v)?),
        (Table::Meta, phone::CLOCK) => |v| to_value(from_value::<Clock>(v)?),
        (Table::Meta, phone::HEARD) => |v| to_value(from_value::<Heard>(v)?),
        (Table::Meta, phone::LOSSES) => |v| to_value(from_value::<Vec<LossNote>>(v)?),
        _ => return None,
    })
}

/// The requests that a core sends when it begins to lead and nobody ever answers.
fn requests_of(mut phone: Phone, mut now_ms: i64) -> Vec<(&'static str, String)> {
    let mut sent = Vec::new();
    let mut events = vec![Event::Lead { reload: false, pull: true }];
    for round in 0..6_u8 {
        let mut follow = Vec::new();
        for event in events {
            for effect in phone.step(Input { now_ms, dice: [round; 16], event }) {
                let (path, outgoing) = match effect {
                    Effect::Push(outgoing) => ("push", outgoing),
                    Effect::Pull(outgoing) => ("pull", outgoing),
                    Effect::Store { token, .. } => {
                        follow.push(Event::Stored { token, seqs: Vec::new() });
                        continue;
                    }
                    _ => continue,
                };
                follow.push(Event::Unanswered { call: outgoing.call, timed_out: false });
                sent.push((path, outgoing.body));
            }
        }
        now_ms += DAY_MS / 1_000;
        events = if follow.is_empty() { vec![Event::Tick] } else { follow };
    }
    sent
}

#[test]
fn the_store_of_every_version_opens_whole() -> Done {
    for golden in Golden::all()? {
        let (version, phone, changes) = (&golden.version, golden.phone()?, golden.changes()?);
        for (table, rows) in &golden.store.tables {
            assert!(!rows.is_empty(), "{version}: nothing lies in {}", table.name());
            for (key, value) in rows {
                let Some(again) = typed(*table, key) else { continue };
                let old: Value = from_slice(value)?;
                let new = again(old.clone())?;
                assert!(within(&old, &new), "{version}, {} {key}: {old} is read as {new}", table.name());
            }
        }
        for (id, old) in &changes {
            let new = to_value(parse(old).map_err(|code| format!("{version}, {id}: {code:?}"))?)?;
            assert!(within(old, &new), "{version}, {id}: {old} is read as {new}");
        }
        let marked = [
            (Table::Outbox, Mark::Saved),
            (Table::Responses, Mark::Saved),
            (Table::Acked, Mark::Sent),
            (Table::AckedResponses, Mark::Sent),
            (Table::Held, Mark::Held),
        ];
        for (table, mark) in marked {
            for id in golden.ids(table)? {
                assert_eq!(phone.mark(id), Some(mark), "{version}, {} {id}", table.name());
            }
        }
        let waiting = golden.ids(Table::Outbox)?.len() + golden.ids(Table::Responses)?.len();
        let safety = phone.safety();
        assert_eq!((safety.unsent as usize, phone.waiting().count()), (waiting, waiting), "{version}");
        assert_eq!(safety.held as usize, golden.ids(Table::Held)?.len(), "{version}");
        assert!(safety.last_contact_ms.is_some(), "{version}: its clock was read");
        let losses: Vec<LossNote> = golden.store.meta(phone::LOSSES).ok_or("no losses")?;
        assert_eq!(phone.losses(), losses, "{version}: none is forgotten, none is made up");
        let kinds: BTreeSet<&str> = changes.values().filter_map(|change| change["kind"].as_str()).collect();
        if version == env!("CARGO_PKG_VERSION") {
            assert_eq!(kinds, KINDS.into(), "{version}: every kind is there once");
        }
        rows_are_read(&golden, &phone)?;
    }
    Ok(())
}

/// Every pulled row is on the screen again, and the next pull goes on where the last one ended.
fn rows_are_read(golden: &Golden, phone: &Phone) -> Done {
    let (version, book) = (&golden.version, phone.book());
    for (key, value) in golden.store.of(Table::Rows) {
        let (scope, noun) = key.split_once('|').ok_or("no scope")?;
        let (noun, id) = noun.split_once(':').unwrap_or((noun, ""));
        let row: Value = from_slice(value)?;
        if row["deleted"] == true {
            continue;
        }
        let body = &row["body"];
        let view = scope.strip_prefix("session:").and_then(|id| phone.session(id.parse().ok()?));
        let person = || id.parse::<PersonId>().unwrap_or_else(|_| PersonId::from_u128(0));
        let found = match noun {
            "org" => book.orgs.values().any(|org| org.name == body["name"]),
            "campaign" => book.campaigns.values().any(|campaign| campaign.title == body["title"]),
            "form" => book.forms.iter().any(|form| json!(form.questions) == body["questions"]),
            "person" => book.people.get(&person()).is_some_and(|person| person.name == body["name"]),
            "session" => book.sessions.values().any(|session| session.title == body["title"]),
            "attendance" => view.is_some_and(|view| view.rows.attendance.contains_key(&person())),
            "walk_in" => view.is_some_and(|view| view.walk_ins.contains_key(&person())),
            "totals" => view.is_some_and(|view| json!(view.rows.totals.responses) == body["responses"]),
            _ => true,
        };
        assert!(found, "{version}: {key} is not read");
    }
    let asked = requests_of(phone.clone(), MORNING_MS).into_iter().find(|(path, _)| *path == "pull");
    let asked: Value = serde_json::from_str(&asked.ok_or("no pull")?.1)?;
    let asked = asked["scopes"].as_array().ok_or("no scopes")?;
    for (scope, at) in golden.cursors()? {
        let goes_on = asked.iter().any(|asked| asked["scope"] == scope && asked["cursor"] == at);
        assert!(goes_on, "{version}: {scope} does not go on from {at}");
    }
    Ok(())
}

#[tokio::test]
async fn an_old_phone_reaches_the_server_that_it_knew() -> Done {
    for golden in Golden::all()? {
        let city = golden.city("golden-known")?;
        let epoch = golden.phone()?.identity().epoch.ok_or("no epoch")?;
        let highest = golden.cursors()?.into_values().max().unwrap_or(0);
        let mut conn = server::db::connect(city.folder.path()).map_err(|fault| fault.to_string())?;
        server::db::transaction(&mut conn, |c| {
            server::db::begin_epoch(c, epoch)?;
            while server::feed::next_seq(c)? < i64::try_from(highest).unwrap_or(i64::MAX) {}
            Ok::<_, rusqlite::Error>(())
        })?;
        drop(conn);
        has_already(&golden, &city).await?;
        drained(&golden, &city).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_old_phone_gives_a_server_in_a_new_life_all_that_it_has() -> Done {
    for golden in Golden::all()? {
        drained(&golden, &golden.city("golden-anew")?).await?;
    }
    Ok(())
}

/// The server has what it gave receipts for, and a push whose answer never reached the phone: of
/// that it says `dup`, if the phone sends the same again.
async fn has_already(golden: &Golden, city: &City) -> Done {
    let mut of: BTreeMap<Option<ReplicaId>, Vec<Value>> = BTreeMap::new();
    for (table, rows) in &golden.store.tables {
        for (_, value) in rows {
            let (replica, change) = match table {
                Table::Acked | Table::AckedResponses => {
                    from_slice::<Acked>(value).map(|acked| (acked.replica, acked.change))?
                }
                Table::Held => from_slice::<HeldChange>(value).map(|held| (held.replica, held.change))?,
                _ => continue,
            };
            of.entry(replica).or_default().push(change);
        }
    }
    let bearer = golden.phone()?.identity().push_token.clone();
    let mut pushes = Vec::new();
    for (replica, changes) in of {
        let batch = Uuid::new_v4();
        let push = json!({"proto": 1, "app": "", "batch": batch, "replica": replica, "changes": changes});
        pushes.push(push.to_string());
    }
    pushes.push(text(&golden.folder, "push")?);
    for push in pushes {
        assert_eq!(city.post("/api/v1/push", &bearer, push).await?.status, 200, "{}", golden.version);
    }
    Ok(())
}

/// The phone leads: nothing is left on it, and all is at the server, once and unchanged.
async fn drained(golden: &Golden, city: &City) -> Done {
    let version = &golden.version;
    let mut handset = golden.handset(city).await?;
    handset.sync(city).await?;
    assert_eq!((handset.unsent().await?, handset.phone.safety().unsent), (0, 0), "{version}");
    let kept = handset.store.load(&Table::ALL).await?;
    let held: BTreeSet<&str> = kept.of(Table::Held).map(|(key, _)| key).collect();
    let to_be_held = golden.to_be_held()?;
    assert_eq!(held, to_be_held.iter().map(String::as_str).collect(), "{version}: these are held, no other");
    let receipts = [Table::Acked, Table::AckedResponses, Table::Held].map(|table| kept.of(table).count());
    let changes = golden.changes()?;
    assert_eq!(receipts.iter().sum::<usize>(), changes.len(), "{version}: each has its receipt");
    let conn = city.database()?;
    for (id, change) in &changes {
        let place = if held.contains(id.to_string().as_str()) { "held" } else { "taken" };
        assert_eq!(at_server(&conn, *id, change)?, [place], "{version}, {id}");
    }
    let told: Vec<bool> = handset.phone.losses().iter().map(|note| note.told.is_some()).collect();
    let losses: Vec<LossNote> = golden.store.meta(phone::LOSSES).ok_or("no losses")?;
    assert_eq!(told, vec![true; losses.len()], "{version}: all were told, and none came of it");
    let drafts = |store: &Snapshot| -> Vec<(String, Vec<u8>)> {
        store.of(Table::Drafts).map(|(key, value)| (key.to_owned(), value.to_vec())).collect()
    };
    assert_eq!(drafts(&kept), drafts(&golden.store), "{version}: half-filled forms are as they were");
    // What is recorded now follows in the old replica without a gap.
    let session = changes.values().find_map(|change| change["session"].as_str()?.parse().ok());
    handset.record(city, session.ok_or("no session")?, vec![made::headcount(7)]).await?;
    let kept = handset.store.load(&[Table::Outbox]).await?;
    let seqs: Vec<u64> = kept.of(Table::Outbox).filter_map(|(_, value)| Some(unnumbered(value)?.0)).collect();
    assert_eq!(seqs, [golden.next_seq()?], "{version}");
    handset.sync(city).await?;
    let replica = golden.phone()?.identity().replica;
    let have = "SELECT have FROM replica WHERE id = ?1";
    let have: i64 = conn.query_row(have, [replica.as_bytes()], |row| row.get(0))?;
    assert_eq!(u64::try_from(have)?, golden.next_seq()?, "{version}");
    Ok(())
}

/// Where a change lies at the server, one word for each time; its content is what was sent.
fn at_server(conn: &Connection, id: ChangeId, change: &Value) -> Done<Vec<String>> {
    let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let mut found = Vec::new();
    let mut logged = conn.prepare("SELECT state, raw FROM change WHERE id = ?1")?;
    found.extend(logged.query_map([id.as_bytes()], read)?.collect::<Result<Vec<_>, _>>()?);
    let mut held = conn.prepare("SELECT 'held', raw FROM held WHERE id = ?1")?;
    found.extend(held.query_map([id.to_string()], read)?.collect::<Result<Vec<_>, _>>()?);
    let mut places = Vec::new();
    for (place, raw) in found {
        assert_eq!(&without_seq(serde_json::from_str(&raw)?), change, "{id}");
        places.push(place);
    }
    // Of a response nothing is kept as it was sent.
    if let Some(stored) = server::response::load(conn, id)? {
        let sent = parse(change).map_err(|code| format!("{id}: {code:?}"))?;
        let (Body::Response(body), Some(session)) = (sent.body, sent.session) else {
            return Err(format!("{id} is no response").into());
        };
        assert_eq!(stored, server::response::Stored::new(session, sent.wall_ms, body), "{id}");
        places.push("taken".to_owned());
    }
    Ok(places)
}
