#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use super::fault::{self, Fault};
use super::tests::fresh;
use super::*;
use crate::store::conformance;
use shared::sealed::{KEY_BYTES, SEALED};
use wasm_bindgen_test::wasm_bindgen_test;

const NAME: &str = "王桂兰";

fn key(n: u8) -> Key {
    Key::of(&[n; KEY_BYTES]).unwrap()
}

fn lock_of(id: &str) -> Lock {
    let lock = serde_json::json!({
        "id": id, "name": "李", "salt": "", "rounds": 1, "wrapped": "", "spare": "", "spare_for": ""
    });
    serde_json::from_value(lock).unwrap()
}

fn person() -> Vec<Write> {
    let value = NAME.as_bytes().to_vec();
    vec![
        Write::Put { table: Table::Rows, key: "person:1".to_owned(), value: value.clone() },
        Write::Append { key: "a".to_owned(), value: value.clone() },
        Write::Put { table: Table::Drafts, key: "d".to_owned(), value },
    ]
}

/// Another tab on the same database.
async fn tab(name: &str) -> IndexedDb {
    IndexedDb::open_with(name, Codec::default()).await.unwrap()
}

/// Whether the name can be read in what is stored, in whatever table.
async fn readable(store: &IndexedDb) -> bool {
    let raw = store.raw(&Table::ALL).await.unwrap();
    let values = raw.iter().flat_map(|(_, rows)| rows).map(|(_, value)| value.as_slice());
    let mut found = values.map(|value| value.windows(NAME.len()).any(|part| part == NAME.as_bytes()));
    found.any(|found| found)
}

#[wasm_bindgen_test]
async fn a_sealed_store_means_the_same() {
    let store = fresh("test-sealed").await;
    store.reseal(Some((lock_of("1"), key(1)))).await.unwrap();
    let other = tab("test-sealed").await;
    other.unlock(&lock_of("1"), key(1));
    conformance::suite(&store, &other).await;
    for seed in 1..=2 {
        let store = fresh("test-sealed-model").await;
        store.reseal(Some((lock_of("1"), key(1)))).await.unwrap();
        conformance::equals_the_model(&store, seed, 40).await;
    }
}

#[wasm_bindgen_test]
async fn what_was_plain_is_sealed_and_plain_again() {
    let store = fresh("test-reseal").await;
    store.commit(person()).await.unwrap();
    let before = store.load(&Table::ALL).await.unwrap();
    assert!(readable(&store).await, "the test would see it");
    store.reseal(Some((lock_of("1"), key(1)))).await.unwrap();
    assert!(!readable(&store).await);
    assert_eq!(store.load(&Table::ALL).await.as_ref(), Ok(&before));
    // The same bytes are of no use in another place, or to another key.
    let raw = store.raw(&[Table::Rows]).await.unwrap();
    assert_eq!(raw[0].1[0].1[0], SEALED);
    // A page that comes later.
    let later = tab("test-reseal").await;
    assert_eq!(later.load(&[Table::Rows]).await, Err(StoreError::Locked));
    assert_eq!(later.lock().await.unwrap().unwrap().name, "李");
    later.unlock(&lock_of("1"), key(2));
    assert_eq!(later.load(&[Table::Rows]).await, Err(StoreError::Damaged), "another key");
    later.unlock(&lock_of("1"), key(1));
    assert_eq!(later.load(&Table::ALL).await.as_ref(), Ok(&before));
    // Another data key, and none.
    later.reseal(Some((lock_of("2"), key(2)))).await.unwrap();
    assert_eq!(later.load(&Table::ALL).await.as_ref(), Ok(&before));
    later.reseal(None).await.unwrap();
    assert!(readable(&later).await);
    assert_eq!(later.load(&Table::ALL).await.as_ref(), Ok(&before));
    assert_eq!(later.lock().await, Ok(None));
}

#[wasm_bindgen_test]
async fn a_page_that_is_older_by_a_moment_writes_nothing_wrong() {
    let store = fresh("test-other-tab").await;
    let other = tab("test-other-tab").await;
    store.reseal(Some((lock_of("1"), key(1)))).await.unwrap();
    // It still believes that there is no lock.
    assert_eq!(other.commit(person()).await, Err(StoreError::Locked));
    assert!(!readable(&store).await);
    // It still believes that there is one.
    other.unlock(&lock_of("1"), key(1));
    store.reseal(None).await.unwrap();
    assert_eq!(other.commit(person()).await, Ok(vec![1]));
    assert_eq!(store.load(&[Table::Rows]).await.unwrap().of(Table::Rows).count(), 1);
    // Another lock than the one that it knows.
    other.unlock(&lock_of("1"), key(1));
    store.reseal(Some((lock_of("2"), key(2)))).await.unwrap();
    assert_eq!(other.load(&[Table::Rows]).await, Err(StoreError::Locked));
    assert_eq!(other.reseal(None).await, Err(StoreError::Locked), "it could not read what it would write");
}

#[wasm_bindgen_test]
async fn a_lock_is_changed_only_where_it_is_still_the_same() {
    let store = fresh("test-lock").await;
    let tried = |id: &str| Lock { wrong: 3, ..lock_of(id) };
    assert_eq!(store.change_lock(&tried("1")).await, Err(StoreError::Overtaken));
    assert_eq!(store.lock().await, Ok(None));
    store.reseal(Some((lock_of("1"), key(1)))).await.unwrap();
    store.change_lock(&tried("1")).await.unwrap();
    assert_eq!(store.lock().await.unwrap().unwrap().wrong, 3);
    assert_eq!(store.change_lock(&tried("2")).await, Err(StoreError::Overtaken));
    // Where the tables are emptied by hand, no lock stands before nothing.
    assert!(store.load(&Table::ALL).await.unwrap().of(Table::Meta).all(|(name, _)| name != LOCK));
}

#[wasm_bindgen_test]
async fn sealing_that_fails_in_the_middle_changes_nothing() {
    for fault in [Fault::Refused, Fault::Lost] {
        for nth in 1..60 {
            let store = fresh("test-reseal-fails").await;
            store.commit(person()).await.unwrap();
            let before = store.load(&Table::ALL).await.unwrap();
            fault::plan(nth, fault);
            let done = store.reseal(Some((lock_of("1"), key(1)))).await;
            let over = fault::planned();
            fault::call_off();
            assert_eq!(store.load(&Table::ALL).await, Ok(before), "{fault:?} {nth}: {done:?}");
            assert_eq!(store.lock().await.unwrap().is_some(), done.is_ok(), "{fault:?} {nth}");
            assert_eq!(readable(&store).await, done.is_err(), "{fault:?} {nth}");
            if over {
                break;
            }
        }
    }
}
