//! The backup that `serve` keeps: once a minute, and once more when it ends.

use super::keep_key;
use super::keeper::Keeper;
use super::rewrite;
use super::shelf::Folder;
use crate::App;
use crate::db;
use crate::fault::Fault;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often what is new is written.
const EVERY: Duration = Duration::from_secs(60);

/// The thread that writes.
pub(crate) struct Task {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Task {
    /// Begins. A target that cannot be written is said now; the first round, which may be long, keeps
    /// nobody waiting.
    pub(crate) fn start(
        app: &App,
        dir: &Path,
        target: &Path,
        passphrase: Option<&str>,
    ) -> Result<Self, Fault> {
        let data = db::reader(dir)?;
        let epoch = db::epoch(&data)?;
        let folder = Folder::new(&target.join(epoch.to_string()));
        let keeper = Keeper::open(Box::new(folder.clone()), epoch)?.with_files(app.files.clone());
        keep_key(&folder, dir, passphrase)?;
        app.backup.begun(keeper.durable_seq());
        let (stop, stopped) = channel();
        let mut rounds =
            Rounds { app: app.clone(), keeper, data, seen: None, target: target.to_owned(), erased: None };
        let work = move || {
            rounds.one();
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                rounds.one();
            }
            rounds.one();
        };
        let thread = std::thread::Builder::new().name("backup".to_owned()).spawn(work).map_err(|error| {
            Fault::new(format!("系统资源不足：{error}"), format!("the system gave no thread: {error}"))
        })?;
        Ok(Self { stop, thread })
    }

    /// Writes what is new, and ends.
    pub(crate) fn stop(self) {
        // An error says that the thread is gone already.
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the backup broke off");
        }
    }
}

/// What a round needs.
struct Rounds {
    app: App,
    keeper: Keeper,
    data: Connection,
    /// The data as this connection saw them before the last round that went well.
    seen: Option<i64>,
    /// Where folders of former lives may be, and up to which erasure they are done.
    target: PathBuf,
    erased: Option<i64>,
}

impl Rounds {
    /// Writes what is new, if anybody has written anything since.
    fn one(&mut self) {
        let now_ms = self.app.clock.now_ms();
        match self.try_one(now_ms) {
            Ok(()) => self.app.backup.done(self.keeper.durable_seq(), now_ms),
            Err(fault) => {
                tracing::error!(%fault, "backup");
                self.app.backup.failed(fault);
            }
        }
    }

    fn try_one(&mut self, now_ms: i64) -> Result<(), Fault> {
        let version: i64 = self.data.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if self.seen.take() != Some(version) {
            self.keeper.add(&mut self.data, now_ms)?;
            if self.erased != Some(self.keeper.erased()) {
                rewrite::former_lives(&self.target, self.keeper.epoch(), &self.data)?;
                self.erased = Some(self.keeper.erased());
            }
        }
        self.seen = Some(version);
        Ok(())
    }
}
