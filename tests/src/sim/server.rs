//! The server of a simulated city: the real core over a real SQLite database, with a clock that is
//! told, and a machine that can crash, forget what it had not committed, and be put back.

use super::reached::Reached;
use super::template::{ACCOUNTS, Template};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use serde_json::{Value, json};
use server::access::{self, Caller, login};
use server::backup::restore::{Order, restore};
use server::backup::shelf::InMemory;
use server::backup::{Keeper, state};
use server::refuse::Refusal;
use server::{db, pull, push};
use shared::id::{Epoch, ReplicaId};
use shared::museum::{Defect, planted};
use shared::phone::Answer;
use shared::problem::{Code, Problem};
use shared::wire::LoginAnswer;
use std::path::PathBuf;
use std::time::Duration;

/// How a request ends for the machine itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It answers.
    Answers,
    /// It crashes before the commit.
    CrashesBefore,
}

/// A copy of the data as it was.
pub(super) struct Copy {
    data: Connection,
    /// The last server seq in it.
    pub(super) seq: u64,
    pub(super) at_ms: i64,
}

pub(super) struct Server {
    pub(super) data: Connection,
    folder: Option<PathBuf>,
    opened: u32,
    /// Server time less true time, ms.
    pub(super) skew_ms: i64,
    pub(super) up: bool,
    pub(super) epoch: Epoch,
    /// Where backups go, if anywhere: the highest seq that is there.
    pub(super) durable_seq: u64,
    /// The backup, where there is one, and when its rounds were.
    shelf: InMemory,
    keeper: Option<Keeper>,
    pub(super) rounds: Vec<i64>,
    tokens: u64,
}

/// Copies one database into another, page by page.
pub(super) fn copy(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.run_to_completion(1 << 20, Duration::ZERO, None)
}

impl Server {
    /// A server with the template's data, in memory or in a folder of its own.
    pub(super) fn new(template: &Template, data: Option<Connection>, folder: Option<PathBuf>) -> Self {
        let mut server = Self {
            data: data.unwrap_or_else(|| in_memory(template)),
            folder,
            opened: 0,
            skew_ms: 0,
            up: true,
            epoch: template.epoch,
            durable_seq: 0,
            shelf: InMemory::default(),
            keeper: None,
            rounds: Vec::new(),
            tokens: 0,
        };
        match &server.folder {
            Some(folder) => {
                std::fs::create_dir_all(folder).unwrap();
                server.data = open(&folder.join("0.db"));
                copy(&template.data, &mut server.data).unwrap();
            }
            None => server.data.execute_batch(&template.reset).unwrap(),
        }
        server
    }

    /// The connection back, for the next run.
    pub(super) fn into_data(self) -> Option<Connection> {
        match self.folder {
            None => Some(self.data),
            Some(folder) => {
                drop(self.data);
                // Left behind at worst; it lies below the system's own folder for such things.
                let _ = std::fs::remove_dir_all(folder);
                None
            }
        }
    }

    /// The machine loses its power. In a folder, what is found again is what lies in the files at
    /// that moment; in memory, a transaction is either committed or not.
    pub(super) fn crash(&mut self, reached: &mut Reached) {
        self.up = false;
        let Some(folder) = &self.folder else { return };
        let (old, new) = (folder.join(format!("{}.db", self.opened)), self.opened + 1);
        let path = folder.join(format!("{new}.db"));
        for tail in ["", "-wal"] {
            let tailed = |path: &PathBuf| PathBuf::from(format!("{}{tail}", path.display()));
            if tailed(&old).exists() {
                std::fs::copy(tailed(&old), tailed(&path)).unwrap();
            }
        }
        self.data = open(&path);
        self.opened = new;
        reached.note("crash: reopened from db and wal as they lay there");
    }

    pub(super) fn copied(&self, at_ms: i64) -> Copy {
        let mut data = Connection::open_in_memory().unwrap();
        copy(&self.data, &mut data).unwrap();
        Copy { data, seq: self.last_seq(), at_ms }
    }

    /// The data are put back to an earlier state; another life begins.
    pub(super) fn restore(&mut self, copied: &Copy, epoch: Epoch) {
        copy(&copied.data, &mut self.data).unwrap();
        db::begin_epoch(&self.data, epoch).unwrap();
        self.epoch = epoch;
        (self.durable_seq, self.keeper) = (self.durable_seq.min(copied.seq), None);
    }

    /// Adds what is new to the backup, as the server does every minute.
    pub(super) fn back_up(&mut self, now_ms: i64) {
        if self.keeper.is_none() {
            self.shelf = InMemory::default();
            self.rounds.clear();
            self.keeper = Keeper::open(Box::new(self.shelf.clone()), self.epoch).ok();
        }
        let Some(keeper) = &mut self.keeper else { return };
        if keeper.add(&mut self.data, now_ms).unwrap() {
            self.rounds.push(now_ms);
        }
        self.durable_seq = keeper.durable_seq();
    }

    /// The data are restored from the backup as it was after so many rounds; another life begins.
    pub(super) fn restore_backup(&mut self, rounds: usize, epoch: Epoch, now_ms: i64) {
        let mut data = Connection::open_in_memory().unwrap();
        let order = Order { epoch, now_ms, progress: &mut |_, _| {} };
        restore(&self.shelf, Some(rounds), &mut data, order).unwrap();
        copy(&data, &mut self.data).unwrap();
        (self.epoch, self.keeper, self.durable_seq) = (epoch, None, 0);
    }

