//! Writes a backup: what is new since the last commit, in one read transaction, to the end of the
//! files that are there.

use super::files::Copied;
use super::frame::{Kind, Writer};
use super::record::{Cell, Commit, Head, Line, Logged, VERSION, hex};
use super::rewrite;
use super::scan::{self, is_log, log_name};
use super::shelf::{Lock, Piece, Shelf};
use super::source::{Known, RESPONSE, query};
use super::state::{self, SALT, Salt};
use crate::fault::Fault;
use crate::{db, feed};
use rusqlite::Connection;
use serde::Serialize;
use shared::id::Epoch;
use shared::stamp::civil;
use std::collections::BTreeMap;
use std::time::Instant;

/// A file is ended above this size.
const FILE_MAX_BYTES: u64 = 32 << 20;
/// Lines are packed together up to this size.
pub(super) const TOGETHER_BYTES: usize = 256 << 10;
/// The hash of the state takes at most this part of the time: one in so many.
const STATE_SHARE: u32 = 20;

/// What keeps one backup up to date.
pub struct Keeper {
    shelf: Box<dyn Shelf>,
    /// Nobody else writes here.
    _lock: Lock,
    /// The life of the data that is kept here.
    epoch: Epoch,
    file: Option<Writer<Box<dyn Piece>>>,
    /// Place of the last file; 0 if there is none.
    place: i64,
    /// The last commit.
    last: Option<Commit>,
    /// What was written of each table since the present file was begun.
    known: Known,
    /// How many responses of each day are kept.
    days: BTreeMap<i64, i64>,
    /// When the state was last worked out, and how long that took.
    stated: Option<(Instant, std::time::Duration)>,
    /// Up to which erasure the files are done.
    erased: i64,
    /// Where the bytes of photos are, and which of them are kept here; none where they are not asked for.
    files: Option<(crate::file::Folder, Copied)>,
}

impl Keeper {
    /// Goes on where the files end; what was half written is cut off.
    ///
    /// # Errors
    /// One clear sentence: the files are damaged, or belong to other data.
    pub fn open(shelf: Box<dyn Shelf>, epoch: Epoch) -> Result<Self, Fault> {
        let lock = shelf.lock().map_err(|error| unwritable(&*shelf, "", &error))?;
        let lock = lock.ok_or_else(|| taken(&shelf.called("")))?;
        let mut keeper = Self {
            shelf,
            _lock: lock,
            epoch,
            file: None,
            place: 0,
            last: None,
            known: Known::default(),
            days: BTreeMap::new(),
            stated: None,
            erased: 0,
            files: None,
        };
        keeper.resume()?;
        keeper.erased = rewrite::done(&*keeper.shelf);
        Ok(keeper)
    }

    /// Keeps the bytes of photos as well, which are in this folder.
    #[must_use]
    pub fn with_files(mut self, folder: crate::file::Folder) -> Self {
        self.files = Some((folder, Copied::default()));
        self
    }

    /// The highest server seq that is safe here; 0 before the first commit.
    #[must_use]
    pub fn durable_seq(&self) -> u64 {
        self.last.as_ref().map_or(0, |commit| u64::try_from(commit.seq).unwrap_or(0))
    }

    fn resume(&mut self) -> Result<(), Fault> {
        (self.file, self.known, self.place, self.last) = (None, Known::default(), 0, None);
        let names = self.shelf.names().map_err(|error| unwritable(&*self.shelf, "", &error))?;
        let mut logs: Vec<&String> = names.iter().filter(|name| is_log(name)).collect();
        while let Some(name) = logs.pop() {
            let end = scan::end(&*self.shelf, name)?;
            if end.head.as_ref().is_some_and(|head| head.epoch != self.epoch) {
                return Err(foreign(&self.shelf.called(name)));
            }
            let (Some(head), Some((commit, bytes))) = (end.head, end.commit) else {
                self.shelf.remove(name).map_err(|error| unwritable(&*self.shelf, name, &error))?;
                continue;
            };
            if bytes < end.bytes {
                self.shelf.cut(name, bytes).map_err(|error| unwritable(&*self.shelf, name, &error))?;
            }
            (self.place, self.last) = (head.place, Some(commit));
            break;
        }
        self.days.clear();
        for name in names.iter().filter(|name| scan::is_day(name)) {
            // One that cannot be read is written anew.
            if let Ok(Some((day_ms, count))) = scan::day(&*self.shelf, name, &mut |_| Ok(())) {
                self.days.insert(day_ms, count);
            }
        }
        Ok(())
    }

    /// Up to which erasure the files are done.
    #[must_use]
    pub const fn erased(&self) -> i64 {
        self.erased
    }

    /// The life of the data that is kept here.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Adds what is new. Comes back once it is on the disk; says whether anything was.
    ///
    /// # Errors
    /// One clear sentence. The next time goes on from the last commit that is whole.
    pub fn add(&mut self, data: &mut Connection, now_ms: i64) -> Result<bool, Fault> {
        let outcome = self.try_add(data, now_ms);
        if outcome.is_err() {
            self.resume()?;
        }
        outcome
    }

