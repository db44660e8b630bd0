//! A photo's whole way: chosen on a phone, painted anew, sent in pieces through kills of the phone and of the
//! server, here once, seen at the desk, taken out again.

use super::line::{count, log_in, log_in_at, new_session, tap_named};
use crate::harness::{Browser, Done, Folder, Server, until};
use serde_json::json;
use std::path::Path;
use thirtyfour::By;

/// What a camera notes and nobody is to read at the server: kept, turned by a quarter, and a place.
const EXIF: &[u8] =
    b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0 SPYCAM D999 31.2304N 121.4737E";

/// A JPEG full of noise, as a camera of that size would give it, with what cameras note.
pub(crate) async fn picture(browser: &Browser, width: u32, height: u32) -> Done<Vec<u8>> {
    let made = browser
        .run(&format!(
            "const canvas = document.createElement('canvas');
            canvas.width = {width}; canvas.height = {height};
            const pen = canvas.getContext('2d');
            const points = pen.createImageData({width}, {height});
            let seed = 7;
            for (let n = 0; n < points.data.length; n += 1) {{
                seed = (seed * 1103515245 + 12345) % 2147483648;
                points.data[n] = n % 4 === 3 ? 255 : seed >> 23;
            }}
            pen.putImageData(points, 0, 0);
            const url = canvas.toDataURL('image/jpeg', 0.8);
            return Array.from(atob(url.split(',')[1]), (char) => char.charCodeAt(0));"
        ))
        .await?;
    let bytes: Vec<u8> = serde_json::from_value(made)?;
    let len = u16::try_from(EXIF.len() + 2)?.to_be_bytes();
    let (start, rest) = bytes.split_at_checked(2).ok_or("no picture")?;
    Ok([start, &[0xff, 0xe1], &len, EXIF, rest].concat())
}

/// Chooses it in the field of that place, as a person does in the browser's own dialog.
pub(crate) async fn choose(phone: &Browser, picture: &[u8], beside: &Path, field: usize) -> Done {
    let file = beside.join(format!("IMG_{field}.jpg"));
    std::fs::write(&file, picture)?;
    phone.find(".photos").await?;
    let fields = phone.page()?.find_all(By::Css(".photos input[type=file]")).await?;
    let path = file.to_string_lossy();
    Ok(fields.get(field).ok_or("no such field")?.send_keys(&*path).await?)
}

/// A line on which a photo takes a while.
async fn thin(phone: &Browser, bytes_per_s: i32) -> Done {
    let cdp = phone.page()?.cdp();
    cdp.send_raw("Network.enable", json!({})).await?;
    let line =
        json!({ "offline": false, "latency": 20, "downloadThroughput": -1, "uploadThroughput": bytes_per_s });
    cdp.send_raw("Network.emulateNetworkConditions", line).await?;
    Ok(())
}

/// Bytes of the upload that is under way.
fn part(data: &Path) -> u64 {
    let parts = std::fs::read_dir(data.join("files/part")).into_iter().flatten().flatten();
    parts.filter_map(|part| Some(part.metadata().ok()?.len())).sum()
}

async fn part_above(data: &Path, least: u64) -> Done<u64> {
    until("a piece at the server", async || Ok(Some(part(data)).filter(|len| *len > least))).await
}

/// Runs with `cargo xtask test --all`: on a busy machine it waits in vain.
mod long {
    use super::*;

