//! What cannot be uploaded leaves the phone as a file, from each page that offers it, and comes in at
//! the desk or by the command: once, however often it is brought.

use super::line::{check_in, count, fill_forms, log_in, log_in_at, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, jiangdao, until};
use serde_json::json;
use std::path::{Path, PathBuf};

const PEOPLE: usize = 12;
const FORMS: usize = 5;
/// The session, its check-ins and its responses.
const ALL: usize = 1 + PEOPLE + FORMS;

/// Presses the button, and finds the file where the browser has put it.
pub(crate) async fn saved(phone: &Browser, into: &Path, records: usize) -> Done<PathBuf> {
    let allow = json!({ "behavior": "allow", "downloadPath": into });
    phone.page()?.cdp().send_raw("Browser.setDownloadBehavior", allow).await?;
    tap_named(phone, "存为文件").await?;
    phone.shows(".rescue-says", &format!("{records} 条已存成加密文件")).await?;
    let file = until("the file", async || {
        let files = std::fs::read_dir(into)?.map(|entry| Ok(entry?.path())).collect::<Done<Vec<_>>>()?;
        Ok(files.into_iter().find(|file| file.extension().is_some_and(|end| end == "jiangdao")))
    })
    .await?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    assert!(name.starts_with("讲到-救援-20"), "{name}");
    let bytes = std::fs::read(&file)?;
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"), "it is no sealed file");
    Ok(file)
}

/// Chooses a file at the desk and brings it.
pub(crate) async fn bring(desk: &Browser, file: &Path, says: &str) -> Done {
    let field = desk.find(".rescue input[type=file]").await?;
    field.send_keys(file.to_string_lossy()).await?;
    desk.tap(".rescue button").await?;
    desk.shows(".rescue-says", says).await
}

fn arrived(data: &Path) -> Done<[usize; 5]> {
    Ok([
        count(
            data,
            "SELECT count(*) FROM change JOIN replica USING (replica_id) JOIN account USING (account_id) \
                     WHERE login = 'zhang' AND state = 'taken'",
        )?,
        count(data, "SELECT count(*) FROM change")?,
        count(data, "SELECT count(*) FROM response")?,
        count(data, "SELECT coalesce(sum(present), 0) FROM session")?,
        count(data, "SELECT count(*) FROM held")?,
    ])
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_killed_phone_that_never_got_through_reaches_the_desk_by_a_file() -> Done {
    let (data, profile) = (Folder::new("rescue-data")?, Folder::new("rescue-profile")?);
    let (files, office) = (Folder::new("rescue-files")?, Folder::new("rescue-desk")?);
    let mut server = Server::start(data.path(), &["--demo"])?;
    let mut phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    server.stop()?;
    phone.reload().await?;
    let page = new_session(&phone, "存成文件的宣讲").await?;
    check_in(&phone, PEOPLE).await?;
    fill_forms(&phone, FORMS).await?;
    phone.kill().await?;
    phone.start_again().await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows(".figures strong", &ALL.to_string()).await?;
    let file = saved(&phone, files.path(), ALL).await?;
    // It waits as before: a file is no receipt.
    phone.shows(".figures strong", &ALL.to_string()).await?;
    phone.kill().await?;
    assert_eq!(arrived(data.path())?, [0; 5], "nothing can have arrived yet");

    server.start_again()?;
    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url("/desk/devices"), data.path()).await?;
    let whole = std::fs::read(&file)?;
    let half = files.path().join("half.jiangdao");
    std::fs::write(&half, &whole[..whole.len() / 2])?;
    bring(&desk, &half, "什么都没有导入").await?;
    assert_eq!(arrived(data.path())?, [0; 5], "half of a file is nothing");
    bring(&desk, &file, &format!("新收 {ALL} 条，已有 0 条，待处理 0 条。")).await?;
    let all = [1 + PEOPLE, 1 + PEOPLE, FORMS, PEOPLE, 0];
    assert_eq!(arrived(data.path())?, all);
    desk.tap(".rescue button").await?;
    desk.shows(".rescue-says", &format!("新收 0 条，已有 {ALL} 条，待处理 0 条。")).await?;
    assert_eq!(arrived(data.path())?, all, "brought twice");
    tap_named(&desk, "场次").await?;
    tap_named(&desk, "存成文件的宣讲").await?;
    desk.shows("main", &PEOPLE.to_string()).await?;

    // The phone gets through after all.
    phone.start_again().await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows("main", "都已上传").await?;
    phone.open(&server.url(&page)).await?;
    tap_named(&phone, "小结").await?;
    let own = 1 + PEOPLE;
    phone.shows(".own", &format!("本机记录 {own} 条 · 服务器已收到 {own} 条")).await?;
    phone.shows(".own", &format!("本机反馈 {FORMS} 份 · 服务器已收到 {FORMS} 份")).await?;
    assert_eq!(arrived(data.path())?, all, "and nothing has doubled");
    assert_eq!(count(data.path(), "SELECT coalesce(sum(pending), 0) FROM replica")?, 0);
    Ok(())
}

