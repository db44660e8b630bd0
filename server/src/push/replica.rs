//! One replica's seqs: how many are here without a gap, and what its next stamp follows.

use crate::access::{Caller, account};
use crate::device;
use rusqlite::{Connection, OptionalExtension};
use shared::id::ReplicaId;

/// The replica that sends.
pub(super) struct Replica {
    pub(super) replica_id: i64,
    pub(super) id: ReplicaId,
    /// Seq 1..=have are all here.
    pub(super) have: i64,
    /// The highest seq in the log.
    top_seq: i64,
    /// The highest `eff_ms` in the log.
    top_eff_ms: i64,
    /// A seq was seen to be used twice, in this push.
    clashed: bool,
}

impl Replica {
    /// The replica, made now for this account if nobody has it; none if another account does.
    pub(super) fn open(
        connection: &Connection,
        caller: &Caller,
        id: ReplicaId,
    ) -> rusqlite::Result<Option<Self>> {
        let Some(own) = account::replica(connection, caller.account_id, id, None)? else {
            return Ok(None);
        };
        let replica_id = own.replica_id;
        // The login's phone was told to rotate, or did by itself.
        if own.new
            && let Some(before) = caller.replica_id
        {
            device::follow(connection, before, replica_id)?;
        }
        connection
            .prepare_cached("SELECT have, top_seq, top_eff_ms FROM replica WHERE replica_id = ?1")?
            .query_row([replica_id], |row| {
                let (have, top_seq, top_eff_ms) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(Some(Self { replica_id, id, have, top_seq, top_eff_ms, clashed: false }))
            })
    }

    /// Notes that the change of this seq is here, in the log or held.
    pub(super) fn note(&mut self, connection: &Connection, seq: i64) -> rusqlite::Result<()> {
        if seq > self.have.saturating_add(1) {
            connection
                .prepare_cached(
                    "INSERT INTO replica_ahead (replica_id, seq) VALUES (?1, ?2)
                     ON CONFLICT (replica_id, seq) DO NOTHING",
                )?
                .execute((self.replica_id, seq))?;
            return Ok(());
        }
        if seq <= self.have {
            return Ok(());
        }
        self.have = seq;
        let mut next =
            connection.prepare_cached("DELETE FROM replica_ahead WHERE replica_id = ?1 AND seq = ?2")?;
        while next.execute((self.replica_id, self.have.saturating_add(1)))? > 0 {
            self.have += 1;
        }
        Ok(())
    }

    /// The highest `eff_ms` so far of a lower seq; none without a seq or a lower one.
    pub(super) fn previous_ms(
        &self,
        connection: &Connection,
        seq: Option<i64>,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(seq) = seq else { return Ok(None) };
        if seq > self.top_seq {
            return Ok((self.top_seq > 0).then_some(self.top_eff_ms));
        }
        connection
            .prepare_cached("SELECT max(eff_ms) FROM change WHERE replica_id = ?1 AND replica_seq < ?2")?
            .query_row((self.replica_id, seq), |row| row.get(0))
    }

    /// Whether something else is here under this seq, in the log or held: a cloned profile, or a
    /// disk rolled back. Asked of changes that are not known, before they are noted.
    pub(super) fn clashes(&self, connection: &Connection, seq: i64) -> rusqlite::Result<bool> {
        if seq <= self.have {
            return Ok(true);
        }
        connection
            .prepare_cached("SELECT 1 FROM replica_ahead WHERE replica_id = ?1 AND seq = ?2")?
            .query_row((self.replica_id, seq), |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
    }

    /// Notes that a seq was seen to be used twice.
    pub(super) fn clashed(&mut self) {
        self.clashed = true;
    }

    /// Notes that a change of this seq went into the log with this stamp.
    pub(super) fn logged(&mut self, seq: Option<i64>, eff_ms: i64) {
        if let Some(seq) = seq {
            self.top_eff_ms = if self.top_seq == 0 { eff_ms } else { self.top_eff_ms.max(eff_ms) };
            self.top_seq = self.top_seq.max(seq);
        }
    }

    /// Writes it back, with what the phone said of itself.
    pub(super) fn save(&self, connection: &Connection, pending: u64, recv_ms: i64) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "UPDATE replica SET have = ?2, top_seq = ?3, top_eff_ms = ?4, pending = ?5,
                     last_seen_ms = max(last_seen_ms, ?6),
                     clashed_ms = CASE WHEN ?7 THEN ?6 ELSE clashed_ms END
                 WHERE replica_id = ?1",
            )?
            .execute((
                self.replica_id,
                self.have,
                self.top_seq,
                self.top_eff_ms,
                i64::try_from(pending).unwrap_or(i64::MAX),
                recv_ms,
                self.clashed,
            ))?;
        Ok(())
    }
}
