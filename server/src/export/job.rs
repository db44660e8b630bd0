//! Jobs: files that are written behind (导出任务). One at a time, in their order; a file is kept for a day, for
//! its maker alone, in `exports/` of the data folder. A job that a stop broke off is begun again, twice at most.

use super::cell::Watch;
use super::{Format, Order, Place, What, write};
use crate::access::Caller;
use crate::access::account;
use crate::filter::{Filter, Params};
use crate::refuse::Refusal;
use crate::sight::{self, Sight};
use crate::{App, audit};
use rusqlite::{Connection, OptionalExtension, Row};
use shared::export::{JobItem, JobState, KEPT_MS, OPEN_MAX};
use shared::problem::Code;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Name of the folder inside the data folder.
const FOLDER: &str = "exports";
/// Ending of a file that is not whole.
const PART: &str = "part";
/// How often a job is begun at most.
const TRIES_MAX: u32 = 2;
/// How often files whose time is over are looked for.
const EVERY: Duration = Duration::from_secs(600);

/// Where files are written, and how far they are.
#[derive(Debug)]
pub struct Shop {
    folder: PathBuf,
    /// One at a time: phones come first.
    turn: Semaphore,
    watches: Mutex<BTreeMap<Uuid, Arc<Watch>>>,
}

impl Shop {
    /// The one of a data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER), turn: Semaphore::new(1), watches: Mutex::default() }
    }

    /// Whatever a thread that died has left is still a list.
    fn watches(&self) -> MutexGuard<'_, BTreeMap<Uuid, Arc<Watch>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, id: Uuid) -> Arc<Watch> {
        Arc::clone(self.watches().entry(id).or_default())
    }

    fn file(&self, id: Uuid, ending: &str) -> PathBuf {
        self.folder.join(format!("{id}.{ending}"))
    }

    /// Takes away what there is of a job.
    fn remove(&self, id: Uuid) {
        for ending in [PART, Format::Xlsx.wire(), Format::Csv.wire()] {
            let _ = fs::remove_file(self.file(id, ending));
        }
    }
}

/// A job as it is kept.
#[derive(Debug)]
struct Kept {
    account_id: i64,
    order: Order,
    tries: u32,
}

const COLUMNS: &str = "id, account_id, what, format, filter, reason, state, code, tries, of_rows, row_count, bytes, \
    name, made_ms, ends_ms";

/// What is told of one.
fn item(row: &Row<'_>) -> rusqlite::Result<JobItem> {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(JobItem {
        id: Uuid::from_bytes(row.get(0)?).to_string(),
        what: row.get(2)?,
        format: row.get(3)?,
        filter: row.get(4)?,
        clear: row.get::<_, Option<String>>(5)?.is_some(),
        state: row.get(6)?,
        code: row.get(7)?,
        of_rows: count(row.get(9)?),
        rows: count(row.get(10)?),
        bytes: row.get::<_, Option<i64>>(11)?.map(count),
        name: row.get(12)?,
        made_ms: row.get(13)?,
        ends_ms: row.get(14)?,
    })
}

/// The same with how far it is now.
fn with_progress(app: &App, item: JobItem) -> JobItem {
    if item.state != JobState::Running.wire() {
        return item;
    }
    let rows = Uuid::try_parse(&item.id).map(|id| app.exports.watch(id).rows()).unwrap_or(0);
    JobItem { rows, ..item }
}

/// All of an account, the latest first.
pub(super) async fn of(app: &App, account_id: i64) -> Result<Vec<JobItem>, Refusal> {
    let sql = format!("SELECT {COLUMNS} FROM export_job WHERE account_id = ?1 ORDER BY export_job_id DESC");
    let all = app.db.read(move |conn| {
        let mut found = conn.prepare_cached(&sql)?;
        let items = found.query_map([account_id], item)?;
        Ok::<_, Refusal>(items.collect::<rusqlite::Result<Vec<JobItem>>>()?)
    });
    Ok(all.await?.into_iter().map(|item| with_progress(app, item)).collect())
}

/// One of an account.
pub(super) async fn one(app: &App, account_id: i64, id: Uuid) -> Result<JobItem, Refusal> {
    let found = app.db.read(move |conn| Ok::<_, Refusal>(find(conn, account_id, id)?.ok_or(Code::NotFound)?));
    Ok(with_progress(app, found.await?))
}

fn find(conn: &Connection, account_id: i64, id: Uuid) -> rusqlite::Result<Option<JobItem>> {
    let sql = format!("SELECT {COLUMNS} FROM export_job WHERE account_id = ?1 AND id = ?2");
    conn.prepare_cached(&sql)?.query_row((account_id, id.as_bytes()), item).optional()
}

