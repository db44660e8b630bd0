//! What is told of an import before and after, and what the audit keeps of it.

use super::table::Table;
use crate::audit;
use crate::fault::{Fault, Faults};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use shared::audit::Act;
use shared::import::{CHANGES_MAX, ImportAnswer, ImportChange, ImportCounts, ImportFault};
use std::fmt::Debug;

/// An import that was decided and not carried out yet.
#[derive(Debug)]
pub(crate) struct Ready<P> {
    /// What is to be written.
    pub(crate) plan: P,
    /// Stands for the file and all that it was compared with: while it is the same, so is the plan.
    pub(crate) token: String,
}

/// A token for these bytes and for what they are compared with.
pub(super) fn token(what: &str, bytes: &[u8], compared: &impl Debug) -> String {
    let mut hasher = Sha256::new();
    hasher.update(what);
    hasher.update([0]);
    hasher.update(Sha256::digest(bytes));
    // Derived, it names every field of every row: nothing can be forgotten.
    hasher.update(format!("{compared:?}"));
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is told of a file that can be imported.
pub(super) fn good(
    table: &Table,
    counts: ImportCounts,
    changes: Vec<ImportChange>,
    token: &str,
) -> ImportAnswer {
    let more = changes.len().saturating_sub(CHANGES_MAX);
    ImportAnswer {
        token: Some(token.to_owned()),
        rows: wide(table.lines.len()),
        counts,
        changes: changes.into_iter().take(CHANGES_MAX).collect(),
        more_changes: wide(more),
        ..read(table)
    }
}

/// What is told of a file that was read; nothing of what is in it.
fn read(table: &Table) -> ImportAnswer {
    ImportAnswer {
        sheet: table.sheet.clone(),
        sheets: table.sheets.clone(),
        unused: table.unused.clone(),
        rows: wide(table.lines.len()),
        ..ImportAnswer::default()
    }
}

/// What is told of a file with something wrong in it.
pub(crate) fn bad(table: Option<&Table>, faults: &Faults) -> ImportAnswer {
    let (told, more) = faults.told();
    let fault = |(line, Fault { zh, en }): (usize, Fault)| ImportFault {
        line: Some(wide(line)).filter(|line| *line > 0),
        zh,
        en,
    };
    ImportAnswer {
        faults: told.into_iter().map(fault).collect(),
        more_faults: wide(more),
        ..table.map(read).unwrap_or_default()
    }
}

pub(super) fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Notes an import in the audit: whose, of what, how many. Names of persons stay out.
///
/// # Errors
/// A fault of the store.
pub(crate) fn note(
    conn: &Connection,
    (act, org): (Act, &str),
    whole: bool,
    counts: &ImportCounts,
    (account_id, now_ms): (Option<i64>, i64),
) -> rusqlite::Result<()> {
    let detail = serde_json::json!({ "org": org, "whole": whole, "counts": counts });
    audit::add(conn, audit::New { at_ms: now_ms, account_id, act, detail: &detail.to_string() })
}
