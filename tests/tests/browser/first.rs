//! From an empty folder to an admin with a second factor: the link of the console, the first page, the own
//! account, and a login that asks for a code.

use super::line::tap_named;
use crate::harness::{Browser, Done, Folder, Server, until};
use std::time::{SystemTime, UNIX_EPOCH};
use totp_rs::{Builder, Secret};

const PASSWORD: &str = "three walls of brick";

/// The link that the server has printed.
async fn printed(server: &Server) -> Done<String> {
    until("the link of the console", async || {
        let heard = server.heard();
        let line = heard.lines().map(str::trim).find(|line| line.contains("/desk/first#"));
        Ok(line.map(str::to_owned))
    })
    .await
}

/// What an app shows now.
fn shown(key: &str) -> Done<String> {
    let key: String = key.split_whitespace().collect();
    let secret = Secret::try_from_base32(&key).map_err(|why| why.to_string())?;
    let totp = Builder::new().with_secret(secret).build().map_err(|why| why.to_string())?;
    Ok(totp.generate(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()).to_string())
}

async fn log_in(desk: &Browser, page: &str) -> Done {
    desk.open(page).await?;
    desk.fill("#login-name", "wang").await?;
    desk.fill("#login-password", PASSWORD).await?;
    desk.tap("form button[type=submit]").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn the_first_admin_comes_in_by_the_console_and_sets_up_a_second_factor() -> Done {
    let (data, office) = (Folder::new("first-data")?, Folder::new("first-desk")?);
    let server = Server::start(data.path(), &[])?;
    let link = printed(&server).await?;
    let desk = Browser::desk(office.path()).await?;
    desk.open(&link).await?;
    for (field, text) in [
        ("#first-city", "秦皇岛市总工会"),
        ("#first-code", "130300"),
        ("#first-name", "王芳"),
        ("#first-login", "wang"),
        ("#enter-first", "password1234"),
        ("#enter-second", "password1234"),
    ] {
        desk.fill(field, text).await?;
    }
    tap_named(&desk, "建好并登录").await?;
    desk.shows(".login-says", "容易猜到").await?;
    desk.fill("#enter-first", PASSWORD).await?;
    desk.fill("#enter-second", PASSWORD).await?;
    tap_named(&desk, "建好并登录").await?;
    desk.shows(".head", "王芳").await?;
    let address = desk.run("return location.href").await?;
    assert!(!address.to_string().contains('#'), "the token is out of the address: {address}");

    desk.tap(".head-who").await?;
    tap_named(&desk, "启用两步验证").await?;
    desk.find(".sheet svg.code path").await?;
    let key = desk.find("#factor-key").await?.prop("value").await?.ok_or("no key")?;
    desk.fill("#factor-code", &shown(&key)?).await?;
    tap_named(&desk, "确认启用").await?;
    desk.find(".sheet ol li:nth-child(8)").await?;
    let code = desk.text(".sheet ol li:first-child").await?;
    tap_named(&desk, "已保存好备用码").await?;
    desk.shows("main", "还有 8 个备用码").await?;

    tap_named(&desk, "退出登录").await?;
    log_in(&desk, &server.url("/desk/me")).await?;
    desk.shows(".login-says", "请输入动态码").await?;
    desk.fill("#login-code", "000000").await?;
    desk.tap("form button[type=submit]").await?;
    desk.shows(".login-says", "不对，或已经用过").await?;
    desk.fill("#login-code", &code).await?;
    desk.tap("form button[type=submit]").await?;
    desk.shows("main", "还有 7 个备用码").await?;

    // The link is used up.
    let home = Folder::new("first-home")?;
    let other = Browser::desk(home.path()).await?;
    other.open(&link).await?;
    other.shows(".login-says", "已用过或已过期").await
}
