use super::*;
use crate::test::Folder;

#[tokio::test]
async fn a_failing_job_takes_only_itself_back() {
    let folder = Folder::new();
    let db = Db::open(folder.path()).unwrap();
    let put = |name: &'static str, fails: bool| {
        db.write(move |c| {
            c.execute("INSERT INTO setting (name, value) VALUES (?1, '')", [name])?;
            if fails { Err(Error::Panicked) } else { Ok(()) }
        })
    };
    let (a, b, c) = tokio::join!(put("a", false), put("b", true), put("c", false));
    assert!(a.is_ok() && b.is_err() && c.is_ok());
    let panicked: Result<(), Error> = db.write(|_| panic!("a test's panic")).await;
    assert!(matches!(panicked, Err(Error::Panicked)));
    let names: Vec<String> = db
        .read::<_, Error, _>(|c| {
            let mut all = c.prepare("SELECT name FROM setting WHERE name <> 'epoch' ORDER BY name")?;
            Ok(all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .await
        .unwrap();
    assert_eq!(names, ["a", "c"]);
    db.close().await;
    let closed: Result<(), Error> = db.write(|_| Ok(())).await;
    assert!(matches!(closed, Err(Error::Busy)));
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = Folder::new();
    let db = Db::open(folder.path()).unwrap();
    let wrote: Result<usize, Error> = db.read(|c| Ok(c.execute("DELETE FROM setting", [])?)).await;
    assert!(wrote.is_err());
}

#[test]
fn the_epoch_is_made_once() {
    let folder = Folder::new();
    let first = epoch(&connect(folder.path()).unwrap()).unwrap();
    assert_eq!(epoch(&connect(folder.path()).unwrap()).unwrap(), first);
}

#[test]
fn newer_data_are_refused_in_one_sentence() {
    let folder = Folder::new();
    let connection = connect(folder.path()).unwrap();
    connection
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (99, 'later', '2026-01-01T00:00:00Z', '1')",
            [],
        )
        .unwrap();
    drop(connection);
    let fault = connect(folder.path()).unwrap_err();
    assert_eq!(copies(&folder).len(), 0, "what cannot be changed is not copied");
    assert!(fault.zh.contains("99") && fault.en.contains("newer version"), "{fault}");
}

/// Data as the first version left them.
fn first_version(folder: &Folder) -> Connection {
    let mut connection = Connection::open(folder.path().join(FILE)).unwrap();
    settle(&connection).unwrap();
    migrate::to_first(&mut connection);
    connection.execute("INSERT INTO setting (name, value) VALUES ('mine', 'kept')", []).unwrap();
    connection
}

fn newest(connection: &Connection) -> i64 {
    let sql = "SELECT max(version) FROM refinery_schema_history";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn mine(connection: &Connection) -> String {
    connection.query_row("SELECT value FROM setting WHERE name = 'mine'", [], |row| row.get(0)).unwrap()
}

fn copies(folder: &Folder) -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut copies: Vec<_> = all.filter(|path| path.to_string_lossy().contains(".before-v")).collect();
    copies.sort();
    copies
}

#[test]
fn older_data_are_copied_before_they_are_changed() {
    let folder = Folder::new();
    drop(first_version(&folder));
    let updated = connect(folder.path()).unwrap();
    assert!(newest(&updated) > 1);
    assert_eq!(mine(&updated), "kept");
    let copy = folder.path().join(format!("{FILE}.before-v{}", newest(&updated)));
    assert_eq!(copies(&folder), std::slice::from_ref(&copy), "one copy, nothing half-written");
    let old = Connection::open(&copy).unwrap();
    assert_eq!((newest(&old), mine(&old)), (1, "kept".to_owned()));
    let whole: String = old.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    drop(old);
    // Once they are up to date, nothing is copied any more; nor is anything of data that begin here.
    std::fs::remove_file(&copy).unwrap();
    let fresh = Folder::new();
    for folder in [&folder, &fresh] {
        connect(folder.path()).unwrap();
        assert_eq!(copies(folder).len(), 0);
    }
}

#[test]
fn an_audit_that_is_older_than_its_chain_gets_one() {
    let folder = Folder::new();
    let old = first_version(&folder);
    for n in 1..=3 {
        let sql = "INSERT INTO audit (at_ms, act, detail) VALUES (?1, 'closing', 'of the first version')";
        old.execute(sql, [n]).unwrap();
    }
    drop(old);
    let updated = connect(folder.path()).unwrap();
    let chain = crate::audit::verify(&updated, None).unwrap();
    assert_eq!(chain.count, 3);
    updated.execute("UPDATE audit SET detail = '' WHERE audit_id = 2", []).unwrap_err();
    drop(updated);
    assert_eq!(crate::audit::verify(&connect(folder.path()).unwrap(), None).unwrap(), chain, "once");
}

#[test]
fn a_step_that_fails_leaves_the_data_and_the_copy() {
    let folder = Folder::new();
    // Something of the name that a step is to make stands in its way.
    first_version(&folder).execute_batch("CREATE TABLE closing (other TEXT)").unwrap();
    for _ in 0..2 {
        assert!(connect(folder.path()).unwrap_err().en.contains("updating the database failed"));
    }
    let connection = Connection::open(folder.path().join(FILE)).unwrap();
    assert_eq!((newest(&connection), mine(&connection)), (1, "kept".to_owned()));
    let found = copies(&folder);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(newest(&Connection::open(&found[0]).unwrap()), 1);
}

#[test]
fn who_speaks_is_found_in_data_that_are_older_than_the_table() {
    let folder = Folder::new();
    let old = first_version(&folder);
    let row = r#"{"lecturers":[{"account":"0190aaaa-0000-7000-8000-00000000000f","name":"王"},{"name":"李"},
        {"account":"0190aaaa-0000-7000-8000-00000000000f","name":"王"}]}"#;
    let add = "INSERT INTO session (id, row_exists, row_json) VALUES (?1, ?2, ?3)";
    for (id, exists, row) in [(1, true, Some(row)), (2, true, Some("{}")), (3, false, None)] {
        old.execute(add, ([id as u8; 16], exists, row)).unwrap();
    }
    drop(old);
    let connection = connect(folder.path()).unwrap();
    let sql =
        "SELECT count(*), hex(account) FROM session_lecturer JOIN session USING (session_id) WHERE id = ?1";
    let found: (i64, String) =
        connection.query_row(sql, [[1_u8; 16]], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(found, (1, "0190AAAA00007000800000000000000F".to_owned()));
    let all: i64 =
        connection.query_row("SELECT count(*) FROM session_lecturer", [], |row| row.get(0)).unwrap();
    assert_eq!(all, 1);
}

