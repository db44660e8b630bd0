//! Where the files of one backup lie: a folder of another disk, or memory where nothing is to last.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file that is being written.
pub trait Piece: Write + Send {
    /// Comes back once everything written so far is on the disk.
    ///
    /// # Errors
    /// The disk's.
    fn flush_to_disk(&mut self) -> io::Result<()>;
}

/// Files by name. A name may hold one folder, as `responses/2026-11-22.jdb`.
pub trait Shelf: Send {
    /// All names, sorted.
    ///
    /// # Errors
    /// The disk's.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// The disk's.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;
    /// Begins a file anew.
    ///
    /// # Errors
    /// The disk's.
    fn begin(&self, name: &str) -> io::Result<Box<dyn Piece>>;
    /// Puts a whole file in place of the one of that name, at once and for good.
    ///
    /// # Errors
    /// The disk's.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file off.
    ///
    /// # Errors
    /// The disk's.
    fn cut(&self, name: &str, bytes: u64) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// What messages call a file.
    fn called(&self, name: &str) -> String;
    /// Held while somebody writes here; none where somebody else does.
    ///
    /// # Errors
    /// The disk's.
    fn lock(&self) -> io::Result<Option<Lock>>;
}

/// Held by the one who writes.
#[derive(Debug)]
pub struct Lock {
    /// Let go when it is closed.
    _file: Option<File>,
}

/// Its name in the folder.
const LOCK: &str = "lock";

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder of this path; it is made when something is put there.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn made(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        Ok(path)
    }

    /// A name that was made or changed lasts once its folder is flushed.
    fn flush_folder(path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Piece for File {
    fn flush_to_disk(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Shelf for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut folders = vec![(self.0.clone(), String::new())];
        while let Some((folder, before)) = folders.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                if entry.file_type()?.is_dir() {
                    folders.push((entry.path(), format!("{before}{name}/")));
                } else {
                    names.push(format!("{before}{name}"));
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(BufReader::new(File::open(self.0.join(name))?)))
    }

    fn begin(&self, name: &str) -> io::Result<Box<dyn Piece>> {
        let path = self.made(name)?;
        let file = File::create(&path)?;
        Self::flush_folder(&path)?;
        Ok(Box::new(file))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.made(name)?;
        let beside = self.made(&format!("{name}.new"))?;
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        Self::flush_folder(&path)
    }

    fn cut(&self, name: &str, bytes: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.0.join(name))?;
        file.set_len(bytes)?;
        file.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.0.join(name);
        std::fs::remove_file(&path)?;
        Self::flush_folder(&path)
    }

    fn called(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn lock(&self) -> io::Result<Option<Lock>> {
        let path = self.made(LOCK)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: Some(file) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            // Some shares know no locks; then whoever starts two programs on one is on their own.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(%error, "the backup's folder cannot be locked");
                Ok(Some(Lock { _file: None }))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// Files in memory; clones are the same ones.
#[derive(Debug, Clone, Default)]
pub struct InMemory(Arc<Mutex<Files>>);

impl InMemory {
    /// All files, to be looked at or changed.
    ///
    /// # Panics
    /// It does not: a panic elsewhere leaves whole files.
    pub fn with<T>(&self, look: impl FnOnce(&mut Files) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct InMemoryPiece(InMemory, String);

impl Write for InMemoryPiece {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.with(|files| files.entry(self.1.clone()).or_default().extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Piece for InMemoryPiece {
    fn flush_to_disk(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shelf for InMemory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.with(|files| files.keys().cloned().collect()))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.with(|files| files.get(name).cloned());
        Ok(Box::new(Cursor::new(bytes.ok_or(io::ErrorKind::NotFound)?)))
    }

    fn begin(&self, name: &str) -> io::Result<Box<dyn Piece>> {
        self.with(|files| files.insert(name.to_owned(), Vec::new()));
        Ok(Box::new(InMemoryPiece(self.clone(), name.to_owned())))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.with(|files| files.insert(name.to_owned(), bytes.to_vec()));
        Ok(())
    }

    fn cut(&self, name: &str, bytes: u64) -> io::Result<()> {
        self.with(|files| {
            let file = files.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            file.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.with(|files| files.remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into()))
    }

    fn called(&self, name: &str) -> String {
        name.to_owned()
    }

    fn lock(&self) -> io::Result<Option<Lock>> {
        Ok(Some(Lock { _file: None }))
    }
}
