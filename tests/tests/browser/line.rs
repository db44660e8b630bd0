//! The main job in a real browser with the shipped files: everything is recorded while the server
//! is gone and the browser is killed, and arrives once.

use super::pin::choose;
use crate::harness::{Browser, Done, Folder, Server, until};
use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use thirtyfour::By;

const PEOPLE: usize = 30;
const FORMS: usize = 10;

/// The password of a demo account, from the file that the server wrote for its operator.
pub(crate) fn demo_password(data: &Path, login: &str) -> Done<String> {
    let text = std::fs::read_to_string(data.join("demo-logins.txt"))?;
    let columns = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let password =
        columns.into_iter().find(|columns| columns.first() == Some(&login)).and_then(|c| c.get(1).copied());
    Ok(password.ok_or_else(|| format!("no password of {login} in {text}"))?.to_owned())
}

/// A button or link by what it says.
fn named(word: &str) -> By {
    By::XPath(format!("//*[self::button or self::a][contains(normalize-space(.), '{word}')]"))
}

/// Taps a button or link by what it says, as soon as that can be done.
pub(crate) async fn tap_named(browser: &Browser, word: &str) -> Done {
    let page = browser.page()?;
    until(&format!("a tap on {word}"), async || {
        let element = page.find(named(word)).await?;
        element.scroll_into_view().await?;
        element.click().await?;
        Ok(Some(()))
    })
    .await
}

/// Logs in and goes through the first run, without a PIN.
pub(crate) async fn log_in(browser: &Browser, server: &Server, data: &Path) -> Done {
    log_in_with(browser, server, data, None).await
}

/// Logs in and goes through the first run, with this PIN.
pub(crate) async fn log_in_with(browser: &Browser, server: &Server, data: &Path, pin: Option<&str>) -> Done {
    browser.open(&server.url("/")).await?;
    browser.fill("input[name=login]", "zhang").await?;
    browser.fill("input[name=password]", &demo_password(data, "zhang")?).await?;
    browser.tap("form button[type=submit]").await?;
    match pin {
        Some(pin) => choose(browser, pin).await?,
        None => tap_named(browser, "先不设").await?,
    }
    browser.shows(".setup", "花名册：5000 人 · 已下载").await?;
    tap_named(browser, "开始使用").await?;
    // From here on the network may go: the worker has every file.
    until("the service worker", async || {
        let ready = browser.run("return !!navigator.serviceWorker.controller").await?;
        Ok((ready == Value::Bool(true)).then_some(()))
    })
    .await
}

/// Logs the city's admin in on a page of the desk.
pub(crate) async fn log_in_at(desk: &Browser, page: &str, data: &Path) -> Done {
    desk.open(page).await?;
    desk.fill("#login-name", "admin").await?;
    desk.fill("#login-password", &demo_password(data, "admin")?).await?;
    desk.tap("form button[type=submit]").await
}

/// A new session in three fields, two of them preselected; the path of its page.
pub(crate) async fn new_session(browser: &Browser, title: &str) -> Done<String> {
    tap_named(browser, "新建场次").await?;
    browser.fill("input[name=title]", title).await?;
    tap_named(browser, "建好，去签到").await?;
    browser.find(".people .person").await?;
    let path = browser.run("return location.pathname").await?;
    Ok(path.as_str().ok_or("no path")?.to_owned())
}

/// Checks in the first people of the list; nobody is here yet.
pub(crate) async fn check_in(browser: &Browser, people: usize) -> Done {
    check_in_more(browser, 0, people).await
}

/// Checks in so many people more, of whom so many are here already.
pub(crate) async fn check_in_more(browser: &Browser, here: usize, people: usize) -> Done {
    for n in here + 1..=here + people {
        browser.tap(".person:not(.here) .person-tap").await?;
        browser.shows(".figures strong", &n.to_string()).await?;
    }
    Ok(())
}

