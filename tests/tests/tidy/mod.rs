//! Rules of this source tree that a program can check.

mod rust;
mod text;

use crate::harness::{Done, root};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold no source.
const LEFT_OUT: [&str; 5] = ["target", "data", ".git", ".idea", ".vscode"];
/// What a fuzzer leaves in its folder.
const FUZZED: [&str; 4] = ["target", "artifacts", "corpus", "coverage"];

/// A text file of the tree.
pub(super) struct Source {
    /// As seen from the top, with slashes.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    pub(super) fn is(&self, end: &str) -> bool {
        self.name.ends_with(end)
    }
}

/// Every file of the tree. Only the top folder's `data` is the server's.
fn all_files() -> Done<Vec<PathBuf>> {
    let top = root();
    let mut found = Vec::new();
    let mut open = vec![top.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let left_out = (folder == top && LEFT_OUT.iter().any(|left| name == *left))
                || (folder == top.join("fuzz") && FUZZED.iter().any(|left| name == *left));
            if left_out {
                continue;
            }
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Every text file of our own: neither the lock file nor data.
pub(super) fn sources() -> Done<Vec<Source>> {
    let ends = ["rs", "toml", "md", "sql", "js", "css", "html", "json", "webmanifest", "sh"];
    let mut sources = Vec::new();
    for path in all_files()? {
        let name = path.strip_prefix(root())?.to_string_lossy().replace('\\', "/");
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        let known = ends.contains(&end) || name == ".ci/run";
        if known && !["tests/data/", "tests/corpus/"].iter().any(|data| name.starts_with(data)) {
            let text = std::fs::read_to_string(&path).map_err(|why| format!("{name} is no text: {why}"))?;
            sources.push(Source { name, path, text });
        }
    }
    Ok(sources)
}

/// Fails with every finding at once.
pub(super) fn none(found: &[String]) -> Done {
    if found.is_empty() { Ok(()) } else { Err(format!("\n  {}\n", found.join("\n  ")).into()) }
}

#[test]
fn no_file_is_large() -> Done {
    let mut found = Vec::new();
    for path in all_files()? {
        let size = std::fs::metadata(&path)?.len();
        if size > 1024 * 1024 {
            found.push(format!("{}: {size} bytes, more than 1 MiB", path.display()));
        }
    }
    none(&found)
}

#[test]
fn shared_stays_pure() -> Done {
    let io =
        ["rusqlite", "axum", "tokio", "reqwest", "web-sys", "js-sys", "reactive_graph", "rand", "getrandom"];
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-p", "shared", "-e", "normal", "--prefix", "none"])
        .current_dir(root())
        .output()?;
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout)?;
    let used = tree.lines().filter_map(|line| line.split(' ').next());
    let found: Vec<String> =
        used.filter(|name| io.contains(name)).map(|name| format!("shared depends on {name}")).collect();
    none(&found)
}

#[test]
fn links_in_documents_lead_somewhere() -> Done {
    let mut found = Vec::new();
    for source in sources()?.iter().filter(|source| source.is(".md")) {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        for target in link_targets(&source.text) {
            let file = target.split('#').next().unwrap_or_default();
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && !file.is_empty() && !folder.join(file).exists() {
                found.push(format!("{}: nothing at {target}", source.name));
            }
        }
    }
    none(&found)
}

/// What stands in `](…)`.
fn link_targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next())
}
