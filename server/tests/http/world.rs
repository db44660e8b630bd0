//! A small city on a manual clock, and the ways to ask its server.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use rusqlite::Connection;
use serde_json::{Value, json};
use server::access::grant::{self, Role};
use server::access::{account, password};
use server::clock::Clock;
use server::{App, db, org, person};
use sha2::{Digest, Sha256};
use shared::id::{OrgId, PersonId};
use shared::org::Level;
use shared::person::Person;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use uuid::Uuid;

/// 2025-11-22 12:40 +08:00
pub(crate) const NOW: i64 = 1_763_786_400_000;
pub(crate) const PASSWORD: &str = "a long enough password";
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) const CITY: u128 = 1;
pub(crate) const PLANT: u128 = 2;
pub(crate) const SHOP: u128 = 3;
pub(crate) const OTHER_PLANT: u128 = 4;
/// (id, code, level, above)
const ORGS: [(u128, &str, Level, Option<u128>); 4] = [
    (CITY, "C", Level::City, None),
    (PLANT, "P", Level::Grassroots, Some(CITY)),
    (SHOP, "S", Level::Workshop, Some(PLANT)),
    (OTHER_PLANT, "O", Level::Grassroots, Some(CITY)),
];
/// How many the shop's roster has: persons 1..=ROSTER.
pub(crate) const ROSTER: u128 = 6;

pub(crate) fn id(n: u128) -> String {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n).to_string()
}

pub(crate) fn org_id(n: u128) -> String {
    id(0x1_0000 + n)
}

pub(crate) fn person_id(n: u128) -> String {
    id(0x2_0000 + n)
}

pub(crate) fn session_id(n: u128) -> String {
    id(0x3_0000 + n)
}

pub(crate) fn replica_id(n: u128) -> String {
    id(0x4_0000 + n)
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) now: Arc<AtomicI64>,
    router: Router,
    dir: PathBuf,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The code of a refusal, which must have the right form.
    pub(crate) fn code(&self) -> &str {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{:?}", self.body);
        assert_eq!(self.body["status"], self.status.as_u16());
        self.body["code"].as_str().unwrap()
    }

    /// The body of an answer that went well.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.body);
        self.body
    }
}

fn hashed() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD).unwrap())
}

fn build(c: &Connection) -> rusqlite::Result<()> {
    for (n, code, level, above) in ORGS {
        let parent_id = match above {
            Some(above) => org::find(c, org_id(above).parse().unwrap())?,
            None => None,
        };
        let id: OrgId = org_id(n).parse().unwrap();
        org::put(c, org::Put { id, code, name: code, level, parent_id })?;
    }
    let shop = org_id(SHOP).parse().unwrap();
    let shop_id = org::find(c, shop)?.unwrap();
    for n in 1..=ROSTER {
        let id: PersonId = person_id(n).parse().unwrap();
        let name = format!("职工{n}");
        let person = Person { id, name, org: shop, staff_no: Some(format!("{n:04}")), phone_tail: None };
        person::put_on_roster(c, &person, shop_id, 0)?;
    }
    Ok(())
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("jiangdao-{}", Uuid::new_v4()))
}

impl World {
    /// A city with one organizer of the plant ("zhang") and an admin ("admin").
    pub(crate) async fn new() -> Self {
        let world = Self::open(folder());
        world.write(build).await;
        world.account("zhang", PLANT, Role::Organizer).await;
        world.account("admin", CITY, Role::Admin).await;
        world
    }

    /// Data that begin now: no org and no account.
    pub(crate) fn empty() -> Self {
        Self::open(folder())
    }

