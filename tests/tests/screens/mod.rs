//! Every screen, once: what axe looks at, and what the gallery shows. A new screen is one line here.

mod gallery;
mod walk;

use crate::browser::line::{check_in, demo_password, log_in, log_in_at, new_session, tap_named};
use crate::harness::{Browser, Done, Server};
use std::path::Path;

/// A screen and the way to it.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    /// Its name, and that of its picture.
    pub(crate) name: &'static str,
    /// Its address; `{s}` stands for the session that the walk has made.
    path: &'static str,
    /// What is there once it is drawn.
    ready: &'static str,
    /// What is tapped then, by selector: dialogs and what unfolds.
    taps: &'static [&'static str],
}

const fn screen(name: &'static str, path: &'static str, ready: &'static str) -> Screen {
    Screen { name, path, ready, taps: &[] }
}

const fn opened(
    name: &'static str,
    path: &'static str,
    ready: &'static str,
    taps: &'static [&'static str],
) -> Screen {
    Screen { name, path, ready, taps }
}

/// The phone's, of somebody who has logged in.
const PHONE: &[Screen] = &[
    screen("sessions", "/", ".cards"),
    screen("session-new", "/new", "input[name=title]"),
    screen("attendance", "/s/{s}", ".people .person"),
    opened("person", "/s/{s}", ".people .person", &[".person .person-more"]),
    screen("walk-in", "/s/{s}/walk-in", "form"),
    screen("feedback", "/s/{s}/feedback", "form"),
    screen("scene", "/s/{s}/scene", ".thumbs"),
    opened("photo-void", "/s/{s}/scene", ".thumb", &[".thumb .secondary"]),
    screen("summary", "/s/{s}/summary", ".totals"),
    opened("summary-card", "/s/{s}/summary", ".share", &[".share ~ .block-foot + .block-foot button"]),
    screen("sync", "/sync", ".figures"),
    screen("me", "/me", ".choice"),
    opened("sign-out", "/me", ".choice", &[".page .block:last-of-type .secondary"]),
    screen("login", "/login", "input[name=login]"),
    screen("not-found", "/s/0190a000-0000-7000-8000-000000000000", ".empty"),
];

/// The desk's, of the city's admin.
const DESK: &[Screen] = &[
    screen("overview", "/desk", ".coverage tbody tr"),
    screen("sessions", "/desk/sessions", "table tbody tr"),
    screen("session", "/desk/sessions/{s}", ".photos"),
    screen("held", "/desk/held", "h1"),
    screen("closings", "/desk/closings", "#closing-code"),
    screen("devices", "/desk/devices", "table tbody tr"),
    screen("roster", "/desk/roster", "h1"),
    screen("roster-import", "/desk/roster/import", "input[type=file]"),
    screen("orgs-import", "/desk/orgs/import", "input[type=file]"),
    screen("audit", "/desk/audit", "table tbody tr"),
    screen("accounts", "/desk/accounts", "table tbody tr"),
    screen("invitations", "/desk/invitations", "h1"),
    screen("settings", "/desk/settings", "h1"),
    screen("me", "/desk/me", "h1"),
];

/// How the app is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) theme: &'static str,
    pub(crate) elder: bool,
    pub(crate) lang: &'static str,
}

const fn look(theme: &'static str, elder: bool, lang: &'static str) -> Look {
    Look { theme, elder, lang }
}

/// Every two of theme, size and language meet in one of these.
const PAIRS: [Look; 4] = [
    look("light", false, "zh"),
    look("light", true, "en"),
    look("dark", false, "en"),
    look("dark", true, "zh"),
];

impl Look {
    pub(crate) fn name(self) -> String {
        format!("{}-{}{}", self.theme, self.lang, if self.elder { "-elder" } else { "" })
    }

    /// From the next opening of a page on.
    async fn wear(self, browser: &Browser) -> Done {
        let Self { theme, elder, lang } = self;
        let prefs = format!("{{\"lang\":\"{lang}\",\"elder\":{elder},\"theme\":\"{theme}\"}}");
        browser.run(&format!("localStorage.setItem('jiangdao.prefs', '{prefs}'); return null")).await?;
        Ok(())
    }
}

impl Screen {
    /// Goes there, and opens what is to be open.
    async fn show(&self, browser: &Browser, server: &Server, session: &str) -> Done {
        browser.open(&server.url(&self.path.replace("{s}", session))).await?;
        browser.find(self.ready).await?;
        for tap in self.taps {
            browser.tap(tap).await?;
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        Ok(())
    }
}

/// A phone in the middle of its work; the id of its session, in which there is something of everything.
async fn working_phone(server: &Server, data: &Path, profile: &Path) -> Done<(Browser, String)> {
    let phone = Browser::phone(profile).await?;
    log_in(&phone, server, data).await?;
    let page = new_session(&phone, "“工人先锋号”班组长安全生产与职业健康专题宣讲（第三车间夜班）").await?;
    check_in(&phone, 3).await?;
    tap_named(&phone, "现场").await?;
    crate::browser::photo::choose(
        &phone,
        &crate::browser::photo::picture(&phone, 640, 480).await?,
        profile,
        0,
    )
    .await?;
    phone.find(".thumb").await?;
    tap_named(&phone, "小结").await?;
    tap_named(&phone, "结束本场").await?;
    phone.find(".closing-code").await?;
    let session = page.rsplit('/').next().ok_or("no id")?.to_owned();
    Ok((phone, session))
}

/// The desk of the city's admin.
async fn working_desk(server: &Server, data: &Path, profile: &Path) -> Done<Browser> {
    demo_password(data, "admin")?;
    let desk = Browser::desk(profile).await?;
    log_in_at(&desk, &server.url("/desk"), data).await?;
    desk.find(".coverage tbody tr").await?;
    Ok(desk)
}
