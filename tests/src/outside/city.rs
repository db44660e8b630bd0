//! A small city behind the real routes, over a real database.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use server::access::grant::{self, Role};
use server::access::{account, password};
use server::clock::Clock;
use server::{db, org, person};
use sha2::{Digest, Sha256};
use shared::id::{AccountId, OrgId, PersonId};
use shared::org::Level;
use shared::person::Person;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Mutex, OnceLock, PoisonError};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use uuid::Uuid;

/// 2025-11-22 12:40 +08:00
pub(super) const NOW: i64 = 1_763_786_400_000;
/// Of every account.
const PASSWORD: &str = "a long enough password";
/// After so many inputs a city begins anew: what is kept of them must not fill its limits.
const USES: u32 = 250;

/// Id number n of a kind.
pub(super) fn id(n: u128) -> String {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n).to_string()
}

pub(super) struct City {
    dir: PathBuf,
    /// None once it ends.
    router: Option<Router>,
    runtime: Runtime,
    data: Connection,
    uses: u32,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    fn kind(&self) -> &str {
        self.headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap())
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| {
            panic!("{}: no JSON: {error}: {}", self.status, String::from_utf8_lossy(&self.bytes))
        })
    }

    /// What every answer promises: never a fault of the server, and of what is no page a refusal that
    /// programs and people can read.
    pub(super) fn well_formed(&self, page: bool) {
        let (status, text) = (self.status, String::from_utf8_lossy(&self.bytes));
        assert!(!status.is_server_error(), "{status}: {text}");
        if status.is_client_error() && !page {
            assert_eq!(self.kind(), "application/problem+json", "{status}: {text}");
            let problem = self.json();
            assert_eq!(problem["status"], status.as_u16(), "{text}");
            let word = problem["code"].as_str().unwrap();
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
            assert!(problem["title"].is_string() && problem["retry"].is_boolean(), "{text}");
        } else if self.kind() == "application/json" {
            self.json();
        }
    }
}

/// One for the whole program: readers are looked at one after the other.
static CITY: Mutex<Option<City>> = Mutex::new(None);

/// Does something with the city.
pub(super) fn with<T>(what: impl FnOnce(&City) -> T) -> T {
    let mut place = CITY.lock().unwrap_or_else(PoisonError::into_inner);
    if place.as_ref().is_some_and(|city| city.uses >= USES) {
        *place = None;
    }
    let city = place.get_or_insert_with(City::new);
    city.uses += 1;
    what(city)
}