    fn open(dir: PathBuf) -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let app = server::open_at(&dir, Clock::manual(now.clone())).unwrap();
        let router = server::router(app.clone());
        Self { app, now, router, dir }
    }

    /// What a backup gives.
    pub(crate) fn restored(backup: &Path) -> Self {
        let dir = folder();
        std::fs::create_dir_all(&dir).unwrap();
        server::backup::restore_into(backup, &dir, None, NOW, &mut |_, _| {}).unwrap();
        Self::open(dir)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn at(&self, now_ms: i64) {
        self.now.store(now_ms, Ordering::SeqCst);
    }

    pub(crate) async fn write<T, F>(&self, job: F) -> T
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.app.db.write::<T, db::Error, _>(move |c| Ok(job(c)?)).await.unwrap()
    }

    /// An account whose push token is "push-<login>" and whose login token is "login-<login>".
    pub(crate) async fn account(&self, login: &'static str, on: u128, role: Role) {
        self.write(move |c| {
            let new = account::New { login, name: login, password_hash: hashed() };
            let account_id = account::add(c, new, 0)?.unwrap();
            let org_id = org::find(c, org_id(on).parse().unwrap())?.unwrap();
            grant::add(c, account_id, org_id, role, 0)?;
            for kind in ["login", "push"] {
                let hash: [u8; 32] = Sha256::digest(format!("{kind}-{login}")).into();
                c.execute(
                    "INSERT INTO login (token_hash, account_id, kind, created_ms, ends_ms)
                     VALUES (?1, ?2, ?3, 0, ?4)",
                    (hash, account_id, kind, i64::MAX),
                )?;
            }
            Ok(())
        })
        .await;
    }

    /// Ends every grant of an account at a moment.
    pub(crate) async fn end_grants(&self, login: &'static str, until_ms: i64) {
        self.write(move |c| {
            c.execute(
                "UPDATE role_grant SET until_ms = ?2
                 WHERE account_id = (SELECT account_id FROM account WHERE login = ?1)",
                (login, until_ms),
            )
        })
        .await;
    }

    /// One number from the database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        self.write(move |c| c.query_row(sql, [], |row| row.get(0))).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body, bytes: bytes.to_vec() }
    }

    /// A page or a file of one, as it is served.
    pub(crate) async fn text(&self, path: &str) -> (HeaderMap, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, token: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Pushes as an account, for its replica of that number (none: anonymous).
    pub(crate) async fn push_as(&self, login: &str, replica: Option<u128>, changes: &[Value]) -> Answer {
        let body = json!({
            "proto": 1, "app": "0.1.0", "batch": id(9), "replica": replica.map(replica_id),
            "epoch": null, "wall_ms": NOW, "pending": changes.len(), "changes": changes,
        });
        self.post("/api/v1/push", &format!("push-{login}"), &body).await
    }

    /// Pushes as zhang, for the first replica.
    pub(crate) async fn push(&self, changes: &[Value]) -> Value {
        self.push_as("zhang", Some(1), changes).await.ok()
    }

    /// All rows of a scope from a cursor on.
    pub(crate) async fn pull_from(&self, login: &str, scope: &str, cursor: u64) -> Value {
        let body = json!({ "proto": 1, "epoch": null, "scopes": [{ "scope": scope, "cursor": cursor }] });
        self.post("/api/v1/pull", &format!("login-{login}"), &body).await.ok()
    }

    /// All rows of a scope as key → body.
    pub(crate) async fn rows(&self, login: &str, scope: &str) -> serde_json::Map<String, Value> {
        let answer = self.pull_from(login, scope, 0).await;
        let rows = answer["scopes"][0]["rows"].as_array().cloned().unwrap_or_default();
        rows.into_iter().map(|row| (row["key"].as_str().unwrap().to_owned(), row["body"].clone())).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What stays behind in the system's folder for such things is no fault of the test.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A change as a phone makes it, with the id and seq of its number.
pub(crate) fn change(n: u128, kind: &str, session: Option<u128>, body: Value) -> Value {
    json!({
        "id": id(n), "seq": u64::try_from(n).unwrap(), "v": 1, "kind": kind,
        "session": session.map(session_id), "wall_ms": NOW - HOUR + i64::try_from(n).unwrap(),
        "offset_ms": 0, "heard_ms": 0, "after": null, "body": body,
    })
}

pub(crate) fn create(n: u128, session: u128, org: u128) -> Value {
    let set = json!({
        "org": org_id(org), "campaign": id(7), "activity": "lecture", "title": "宣讲",
        "starts_ms": NOW - HOUR,
    });
    change(n, "session_set", Some(session), json!({ "set": set }))
}

pub(crate) fn check_in(n: u128, session: u128, person: u128) -> Value {
    change(n, "check_in", Some(session), json!({ "person": person_id(person), "method": "tap" }))
}

pub(crate) fn walk_in(n: u128, session: u128, person: u128) -> Value {
    let person = json!({ "id": person_id(person), "name": format!("访客{person}"), "org": org_id(PLANT) });
    change(n, "person_add", Some(session), json!({ "person": person }))
}

/// The `st` (with the code where held) of every result.
pub(crate) fn outcomes(answer: &Value) -> Vec<String> {
    let word = |result: &Value| match result["code"].as_str() {
        Some(code) => format!("{} {code}", result["st"].as_str().unwrap()),
        None => result["st"].as_str().unwrap().to_owned(),
    };
    answer["results"].as_array().unwrap().iter().map(word).collect()
}
