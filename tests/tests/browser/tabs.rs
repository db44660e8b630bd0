//! Several tabs, several accounts and a browser that throws records away, with the shipped files.

use super::line::{check_in_more, demo_password, log_in, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, until};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use thirtyfour::WindowHandle;

/// Until a tab that came to the front has read and said all it has to.
const REST: Duration = Duration::from_secs(2);

/// Brings a tab to the front.
async fn to(browser: &Browser, tab: &WindowHandle) -> Done {
    Ok(browser.page()?.switch_to_window(tab.clone()).await?)
}

/// Freezes the tab, as a phone does with one in the background, or lets it go on.
async fn lives(browser: &Browser, lives: bool) -> Done {
    let state = if lives { "active" } else { "frozen" };
    browser.page()?.cdp().send_raw("Page.setWebLifecycleState", json!({ "state": state })).await?;
    Ok(())
}

async fn now_ms(browser: &Browser) -> Done<f64> {
    Ok(browser.run("return Date.now()").await?.as_f64().ok_or("no time")?)
}

/// How often this tab called the server to push, between these times of its clock.
async fn pushes(browser: &Browser, from_ms: f64, to_ms: f64) -> Done<u64> {
    let count = format!(
        "const at = (call) => performance.timeOrigin + call.startTime; \
         return performance.getEntriesByType('resource').filter((call) => call.name.includes('/push') \
             && at(call) > {from_ms} && at(call) < {to_ms}).length"
    );
    Ok(browser.run(&count).await?.as_u64().ok_or("no count")?)
}

/// How many accounts have a tab that leads.
async fn locks(browser: &Browser) -> Done<u64> {
    let held = "const ours = (lock) => lock.name.startsWith('jiangdao-push-'); \
                return (await navigator.locks.query()).held.filter(ours).length";
    Ok(browser.run(held).await?.as_u64().ok_or("no count")?)
}

fn database(data: &Path) -> Done<Connection> {
    Ok(Connection::open(data.join("jiangdao.db"))?)
}

/// Who made each change, by login, with its place in its replica; in the order of both.
fn arrived(data: &Path) -> Done<Vec<(String, u64)>> {
    let sql = "SELECT login, replica_seq FROM change JOIN replica USING (replica_id) \
               JOIN account USING (account_id) ORDER BY login, replica_id, replica_seq";
    let conn = database(data)?;
    let rows = conn
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, i64)>, _>>()?;
    rows.into_iter().map(|(login, seq)| Ok((login, u64::try_from(seq)?))).collect()
}

