//! Installs the tools that are missing, all under `target/tools`, nothing for the whole machine.

use crate::child::{cargo, command};
use crate::steps::Steps;
use crate::tree::{Done, at, read_text};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

const TRUNK: &str = "0.21.14";
const DENY: &str = "0.20.2";
/// The target of the phone and the desk.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Steps that [`install`] takes.
pub(crate) const INSTALL_STEPS: usize = 4;

/// The wasm target, Trunk and wasm-bindgen, and every crate that the lock file names.
pub(crate) fn install(steps: &mut Steps) -> Done {
    wasm_target(steps)?;
    install_one(steps, "trunk", TRUNK, &["--no-default-features"])?;
    install_one(steps, "wasm-bindgen-cli", &locked_version("wasm-bindgen")?, &[])?;
    // Trunk is told to stay offline, so that a missing tool is an error and not a download
    // from somewhere: the crates have to be here before it starts.
    steps.command("fetching crates", cargo(&["fetch", "--locked"]))
}

/// Installs cargo-deny, for the long test only.
pub(crate) fn install_deny(steps: &mut Steps) -> Done {
    install_one(steps, "cargo-deny", DENY, &["--no-default-features"])
}

/// A tool under `target/tools`.
pub(crate) fn tool(name: &str) -> PathBuf {
    at("target/tools/bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The search path with our tools in front.
pub(crate) fn search_path() -> Done<OsString> {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let folders = [at("target/tools/bin")].into_iter().chain(std::env::split_paths(&before));
    Ok(std::env::join_paths(folders)?)
}

/// Finds a program on the search path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = search_path().ok()?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// What a program prints, or nothing when it cannot be started or fails.
pub(crate) fn answer(program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn wasm_target(steps: &mut Steps) -> Done {
    let what = "the wasm target of the compiler";
    let sysroot = answer("rustc", &["--print", "sysroot"]).unwrap_or_default();
    if PathBuf::from(sysroot).join("lib/rustlib").join(WASM).is_dir() {
        steps.skip(what, "there");
        return Ok(());
    }
    if on_path("rustup").is_none() {
        return Err(format!(
            "the compiler lacks the target {WASM} and there is no rustup to add it: \
             install the target by the means the compiler came by"
        )
        .into());
    }
    let mut rustup = command("rustup");
    rustup.args(["target", "add", WASM]);
    steps.command(what, rustup)
}

fn install_one(steps: &mut Steps, package: &str, version: &str, more: &[&str]) -> Done {
    let program = package.strip_suffix("-cli").unwrap_or(package);
    let there = answer(tool(program), &["--version"]).unwrap_or_default();
    let label = format!("{package} {version}");
    if there.split_whitespace().any(|word| word == version) {
        steps.skip(&label, "there");
        return Ok(());
    }
    let root = at("target/tools");
    let mut install = cargo(&["install", "--locked", "--debug", "--force", package]);
    // Built for debugging they are fast enough, and installed in a third of the time.
    install.args(["--version", version, "--root"]).arg(root).args(more).env("CARGO_PROFILE_DEV_DEBUG", "0");
    steps.command(&format!("installing {label}"), install)
}

/// The version of a crate in `Cargo.lock`.
fn locked_version(name: &str) -> Done<String> {
    let lock = read_text(&at("Cargo.lock"))?;
    version_in(&lock, name).ok_or_else(|| format!("Cargo.lock names no {name}").into())
}

fn version_in(lock: &str, name: &str) -> Option<String> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted);
    let version = lines.nth(1)?.strip_prefix("version = ")?;
    Some(version.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn finds_the_exact_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.129"));
        assert_eq!(version_in(lock, "trunk"), None);
    }
}
