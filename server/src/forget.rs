//! What the file itself would tell of the order in which answers came (docs/privacy.md). A table ordered
//! by random ids is not enough: in a page of it, what came later lies before what came earlier, and the
//! write-ahead log holds commit after commit. So every table that anonymous answers change is written
//! anew in the order of its keys, and the log is emptied: at least once a minute while answers come,
//! and when the server ends.

use crate::App;
use crate::refuse::Refusal;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use shared::museum::{Defect, planted};
use std::time::{Duration, Instant};

/// How often it is looked whether anything anonymous has come.
const EVERY: Duration = Duration::from_secs(60);
/// Of a large table the next round waits, so that at most one part in so many of the time is spent on it.
const SHARE: u32 = 200;
/// Between two transactions of a round others have their turn.
const TURN: Duration = Duration::from_millis(20);

/// A table that anonymous answers change.
struct Table {
    name: &'static str,
    key: &'static str,
    columns: &'static [&'static str],
    /// How many columns of the key come first among them.
    keys: usize,
    /// So many rows in one transaction.
    together: usize,
}

const TABLES: [Table; 3] = [
    Table {
        name: "response",
        key: "id",
        columns: &["id", "session", "day_ms", "via", "form", "version", "answers"],
        keys: 1,
        together: 2_000,
    },
    // A mark has its row since it was first given.
    Table {
        name: "mark_count",
        key: "session_id, question, mark",
        columns: &["session_id", "question", "mark", "n", "unpublished"],
        keys: 3,
        together: 2_000,
    },
    // What is held of nobody is in here as well; a row may have a megabyte.
    Table {
        name: "held",
        key: "held_id",
        columns: &["held_id", "id", "replica_id", "session", "code", "recv_ms", "raw"],
        keys: 1,
        together: 16,
    },
];

/// Does it for ever, until it is dropped.
pub(crate) async fn keep(app: App) {
    let mut done = None;
    loop {
        tokio::time::sleep(EVERY).await;
        let began = Instant::now();
        match round(&app, done).await {
            Ok(now) => done = Some(now),
            Err(error) => tracing::warn!(%error, "the order of answers could not be forgotten yet"),
        }
        tokio::time::sleep((began.elapsed() * SHARE).saturating_sub(EVERY)).await;
    }
}

/// Forgets the order of all that came so far.
///
/// # Errors
/// The store's.
pub async fn order(app: &App) -> Result<(), Refusal> {
    round(app, None).await.map(drop)
}

/// How many anonymous rows there are; nothing is done where it is as many as before.
async fn round(app: &App, before: Option<(i64, i64)>) -> Result<(i64, i64), Refusal> {
    let counts = "SELECT (SELECT count(*) FROM response),
                      (SELECT count(*) FROM held WHERE replica_id IS NULL)";
    let look = |conn: &Connection| conn.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let now: (i64, i64) = app.db.read::<_, Refusal, _>(move |conn| Ok(look(conn)?)).await?;
    if before == Some(now) {
        return Ok(now);
    }
    let (some, held) = (before.is_none_or(|was| was.0 != now.0), before.is_none_or(|was| was.1 != now.1));
    for table in &TABLES {
        if if table.name == "held" { held } else { some } {
            anew(app, table).await?;
        }
    }
    app.db.empty_log().await?;
    Ok(now)
}

/// Writes a table anew, part by part. The parts begin elsewhere each time, so that no page is for ever
/// at the border of two.
async fn anew(app: &App, table: &'static Table) -> Result<(), Refusal> {
    let mut dice = [0_u8; 2];
    getrandom::fill(&mut dice).map_err(|_| shared::problem::Code::Internal)?;
    let mut most = 1 + usize::from(u16::from_le_bytes(dice)) % table.together;
    let mut after = None;
    loop {
        let from = after.take();
        let (rows, last) =
            app.db.write::<_, Refusal, _>(move |conn| Ok(part(conn, table, from, most)?)).await?;
        if rows < most {
            return Ok(());
        }
        (after, most) = (last, table.together);
        tokio::time::sleep(TURN).await;
    }
}

