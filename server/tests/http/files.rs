//! Photos and the bytes of them: they come in pieces, go on after a kill, are what they are called, and are
//! shown to those who see the session.

use crate::world::{Answer, HOUR, NOW, PLANT, SHOP, World, change, create, id, outcomes, session_id};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use server::access::grant::Role;
use server::backup;
use sha2::{Digest, Sha256};
use std::fmt::Write;

pub(crate) fn name_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut name, byte| {
        write!(name, "{byte:02x}").unwrap();
        name
    })
}

/// A photo with these bytes, as a phone names it.
pub(crate) fn photo(n: u128, session: u128, bytes: &[u8], shows: &str) -> Value {
    let body = json!({ "sha256": name_of(bytes), "len": bytes.len(), "mime": "image/jpeg", "use": shows, "caption": "台前" });
    change(n, "photo", Some(session), body)
}

/// The start of a JPEG, and enough behind it.
fn picture(of: u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0];
    bytes.extend(std::iter::repeat_n(of, len - 4));
    bytes
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32, at: u32| char::from(DIGITS[(bits >> at & 63) as usize]);
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits =
            three.iter().enumerate().fold(0, |bits, (n, byte)| bits | u32::from(*byte) << (16 - 8 * n));
        let digits: String =
            [18, 12, 6, 0].into_iter().map(|at| digit(bits, at)).take(three.len() + 1).collect();
        write!(out, "{digits:=<4}").unwrap();
    }
    out
}