/// Keeps a job and begins it.
///
/// # Errors
/// `too_many` where the account has as many that are not done.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    order: &Order,
    params: &Params,
    rows: u64,
) -> Result<JobItem, Refusal> {
    let (id, account_id) = (Uuid::new_v4(), caller.account_id);
    let (filter, order) = (serde_json::to_string(params)?, order.clone());
    let kept = app.write(move |conn, now_ms| {
        let open: u32 = conn
            .prepare_cached(
                "SELECT count(*) FROM export_job WHERE account_id = ?1 AND state IN ('waiting', 'running')",
            )?
            .query_row([account_id], |row| row.get(0))?;
        if open >= OPEN_MAX {
            return Err(Refusal::too_many(60));
        }
        let (_, name) = order.names(now_ms);
        let name = format!("{name}.{}", order.format.wire());
        conn.prepare_cached(
            "INSERT INTO export_job (id, account_id, what, format, filter, reason, state, of_rows, name, made_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8, ?9)",
        )?
        .execute((
            id.as_bytes(),
            account_id,
            order.what.wire(),
            order.format.wire(),
            filter,
            &order.why,
            i64::try_from(rows).unwrap_or(i64::MAX),
            name,
            now_ms,
        ))?;
        Ok(find(conn, account_id, id)?.ok_or(Code::Internal)?)
    });
    let item = kept.await?;
    tokio::spawn(run(app.clone(), id));
    Ok(item)
}

/// Writes the file of a job when its turn comes.
async fn run(app: App, id: Uuid) {
    let watch = app.exports.watch(id);
    let Ok(turn) = app.exports.turn.acquire().await else { return };
    let code = match make(&app, id, &watch).await {
        Ok(()) => None,
        Err(refusal) => Some(refusal.code),
    };
    drop(turn);
    app.exports.watches().remove(&id);
    let Some(code) = code else { return };
    app.exports.remove(id);
    let failed = app.write(move |conn, now_ms| {
        let sql = "UPDATE export_job SET state = 'failed', code = ?2, ends_ms = ?3
                   WHERE id = ?1 AND state IN ('waiting', 'running')";
        Ok::<_, Refusal>(conn.prepare_cached(sql)?.execute((id.as_bytes(), code.code(), now_ms + KEPT_MS))?)
    });
    if let Err(error) = failed.await {
        tracing::error!(?error, "an export that failed could not be told of");
    }
}

/// Reads a job that is to be written, and counts the try; none of one that was taken away.
async fn take(app: &App, id: Uuid) -> Result<Option<Kept>, Refusal> {
    let taken = app.write(move |conn, _| {
        let sql = "UPDATE export_job SET state = 'running', tries = tries + 1
                   WHERE id = ?1 AND state = 'waiting'
                   RETURNING account_id, what, format, filter, reason, tries";
        let found: Option<(i64, String, String, String, Option<String>, u32)> = conn
            .prepare_cached(sql)?
            .query_row([id.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional()?;
        let Some((account_id, what, format, filter, why, tries)) = found else { return Ok(None) };
        let params: Params = serde_json::from_str(&filter)?;
        let order = Order {
            what: What::from_wire(&what).ok_or(Code::Internal)?,
            format: Format::from_wire(&format).ok_or(Code::Internal)?,
            filter: Filter::read(&params)?,
            why,
        };
        Ok(Some(Kept { account_id, order, tries }))
    });
    taken.await
}

/// Writes the file, notes it in the audit, and tells that it is ready.
async fn make(app: &App, id: Uuid, watch: &Arc<Watch>) -> Result<(), Refusal> {
    let Some(kept) = take(app, id).await? else { return Ok(()) };
    if kept.tries > TRIES_MAX {
        return Err(Code::Internal.into());
    }
    let (part, done) = (app.exports.file(id, PART), app.exports.file(id, kept.order.format.wire()));
    let (place, seen) = (part.clone(), Arc::clone(watch));
    let (account_id, act, as_of_ms) = (kept.account_id, kept.order.act(), app.clock.now_ms());
    let written = app.db.read(move |conn| {
        let who = (account_id, account::load(conn, account_id)?.id);
        let order = &kept.order;
        // What the maker may see now, not when it asked.
        let sight = Sight::find(conn, who, order.part(), order.filter.org.as_deref(), as_of_ms)?;
        to_file(&Place { conn, sight: &sight, account_id, as_of_ms }, order, &seen, &place)
    });
    let (detail, bytes) = written.await?;
    fs::rename(&part, &done).map_err(super::Trouble::File)?;
    let rows = i64::try_from(watch.rows()).unwrap_or(i64::MAX);
    let told = app.write(move |conn, now_ms| {
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail: &detail })?;
        let sql = "UPDATE export_job SET state = 'ready', row_count = ?2, bytes = ?3, ends_ms = ?4
                   WHERE id = ?1 AND state = 'running'";
        let changed = conn.prepare_cached(sql)?.execute((id.as_bytes(), rows, bytes, now_ms + KEPT_MS))?;
        // Taken away while it was written: then nothing of it was given to anybody.
        if changed == 1 { Ok(()) } else { Err(Refusal::from(Code::NotFound)) }
    });
    told.await
}

