//! Where the seeds lie.

use std::path::{Path, PathBuf};

/// The folder of all seeds.
#[must_use]
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The seeds of a reader by name, in the order of their names. What phones of other releases sent is
/// among those of a push.
///
/// # Panics
/// There are none.
#[must_use]
pub fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    add(&mut found, target, &corpus().join(target), "");
    if target == "push" {
        for release in ["0.1.0", "later"] {
            add(&mut found, release, &corpus().with_file_name("golden").join(release), "push");
        }
    }
    assert!(!found.is_empty(), "no seeds of {target}");
    found
}

fn add(found: &mut Vec<(String, Vec<u8>)>, folder: &str, path: &Path, begins: &str) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(begins) {
            found.push((format!("{folder}/{name}"), std::fs::read(&path).unwrap()));
        }
    }
}
