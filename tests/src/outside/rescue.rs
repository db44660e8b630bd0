//! Rescue files: the sealed file, what lies under the seal, and what was sealed once more on the phone.

use super::city::{NOW, with};
use super::push::Kept;
use super::seed::seeds;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use server::rescue::{Key as ServerKey, open};
use shared::rescue::{Content, read};
use shared::sealed::{self as store, Key, NONCE_BYTES, PLAIN, SEALED, Spare, Stored, hex, place, stored};
use std::sync::OnceLock;

/// What a whole file may be refused as.
const REFUSED: [&str; 4] = ["rescue_damaged", "rescue_foreign", "rescue_newer", "rescue_too_large"];

fn key() -> &'static ServerKey {
    static KEY: OnceLock<ServerKey> = OnceLock::new();
    KEY.get_or_init(|| ServerKey::load(&super::corpus()).unwrap().unwrap())
}

/// The data key of the seeds.
fn data_key() -> Key {
    Key::of(&[7; 32]).unwrap()
}

fn bring(file: Vec<u8>) -> Value {
    with(|city| {
        let before = Kept::of(city);
        let request = Request::post("/api/v1/rescue")
            .header(header::AUTHORIZATION, "Bearer login-admin")
            .header(header::CONTENT_TYPE, "application/octet-stream");
        let answer = city.send(request.body(Body::from(file)).unwrap());
        answer.well_formed(false);
        let body = answer.json();
        let after = Kept::of(city);
        if answer.status == 200 {
            let number = |name: &str| body[name].as_i64().unwrap();
            assert_eq!(after.taken - before.taken, number("taken"), "{body}");
            assert!(after.held - before.held <= number("held"), "{body}");
        } else {
            assert!(REFUSED.contains(&body["code"].as_str().unwrap()), "{body}");
            assert_eq!(before, after, "a refused file stores nothing");
        }
        body
    })
}

/// A content under a right seal, through the route: refused by one of the codes of rescue files with
/// nothing stored; or everything that lies in it is accounted for, and the same again takes nothing.
///
/// # Panics
/// The promise is broken.
pub fn rescue(input: &[u8]) {
    let sealed = seal::seal(&key().public(), input).unwrap();
    let body = bring(sealed.clone());
    let content = read(input);
    let is_refused = body["taken"].is_null();
    let Ok(content) = content else {
        assert!(is_refused, "{body}");
        return;
    };
    if content.locked.is_empty() {
        let refused: u64 =
            body["refused"].as_array().into_iter().flatten().filter_map(|part| part["count"].as_u64()).sum();
        let number = |name: &str| body[name].as_u64().unwrap_or_default();
        let told = number("taken") + number("dup") + number("held") + refused;
        assert_eq!(told, count(&content), "everything is accounted for: {body}");
        assert_eq!(bring(sealed)["taken"], 0, "the same again");
    }
}

fn count(content: &Content) -> u64 {
    content.parts.iter().map(|part| part.count() as u64).sum()
}

/// A file as it comes: refused by one of the codes, or what was sealed, unaltered.
///
/// # Panics
/// The promise is broken.
pub fn rescue_file(input: &[u8]) {
    static SEALED: OnceLock<Vec<String>> = OnceLock::new();
    let text = |content: &Content| serde_json::to_string(content).unwrap();
    let known = SEALED.get_or_init(|| {
        let contents = seeds("rescue");
        contents.iter().filter_map(|(_, content)| read(content).ok()).map(|content| text(&content)).collect()
    });
    match open(key(), input) {
        Ok(content) => assert!(known.contains(&text(&content)), "nobody sealed {}", text(&content)),
        Err(refusal) => assert!(REFUSED.contains(&refusal.code.code()), "{}", refusal.code.code()),
    }
}

/// What a locked phone gave, every seal right: refused by one of the codes, or a part of the very account
/// that the key is of. Input: the spare key's JSON, then a line per row, `table key value`; a value behind
/// `!` is hex and taken as it is.
///
/// # Panics
/// The promise is broken.
pub fn rescue_locked(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let spare = lines.next().unwrap_or_default();
    let row = |line: &str| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        let (table, name) = (words.next()?, words.next()?);
        let value = words.next().unwrap_or_default();
        let value = match value.strip_prefix('!') {
            Some(raw) => raw.to_owned(),
            None => hex(&stored(&data_key(), &[9; NONCE_BYTES], &place(&table, &name), value.as_bytes())),
        };
        Some((table, name, value))
    };
    let rows: Vec<(String, String, String)> = lines.filter_map(row).collect();
    let sealed = hex(&seal::seal(&key().public(), spare.as_bytes()).unwrap());
    let locked = json!([{ "spare": sealed, "rows": rows }]);
    let content = json!({ "v": 2, "app": "0.1.0", "made_ms": NOW, "parts": [], "locked": locked });
    let file = seal::seal(&key().public(), content.to_string().as_bytes()).unwrap();
    match open(key(), &file) {
        Ok(content) => {
            let of: Spare = serde_json::from_str(spare).expect("what was opened has a spare key");
            assert!(content.locked.is_empty() && content.parts.len() <= 1);
            assert!(content.parts.iter().all(|part| part.account.id == of.account && part.count() > 0));
        }
        Err(refusal) => assert!(REFUSED.contains(&refusal.code.code()), "{}", refusal.code.code()),
    }
}

/// A value of a phone's store: plain as it stands, or one that the same key seals to the very same bytes;
/// all else is not read.
///
/// # Panics
/// The promise is broken.
pub fn sealed(input: &[u8]) {
    let place = place("rows", "person:1");
    let key = data_key();
    match (store::read(Some(&key), &place, input), input.split_first()) {
        (Stored::Value(value), Some((&PLAIN, rest))) => assert_eq!(value, rest),
        (Stored::Value(value), Some((&SEALED, rest))) => {
            let nonce: [u8; NONCE_BYTES] = rest[..NONCE_BYTES].try_into().unwrap();
            assert_eq!(stored(&key, &nonce, &place, &value), input);
        }
        (Stored::Unreadable, first) => assert!(first.is_none_or(|(first, _)| *first != PLAIN)),
        (read, first) => panic!("{read:?} of {first:?}"),
    }
    // Without a key, nothing sealed is told.
    if input.first() != Some(&PLAIN) {
        assert!(!matches!(store::read(None, &place, input), Stored::Value(_)));
    }
}

/// Seeds that a program has to make.
pub(super) fn made() -> Vec<(&'static str, Vec<u8>)> {
    let contents = seeds("rescue");
    let (_, content) = contents.first().unwrap();
    vec![
        ("rescue_file/whole.jdrescue", seal::seal(&key().public(), content).unwrap()),
        (
            "sealed/name",
            stored(&data_key(), &[9; NONCE_BYTES], &place("rows", "person:1"), "王桂兰".as_bytes()),
        ),
        ("sealed/plain", [&[PLAIN], "王桂兰".as_bytes()].concat()),
    ]
}
