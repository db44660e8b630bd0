//! A small real city on a real server in this process: the routes, the database, a clock to set.

use crate::harness::{Done, Folder};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use rusqlite::Connection;
use serde_json::{Value, json};
use server::access::{account, grant, password};
use shared::campaign::Campaign;
use shared::id::{CampaignId, OrgId};
use shared::phone::Answer;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;

/// The union whose roster is loaded.
pub(crate) const UNION: &str = "130302-001";
/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse 42";
/// When the tests begin: 2026-03-02 09:00 +08:00, a Monday.
pub(crate) const MORNING_MS: i64 = 1_772_413_200_000;
/// The campaign that every session belongs to.
pub(crate) const CAMPAIGN: CampaignId = CampaignId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0009);

/// The server with its data.
pub(crate) struct City {
    pub(crate) app: server::App,
    pub(crate) router: Router,
    pub(crate) folder: Folder,
    now_ms: Arc<AtomicI64>,
}

impl City {
    /// The orgs of the demo, the roster of 200 at one union, and an account for each role.
    pub(crate) fn new(name: &str) -> Done<Self> {
        let folder = Folder::new(name)?;
        let now_ms = Arc::new(AtomicI64::new(MORNING_MS));
        let app = server::open_at(folder.path(), server::clock::Clock::manual(Arc::clone(&now_ms)))
            .map_err(|fault| fault.to_string())?;
        let city = Self { router: server::router(app.clone()), app, folder, now_ms };
        let mut conn = server::db::connect(city.folder.path()).map_err(|fault| fault.to_string())?;
        server::db::transaction(&mut conn, fill).map_err(|error| error.to_string())?;
        Ok(city)
    }

    /// Time passes for the server.
    pub(crate) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// The server's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    /// The database as any other program may look at it.
    pub(crate) fn database(&self) -> Done<Connection> {
        Ok(Connection::open(self.folder.path().join("jiangdao.db"))?)
    }

    /// The id of the org with this code.
    pub(crate) fn org(&self, code: &str) -> Done<OrgId> {
        let of_code = |row: &rusqlite::Row<'_>| row.get::<_, [u8; 16]>(0);
        let bytes = self.database()?.query_row("SELECT id FROM org WHERE code = ?1", [code], of_code)?;
        Ok(OrgId::from_bytes(bytes))
    }

    /// Sends JSON; the answer as a phone's core takes it.
    pub(crate) async fn post(&self, path: &str, bearer: &str, body: String) -> Done<Answer> {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
            .body(Body::from(body))?;
        self.send(request).await
    }

    /// Sends any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Done<Answer> {
        let (head, body) = self.router.clone().oneshot(request).await?.into_parts();
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let kind = header(header::CONTENT_TYPE).unwrap_or_default();
        let json = kind.starts_with("application/json") || kind.contains("+json");
        let retry_after_s = header(header::RETRY_AFTER).and_then(|s| s.parse().ok());
        let body = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await?).into_owned();
        Ok(Answer { status: head.status.as_u16(), json, retry_after_s, body })
    }

    /// Logs in without a phone, as a script does; the token.
    pub(crate) async fn token(&self, login: &str) -> Done<String> {
        let body = json!({"login": login, "password": PASSWORD, "replica": null, "device": "script"});
        let answer = self.post("/api/v1/login", "", body.to_string()).await?;
        let answer: Value = serde_json::from_str(&answer.body)?;
        Ok(answer["token"].as_str().ok_or("no token")?.to_owned())
    }

    /// What a logged-in reader gets.
    pub(crate) async fn read(&self, token: &str, path: &str) -> Done<Value> {
        let bearer = format!("Bearer {token}");
        let request = Request::get(path).header(header::AUTHORIZATION, bearer).body(Body::empty())?;
        let answer = self.send(request).await?;
        if answer.status != 200 {
            return Err(format!("{path}: {} {}", answer.status, answer.body).into());
        }
        Ok(serde_json::from_str(&answer.body)?)
    }
}

fn fill(conn: &Connection) -> Result<(), server::fault::Rejection> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let read = |file: &str| std::fs::read(data.join(file)).unwrap_or_default();
    server::import::org::import(conn, "orgs.csv", &read("orgs.csv"))?;
    let roster = read("roster-200-gb18030.csv");
    server::import::roster::import(conn, UNION, "roster.csv", &roster, MORNING_MS)?;
    let campaign = Campaign::new(CAMPAIGN, "四进宣讲".to_owned(), None);
    server::campaign::put(conn, &campaign, 0)?;
    let password_hash = password::hash(PASSWORD).unwrap_or_default();
    let people = [
        ("admin", "130300", grant::Role::Admin),
        ("manager", "130302", grant::Role::Manager),
        ("zhang", UNION, grant::Role::Organizer),
        ("li", UNION, grant::Role::Organizer),
        ("wang", "130303-001", grant::Role::Organizer),
    ];
    for (login, org, role) in people {
        let new = account::New { login, name: login, password_hash: &password_hash };
        let account = account::add(conn, new, MORNING_MS)?;
        let org = server::org::find_code(conn, org)?;
        if let (Some(account), Some(org)) = (account, org) {
            grant::add(conn, account, org, role, 0)?;
        }
    }
    Ok(())
}
