//! The files of photos: the table of what is here, and the folder `files` below the data folder. A file
//! lies under its SHA-256 once it is whole, was looked at and is on the disk; until then its pieces lie
//! under `part`, one for each account that brings it, so that nobody spoils another's.

use crate::photo;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use shared::photo::{FileName, Kind};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Uploads that one account may have begun and not ended.
pub(crate) const PARTS_MAX: usize = 100;
/// Bytes of them.
pub(crate) const PARTS_MAX_BYTES: u64 = 64 << 20;
/// An upload that stood still for so long is begun anew.
const PART_KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// A file that no photo names any more is kept for so long, ms.
pub(crate) const UNNAMED_KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// A file that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Here {
    pub(crate) len: u64,
    pub(crate) mime: String,
}

/// Whether a file is here.
pub(crate) fn find(connection: &Connection, name: FileName) -> rusqlite::Result<Option<Here>> {
    connection
        .prepare_cached("SELECT len, mime FROM file WHERE sha256 = ?1")?
        .query_row([name.sha256()], |row| {
            let len: i64 = row.get(0)?;
            Ok(Here { len: u64::try_from(len).unwrap_or(0), mime: row.get(1)? })
        })
        .optional()
}

/// Every file that is here, with its length.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<(FileName, u64)>> {
    let mut found = connection.prepare_cached("SELECT sha256, len FROM file ORDER BY sha256")?;
    let rows = found.query_map([], |row| {
        let len: i64 = row.get(1)?;
        Ok((FileName::of_sha256(row.get(0)?), u64::try_from(len).unwrap_or(0)))
    })?;
    rows.collect()
}

/// Says that a file is here, and counts anew where that shows.
pub(crate) fn arrived(
    connection: &Connection,
    name: FileName,
    (len, kind): (u64, Kind),
    now_ms: i64,
) -> rusqlite::Result<()> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let new = connection
        .prepare_cached(
            "INSERT INTO file (sha256, len, mime, here_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (sha256) DO NOTHING",
        )?
        .execute((name.sha256(), len, kind.mime(), now_ms))?;
    if new > 0 { photo::recount(connection, name) } else { Ok(()) }
}

/// Says that a file is not here any more.
pub(crate) fn gone(connection: &Connection, name: FileName) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM file WHERE sha256 = ?1")?.execute([name.sha256()])?;
    photo::recount(connection, name)
}

/// Notes since when no photo names a file, and takes out of the table what was so for long enough:
/// their bytes may go once that is committed.
pub(crate) fn forget_unnamed(connection: &Connection, now_ms: i64) -> rusqlite::Result<Vec<FileName>> {
    const NAMED: &str = "EXISTS (SELECT 1 FROM photo WHERE photo.sha256 = file.sha256 AND photo.stands = 1)";
    connection.execute(
        &format!("UPDATE file SET unnamed_ms = NULL WHERE unnamed_ms IS NOT NULL AND {NAMED}"),
        [],
    )?;
    connection.execute(
        &format!("UPDATE file SET unnamed_ms = ?1 WHERE unnamed_ms IS NULL AND NOT {NAMED}"),
        [now_ms],
    )?;
    let mut found = connection.prepare_cached("SELECT sha256 FROM file WHERE unnamed_ms < ?1")?;
    let rows = found.query_map([now_ms - UNNAMED_KEPT_MS], |row| row.get(0).map(FileName::of_sha256))?;
    let old: Vec<FileName> = rows.collect::<rusqlite::Result<_>>()?;
    for name in &old {
        connection.prepare_cached("DELETE FROM file WHERE sha256 = ?1")?.execute([name.sha256()])?;
    }
    Ok(old)
}

/// Where the bytes are; clones are the same folder.
#[derive(Debug, Clone)]
pub struct Folder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// Held while pieces are added: two of one file at once would spoil it.
    adding: Mutex<()>,
}

