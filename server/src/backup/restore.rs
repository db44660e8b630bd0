//! Restores data from a backup: tables as they were, the log taken in again with its stamps and
//! verdicts, and everything that follows from it worked out anew, in a new life of the data.

use super::plan::{LogFile, Plan};
use super::record::{Cell, Line, Logged, bytes};
use super::scan::{self, Piece};
use super::shelf::Shelf;
use super::source::{RESPONSE, SOURCES, UNSETTLED};
use crate::fault::{Fault, Rejection};
use crate::feed::{self, Key, Where};
use crate::push::replay::{Replay, Verdict};
use crate::{audit, db, decision, rollup};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use shared::id::{CampaignId, ChangeId, Epoch, FormId, OrgId, PersonId, SessionId};
use std::collections::HashMap;

/// Changes in one transaction.
const TOGETHER: usize = 2_000;

/// What was restored, as the data themselves remember it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When it was restored, ms.
    pub at_ms: i64,
    /// When the last commit of the backup was made, ms.
    pub backup_ms: i64,
    /// The last server seq of the backup.
    pub seq: i64,
    /// Changes of the log.
    pub changes: i64,
    /// Responses.
    pub responses: i64,
    /// What was left out, and why.
    #[serde(skip)]
    pub notes: Vec<Fault>,
}

/// How a restore is to go.
pub struct Order<'o> {
    /// The life of the data that begins.
    pub epoch: Epoch,
    /// Now, ms.
    pub now_ms: i64,
    /// Told of every step: changes taken in so far, and how many there are.
    pub progress: &'o mut dyn FnMut(i64, i64),
}

/// Fills an empty database, whose tables are not made yet, with so many commits at most; without
/// `until` with all.
///
/// # Errors
/// One clear line; the database is then to be thrown away.
pub fn restore(
    shelf: &dyn Shelf,
    until: Option<usize>,
    data: &mut Connection,
    order: Order<'_>,
) -> Result<Restored, Rejection> {
    carry_out(shelf, &Plan::new(shelf, until)?, data, order)
}

/// The same, of files that were looked at.
pub(crate) fn carry_out(
    shelf: &dyn Shelf,
    plan: &Plan,
    data: &mut Connection,
    order: Order<'_>,
) -> Result<Restored, Rejection> {
    data.pragma_update(None, "foreign_keys", false)?;
    db::migrate_to(data, plan.schema())?;
    let settled = tables(shelf, plan, data)?;
    db::migrate(data)?;
    audit::verify(data, None)?;
    let responses = responses(shelf, plan, data)?;
    db::transaction(data, |c| begin(c, order.epoch, plan.commit.seq))?;
    let changes = log(shelf, plan, data, settled, order.progress)?;
    db::transaction(data, decision::tell_all)?;
    // What was published came before its sessions did.
    db::transaction(data, rollup::rebuild)?;
    whole(data)?;
    data.pragma_update(None, "foreign_keys", true)?;
    let restored = Restored {
        at_ms: order.now_ms,
        backup_ms: plan.commit.at_ms,
        seq: plan.commit.seq,
        changes,
        responses,
        notes: plan.notes.clone(),
    };
    db::transaction(data, |c| remember(c, &restored))?;
    Ok(restored)
}

/// What the data were restored from, if they were.
///
/// # Errors
/// A fault of the store.
pub fn remembered(connection: &Connection) -> rusqlite::Result<Option<Restored>> {
    let mut found = connection.prepare_cached("SELECT value FROM setting WHERE name = 'restored'")?;
    let mut rows = found.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    serde_json::from_str(&row.get::<_, String>(0)?).map(Some).map_err(db::corrupt)
}

fn remember(connection: &Connection, restored: &Restored) -> rusqlite::Result<()> {
    let text = serde_json::to_string(restored).map_err(db::corrupt)?;
    connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('restored', ?1)", [text])?;
    Ok(())
}

/// Seqs of changes without effect: their verdict, and the session that they wait for.
type Unsettled = HashMap<i64, (Verdict, Option<SessionId>)>;

/// Reads a file up to the commit that is used last.
fn used(
    shelf: &dyn Shelf,
    file: &LogFile,
    each: &mut dyn FnMut(Line) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut left = file.commits;
    if left == 0 {
        return Ok(());
    }
    scan::file(shelf, &file.name, &mut |piece, _| {
        match piece {
            Piece::Line(line) => each(line)?,
            Piece::Commit(_) => left -= 1,
            Piece::Head(_) => {}
        }
        Ok(left > 0)
    })
    .map(drop)
}

