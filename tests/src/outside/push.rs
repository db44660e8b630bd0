//! The body of a push, through the real route.

use super::city::{Answer, City, with};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::wire::PUSH_ONE_MAX_BYTES;
use std::io::Read;

/// Rows of the log with those of responses, and of what is held.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) struct Kept {
    pub(super) taken: i64,
    pub(super) held: i64,
}

impl Kept {
    pub(super) fn of(city: &City) -> Self {
        Self {
            taken: city.number("SELECT (SELECT count(*) FROM change) + (SELECT count(*) FROM response)"),
            held: city.number("SELECT count(*) FROM held"),
        }
    }
}

/// Either refused in words, with nothing stored; or a result for each change in its order, and exactly
/// what these say is stored. The same bytes again store nothing.
///
/// # Panics
/// The promise is broken.
pub fn push(input: &[u8]) {
    with(|city| {
        let before = Kept::of(city);
        let answer = city.push(input);
        let after = Kept::of(city);
        answer.well_formed(false);
        if answer.status != 200 {
            let known = [400, 403, 413, 415, 429];
            assert!(known.contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.json());
            assert_eq!(before, after, "a refused push stores nothing");
            return;
        }
        let told = results(city, input, &answer);
        assert_eq!(after.taken - before.taken, told.ok, "stored is what was taken");
        assert!((0..=told.held).contains(&(after.held - before.held)), "held is what was said to be");
        let again = city.push(input);
        if again.status == 200 {
            assert_eq!(results(city, input, &again).ok, 0, "again: {}", again.json());
        }
        assert_eq!(Kept::of(city), after, "the same again stores nothing");
    });
}

struct Told {
    ok: i64,
    held: i64,
}

#[derive(Deserialize)]
struct Sent<'a> {
    batch: Value,
    #[serde(borrow)]
    changes: Vec<&'a RawValue>,
}

fn results(city: &City, input: &[u8], answer: &Answer) -> Told {
    let answer = answer.json();
    let body = inflated(input);
    let sent: Sent<'_> = serde_json::from_slice(&body).expect("what was taken is JSON");
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), sent.changes.len(), "a result for each change: {answer}");
    assert_eq!(answer["batch"].as_str().map(str::to_lowercase), sent.batch.as_str().map(plain_id));
    let mut told = Told { ok: 0, held: 0 };
    for (result, raw) in results.iter().zip(&sent.changes) {
        if let Ok(change) = serde_json::from_str::<Value>(raw.get())
            && change["id"].is_string()
        {
            assert_eq!(result["id"], change["id"], "in the order sent");
        }
        match result["st"].as_str() {
            Some("ok") => {
                told.ok += 1;
                let seq = result["seq"].as_u64().expect("a seq");
                if seq > 0 {
                    assert_eq!(city.logged(seq), result["id"].as_str().map(plain_id), "it is in the log");
                }
            }
            Some("held") => {
                assert!(result["code"].is_string(), "{result}");
                told.held += 1;
            }
            Some("dup") => assert!(result["seq"].is_u64(), "{result}"),
            _ => panic!("no such state: {result}"),
        }
    }
    told
}

/// An id as this program writes it.
fn plain_id(id: &str) -> String {
    uuid::Uuid::parse_str(id).map_or_else(|_| id.to_owned(), |id| id.to_string())
}

fn inflated(input: &[u8]) -> Vec<u8> {
    if !input.starts_with(&[0x1f, 0x8b]) {
        return input.to_vec();
    }
    let mut body = Vec::new();
    let most = u64::try_from(PUSH_ONE_MAX_BYTES).unwrap() + 1;
    MultiGzDecoder::new(input).take(most).read_to_end(&mut body).expect("what was taken is whole");
    body
}