#[test]
fn marks_of_two_that_are_one_are_counted_where_each_was_given() {
    let folder = Folder::new();
    let old = first_version(&folder);
    // The second stands for itself and for the third; all its marks and the third's are counted at it.
    old.execute_batch(
        "INSERT INTO session (session_id, id, stands_id, row_exists) VALUES
             (1, x'01', NULL, 1), (2, x'02', 2, 1), (3, x'03', 2, 0);
         WITH answer (session, answers) AS (VALUES
             (x'01', '{\"q\":3,\"why\":\"5\"}'), (x'02', '{\"q\":5}'), (x'02', '{\"q\":4}'),
             (x'03', '{\"q\":5,\"why\":\"5\"}'), (x'03', '{\"q\":1}'), (x'03', '{\"other\":5}'))
         INSERT INTO response SELECT randomblob(16), session, 0, 'phone', x'09', 1, answers FROM answer;
         INSERT INTO mark_count VALUES (1, 'q', 3, 1), (2, 'q', 1, 1), (2, 'q', 4, 1), (2, 'q', 5, 2);",
    )
    .unwrap();
    drop(old);
    let connection = connect(folder.path()).unwrap();
    let text = "SELECT group_concat(session_id || ':' || mark || '×' || n || '/' || unpublished, ' ')
                FROM (SELECT * FROM mark_count ORDER BY session_id, mark)";
    let found: String = connection.query_row(text, [], |row| row.get(0)).unwrap();
    assert_eq!(found, "1:3×1/1 2:4×1/1 2:5×1/1 3:1×1/1 3:5×1/1");
}

#[test]
fn without_a_copy_nothing_is_changed() {
    let folder = Folder::new();
    drop(first_version(&folder));
    // A folder stands where the copy would be written.
    for version in 2..=99 {
        let taken = folder.path().join(format!("{FILE}.before-v{version}.part"));
        std::fs::create_dir(taken).unwrap();
    }
    assert!(connect(folder.path()).unwrap_err().en.contains("was not written"));
    let connection = Connection::open(folder.path().join(FILE)).unwrap();
    assert_eq!(newest(&connection), 1);
}

#[test]
fn a_folder_that_is_none_is_refused_in_one_sentence() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    assert!(connect(&file).unwrap_err().en.contains("cannot be written"));
    std::fs::write(
        folder.path().join(FILE),
        "this is no database, but long enough to be looked at".repeat(20),
    )
    .unwrap();
    assert!(connect(folder.path()).unwrap_err().en.contains("cannot be opened"));
}
