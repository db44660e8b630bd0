//! A manager invites from the desk, an organiser joins on a phone and records; revoked in between, the
//! right things happen on both screens.

use super::line::{check_in, count, log_in_at, new_session, tap_named};
use super::pin::choose;
use crate::harness::{Browser, Done, Folder, Server, until};
use std::time::{Duration, Instant};

/// An organiser has joined within this time, everything on the way included.
const JOINED_WITHIN: Duration = Duration::from_secs(60);

/// The link on the sheet, and its code.
async fn sheet(desk: &Browser) -> Done<String> {
    desk.find(".sheet svg.code path").await?;
    let link = desk.find(".sheet .link input").await?.prop("value").await?;
    Ok(link.ok_or("no link")?)
}

/// How many pulled rows the phone holds.
async fn pulled(phone: &Browser) -> Done<u64> {
    let script = "const done = (asked) => new Promise((yes, no) => { \
                      asked.onsuccess = () => yes(asked.result); asked.onerror = no; }); \
                  const [{ name }] = await indexedDB.databases(); \
                  const database = await done(indexedDB.open(name)); \
                  const n = await done(database.transaction('rows').objectStore('rows').count()); \
                  database.close(); \
                  return n";
    Ok(phone.run(script).await?.as_u64().ok_or("no number")?)
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn an_invited_organiser_joins_in_under_a_minute_and_records() -> Done {
    let (data, profile, office) =
        (Folder::new("invite-data")?, Folder::new("invite-profile")?, Folder::new("invite-desk")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url("/desk"), data.path()).await?;
    tap_named(&desk, "账号").await?;
    tap_named(&desk, "邀请").await?;
    desk.fill("#invite-org", "130302-001").await?;
    desk.fill("#invite-note", "早班张师傅").await?;
    tap_named(&desk, "生成邀请").await?;
    let link = sheet(&desk).await?;
    desk.shows(".sheet", "早班张师傅").await?;

    let began = Instant::now();
    let phone = Browser::phone(profile.path()).await?;
    phone.open(&link).await?;
    phone.find("input[name=name]").await?;
    tap_named(&phone, "加入").await?;
    phone.shows(".fault", "请填写姓名").await?;
    phone.fill("input[name=name]", "张师傅").await?;
    phone.tap("form button[type=submit]").await?;
    choose(&phone, "135792").await?;
    phone.shows(".setup", "已登录：张师傅").await?;
    phone.shows(".setup", "已下载").await?;
    tap_named(&phone, "开始使用").await?;
    let took = began.elapsed();
    assert!(took < JOINED_WITHIN, "{took:?}");
    let address = phone.run("return location.href").await?;
    assert!(!address.to_string().contains('#'), "the token is out of the address: {address}");
    new_session(&phone, "凭邀请记录的宣讲").await?;
    check_in(&phone, 3).await?;
    let present = "SELECT coalesce(sum(present), 0) FROM session";
    until("three at the desk", async || Ok((count(data.path(), present)? == 3).then_some(()))).await?;

    assert!(pulled(&phone).await? > 5_000, "the roster is there");

    // Its right ends: the people leave the phone, and what was recorded stays.
    tap_named(&desk, "账号").await?;
    desk.fill("#accounts-q", "张师傅").await?;
    desk.find("#accounts-q").await?.send_keys("\u{e007}").await?;
    desk.shows(".table", "现场记录员").await?;
    desk.tap(".grant button").await?;
    tap_named(&desk, "确定结束授权").await?;
    let ended = "SELECT count(*) FROM role_grant WHERE until_ms IS NOT NULL";
    until("the end of the grant", async || Ok((count(data.path(), ended)? == 1).then_some(()))).await?;
    phone.open(&server.url("/")).await?;
    phone.fill("input.pin", "135792").await?;
    tap_named(&phone, "解锁").await?;
    until("nothing of what was pulled is on the phone", async || {
        Ok((pulled(&phone).await? == 0).then_some(()))
    })
    .await?;
    assert_eq!(count(data.path(), present)?, 3);
    // The used link lets nobody in.
    let other = Folder::new("invite-other")?;
    let second = Browser::phone(other.path()).await?;
    second.open(&link).await?;
    second.fill("input[name=name]", "别人").await?;
    second.tap("form button[type=submit]").await?;
    second.shows(".fault", "已用过或已过期").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn somebody_of_the_staff_sets_a_password_by_a_link() -> Done {
    let (data, office, home) =
        (Folder::new("enter-data")?, Folder::new("enter-desk")?, Folder::new("enter-home")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url("/desk/accounts"), data.path()).await?;
    desk.tap("details.new summary").await?;
    desk.fill("#account-login", "zhao").await?;
    desk.fill("#account-name", "赵姐").await?;
    desk.fill("#invite-org", "130302").await?;
    tap_named(&desk, "新建，得到设密码的链接").await?;
    let link = sheet(&desk).await?;
    let other = Browser::desk(home.path()).await?;
    other.open(&link).await?;
    other.fill("#enter-first", "three walls of brick").await?;
    other.fill("#enter-second", "three walls of bricks").await?;
    tap_named(&other, "设置并登录").await?;
    other.shows(".bad", "两次输入的密码不一样").await?;
    other.fill("#enter-second", "three walls of brick").await?;
    tap_named(&other, "设置并登录").await?;
    other.shows(".head", "赵姐").await?;
    other.shows("main", "海港区").await
}
