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
    let fault = connect(folder.path()).unwrap_err();
    assert!(fault.zh.contains("99") && fault.en.contains("newer version"), "{fault}");
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
