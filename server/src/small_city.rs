//! A city small enough to be counted by hand, driven through the router as phones and desk do.

use crate::access::account;
use crate::access::grant::{self, Role};
use crate::clock::Clock;
use crate::test::Folder;
use crate::{App, campaign, db, import, org, router};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::campaign::Campaign;
use shared::id::CampaignId;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;
use uuid::Uuid;

/// Two districts; d1 with two unions, d2 with one, and one directly under the city.
pub(crate) const ORGS: &str = "code,name,level,parent\nc,市总,city,\nd1,海港区,district,c\nd2,山海关区,district,c\n\
    g0,直属厂,grassroots,c\ng1,一厂,grassroots,d1\ng2,二厂,grassroots,d1\ng3,三厂,grassroots,d2\n\
    w1,一车间,workshop,g1\nw2,二车间,workshop,g1\nw3,三车间,workshop,g2\nw4,四车间,workshop,g3\n";
/// Three in w1, two in w2.
pub(crate) const G1: &str = "姓名,工号,车间\n阿依古丽·艾山,101,一车间\n𬱟伟,102,一车间\n丙,103,一车间\n丁,201,二车间\n戊,202,二车间\n";
/// One in w3, one of the union itself.
const G2: &str = "姓名,工号,车间\n己,301,三车间\n庚,302,\n";
/// Two in w4.
const G3: &str = "姓名,工号,车间\n辛,401,四车间\n壬,402,四车间\n";

pub(crate) const NOON: i64 = 1_795_320_000_000;
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) struct City {
    pub(crate) folder: Folder,
    app: App,
    now_ms: Arc<AtomicI64>,
    pub(crate) campaign: String,
    /// Of each phone the replica and the seq that comes next.
    phones: HashMap<&'static str, (String, u64)>,
}

