//! Builds the phone and the desk by Trunk, when anything they are made of has changed.

use crate::child::command;
use crate::postbuild::short_hash;
use crate::steps::Steps;
use crate::tools::{answer, on_path, search_path, tool};
use crate::tree::{Done, at, files, read, root, write};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// One built folder.
pub(crate) struct Bundle {
    name: &'static str,
    config: &'static str,
}

/// What a person holds in the hand.
pub(crate) const PHONE: Bundle = Bundle { name: "phone", config: "Trunk.toml" };
/// What the office sees.
pub(crate) const DESK: Bundle = Bundle { name: "desk", config: "Trunk.desk.toml" };

impl Bundle {
    /// Builds the folder, or says that it is up to date.
    pub(crate) fn build(&self, steps: &mut Steps) -> Done {
        let what = format!("building the {}", self.name);
        let inputs = inputs()?;
        let mark = at("target/dist").join(format!("{}.inputs", self.name));
        let built = self.folder().join("index.html").is_file();
        if built && read(&mark).is_ok_and(|before| before == inputs.as_bytes()) {
            steps.skip(&what, "unchanged");
            return Ok(());
        }
        std::fs::create_dir_all(at("target/dist"))?;
        // Gone first: a build that is interrupted must not pass for a finished one.
        if mark.exists() {
            std::fs::remove_file(&mark)?;
        }
        let mut trunk = command(tool("trunk"));
        trunk.args(["build", "--release", "--config", self.config]).env("PATH", search_path()?);
        // Trunk reads this as its own switch and refuses the `1` that some terminals set.
        trunk.env_remove("NO_COLOR").env_remove("RUST_BACKTRACE");
        steps.command(&what, trunk)?;
        write(&mark, inputs.as_bytes())
    }

    fn folder(&self) -> PathBuf {
        at("target/dist").join(self.name)
    }
}

/// One hash over everything that ends up in the built folders.
fn inputs() -> Done<String> {
    let mut all = Vec::new();
    for folder in ["app", "scan", "seal", "shared", "xtask/src"] {
        all.extend(files(&at(folder))?);
    }
    for file in ["Cargo.lock", "Cargo.toml", "Trunk.toml", "Trunk.desk.toml", "rust-toolchain.toml"] {
        all.push(at(file));
    }
    let mut hash = Sha256::new();
    for path in all {
        let bytes = read(&path)?;
        hash.update(path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    // Whether the optional optimiser took part decides what comes out.
    let optimiser = on_path("wasm-opt").and_then(|program| answer(program, &["--version"]));
    hash.update(optimiser.unwrap_or_default().as_bytes());
    Ok(short_hash(hash))
}
