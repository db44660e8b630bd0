//! The log of a backup taken in again: stamps and verdicts are those of the first time, since the
//! grants, the clock and the people who gave them belong to that moment.

use super::intake::apply;
use super::log::{self, State};
use super::wait::tell_held;
use crate::backup::record::Logged;
use crate::backup::restore::change_id;
use crate::db::corrupt;
use crate::held;
use crate::ledger::Sql;
use rusqlite::Connection;
use shared::change::{self, Change};
use shared::id::{ReplicaId, SessionId};
use shared::merge::Stamped;
use std::collections::HashMap;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has its effect.
    Taken,
    /// It waits for a session.
    Waiting,
    /// It is held.
    Held,
}

impl Verdict {
    /// From the word of the table.
    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "taken" => Self::Taken,
            "held" => Self::Held,
            // One that is not known has no effect, and can have it later.
            _ => Self::Waiting,
        }
    }
}

/// Some changes in one transaction.
pub(crate) struct Replay<'c> {
    connection: &'c Connection,
    ledger: Sql<'c>,
    replicas: HashMap<i64, ReplicaId>,
}

impl<'c> Replay<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, ledger: Sql::new(connection), replicas: HashMap::new() }
    }

    /// Takes one change in. `waits`: what it waits, or waited in vain, for.
    pub(crate) fn one(
        &mut self,
        logged: &Logged,
        verdict: Verdict,
        waits: Option<SessionId>,
    ) -> rusqlite::Result<()> {
        let value = serde_json::from_str(&logged.raw).map_err(corrupt)?;
        let change = change::parse(&value).ok();
        let (state, session) = match verdict {
            Verdict::Taken => (State::Taken, change.as_ref().and_then(|change| change.session)),
            Verdict::Waiting => (State::Waiting, waits),
            Verdict::Held => (State::Held, waits),
        };
        let id = change_id(logged)?;
        let as_then = log::New {
            id,
            replica_id: logged.replica_id,
            replica_seq: logged.replica_seq,
            session,
            recv_ms: logged.recv_ms,
            eff_ms: logged.eff_ms,
            state,
            tags: &logged.tags,
            kind: &logged.kind,
            raw: &logged.raw,
        };
        log::put(self.connection, logged.seq, &as_then)?;
        let Some(change) = change else { return Ok(()) };
        match state {
            State::Taken => self.apply(logged, change),
            State::Waiting => Ok(()),
            State::Held => tell_held(self.connection, held::session_of(self.connection, id)?, id),
        }
    }

    fn apply(&mut self, logged: &Logged, change: Change) -> rusqlite::Result<()> {
        let replica = self.replica(logged.replica_id)?;
        let suspect = logged.tags.split(' ').any(|tag| tag == log::TIME_SUSPECT);
        let stamped = Stamped { change, eff_ms: logged.eff_ms, suspect, replica };
        apply(&mut self.ledger, &stamped, logged.replica_id)
    }

    fn replica(&mut self, replica_id: i64) -> rusqlite::Result<ReplicaId> {
        if let Some(known) = self.replicas.get(&replica_id) {
            return Ok(*known);
        }
        let id = self
            .connection
            .prepare_cached("SELECT id FROM replica WHERE replica_id = ?1")?
            .query_row([replica_id], |row| row.get(0).map(ReplicaId::from_bytes))?;
        self.replicas.insert(replica_id, id);
        Ok(id)
    }

    /// Writes what follows from all of them.
    pub(crate) fn finish(self) -> rusqlite::Result<()> {
        self.ledger.finish()
    }
}
