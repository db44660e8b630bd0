//! Attendance on the phone, as an organiser does it: by role and visible name, taps counted.

use super::line::{count, log_in, log_in_with, new_session, tap_named};
use super::pin::enter;
use crate::harness::{Browser, Done, Folder, Server, until};
use rusqlite::Connection;
use std::io::Write as _;
use std::path::Path;
use thirtyfour::{By, WebElement};

const PIN: &str = "271828";
const PEOPLE: usize = 100;
const TAPS_MOST: usize = 105;

/// Name and number of everybody on the roster, by number.
fn people(data: &Path) -> Done<Vec<(String, String)>> {
    let conn = Connection::open(data.join("jiangdao.db"))?;
    let mut found = conn.prepare(
        "SELECT name, staff_no FROM person WHERE staff_no IS NOT NULL AND origin = 'roster' ORDER BY staff_no",
    )?;
    let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A finger, whose taps count.
struct Finger<'b> {
    phone: &'b Browser,
    taps: usize,
    letters: usize,
}

impl Finger<'_> {
    async fn tap(&mut self, element: &WebElement) -> Done {
        element.click().await?;
        self.taps += 1;
        Ok(())
    }

    async fn letters(&mut self, field: &WebElement, text: &str) -> Done {
        self.letters += text.chars().count();
        Ok(field.send_keys(text).await?)
    }

    /// The row of this number, if it can be tapped without scrolling.
    async fn row(&self, number: &str) -> Done<Option<WebElement>> {
        let seen = format!(
            "const row = [...document.querySelectorAll('.person')].find(r => r.innerText.includes('{number}')); \
             if (!row) return false; const at = row.getBoundingClientRect(); \
             return at.top >= 0 && at.bottom < 420;"
        );
        if self.phone.run(&seen).await?.as_bool() != Some(true) {
            return Ok(None);
        }
        let row = format!("//li[contains(@class, 'person')][contains(., '{number}')]//button[1]");
        Ok(self.phone.page()?.find(By::XPath(row)).await.ok())
    }
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_hundred_people_take_no_more_taps_than_they_are() -> Done {
    let (data, profile) = (Folder::new("taps-data")?, Folder::new("taps-profile")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    new_session(&phone, "一百人").await?;
    let people = people(data.path())?;
    let mut finger = Finger { phone: &phone, taps: 0, letters: 0 };
    let field = phone.find("input[name=search]").await?;
    finger.tap(&field).await?;
    for n in 1..=PEOPLE {
        // In an order that looks like none, each once.
        let (name, number) = &people[n * 2_477 % people.len()];
        // The cursor is in the field again by itself, and the field is empty.
        let field = phone.page()?.active_element().await?;
        assert_eq!(field.prop("value").await?.as_deref(), Some(""), "after {} people", n - 1);
        finger.letters(&field, name).await?;
        let mut row = finger.row(number).await?;
        if row.is_none() {
            // Namesakes: the end of the number, too.
            finger.letters(&field, &format!(" {number}")).await?;
            row = Some(until(name, async || finger.row(number).await).await?);
        }
        finger.tap(&row.ok_or("no row")?).await?;
        phone.shows(".figures strong", &n.to_string()).await?;
    }
    println!("{PEOPLE} people: {} taps and {} letters", finger.taps, finger.letters);
    assert!(finger.taps <= TAPS_MOST, "{} taps", finger.taps);
    // By sound, and undone at once.
    let field = phone.page()?.active_element().await?;
    field.send_keys("chenzhi").await?;
    phone.shows(".people .person", "陈志").await?;
    phone.tap(".person:not(.here) .person-tap").await?;
    phone.shows(".figures strong", "101").await?;
    tap_named(&phone, "撤销").await?;
    phone.shows(".figures strong", "100").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn many_at_once_from_paper_by_mark_and_by_a_second_phone() -> Done {
    let (data, profile, other) =
        (Folder::new("ways-data")?, Folder::new("ways-profile")?, Folder::new("ways-other")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    let path = new_session(&phone, "多种签到").await?;
    // A mark and a note, and the filter that shows them.
    phone.tap(".person:nth-child(1) .person-more").await?;
    tap_named(&phone, "请假").await?;
    phone.fill(".panel-note input", "家里有事").await?;
    tap_named(&phone, "保存备注").await?;
    phone.shows(".panel", "家里有事").await?;
    let choose = "const s = document.querySelector('select[name=status]'); s.value = 'excused'; \
                  s.dispatchEvent(new Event('change', { bubbles: true }));";
    phone.run(choose).await?;
    until("one person", async || Ok((phone.count(".people .person").await? == 1).then_some(()))).await?;
    // All present, except two and whoever is excused.
    phone.open(&server.url(&format!("{path}/bulk"))).await?;
    // Of one workshop: that of the first line.
    let workshop = "const s = document.querySelector('select[name=workshop]'); s.selectedIndex = 1; \
                    s.dispatchEvent(new Event('change', { bubbles: true }));";
    phone.find("select[name=workshop]").await?;
    phone.run(workshop).await?;
    let all = people_at(&phone).await?;
    phone.tap(".person:nth-child(2) .person-tap").await?;
    phone.tap(".person:nth-child(3) .person-tap").await?;
    tap_named(&phone, &format!("{} 人签到（除 3 人）", all - 3)).await?;
    tap_named(&phone, "确定").await?;
    phone.shows(".figures strong", &(all - 3).to_string()).await?;
    // It is shown at once, and told once it is stored: then a reload loses nothing.
    phone.shows(".snackbar", &format!("{} 人已签到", all - 3)).await?;
    phone.open(&server.url(&format!("{path}/bulk"))).await?;
    tap_named(&phone, "整批撤销").await?;
    phone.shows(".snackbar", "已整批撤销").await?;
    phone.open(&server.url(&path)).await?;
    phone.shows(".figures strong", "0").await?;
    // From the signed sheet.
    phone.open(&server.url(&format!("{path}/backfill"))).await?;
    phone.find(".check").await?;
    phone.fill("input[name=numbers]", "1-4 16、18").await?;
    phone.tap(".person:nth-child(5) .person-tap").await?;
    tap_named(&phone, "补录 7 人").await?;
    phone.shows(".figures strong", "7").await?;
    phone.shows(".snackbar", "7 人已签到").await?;
    // A second organiser sees them, and is seen within ten seconds.
    let second = Browser::phone(other.path()).await?;
    log_in(&second, &server, data.path()).await?;
    second.open(&server.url(&path)).await?;
    second.shows(".figures strong", "7").await?;
    second.tap(".person:not(.here) .person-tap").await?;
    second.shows(".figures strong", "8").await?;
    let started = std::time::Instant::now();
    phone.shows(".figures strong", "8").await?;
    assert!(started.elapsed().as_secs() < 11, "{:?}", started.elapsed());
    let of = |method: &str| {
        format!("SELECT count(*) FROM change WHERE kind = 'check_in' AND raw LIKE '%{method}%'")
    };
    assert_eq!(count(data.path(), &of("\"bulk\""))?, all - 3, "one for each, and they stay in the log");
    assert_eq!(count(data.path(), &of("\"paper\""))?, 7);
    assert_eq!(count(data.path(), &of("\"paper\"%at_ms"))?, 0, "nobody knows when");
    printed_and_typed(&phone, &server, &path, data.path()).await
}

/// The sheet, and numbers typed where there is no camera.
async fn printed_and_typed(phone: &Browser, server: &Server, path: &str, data: &Path) -> Done {
    // Printed: twenty-five a page.
    phone.open(&server.url(&format!("{path}/sheet"))).await?;
    phone.shows(".sign-page", "核对码").await?;
    assert_eq!(phone.count(".sign-page tbody tr").await?, 25);
    typed(phone, &server.url(&format!("{path}/scan")), data).await
}

/// Codes typed on the scan page, one of them twice.
async fn typed(phone: &Browser, page: &str, data: &Path) -> Done {
    // A number typed where there is no camera.
    phone.open(page).await?;
    let (_, number) = people(data)?[4_321].clone();
    for word in ["已签到", "已经签到过"] {
        phone.fill("input[name=code]", &number).await?;
        phone.tap("form button[type=submit]").await?;
        phone.shows(".said", word).await?;
    }
    phone.fill("input[name=code]", &format!("jiangdao:p:nowhere:{number}")).await?;
    phone.tap("form button[type=submit]").await?;
    phone.shows(".said", "名单里没有这个码").await
}

/// How many are expected.
async fn people_at(phone: &Browser) -> Done<usize> {
    let text = phone.text(".float-foot .primary").await?;
    let number = text.split(' ').next().and_then(|n| n.parse::<usize>().ok()).ok_or("no number")?;
    Ok(number + 1)
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_kiosk_shows_nothing_else_until_the_pin_is_typed() -> Done {
    let (data, profile) = (Folder::new("kiosk-data")?, Folder::new("kiosk-profile")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in_with(&phone, &server, data.path(), Some(PIN)).await?;
    let path = new_session(&phone, "桌上签到").await?;
    phone.run("document.querySelector('details.ways').open = true").await?;
    tap_named(&phone, "自助签到").await?;
    tap_named(&phone, "开始自助签到").await?;
    phone.fill("input[name=self]", "陈").await?;
    phone.shows(".lead", "两个字以上").await?;
    assert_eq!(phone.count(".people .person").await?, 0);
    phone.fill("input[name=self]", "陈志").await?;
    phone.shows(".people .person", "••••").await?;
    phone.tap(".people .person .person-tap").await?;
    phone.shows(".kiosk-done", "签到成功").await?;
    // It returns by itself, and nothing of the last one is to be seen.
    until("the field", async || Ok((phone.count(".kiosk-done").await? == 0).then_some(()))).await?;
    assert_eq!(phone.count(".people .person").await?, 0);
    // Neither another address nor a reload leads out.
    phone.open(&server.url(&path)).await?;
    enter(&phone, PIN).await?;
    phone.find("input[name=self]").await?;
    assert_eq!(phone.count("nav.bar").await?, 0);
    tap_named(&phone, "退出").await?;
    phone.fill("input.pin", "000001").await?;
    tap_named(&phone, "退出").await?;
    phone.shows(".fault", "密码不对").await?;
    phone.fill("input.pin", PIN).await?;
    tap_named(&phone, "退出").await?;
    phone.shows(".figures strong", "1").await?;
    let kiosk = "SELECT count(*) FROM change WHERE kind = 'check_in' AND raw LIKE '%kiosk%'";
    until("it is at the server", async || Ok((count(data.path(), kiosk).unwrap_or(0) == 1).then_some(())))
        .await
}

/// A film of one code, in the only format that needs no library: black, white and grey.
fn film(text: &str, to: &Path) -> Done {
    const WIDTH: usize = 640;
    const HEIGHT: usize = 480;
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium)?;
    let scale = 320 / (usize::try_from(code.size())? + 8);
    let mut light = vec![235_u8; WIDTH * HEIGHT];
    for y in 0..code.size() {
        for x in 0..code.size() {
            if !code.get_module(x, y) {
                continue;
            }
            let (left, top) =
                (160 + (usize::try_from(x)? + 4) * scale, 80 + (usize::try_from(y)? + 4) * scale);
            for row in top..top + scale {
                light[row * WIDTH + left..][..scale].fill(16);
            }
        }
    }
    let mut file = std::fs::File::create(to)?;
    writeln!(file, "YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg")?;
    for _ in 0..10 {
        file.write_all(b"FRAME\n")?;
        file.write_all(&light)?;
        file.write_all(&[128; WIDTH * HEIGHT / 2])?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_badge_before_the_camera_is_read_once_without_signal() -> Done {
    let (data, profile) = (Folder::new("scan-data")?, Folder::new("scan-profile")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    until("the roster", async || Ok((people(data.path())?.len() > 4_000).then_some(()))).await?;
    let (_, number) = people(data.path())?[1_234].clone();
    let badge = data.path().join("badge.y4m");
    film(&number, &badge)?;
    let flags = [
        "--use-fake-device-for-media-stream".to_owned(),
        "--use-fake-ui-for-media-stream".to_owned(),
        format!("--use-file-for-fake-video-capture={}", badge.display()),
    ];
    let phone = Browser::phone_with(profile.path(), &flags).await?;
    log_in(&phone, &server, data.path()).await?;
    let path = new_session(&phone, "扫码").await?;
    server.stop()?;
    phone.open(&server.url(&format!("{path}/scan"))).await?;
    phone.shows(".said", "已签到").await?;
    phone.shows(".figures strong", "1").await?;
    // It is held there: nothing more happens.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    phone.shows(".said", "已签到").await
}