/// Writes the tables of facts as they were at the last commit.
fn tables(shelf: &dyn Shelf, plan: &Plan, data: &mut Connection) -> Result<Unsettled, Rejection> {
    let mut unsettled = Unsettled::new();
    db::transaction(data, |c| {
        for file in plan.files.get(plan.tables_from..).unwrap_or_default() {
            let mut table = None;
            used(shelf, file, &mut |line| match line {
                Line::Table { name, columns, whole } => {
                    let opened = Table::open(name, columns, &file.name)?;
                    if whole {
                        opened.empty(c, &mut unsettled).map_err(|error| failed(&error))?;
                    }
                    table = Some(opened);
                    Ok(())
                }
                Line::Row(row) => {
                    let table = table.as_ref().ok_or_else(|| strange(&file.name))?;
                    table.put(c, &row, &mut unsettled).map_err(|error| failed(&error))
                }
                Line::Gone(key) => {
                    let table = table.as_ref().ok_or_else(|| strange(&file.name))?;
                    table.remove(c, &key, &mut unsettled).map_err(|error| failed(&error))
                }
                Line::Change(_) => Ok(()),
            })?;
        }
        Ok::<(), Rejection>(())
    })?;
    Ok(unsettled)
}

/// A table that is being filled.
struct Table {
    name: &'static str,
    columns: Vec<String>,
}

