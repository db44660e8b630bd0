//! Finds the browser that the tests drive, and installs it where that is possible.

use crate::child::command;
use crate::steps::Steps;
use crate::tools::{answer, on_path};
use crate::tree::{Done, at, read_text, write};
use std::path::PathBuf;

/// Steps that [`install`] takes.
pub(crate) const INSTALL_STEPS: usize = 1;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
/// Without it, headless pictures show boxes where Chinese should be.
const FONT: &str = "fonts-noto-cjk";

/// A browser and the program that drives it.
pub(crate) struct Browser {
    /// Chromium or Chrome.
    pub(crate) chrome: PathBuf,
    /// ChromeDriver of the same version.
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// The settings of the browser for wasm-bindgen's runner: ours, plus where the browser is.
    pub(crate) fn runner_settings(&self) -> Done<PathBuf> {
        let own = read_text(&at("app/webdriver.json"))?;
        let mut settings: serde_json::Value = serde_json::from_str(&own)?;
        if let Some(options) = settings.get_mut("goog:chromeOptions") {
            options["binary"] = self.chrome.to_string_lossy().as_ref().into();
        }
        let path = at("target/tools/webdriver.json");
        write(&path, serde_json::to_string_pretty(&settings)?.as_bytes())?;
        Ok(path)
    }
}

/// The browser to test with, installed when it is missing and this may be done.
pub(crate) fn install(steps: &mut Steps) -> Done<Browser> {
    let what = "Chromium and its driver";
    if let Some(browser) = find()? {
        steps.skip(what, "there");
        return Ok(browser);
    }
    if !may_install() {
        return Err(missing());
    }
    let packages = [PACKAGES[0], PACKAGES[1], FONT];
    steps.command(&format!("installing {}", packages.join(", ")), apt(&packages))?;
    find()?.ok_or_else(missing)
}

/// Installs a Chinese font where the system has none and this may be done.
pub(crate) fn install_font(steps: &mut Steps) -> Done {
    let known = answer("fc-list", &[":lang=zh", "family"]).unwrap_or_default();
    if !known.is_empty() {
        steps.skip("a Chinese font", "there");
        return Ok(());
    }
    if !may_install() {
        steps.skip("a Chinese font", "missing: pictures will show boxes for Chinese");
        return Ok(());
    }
    steps.command(&format!("installing {FONT}"), apt(&[FONT]))
}

/// CHROME and CHROMEDRIVER first, then the search path.
fn find() -> Done<Option<Browser>> {
    let chrome = named("CHROME")?.or_else(|| NAMES.iter().find_map(|name| on_path(name)));
    let driver = named("CHROMEDRIVER")?.or_else(|| on_path("chromedriver"));
    Ok(chrome.zip(driver).map(|(chrome, driver)| Browser { chrome, driver }))
}

fn named(variable: &str) -> Done<Option<PathBuf>> {
    match std::env::var_os(variable) {
        None => Ok(None),
        Some(value) if PathBuf::from(&value).is_file() => Ok(Some(value.into())),
        Some(value) => {
            Err(format!("{variable} names {}, and there is no such file", value.to_string_lossy()).into())
        }
    }
}

/// Root on a system with apt-get.
pub(crate) fn may_install() -> bool {
    on_path("apt-get").is_some() && answer("id", &["-u"]).as_deref() == Some("0")
}

fn apt(packages: &[&str]) -> std::process::Command {
    let script = "apt-get update -qq && apt-get install -y -qq --no-install-recommends \"$@\"";
    let mut apt = command("sh");
    apt.args(["-c", script, "sh"]).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

fn missing() -> crate::tree::Trouble {
    format!(
        "the browser tests need Chromium and its driver.\n\
         On Debian or Ubuntu, as root: apt-get install {} {FONT}\n\
         Elsewhere install Chromium (or Chrome) and the ChromeDriver of the same version, and \
         name both: CHROME=/path/to/chromium CHROMEDRIVER=/path/to/chromedriver cargo xtask test",
        PACKAGES.join(" ")
    )
    .into()
}
