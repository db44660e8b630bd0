//! The closing code in real browsers: read off a phone without signal, typed in at the desk, and
//! replaced by what the phone uploads later.

use super::line::{check_in, fill_forms, log_in, log_in_at, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, until};
use rusqlite::Connection;
use shared::closing::{Closing, short};
use shared::id::SessionId;
use shared::session::Declared;
use std::path::Path;

const PEOPLE: usize = 6;
const FORMS: usize = 2;

/// Records and closes; gives what the screen then says to be told by phone.
async fn record_and_close(phone: &Browser, page: &str, people: usize, forms: usize) -> Done<String> {
    phone.tap(".bar .bar-item:first-child").await?;
    check_in(phone, people).await?;
    fill_forms(phone, forms).await?;
    tap_named(phone, "小结").await?;
    assert_eq!(phone.count(".closing-code").await?, 0, "nothing is declared before it is closed");
    tap_named(phone, "结束本场").await?;
    let shown = phone.text(".closing-code").await?;
    phone.shows("main", &format!("本机签到 {people} 条 · 反馈 {forms} 份")).await?;
    phone.shows("main", "打电话把它报给工会工作人员").await?;
    let read = Closing::parse(&shown).map_err(|why| format!("{shown}: {why:?}"))?;
    let session: SessionId = page.rsplit('/').next().ok_or("no id")?.parse().map_err(|_| page.to_owned())?;
    assert_eq!(read.session, short(session));
    let declared = Declared { check_ins: u32::try_from(people)?, responses: u32::try_from(forms)? };
    assert_eq!(read.declared, declared);
    assert_eq!(shown.split_whitespace().map(str::len).collect::<Vec<_>>(), [4, 4, 4], "{shown}");
    // It is on the phone, not on the page: the same after a reload without signal.
    phone.reload().await?;
    phone.shows(".closing-code", &shown).await?;
    Ok(shown)
}

/// The admin's desk on the page of codes.
async fn desk(server: &Server, data: &Path, profile: &Path) -> Done<Browser> {
    let desk = Browser::desk(profile).await?;
    log_in_at(&desk, &server.url("/desk"), data).await?;
    tap_named(&desk, "结束码").await?;
    Ok(desk)
}

/// Sums over the sessions with a row: declared check-ins and responses, people present, responses.
fn figures(data: &Path) -> Done<[i64; 4]> {
    let conn = Connection::open(data.join("jiangdao.db"))?;
    let sql = "SELECT total(json_extract(totals_json, '$.declared.check_ins')), \
               total(json_extract(totals_json, '$.declared.responses')), total(present), total(response) \
               FROM session WHERE row_exists = 1";
    let row = conn.query_row(sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?;
    #[expect(clippy::cast_possible_truncation, reason = "sums of a few counts")]
    Ok(row.map(|sum: f64| sum as i64))
}

/// The same code with its last but one character a wrong one.
fn mistyped(code: &str) -> String {
    let place = code.len() - 2;
    let other = if code.get(place..=place) == Some("7") { "8" } else { "7" };
    [&code[..place], other, &code[place + 1..]].concat()
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn told_by_phone_and_replaced_by_the_data() -> Done {
    let (data, profile) = (Folder::new("closing-data")?, Folder::new("closing-profile")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let mut phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    // One session is known to the server; the signal goes before anything is recorded.
    let known = new_session(&phone, "有过信号的宣讲").await?;
    tap_named(&phone, "小结").await?;
    phone.shows(".own", "本机记录 1 条 · 服务器已收到 1 条").await?;
    server.stop()?;
    let of_known = record_and_close(&phone, &known, PEOPLE, FORMS).await?;
    phone.open(&server.url("/")).await?;
    let made = new_session(&phone, "没有信号的宣讲").await?;
    let of_made = record_and_close(&phone, &made, 2, 0).await?;
    // The battery is flat: nothing goes up while staff type the codes in.
    phone.kill().await?;
    server.start_again()?;

    let desk_profile = Folder::new("closing-desk")?;
    let desk = desk(&server, data.path(), desk_profile.path()).await?;
    desk.fill("#closing-code", &mistyped(&of_known)).await?;
    desk.shows("#closing-says", "有一位不对").await?;
    assert_eq!(desk.count(".closing-look").await?, 0, "nothing is asked with a wrong code");
    desk.fill("#closing-code", "7K3M Ж").await?;
    desk.shows("#closing-says", "不会出现在结束码里").await?;
    desk.fill("#closing-code", &of_known.to_lowercase()).await?;
    desk.shows(".closing-look", "有过信号的宣讲").await?;
    desk.shows(".closing-look", &format!("签到 {PEOPLE} 条，答卷 {FORMS} 份")).await?;
    assert_eq!(figures(data.path())?, [0, 0, 0, 0], "looking changes nothing");
    tap_named(&desk, "登记").await?;
    desk.shows(".closing-entry .note", "已申报，手机还没传完").await?;
    desk.shows("table", &of_known).await?;
    desk.fill("#closing-code", &of_made.replace(' ', "-")).await?;
    desk.shows(".closing-look", "服务器还没有这个场次").await?;
    tap_named(&desk, "登记").await?;
    desk.shows("table", "等场次上传").await?;
    assert_eq!(figures(data.path())?, [6, 2, 0, 0], "declared, and nothing else");
    // Typed again, it is known.
    desk.fill("#closing-code", &of_known).await?;
    desk.shows(".closing-look", "已经登记过了").await?;
    tap_named(&desk, "有过信号的宣讲").await?;
    desk.shows("main", &format!("签到 {PEOPLE} 条，答卷 {FORMS} 份")).await?;
    desk.shows(".note-warn", &format!("还有 {PEOPLE} 条签到、{FORMS} 份答卷在 1 部手机上")).await?;

    phone.start_again().await?;
    phone.open(&server.url(&made)).await?;
    tap_named(&phone, "小结").await?;
    phone.shows(".own", "本机记录 4 条 · 服务器已收到 4 条").await?;
    phone.shows("main", "记录都已上传，不用再报").await?;
    let all = [8, 2, 8, 2];
    until("everything once", async || Ok((figures(data.path())? == all).then_some(()))).await?;
    desk.open(&server.url("/desk/closings")).await?;
    until("both codes settled", async || {
        let table = desk.text("table").await?;
        Ok((table.matches("手机已上传").count() == 2 && !table.contains("等场次上传")).then_some(()))
    })
    .await?;
    desk.open(&server.url("/desk")).await?;
    desk.shows(".figures", "8").await?;
    assert_eq!(desk.count(".note-warn:not(.backup)").await?, 0, "nothing is said to be on phones any more");
    Ok(())
}