async fn begin(world: &World, token: &str, name: &str, len: usize) -> Answer {
    let request = Request::post("/api/v1/files")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("tus-resumable", "1.0.0")
        .header("upload-length", len)
        .header("upload-metadata", format!("filename eA==,sha256 {}", base64(name)));
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn piece(world: &World, token: &str, name: &str, offset: usize, bytes: &[u8]) -> Answer {
    let request = Request::patch(format!("/api/v1/files/{name}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("tus-resumable", "1.0.0")
        .header(header::CONTENT_TYPE, "application/offset+octet-stream")
        .header("upload-offset", offset);
    world.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
}

async fn offset(world: &World, token: &str, name: &str) -> Option<usize> {
    let answer = world.ask(Method::HEAD, &format!("/api/v1/files/{name}"), token).await;
    answer.headers.get("upload-offset").map(|value| value.to_str().unwrap().parse().unwrap())
}

/// Brings all bytes of a file that is named.
pub(crate) async fn bring(world: &World, token: &str, bytes: &[u8]) {
    let name = name_of(bytes);
    assert_eq!(begin(world, token, &name, bytes.len()).await.status, StatusCode::CREATED);
    let mut at = 0;
    for some in bytes.chunks(256 * 1024) {
        let answer = piece(world, token, &name, at, some).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{:?}", answer.body);
        at += some.len();
    }
}

async fn shown(world: &World, login: &str, name: &str) -> Answer {
    world.ask(Method::GET, &format!("/api/v1/files/{name}"), &format!("login-{login}")).await
}

async fn totals(world: &World) -> (u64, u64) {
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    let number = |name: &str| rows["totals"][name].as_u64().unwrap_or(0);
    (number("photos"), number("files"))
}

#[tokio::test]
async fn a_file_comes_in_pieces_and_goes_on_after_the_server_was_killed() {
    let world = World::new().await;
    let bytes = picture(7, 600_000);
    let name = name_of(&bytes);
    world.push(&[create(1, 1, PLANT)]).await;
    assert_eq!(begin(&world, "push-zhang", &name, bytes.len()).await.code(), "file_unnamed");
    world.push(&[photo(2, 1, &bytes, "scene")]).await;
    assert_eq!(totals(&world).await, (1, 0));
    assert_eq!(begin(&world, "push-zhang", &name, 599_999).await.code(), "bad_value");
    let begun = begin(&world, "push-zhang", &name, bytes.len()).await;
    assert_eq!(begun.headers["location"].to_str().unwrap(), format!("/api/v1/files/{name}"));
    assert_eq!(piece(&world, "push-zhang", &name, 0, &bytes[..262_144]).await.status, StatusCode::NO_CONTENT);
    // Another server on the same data: what was answered is on the disk.
    let app = server::open_at(world.dir(), server::clock::Clock::manual(world.now.clone())).unwrap();
    let again = server::router(app);
    let request = Request::head(format!("/api/v1/files/{name}"))
        .header(header::AUTHORIZATION, "Bearer push-zhang")
        .body(Body::empty())
        .unwrap();
    let answer = tower::ServiceExt::oneshot(again, request).await.unwrap();
    assert_eq!(answer.headers()["upload-offset"], "262144");
    // Repeated, or from elsewhere, a piece changes nothing.
    let wrong = piece(&world, "push-zhang", &name, 0, &bytes[..262_144]).await;
    assert_eq!(wrong.code(), "file_wrong");
    assert_eq!(wrong.body["retry"], true);
    let large = piece(&world, "push-zhang", &name, 262_144, &bytes[..262_145]).await;
    assert_eq!(large.code(), "too_large");
    for at in [262_144, 524_288] {
        let end = bytes.len().min(at + 262_144);
        let done = piece(&world, "push-zhang", &name, at, &bytes[at..end]).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{:?}", done.body);
    }
    assert_eq!(totals(&world).await, (1, 1));
    assert_eq!(offset(&world, "push-zhang", &name).await, Some(600_000));
    let answer = shown(&world, "zhang", &name).await;
    assert!(answer.status == StatusCode::OK && answer.bytes == bytes);
    let says = |header: &str| answer.headers[header].to_str().unwrap().to_owned();
    assert_eq!(
        (says("content-type"), says("cache-control")),
        ("image/jpeg".into(), "private, no-cache".into())
    );
    assert_eq!(says("x-content-type-options"), "nosniff");
    assert!(
        std::fs::read_dir(world.dir().join("files/part")).unwrap().next().is_none(),
        "nothing is left over"
    );
}

#[tokio::test]
async fn what_is_not_what_it_is_called_is_thrown_away() {
    let world = World::new().await;
    let (bytes, page) = (picture(1, 5_000), b"<html><script>alert(1)</script>".to_vec());
    world.push(&[create(1, 1, PLANT), photo(2, 1, &bytes, "scene"), photo(3, 1, &page, "scene")]).await;
    let name = name_of(&bytes);
    begin(&world, "push-zhang", &name, bytes.len()).await;
    assert_eq!(piece(&world, "push-zhang", &name, 0, &picture(2, 5_000)).await.code(), "file_wrong");
    assert_eq!(offset(&world, "push-zhang", &name).await, None, "it begins anew");
    // Somebody else's wrong bytes do not stand in the way of the right ones.
    begin(&world, "push-admin", &name, bytes.len()).await;
    piece(&world, "push-admin", &name, 0, &picture(3, 100)).await;
    bring(&world, "push-zhang", &bytes).await;
    assert_eq!(offset(&world, "push-admin", &name).await, Some(5_000), "it is here");
    let html = name_of(&page);
    begin(&world, "push-zhang", &html, page.len()).await;
    assert_eq!(piece(&world, "push-zhang", &html, 0, &page).await.code(), "file_kind");
    assert_eq!(totals(&world).await, (2, 1));
    assert_eq!(shown(&world, "zhang", &html).await.code(), "not_found");
    assert_eq!(shown(&world, "zhang", "../jiangdao.db").await.code(), "not_found");
}

#[tokio::test]
async fn a_sheet_is_for_those_who_see_names_and_a_voided_photo_for_nobody() {
    let world = World::new().await;
    world.account("looker", PLANT, Role::Viewer).await;
    let (scene, sheet) = (picture(1, 900), picture(2, 800));
    world.push(&[create(1, 1, SHOP), photo(2, 1, &scene, "scene"), photo(3, 1, &sheet, "sheet")]).await;
    bring(&world, "push-zhang", &scene).await;
    bring(&world, "push-zhang", &sheet).await;
    let list = format!("/api/v1/sessions/{}/photos", session_id(1));
    let open = |list: &Value| -> Vec<bool> {
        list["items"].as_array().unwrap().iter().map(|item| item["open"].as_bool().unwrap()).collect()
    };
    let seen = world.ask(Method::GET, &list, "login-looker").await.ok();
    assert_eq!((open(&seen), &seen["items"][0]["caption"]), (vec![true, false], &json!("台前")));
    assert_eq!(open(&world.ask(Method::GET, &list, "login-zhang").await.ok()), [true, true]);
    assert_eq!(shown(&world, "looker", &name_of(&scene)).await.status, StatusCode::OK);
    assert_eq!(shown(&world, "looker", &name_of(&sheet)).await.code(), "not_found");
    assert_eq!(shown(&world, "zhang", &name_of(&sheet)).await.status, StatusCode::OK);
    let void = change(4, "void", Some(1), json!({ "targets": [id(2)] }));
    assert_eq!(outcomes(&world.push(&[void]).await), ["ok"]);
    assert_eq!(totals(&world).await, (1, 1));
    assert_eq!(shown(&world, "zhang", &name_of(&scene)).await.code(), "not_found");
    assert_eq!(open(&world.ask(Method::GET, &list, "login-zhang").await.ok()), [true]);
    // Its bytes go after a month; those of the other stay.
    server::files::sweep(&world.app).await.unwrap();
    world.at(NOW + 31 * 24 * HOUR);
    assert_eq!(server::files::sweep(&world.app).await.unwrap(), 1);
    let place = |bytes: &[u8]| {
        let name = name_of(bytes);
        world.dir().join("files").join(&name[..2]).join(name)
    };
    assert!(!place(&scene).exists() && place(&sheet).exists());
}

#[tokio::test]
async fn an_account_begins_only_so_many_uploads() {
    let world = World::new().await;
    let all: Vec<Vec<u8>> = (0..101).map(|n| picture(n, 600)).collect();
    world.push(&[create(1, 1, PLANT)]).await;
    let photos: Vec<Value> = (10..).zip(&all).map(|(n, bytes)| photo(n, 1, bytes, "scene")).collect();
    world.push(&photos).await;
    for bytes in &all[..100] {
        assert_eq!(begin(&world, "push-zhang", &name_of(bytes), 600).await.status, StatusCode::CREATED);
    }
    assert_eq!(begin(&world, "push-zhang", &name_of(&all[100]), 600).await.code(), "too_many");
    assert_eq!(begin(&world, "push-admin", &name_of(&all[100]), 600).await.status, StatusCode::CREATED);
    bring(&world, "push-zhang", &all[0]).await;
    assert_eq!(begin(&world, "push-zhang", &name_of(&all[100]), 600).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_backup_brings_the_bytes_back_and_says_what_it_lacks() {
    let world = World::new().await;
    let (one, two) = (picture(1, 900), picture(2, 800));
    world.push(&[create(1, 1, PLANT), photo(2, 1, &one, "scene"), photo(3, 1, &two, "scene")]).await;
    bring(&world, "push-zhang", &one).await;
    bring(&world, "push-zhang", &two).await;
    let target = world.dir().join("kept");
    backup::back_up_once(world.dir(), &target, None, NOW).unwrap();
    let verified = backup::verify(&target, NOW, &mut |_, _| {}).unwrap();
    assert!(verified.restored.notes.is_empty());
    backup::check(world.dir(), NOW, &mut |_, _| {}).unwrap();
    let whole = World::restored(&target);
    assert_eq!(totals(&whole).await, (2, 2));
    assert!(shown(&whole, "zhang", &name_of(&one)).await.bytes == one);
    let epoch = std::fs::read_dir(&target).unwrap().next().unwrap().unwrap().path();
    let name = name_of(&one);
    std::fs::remove_file(epoch.join("files").join(&name[..2]).join(&name)).unwrap();
    let verified = backup::verify(&target, NOW, &mut |_, _| {}).unwrap();
    assert!(verified.restored.notes[0].to_string().contains("files of 1 photos"), "a missing one is said");
    let less = World::restored(&target);
    assert_eq!(totals(&less).await, (2, 1));
    // A phone that still has the bytes brings them again.
    bring(&less, "push-zhang", &one).await;
    assert_eq!(totals(&less).await, (2, 2));
}
