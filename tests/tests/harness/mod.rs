//! What the tests of the whole stand on: the real server, a real browser, folders that vanish.

mod axe;
mod browser;
mod folder;
mod process;
mod server;

pub(crate) use axe::axe;
pub(crate) use browser::Browser;
pub(crate) use folder::Folder;
pub(crate) use process::{is_stopped, signal};
pub(crate) use server::{Server, jiangdao};

use std::error::Error;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Anything that went wrong; tests return it, so that `?` serves everywhere.
pub(crate) type Trouble = Box<dyn Error + Send + Sync>;
/// What a test and its helpers return.
pub(crate) type Done<T = ()> = Result<T, Trouble>;

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A path that `cargo xtask test` names in the environment.
pub(crate) fn named(variable: &str) -> Done<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{variable} is not set: run `cargo xtask test`").into())
}

/// Asks again and again until there is an answer, and names what it waited for when there is none.
pub(crate) async fn until<T, F>(what: &str, mut ask: impl FnMut() -> F) -> Done<T>
where
    F: Future<Output = Done<Option<T>>>,
{
    let started = Instant::now();
    loop {
        let last = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => "not yet".to_owned(),
            Err(why) => why.to_string(),
        };
        if started.elapsed() > PATIENCE {
            return Err(format!("waited in vain for {what}: {last}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