/// Writes into a file that only this program's user reads; says what the audit says, and its bytes.
fn to_file(place: &Place<'_>, order: &Order, watch: &Watch, path: &Path) -> Result<(String, i64), Refusal> {
    let file = create(path).map_err(super::Trouble::File)?;
    let mut out = BufWriter::new(file);
    let detail = write(place, order, watch, &mut out)?;
    out.flush().map_err(super::Trouble::File)?;
    let bytes = out.get_ref().metadata().map_err(super::Trouble::File)?.len();
    Ok((detail, i64::try_from(bytes).unwrap_or(i64::MAX)))
}

fn create(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The bytes of a file that is ready, for its maker, while the maker may still see what is in it.
pub(super) async fn fetch(app: &App, caller: &Caller, id: Uuid) -> Result<(JobItem, Vec<u8>), Refusal> {
    let item = one(app, caller.account_id, id).await?;
    let over = item.ends_ms.is_none_or(|ends_ms| ends_ms <= app.clock.now_ms());
    if item.state != JobState::Ready.wire() || over {
        return Err(Code::NotFound.into());
    }
    let params: Params = serde_json::from_str(&item.filter)?;
    let what = What::from_wire(&item.what).ok_or(Code::Internal)?;
    let why = item.clear.then(String::new);
    let order = Order { what, format: Format::Csv, filter: Filter::read(&params)?, why };
    let asked = order.filter.org.clone();
    sight::read(app, caller, order.part(), asked, |_, _, _| Ok(())).await?;
    let path = app.exports.file(id, &item.format);
    let bytes = tokio::task::spawn_blocking(move || fs::read(path)).await.map_err(|_| Code::Internal)?;
    Ok((item, bytes.map_err(|_| Code::NotFound)?))
}

/// Takes a job of an account away, with its file; one that is being written is stopped.
pub(super) async fn end(app: &App, account_id: i64, id: Uuid) -> Result<(), Refusal> {
    let ended = app.write(move |conn, _| {
        let sql = "DELETE FROM export_job WHERE account_id = ?1 AND id = ?2";
        let gone = conn.prepare_cached(sql)?.execute((account_id, id.as_bytes()))?;
        if gone == 0 { Err(Refusal::from(Code::NotFound)) } else { Ok(()) }
    });
    ended.await?;
    if let Some(watch) = app.exports.watches().get(&id) {
        watch.stop();
    }
    app.exports.remove(id);
    Ok(())
}

/// Begins again what a stop broke off, and takes away files of no job.
pub(crate) async fn resume(app: &App) -> Result<(), Refusal> {
    let found = app.write(|conn, _| {
        conn.execute("UPDATE export_job SET state = 'waiting' WHERE state = 'running'", [])?;
        let mut all = conn.prepare("SELECT id, state FROM export_job ORDER BY export_job_id")?;
        let rows = all.query_map([], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get::<_, String>(1)?)))?;
        Ok::<_, Refusal>(rows.collect::<rusqlite::Result<Vec<(Uuid, String)>>>()?)
    });
    let found = found.await?;
    let ready: BTreeSet<Uuid> =
        found.iter().filter(|(_, state)| state == JobState::Ready.wire()).map(|(id, _)| *id).collect();
    if let Ok(entries) = fs::read_dir(&app.exports.folder) {
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let id =
                path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| Uuid::try_parse(stem).ok());
            let whole = path.extension().is_some_and(|ending| ending != PART);
            if !whole || id.is_none_or(|id| !ready.contains(&id)) {
                let _ = fs::remove_file(path);
            }
        }
    }
    for (id, state) in found {
        if state == JobState::Waiting.wire() {
            tokio::spawn(run(app.clone(), id));
        }
    }
    Ok(())
}

/// Takes away what is older than a day.
pub(crate) async fn tidy(app: &App) -> Result<(), Refusal> {
    let gone = app.write(|conn, now_ms| {
        let mut over = conn.prepare("DELETE FROM export_job WHERE ends_ms <= ?1 RETURNING id")?;
        let ids = over.query_map([now_ms], |row| row.get(0).map(Uuid::from_bytes))?;
        Ok::<_, Refusal>(ids.collect::<rusqlite::Result<Vec<Uuid>>>()?)
    });
    for id in gone.await? {
        app.exports.remove(id);
    }
    Ok(())
}

/// Resumes, then tidies for as long as the server runs.
pub(crate) async fn keep(app: App) {
    if let Err(error) = resume(&app).await {
        tracing::error!(?error, "exports that were broken off could not be begun again");
    }
    loop {
        if let Err(error) = tidy(&app).await {
            tracing::error!(?error, "exports whose time is over");
        }
        tokio::time::sleep(EVERY).await;
    }
}
