//! `shots`: remakes the pictures of the README from the built product.

use crate::browser;
use crate::child::{Output, cargo};
use crate::run::{BUILD_STEPS, binary, build_all};
use crate::steps::{Steps, show};
use crate::test::counted;
use crate::tree::{Done, at};

/// The test that takes the pictures; an ordinary run leaves it out by its `long`.
const TEST: &str = "shots::long::";

/// Builds, then lets the browser take the pictures into `docs/img`.
pub(crate) fn shots() -> Done {
    let mut steps = Steps::new(browser::INSTALL_STEPS + 1 + BUILD_STEPS + 1);
    let browser = browser::install(&mut steps)?;
    browser::install_font(&mut steps)?;
    build_all(&mut steps)?;
    std::fs::create_dir_all(at("docs/img"))?;
    let mut shoot = cargo(&["test", "--locked", "--workspace", "--test", "all", "--", TEST]);
    shoot
        .arg("--include-ignored")
        .env("JIANGDAO_BIN", binary())
        .env("JIANGDAO_SHOTS", at("docs/img"))
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver);
    let finished = steps.tried("taking the pictures", shoot, Output::Kept)?;
    let (taken, _) = counted(&finished.out);
    if finished.status.success() && taken > 0 {
        return Ok(());
    }
    show(&finished);
    Err("the pictures were not taken".into())
}
