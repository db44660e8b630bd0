//! The one writer. Jobs that wait are taken together into one commit, so that many phones share
//! the cost of one flush; each job has its own savepoint, so that one failure is its own.

use super::Error;
use super::gauge::{Gauge, Reading};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Most jobs that wait; above that, callers are told to come back.
const QUEUE: usize = 512;
/// Most jobs in one commit.
const TOGETHER: usize = 64;

/// What a job leaves: whether its writes stay, and how its caller is told after the commit.
struct Done {
    keep: bool,
    tell: Box<dyn FnOnce() + Send>,
}

type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

/// The way to the writer's thread.
#[derive(Clone)]
pub struct Writer {
    jobs: Arc<Mutex<Option<mpsc::Sender<Job>>>>,
    ended: Arc<Mutex<Option<oneshot::Receiver<()>>>>,
    gauge: Arc<Gauge>,
    /// Set until the write-ahead log was emptied.
    empty: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gave no thread.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (end, ended) = oneshot::channel();
        let gauge = Arc::new(Gauge::default());
        let counted = Arc::clone(&gauge);
        let empty = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&empty);
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            work(&connection, queue, &counted, &asked);
            if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
                tracing::warn!(%error, "the last checkpoint failed");
            }
            // Nobody may be waiting for the end.
            let _ = end.send(());
        })?;
        let slot = |value| Arc::new(Mutex::new(value));
        Ok(Self { jobs: slot(Some(jobs)), ended: Arc::new(Mutex::new(Some(ended))), gauge, empty })
    }

    /// Queues a job and waits for its commit.
    pub(super) async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let wrapped: Job = Box::new(move |connection| {
            let outcome = catch_unwind(AssertUnwindSafe(|| job(connection)));
            let outcome = outcome.unwrap_or_else(|_| Err(Error::Panicked.into()));
            let keep = outcome.is_ok();
            // The caller may have gone; what was committed stays.
            Done { keep, tell: Box::new(move || drop(tell.send(outcome))) }
        });
        let jobs = self.jobs.lock().await.clone().ok_or(Error::Busy)?;
        jobs.try_send(wrapped).map_err(|_| {
            self.gauge.refused();
            Error::Busy
        })?;
        // A job that is dropped untold was not committed.
        told.await.unwrap_or_else(|_| Err(Error::Busy.into()))
    }

    /// Has the write-ahead log brought into the file and emptied behind the next commit; where somebody
    /// is just reading, behind a later one.
    pub(super) fn empty_log(&self) {
        self.empty.store(true, Ordering::SeqCst);
    }

    /// What was counted so far, and how many jobs wait.
    pub(super) async fn gauge(&self) -> Reading {
        let jobs = self.jobs.lock().await;
        let waiting = jobs.as_ref().map_or(0, |jobs| jobs.max_capacity().saturating_sub(jobs.capacity()));
        self.gauge.read(waiting)
    }

    /// Takes no more jobs, and waits until those that wait are done.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().await.take());
        if let Some(ended) = self.ended.lock().await.take() {
            // An error says that the thread is gone: that is the end as well.
            let _ = ended.await;
        }
    }
}

fn work(connection: &Connection, mut queue: mpsc::Receiver<Job>, gauge: &Gauge, empty: &AtomicBool) {
    while let Some(first) = queue.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < TOGETHER
            && let Ok(next) = queue.try_recv()
        {
            jobs.push(next);
        }
        let began = Instant::now();
        match commit(connection, jobs) {
            Ok(done) => {
                gauge.committed(done.len(), began.elapsed());
                if empty.load(Ordering::SeqCst) && empty_log(connection).unwrap_or(false) {
                    empty.store(false, Ordering::SeqCst);
                }
                done.into_iter().for_each(|done| (done.tell)());
            }
            Err(error) => {
                gauge.failed();
                tracing::error!(%error, "a commit failed; nothing of it is stored");
                if !connection.is_autocommit()
                    && let Err(error) = connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "a rollback failed");
                }
            }
        }
    }
}

/// Empties the write-ahead log, unless somebody reads from it; says whether that was done. Writes wait
/// for no reader here.
fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(Duration::from_millis(50))?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(Duration::from_millis(super::BUSY_MS))?;
    Ok(busy? == 0)
}

/// All jobs in one transaction. On an error nothing is stored, and no caller was told otherwise.
fn commit(connection: &Connection, jobs: Vec<Job>) -> rusqlite::Result<Vec<Done>> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut all = Vec::with_capacity(jobs.len());
    for job in jobs {
        connection.prepare_cached("SAVEPOINT job")?.execute([])?;
        let done = job(connection);
        if connection.is_autocommit() {
            // A full disk or a broken one ends the whole transaction by itself.
            return Err(rusqlite::Error::ExecuteReturnedResults);
        }
        if !done.keep {
            connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        connection.prepare_cached("RELEASE job")?.execute([])?;
        all.push(done);
    }
    connection.execute_batch("COMMIT")?;
    Ok(all)
}
