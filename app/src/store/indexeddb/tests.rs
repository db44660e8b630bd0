#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use super::fault::{self, Fault};
use super::*;
use crate::store::conformance;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

pub(super) async fn fresh(name: &str) -> IndexedDb {
    let request = factory().unwrap().delete_database(name).unwrap();
    answer(&request).await.unwrap();
    // A tab of its own.
    IndexedDb::open_with(name, Codec::default()).await.unwrap()
}

fn append(key: &str) -> Vec<Write> {
    vec![Write::Append { key: key.to_owned(), value: b"{}".to_vec() }]
}

async fn outbox(store: &IndexedDb) -> Vec<Entry> {
    store.load(&[Table::Outbox]).await.unwrap().tables.remove(0).1
}

#[wasm_bindgen_test]
async fn conforms() {
    let store = fresh("test-conforms").await;
    let other = IndexedDb::open_with("test-conforms", Codec::default()).await.unwrap();
    conformance::suite(&store, &other).await;
}

#[wasm_bindgen_test]
async fn means_what_the_model_means() {
    for seed in 1..=3 {
        conformance::equals_the_model(&fresh("test-model").await, seed, 60).await;
    }
}

/// The same work with every request failing in turn, one kind of failure after the other.
async fn every(fault: Fault) -> u64 {
    let store = fresh("test-failures").await;
    let emptied = async || {
        fault::call_off();
        let all = Table::ALL.map(|table| Write::DeletePrefix { table, prefix: String::new() });
        store.commit(all.to_vec()).await.unwrap();
        store.clone()
    };
    let runs =
        conformance::every_failure(emptied, |_, nth| fault::plan(nth, fault), |_| fault::planned()).await;
    fault::call_off();
    runs
}

#[wasm_bindgen_test]
async fn every_request_may_be_lost() {
    assert!(every(Fault::Lost).await > 40);
}

#[wasm_bindgen_test]
async fn every_request_may_be_refused() {
    assert!(every(Fault::Refused).await > 20);
}

#[wasm_bindgen_test]
async fn every_connection_may_be_closed() {
    assert!(every(Fault::Closed).await > 40);
}

#[wasm_bindgen_test]
async fn every_success_may_be_unheard() {
    assert_eq!(every(Fault::Unheard).await, 6, "once per transaction");
}

#[wasm_bindgen_test]
async fn what_went_through_unheard_is_not_appended_twice() {
    let store = fresh("test-unheard").await;
    fault::plan(1, Fault::Unheard);
    assert_eq!(store.commit(append("a")).await, Ok(vec![1]));
    assert!(!fault::planned(), "it was done a second time");
    assert_eq!(outbox(&store).await, [("a".to_owned(), numbered(1, b"{}"))]);
    assert_eq!(store.commit(append("b")).await, Ok(vec![2]), "no seq was spent on it");
}

#[wasm_bindgen_test]
async fn a_refusal_is_told_with_the_browsers_reason() {
    let store = fresh("test-refused").await;
    fault::plan(1, Fault::Refused);
    let outcome = store.commit(append("a")).await;
    assert!(
        matches!(&outcome, Err(StoreError::Other(why)) if why.contains("ConstraintError")),
        "{outcome:?}"
    );
    let full = DomException::new_with_message_and_name("", "QuotaExceededError").unwrap();
    assert_eq!(sort(&full), StoreError::Full);
}

#[wasm_bindgen_test]
async fn opens_again_after_an_unexpected_close() {
    let store = fresh("test-reopens").await;
    // As iOS does it: the connection is gone, and nobody was told.
    store.connection.borrow().as_ref().unwrap().close();
    assert_eq!(store.commit(append("a")).await, Ok(vec![1]));
    store.connection.borrow().as_ref().unwrap().close();
    assert_eq!(outbox(&store).await.len(), 1);
}

#[wasm_bindgen_test]
async fn transactions_are_strict() {
    let store = fresh("test-strict").await;
    let database = store.connect().await.unwrap();
    let transaction = begin(&database, &[Table::Meta]).unwrap();
    let durability = Reflect::get(&transaction, &"durability".into()).unwrap();
    assert_eq!(durability.as_string().as_deref(), Some("strict"));
}

#[wasm_bindgen_test]
async fn gives_way_to_a_newer_version() {
    let store = fresh("test-newer").await;
    let request = factory().unwrap().open_with_u32("test-newer", VERSION + 1).unwrap();
    answer(&request).await.unwrap();
    assert_eq!(store.load(&[Table::Meta]).await, Err(StoreError::Newer));
}
