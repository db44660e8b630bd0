//! The server's disk is lost: what was backed up is restored, and the phone brings back the rest.

use super::line::{check_in, check_in_more, count, fill_forms, log_in, log_in_at, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, jiangdao, until};
use std::path::Path;

/// Recorded and backed up; recorded, uploaded, and lost with the server.
const BEFORE: usize = 4;
const AFTER: usize = 3;
const FORMS: usize = 2;

#[tokio::test]
#[ignore = "needs the built product: cargo xtask test"]
async fn a_lost_server_gets_back_from_the_phone_what_its_backup_lacked() -> Done {
    let (data, target) = (Folder::new("restore-data")?, Folder::new("restore-backup")?);
    let (profile, office) = (Folder::new("restore-profile")?, Folder::new("restore-desk")?);
    let to = target.path().to_str().ok_or("no path")?;
    let mut server = Server::start(data.path(), &["--demo", "--backup", to])?;
    let phone = Browser::phone(profile.path()).await?;
    log_in(&phone, &server, data.path()).await?;
    let page = new_session(&phone, "备份过的宣讲").await?;
    check_in(&phone, BEFORE).await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows("main", "都已上传").await?;
    // Ending, it backs up once more; started again, it does so in a minute.
    server.stop()?;
    server.start_again()?;
    phone.open(&server.url(&page)).await?;
    check_in_more(&phone, BEFORE, AFTER).await?;
    fill_forms(&phone, FORMS).await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows("main", "都已上传").await?;
    let present = "SELECT coalesce(sum(present), 0) FROM session";
    assert_eq!(count(data.path(), present)?, BEFORE + AFTER);
    server.kill()?;

    let logins = std::fs::read(data.path().join("demo-logins.txt"))?;
    std::fs::remove_dir_all(data.path())?;
    let restored = jiangdao(&[Path::new("restore"), target.path(), Path::new("--data"), data.path()])?;
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    std::fs::write(data.path().join("demo-logins.txt"), logins)?;
    assert_eq!(count(data.path(), present)?, BEFORE, "as it was when it was backed up");
    server.start_again()?;

    // The phone notices by itself, and nobody has to do anything.
    phone.open(&server.url(&page)).await?;
    phone.shows(".figures strong", &(BEFORE + AFTER).to_string()).await?;
    let responses = "SELECT count(*) FROM response";
    until("what the backup lacked", async || {
        let there = (count(data.path(), present)?, count(data.path(), responses)?);
        Ok((there == (BEFORE + AFTER, FORMS)).then_some(()))
    })
    .await?;
    phone.open(&server.url("/sync")).await?;
    phone.shows("main", "都已上传").await?;
    assert_eq!(count(data.path(), "SELECT count(*) FROM held")?, 0);
    let desk = Browser::desk(office.path()).await?;
    log_in_at(&desk, &server.url("/desk"), data.path()).await?;
    desk.shows(".restored", &format!("1 台设备补传回 {AFTER} 条备份里没有的")).await?;
    desk.shows(".backup", "已备份至").await?;
    tap_named(&desk, "设备").await?;
    desk.shows(".restored", "备份恢复").await
}
