//! A hash of everything that the data say, part by part: equal states have equal hashes whatever
//! numbers their rows have and in whatever order they came to be.

use super::record::{Cell, hex};
use super::shelf::Shelf;
use super::source::{SOURCES, query};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;

/// Part → hash, hexadecimal.
pub type State = BTreeMap<String, String>;

/// Parts that an answer changes; responses may be newer in a backup than its last commit.
pub const OF_RESPONSES: [&str; 3] = ["response", "mark_count", "feedback"];

/// Parts beside the tables of facts, by a query whose rows tell everything in a fixed order.
const PARTS: [(&str, &str); 14] = [
    (
        "change",
        "SELECT change.seq, change.id, replica.id, replica_seq, kind, session, recv_ms, eff_ms, state, tags, raw
         FROM change JOIN replica ON replica.replica_id = change.replica_id ORDER BY seq",
    ),
    ("response", "SELECT id, session, day_ms, via, form, version, answers FROM response ORDER BY id"),
    (
        "mark_count",
        "SELECT session.id, question, mark, n FROM mark_count
         JOIN session ON session.session_id = mark_count.session_id
         WHERE n > 0 ORDER BY session.id, question, mark",
    ),
    (
        "feedback",
        "SELECT id, response, totals_json FROM session WHERE row_exists = 1 ORDER BY id",
    ),
    (
        "session",
        "SELECT session.id, coalesce(stands.id, session.id), session.row_exists, org.id, session.state_json,
             CASE session.row_exists WHEN 1 THEN json_array(session.closed_eff_ms, hex(session.closed_id),
                 session.row_json, session.roster, session.present, session.walk_in, session.roster_present) END
         FROM session LEFT JOIN session AS stands ON stands.session_id = session.stands_id
         LEFT JOIN org ON org.org_id = session.org_id
         WHERE session.row_exists = 1 OR session.state_json <> '{}' ORDER BY session.id",
    ),
    (
        "attendance",
        "SELECT session.id, person.id, shown, attendance.present, iif(shown, standing, NULL), added, attendance.row_json, added_json,
             attendance.state_json
         FROM attendance JOIN session ON session.session_id = attendance.session_id
         JOIN person ON person.person_id = attendance.person_id
         WHERE shown = 1 OR attendance.state_json <> '{}' ORDER BY session.id, person.id",
    ),
    (
        "walk_in",
        "SELECT person.id, origin, org.id, person.name, staff_no, phone_tail FROM person
         LEFT JOIN org ON org.org_id = person.org_id WHERE origin = 'walk_in' ORDER BY person.id",
    ),
    (
        "stands",
        "SELECT person.id, stands.id FROM person JOIN person AS stands ON stands.person_id = person.stands_id
         WHERE person.stands_id <> person.person_id ORDER BY person.id",
    ),
    (
        "declared",
        "SELECT closing.code, account.id, session.id, arrived FROM closing
         JOIN account ON account.account_id = closing.account_id
         LEFT JOIN session ON session.session_id = closing.session_id ORDER BY 1, 2",
    ),
 (
        "session_lecturer",
        "SELECT account, session.id FROM session_lecturer
         JOIN session ON session.session_id = session_lecturer.session_id ORDER BY account, session.id",
    ),
    (
        "photo",
        "SELECT photo.id, session.id, sha256, len, shows, caption, at_ms, stands FROM photo
         JOIN session ON session.session_id = photo.session_id ORDER BY photo.id",
    ),
    ("void_target", "SELECT target, session FROM void_target ORDER BY target, session"),
    ("alias", "SELECT change_id, kind, a, b FROM alias ORDER BY change_id"),
    (
        "session_replica",
        "SELECT session.id, replica.id, check_in, declared_check_in, declared_response FROM session_replica
         JOIN session ON session.session_id = session_replica.session_id
         JOIN replica ON replica.replica_id = session_replica.replica_id
         WHERE check_in > 0 OR declared_check_in > 0 OR declared_response > 0 ORDER BY session.id, replica.id",
    ),
];

/// The audit without what tells of the copy alone: that it was restored, and the chain, which is verified by itself.
const AUDIT: &str = "SELECT at_ms, account.id, act, detail FROM audit
    LEFT JOIN account ON account.account_id = audit.account_id WHERE act <> 'restore' ORDER BY audit_id";

