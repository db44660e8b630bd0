//! Brings a database to the shape that this build knows; forward only.

use crate::fault::Fault;
use rusqlite::{Connection, OptionalExtension};

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
    runner.run(connection).map_err(|error| failed(&error))?;
    Ok(())
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
