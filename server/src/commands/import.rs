//! `org import`, `roster import`: a file of orgs or persons, previewed or taken in.

use super::account::no_org;
use super::{ImportFile, read_file, say};
use crate::fault::{Faults, Rejection};
use crate::import::{note, org, roster};
use crate::{db, org as orgs};
use rusqlite::Connection;
use shared::audit::Act;
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
            note(conn, (Act::ImportOrgs, ""), false, &answer.counts, (None, now_ms))?;
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
            note(conn, (Act::ImportRoster, code), whole, &answer.counts, (None, now_ms))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Folder;

    #[test]
    fn a_preview_writes_nothing_and_a_whole_roster_lets_people_leave() {
        let folder = Folder::new();
        let file = |name: &str, text: &str, preview: bool| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            ImportFile { path, sheet: None, preview }
        };
        let one = |sql: &str| -> i64 {
            let conn = db::connect(folder.path()).unwrap();
            conn.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let tree = "编码\t名称\t级别\t上级\nc\t市总\t市\t\ng\t一厂\t基层工会\t市总\n";
        orgs(folder.path(), &file("o.txt", tree, true), 1).unwrap();
        assert_eq!(one("SELECT count(*) FROM org"), 0);
        orgs(folder.path(), &file("o.txt", tree, false), 1).unwrap();
        let now = "SELECT count(*) FROM roster_entry WHERE until_ms IS NULL";
        roster(folder.path(), ("g", false), &file("r.csv", "姓名,工号\n甲,1\n乙,2\n", false), 2).unwrap();
        let less = "姓名,工号\n甲,1\n";
        roster(folder.path(), ("g", true), &file("r.csv", less, true), 3).unwrap();
        assert_eq!((one("SELECT count(*) FROM org"), one(now)), (2, 2));
        roster(folder.path(), ("g", false), &file("r.csv", less, false), 4).unwrap();
        assert_eq!(one(now), 2);
        roster(folder.path(), ("g", true), &file("r.csv", less, false), 5).unwrap();
        assert_eq!((one(now), one("SELECT max(until_ms) FROM roster_entry")), (1, 5));
        assert_eq!(one("SELECT count(*) FROM audit WHERE account_id IS NULL"), 4);
        let none = roster(folder.path(), ("x", true), &file("r.csv", less, false), 6).unwrap_err();
        assert!(none.lines[0].contains('x'), "{none}");
    }
}