    fn try_add(&mut self, data: &mut Connection, now_ms: i64) -> Result<bool, Fault> {
        let snapshot = data.transaction()?;
        if db::epoch(&snapshot)? != self.epoch {
            return Err(foreign(&self.shelf.called("")));
        }
        let schema = db::schema(&snapshot)?;
        let seq = feed::last_seq(&snapshot)?;
        let after = self.last.as_ref().map_or(0, |commit| commit.seq);
        if seq < after {
            return Err(behind(&self.shelf.called("")));
        }
        self.erase(&snapshot)?;
        if let Some((folder, copied)) = &mut self.files {
            copied.copy(&*self.shelf, folder, &snapshot)?;
        }
        self.begin_file(schema, now_ms)?;
        let differences = self.known.differences(&snapshot)?;
        let days = self.responses(&snapshot, schema, now_ms)?;
        let fresh = self.last.as_ref().is_none_or(|last| last.seq != seq || last.responses != days);
        if differences.is_empty() && !fresh {
            return Ok(false);
        }
        let mut lines = Lines { keeper: self, text: Vec::new() };
        for table in differences {
            let columns = table.columns;
            lines.add(&Line::Table { name: table.name.to_owned(), columns, whole: table.whole })?;
            for row in table.rows {
                lines.add(&Line::Row(row))?;
            }
            for key in table.gone {
                lines.add(&Line::Gone(key))?;
            }
        }
        let added = lines.changes(&snapshot, after)?;
        lines.flush()?;
        let state = self.state(&snapshot, seq)?;
        let count = self.last.as_ref().map_or(0, |last| last.count) + added;
        let commit = Commit { seq, at_ms: now_ms, count, responses: days, state };
        self.frame(Kind::Commit, &json(&commit))?;
        let name = log_name(self.place);
        let flushed = self.file.as_mut().map(|file| file.get_mut().flush_to_disk());
        flushed.unwrap_or(Ok(())).map_err(|error| unwritable(&*self.shelf, &name, &error))?;
        self.last = Some(commit);
        Ok(true)
    }

    /// What was erased since goes out of the files first. The next one tells the state that this gives.
    fn erase(&mut self, snapshot: &Connection) -> Result<(), Fault> {
        let last = rewrite::last(snapshot)?;
        if last <= self.erased {
            return Ok(());
        }
        if self.last.is_some() {
            self.file = None;
            rewrite::rewrite(&*self.shelf, snapshot)?;
            self.resume()?;
        } else {
            rewrite::set_done(&*self.shelf, last)?;
        }
        (self.erased, self.stated) = (last, None);
        Ok(())
    }

    /// A file is begun by each program that writes, and when the last one is large.
    fn begin_file(&mut self, schema: i64, now_ms: i64) -> Result<(), Fault> {
        if self.file.as_ref().is_some_and(|file| file.bytes <= FILE_MAX_BYTES) {
            return Ok(());
        }
        let place = self.place + 1;
        let head = self.head(schema, now_ms, place);
        let name = log_name(place);
        let failed = |error: std::io::Error| unwritable(&*self.shelf, &name, &error);
        let mut file = self.shelf.begin(&name).and_then(Writer::begin).map_err(failed)?;
        file.frame(Kind::Head, &json(&head)).map_err(failed)?;
        (self.file, self.place) = (Some(file), place);
        Ok(())
    }

    fn head(&self, schema: i64, made_ms: i64, place: i64) -> Head {
        Head {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            epoch: self.epoch,
            place,
            after_seq: self.last.as_ref().map_or(0, |commit| commit.seq),
            made_ms,
        }
    }

    fn frame(&mut self, kind: Kind, text: &[u8]) -> Result<(), Fault> {
        let name = log_name(self.place);
        let written = self.file.as_mut().map(|file| file.frame(kind, text));
        written.unwrap_or(Ok(())).map_err(|error| unwritable(&*self.shelf, &name, &error))
    }

    /// Writes the days whose responses have become more, each whole and in the order of ids, so that
    /// nothing tells in which order they came.
    fn responses(
        &mut self,
        snapshot: &Connection,
        schema: i64,
        now_ms: i64,
    ) -> Result<BTreeMap<i64, i64>, Fault> {
        let mut days = BTreeMap::new();
        let text = "SELECT day_ms, count(*) FROM response GROUP BY day_ms";
        query(snapshot, text, &mut |row| {
            if let [Cell::Integer(day_ms), Cell::Integer(count)] = row[..] {
                days.insert(day_ms, count);
            }
            Ok(())
        })?;
        for (day_ms, count) in &days {
            if self.days.get(day_ms) == Some(count) {
                continue;
            }
            // Of the file, too, only the day is told.
            let head = Head { made_ms: shared::stamp::day_ms(now_ms), ..self.head(schema, now_ms, *day_ms) };
            let bytes = day(snapshot, &head, *count)?;
            let name = day_name(*day_ms);
            self.shelf.replace(&name, &bytes).map_err(|error| unwritable(&*self.shelf, &name, &error))?;
            self.days.insert(*day_ms, *count);
        }
        Ok(days)
    }

