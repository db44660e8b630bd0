//! `gallery`: a picture of every screen in every theme, language and size, with a page that shows them.

use crate::child::{Output, cargo};
use crate::run::{BUILD_STEPS, binary, build_all};
use crate::steps::{Steps, show};
use crate::test::counted;
use crate::tree::{Done, at, files, write};
use crate::{axe, browser};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The test that takes the pictures; an ordinary run leaves it out by its `long`.
const TEST: &str = "screens::gallery::long::";

/// Builds, lets the browser take the pictures into an ignored folder, and writes its page.
pub(crate) fn gallery() -> Done {
    let mut steps = Steps::new(browser::INSTALL_STEPS + 1 + axe::INSTALL_STEPS + BUILD_STEPS + 1);
    let browser = browser::install(&mut steps)?;
    browser::install_font(&mut steps)?;
    let axe = axe::install(&mut steps)?;
    build_all(&mut steps)?;
    let folder = at("target/gallery");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut shoot = cargo(&["test", "--locked", "--workspace", "--test", "all", "--", TEST]);
    shoot
        .arg("--include-ignored")
        .env("JIANGDAO_BIN", binary())
        .env("JIANGDAO_AXE", axe)
        .env("JIANGDAO_GALLERY", &folder)
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver);
    let finished = steps.tried("taking the pictures", shoot, Output::Kept)?;
    write(&folder.join("index.html"), page(&folder)?.as_bytes())?;
    let (taken, _) = counted(&finished.out);
    if !finished.status.success() || taken == 0 {
        show(&finished);
        return Err("the pictures were not taken".into());
    }
    println!("{}", folder.join("index.html").display());
    Ok(())
}

/// One row a screen, its looks side by side.
fn page(folder: &Path) -> Done<String> {
    let mut screens: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files(folder)? {
        let inside = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        let Some((screen, look)) = inside.strip_suffix(".png").and_then(|name| name.split_once('.')) else {
            continue;
        };
        screens.entry(screen.to_owned()).or_default().push(look.to_owned());
    }
    let mut page = "<!DOCTYPE html><meta charset=\"utf-8\"><title>讲到</title><style>body{font:14px sans-serif}\
                    section{display:flex;gap:1rem;overflow-x:auto}figure{margin:0}img{width:270px;border:1px solid #ccc}\
                    .desk img{width:640px}</style>"
        .to_owned();
    for (screen, mut looks) in screens {
        looks.sort();
        let kind = screen.split('/').next().unwrap_or_default();
        write!(page, "<h2>{screen}</h2><section class=\"{kind}\">")?;
        for look in looks {
            write!(
                page,
                "<figure><img loading=\"lazy\" src=\"{screen}.{look}.png\" alt=\"\"><figcaption>{look}</figcaption></figure>"
            )?;
        }
        page.push_str("</section>");
    }
    Ok(page)
}
