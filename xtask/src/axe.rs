//! axe-core, which looks whether everybody can use a page: a file for the tests alone, fetched once.

use crate::browser;
use crate::child::command;
use crate::steps::Steps;
use crate::tools::on_path;
use crate::tree::{Done, at};
use std::path::PathBuf;

/// The version that the tests were mended by.
const VERSION: &str = "4.14.1";

/// Steps that [`install`] takes.
pub(crate) const INSTALL_STEPS: usize = 1;

/// The script, by npm, which is itself installed where it is missing and that may be done.
pub(crate) fn install(steps: &mut Steps) -> Done<PathBuf> {
    let what = format!("axe-core {VERSION}");
    let folder = at("target/tools/axe");
    let script = folder.join(format!("package-{VERSION}")).join("axe.min.js");
    if script.is_file() {
        steps.skip(&what, "there");
        return Ok(script);
    }
    std::fs::create_dir_all(&folder)?;
    let mut fetch = command("sh");
    let get = "set -e; npm pack --silent \"axe-core@$1\" >/dev/null; tar -xzf \"axe-core-$1.tgz\"; \
               rm -rf \"package-$1\"; mv package \"package-$1\"";
    let script_text = if on_path("npm").is_some() {
        get.to_owned()
    } else if browser::may_install() {
        format!("apt-get update -qq; apt-get install -y -qq --no-install-recommends npm; {get}")
    } else {
        return Err("the tests of the screens need axe-core, which npm brings: install npm".into());
    };
    fetch
        .args(["-c", &script_text, "sh", VERSION])
        .current_dir(&folder)
        .env("DEBIAN_FRONTEND", "noninteractive");
    steps.command(&format!("fetching {what}"), fetch)?;
    script.is_file().then_some(script).ok_or_else(|| format!("{what} holds no axe.min.js").into())
}
