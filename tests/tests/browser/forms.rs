//! Forms from the desk to people's hands: built with every kind of question, pulled, filled in through kills, passed
//! round, typed in from paper, answered by link.

use super::line::{count, log_in, log_in_at, log_in_with, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, until};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use thirtyfour::By;

/// Most taps for the default form's five questions, the way to them or on to the next person included.
const TAPS: i64 = 7;
const PIN: &str = "135792";

/// The answers of the only response that came in this way.
fn answered(data: &Path, via: &str) -> Done<(u32, Value)> {
    let conn = Connection::open(data.join("jiangdao.db"))?;
    let sql = "SELECT version, answers FROM response WHERE via = ?1";
    let (version, text): (u32, String) = conn.query_row(sql, [via], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((version, serde_json::from_str(&text)?))
}

async fn came(data: &Path, via: &str, n: usize) -> Done {
    let sql = format!("SELECT count(*) FROM response WHERE via = '{via}'");
    until(&format!("{n} by {via}"), async || Ok((count(data, &sql)? == n).then_some(()))).await
}

/// Sets a field that browsers draw as several, and says so as typing would.
async fn set(browser: &Browser, css: &str, value: &str) -> Done {
    browser.find(css).await?;
    let script = format!(
        "const e = document.querySelector({}); e.value = {}; e.dispatchEvent(new Event('input', {{ bubbles: true }})); \
         e.dispatchEvent(new Event('change', {{ bubbles: true }}))",
        json!(css),
        json!(value)
    );
    browser.run(&script).await.map(drop)
}

/// What is written and shown anywhere on the page.
async fn everything(browser: &Browser) -> Done<String> {
    let script = "return document.body.innerText + [...document.querySelectorAll('input, textarea')].map(e => e.value) \
                  + [...document.querySelectorAll('main [aria-pressed=true]')].map(e => 'pressed ' + e.innerText)";
    Ok(browser.run(script).await?.to_string())
}

/// A form of every kind, built as a person would; what it is called on its way.
async fn build(desk: &Browser) -> Done {
    desk.fill("#form-title", "安全月反馈").await?;
    let kinds = ["评分", "单选", "多选", "数字", "文字", "日期", "小标题"];
    for (n, kind) in (1..).zip(kinds) {
        tap_named(desk, kind).await?;
        desk.fill(&format!("#text-{n}"), &format!("{kind}题")).await?;
    }
    for (ask, choice, text) in [(2, 1, "班车"), (2, 2, "步行"), (3, 1, "法律"), (3, 2, "工资")] {
        desk.fill(&format!(".ask-card:nth-child({ask}) .choice-row:nth-child({choice}) input"), text).await?;
    }
    // The one of several has words of one's own; the text is asked of those alone.
    desk.tap(".ask-card:nth-child(2) .choices .tick input").await?;
    let when = "document.querySelector('#when-5')";
    let way =
        desk.run(&format!("return [...{when}.options].find(o => o.text.includes('单选题')).value")).await?;
    set(desk, "#when-5", way.as_str().ok_or("no such question")?).await?;
    desk.tap(".ask-card:nth-child(5) .ticks .tick:nth-of-type(1) input").await?;
    desk.tap(".ask-card:nth-child(5) .ticks .tick:nth-of-type(3) input").await?;
    // The heading goes to the top, by the keyboard's way.
    for place in (2..=7).rev() {
        desk.tap(&format!("button[aria-label='上移：第 {place} 题']")).await?;
    }
    desk.shows(".phone-frame h2", "小标题题").await?;
    // The frame shows what is asked when.
    assert_eq!(desk.run("return document.querySelectorAll('.phone-frame textarea').length").await?, 1);
    let hidden = "return document.querySelector('.phone-frame textarea').closest('.field').hidden";
    assert_eq!(desk.run(hidden).await?, true);
    desk.tap(".phone-frame .options button:nth-of-type(3)").await?;
    desk.fill(".phone-frame input.own", "骑车").await?;
    assert_eq!(desk.run(hidden).await?, false);
    tap_named(desk, "发布为第 1 版").await?;
    desk.shows(".builder-sheet", "与已发布的版本相同").await
}

/// A campaign that asks it, made at the desk.
async fn campaign(desk: &Browser, server: &Server) -> Done {
    desk.open(&server.url("/desk/campaigns")).await?;
    tap_named(desk, "新建专题活动").await?;
    desk.fill("#campaign-title", "安全月").await?;
    desk.fill("#campaign-notice", "〔2026〕3号").await?;
    until("the form to choose", async || {
        let there = "return [...document.querySelector('#campaign-form').options].find(o => o.text === '安全月反馈')?.value";
        let Some(id) = desk.run(there).await?.as_str().map(str::to_owned) else { return Ok(None) };
        set(desk, "#campaign-form", &id).await?;
        Ok(Some(()))
    })
    .await?;
    tap_named(desk, "保存").await?;
    desk.shows("table", "安全月反馈").await
}

/// Kills the browser a second after what was just done, and comes back to the same page.
async fn killed(phone: &mut Browser, url: &str) -> Done {
    tokio::time::sleep(Duration::from_secs(1)).await;
    phone.kill().await?;
    phone.start_again().await?;
    phone.open(url).await?;
    phone.find("form .ask").await.map(drop)
}

/// Fills in a form of every kind, with a kill after each step.
async fn fill_through_kills(phone: &mut Browser, url: &str) -> Done {
    phone.tap(".ask .marks button:nth-child(4)").await?;
    killed(phone, url).await?;
    phone.tap(".options:not(.options-many) button:nth-of-type(3)").await?;
    phone.fill("input.own", "骑车").await?;
    killed(phone, url).await?;
    assert_eq!(phone.find("input.own").await?.prop("value").await?.as_deref(), Some("骑车"));
    phone.tap(".options-many button:nth-of-type(2)").await?;
    phone.tap(".options-many button:nth-of-type(1)").await?;
    phone.fill("input[inputmode=numeric]", "12").await?;
    killed(phone, url).await?;
    phone.fill("form textarea", "路上没有灯").await?;
    set(phone, "input[type=date]", "2026-12-01").await?;
    killed(phone, url).await
}

/// Runs with `cargo xtask test --all`: a browser that is killed within its first minute may forget who had logged in.
mod long {
    use super::*;

    #[tokio::test]
    #[ignore = "needs the built product: cargo xtask test"]
    async fn a_form_of_every_kind_goes_from_the_desk_to_every_hand() -> Done {
        let (data, profile) = (Folder::new("forms-data")?, Folder::new("forms-profile")?);
        let (office, own) = (Folder::new("forms-desk")?, Folder::new("forms-own")?);
        let server = Server::start(data.path(), &["--demo"])?;
        let desk = Browser::desk(office.path()).await?;
        log_in_at(&desk, &server.url("/desk/forms/new"), data.path()).await?;
        build(&desk).await?;
        campaign(&desk, &server).await?;

        let mut phone = Browser::phone(profile.path()).await?;
        log_in(&phone, &server, data.path()).await?;
        tap_named(&phone, "新建场次").await?;
        let chosen = "const s = document.querySelector('select[name=campaign]'); \
                      s.value = [...s.options].find(o => o.text === '安全月').value; s.dispatchEvent(new Event('change', { bubbles: true }))";
        phone.find("select[name=campaign]").await?;
        phone.run(chosen).await?;
        phone.fill("input[name=title]", "各种题").await?;
        tap_named(&phone, "建好，去签到").await?;
        phone.find(".people .person").await?;
        tap_named(&phone, "反馈").await?;
        phone.shows("main h2", "小标题题").await?;
        let url = phone.page()?.current_url().await?.to_string();
        fill_through_kills(&mut phone, &url).await?;
        // Answered otherwise, the text is not asked any more, and does not go out.
        phone.tap(".options:not(.options-many) button:nth-of-type(2)").await?;
        tap_named(&phone, "提交").await?;
        phone.shows(".thanks", "已存本机").await?;
        came(data.path(), "phone", 1).await?;
        let (version, answers) = answered(data.path(), "phone")?;
        let values: Vec<&Value> = answers.as_object().ok_or("no answers")?.values().collect();
        assert_eq!((version, values.len()), (1, 5), "{answers}");
        assert!(values.contains(&&json!(4)) && values.contains(&&json!(12)), "{answers}");
        assert!(values.contains(&&json!("2026-12-01")) && !answers.to_string().contains("路上"), "{answers}");
        assert_eq!(
            values.iter().filter(|value| value.as_array().is_some_and(|all| all.len() == 2)).count(),
            1
        );

        // The same form by link.
        let session = url.split('/').find(|part| part.len() == 36).ok_or("no id")?;
        let id: uuid::Uuid = session.parse()?;
        let token = "0123456789abcdef".repeat(4);
        let sql = "INSERT INTO answering (session, token) VALUES (?1, ?2)";
        Connection::open(data.path().join("jiangdao.db"))?.execute(sql, (id.as_bytes(), &token))?;
        let mine = Browser::phone(own.path()).await?;
        mine.open(&server.url(&format!("/f/{session}#{token}"))).await?;
        mine.shows("h2", "小标题题").await?;
        mine.tap(".marks label:nth-child(2) input").await?;
        mine.fill(".choices .other input[type=text]", "骑车").await?;
        mine.tap("input[type=checkbox]").await?;
        mine.fill("textarea", "路上没有灯").await?;
        mine.fill("input[inputmode=numeric]", "-1").await?;
        tap_named(&mine, "提交").await?;
        mine.shows("#fault", "请检查：数字题").await?;
        mine.fill("input[inputmode=numeric]", "3").await?;
        tap_named(&mine, "提交").await?;
        mine.shows(".thanks", "谢谢").await?;
        let (_, answers) = answered(data.path(), "link")?;
        let values: Vec<&Value> = answers.as_object().ok_or("no answers")?.values().collect();
        assert!(
            values.contains(&&json!({ "other": "骑车" })) && values.contains(&&json!("路上没有灯")),
            "{answers}"
        );
        assert_eq!(values.len(), 5, "{answers}");
        Ok(())
    }
}

/// Brings out the next version of the default form, as the desk's page would.
async fn next_version(desk: &Browser, after: u32) -> Done {
    let script = format!(
        "const path = '/api/v1/forms/01980000-0000-7000-8000-000000000001'; \
         const now = await (await fetch(path)).json(); const form = now.versions.at(-1).form; \
         form.questions[0].text.zh = '第 {next} 版：听得懂吗？'; \
         const answer = await fetch(path + '/versions', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, \
             body: JSON.stringify({{ after: {after}, title: form.title, questions: form.questions }}) }}); \
         return answer.status",
        next = after + 1
    );
    assert_eq!(desk.run(&script).await?, 200);
    Ok(())
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn what_was_begun_on_a_version_is_finished_on_it_and_the_phone_goes_round() -> Done {
    let (data, profile, office) =
        (Folder::new("round-data")?, Folder::new("round-profile")?, Folder::new("round-desk")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url("/desk/forms"), data.path()).await?;
    desk.shows("table", "宣讲反馈").await?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    new_session(&phone, "传着填").await?;
    tap_named(&phone, "反馈").await?;
    tap_named(&phone, "传给大家填").await?;
    phone.find(".pass .ask").await?;
    for question in 1..=3 {
        phone.tap(&format!(".ask:nth-of-type({question}) .marks button:nth-child(5)")).await?;
    }
    phone.fill("textarea[name=help]", "宿舍漏水").await?;
    for after in 1..=3 {
        next_version(&desk, after).await?;
    }
    phone.reload().await?;
    until("the pulled versions", async || {
        phone.run("window.dispatchEvent(new Event('online'))").await?;
        let shown = everything(&phone).await?;
        Ok((shown.contains("宿舍漏水") && shown.contains("今天讲的")).then_some(()))
    })
    .await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(everything(&phone).await?.contains("今天讲的"), "another version under somebody's fingers");
    tap_named(&phone, "提交").await?;
    phone.shows(".thanks", "已存本机").await?;
    came(data.path(), "phone", 1).await?;
    assert_eq!(answered(data.path(), "phone")?.0, 1);

    // The next person's comes by itself, in the version of now, with nothing of the last one; back does not lead away.
    phone.shows("main", "第 4 版").await?;
    for way in ["history.back()", "history.back()", "history.forward()", ""] {
        if way.is_empty() {
            phone.reload().await?;
        }
        phone.run(way).await?;
        phone.find(".pass .ask").await?;
        let shown = everything(&phone).await?;
        assert!(!shown.contains("宿舍漏水") && !shown.contains("pressed"), "after {way}: {shown}");
        assert_eq!(
            phone.run("return document.querySelectorAll('.bar, .head, .strip').length").await?,
            0,
            "{way}"
        );
    }
    // A tap in passing ends nothing; holding does.
    tap_named(&phone, "交还记录员").await?;
    phone.find(".pass .ask").await?;
    let hold = phone.find("button.hold").await?;
    hold.scroll_into_view().await?;
    phone.page()?.action_chain().click_and_hold_element(&hold).perform().await?;
    phone.shows(".feedback", "本机已收 1 份").await?;
    phone.page()?.action_chain().release().perform().await?;
    phone.find("nav.bar").await.map(drop)
}

/// How many taps the page has seen.
async fn taps(phone: &Browser) -> Done<i64> {
    Ok(phone.run("return window.taps").await?.as_i64().ok_or("nobody counts")?)
}

/// Answers all five questions, tap by tap.
async fn answer_five(phone: &Browser) -> Done {
    for question in 1..=3 {
        phone.tap(&format!(".ask:nth-of-type({question}) .marks button:nth-child(4)")).await?;
    }
    for name in ["improve", "help"] {
        phone.tap(&format!("textarea[name={name}]")).await?;
        phone.page()?.active_element().await?.send_keys("食堂太远").await?;
    }
    tap_named(phone, "提交").await?;
    phone.shows(".thanks", "已存本机").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn five_questions_take_seven_taps_and_paper_is_typed_in() -> Done {
    let (data, profile) = (Folder::new("taps-data")?, Folder::new("taps-profile")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in_with(&phone, &server, data.path(), Some(PIN)).await?;
    new_session(&phone, "七次点按").await?;
    phone.run("window.taps = 0; document.addEventListener('click', (e) => { window.taps += e.isTrusted ? 1 : 0 }, true)").await?;
    tap_named(&phone, "反馈").await?;
    answer_five(&phone).await?;
    let first = taps(&phone).await?;
    assert!(first <= TAPS, "{first} taps from the tab on");
    assert_eq!(first, 7, "a tap that is not counted shows nothing");
    // The next person begins by a tap.
    tap_named(&phone, "下一位").await?;
    answer_five(&phone).await?;
    let second = taps(&phone).await? - first;
    assert!(second <= TAPS, "{second} taps for the next person");

    // Three sheets, one of them with gaps, four taps each.
    tap_named(&phone, "下一位").await?;
    tap_named(&phone, "录入纸质表").await?;
    for (sheet, marks) in (1..).zip([vec![5, 4, 3], vec![2], vec![1, 1, 1]]) {
        let before = taps(&phone).await?;
        for (question, mark) in (1..).zip(&marks) {
            phone
                .tap(&format!(".paper .ask:nth-of-type({question}) .marks button:nth-child({mark})"))
                .await?;
        }
        tap_named(&phone, "存下，下一张").await?;
        phone.shows(".paper-done", &format!("这次已录 {sheet} 张")).await?;
        assert_eq!(taps(&phone).await? - before, i64::try_from(marks.len())? + 1);
        assert!(!everything(&phone).await?.contains("pressed"), "the next sheet is blank");
    }
    phone.shows(".paper-done", "上一张：1 1 1").await?;
    tap_named(&phone, "存下，下一张").await?;
    phone.shows(".foot", "空白").await?;
    came(data.path(), "paper", 3).await?;
    assert_eq!(count(data.path(), "SELECT count(*) FROM response WHERE answers = '{\"understood\":2}'")?, 1);

    // Passed round with a PIN set, the rest of the app is behind it.
    phone.page()?.find(By::Css("button.back")).await?.click().await?;
    tap_named(&phone, "传给大家填").await?;
    tap_named(&phone, "交还记录员").await?;
    phone.fill("input.pin", PIN).await?;
    tap_named(&phone, "解锁").await?;
    phone.shows(".feedback", "本机已收 5 份").await
}
