//! A locked phone shows nobody's name to whoever copies its profile, and gives everything to those who
//! may have it: by its PIN, by a file from the lock screen, by a login with signal.

use super::line::{
    check_in, count, demo_password, fill_forms, log_in, log_in_at, log_in_with, new_session, tap_named,
};
use super::rescue::{bring, saved};
use crate::harness::{Browser, Done, Folder, Server, until};
use aho_corasick::AhoCorasick;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;

const PIN: &str = "135792";
const OTHER_PIN: &str = "246801";
const PEOPLE: usize = 3;
const FORMS: usize = 2;
/// The session, its check-ins and its responses.
const ALL: usize = 1 + PEOPLE + FORMS;
/// How many names are looked for.
const NAMES: usize = 300;

/// Types a PIN twice where one is chosen.
pub(crate) async fn choose(phone: &Browser, pin: &str) -> Done {
    phone.find("input.pin").await?;
    for field in phone.page()?.find_all(thirtyfour::By::Css("input.pin")).await? {
        field.send_keys(pin).await?;
    }
    tap_named(phone, "设好密码").await
}

pub(crate) async fn enter(phone: &Browser, pin: &str) -> Done {
    phone.fill("input.pin", pin).await?;
    tap_named(phone, "解锁").await
}

/// The page goes to the back, and comes to the front after so many minutes of its clock.
async fn away(phone: &Browser, minutes: u32) -> Done {
    phone
        .run(&format!(
            "const seen = (how) => {{
                Object.defineProperty(document, 'visibilityState', {{ value: how, configurable: true }});
                document.dispatchEvent(new Event('visibilitychange'));
            }};
            const clock = Date.now;
            seen('hidden');
            Date.now = () => clock() + {minutes} * 60_000;
            seen('visible');
            Date.now = clock;
            delete document.visibilityState;
            return null;"
        ))
        .await
        .map(drop)
}