    /// Parts of the state that a restore of everything would not give again.
    pub(super) fn lost_by_a_backup(&mut self, now_ms: i64) -> Vec<String> {
        let shelf = InMemory::default();
        let mut keeper = Keeper::open(Box::new(shelf.clone()), self.epoch).unwrap();
        keeper.add(&mut self.data, now_ms).unwrap();
        let mut data = Connection::open_in_memory().unwrap();
        let order = Order { epoch: self.epoch, now_ms, progress: &mut |_, _| {} };
        restore(&shelf, None, &mut data, order).unwrap();
        let parts = state::differing(&state::state(&self.data).unwrap(), &state::state(&data).unwrap());
        state::explain(&self.data, &data, &parts).unwrap()
    }

    pub(super) fn last_seq(&self) -> u64 {
        let last: i64 = self
            .data
            .query_row("SELECT value FROM counter WHERE name = 'seq'", [], |row| row.get(0))
            .unwrap();
        last.unsigned_abs()
    }

    /// Logs an account in on a replica.
    pub(super) fn login(&mut self, account: usize, replica: ReplicaId, now_ms: i64) -> Option<LoginAnswer> {
        self.tokens += 1;
        let (token, push) = (format!("token {}", self.tokens), format!("push {}", self.tokens));
        let row = ACCOUNTS[account].row;
        let now_ms = now_ms + self.skew_ms;
        let device = format!("phone {replica}");
        db::transaction::<_, Refusal>(&mut self.data, |c| {
            login::enter(c, row, Some(replica), Some(&device), (&token, &push), now_ms)
        })
        .ok()
    }

    /// Answers a request as the routes do.
    pub(super) fn answer(
        &mut self,
        path: &str,
        bearer: &str,
        body: &[u8],
        now_ms: i64,
        end: End,
    ) -> Option<Answer> {
        let now_ms = now_ms + self.skew_ms;
        let outcome = if path == "push" {
            self.push(bearer, body, now_ms, end)
        } else {
            self.pull(bearer, body, now_ms)
        };
        match outcome {
            Ok(Some(value)) => Some(ok(&value)),
            Ok(None) => None,
            Err(refusal) => {
                let (_, problem, retry_after_s) = refusal.answer();
                Some(refused(&problem, retry_after_s))
            }
        }
    }

    fn push(&mut self, bearer: &str, body: &[u8], now_ms: i64, end: End) -> Result<Option<Value>, Refusal> {
        let caller = access::who(&self.data, bearer, now_ms)?;
        let request = push::read(body)?;
        let answer = |c: &Connection| push::take(c, now_ms, &caller, &request);
        let mut answer = if end == End::CrashesBefore {
            let transaction = self.data.transaction()?;
            let answer = answer(&transaction)?;
            transaction.rollback()?;
            if !planted(Defect::AnswerBeforeCommit) {
                return Ok(None);
            }
            answer
        } else {
            db::transaction::<_, Refusal>(&mut self.data, answer)?
        };
        answer.durable_seq = self.durable_seq;
        Ok(Some(serde_json::to_value(&answer)?))
    }

    fn pull(&self, bearer: &str, body: &[u8], now_ms: i64) -> Result<Option<Value>, Refusal> {
        let caller = access::who(&self.data, bearer, now_ms).and_then(Caller::beyond_push)?;
        let request = serde_json::from_slice(body).map_err(|_| Refusal::from(Code::Malformed))?;
        Ok(Some(serde_json::to_value(pull::answer(&self.data, &caller, &request, now_ms)?)?))
    }
}

/// A database in memory that has the template beside it: filling it anew row by row leaves the
/// prepared statements as they are.
fn in_memory(template: &Template) -> Connection {
    let mut data = Connection::open_in_memory().unwrap();
    db::settle_memory(&data).unwrap();
    copy(&template.data, &mut data).unwrap();
    data.execute_batch("ATTACH ':memory:' AS template").unwrap();
    let copied = Backup::new_with_names(&template.data, "main", &mut data, "template");
    copied.unwrap().run_to_completion(1 << 20, Duration::ZERO, None).unwrap();
    data
}

fn open(path: &std::path::Path) -> Connection {
    let data = Connection::open(path).unwrap();
    data.pragma_update(None, "journal_mode", "WAL").unwrap();
    data.pragma_update(None, "synchronous", "FULL").unwrap();
    db::settle_memory(&data).unwrap();
    data
}

pub(super) fn ok(value: &Value) -> Answer {
    Answer { status: 200, json: true, retry_after_s: None, body: value.to_string() }
}

pub(super) fn refused(problem: &Problem, retry_after_s: Option<u32>) -> Answer {
    let body = serde_json::to_string(problem).unwrap();
    Answer { status: problem.status, json: true, retry_after_s, body }
}

/// A refusal of the server that comes before it looks at anything.
pub(super) fn refusal(code: Code, retry_after_s: Option<u32>) -> Answer {
    refused(&Problem::new(code, ""), retry_after_s)
}

/// What a captive portal answers to everything.
pub(super) fn portal(status: u16) -> Answer {
    let body = "<html><body>Welcome to the canteen's network. Please log in.</body></html>";
    Answer { status, json: false, retry_after_s: None, body: body.to_owned() }
}

/// JSON with 200 that is no answer to this batch.
pub(super) fn foreign(batch: &Value) -> Answer {
    ok(&json!({ "batch": batch, "ok": true, "results": [] }))
}