/// Takes so many rows behind a key out, and puts them in again in the order of their keys. Says how
/// many there were, and the last key.
fn part(
    conn: &Connection,
    table: &Table,
    after: Option<Vec<Value>>,
    most: usize,
) -> rusqlite::Result<(usize, Option<Vec<Value>>)> {
    if planted(Defect::OrderKept) {
        return Ok((0, None));
    }
    let (name, key, columns) = (table.name, table.key, table.columns.join(", "));
    let marks = |n: usize| vec!["?"; n].join(", ");
    let behind =
        after.as_ref().map_or_else(String::new, |_| format!("WHERE ({key}) > ({})", marks(table.keys)));
    let text = format!("SELECT {columns} FROM {name} {behind} ORDER BY {key} LIMIT {most}");
    let mut found = conn.prepare_cached(&text)?;
    let read = found.query_map(params_from_iter(after.iter().flatten()), |row| {
        (0..table.columns.len()).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<Value>>>()
    });
    let rows = read?.collect::<rusqlite::Result<Vec<_>>>()?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok((0, None)) };
    let keys = |row: &[Value]| row.iter().take(table.keys).cloned().collect::<Vec<Value>>();
    let (first, last) = (keys(first), keys(last));
    // What refers to a row finds it again before the commit.
    conn.pragma_update(None, "defer_foreign_keys", true)?;
    let text = format!("DELETE FROM {name} WHERE ({key}) >= ({0}) AND ({key}) <= ({0})", marks(table.keys));
    conn.prepare_cached(&text)?.execute(params_from_iter(first.iter().chain(&last)))?;
    let text = format!("INSERT INTO {name} ({columns}) VALUES ({})", marks(table.columns.len()));
    let mut put = conn.prepare_cached(&text)?;
    for row in &rows {
        put.execute(params_from_iter(row))?;
    }
    Ok((rows.len(), Some(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db;

    #[test]
    fn every_column_of_the_tables_is_written_again() {
        let data = db::memory().unwrap();
        for table in &TABLES {
            let of = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
            let mut found = data.prepare(of).unwrap();
            let names = found.query_map([table.name], |row| row.get::<_, String>(0)).unwrap();
            assert_eq!(names.collect::<Result<Vec<_>, _>>().unwrap(), table.columns, "{}", table.name);
            assert!(table.columns.join(", ").starts_with(table.key), "{}", table.name);
        }
    }

    #[test]
    fn rows_come_back_as_they_were_part_by_part() {
        let data = db::memory().unwrap();
        fill(&data);
        let all = |name: &str| -> Vec<String> {
            let text = format!("SELECT hex(held_id) || raw FROM {name} ORDER BY 1");
            let text =
                if name == "response" { "SELECT hex(id) || answers FROM response ORDER BY 1" } else { &text };
            data.prepare(text).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let before = (all("held"), all("response"));
        assert_eq!((before.0.len(), before.1.len()), (50, 100));
        for table in &TABLES {
            data.execute_batch("BEGIN").unwrap();
            let (mut after, mut sum) = (None, 0);
            loop {
                let (rows, last) = part(&data, table, after, 7).unwrap();
                sum += rows;
                after = last;
                if rows < 7 {
                    break;
                }
            }
            data.execute_batch("COMMIT").unwrap();
            let count: i64 = data
                .query_row(&format!("SELECT count(*) FROM {}", table.name), [], |row| row.get(0))
                .unwrap();
            assert_eq!(sum as i64, count, "{}", table.name);
        }
        assert_eq!((all("held"), all("response")), before);
        let decided = "SELECT count(*) FROM held_decision JOIN held USING (held_id)";
        assert_eq!(data.query_row(decided, [], |row| row.get::<_, i64>(0)).unwrap(), 20);
    }

    fn fill(data: &Connection) {
        data.execute_batch(
            "INSERT INTO account (account_id, id, login, name, password_hash, created_ms) VALUES (1, x'01', 'a', 'a', '', 0);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
             INSERT INTO held (held_id, id, code, raw) SELECT randomblob(32), i, 'unparseable', hex(randomblob(2000)) FROM n;
             INSERT INTO held_decision (held_id, accepted, account_id, at_ms) SELECT held_id, 1, 1, 0 FROM held LIMIT 20;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
             INSERT INTO response SELECT randomblob(16), x'02', 0, 'link', x'03', 1, '{}' FROM n;",
        )
        .unwrap();
    }
}