/// Why a piece was not added.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// The upload stands at another place; none where it has not begun.
    At(Option<u64>),
    /// More than the file has.
    TooMuch,
    /// What came is not what the name says: it was thrown away.
    Wrong,
    /// It is no picture: it was thrown away.
    Kind,
    /// The disk's.
    Io(io::Error),
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Folder {
    /// That of a data folder; it is made when something is put there.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self(Arc::new(Inner { root: data.join("files"), adding: Mutex::new(()) }))
    }

    /// Where a whole file lies, below the folder.
    pub(crate) fn place(name: FileName) -> String {
        let name = name.to_string();
        format!("{}/{name}", &name[..2])
    }

    pub(crate) fn path(&self, name: FileName) -> PathBuf {
        self.0.root.join(Self::place(name))
    }

    fn part(&self, account_id: i64, name: FileName) -> PathBuf {
        self.0.root.join("part").join(format!("{account_id}-{name}"))
    }

    /// How far an account's upload is; none where it has not begun.
    pub(crate) fn offset(&self, account_id: i64, name: FileName) -> io::Result<Option<u64>> {
        match std::fs::metadata(self.part(account_id, name)) {
            Ok(part) => Ok(Some(part.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins an upload, or goes on with the one that there is: how far it is. None where the account has
    /// too many under way.
    pub(crate) fn begin(&self, account_id: i64, name: FileName) -> io::Result<Option<u64>> {
        if let Some(offset) = self.offset(account_id, name)? {
            return Ok(Some(offset));
        }
        let parts = self.0.root.join("part");
        std::fs::create_dir_all(&parts)?;
        let (mut count, mut bytes) = (0, 0);
        let own = format!("{account_id}-");
        for entry in std::fs::read_dir(&parts)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&own)) {
                (count, bytes) = (count + 1, bytes + entry.metadata()?.len());
            }
        }
        if count >= PARTS_MAX || bytes >= PARTS_MAX_BYTES {
            return Ok(None);
        }
        File::create(self.part(account_id, name))?.sync_all()?;
        Ok(Some(0))
    }

    /// Adds a piece where the upload stands, and comes back once it is on the disk: how far it is now, and,
    /// with the last piece, what the file is.
    pub(crate) fn add(
        &self,
        (account_id, name): (i64, FileName),
        len: u64,
        offset: u64,
        piece: &[u8],
    ) -> Result<(u64, Option<Kind>), Unfit> {
        let _adding = self.0.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.offset(account_id, name)?;
        if at != Some(offset) {
            return Err(Unfit::At(at));
        }
        let end = offset.saturating_add(piece.len() as u64);
        if end > len {
            return Err(Unfit::TooMuch);
        }
        let path = self.part(account_id, name);
        let mut part = OpenOptions::new().append(true).open(&path)?;
        part.write_all(piece)?;
        part.sync_all()?;
        if end < len {
            return Ok((end, None));
        }
        let kind = self.finish(&path, name);
        if kind.is_err() {
            // It can never become right: the upload begins anew.
            std::fs::remove_file(&path)?;
        }
        kind.map(|kind| (end, Some(kind)))
    }

    /// Puts a whole upload in its place.
    fn finish(&self, part: &Path, name: FileName) -> Result<Kind, Unfit> {
        let bytes = std::fs::read(part)?;
        if Sha256::digest(&bytes)[..] != name.sha256()[..] {
            return Err(Unfit::Wrong);
        }
        let kind = Kind::sniff(&bytes).ok_or(Unfit::Kind)?;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.0.root);
        std::fs::create_dir_all(folder)?;
        std::fs::rename(part, &path)?;
        File::open(folder)?.sync_all()?;
        File::open(&self.0.root)?.sync_all()?;
        Ok(kind)
    }

    /// A file that lies in its place though the table may not say so: the machine stopped in between.
    /// What it is and how long.
    pub(crate) fn lies(&self, name: FileName) -> io::Result<Option<(u64, Kind)>> {
        let mut file = match File::open(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let len = file.metadata()?.len();
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(16).read_to_end(&mut head)?;
        Ok(Kind::sniff(&head).map(|kind| (len, kind)))
    }

    /// The bytes of a file; none where it is not here.
    pub(crate) fn read(&self, name: FileName) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts whole bytes in their place, as a restore does.
    pub(crate) fn put(&self, name: FileName, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.0.root);
        std::fs::create_dir_all(folder)?;
        let beside = path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    }

    /// Removes a file; missing is fine.
    pub(crate) fn remove(&self, name: FileName) -> io::Result<()> {
        match std::fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Throws away uploads that stood still for long; says how many.
    pub(crate) fn sweep(&self, now: SystemTime) -> io::Result<usize> {
        let mut swept = 0;
        let entries = match std::fs::read_dir(self.0.root.join("part")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let moved = entry.metadata()?.modified()?;
            if now.duration_since(moved).is_ok_and(|still| still > PART_KEPT) {
                std::fs::remove_file(entry.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}
