//! Where things are in this source tree, and reading folders of it.

use std::error::Error;
use std::path::{Path, PathBuf};

/// Anything that went wrong, already worded for the person who reads it.
pub(crate) type Trouble = Box<dyn Error + Send + Sync>;
/// What every step returns.
pub(crate) type Done<T = ()> = Result<T, Trouble>;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A path inside the workspace.
pub(crate) fn at(relative: &str) -> PathBuf {
    root().join(relative)
}

/// Reads a file, and names it when that fails.
pub(crate) fn read(path: &Path) -> Done<Vec<u8>> {
    std::fs::read(path).map_err(|why| format!("cannot read {}: {why}", path.display()).into())
}

/// Reads a text file, and names it when that fails.
pub(crate) fn read_text(path: &Path) -> Done<String> {
    String::from_utf8(read(path)?).map_err(|_| format!("{} is not UTF-8", path.display()).into())
}

/// Writes a file, and names it when that fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Done {
    std::fs::write(path, bytes).map_err(|why| format!("cannot write {}: {why}", path.display()).into())
}

/// Every file below a folder, sorted, so that what is made of the list is the same each time.
pub(crate) fn files(folder: &Path) -> Done<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|why| format!("cannot list {}: {why}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
