//! The milestones by which phones tell these data from an older state of them (docs/sync.md, "Loss is
//! noticed"). A counter alone does not: others soon use its numbers again.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use shared::id::BatchId;
use shared::wire::Milestone;

/// Milestones behind the last seq by more than this are dropped now and then; nobody is told to be behind then.
const KEPT: i64 = 1_000_000;
/// How often: at each seq that this divides.
const TIDY_AT: i64 = 1_024;

/// The last milestone.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Milestone>> {
    connection
        .prepare_cached("SELECT seq, word FROM milestone ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok(Milestone { seq: number(row.get(0)?), word: row.get(1)? }))
        .optional()
}

/// A new milestone at the last seq. The batch's id is random, so that the same pushes again, after the data
/// were put back, give other words.
pub(super) fn advance(
    connection: &Connection,
    seq: i64,
    batch: BatchId,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let before = last(connection)?;
    let mut hash = Sha256::new();
    hash.update(before.map_or([0; 4], |milestone| milestone.word.to_le_bytes()));
    hash.update(batch.as_bytes());
    hash.update(seq.to_le_bytes());
    hash.update(now_ms.to_le_bytes());
    let digest = hash.finalize();
    let word = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]);
    connection
        .prepare_cached("INSERT INTO milestone (seq, word) VALUES (?1, ?2) ON CONFLICT (seq) DO NOTHING")?
        .execute((seq, word))?;
    if seq % TIDY_AT == 0 {
        connection.prepare_cached("DELETE FROM milestone WHERE seq < ?1")?.execute([seq - KEPT])?;
    }
    Ok(())
}

/// Whether any of these milestones was never made here.
pub(super) fn lacks(connection: &Connection, known: &[Milestone]) -> rusqlite::Result<bool> {
    if known.is_empty() {
        return Ok(false);
    }
    let first: Option<i64> =
        connection.prepare_cached("SELECT min(seq) FROM milestone")?.query_row([], |row| row.get(0))?;
    for milestone in known {
        let seq = i64::try_from(milestone.seq).unwrap_or(i64::MAX);
        let word: Option<u32> = connection
            .prepare_cached("SELECT word FROM milestone WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))
            .optional()?;
        let dropped = word.is_none() && first.is_some_and(|first| seq < first);
        if word != Some(milestone.word) && !dropped {
            return Ok(true);
        }
    }
    Ok(false)
}

fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
