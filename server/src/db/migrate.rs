//! Brings a database to the shape that this build knows; forward only. Before a step is taken on
//! data that are there, a copy of them is put beside them.

use crate::fault::Fault;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OptionalExtension};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod embedded {
    //! The files of `server/schema`, inside the binary.
    refinery::embed_migrations!("schema");
}

/// Makes the tables as this version of them had them, which a backup was made of.
///
/// # Errors
/// One clear sentence: that version is newer, or a step failed.
pub(super) fn run_to(connection: &mut Connection, version: i64) -> Result<(), Fault> {
    let target = i32::try_from(version).map_err(|error| failed(&error))?;
    let runner = embedded::migrations::runner().set_target(refinery::Target::Version(target));
    if runner.get_migrations().iter().all(|step| i64::from(step.version()) < version) {
        return Err(Fault::new(
            format!("备份属于更新的版本（{version}），请用新版程序恢复"),
            format!("the backup belongs to a newer version ({version}): restore it with that program"),
        ));
    }
    runner.run(connection).map_err(|error| failed(&error))?;
    Ok(())
}

/// Makes or updates the tables.
///
/// # Errors
/// One clear sentence: the data belong to a newer version, or a step failed.
pub(super) fn run(connection: &mut Connection) -> Result<(), Fault> {
    let runner = embedded::migrations::runner();
    let known = runner.get_migrations().iter().map(|step| i64::from(step.version())).max();
    let known = known.unwrap_or(0);
    let found = version(connection).map_err(|error| failed(&error))?;
    if found > known {
        return Err(Fault::new(
            format!("数据属于更新的版本（{found}），本程序只认识到 {known}：请用新版程序打开"),
            format!(
                "the data belong to a newer version ({found}), this program knows {known}: \
                 open them with the newer program"
            ),
        ));
    }
    if (1..known).contains(&found)
        && let Some(file) = connection.path().filter(|path| !path.is_empty()).map(PathBuf::from)
    {
        let copy = beside(&file, &format!("before-v{known}"));
        copy_to(connection, &copy).map_err(|error| uncopied(&copy, &error))?;
        tracing::info!(from = found, to = known, copy = %copy.display(), "the data are brought up to date");
    }
    // All steps or none: after a failure the data are as the older program left them, and the copy
    // that the next attempt makes is of the same.
    runner.set_grouped(true).run(connection).map_err(|error| failed(&error))?;
    crate::audit::settle(connection).map_err(|error| failed(&error))?;
    let filled = connection.transaction().and_then(|write| {
        crate::rollup::settle(&write)?;
        write.commit()
    });
    filled.map_err(|error| failed(&error))
}

/// `jiangdao.db.<end>`
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

/// Pages of one step of the copy. Nobody is kept waiting for the end of it but who updates.
const COPY_PAGES: std::ffi::c_int = 4_096;

/// A whole copy under this name, or none: it gets its name once it is on the disk.
fn copy_to(connection: &Connection, to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let part = beside(to, "part");
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut copy = Connection::open(&part)?;
    Backup::new(connection, &mut copy)?.run_to_completion(COPY_PAGES, Duration::ZERO, None)?;
    copy.close().map_err(|(_, error)| error)?;
    File::open(&part)?.sync_all()?;
    std::fs::rename(&part, to)?;
    if let Some(folder) = to.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn uncopied(copy: &Path, error: &dyn std::fmt::Display) -> Fault {
    let copy = copy.display();
    Fault::new(
        format!("升级前的备份 {copy} 没有写成，数据没有改动：{error}"),
        format!("the copy {copy} before the update was not written; the data are as they were: {error}"),
    )
}

fn failed(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(format!("数据库升级失败：{error}"), format!("updating the database failed: {error}"))
}

/// The newest step that the file has seen; 0 of an empty file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let table: Option<i64> = connection
        .query_row(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'refinery_schema_history'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if table.is_none() {
        return Ok(0);
    }
    connection
        .query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
}

/// Makes the tables as the first version knew them.
#[cfg(test)]
pub(super) fn to_first(connection: &mut Connection) {
    let runner = embedded::migrations::runner().set_target(refinery::Target::Version(1));
    let done = runner.run(connection);
    assert!(done.is_ok(), "{done:?}");
}