/// Fills forms one after another, as people who pass the phone on.
pub(crate) async fn fill_forms(browser: &Browser, forms: usize) -> Done {
    tap_named(browser, "反馈").await?;
    for n in 0..forms {
        for question in 1..=3 {
            let mark = 3 + (n + question) % 3;
            browser.tap(&format!(".ask:nth-of-type({question}) .marks button:nth-child({mark})")).await?;
        }
        browser.fill("textarea[name=help]", &format!("食堂太远 {n}")).await?;
        tap_named(browser, "提交").await?;
        browser.shows(".thanks", "已存本机").await?;
        let left = browser.run("return document.body.innerText").await?;
        assert!(!left.to_string().contains("食堂太远"), "the last one's answer is still to be seen");
        tap_named(browser, "下一位").await?;
    }
    Ok(())
}

pub(crate) fn count(data: &Path, sql: &str) -> Done<usize> {
    let conn = Connection::open(data.join("jiangdao.db"))?;
    let n: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(n)?)
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn recorded_without_signal_killed_and_arrived_once() -> Done {
    let (data, profile) = (Folder::new("line-data")?, Folder::new("line-profile")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let mut phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;

    server.stop()?;
    phone.reload().await?;
    let page = new_session(&phone, "没有信号的宣讲").await?;
    check_in(&phone, PEOPLE).await?;
    until("every row saved on the phone", async || {
        let saved = phone
            .page()?
            .find_all(By::XPath("//li[contains(@class, 'here')][contains(., '已存本机')]"))
            .await?;
        Ok((saved.len() == PEOPLE).then_some(()))
    })
    .await?;
    fill_forms(&phone, FORMS).await?;

    phone.kill().await?;
    phone.start_again().await?;
    phone.open(&server.url(&page)).await?;
    phone.shows(".figures strong", &PEOPLE.to_string()).await?;
    phone.shows("h1", "没有信号的宣讲").await?;
    tap_named(&phone, "小结").await?;
    phone.shows(".own", &format!("本机记录 {} 条 · 服务器已收到 0 条", PEOPLE + 1)).await?;
    phone.shows(".own", &format!("本机反馈 {FORMS} 份 · 服务器已收到 0 份")).await?;
    tap_named(&phone, "结束本场").await?;
    phone.shows(".own", &format!("本机记录 {} 条", PEOPLE + 2)).await?;
    assert_eq!(count(data.path(), "SELECT count(*) FROM change")?, 0, "nothing can have arrived yet");

    server.start_again()?;
    let all = PEOPLE + 2;
    phone.run("window.dispatchEvent(new Event('online'))").await?;
    phone.shows(".own", &format!("本机记录 {all} 条 · 服务器已收到 {all} 条")).await?;
    phone.shows(".own", &format!("本机反馈 {FORMS} 份 · 服务器已收到 {FORMS} 份")).await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows("main", "都已上传").await?;
    assert_eq!(count(data.path(), "SELECT count(*) FROM change WHERE state = 'taken'")?, all);
    assert_eq!(count(data.path(), "SELECT count(*) FROM response")?, FORMS);
    assert_eq!(count(data.path(), "SELECT present FROM session")?, PEOPLE);
    assert_eq!(count(data.path(), "SELECT count(*) FROM held")?, 0);
    desk_shows(&server, data.path()).await
}

/// The same figures at the desk, read by a person.
async fn desk_shows(server: &Server, data: &Path) -> Done {
    let profile = Folder::new("line-desk")?;
    let desk = Browser::desk(profile.path()).await?;
    log_in_at(&desk, &server.url("/desk"), data).await?;
    let (attended, responses) = (PEOPLE.to_string(), FORMS.to_string());
    desk.shows("main", &attended).await?;
    desk.shows("main", &responses).await?;
    tap_named(&desk, "场次").await?;
    tap_named(&desk, "没有信号的宣讲").await?;
    desk.shows("main", "已结束").await
}