impl Table {
    fn open(name: String, columns: Vec<String>, file: &str) -> Result<Self, Fault> {
        let known = SOURCES.iter().map(|source| source.name).chain([UNSETTLED, RESPONSE]);
        let known = known.into_iter().find(|known| *known == name);
        // A name out of a file goes into the text of a statement.
        let plain = |column: &String| {
            column.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        match known {
            Some(name) if columns.iter().all(plain) => Ok(Self { name, columns }),
            _ => Err(strange(file)),
        }
    }

    fn empty(&self, c: &Connection, unsettled: &mut Unsettled) -> rusqlite::Result<()> {
        if self.name == UNSETTLED {
            unsettled.clear();
            return Ok(());
        }
        c.execute(&format!("DELETE FROM {}", self.name), []).map(drop)
    }

    fn put(&self, c: &Connection, row: &[Cell], unsettled: &mut Unsettled) -> rusqlite::Result<()> {
        if self.name == UNSETTLED {
            if let [Cell::Integer(seq), Cell::Text(state), session] = row {
                unsettled.insert(*seq, (Verdict::from_word(state), session_of(session)));
            }
            return Ok(());
        }
        let places: Vec<String> = (1..=self.columns.len()).map(|n| format!("?{n}")).collect();
        // A response comes once; of all else what comes later stands.
        let or = if self.name == RESPONSE { "" } else { "OR REPLACE" };
        let text = format!(
            "INSERT {or} INTO {} ({}) VALUES ({})",
            self.name,
            self.columns.join(", "),
            places.join(", ")
        );
        c.prepare_cached(&text)?.execute(rusqlite::params_from_iter(row)).map(drop)
    }

    fn remove(&self, c: &Connection, key: &[Cell], unsettled: &mut Unsettled) -> rusqlite::Result<()> {
        if self.name == UNSETTLED {
            if let [Cell::Integer(seq)] = key {
                unsettled.remove(seq);
            }
            return Ok(());
        }
        let source = SOURCES.iter().find(|source| source.name == self.name);
        let Some(columns) = source.map(|source| source.columns(c)).transpose()? else { return Ok(()) };
        let named = columns.key.iter().filter_map(|at| columns.names.get(*at)).enumerate();
        let conditions: Vec<String> = named.map(|(n, name)| format!("{name} = ?{}", n + 1)).collect();
        let text = format!("DELETE FROM {} WHERE {}", self.name, conditions.join(" AND "));
        c.prepare_cached(&text)?.execute(rusqlite::params_from_iter(key)).map(drop)
    }
}

fn session_of(cell: &Cell) -> Option<SessionId> {
    let Cell::Bytes { x } = cell else { return None };
    <[u8; 16]>::try_from(bytes(x)?).ok().map(SessionId::from_bytes)
}

fn responses(shelf: &dyn Shelf, plan: &Plan, data: &mut Connection) -> Result<i64, Rejection> {
    db::transaction(data, |c| {
        let (mut days, mut all) = (std::collections::BTreeMap::new(), 0);
        for name in &plan.days {
            let mut table = None;
            let read = scan::day(shelf, name, &mut |line| match line {
                Line::Table { name: table_name, columns, .. } => {
                    table = Some(Table::open(table_name, columns, name)?);
                    Ok(())
                }
                Line::Row(row) => {
                    let table = table.as_ref().ok_or_else(|| strange(name))?;
                    table.put(c, &row, &mut Unsettled::new()).map_err(|error| failed(&error))
                }
                Line::Gone(_) | Line::Change(_) => Err(strange(name)),
            })?;
            let (day_ms, count) = read.ok_or_else(|| torn(&shelf.called(name)))?;
            days.insert(day_ms, count);
            all += count;
        }
        // A day may have more than at the last commit, never less.
        let short = plan.commit.responses.iter().find(|(day, n)| days.get(day).is_none_or(|here| here < n));
        match short {
            Some((day_ms, _)) => Err(Rejection::from(missing_day(*day_ms))),
            None => Ok(all),
        }
    })
}

/// A new life begins behind everything that the backup has, and phones are given all rows anew.
fn begin(c: &Connection, epoch: Epoch, seq: i64) -> rusqlite::Result<()> {
    db::begin_epoch(c, epoch)?;
    c.execute("INSERT OR REPLACE INTO counter (name, value) VALUES ('seq', ?1)", [seq])?;
    let rows = |text: &str, tell: &dyn Fn(&rusqlite::Row<'_>) -> rusqlite::Result<(Where, Key)>| {
        let mut found = c.prepare(text)?;
        let mut rows = found.query([])?;
        while let Some(row) = rows.next()? {
            let (scope, key) = tell(row)?;
            feed::touch(c, scope, key)?;
        }
        Ok::<(), rusqlite::Error>(())
    };
    rows("SELECT id FROM campaign ORDER BY campaign_id", &|row| {
        Ok((Where::Everybody, Key::Campaign(CampaignId::from_bytes(row.get(0)?))))
    })?;
    rows("SELECT id, version FROM form ORDER BY form_id", &|row| {
        Ok((Where::Everybody, Key::Form(FormId::from_bytes(row.get(0)?), row.get(1)?)))
    })?;
    rows("SELECT org_id, id FROM org ORDER BY org_id", &|row| {
        Ok((Where::Org(row.get(0)?), Key::Org(OrgId::from_bytes(row.get(1)?))))
    })?;
    // Who has left a roster is in no scope any more.
    rows(
        "SELECT roster_entry.org_id, person.id FROM roster_entry
         JOIN person ON person.person_id = roster_entry.person_id
         WHERE until_ms IS NULL ORDER BY person.person_id",
        &|row| Ok((Where::Org(row.get(0)?), Key::Person(PersonId::from_bytes(row.get(1)?)))),
    )
}

/// Takes the log in again, in its order.
fn log(
    shelf: &dyn Shelf,
    plan: &Plan,
    data: &mut Connection,
    mut unsettled: Unsettled,
    progress: &mut dyn FnMut(i64, i64),
) -> Result<i64, Rejection> {
    let (mut waiting, mut count) = (Vec::with_capacity(TOGETHER), 0);
    for file in &plan.files {
        let mut take = |waiting: &mut Vec<Logged>| {
            let taken = db::transaction(data, |c| replay(c, waiting, &mut unsettled));
            count += waiting.len() as i64;
            waiting.clear();
            progress(count, plan.commit.count);
            taken
        };
        used(shelf, file, &mut |line| {
            if let Line::Change(logged) = line {
                waiting.push(*logged);
                if waiting.len() == TOGETHER {
                    return take(&mut waiting).map_err(|error| failed(&error));
                }
            }
            Ok(())
        })?;
        take(&mut waiting)?;
    }
    if count == plan.commit.count { Ok(count) } else { Err(strange(&shelf.called("")).into()) }
}

fn replay(c: &Connection, changes: &[Logged], unsettled: &mut Unsettled) -> rusqlite::Result<()> {
    let mut replay = Replay::new(c);
    for logged in changes {
        let (verdict, session) = unsettled.remove(&logged.seq).unwrap_or((Verdict::Taken, None));
        replay.one(logged, verdict, session)?;
    }
    replay.finish()
}

/// Every row that is referred to is there.
fn whole(data: &Connection) -> Result<(), Rejection> {
    let mut found = data.prepare("PRAGMA foreign_key_check")?;
    if found.exists([])? {
        return Err(Rejection::new(
            "备份里的记录对不上，没有恢复",
            "records of the backup do not fit together; nothing was restored",
        ));
    }
    Ok(())
}

fn failed(error: &rusqlite::Error) -> Fault {
    Fault::new(format!("恢复失败：{error}"), format!("restoring failed: {error}"))
}

fn strange(file: &str) -> Fault {
    Fault::new(
        format!("备份文件 {file} 的内容不合规定"),
        format!("the content of the backup file {file} is not as it should be"),
    )
}

fn torn(called: &str) -> Fault {
    Fault::new(format!("备份文件 {called} 不完整"), format!("the backup file {called} is incomplete"))
}

fn missing_day(day_ms: i64) -> Fault {
    let (year, month, day, ..) = shared::stamp::civil(day_ms);
    Fault::new(
        format!("备份里缺 {year}-{month:02}-{day:02} 的反馈答卷"),
        format!("responses of {year}-{month:02}-{day:02} are missing in the backup"),
    )
}

/// The id of a logged change.
pub(crate) fn change_id(logged: &Logged) -> rusqlite::Result<ChangeId> {
    let id = bytes(&logged.id).and_then(|id| <[u8; 16]>::try_from(id).ok());
    id.map(ChangeId::from_bytes).ok_or_else(|| db::corrupt(std::fmt::Error))
}
