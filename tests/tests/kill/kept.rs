//! What a database holds, read straight from its tables, and whether that is what was promised.

use super::ledger::{Change, Fate, Receipt};
use super::phone::Phone;
use crate::harness::Done;
use rusqlite::{Connection, Row};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Most complaints that are shown.
const SHOWN: usize = 5;

/// A row of the log.
struct Logged {
    seq: i64,
    replica: Uuid,
    replica_seq: Option<i64>,
    raw: String,
}

/// A row of what is held.
struct Held {
    code: String,
    replica: Option<Uuid>,
    raw: String,
}

/// Everything that phones sent, as one consistent state of the tables has it.
pub(super) struct Kept {
    log: HashMap<Uuid, Vec<Logged>>,
    held: HashMap<String, Vec<Held>>,
    responses: HashMap<Uuid, Value>,
    /// Of each replica, how far the server believes to have all.
    have: HashMap<Uuid, i64>,
    /// The last seq that was given out, and the highest that is in use.
    counter: (i64, i64),
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}

impl Kept {
    /// Reads all, after the file itself was found to be sound.
    pub(super) fn read(conn: &mut Connection) -> Done<Self> {
        let conn = conn.transaction()?;
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let strays: i64 =
            conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        if sound != "ok" || strays > 0 {
            return Err(format!("the file is damaged: {sound}; {strays} rows point nowhere").into());
        }
        let have = conn
            .prepare("SELECT id, have FROM replica")?
            .query_map([], |row| Ok((id(row, 0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let counter = conn.query_row(
            "SELECT value, max(coalesce((SELECT max(seq) FROM change), 0),
                               coalesce((SELECT max(seq) FROM feed), 0))
             FROM counter WHERE name = 'seq'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Self { log: log(&conn)?, held: held(&conn)?, responses: responses(&conn)?, have, counter })
    }

    /// The place of a change that is here (none of one that has no place); none where it is not.
    pub(super) fn find(&self, change: &Change) -> Option<Option<i64>> {
        match change.fate {
            Fate::Logged => self.log.get(&change.id)?.first().map(|row| Some(row.seq)),
            Fate::Held(_) => self.held.contains_key(&change.id.to_string()).then_some(None),
            Fate::Response => self.responses.contains_key(&change.id).then_some(Some(0)),
        }
    }

    /// How many changes there are, of every fate.
    pub(super) fn count(&self) -> usize {
        let log: usize = self.log.values().map(Vec::len).sum();
        let held: usize = self.held.values().map(Vec::len).sum();
        log + held + self.responses.len()
    }

    /// Every receipt is kept, and every replica is believed to have what it has.
    pub(super) fn keeps(&self, receipts: &[Receipt], phones: &[Phone]) -> Done {
        let mut wrong = Vec::new();
        for receipt in receipts {
            let Some(phone) = phones.get(receipt.change.phone) else { continue };
            if let Err(why) = self.keeps_one(receipt, phone) {
                wrong.push(format!("{why}: {}", receipt.change.raw));
            }
        }
        wrong.extend(self.has_right(phones, receipts)?);
        let (given, used) = self.counter;
        if given < used {
            wrong.push(format!("the counter stands at {given}, and {used} is in use"));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let (number, all) = (wrong.len(), receipts.len());
        wrong.truncate(SHOWN);
        Err(format!("{number} faults, {all} receipts were given:\n  {}", wrong.join("\n  ")).into())
    }

    /// Exactly once, in the place that its receipt says, byte for byte, and nowhere else.
    fn keeps_one(&self, receipt: &Receipt, phone: &Phone) -> Result<(), String> {
        let Change { id, seq, raw, fate, .. } = receipt.change.as_ref();
        let log = self.log.get(id).map_or(&[][..], Vec::as_slice);
        let held = self.held.get(&id.to_string()).map_or(&[][..], Vec::as_slice);
        let response = self.responses.get(id);
        match (fate, log, held, response) {
            (Fate::Logged, [row], [], None) => {
                let same = row.raw == *raw && row.replica == phone.replica && row.replica_seq == *seq;
                let there = Some(row.seq) == receipt.seq;
                let say = || format!("its receipt says {:?}, it is at {}", receipt.seq, row.seq);
                if same && there { Ok(()) } else { Err(say()) }
            }
            (Fate::Held(code), [], [row], None) => {
                let same = row.raw == *raw && row.replica == Some(phone.replica) && row.code == *code;
                same.then_some(()).ok_or_else(|| format!("held as {}: {}", row.code, row.raw))
            }
            (Fate::Response, [], [], Some(answers)) => {
                let sent: Value = serde_json::from_str(raw).map_err(|why| why.to_string())?;
                let same = sent["body"]["answers"] == *answers;
                same.then_some(()).ok_or_else(|| format!("kept as {answers}"))
            }
            _ => {
                let (log, held, responses) = (log.len(), held.len(), usize::from(response.is_some()));
                Err(format!("{log} times in the log, {held} times held, {responses} times a response"))
            }
        }
    }

    /// Every `have` is what follows from the rows, and no lower than what was receipted.
    fn has_right(&self, phones: &[Phone], receipts: &[Receipt]) -> Done<Vec<String>> {
        let of_log = self.log.values().flatten().map(|row| (row.replica, row.replica_seq));
        let mut here: HashMap<Uuid, Vec<i64>> = HashMap::new();
        for (replica, seq) in of_log {
            here.entry(replica).or_default().extend(seq);
        }
        for row in self.held.values().flatten() {
            let sent: Value = serde_json::from_str(&row.raw)?;
            here.entry(row.replica.unwrap_or_default()).or_default().extend(sent["seq"].as_i64());
        }
        let mut told: HashMap<usize, i64> = HashMap::new();
        for change in receipts.iter().map(|receipt| &receipt.change) {
            let highest = told.entry(change.phone).or_default();
            *highest = change.seq.unwrap_or(0).max(*highest);
        }
        let mut wrong = Vec::new();
        for Phone { number, replica, .. } in phones {
            let mut seqs = here.remove(replica).unwrap_or_default();
            seqs.sort_unstable();
            let whole = (1..).zip(&seqs).take_while(|(n, seq)| n == *seq).count();
            let has = self.have.get(replica).copied().unwrap_or(0);
            let (told, count) = (told.remove(number).unwrap_or(0), seqs.len());
            // No phone of this test leaves a seq out: what is here begins with 1 and has no gap.
            if usize::try_from(has) != Ok(whole) || whole != count || told > has {
                wrong.push(format!(
                    "phone {number}: have is {has}, {count} are here, {whole} without a gap, told of {told}"
                ));
            }
        }
        Ok(wrong)
    }
}

fn log(conn: &Connection) -> Done<HashMap<Uuid, Vec<Logged>>> {
    let mut rows = conn.prepare(
        "SELECT change.id, change.seq, replica.id, change.replica_seq, change.raw
         FROM change JOIN replica ON replica.replica_id = change.replica_id",
    )?;
    let rows = rows.query_map([], |row| {
        let logged =
            Logged { seq: row.get(1)?, replica: id(row, 2)?, replica_seq: row.get(3)?, raw: row.get(4)? };
        Ok((id(row, 0)?, logged))
    })?;
    gathered(rows)
}

fn held(conn: &Connection) -> Done<HashMap<String, Vec<Held>>> {
    let mut rows = conn.prepare(
        "SELECT coalesce(held.id, ''), held.code, replica.id, held.raw
         FROM held LEFT JOIN replica ON replica.replica_id = held.replica_id",
    )?;
    let rows = rows.query_map([], |row| {
        let replica: Option<[u8; 16]> = row.get(2)?;
        let replica = replica.map(Uuid::from_bytes);
        Ok((row.get(0)?, Held { code: row.get(1)?, replica, raw: row.get(3)? }))
    })?;
    gathered(rows)
}

/// All rows by their ids; that none comes twice is for the caller to find out.
fn gathered<K: Eq + std::hash::Hash, V>(
    rows: impl Iterator<Item = rusqlite::Result<(K, V)>>,
) -> Done<HashMap<K, Vec<V>>> {
    let mut all: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        let (id, row) = row?;
        all.entry(id).or_default().push(row);
    }
    Ok(all)
}

fn responses(conn: &Connection) -> Done<HashMap<Uuid, Value>> {
    let mut rows = conn.prepare("SELECT id, answers FROM response")?;
    let mut rows = rows.query([])?;
    let mut all = HashMap::new();
    while let Some(row) = rows.next()? {
        let answers: String = row.get(1)?;
        all.insert(id(row, 0)?, serde_json::from_str(&answers)?);
    }
    Ok(all)
}