    /// Tells the state with the next commit again, however long that takes.
    #[cfg(test)]
    pub(super) fn forget_stated(&mut self) {
        self.stated = None;
    }

    /// The state, with the hashes of responses under a salt that goes with the next one.
    fn state(&mut self, snapshot: &Connection, seq: i64) -> Result<Option<state::State>, Fault> {
        if self.stated.is_some_and(|(when, took)| when.elapsed() < took * STATE_SHARE) {
            return Ok(None);
        }
        let began = Instant::now();
        let state = state::state(snapshot)?;
        let salt = Salt::new(seq).map_err(|error| {
            Fault::new(format!("系统没有随机数：{error}"), format!("the system gave no randomness: {error}"))
        })?;
        let written = self.shelf.replace(SALT, &json(&salt));
        written.map_err(|error| unwritable(&*self.shelf, SALT, &error))?;
        self.stated = Some((Instant::now(), began.elapsed()));
        Ok(Some(salt.salted(state)))
    }
}

/// The file of a day's responses.
fn day(snapshot: &Connection, head: &Head, count: i64) -> rusqlite::Result<Vec<u8>> {
    const COLUMNS: [&str; 7] = ["id", "session", "day_ms", "via", "form", "version", "answers"];
    let io = |error: std::io::Error| crate::db::corrupt(error);
    let mut file = Writer::begin(Vec::new()).map_err(io)?;
    file.frame(Kind::Head, &json(head)).map_err(io)?;
    let columns = COLUMNS.map(str::to_owned).to_vec();
    let mut text = line(&Line::Table { name: RESPONSE.to_owned(), columns, whole: true });
    let rows =
        format!("SELECT {} FROM response WHERE day_ms = {} ORDER BY id", COLUMNS.join(", "), head.place);
    query(snapshot, &rows, &mut |row| {
        text.extend(line(&Line::Row(row)));
        if text.len() > TOGETHER_BYTES {
            file.frame(Kind::Lines, &std::mem::take(&mut text)).map_err(io)?;
        }
        Ok(())
    })?;
    file.frame(Kind::Lines, &text).map_err(io)?;
    let commit =
        Commit { seq: head.after_seq, at_ms: head.made_ms, count, responses: BTreeMap::new(), state: None };
    file.frame(Kind::Commit, &json(&commit)).map_err(io)?;
    Ok(file.into_inner())
}

/// Lines on their way into a file.
struct Lines<'k> {
    keeper: &'k mut Keeper,
    text: Vec<u8>,
}

impl Lines<'_> {
    fn add(&mut self, of: &Line) -> Result<(), Fault> {
        self.text.extend(line(of));
        if self.text.len() > TOGETHER_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() { Ok(()) } else { self.keeper.frame(Kind::Lines, &text) }
    }

    /// The log behind this seq; says how many changes that were.
    fn changes(&mut self, snapshot: &Connection, after: i64) -> Result<i64, Fault> {
        let mut found = snapshot.prepare_cached(
            "SELECT seq, id, replica_id, replica_seq, kind, recv_ms, eff_ms, tags, raw
                 FROM change WHERE seq > ?1 ORDER BY seq",
        )?;
        let mut rows = found.query([after])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let logged = logged(row)?;
            self.add(&Line::Change(Box::new(logged)))?;
            count += 1;
        }
        Ok(count)
    }
}

fn logged(row: &rusqlite::Row<'_>) -> rusqlite::Result<Logged> {
    Ok(Logged {
        seq: row.get(0)?,
        id: hex(row.get_ref(1)?.as_blob()?),
        replica_id: row.get(2)?,
        replica_seq: row.get(3)?,
        kind: row.get(4)?,
        recv_ms: row.get(5)?,
        eff_ms: row.get(6)?,
        tags: row.get(7)?,
        raw: row.get(8)?,
    })
}

pub(crate) fn line(of: &Line) -> Vec<u8> {
    let mut text = json(of);
    text.push(b'\n');
    text
}

/// JSON of a value of our own; none of them can fail to be written.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn day_name(day_ms: i64) -> String {
    let (year, month, day, ..) = civil(day_ms);
    format!("responses/{year:04}-{month:02}-{day:02}.jdb")
}

pub(super) fn unwritable(shelf: &dyn Shelf, name: &str, error: &std::io::Error) -> Fault {
    let called = shelf.called(name);
    Fault::new(
        format!("备份写不进 {called}：{error}"),
        format!("the backup cannot be written to {called}: {error}"),
    )
}

fn taken(called: &str) -> Fault {
    Fault::new(
        format!("另一个程序正在往 {called} 备份"),
        format!("another program is backing up to {called}"),
    )
}

fn foreign(called: &str) -> Fault {
    Fault::new(
        format!("{called} 是另一份数据的备份，请换一个文件夹"),
        format!("{called} is a backup of other data: choose another folder"),
    )
}

fn behind(called: &str) -> Fault {
    Fault::new(
        format!("备份 {called} 比数据库还新：数据库被手工换回过旧的。请用 restore 命令恢复"),
        format!(
            "the backup {called} is ahead of the database, which was put back by hand: use the command restore"
        ),
    )
}