/// What phones reported to be lost.
fn losses(data: &Path) -> Done<Vec<(String, Option<i64>)>> {
    let conn = database(data)?;
    let rows = conn
        .prepare("SELECT kind, missing FROM device_loss ORDER BY at_ms")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

fn seqs(login: &str, count: u64) -> Vec<(String, u64)> {
    (1..=count).map(|seq| (login.to_owned(), seq)).collect()
}

/// Takes its time: tabs are frozen and woken.
mod long {
    use super::*;

    #[tokio::test]
    #[ignore = "needs the built product: cargo xtask test"]
    async fn two_tabs_record_without_signal_and_all_arrives_once() -> Done {
        let (data, profile) = (Folder::new("tabs-data")?, Folder::new("tabs-profile")?);
        let mut server = Server::start(data.path(), &["--demo"])?;
        let phone = Browser::phone(profile.path()).await?;
        log_in(&phone, &server, data.path()).await?;
        server.stop()?;
        phone.reload().await?;
        let page = new_session(&phone, "两个窗口").await?;
        check_in_more(&phone, 0, 3).await?;
        let first = phone.page()?.window().await?;
        let second = phone.page()?.new_tab().await?;
        to(&phone, &second).await?;
        phone.open(&server.url(&page)).await?;
        phone.shows(".figures strong", "3").await?;
        let mut here = 3;
        for _ in 0..3 {
            for tab in [&second, &first] {
                to(&phone, tab).await?;
                phone.shows(".figures strong", &here.to_string()).await?;
                check_in_more(&phone, here, 2).await?;
                here += 2;
            }
        }
        // Both have the whole; the one in front pushes, and the other one does not.
        let all = here + 1;
        for tab in [&second, &first] {
            to(&phone, tab).await?;
            phone.shows(".figures strong", &here.to_string()).await?;
        }
        until("one leads", async || Ok((locks(&phone).await? == 1).then_some(()))).await?;
        tokio::time::sleep(REST).await;
        let from_ms = now_ms(&phone).await?;
        server.start_again()?;
        phone.run("window.dispatchEvent(new Event('online'))").await?;
        tap_named(&phone, "小结").await?;
        let own = format!("本机记录 {all} 条 · 服务器已收到 {all} 条");
        phone.shows(".own", &own).await?;
        let to_ms = now_ms(&phone).await?;
        assert!(pushes(&phone, from_ms, to_ms).await? > 0);
        to(&phone, &second).await?;
        tap_named(&phone, "小结").await?;
        phone.shows(".own", &own).await?;
        assert_eq!(pushes(&phone, from_ms, to_ms).await?, 0, "the tab behind has pushed");
        assert_eq!(arrived(data.path())?, seqs("zhang", all as u64), "each once, without a gap");
        // One that leads and is frozen does not keep the lead; back again, it knows what was done.
        // No browser freezes a page in the middle of a transaction that others wait for.
        tokio::time::sleep(REST).await;
        lives(&phone, false).await?;
        for (tab, n) in [(&first, 1), (&second, 2)] {
            to(&phone, tab).await?;
            lives(&phone, true).await?;
            tap_named(&phone, "签到").await?;
            phone.shows(".figures strong", &(here + n - 1).to_string()).await?;
            check_in_more(&phone, here + n - 1, 1).await?;
            let expected = seqs("zhang", (all + n) as u64);
            until("it arrives", async || Ok((arrived(data.path())? == expected).then_some(()))).await?;
        }
        Ok(())
    }
}

/// Whether the way to the server lets changes through; all else it does let through.
async fn let_pushes_through(browser: &Browser, open: bool) -> Done {
    let cdp = browser.page()?.cdp();
    cdp.send_raw("Network.enable", json!({})).await?;
    let blocked: &[&str] = if open { &[] } else { &["*/api/v1/push*"] };
    cdp.send_raw("Network.setBlockedURLs", json!({ "urls": blocked })).await?;
    Ok(())
}

async fn fill_login(browser: &Browser, data: &Path, login: &str) -> Done {
    browser.fill("input[name=login]", login).await?;
    browser.fill("input[name=password]", &demo_password(data, login)?).await?;
    browser.tap("form button[type=submit]").await?;
    tap_named(browser, "先不设").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn what_waits_of_one_account_goes_up_as_its_own_while_another_is_open() -> Done {
    let (data, profile) = (Folder::new("switch-data")?, Folder::new("switch-profile")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    server.stop()?;
    phone.reload().await?;
    new_session(&phone, "张师傅的场次").await?;
    check_in_more(&phone, 0, 2).await?;
    phone.open(&server.url("/me")).await?;
    tap_named(&phone, "退出登录").await?;
    phone.shows("[role=alert]", "还有 3 条没有上传").await?;
    tap_named(&phone, "确定退出").await?;
    phone.shows(".remark", "本机还有 3 条记录没有上传").await?;

    // Another person logs in where nothing can be pushed yet, and records as well.
    let_pushes_through(&phone, false).await?;
    server.start_again()?;
    fill_login(&phone, data.path(), "haigang").await?;
    phone.shows(".setup", "花名册：5000 人 · 已下载").await?;
    tap_named(&phone, "开始使用").await?;
    phone.shows(".strip", "其他账号还有 3 条待上传").await?;
    new_session(&phone, "海港区的场次").await?;
    check_in_more(&phone, 0, 1).await?;
    phone.shows(".strip", "2 条已存本机，待上传").await?;
    tap_named(&phone, "2 条已存本机").await?;
    phone.shows(".accounts", "张师傅：3 条待上传").await?;
    assert_eq!(arrived(data.path())?, []);
    // Also after the page was loaded anew.
    phone.reload().await?;
    phone.shows(".accounts", "张师傅：3 条待上传").await?;

    let_pushes_through(&phone, true).await?;
    tap_named(&phone, "立即同步").await?;
    phone.shows(".accounts", "张师傅：都已上传").await?;
    phone.shows("main", "都已上传").await?;
    until("all has arrived", async || Ok((arrived(data.path())?.len() == 5).then_some(()))).await?;
    let expected = [seqs("haigang", 2), seqs("zhang", 3)].concat();
    assert_eq!(arrived(data.path())?, expected, "each under the one who made it");
    Ok(())
}

/// As a browser does that is short of room, while no page of ours is open: the databases go, the
/// small store beside them stays.
async fn throw_databases_away(browser: &Browser, server: &Server) -> Done {
    browser.open(&server.url("/icon.svg")).await?;
    let gone = "const all = await indexedDB.databases(); \
                for (const { name } of all) await new Promise((done, broken) => { \
                    const asked = indexedDB.deleteDatabase(name); \
                    asked.onsuccess = done; asked.onerror = broken; }); \
                return all.length";
    let gone = browser.run(gone).await?;
    assert_eq!(gone, 1, "one database was there");
    Ok(())
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn an_emptied_database_is_noticed_and_told() -> Done {
    let (data, profile) = (Folder::new("emptied-data")?, Folder::new("emptied-profile")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    server.stop()?;
    phone.reload().await?;
    new_session(&phone, "将被清空").await?;
    check_in_more(&phone, 0, 4).await?;
    throw_databases_away(&phone, &server).await?;

    phone.open(&server.url("/")).await?;
    phone.shows(".remark-red", "数据被清除过").await?;
    server.start_again()?;
    fill_login(&phone, data.path(), "zhang").await?;
    phone.shows(".setup", "花名册：5000 人 · 已下载").await?;
    tap_named(&phone, "开始使用").await?;
    phone.shows(".loss", "本机的记录被清空过").await?;
    phone.shows(".loss", "涉及 5 条").await?;
    let told = [("emptied".to_owned(), Some(5))];
    until("the server is told", async || Ok((losses(data.path())? == told).then_some(()))).await?;

    // It stays until it was read, and then stays away.
    phone.open(&server.url("/sync")).await?;
    phone.shows(".loss", "本机的记录被清空过").await?;
    tap_named(&phone, "知道了").await?;
    until("the remark is gone", async || Ok((phone.count(".loss").await? == 0).then_some(()))).await?;
    phone.open(&server.url("/")).await?;
    phone.find(".list-page").await?;
    assert_eq!(phone.count(".loss").await?, 0);
    assert_eq!(losses(data.path())?, told, "told once");
    // What is recorded now goes up under a new replica, from 1.
    new_session(&phone, "重新开始").await?;
    until("it arrives", async || Ok((arrived(data.path())? == seqs("zhang", 1)).then_some(()))).await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn an_older_database_is_noticed_and_told() -> Done {
    let (data, profile) = (Folder::new("older-data")?, Folder::new("older-profile")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    server.stop()?;
    phone.reload().await?;
    new_session(&phone, "较早的状态").await?;
    check_in_more(&phone, 0, 2).await?;
    // A check-in is shown before it is flushed, and the mark follows after.
    let written = "return Object.values(JSON.parse(localStorage.getItem('jiangdao.canary')))[0].next_seq";
    until("the mark of the last record", async || Ok((phone.run(written).await? == 4).then_some(()))).await?;
    // Four more had been recorded, and the disk has forgotten them: the mark beside says so.
    let mark = "const all = JSON.parse(localStorage.getItem('jiangdao.canary')); \
                for (const mark of Object.values(all)) mark.next_seq += 4; \
                localStorage.setItem('jiangdao.canary', JSON.stringify(all)); return Object.values(all)[0].next_seq";
    assert_eq!(phone.run(mark).await?, 8);
    // The page that knows nothing of it must not upload before the next one has looked.
    phone.open("about:blank").await?;
    server.start_again()?;
    phone.open(&server.url("/")).await?;
    phone.shows(".loss", "本机的记录回到了较早的状态").await?;
    phone.shows(".loss", "涉及 4 条").await?;
    until("what was left arrives", async || Ok((arrived(data.path())? == seqs("zhang", 3)).then_some(())))
        .await?;
    until("the server is told", async || {
        Ok((losses(data.path())? == [("rolled_back".to_owned(), Some(4))]).then_some(()))
    })
    .await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows("main", "都已上传").await?;
    assert_eq!(phone.run(written).await?, Value::from(4), "the mark is that of the new replica");
    Ok(())
}
