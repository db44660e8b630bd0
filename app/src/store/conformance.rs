//! What every store promises, as one suite: run on the host for memory, in a real browser for
//! IndexedDB. A broken promise panics with its name.

use super::{Entry, Store, StoreError};
use shared::phone::{NEXT_SEQ, Table, Write, seq_key};
use std::future::Future;
use std::task::{Context, Poll, Waker};

/// The value of a future that never waits, as those of the store in memory.
///
/// # Panics
/// The future waits for something.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// Runs every promise on two connections to one empty store.
///
/// # Panics
/// A promise is broken.
pub async fn suite(one: &impl Store, other: &impl Store) {
    empty_at_first(one).await;
    puts_replaces_deletes(one).await;
    appends_without_gaps(one, other).await;
    counts_on_from_a_set_counter(one).await;
    deletes_by_beginning(one).await;
    takes_all_or_nothing(one).await;
    numbers_anew(one, other).await;
    takes_many(one, other).await;
}

fn put(table: Table, key: impl Into<String>, value: &[u8]) -> Write {
    Write::Put { table, key: key.into(), value: value.to_vec() }
}

fn append(value: &[u8]) -> Write {
    Write::Append { value: value.to_vec() }
}

async fn must<T>(what: &str, outcome: impl Future<Output = Result<T, StoreError>>) -> T {
    match outcome.await {
        Ok(value) => value,
        Err(why) => panic!("{what}: {why}"),
    }
}

async fn rows(store: &impl Store, table: Table) -> Vec<Entry> {
    must("load", store.load(table)).await
}

async fn commit(store: &impl Store, writes: Vec<Write>) -> Vec<u64> {
    must("commit", store.commit(writes)).await
}

async fn empty_at_first(store: &impl Store) {
    for table in Table::ALL {
        assert_eq!(rows(store, table).await, vec![], "{table:?} is empty at first");
    }
    assert_eq!(commit(store, vec![]).await, Vec::<u64>::new(), "nothing to write is fine");
}

async fn puts_replaces_deletes(store: &impl Store) {
    let writes = vec![put(Table::Rows, "b", b"1"), put(Table::Rows, "a", b""), put(Table::Rows, "b", b"2")];
    commit(store, writes).await;
    let expected = vec![("a".to_owned(), vec![]), ("b".to_owned(), b"2".to_vec())];
    assert_eq!(rows(store, Table::Rows).await, expected, "the last put stands, in order of keys");
    let gone = |key| Write::delete(Table::Rows, key);
    commit(store, vec![gone("a"), gone("b"), gone("never there")]).await;
    assert_eq!(rows(store, Table::Rows).await, vec![], "deleted");
}

async fn appends_without_gaps(one: &impl Store, other: &impl Store) {
    assert_eq!(commit(one, vec![append(b"a"), append(b"b")]).await, vec![1, 2], "from 1, in order");
    assert_eq!(commit(other, vec![append(b"c")]).await, vec![3], "two connections, one counter");
    let keys: Vec<String> = rows(one, Table::Outbox).await.into_iter().map(|row| row.0).collect();
    assert_eq!(keys, [1, 2, 3].map(seq_key), "kept under their seqs");
}

async fn counts_on_from_a_set_counter(store: &impl Store) {
    let seqs = commit(store, vec![put(Table::Meta, NEXT_SEQ, b"41"), append(b"d")]).await;
    assert_eq!(seqs, vec![41], "a counter set in the same transaction counts");
}

async fn deletes_by_beginning(store: &impl Store) {
    let keys = ["org:1|a", "org:1|工会", "org:10|a", "org:2|a"];
    commit(store, keys.map(|key| put(Table::Rows, key, b"x")).to_vec()).await;
    let gone = |prefix: &str| Write::DeletePrefix { table: Table::Rows, prefix: prefix.to_owned() };
    commit(store, vec![gone("org:1|")]).await;
    let left: Vec<String> = rows(store, Table::Rows).await.into_iter().map(|row| row.0).collect();
    assert_eq!(left, ["org:10|a", "org:2|a"], "exactly what begins so");
    commit(store, vec![gone("")]).await;
    assert_eq!(rows(store, Table::Rows).await, vec![], "everything begins with nothing");
}

async fn takes_all_or_nothing(store: &impl Store) {
    let before = rows(store, Table::Outbox).await;
    // The counter is no number: the append fails, and with it the put before it.
    let writes =
        vec![put(Table::Drafts, "half", b"x"), put(Table::Meta, NEXT_SEQ, b"no number"), append(b"e")];
    let outcome = store.commit(writes).await;
    assert_eq!(outcome.err(), Some(StoreError::Damaged), "a damaged counter is told");
    assert_eq!(rows(store, Table::Drafts).await, vec![], "nothing of a failed transaction stays");
    assert_eq!(rows(store, Table::Outbox).await, before, "the outbox neither");
    assert_eq!(commit(store, vec![append(b"f")]).await, vec![42], "and the next one works");
}

async fn numbers_anew(one: &impl Store, other: &impl Store) {
    let before = rows(one, Table::Outbox).await;
    // One that was appended in the meantime, through another connection, is not lost either.
    commit(other, vec![append(b"late")]).await;
    commit(one, vec![Write::delete(Table::Outbox, seq_key(2)), Write::Renumber]).await;
    let after = rows(one, Table::Outbox).await;
    let keys: Vec<String> = after.iter().map(|row| row.0.clone()).collect();
    let expected: Vec<String> = (1..).map(seq_key).take(before.len()).collect();
    assert_eq!(keys, expected, "from 1 without gaps");
    let mut values: Vec<Vec<u8>> = before.into_iter().map(|row| row.1).collect();
    values.remove(1);
    values.push(b"late".to_vec());
    assert_eq!(after.into_iter().map(|row| row.1).collect::<Vec<_>>(), values, "in their order");
    let next = u64::try_from(values.len()).unwrap_or(0) + 1;
    assert_eq!(commit(other, vec![append(b"g")]).await, vec![next], "the counter goes on behind them");
}

async fn takes_many(one: &impl Store, other: &impl Store) {
    let writes = (0..5_000).map(|n| put(Table::Rows, format!("person:{n:05}"), b"{}"));
    commit(one, writes.collect()).await;
    let got = rows(other, Table::Rows).await;
    assert_eq!(got.len(), 5_000, "five thousand rows in one transaction");
    assert!(got.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order");
}
