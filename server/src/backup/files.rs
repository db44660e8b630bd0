//! The bytes of photos in a backup: copied by name beside the log before a commit that tells of them, and
//! held against their SHA-256 when they are read.

use super::keeper::unwritable;
use super::shelf::Shelf;
use crate::fault::{Fault, Rejection};
use crate::file::{self, Folder};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use shared::photo::FileName;
use std::collections::BTreeSet;
use std::io::Read;

/// Where they are.
const PLACE: &str = "files/";

/// Which files are on a shelf already: looked up once, then kept.
#[derive(Default)]
pub(super) struct Copied(Option<BTreeSet<FileName>>);

impl Copied {
    fn known(&mut self, shelf: &dyn Shelf) -> std::io::Result<&mut BTreeSet<FileName>> {
        if self.0.is_none() {
            let names = shelf.names()?;
            self.0 = Some(names.iter().filter_map(|name| read(name)).collect());
        }
        Ok(self.0.get_or_insert_default())
    }

    /// Copies what the data have and the shelf has not, and removes what the data have given up. A file that
    /// the data lack, or that is damaged there, is left out: a restore says so.
    pub(super) fn copy(&mut self, shelf: &dyn Shelf, from: &Folder, data: &Connection) -> Result<(), Fault> {
        let there: BTreeSet<FileName> = file::all(data)?.into_iter().map(|(name, _)| name).collect();
        let known = self.known(shelf).map_err(|error| unwritable(shelf, PLACE, &error))?;
        for name in there.iter().filter(|name| !known.contains(name)).copied().collect::<Vec<_>>() {
            let called = named(name);
            let bytes = from.read(name).map_err(|error| unreadable(&called, &error))?;
            let Some(bytes) = bytes.filter(|bytes| is(name, bytes)) else {
                tracing::error!(file = %name, "the bytes of a photo are missing or damaged: not backed up");
                continue;
            };
            shelf.replace(&called, &bytes).map_err(|error| unwritable(shelf, &called, &error))?;
            known.insert(name);
        }
        for name in known.iter().filter(|name| !there.contains(name)).copied().collect::<Vec<_>>() {
            let called = named(name);
            shelf.remove(&called).map_err(|error| unwritable(shelf, &called, &error))?;
            known.remove(&name);
        }
        Ok(())
    }
}

/// Reads every file that the data name out of the shelf: whole ones go to `each`, the others are counted,
/// and the data told that they are not here.
///
/// # Errors
/// One clear line: they cannot be written.
pub(super) fn restore(
    shelf: &dyn Shelf,
    data: &Connection,
    each: &mut dyn FnMut(FileName, &[u8]) -> std::io::Result<()>,
) -> Result<Option<Fault>, Rejection> {
    let mut missing = 0;
    for (name, _) in file::all(data)? {
        let mut bytes = Vec::new();
        let read = shelf.open(&named(name)).and_then(|mut file| file.read_to_end(&mut bytes));
        if read.is_ok() && is(name, &bytes) {
            each(name, &bytes).map_err(|error| unreadable(&named(name), &error))?;
        } else {
            missing += 1;
            file::gone(data, name)?;
        }
    }
    Ok((missing > 0).then(|| {
        Fault::new(
            format!("{missing} 张照片的文件备份里没有，或者已损坏：没有恢复"),
            format!(
                "the files of {missing} photos are missing in the backup, or damaged: they were not restored"
            ),
        )
    }))
}

fn named(name: FileName) -> String {
    format!("{PLACE}{}", Folder::place(name))
}

fn read(name: &str) -> Option<FileName> {
    FileName::read(name.strip_prefix(PLACE)?.split_once('/')?.1)
}

fn is(name: FileName, bytes: &[u8]) -> bool {
    Sha256::digest(bytes)[..] == name.sha256()[..]
}

fn unreadable(called: &str, error: &std::io::Error) -> Fault {
    Fault::new(format!("{called} 读写失败：{error}"), format!("{called} cannot be read or written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::shelf::InMemory;
    use super::*;
    use shared::photo::Kind;

    #[test]
    fn what_is_copied_comes_back_and_what_is_not_is_said() {
        let folder = std::env::temp_dir().join(format!("jiangdao-files-{}", uuid::Uuid::new_v4()));
        let data = crate::db::memory().unwrap();
        let from = Folder::of(&folder);
        let names = [b"\xff\xd8\xff one".as_slice(), b"\xff\xd8\xff two"].map(|bytes| {
            let name = FileName::of_sha256(Sha256::digest(bytes).into());
            from.put(name, bytes).unwrap();
            file::arrived(&data, name, (bytes.len() as u64, Kind::Jpeg), 1).unwrap();
            name
        });
        let (shelf, mut copied) = (InMemory::default(), Copied::default());
        copied.copy(&shelf, &from, &data).unwrap();
        copied.copy(&shelf, &from, &data).unwrap();
        assert_eq!(shelf.with(|files| files.len()), 2);
        let back = |shelf: &InMemory, data: &Connection| {
            let mut came = Vec::new();
            let note = restore(shelf, data, &mut |name, bytes| {
                came.push((name, bytes.len()));
                Ok(())
            });
            (came, note.unwrap())
        };
        let (came, note) = back(&shelf, &data);
        assert_eq!((came.len(), note), (2, None));
        shelf.with(|files| files.get_mut(&named(names[0])).unwrap()[4] ^= 1);
        let (came, note) = back(&shelf, &data);
        assert_eq!(came, [(names[1], 7)]);
        assert!(note.unwrap().to_string().contains("files of 1 photos"));
        assert_eq!(file::find(&data, names[0]).unwrap(), None, "the data say that it is not here");
        // What the data gave up goes out of the backup as well.
        Copied::default().copy(&shelf, &from, &data).unwrap();
        assert!(!shelf.with(|files| files.contains_key(&named(names[0]))));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