    #[tokio::test]
    #[ignore = "needs the built product: cargo xtask test"]
    async fn a_photo_goes_on_after_kills_and_is_here_once() -> Done {
        let (data, profile) = (Folder::new("photo-data")?, Folder::new("photo-profile")?);
        let mut server = Server::start(data.path(), &["--demo"])?;
        let mut phone = Browser::phone(profile.path()).await?;
        log_in(&phone, &server, data.path()).await?;
        let page = new_session(&phone, "拍照的宣讲").await?;
        let wide = picture(&phone, 1200, 900).await?;
        thin(&phone, 30_000).await?;
        tap_named(&phone, "现场").await?;
        choose(&phone, &wide, profile.path(), 0).await?;
        phone.shows(".thumb", "现场照片").await?;
        let first = part_above(data.path(), 0).await?;
        phone.kill().await?;
        assert_eq!(count(data.path(), "SELECT count(*) FROM file")?, 0, "it was not whole yet");

        phone.start_again().await?;
        thin(&phone, 30_000).await?;
        phone.open(&server.url(&format!("{page}/scene"))).await?;
        phone.find(".thumb").await?;
        let second = part_above(data.path(), first).await?;
        server.kill()?;
        server.start_again()?;
        assert!(part(data.path()) >= second, "what was answered is on the disk");
        thin(&phone, -1).await?;
        phone.run("window.dispatchEvent(new Event('online'))").await?;
        phone.shows(".thumb", "已上传").await?;
        assert_eq!(count(data.path(), "SELECT count(*) FROM file")?, 1, "here once");
        assert_eq!(count(data.path(), "SELECT count(*) FROM change WHERE kind = 'photo'")?, 1);
        until("the count of the session", async || {
            // As coming to the front does.
            phone.run("window.dispatchEvent(new Event('online'))").await?;
            Ok(phone.text(".photos").await?.contains("服务器已收到 1 张").then_some(()))
        })
        .await?;
        let bytes = only_file(&data.path().join("files"))?;
        assert!(bytes.len() <= 300 * 1024, "{} bytes", bytes.len());
        let holds = |what: &[u8]| bytes.windows(what.len()).any(|some| some == what);
        assert!(!holds(b"Exif") && !holds(b"D999") && !holds(b"31.2304N"), "the camera's notes are gone");
        let (width, height) = size(&bytes).ok_or("no size")?;
        assert!(height > width, "as it was held: {width} × {height}");

        let office = Folder::new("photo-desk")?;
        let desk = Browser::desk(office.path()).await?;
        log_in_at(&desk, &server.url("/desk"), data.path()).await?;
        desk.find("main table").await?;
        let session = page.rsplit('/').next().ok_or("no id")?;
        desk.open(&server.url(&format!("/desk/sessions/{session}"))).await?;
        until("the picture at the desk", async || {
            let seen = desk.run("const image = document.querySelector('.photos img'); image?.scrollIntoView(); return image?.naturalWidth ?? 0").await?;
            Ok(seen.as_u64().filter(|width| *width > 0))
        })
        .await?;

        tap_named(&phone, "撤销照片").await?;
        tap_named(&phone, "确定撤销").await?;
        until("no photo on the phone", async || Ok((phone.count(".thumb").await? == 0).then_some(())))
            .await?;
        until("no photo at the desk", async || {
            desk.reload().await?;
            desk.shows("main", "没有照片").await.map(Some)
        })
        .await
    }
}

/// The one file that lies in its place.
fn only_file(files: &Path) -> Done<Vec<u8>> {
    for folder in std::fs::read_dir(files)? {
        let folder = folder?;
        if folder.file_name() == "part" {
            continue;
        }
        if let Some(file) = std::fs::read_dir(folder.path())?.next() {
            return Ok(std::fs::read(file?.path())?);
        }
    }
    Err("no file".into())
}

/// Width and height, of the frame of a JPEG.
fn size(jpeg: &[u8]) -> Option<(u16, u16)> {
    let mut at = 2;
    loop {
        let kind = *jpeg.get(at + 1)?;
        let len = u16::from_be_bytes([*jpeg.get(at + 2)?, *jpeg.get(at + 3)?]);
        if (0xc0..=0xc2).contains(&kind) {
            let number = |n: usize| Some(u16::from_be_bytes([*jpeg.get(at + n)?, *jpeg.get(at + n + 1)?]));
            return Some((number(7)?, number(5)?));
        }
        at += 2 + usize::from(len);
    }
}
