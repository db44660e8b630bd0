//! The store: one SQLite file, one writer, readers beside it. The only place that knows the
//! engine's settings; tables are known by the file that carries their name.

mod gauge;
mod migrate;
mod writer;

pub use gauge::{CLASSES_US, Reading};
pub use writer::Writer;

use crate::fault::Fault;
use deadpool_sqlite::{Config, Hook, HookError, Pool, PoolConfig, Runtime};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use shared::id::Epoch;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Name of the database inside the data folder.
pub const FILE: &str = "jiangdao.db";
/// How long a connection waits for another process that writes, ms.
const BUSY_MS: u64 = 10_000;
/// Most readers at once.
const READERS: usize = 4;

/// A fault of the keeping itself.
#[derive(Debug)]
pub enum Error {
    /// The store cannot do it now; nothing was written.
    Busy,
    /// The engine refused, or what it holds cannot be read.
    Sql(rusqlite::Error),
    /// A job panicked; nothing of it was written.
    Panicked,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the store is busy"),
            Self::Sql(error) => error.fmt(f),
            Self::Panicked => f.write_str("a job on the store panicked"),
        }
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Stored text that is not what this program wrote there.
#[must_use]
pub fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

/// An open store: its writer and its readers.
#[derive(Clone)]
pub struct Db {
    writer: Writer,
    readers: Pool,
}

impl Db {
    /// Opens the store in a folder, making or updating it as needed.
    ///
    /// # Errors
    /// One clear sentence: the folder cannot be written, or the data belong to a newer version.
    pub fn open(dir: &Path) -> Result<Self, Fault> {
        let connection = connect(dir)?;
        let readers = readers(&dir.join(FILE)).map_err(|error| damaged(&error))?;
        Ok(Self { writer: Writer::start(connection).map_err(|error| damaged(&error))?, readers })
    }

    /// Runs a job in a write transaction and answers after its commit. A job that fails leaves
    /// nothing behind; others in the same commit are untouched.
    ///
    /// # Errors
    /// The job's own, or a fault of the store.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Runs a query on one consistent state of the store.
    ///
    /// # Errors
    /// The query's own, or a fault of the store.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let reader = self.readers.get().await.map_err(|error| {
            tracing::error!(%error, "no reader");
            Error::Busy
        })?;
        let outcome = reader.interact(move |connection| {
            let snapshot = connection.transaction().map_err(Error::Sql)?;
            query(&snapshot)
        });
        outcome.await.map_err(|_| Error::Panicked)?
    }

    /// What the writer counts of its own work.
    pub async fn gauge(&self) -> Reading {
        self.writer.gauge().await
    }

    /// Has the write-ahead log emptied: what it tells of earlier commits is gone then.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn empty_log(&self) -> Result<(), Error> {
        self.writer.empty_log();
        self.write(|_| Ok(())).await
    }

    /// Lets what waits be written, then closes the writer and tidies the file.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close();
    }
}

/// Opens the file for one writer, made and updated: what commands use beside a running server.
///
/// # Errors
/// One clear sentence, as [`Db::open`].
pub fn connect(dir: &Path) -> Result<Connection, Fault> {
    let _held = lock(dir)?;
    let mut connection = Connection::open(dir.join(FILE)).map_err(|error| damaged(&error))?;
    settle(&connection).map_err(|error| damaged(&error))?;
    migrate::run(&mut connection)?;
    first_start(&mut connection).map_err(|error| damaged(&error))?;
    Ok(connection)
}

/// A new store in memory, gone with its connection: what tests and simulations use.
///
/// # Errors
/// One clear sentence: the engine refused.
pub fn memory() -> Result<Connection, Fault> {
    let mut connection = Connection::open_in_memory().map_err(|error| damaged(&error))?;
    settle_memory(&connection).map_err(|error| damaged(&error))?;
    migrate::run(&mut connection)?;
    first_start(&mut connection).map_err(|error| damaged(&error))?;
    Ok(connection)
}

/// An empty database at this path, without tables, that nobody else uses yet: quick to fill, and
/// to be thrown away if that fails.
///
/// # Errors
/// A fault of the store.
pub fn empty(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    settle(&connection)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

/// Flushes what was made in an empty database, and closes it.
///
/// # Errors
/// A fault of the store.
pub fn seal(connection: Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    connection.close().map_err(|(_, error)| error)
}

/// Makes the tables of an older version.
///
/// # Errors
/// One clear sentence: that version is newer, or a step failed.
pub fn migrate_to(connection: &mut Connection, version: i64) -> Result<(), Fault> {
    migrate::run_to(connection, version)
}

/// Brings the tables to what this build knows.
///
/// # Errors
/// One clear sentence: they are of a newer version, or a step failed.
pub fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    migrate::run(connection)
}

