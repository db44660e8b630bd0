//! What all phones of a run share: the server's address, the demo city, the promises.

use super::ledger::Ledger;
use super::line::Line;
use crate::browser::line::demo_password;
use crate::harness::{Done, Server};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// So few that phones check in the same people.
const PEOPLE: i64 = 300;

pub(super) struct World {
    pub(super) address: SocketAddr,
    /// The org whose people are recorded, and one that the account has no right to.
    pub(super) org: String,
    pub(super) foreign: String,
    pub(super) campaign: String,
    pub(super) people: Vec<String>,
    pub(super) ledger: Ledger,
    sessions: Mutex<Vec<Uuid>>,
    password: String,
    killed: AtomicBool,
    over: AtomicBool,
}

impl World {
    /// Looks around in the demo city of a running server.
    pub(super) fn new(server: &Server, data: &Path) -> Done<Self> {
        let conn = read_only(data)?;
        let one = |sql: &str| -> Done<String> {
            let id: [u8; 16] = conn.query_row(sql, [], |row| row.get(0))?;
            Ok(Uuid::from_bytes(id).to_string())
        };
        let people = conn
            .prepare("SELECT id FROM person WHERE origin = 'roster' ORDER BY id LIMIT ?1")?
            .query_map([PEOPLE], |row| Ok(Uuid::from_bytes(row.get(0)?).to_string()))?
            .collect::<Result<_, _>>()?;
        Ok(Self {
            address: server.address(),
            org: one("SELECT id FROM org WHERE code = '130302-001'")?,
            foreign: one("SELECT id FROM org WHERE code = '130303-001'")?,
            campaign: one("SELECT id FROM campaign")?,
            people,
            ledger: Ledger::default(),
            sessions: Mutex::default(),
            password: demo_password(data, "zhang")?,
            killed: AtomicBool::new(false),
            over: AtomicBool::new(false),
        })
    }

    /// The token by which this replica pushes.
    pub(super) fn log_in(&self, replica: Uuid) -> Done<String> {
        let body = json!({
            "login": "zhang", "password": self.password, "replica": replica, "device": "kill",
        });
        let answer = Line::open(self.address)?.post("/api/v1/login", "", &body.to_string())?;
        let body: Value = serde_json::from_str(&answer.body)?;
        Ok(body["push_token"].as_str().ok_or_else(|| format!("no token: {answer:?}"))?.to_owned())
    }

    /// Every session that some phone has made.
    pub(super) fn sessions(&self) -> MutexGuard<'_, Vec<Uuid>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new round: the server lives.
    pub(super) fn begin(&self) {
        self.killed.store(false, Ordering::SeqCst);
        self.over.store(false, Ordering::SeqCst);
    }

    /// From here on, no answer is no fault.
    pub(super) fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
    }

    pub(super) fn killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    /// Nobody sends anything more, whatever else has happened.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    pub(super) fn over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

/// The database of a running server, looked at without a trace: a reader neither replays nor
/// empties the log that the server has to.
pub(super) fn read_only(data: &Path) -> Done<Connection> {
    Ok(Connection::open_with_flags(data.join("jiangdao.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}
