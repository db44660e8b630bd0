//! `org import`, `roster import`: a file of orgs or persons, previewed or taken in.

use super::account::no_org;
use super::{ImportFile, read_file, say};
use crate::fault::{Faults, Rejection};
use crate::import::{note, org, roster};
use crate::{db, org as orgs};
use rusqlite::Connection;
use shared::import::{ImportAnswer, ImportChange};
use shared::text::Lang;
use std::path::Path;

/// Imports the org tree.
///
/// # Errors
/// One line per bad line of the file, or one clear line.
pub(super) fn orgs(dir: &Path, file: &ImportFile, now_ms: i64) -> Result<(), Rejection> {
    let (name, bytes) = read_file(&file.path)?;
    let refused = |faults: Faults| faults.rejection(&name);
    let table = org::read(&bytes, file.sheet.as_deref()).map_err(refused)?;
    let answer = write(dir, |conn| {
        let (ready, answer) = org::prepare(conn, (&bytes, &table))?.map_err(refused)?;
        if !file.preview {
            org::apply(conn, &ready.plan)?;
            note(conn, ("import_orgs", ""), false, &answer.counts, (None, now_ms))?;
        }
        Ok(answer)
    })?;
    tell(("组织", "orgs"), &answer, file.preview)
}

/// Imports the roster of the org with this code; whole: who is not in the file has left.
///
/// # Errors
/// One line per bad line of the file, or one clear line.
pub(super) fn roster(
    dir: &Path,
    (code, whole): (&str, bool),
    file: &ImportFile,
    now_ms: i64,
) -> Result<(), Rejection> {
    let (name, bytes) = read_file(&file.path)?;
    let refused = |faults: Faults| faults.rejection(&name);
    let table = roster::read(&bytes, file.sheet.as_deref()).map_err(refused)?;
    let answer = write(dir, |conn| {
        let org_id = orgs::find_code(conn, code)?.ok_or_else(|| no_org(code))?;
        let asked = roster::Asked { org_id, whole };
        let (ready, answer) = roster::prepare(conn, asked, (&bytes, &table))?.map_err(refused)?;
        if !file.preview {
            roster::apply(conn, asked, &ready.plan, now_ms)?;
            note(conn, ("import_roster", code), whole, &answer.counts, (None, now_ms))?;
        }
        Ok(answer)
    })?;
    tell(("花名册", "roster"), &answer, file.preview)
}

fn write<T>(dir: &Path, job: impl FnOnce(&Connection) -> Result<T, Rejection>) -> Result<T, Rejection> {
    let mut connection = db::connect(dir)?;
    db::transaction(&mut connection, job)
}

/// Says what was done, or would be; of a preview each change too.
fn tell((zh, en): (&str, &str), answer: &ImportAnswer, preview: bool) -> Result<(), Rejection> {
    if preview {
        for change in &answer.changes {
            say(&line(change))?;
        }
        if answer.more_changes > 0 {
            say(&format!("还有 {0} 项 / and {0} more", answer.more_changes))?;
        }
    }
    let counts = &answer.counts;
    let (mut text_zh, mut text_en) = (
        format!("新增 {}，变更 {}，未变 {}", counts.added, counts.changed, counts.same),
        format!("{} added, {} changed, {} as before", counts.added, counts.changed, counts.same),
    );
    for (n, word_zh, word_en) in
        [(counts.moved, "调动", "moved"), (counts.returned, "回来", "back"), (counts.left, "离开", "left")]
    {
        if n > 0 {
            text_zh += &format!("，{word_zh} {n}");
            text_en += &format!(", {n} {word_en}");
        }
    }
    let (before_zh, before_en) =
        if preview { ("预览，没有写入。", "preview, nothing written: ") } else { ("", "") };
    say(&format!("{before_zh}{zh}：{text_zh} / {before_en}{en}: {text_en}"))
}

fn line(change: &ImportChange) -> String {
    let what = change.what.label(Lang::Zh);
    let key = change.key.as_deref().unwrap_or("—");
    let fields = change.fields.iter().map(|field| {
        let (from, to) = field.says(Lang::Zh);
        format!("；{} {from} → {to}", field.field.label(Lang::Zh))
    });
    format!("{what}：{key} {} · {}{}", change.name, change.place, fields.collect::<String>())
}