/// Names of the roster, long enough not to stand anywhere by chance.
fn names(data: &Path) -> Done<Vec<String>> {
    let conn = Connection::open(data.join("jiangdao.db"))?;
    let mut found =
        conn.prepare("SELECT DISTINCT name FROM person WHERE length(name) >= 3 ORDER BY person_id LIMIT ?1")?;
    let names = found.query_map([i64::try_from(NAMES)?], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Where these texts can be read below a folder, in the two ways in which browsers keep text; and how many
/// bytes were looked through.
fn read_in(folder: &Path, texts: &[String]) -> Done<(Vec<String>, u64)> {
    let wide = texts.iter().map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let patterns: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).chain(wide).collect();
    let search = AhoCorasick::new(&patterns)?;
    let (mut found, mut bytes, mut folders) = (Vec::new(), 0, vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(content) = std::fs::read(&path) {
                bytes += u64::try_from(content.len())?;
                let seen: BTreeSet<usize> =
                    search.find_iter(&content).map(|hit| hit.pattern().as_usize() % texts.len()).collect();
                found.extend(seen.into_iter().map(|n| format!("{} in {}", texts[n], path.display())));
            }
        }
    }
    Ok((found, bytes))
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_phone_without_a_pin_can_be_read_by_whoever_copies_it() -> Done {
    let (data, profile) = (Folder::new("plain-data")?, Folder::new("plain-profile")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let mut phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    phone.close().await?;
    let names = names(data.path())?;
    let (found, _) = read_in(profile.path(), &names)?;
    assert!(found.len() > NAMES / 2, "what looks for names must find them where they are: {}", found.len());
    Ok(())
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_locked_phone_shows_nobody_and_loses_nothing() -> Done {
    let (data, profile) = (Folder::new("pin-data")?, Folder::new("pin-profile")?);
    let (files, office) = (Folder::new("pin-files")?, Folder::new("pin-desk")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let mut phone = Browser::phone(profile.path()).await?;
    log_in_with(&phone, &server, data.path(), Some(PIN)).await?;
    server.stop()?;
    phone.reload().await?;
    enter(&phone, OTHER_PIN).await?;
    phone.shows(".fault", "密码不对，还可以试 4 次").await?;
    enter(&phone, PIN).await?;
    new_session(&phone, "锁住的宣讲").await?;
    check_in(&phone, PEOPLE).await?;
    fill_forms(&phone, FORMS).await?;
    // Half a form, and the power is gone.
    phone.fill("textarea[name=help]", "宿舍漏水没人修").await?;
    // A browser writes who has logged in some seconds late, and the rest of this asks for more than a new phone.
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    phone.kill().await?;

    let mut secret = names(data.path())?;
    assert_eq!(secret.len(), NAMES);
    // The title of a session is nobody's, and stands in the browser's history.
    secret.extend(["食堂太远", "宿舍漏水没人修"].map(str::to_owned));
    let (found, bytes) = read_in(profile.path(), &secret)?;
    assert!(found.is_empty(), "in {bytes} bytes of the profile: {found:?}");
    assert!(bytes > 1_000_000, "that was no profile: {bytes} bytes");

    // Locked and without signal, it gives a file.
    phone.start_again().await?;
    phone.open(&server.url("/")).await?;
    phone.shows(".remark", &format!("本机有 {ALL} 条记录还没有上传")).await?;
    let file = saved(&phone, files.path(), ALL).await?;
    server.start_again()?;
    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url("/desk/devices"), data.path()).await?;
    bring(&desk, &file, &format!("新收 {ALL} 条，已有 0 条，待处理 0 条。")).await?;
    assert_eq!(count(data.path(), "SELECT present FROM session")?, PEOPLE);

    // The PIN is forgotten: a login with signal sets another one, and everything is there.
    phone.tap("details.forgot summary").await?;
    tap_named(&phone, "重新登录").await?;
    phone.fill("input[name=login]", "zhang").await?;
    phone.fill("input[name=password]", &demo_password(data.path(), "zhang")?).await?;
    phone.tap("form button[type=submit]").await?;
    choose(&phone, OTHER_PIN).await?;
    tap_named(&phone, "锁住的宣讲").await?;
    phone.shows(".figures strong", &PEOPLE.to_string()).await?;
    phone.open(&server.url("/sync")).await?;
    enter(&phone, OTHER_PIN).await?;
    phone.shows("main", "都已上传").await?;
    let taken = "SELECT count(*) FROM change WHERE state = 'taken'";
    assert_eq!(count(data.path(), taken)?, 1 + PEOPLE);
    assert_eq!(count(data.path(), "SELECT count(*) FROM response")?, FORMS);
    assert_eq!(count(data.path(), "SELECT count(*) FROM audit WHERE act = 'unlock'")?, 1);

    // The one before opens nothing, and who goes on trying waits, also in a browser that was started anew.
    phone.reload().await?;
    for left in [4, 3, 2, 1] {
        enter(&phone, PIN).await?;
        phone.shows(".fault", &format!("还可以试 {left} 次")).await?;
    }
    enter(&phone, PIN).await?;
    phone.shows(".fault", "请过 1 分钟再试").await?;
    phone.kill().await?;
    phone.start_again().await?;
    phone.open(&server.url("/")).await?;
    enter(&phone, OTHER_PIN).await?;
    phone.shows(".fault", "请过 1 分钟再试").await
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_pin_is_set_changed_and_removed_later() -> Done {
    let (data, profile) = (Folder::new("pin-me-data")?, Folder::new("pin-me-profile")?);
    let server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    phone.open(&server.url("/me")).await?;
    phone.shows("main", "没有设密码").await?;
    tap_named(&phone, "设好密码").await?;
    choose(&phone, "123456").await?;
    phone.shows(".fault", "不要全部相同或连号").await?;
    for field in phone.page()?.find_all(thirtyfour::By::Css("input.pin")).await? {
        field.clear().await?;
    }
    choose(&phone, PIN).await?;
    phone.shows("main", "已设密码").await?;
    phone.reload().await?;
    enter(&phone, PIN).await?;
    phone.shows("main", "已设密码").await?;
    // A page that comes back to the front after 29 minutes goes on, after another 31 it asks.
    away(&phone, 29).await?;
    phone.shows("main", "已设密码").await?;
    // While it pushes or pulls it waits with that.
    until("the question for the PIN", async || {
        if phone.count("input.pin").await? == 0 {
            away(&phone, 31).await?;
        }
        Ok((phone.count("input.pin").await? > 0).then_some(()))
    })
    .await?;
    enter(&phone, PIN).await?;
    phone.shows("main", "已设密码").await?;
    // Only who knows it takes it away.
    tap_named(&phone, "取消密码").await?;
    phone.fill("input.pin", OTHER_PIN).await?;
    phone.tap("button.danger").await?;
    phone.shows(".fault", "密码不对").await?;
    phone.fill("input.pin", PIN).await?;
    phone.tap("button.danger").await?;
    phone.shows("main", "没有设密码").await?;
    phone.reload().await?;
    phone.shows("main", "没有设密码").await?;
    phone.open(&server.url("/")).await?;
    // The people are still there.
    new_session(&phone, "没有锁的宣讲").await.map(drop)
}
