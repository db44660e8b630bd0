//! What tests inside this package share.

use std::path::{Path, PathBuf};
use uuid::Uuid;

/// An empty folder of one test, gone when the test is.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("jiangdao-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind in the system's folder for such things is no fault of the test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