/// Imports by the command what a page has saved; twice, as people do who are not sure.
fn imported(data: &Path, file: &Path, records: usize) -> Done {
    let words = ["rescue", "import", "--data"].map(Path::new);
    for says in [format!("{records} taken, 0 known"), format!("0 taken, {records} known")] {
        let output = jiangdao(&[&words[..], &[data, file]].concat())?;
        let said = String::from_utf8(output.stdout)?;
        assert!(
            output.status.success() && said.contains(&says),
            "{said}{:?}",
            String::from_utf8(output.stderr)
        );
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn who_has_signed_out_still_gets_the_records_out() -> Done {
    let (data, profile) = (Folder::new("rescue-out-data")?, Folder::new("rescue-out-profile")?);
    let files = Folder::new("rescue-out-files")?;
    let mut server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    server.stop()?;
    phone.reload().await?;
    new_session(&phone, "退出之前").await?;
    check_in(&phone, 2).await?;
    phone.shows(".strip", "3 条已存本机").await?;
    phone.open(&server.url("/me")).await?;
    tap_named(&phone, "退出登录").await?;
    tap_named(&phone, "确定退出").await?;
    phone.shows(".remark", "本机还有 3 条记录没有上传").await?;
    let file = saved(&phone, files.path(), 3).await?;
    imported(data.path(), &file, 3)?;
    assert_eq!(arrived(data.path())?, [3, 3, 0, 2, 0]);

    // As on a phone that has heard no server of this version yet.
    assert_eq!(phone.run(FORGET_KEY).await?, true);
    phone.reload().await?;
    tap_named(&phone, "存为文件").await?;
    phone.shows(".rescue-says", "没有存成文件：这部手机还没有收到服务器的加密公钥").await
}

/// Takes the server's key out of what the store says of the account.
const FORGET_KEY: &str = "
    const [{ name }] = await indexedDB.databases();
    const asked = indexedDB.open(name);
    const database = await new Promise((done, broken) => {
        asked.onsuccess = () => done(asked.result); asked.onerror = broken; });
    const transaction = database.transaction('meta', 'readwrite');
    const meta = transaction.objectStore('meta');
    const stored = await new Promise((done) => {
        const read = meta.get('identity'); read.onsuccess = () => done(read.result); });
    const identity = JSON.parse(new TextDecoder().decode(stored.slice(1)));
    const had = identity.rescue_key.startsWith('age1');
    delete identity.rescue_key;
    const bytes = new TextEncoder().encode(JSON.stringify(identity));
    meta.put(new Uint8Array([stored[0], ...bytes]), 'identity');
    await new Promise((done) => { transaction.oncomplete = done; });
    database.close();
    return had;";

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn where_the_store_has_failed_memory_still_gets_out() -> Done {
    let (data, profile) = (Folder::new("rescue-broken-data")?, Folder::new("rescue-broken-profile")?);
    let files = Folder::new("rescue-broken-files")?;
    let mut server = Server::start(data.path(), &["--demo"])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    server.stop()?;
    phone.reload().await?;
    new_session(&phone, "将被清空").await?;
    check_in(&phone, 4).await?;
    // The browser throws the records away under the open page, which notices when it is back in front.
    let gone = "const all = await indexedDB.databases(); \
                for (const { name } of all) await new Promise((done, broken) => { \
                    const asked = indexedDB.deleteDatabase(name); \
                    asked.onsuccess = done; asked.onerror = broken; asked.onblocked = broken; }); \
                window.dispatchEvent(new Event('focus')); return all.length";
    assert_eq!(phone.run(gone).await?, 1);
    phone.shows(".stop", "浏览器清空了本机的记录").await?;
    let file = saved(&phone, files.path(), 5).await?;
    imported(data.path(), &file, 5)?;
    assert_eq!(arrived(data.path())?, [5, 5, 0, 4, 0]);
    Ok(())
}
