//! Which tables are facts, and so belong into a backup, and which follow from them.

use super::record::Cell;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// A table of facts.
pub(crate) struct Source {
    /// Its name, in the data and in the backup.
    pub(crate) name: &'static str,
    /// Which of its rows.
    condition: &'static str,
    /// Columns that follow from other facts.
    skip: &'static [&'static str],
}

const fn all(name: &'static str) -> Source {
    Source { name, condition: "TRUE", skip: &[] }
}

/// Tables whose rows are kept as they are, each after those that it refers to. The log and the
/// responses are kept apart from them.
pub(crate) const SOURCES: &[Source] = &[
    all("org"),
    // Of a walk-in everything follows from the log.
    Source { name: "person", condition: "origin = 'roster'", skip: &["stands_id"] },
    all("roster_entry"),
    all("campaign"),
    all("form"),
    all("form_closing"),
    all("account"),
    // The epoch ends with the data; what was restored belongs to the data into which it was.
    Source { name: "setting", condition: "name NOT IN ('epoch', 'restored')", skip: &[] },
    all("second_factor"),
    all("recovery_code"),
    all("role_grant"),
    all("replica"),
    all("device_loss"),
    all("replica_ahead"),
    all("login"),
    all("held"),
    all("held_decision"),
    all("invitation"),
    all("joiner"),
    // When a read token was last used is told anew by its next use.
    Source { name: "read_token", condition: "TRUE", skip: &["used_ms"] },
    all("report_template"),
    all("answering"),
    all("published"),
    // Of the bytes themselves: backup/files.rs.
    all("file"),
    all("audit"),
    all("erasure"),
    // Which session it is, and whether that was closed, follows from the log.
    Source { name: "closing", condition: "TRUE", skip: &["session_id", "arrived"] },
];

/// Changes of the log that have no effect (yet), as rows of their own: a state may move on.
pub(crate) const UNSETTLED: &str = "unsettled";
const UNSETTLED_ROWS: &str = "SELECT seq, state, session FROM change WHERE state <> 'taken' ORDER BY seq";

/// The table of responses, which has files of its own.
pub(crate) const RESPONSE: &str = "response";

/// Tables that are kept apart.
#[cfg(test)]
pub(crate) const APART: &[&str] = &["change", RESPONSE];

#[cfg(test)]
/// Tables that follow from the others, and what the engine and its updates need.
pub(crate) const DERIVED: &[&str] = &[
    "rollup",
    "on_phone",
    "rating",
    "pool",
    "counter",
    "session",
    "attendance",
    "void_target",
    "alias",
    "session_replica",
    "session_lecturer",
    "photo",
    "mark_count",
    "feed",
    "milestone",
    // Files that are written again by whoever wants them, or kept for a day.
    "export_job",
    "refinery_schema_history",
];

/// A table's columns; those of the key first come in the order of the key.
pub(crate) struct Columns {
    pub(crate) names: Vec<String>,
    /// Places of the key's columns among them.
    pub(crate) key: Vec<usize>,
}

impl Source {
    pub(crate) fn columns(&self, connection: &Connection) -> rusqlite::Result<Columns> {
        let mut found =
            connection.prepare_cached("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
        let rows =
            found.query_map([self.name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        let mut names = Vec::new();
        let mut key: Vec<(i64, usize)> = Vec::new();
        for row in rows {
            let (name, place) = row?;
            if self.skip.contains(&name.as_str()) {
                continue;
            }
            if place > 0 {
                key.push((place, names.len()));
            }
            names.push(name);
        }
        key.sort_unstable();
        Ok(Columns { names, key: key.into_iter().map(|(_, at)| at).collect() })
    }

    /// Every row, in the order of the key.
    pub(crate) fn rows(
        &self,
        connection: &Connection,
        each: &mut dyn FnMut(&Columns, Vec<Cell>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let columns = self.columns(connection)?;
        let key: Vec<&str> =
            columns.key.iter().filter_map(|at| columns.names.get(*at)).map(String::as_str).collect();
        let text = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {}",
            columns.names.join(", "),
            self.name,
            self.condition,
            key.join(", ")
        );
        query(connection, &text, &mut |row| each(&columns, row))
    }
}

/// Every row of a query.
pub(crate) fn query(
    connection: &Connection,
    text: &str,
    each: &mut dyn FnMut(Vec<Cell>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut found = connection.prepare_cached(text)?;
    let width = found.column_count();
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        let cells: rusqlite::Result<Vec<Cell>> = (0..width).map(|at| Cell::of(row.get_ref(at)?)).collect();
        each(cells?)?;
    }
    Ok(())
}

/// What was last written of each table: key → digest of the row.
#[derive(Default)]
pub(crate) struct Known(BTreeMap<&'static str, HashMap<String, [u8; 16]>>);

/// How one table differs from what was last written.
pub(crate) struct Difference {
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<String>,
    /// Nothing was written of it before.
    pub(crate) whole: bool,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Keys of rows that are gone.
    pub(crate) gone: Vec<Vec<Cell>>,
}

impl Known {
    /// Takes note of every table as it is now, and says what that changes.
    pub(crate) fn differences(&mut self, connection: &Connection) -> rusqlite::Result<Vec<Difference>> {
        let mut all = Vec::new();
        for source in SOURCES {
            let columns = source.columns(connection)?;
            let mut rows = Vec::new();
            source.rows(connection, &mut |_, row| {
                rows.push(row);
                Ok(())
            })?;
            all.push(self.difference(source.name, columns, rows));
        }
        let names = ["seq", "state", "session"].map(str::to_owned).to_vec();
        let mut rows = Vec::new();
        query(connection, UNSETTLED_ROWS, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        all.push(self.difference(UNSETTLED, Columns { names, key: vec![0] }, rows));
        all.retain(|table| table.whole || !table.rows.is_empty() || !table.gone.is_empty());
        Ok(all)
    }

    fn difference(&mut self, name: &'static str, columns: Columns, rows: Vec<Vec<Cell>>) -> Difference {
        let before = self.0.remove(name);
        let whole = before.is_none();
        let mut before = before.unwrap_or_default();
        let mut now = HashMap::with_capacity(rows.len());
        let mut changed = Vec::new();
        for row in rows {
            let key: Vec<&Cell> = columns.key.iter().filter_map(|at| row.get(*at)).collect();
            let key = text(&key);
            let digest = digest(&row);
            if before.remove(&key) != Some(digest) {
                changed.push(row);
            }
            now.insert(key, digest);
        }
        let gone = before.into_keys().filter_map(|key| serde_json::from_str(&key).ok()).collect();
        self.0.insert(name, now);
        Difference { name, columns: columns.names, whole, rows: changed, gone }
    }
}

fn text(cells: &impl serde::Serialize) -> String {
    serde_json::to_string(cells).unwrap_or_default()
}

fn digest(row: &[Cell]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text(&row))[..16]);
    half
}
