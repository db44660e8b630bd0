//! Takes the names and texts of erased persons out of files that were written before (docs/privacy.md).
//! Each file is written anew and put in place whole; a file beside them tells up to which erasure all
//! of them are done, so that one that was cut off begins again.

use super::frame::{Kind, Writer};
use super::keeper::{TOGETHER_BYTES, json, line, unwritable};
use super::record::{Cell, Commit, Line, Logged, hex};
use super::scan::{self, Piece, is_log};
use super::shelf::{Folder, Shelf};
use crate::fault::Fault;
use crate::{db, erase};
use rusqlite::Connection;
use shared::id::Epoch;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

/// Tells up to which erasure the files are done.
const DONE: &str = "erased";

/// The last erasure of the data; 0 before the first.
pub(super) fn last(data: &Connection) -> rusqlite::Result<i64> {
    data.prepare_cached("SELECT coalesce(max(erasure_id), 0) FROM erasure")?.query_row([], |row| row.get(0))
}

/// Up to which erasure the files of a folder are done. What cannot be read is done again.
pub(super) fn done(shelf: &dyn Shelf) -> i64 {
    let mut text = String::new();
    let read = shelf.open(DONE).and_then(|mut file| file.read_to_string(&mut text));
    read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0)
}

/// Says that nothing was ever written here that would have to be rewritten.
pub(super) fn set_done(shelf: &dyn Shelf, erasure: i64) -> Result<(), Fault> {
    shelf.replace(DONE, format!("{erasure}\n").as_bytes()).map_err(|error| unwritable(shelf, DONE, &error))
}

/// Rewrites every file of the log in a folder as the data are now. Nobody else may be writing there.
pub(super) fn rewrite(shelf: &dyn Shelf, data: &Connection) -> Result<(), Fault> {
    let now = Now::read(data)?;
    let names = shelf.names().map_err(|error| unwritable(shelf, "", &error))?;
    for name in names.iter().filter(|name| is_log(name)) {
        let new = file(shelf, name, &now)?;
        shelf.replace(name, &new).map_err(|error| unwritable(shelf, name, &error))?;
    }
    set_done(shelf, now.last)
}

/// Rewrites what lies beside the folder of this life of the data: folders of former lives.
pub(super) fn former_lives(target: &Path, epoch: Epoch, data: &Connection) -> Result<(), Fault> {
    let last = last(data)?;
    let Ok(entries) = std::fs::read_dir(target) else { return Ok(()) };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let life = path.file_name().and_then(|name| name.to_str()?.parse::<Epoch>().ok());
        let shelf = Folder::new(&path);
        if life.is_none_or(|life| life == epoch) || done(&shelf) >= last {
            continue;
        }
        let locked = shelf.lock().map_err(|error| unwritable(&shelf, "", &error))?;
        match locked {
            Some(_lock) => rewrite(&shelf, data)?,
            None => tracing::warn!(folder = %path.display(), "in use; rewritten at the next start"),
        }
    }
    Ok(())
}

/// What stands now where names and texts stood. Everything by its id, as another life of the data may
/// have given other numbers.
struct Now {
    last: i64,
    persons: HashSet<String>,
    /// Id of a change → what was sent, rewritten, and its tags.
    changes: HashMap<String, (String, String)>,
    held: HashMap<String, String>,
}

impl Now {
    fn read(data: &Connection) -> rusqlite::Result<Self> {
        let blob = |row: &rusqlite::Row<'_>| row.get_ref(0)?.as_blob().map(hex).map_err(db::corrupt);
        let mut persons = data.prepare_cached("SELECT person FROM erasure")?;
        let mut changes =
            data.prepare_cached("SELECT id, raw, tags FROM change WHERE instr(tags, ?1) > 0")?;
        let mut held = data.prepare_cached("SELECT held_id, raw FROM held")?;
        Ok(Self {
            last: last(data)?,
            persons: persons.query_map([], |row| blob(row))?.collect::<rusqlite::Result<_>>()?,
            changes: changes
                .query_map([erase::TAG], |row| Ok((blob(row)?, (row.get(1)?, row.get(2)?))))?
                .collect::<rusqlite::Result<_>>()?,
            held: held
                .query_map([], |row| Ok((blob(row)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?,
        })
    }

    fn change(&self, logged: &mut Logged) {
        if let Some((raw, tags)) = self.changes.get(&logged.id) {
            logged.raw.clone_from(raw);
            logged.tags.clone_from(tags);
        }
    }

    fn row(&self, table: &str, columns: &[String], row: &mut [Cell]) {
        let at = |name: &str| columns.iter().position(|column| column == name);
        let key = |name: &str| match row.get(at(name)?)? {
            Cell::Bytes { x } => Some(x),
            _ => None,
        };
        let new = match table {
            "person" if key("id").is_some_and(|id| self.persons.contains(id)) => {
                let name = Cell::Text(shared::erase::NAME.to_owned());
                vec![("name", name), ("staff_no", Cell::Null), ("phone_tail", Cell::Null)]
            }
            "held" => {
                let now = key("held_id").and_then(|id| self.held.get(id));
                now.map(|raw| ("raw", Cell::Text(raw.clone()))).into_iter().collect()
            }
            _ => Vec::new(),
        };
        for (name, value) in new {
            if let Some(cell) = at(name).and_then(|place| row.get_mut(place)) {
                *cell = value;
            }
        }
    }
}

/// A file as it would have been written. What follows its last commit is left out.
fn file(shelf: &dyn Shelf, name: &str, now: &Now) -> Result<Vec<u8>, Fault> {
    let failed = |error: std::io::Error| unwritable(shelf, name, &error);
    let mut new = Writer::begin(Vec::new()).map_err(failed)?;
    // Frames wait until what they belong to is committed.
    let (mut frames, mut text) = (Vec::new(), Vec::new());
    let mut table = (String::new(), Vec::new());
    scan::file(shelf, name, &mut |piece, _| {
        match piece {
            Piece::Head(head) => new.frame(Kind::Head, &json(&head)).map_err(failed)?,
            Piece::Line(mut one) => {
                match &mut one {
                    Line::Table { name, columns, .. } => table = (name.clone(), columns.clone()),
                    Line::Row(row) => now.row(&table.0, &table.1, row),
                    Line::Change(logged) => now.change(logged),
                    Line::Gone(_) => {}
                }
                text.extend(line(&one));
                if text.len() > TOGETHER_BYTES {
                    frames.push(std::mem::take(&mut text));
                }
            }
            Piece::Commit(commit) => {
                frames.push(std::mem::take(&mut text));
                for frame in frames.drain(..).filter(|frame| !frame.is_empty()) {
                    new.frame(Kind::Lines, &frame).map_err(failed)?;
                }
                // The state that was had the names in it.
                let commit = Commit { state: None, ..commit };
                new.frame(Kind::Commit, &json(&commit)).map_err(failed)?;
            }
        }
        Ok(true)
    })?;
    Ok(new.into_inner())
}
