use super::*;
use crate::access::account;
use crate::backup::{back_up_once, check, restore_into, verify as verify_backup};
use crate::db;
use crate::small_city::City;
use crate::test::Folder;

/// Five rows by one account and the console.
fn five() -> Connection {
    let connection = db::memory().unwrap();
    let new = account::New { login: "admin", name: "管理员", password_hash: "none" };
    let by = account::add(&connection, new, 0).unwrap();
    for n in 1..=5 {
        let account_id = by.filter(|_| n % 2 == 1);
        let detail = format!(r#"{{"login":"\"名\" {n}"}}"#);
        let new = New { at_ms: n * 1_000, account_id, act: Act::Login, detail: &detail };
        add(&connection, new).unwrap();
    }
    connection
}

/// The chain after somebody with the file in hand did this to it.
fn after(sql: &str) -> Result<Chain, String> {
    let connection = five();
    connection
        .execute_batch("DROP TRIGGER audit_not_changed; DROP TRIGGER audit_not_removed; DROP TRIGGER audit_appended; PRAGMA foreign_keys = OFF")
        .unwrap();
    connection.execute_batch(sql).unwrap();
    verify(&connection, None).map_err(|why| why.to_string())
}

#[test]
fn every_row_stands_on_the_one_before() {
    let connection = five();
    let chain = verify(&connection, None).unwrap();
    assert_eq!((chain.count, chain.noted), (5, None));
    let second: [u8; 32] =
        connection.query_row("SELECT hash FROM audit WHERE audit_id = 2", [], |row| row.get(0)).unwrap();
    assert_eq!(verify(&connection, Some(second)).unwrap().noted, Some(2));
    assert_eq!(verify(&connection, Some([7; 32])).unwrap().noted, None);
    assert_eq!(verify(&db::memory().unwrap(), None).unwrap(), Chain { count: 0, head: START, noted: None });
}

/// As docs/security.md has it, so that others can compute it.
#[test]
fn a_hash_is_what_the_page_says() {
    let connection = db::memory().unwrap();
    add(&connection, New { at_ms: 1_000, account_id: None, act: Act::Closing, detail: "\"名\"" }).unwrap();
    let head = verify(&connection, None).unwrap().head;
    let text = r#"[1,1000,null,"closing","\"名\""]"#;
    let expected: [u8; 32] = Sha256::new().chain_update([0; 32]).chain_update(text).finalize().into();
    assert_eq!(head, expected);
}

#[test]
fn whatever_is_changed_is_found_at_its_row() {
    assert!(after("").is_ok());
    for (sql, row) in [
        ("UPDATE audit SET at_ms = 1 WHERE audit_id = 3", 3),
        ("UPDATE audit SET account_id = NULL WHERE audit_id = 3", 3),
        ("UPDATE audit SET act = 'closing' WHERE audit_id = 4", 4),
        ("UPDATE audit SET detail = '{}' WHERE audit_id = 5", 5),
        ("UPDATE audit SET detail = 1 WHERE audit_id = 5", 5),
        ("UPDATE audit SET hash = NULL WHERE audit_id = 2", 2),
        ("UPDATE audit SET hash = zeroblob(32) WHERE audit_id = 1", 1),
        ("UPDATE account SET id = zeroblob(16)", 1),
        // Removed: the first, one between, and several.
        ("DELETE FROM audit WHERE audit_id = 1", 2),
        ("DELETE FROM audit WHERE audit_id = 3", 4),
        ("DELETE FROM audit WHERE audit_id < 5", 5),
        // Inserted: between, behind, and a copy of another row.
        (
            "UPDATE audit SET audit_id = 6 WHERE audit_id = 5; INSERT INTO audit SELECT 5, at_ms, account_id, act, detail, hash FROM audit WHERE audit_id = 4",
            5,
        ),
        ("INSERT INTO audit VALUES (6, 6000, NULL, 'login', '{}', zeroblob(32))", 6),
        ("INSERT INTO audit SELECT 6, at_ms, account_id, act, detail, hash FROM audit WHERE audit_id = 5", 6),
        // Two in each other's place, with and without their hashes.
        (
            "UPDATE audit SET audit_id = 9 WHERE audit_id = 2; UPDATE audit SET audit_id = 2 WHERE audit_id = 3; UPDATE audit SET audit_id = 3 WHERE audit_id = 9",
            2,
        ),
        ("UPDATE audit SET at_ms = CASE audit_id WHEN 4 THEN 5000 ELSE 4000 END WHERE audit_id IN (4, 5)", 4),
    ] {
        let why = after(sql).unwrap_err();
        assert!(why.contains(&format!("from row {row} on")), "{sql}: {why}");
        assert_eq!(why.lines().count(), 1);
    }
}

/// The end cut off leaves a chain that fits: what was noted down of it is not in it any more.
#[test]
fn an_end_that_was_cut_off_shows_by_the_noted_head() {
    let noted = verify(&five(), None).unwrap().head;
    let cut = after("DELETE FROM audit WHERE audit_id > 3").unwrap();
    assert_eq!(cut.count, 3);
    assert_ne!(cut.head, noted);
}

#[test]
fn the_table_takes_nothing_but_the_next_row() {
    let connection = five();
    let chain = verify(&connection, None).unwrap();
    for sql in [
        "UPDATE audit SET detail = '' WHERE audit_id = 5",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE audit_id = 5",
        "INSERT OR REPLACE INTO audit VALUES (5, 1, NULL, 'login', '', zeroblob(32))",
        "INSERT INTO audit VALUES (0, 1, NULL, 'login', '', zeroblob(32))",
        "INSERT INTO audit (at_ms, act, detail) VALUES (1, 'login', 'without its hash')",
    ] {
        connection.execute(sql, []).unwrap_err();
    }
    assert_eq!(verify(&connection, None).unwrap(), chain);
}

#[tokio::test]
async fn a_backup_carries_the_chain_and_a_broken_one_is_refused() {
    let city = City::new();
    let note = |connection: &mut Connection| {
        db::transaction(connection, |c| {
            add(c, New { at_ms: 1, account_id: Some(1), act: Act::Login, detail: "{}" })
        })
        .unwrap();
    };
    note(&mut city.conn());
    note(&mut city.conn());
    let was = verify(&city.conn(), None).unwrap();
    let (target, new) = (Folder::new(), Folder::new());
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    restore_into(target.path(), new.path(), None, city.now(), &mut |_, _| {}).unwrap();
    let mut restored = db::connect(new.path()).unwrap();
    // It goes on from where it was, with the restore.
    let now = verify(&restored, Some(was.head)).unwrap();
    assert_eq!((now.count, now.noted), (was.count + 1, Some(i64::try_from(was.count).unwrap())));
    let last = "SELECT act FROM audit ORDER BY audit_id DESC LIMIT 1";
    assert_eq!(restored.query_row(last, [], |row| row.get::<_, String>(0)).unwrap(), "restore");
    restored.execute("DELETE FROM audit", []).unwrap_err();
    note(&mut restored);
    let checked = check(new.path(), city.now(), &mut |_, _| {}).unwrap();
    assert_eq!(checked.audit, verify(&restored, None).unwrap());
    // A backup of data in which a row was changed.
    let sql = "DROP TRIGGER audit_not_changed; UPDATE audit SET at_ms = 2 WHERE audit_id = 1";
    city.conn().execute_batch(sql).unwrap();
    let (target, new) = (Folder::new(), Folder::new());
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    let refusals = [
        restore_into(target.path(), new.path(), None, city.now(), &mut |_, _| {}).unwrap_err(),
        verify_backup(target.path(), city.now(), &mut |_, _| {}).unwrap_err(),
        check(city.folder.path(), city.now(), &mut |_, _| {}).unwrap_err(),
    ];
    for refused in refusals {
        let line = refused.to_string();
        assert!(line.contains("from row 1 on") && line.lines().count() == 1, "{line}");
    }
    assert!(!new.path().join(db::FILE).exists());
}