impl City {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        let now_ms = Arc::new(AtomicI64::new(NOON));
        let app = crate::open_at(folder.path(), Clock::manual(Arc::clone(&now_ms))).unwrap();
        let id = CampaignId::from_u128(7);
        let mut conn = db::connect(folder.path()).unwrap();
        db::transaction(&mut conn, |conn| {
            import::org::import(conn, "orgs.csv", ORGS.as_bytes())?;
            for (code, roster) in [("g1", G1), ("g2", G2), ("g3", G3)] {
                import::roster::import(conn, code, "r.csv", roster.as_bytes(), NOON - 100 * HOUR)?;
            }
            campaign::put(conn, &Campaign::new(id, "专题".to_owned(), None), 0)?;
            for (login, role, code) in [("admin", Role::Admin, "c"), ("yi", Role::Organizer, "g1")] {
                let new = account::New { login, name: login, password_hash: "none" };
                let account_id = account::add(conn, new, NOON)?.unwrap();
                grant::add(conn, account_id, org::find_code(conn, code)?.unwrap(), role, 0)?;
                conn.execute(
                    "INSERT INTO login (token_hash, account_id, kind, created_ms, ends_ms) VALUES (?1, ?2, 'login', 0, ?3)",
                    (Sha256::digest(login).to_vec(), account_id, i64::MAX),
                )?;
            }
            Ok::<_, crate::fault::Rejection>(())
        })
        .unwrap();
        Self { folder, app, now_ms, campaign: id.to_string(), phones: HashMap::new() }
    }

    /// The same city, its server opened on other data.
    pub(crate) fn moved(self, folder: Folder) -> Self {
        let app = crate::open_at(folder.path(), Clock::manual(Arc::clone(&self.now_ms))).unwrap();
        Self { folder, app, ..self }
    }

    pub(crate) fn conn(&self) -> Connection {
        db::connect(self.folder.path()).unwrap()
    }

    pub(crate) fn pass(&self, ms: i64) -> i64 {
        self.now_ms.fetch_add(ms, Ordering::SeqCst) + ms
    }

    pub(crate) fn now(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    /// Imports a roster now.
    pub(crate) fn roster(&self, code: &str, text: &str) -> shared::import::ImportCounts {
        let mut conn = self.conn();
        let now_ms = self.now();
        db::transaction(&mut conn, |conn| {
            import::roster::import(conn, code, "r.csv", text.as_bytes(), now_ms)
        })
        .unwrap()
    }

    pub(crate) fn org(&self, code: &str) -> String {
        let conn = self.conn();
        let org_id = org::find_code(&conn, code).unwrap().unwrap();
        org::id_of(&conn, org_id).unwrap().to_string()
    }

    pub(crate) fn person(&self, staff_no: &str) -> String {
        let sql = "SELECT id FROM person WHERE staff_no = ?1";
        let id: [u8; 16] = self.conn().query_row(sql, [staff_no], |row| row.get(0)).unwrap();
        Uuid::from_bytes(id).to_string()
    }

    pub(crate) fn app(&self) -> App {
        self.app.clone()
    }

    /// The replica of a phone that has pushed.
    pub(crate) fn replica(&self, phone: &str) -> &str {
        &self.phones[phone].0
    }

    /// Asks as the account whose login name is also its token.
    pub(crate) async fn raw(&self, who: &str, path: &str, body: Option<Value>) -> (u16, Vec<u8>) {
        let request = Request::builder()
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {who}"));
        let request = match body {
            Some(body) => request
                .method("POST")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = router(self.app.clone()).oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    pub(crate) async fn ask(&self, who: &str, path: &str) -> (u16, Value) {
        let (status, bytes) = self.raw(who, path, None).await;
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// Asks as the admin; the answer must be good.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, value) = self.ask("admin", path).await;
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    /// Pushes facts of a phone as (kind, session or empty, body); each must be taken.
    pub(crate) async fn push(&mut self, phone: &'static str, facts: Vec<(&str, &str, Value)>) -> Vec<String> {
        let (replica, next) = self.phones.entry(phone).or_insert_with(|| (Uuid::new_v4().to_string(), 1));
        let (replica, first) = (replica.clone(), *next);
        *next += u64::try_from(facts.len()).unwrap();
        let now_ms = self.now();
        let changes: Vec<Value> = (first..)
            .zip(facts)
            .map(|(seq, (kind, session, body))| {
                json!({ "id": Uuid::now_v7(), "seq": seq, "v": 1, "kind": kind, "session": Some(session).filter(|id| !id.is_empty()), "wall_ms": now_ms,
                    "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
            })
            .collect();
        self.send(Some(replica), changes).await
    }

    /// Pushes anonymous answers, all with these three marks.
    pub(crate) async fn respond(&self, session: &str, marks: &[[u8; 3]]) {
        let day = shared::stamp::day_ms(self.now());
        let changes = marks.iter().map(|[a, b, c]| {
            let body = json!({ "form": shared::form::DEFAULT_FORM, "version": 1, "via": "phone",
                "answers": { "understood": a, "absorbed": b, "usable": c } });
            json!({ "id": Uuid::new_v4(), "seq": null, "v": 1, "kind": "response", "session": session, "wall_ms": day,
                "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
        });
        self.send(None, changes.collect()).await;
    }

    pub(crate) async fn send(&self, replica: Option<String>, changes: Vec<Value>) -> Vec<String> {
        let ids = changes.iter().map(|change| change["id"].as_str().unwrap().to_owned()).collect();
        let count = changes.len();
        let body = json!({ "proto": 1, "app": "test", "batch": Uuid::new_v4(), "replica": replica, "epoch": null,
            "wall_ms": self.now(), "pending": 0, "changes": changes });
        let (status, bytes) = self.raw("admin", "/push", Some(body)).await;
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let taken =
            answer["results"].as_array().map(|all| all.iter().filter(|one| one["st"] == "ok").count());
        assert_eq!((status, taken), (200, Some(count)), "{answer}");
        ids
    }

    /// A session that starts at noon.
    pub(crate) async fn session(&mut self, org: &str, activity: &str, title: &str, more: Value) -> String {
        let id = Uuid::now_v7().to_string();
        let mut set = json!({ "org": self.org(org), "campaign": self.campaign, "activity": activity, "title": title,
            "starts_ms": NOON });
        for (field, value) in more.as_object().unwrap() {
            set[field] = value.clone();
        }
        self.push("a", vec![("session_set", &id, json!({ "set": set }))]).await;
        id
    }

    /// Checks people in by staff number.
    pub(crate) async fn check_in(&mut self, session: &str, staff_nos: &[&str]) -> Vec<String> {
        let facts = staff_nos.iter().map(|no| json!({ "person": self.person(no), "method": "tap" }));
        let facts = facts.map(|body| ("check_in", session, body)).collect();
        self.push("a", facts).await
    }
}