/// What phones would be given from the top: scope, row, whether it is there.
const FEED: &str = "SELECT scope_kind, coalesce(org.id, session.id), row_kind, row_id FROM feed
    LEFT JOIN org ON scope_kind = 1 AND org.org_id = scope_id
    LEFT JOIN session ON scope_kind = 2 AND session.session_id = scope_id
    WHERE deleted = 0 ORDER BY 1, 2, 3, 4";

/// The state of the data, read in one transaction.
///
/// # Errors
/// A fault of the store.
pub fn state(connection: &Connection) -> rusqlite::Result<State> {
    let mut state = State::new();
    for source in SOURCES.iter().filter(|source| source.name != "audit") {
        let mut hash = Sha256::new();
        source.rows(connection, &mut |_, row| add(&mut hash, &row))?;
        state.insert(source.name.to_owned(), hex(&hash.finalize()));
    }
    for (name, text) in PARTS.into_iter().chain([("feed", FEED), ("audit", AUDIT)]) {
        let mut hash = Sha256::new();
        query(connection, text, &mut |row| add(&mut hash, &row))?;
        state.insert(name.to_owned(), hex(&hash.finalize()));
    }
    Ok(state)
}

fn add(hash: &mut Sha256, row: &[Cell]) -> rusqlite::Result<()> {
    hash.update(serde_json::to_vec(row).map_err(crate::db::corrupt)?);
    hash.update(b"\n");
    Ok(())
}

/// The first row of each differing part that is not in both: to be looked into by people.
///
/// # Errors
/// A fault of the store.
pub fn explain(one: &Connection, other: &Connection, parts: &[String]) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    for part in parts {
        let (here, there) = (rows(one, part)?, rows(other, part)?);
        let only = |some: &[String], others: &[String]| {
            some.iter().find(|row| !others.contains(row)).cloned().unwrap_or_default()
        };
        found.push(format!("{part}: {} / {}", only(&here, &there), only(&there, &here)));
    }
    Ok(found)
}

/// Every row of a part, as it goes into the hash.
fn rows(connection: &Connection, part: &str) -> rusqlite::Result<Vec<String>> {
    let mut rows = Vec::new();
    let mut keep = |row: Vec<Cell>| {
        rows.push(serde_json::to_string(&row).map_err(crate::db::corrupt)?);
        Ok(())
    };
    if part == "audit" {
        query(connection, AUDIT, &mut keep)?;
        return Ok(rows);
    }
    match (SOURCES.iter().find(|source| source.name == part), PARTS.iter().find(|(name, _)| *name == part)) {
        (Some(source), _) => source.rows(connection, &mut |_, row| keep(row))?,
        (None, Some((_, text))) => query(connection, text, &mut keep)?,
        (None, None) => query(connection, FEED, &mut keep)?,
    }
    Ok(rows)
}

/// The file beside the log that holds the salt of the last hashes of [`OF_RESPONSES`], and no other.
pub(crate) const SALT: &str = "salt";

/// A salt, and the seq of the commit whose state it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Salt {
    pub(crate) seq: i64,
    pub(crate) salt: String,
}

impl Salt {
    /// A new one.
    pub(crate) fn new(seq: i64) -> Result<Self, getrandom::Error> {
        let mut salt = [0_u8; 32];
        getrandom::fill(&mut salt)?;
        Ok(Self { seq, salt: hex(&salt) })
    }

    /// Where the backup has it, the salt of its last state.
    pub(crate) fn read(shelf: &dyn Shelf) -> Option<Self> {
        let mut text = Vec::new();
        shelf.open(SALT).and_then(|mut file| file.read_to_end(&mut text)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The state as a commit tells it. The hash of some responses alone would tell which ones were there
    /// by then: whoever has all of them, and one hash a minute, could try.
    pub(crate) fn salted(&self, mut state: State) -> State {
        for part in OF_RESPONSES {
            if let Some(of) = state.get_mut(part) {
                let mut hash = Sha256::new();
                hash.update(&self.salt);
                hash.update(&*of);
                *of = hex(&hash.finalize());
            }
        }
        state
    }
}

/// One hash of all parts: what people compare.
#[must_use]
pub fn whole(state: &State) -> String {
    let mut hash = Sha256::new();
    for (part, of) in state {
        hash.update(part);
        hash.update([0]);
        hash.update(of);
        hash.update([0]);
    }
    hex(&hash.finalize())
}

/// Parts in which two states differ.
#[must_use]
pub fn differing(one: &State, other: &State) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}
