//! axe over every screen, dialogs open: phones at 320 px with the text twice as large.

use super::{DESK, PAIRS, PHONE, working_desk, working_phone};
use crate::harness::{Browser, Done, Folder, Server, axe};
use serde_json::json;

/// The narrowest that a page has to do with.
const NARROW: u32 = 320;

async fn narrow(phone: &Browser) -> Done {
    let metrics = json!({ "width": NARROW, "height": 640, "deviceScaleFactor": 2, "mobile": true });
    phone.page()?.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
    Ok(())
}

/// Twice the size, as a browser's own setting does it; true where the page is then too wide.
const TWICE: &str = "document.documentElement.style.fontSize = '200%';
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return document.documentElement.scrollWidth";

/// Runs with `cargo xtask test --all`: two pages have findings that are named in docs/measurements.md.
mod long {
    use super::*;

    #[tokio::test]
    #[ignore = "needs the built product: cargo xtask test"]
    async fn everybody_can_use_every_screen() -> Done {
        let (data, profile, office) =
            (Folder::new("axe-data")?, Folder::new("axe-phone")?, Folder::new("axe-desk")?);
        let server = Server::start(data.path(), &["--demo"])?;
        let (mut phone, session) = working_phone(&server, data.path(), profile.path()).await?;
        let desk = working_desk(&server, data.path(), office.path()).await?;
        let mut found = Vec::new();
        narrow(&phone).await?;
        for look in PAIRS {
            look.wear(&phone).await?;
            for screen in PHONE {
                screen
                    .show(&phone, &server, &session)
                    .await
                    .map_err(|why| format!("{}: {why}", screen.name))?;
                let wide = phone.run(TWICE).await?.as_u64().unwrap_or(u64::MAX);
                if wide > u64::from(NARROW) {
                    found.push(format!("phone {} {}: {wide} px wide", screen.name, look.name()));
                }
                if let Err(why) = axe(&phone).await {
                    found.push(format!("phone {} {}: {why}", screen.name, look.name()));
                }
            }
        }
        phone.close().await?;
        for look in [PAIRS[0], PAIRS[2]] {
            look.wear(&desk).await?;
            for screen in DESK {
                screen
                    .show(&desk, &server, &session)
                    .await
                    .map_err(|why| format!("desk {}: {why}", screen.name))?;
                if let Err(why) = axe(&desk).await {
                    found.push(format!("desk {} {}: {why}", screen.name, look.name()));
                }
            }
        }
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
        Ok(())
    }
}
