//! The backup that `serve` keeps: once a minute, and once more when it ends.

use super::keep_key;
use super::keeper::Keeper;
use super::shelf::Folder;
use crate::App;
use crate::db;
use crate::fault::Fault;
use std::path::Path;
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
    /// Begins, with a first round at once, so that a target that cannot be written is said now.
    pub(crate) fn start(
        app: &App,
        dir: &Path,
        target: &Path,
        passphrase: Option<&str>,
    ) -> Result<Self, Fault> {
        let unreadable = |error: rusqlite::Error| {
            Fault::new(format!("数据库无法打开：{error}"), format!("the database cannot be opened: {error}"))
        };
        let mut data = db::reader(dir).map_err(unreadable)?;
        let epoch = db::epoch(&data).map_err(unreadable)?;
        let folder = Folder::new(&target.join(epoch.to_string()));
        let mut keeper = Keeper::open(Box::new(folder.clone()), epoch)?;
        keep_key(&folder, dir, passphrase)?;
        app.backup.begun(keeper.durable_seq());
        keeper.add(&mut data, app.clock.now_ms())?;
        app.backup.done(keeper.durable_seq(), app.clock.now_ms());
        let (stop, stopped) = channel();
        let app = app.clone();
        let work = move || {
            loop {
                let last = stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
                round(&app, &mut keeper, &mut data);
                if last {
                    return;
                }
            }
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

fn round(app: &App, keeper: &mut Keeper, data: &mut rusqlite::Connection) {
    let now_ms = app.clock.now_ms();
    match keeper.add(data, now_ms) {
        Ok(_) => app.backup.done(keeper.durable_seq(), now_ms),
        Err(fault) => {
            tracing::error!(%fault, "backup");
            app.backup.failed(fault);
        }
    }
}
