//! `run` and `build`: from a fresh clone to a served product.

use crate::bundle::{DESK, PHONE};
use crate::child::cargo;
use crate::steps::Steps;
use crate::tools;
use crate::tree::{Done, Trouble, at};
use std::path::PathBuf;
use std::process::Command;

/// Steps that [`build_all`] takes.
pub(crate) const BUILD_STEPS: usize = tools::INSTALL_STEPS + 3;

/// The product: one program with phone and desk inside.
pub(crate) fn binary() -> PathBuf {
    at("target/release").join(format!("jiangdao{}", std::env::consts::EXE_SUFFIX))
}

/// Builds everything that is shipped.
pub(crate) fn build_all(steps: &mut Steps) -> Done {
    tools::install(steps)?;
    PHONE.build(steps)?;
    DESK.build(steps)?;
    let server = cargo(&["build", "--release", "--locked", "-p", "server", "--features", "embed"]);
    steps.command("building the server", server)
}

/// Builds and says where the program is.
pub(crate) fn build() -> Done {
    let mut steps = Steps::new(BUILD_STEPS);
    build_all(&mut steps)?;
    eprintln!("built {} in {:.0} s", binary().display(), steps.seconds());
    Ok(())
}

/// Builds and serves the demo city; what follows `run` goes to the server.
pub(crate) fn run(args: &[String]) -> Done {
    let mut steps = Steps::new(BUILD_STEPS);
    build_all(&mut steps)?;
    eprintln!("ready after {:.0} s; Ctrl-C ends it", steps.seconds());
    let mut server = Command::new(binary());
    server.current_dir(at("")).arg("serve");
    // A word given by hand replaces the usual one: the server refuses a word said twice.
    for (word, value) in [("--data", "data"), ("--listen", "127.0.0.1:8080")] {
        if !args.iter().any(|arg| arg == word || arg.starts_with(&format!("{word}="))) {
            server.args([word, value]);
        }
    }
    if !args.iter().any(|arg| arg == "--demo") {
        server.arg("--demo");
    }
    server.args(args.iter().filter(|arg| *arg != "--"));
    Err(become_it(server))
}

/// Puts the server in this program's place, so that signals and its exit status pass unchanged.
#[cfg(unix)]
fn become_it(mut server: Command) -> Trouble {
    use std::os::unix::process::CommandExt;
    let why = server.exec();
    format!("cannot start {}: {why}", binary().display()).into()
}

/// Runs the server and ends with its exit status.
#[cfg(not(unix))]
fn become_it(mut server: Command) -> Trouble {
    match server.status() {
        Ok(ended) => std::process::exit(ended.code().unwrap_or(1)),
        Err(why) => format!("cannot start {}: {why}", binary().display()).into(),
    }
}
