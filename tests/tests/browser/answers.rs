//! People answer on phones of their own: by the code that the desk shows, on a page that is no app.

use super::line::{count, log_in, log_in_at, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, until};
use rusqlite::Connection;
use std::path::Path;

/// How many have answered by link.
const BY_LINK: &str = "SELECT count(*) FROM response WHERE via = 'link'";

async fn came(data: &Path, answers: usize) -> Done {
    until("the answers", async || Ok((count(data, BY_LINK)? == answers).then_some(()))).await
}

/// A link as staff get it, with a token of the test's.
fn link(server: &Server, data: &Path, session: &str) -> Done<String> {
    let token = "0123456789abcdef".repeat(4);
    let id: uuid::Uuid = session.parse()?;
    let sql = "INSERT INTO answering (session, token) VALUES (?1, ?2)";
    Connection::open(data.join("jiangdao.db"))?.execute(sql, (id.as_bytes(), &token))?;
    Ok(server.url(&format!("/f/{session}#{token}")))
}

/// The session of a page of the phone, once the server has it.
async fn uploaded(data: &Path, path: &str) -> Done<String> {
    let there = "SELECT count(*) FROM session WHERE row_exists = 1 AND title = '扫码的宣讲'";
    until("the session at the server", async || Ok((count(data, there)? == 1).then_some(()))).await?;
    let id = path.split('/').find(|part| part.len() == 36).ok_or("no id in the address")?;
    Ok(id.to_owned())
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_hall_answers_by_the_code_of_the_desk() -> Done {
    let (data, profile) = (Folder::new("answers-data")?, Folder::new("answers-profile")?);
    let (office, own) = (Folder::new("answers-desk")?, Folder::new("answers-own")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    let path = new_session(&phone, "扫码的宣讲").await?;
    let session = uploaded(data.path(), &path).await?;

    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url(&format!("/desk/sessions/{session}")), data.path()).await?;
    tap_named(&desk, "开放扫码答卷").await?;
    tap_named(&desk, "显示二维码").await?;
    desk.find(".sheet svg.code path").await?;
    let link = desk.find(".sheet .link input").await?.prop("value").await?.ok_or("no link")?;

    let mine = Browser::phone(own.path()).await?;
    mine.open(&link).await?;
    mine.shows("h1", "扫码的宣讲").await?;
    for question in ["understood", "absorbed", "usable"] {
        mine.tap(&format!("#q-{question} .marks label:nth-child(4) input")).await?;
    }
    mine.fill("textarea[name=help]", "食堂太远").await?;
    tap_named(&mine, "提交").await?;
    mine.shows(".thanks", "谢谢").await?;
    came(data.path(), 1).await?;
    desk.reload().await?;
    desk.shows("main", "链接 1").await?;

    // The phone shows the same code.
    tap_named(&phone, "反馈").await?;
    phone.tap(".answering summary").await?;
    tap_named(&phone, "显示二维码").await?;
    phone.find(".answering svg.code path").await?;
    phone.shows(".answering", "已答 1 份").await?;

    tap_named(&desk, "结束扫码答卷").await?;
    tap_named(&desk, "确定结束").await?;
    desk.shows("main", "开放扫码答卷").await?;
    tap_named(&mine, "下一位").await?;
    mine.shows("main", "已经失效").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn the_page_is_plain_and_keeps_nothing_of_the_last_person() -> Done {
    let (data, profile, own) =
        (Folder::new("page-data")?, Folder::new("page-profile")?, Folder::new("page-own")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    let path = new_session(&phone, "扫码的宣讲").await?;
    let link = link(&server, data.path(), &uploaded(data.path(), &path).await?)?;
    let mine = Browser::phone(own.path()).await?;
    mine.open(&link).await?;
    mine.shows("h1", "扫码的宣讲").await?;
    assert_eq!(mine.run("return document.documentElement.lang").await?, "zh-CN");
    // Nothing is wider than the smallest screen.
    mine.run("document.body.style.width = '320px'").await?;
    let wide = "return Math.max(...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right))";
    let wide = mine.run(wide).await?.as_f64().ok_or("no width")?;
    assert!(wide <= 320.0, "{wide}");

    // What is missing is named, and pointed at.
    tap_named(&mine, "提交").await?;
    mine.shows("#fault", "请回答：听得懂").await?;
    assert_eq!(mine.run("return document.activeElement.name").await?, "understood");
    for question in ["understood", "absorbed", "usable"] {
        mine.tap(&format!("#q-{question} .marks label:nth-child(2) input")).await?;
    }
    mine.fill("textarea[name=improve]", "多讲例子").await?;

    // Another language in the middle loses nothing.
    tap_named(&mine, "English").await?;
    mine.shows("legend", "Could you follow").await?;
    assert_eq!(mine.run("return document.querySelectorAll('input:checked').length").await?, 3);
    assert_eq!(mine.run("return document.querySelector('textarea').value").await?, "多讲例子");

    // Nor does a server that is gone for a while; the same answer again is one.
    server.stop()?;
    tap_named(&mine, "Submit").await?;
    mine.shows("#fault", "No network").await?;
    server.start_again()?;
    tap_named(&mine, "Submit").await?;
    mine.shows(".thanks", "Thank you").await?;
    came(data.path(), 1).await?;
    let left = "return document.documentElement.outerHTML + JSON.stringify(localStorage) + document.cookie";
    assert!(!mine.run(left).await?.to_string().contains("多讲例子"));
    tap_named(&mine, "Next person").await?;
    mine.find("#q-understood").await?;
    assert_eq!(mine.run("return document.querySelectorAll('input:checked').length").await?, 0);
    Ok(())
}
