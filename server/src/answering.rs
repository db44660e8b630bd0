//! The table of links to answer by. Load, apply, rows; no policy but how long a link is good.

use rusqlite::{Connection, OptionalExtension, Row};
use shared::answering::{AFTER_CLOSING_MS, Answering, EXPECTED_UNKNOWN, MOST_PER_EXPECTED, ViaCounts, path};
use shared::feedback::Via;
use shared::id::SessionId;
use shared::session::State;

/// A link with what it depends on.
pub(crate) struct Link {
    /// The session in the link.
    pub(crate) session: SessionId,
    /// The row of the session that stands for it.
    pub(crate) session_id: i64,
    token: String,
    ended: bool,
    cancelled: bool,
    /// Until when it is good, ms; none as long as the session is not closed.
    ends_ms: Option<i64>,
    /// How many have answered by it.
    answered: u32,
    /// How many may.
    most: u32,
}

/// Why nobody can answer by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// Staff ended it, or the session was cancelled.
    Ended,
    /// The session was closed too long ago.
    Late,
    /// As many answered as may.
    Full,
}

impl Over {
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::Ended => "已结束 / it was ended",
            Self::Late => "场次结束已超过 72 小时 / the session was closed more than 72 hours ago",
            Self::Full => "已收满，不再接收 / as many have answered as may",
        }
    }
}

impl Link {
    /// Why it is not good now, if it is not.
    pub(crate) fn over(&self, now_ms: i64) -> Option<Over> {
        if self.ended || self.cancelled {
            return Some(Over::Ended);
        }
        if self.ends_ms.is_some_and(|ends_ms| now_ms >= ends_ms) {
            return Some(Over::Late);
        }
        (self.answered >= self.most).then_some(Over::Full)
    }

    /// Whether staff ended it.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// What staff and phones see of it.
    pub(crate) fn shown(&self) -> Answering {
        let Self { session, token, ends_ms, answered, most, .. } = self;
        Answering { path: path(*session, token), ends_ms: *ends_ms, answered: *answered, most: *most }
    }
}

const COLUMNS: &str = "answering.session, answering.token, answering.ended_ms, stands.session_id,
        stands.state, stands.closed_eff_ms, stands.expected, stands.roster,
        (SELECT count(*) FROM response WHERE response.session = answering.session AND via = 'link')
     FROM answering JOIN session ON session.id = answering.session
     JOIN session AS stands ON stands.session_id = coalesce(session.stands_id, session.session_id)
     WHERE stands.row_exists = 1 AND";

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let state: Option<String> = row.get(4)?;
    let is = |known: State| state.as_deref() == Some(known.wire());
    let closed_ms: Option<i64> = row.get::<_, Option<i64>>(5)?.filter(|_| is(State::Closed));
    let (own, roster): (Option<u32>, u32) = (row.get(6)?, row.get(7)?);
    let expected = own.or(Some(roster)).filter(|n| *n > 0).unwrap_or(EXPECTED_UNKNOWN);
    Ok(Link {
        session: SessionId::from_bytes(row.get(0)?),
        token: row.get(1)?,
        ended: row.get::<_, Option<i64>>(2)?.is_some(),
        session_id: row.get(3)?,
        cancelled: is(State::Cancelled),
        ends_ms: closed_ms.map(|ms| ms.saturating_add(AFTER_CLOSING_MS)),
        answered: row.get(8)?,
        most: expected.saturating_mul(MOST_PER_EXPECTED),
    })
}

/// The link with this token.
pub(crate) fn by_token(connection: &Connection, token: &str) -> rusqlite::Result<Option<Link>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} answering.token = ?1"))?
        .query_row([token], link)
        .optional()
}

/// The link of this session.
pub(crate) fn of_session(connection: &Connection, session: SessionId) -> rusqlite::Result<Option<Link>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} answering.session = ?1"))?
        .query_row([session.as_bytes()], link)
        .optional()
}

/// Keeps a new token; one of before is good for nothing then.
pub(crate) fn keep(connection: &Connection, session: SessionId, token: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO answering (session, token) VALUES (?1, ?2)
             ON CONFLICT (session) DO UPDATE SET token = excluded.token, ended_ms = NULL",
        )?
        .execute((session.as_bytes(), token))?;
    Ok(())
}

/// Ends a link; says whether there was one that stood.
pub(crate) fn end(connection: &Connection, session: SessionId, now_ms: i64) -> rusqlite::Result<bool> {
    let ended = connection
        .prepare_cached("UPDATE answering SET ended_ms = ?2 WHERE session = ?1 AND ended_ms IS NULL")?
        .execute((session.as_bytes(), now_ms))?;
    Ok(ended > 0)
}

/// Responses to a session, and to those that it stands for, by the way they came.
pub(crate) fn via(connection: &Connection, session_id: i64) -> rusqlite::Result<ViaCounts> {
    let mut found = connection.prepare_cached(
        "SELECT via, count(*) FROM response WHERE session IN
             (SELECT id FROM session WHERE session_id = ?1
              UNION ALL SELECT id FROM session WHERE stands_id = ?1 AND stands_id <> session_id)
         GROUP BY via",
    )?;
    let mut counts = ViaCounts::default();
    let mut rows = found.query([session_id])?;
    while let Some(row) = rows.next()? {
        let n = row.get(1)?;
        match Via::from_wire(&row.get::<_, String>(0)?) {
            Some(Via::Phone) => counts.phone = n,
            Some(Via::Link) => counts.link = n,
            Some(Via::Paper) => counts.paper = n,
            None => {}
        }
    }
    Ok(counts)
}