/// The next one begins anew.
pub(super) fn end() {
    *CITY.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

impl City {
    fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("jiangdao-outside-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::copy(super::corpus().join("rescue.key"), dir.join("rescue.key")).unwrap();
        let clock = Clock::manual(AtomicI64::new(NOW).into());
        let app = server::open_at(&dir, clock).unwrap();
        let mut writer = db::connect(&dir).unwrap();
        db::transaction(&mut writer, build).unwrap();
        let data = Connection::open_with_flags(dir.join(db::FILE), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let city = Self { router: Some(server::router(app)), dir, runtime, data, uses: 0 };
        let answer = city.push(&first_day().to_string().into_bytes());
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        city
    }

    pub(super) fn send(&self, request: Request<Body>) -> Answer {
        let router = self.router.clone().unwrap();
        self.runtime.block_on(async {
            let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Answer { status: parts.status, headers: parts.headers, bytes }
        })
    }

    /// Pushes these bytes as the organizer; packed ones say so.
    pub(super) fn push(&self, bytes: &[u8]) -> Answer {
        let mut request = Request::post("/api/v1/push")
            .header(header::AUTHORIZATION, "Bearer push-zhang")
            .header(header::CONTENT_TYPE, "application/json");
        if bytes.starts_with(&[0x1f, 0x8b]) {
            request = request.header(header::CONTENT_ENCODING, "gzip");
        }
        self.send(request.body(Body::from(bytes.to_vec())).unwrap())
    }

    /// One number from the database.
    pub(super) fn number(&self, sql: &str) -> i64 {
        self.data.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The id of a change of the log.
    pub(super) fn logged(&self, seq: u64) -> Option<String> {
        let seq = i64::try_from(seq).ok()?;
        let found = self.data.query_row("SELECT id FROM change WHERE seq = ?1", [seq], |row| row.get(0));
        found.ok().map(|id: [u8; 16]| Uuid::from_bytes(id).to_string())
    }

    /// Where the data lie.
    pub(super) const fn dir(&self) -> &PathBuf {
        &self.dir
    }
}

impl Drop for City {
    fn drop(&mut self) {
        // The pool of readers closes its connections on the runtime.
        let entered = self.runtime.enter();
        self.router = None;
        drop(entered);
        // What stays behind in the system's folder for such things is no broken promise.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A city, a plant with a workshop of six people, an organizer of the plant and an admin, with tokens
/// that requests can name.
fn build(c: &Connection) -> rusqlite::Result<()> {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| password::hash(PASSWORD).unwrap());
    let mut above = None;
    for (n, code, level) in [(1, "C", Level::City), (2, "P", Level::Grassroots), (3, "S", Level::Workshop)] {
        let id: OrgId = id(0x1_0000 + n).parse().unwrap();
        above = Some(org::put(c, org::Put { id, code, name: code, level, parent_id: above })?);
    }
    let (shop, shop_id) = (id(0x1_0003).parse().unwrap(), above.unwrap());
    for n in 1..=6 {
        let id: PersonId = id(0x2_0000 + n).parse().unwrap();
        let person = Person {
            id,
            name: format!("职工{n}"),
            org: shop,
            staff_no: Some(format!("{n:04}")),
            phone_tail: Some("8000".to_owned()),
        };
        person::put_on_roster(c, &person, shop_id, 0)?;
    }
    for (n, login, on, role) in [(1, "zhang", 2, Role::Organizer), (2, "admin", 1, Role::Admin)] {
        let id: AccountId = id(0x5_0000 + n).parse().unwrap();
        let new = account::New { login, name: login, password_hash: hash };
        let account_id = account::add_as(c, id, new, 0)?.unwrap();
        grant::add(c, account_id, on, role, 0)?;
        for kind in ["login", "push", "cookie"] {
            let hash: [u8; 32] = Sha256::digest(format!("{kind}-{login}")).into();
            c.execute(
                "INSERT INTO login (token_hash, account_id, kind, created_ms, ends_ms) VALUES (?1, ?2, ?3, 0, ?4)",
                (hash, account_id, kind, i64::MAX),
            )?;
        }
    }
    let hash: [u8; 32] = Sha256::digest("invite-plant").into();
    c.execute(
        "INSERT INTO invitation (id, token_hash, kind, org_id, account_id, made_by, made_ms, ends_ms, uses)
         VALUES (?1, ?2, 'join', 2, NULL, 2, 0, ?3, 1000)",
        (Uuid::from_u128(7).as_bytes(), hash, i64::MAX),
    )?;
    let session = Uuid::parse_str(&id(0x3_0001)).unwrap();
    c.execute("INSERT INTO answering (session, token) VALUES (?1, 'answer-token')", [session.as_bytes()])?;
    Ok(())
}

/// A session with people at it, and something held.
pub(super) fn first_day() -> Value {
    let change = |n: u64, kind: &str, body: Value| {
        json!({ "id": id(u128::from(n)), "seq": n, "v": 1, "kind": kind, "session": id(0x3_0001),
                "wall_ms": NOW - 3_600_000, "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
    };
    let set = json!({ "org": id(0x1_0003), "campaign": id(7), "activity": "lecture", "title": "宣讲",
                      "starts_ms": NOW - 3_600_000 });
    let changes = [
        change(1, "session_set", json!({ "set": set })),
        change(2, "check_in", json!({ "person": id(0x2_0001), "method": "tap" })),
        change(3, "session_split", json!({})),
    ];
    json!({ "proto": 1, "app": "0.1.0", "batch": id(9), "replica": id(0x4_0001), "epoch": null,
            "wall_ms": NOW, "pending": 3, "changes": changes })
}