/// Version of the tables.
///
/// # Errors
/// A fault of the store.
pub fn schema(connection: &Connection) -> rusqlite::Result<i64> {
    migrate::version(connection)
}

/// A connection that only reads.
///
/// # Errors
/// One clear sentence, as [`Db::open`].
pub fn reader(dir: &Path) -> Result<Connection, Fault> {
    let opened = Connection::open_with_flags(dir.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = opened.map_err(|error| damaged(&error))?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    Ok(connection)
}

/// Runs a job of a command in one write transaction.
///
/// # Errors
/// The job's own, or a fault of the store; then nothing was written.
pub fn transaction<T, E: From<rusqlite::Error>>(
    connection: &mut Connection,
    job: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = job(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// The epoch of the data.
///
/// # Errors
/// A fault of the store.
pub fn epoch(connection: &Connection) -> rusqlite::Result<Epoch> {
    let text: String = connection
        .prepare_cached("SELECT value FROM setting WHERE name = 'epoch'")?
        .query_row([], |row| row.get(0))?;
    text.parse().map_err(corrupt)
}

/// Says that the data begin anew, as those of a restored backup do: phones send again what they have.
///
/// # Errors
/// A fault of the store.
pub fn begin_epoch(connection: &Connection, epoch: Epoch) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO setting (name, value) VALUES ('epoch', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([epoch.to_string()])?;
    Ok(())
}

/// Held while a file of the data folder is made or updated, so that two processes do not do so at
/// once. Whether the folder can be written shows here.
pub(crate) fn lock(dir: &Path) -> Result<File, Fault> {
    let unwritable = |error: std::io::Error| {
        let dir = dir.display();
        Fault::new(
            format!("数据文件夹 {dir} 无法写入：{error}"),
            format!("the data folder {dir} cannot be written: {error}"),
        )
    };
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    let path: PathBuf = dir.join("jiangdao.lock");
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    let file = options.open(path).map_err(unwritable)?;
    file.lock().map_err(unwritable)?;
    Ok(file)
}

fn damaged(error: &dyn fmt::Display) -> Fault {
    Fault::new(format!("数据库无法打开：{error}"), format!("the database cannot be opened: {error}"))
}

/// How every connection treats the file. A commit is on the disk before it is answered.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    // What was replaced is overwritten with nothing: an erased name is nowhere in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    settle_memory(connection)
}

/// What of this holds without a file as well.
///
/// # Errors
/// A fault of the store.
pub fn settle_memory(connection: &Connection) -> rusqlite::Result<()> {
    // A statement keeps its plan whatever is bound to it: partial indexes would else have it
    // prepared again at every other binding, a tenth of the time of an intake.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// A data folder's life begins: its epoch is made, its counter set to nothing given out.
fn first_start(connection: &mut Connection) -> rusqlite::Result<()> {
    transaction(connection, |connection| {
        let known: Option<String> = connection
            .query_row("SELECT value FROM setting WHERE name = 'epoch'", [], |row| row.get(0))
            .optional()?;
        if known.is_none() {
            begin_epoch(connection, Epoch::from(Uuid::new_v4()))?;
        }
        connection.execute(
            "INSERT INTO counter (name, value) VALUES ('seq', 0) ON CONFLICT (name) DO NOTHING",
            [],
        )?;
        Ok(())
    })
}

fn readers(path: &Path) -> Result<Pool, deadpool_sqlite::BuildError> {
    let mut config = Config::new(path);
    config.pool = Some(PoolConfig::new(READERS));
    let built = config.builder(Runtime::Tokio1);
    let builder = match built {
        Ok(builder) => builder,
        Err(never) => match never {},
    };
    let read_only = Hook::async_fn(|reader, _| {
        Box::pin(async move {
            let set = reader.interact(|connection| {
                settle(connection)?;
                connection.pragma_update(None, "query_only", true)
            });
            match set.await {
                Ok(done) => done.map_err(HookError::Backend),
                Err(error) => Err(HookError::message(error.to_string())),
            }
        })
    });
    builder.post_create(read_only).build()
}

#[cfg(test)]
mod tests;
