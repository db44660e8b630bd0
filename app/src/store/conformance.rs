//! What every store promises, as one suite: run on the host for memory, in a real browser for
//! IndexedDB. A broken promise panics with its name.

use super::{Store, StoreError};
use shared::phone::{Entry, NEXT_SEQ, Snapshot, Table, Tables, Write, numbered, unnumbered};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The value of a future that never waits, as those of the store in memory.
///
/// # Panics
/// The future waits for something.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
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
    gets_one_value(one, other).await;
    appends_without_gaps(one, other).await;
    appends_a_key_once(one, other).await;
    counts_on_from_a_set_counter(one).await;
    deletes_by_beginning(one).await;
    keeps_nothing_of_another_lead(one).await;
    takes_all_or_nothing(one).await;
    numbers_anew(one, other).await;
    reads_one_moment(one, other).await;
    takes_many(one, other).await;
}

fn put(table: Table, key: impl Into<String>, value: &[u8]) -> Write {
    Write::Put { table, key: key.into(), value: value.to_vec() }
}

fn append(key: &str) -> Write {
    Write::Append { key: key.to_owned(), value: key.as_bytes().to_vec() }
}

async fn must<T>(what: &str, outcome: impl Future<Output = Result<T, StoreError>>) -> T {
    match outcome.await {
        Ok(value) => value,
        Err(why) => panic!("{what}: {why}"),
    }
}

async fn everything(store: &impl Store) -> Snapshot {
    must("load", store.load(&Table::ALL)).await
}

async fn rows(store: &impl Store, table: Table) -> Vec<Entry> {
    let mut snapshot = must("load", store.load(&[table])).await;
    assert_eq!(snapshot.tables.len(), 1, "what was asked for and nothing else");
    snapshot.tables.remove(0).1
}

/// Keys and seqs of the outbox, in order of the seqs.
async fn outbox(store: &impl Store) -> Vec<(u64, String)> {
    let all = rows(store, Table::Outbox).await;
    let seq = |stored: &[u8]| unnumbered(stored).map_or(0, |(seq, _)| seq);
    let mut all: Vec<(u64, String)> = all.into_iter().map(|(key, stored)| (seq(&stored), key)).collect();
    all.sort_unstable();
    all
}

fn numbers(keys: &[&str]) -> Vec<(u64, String)> {
    (1..).zip(keys).map(|(seq, key)| (seq, (*key).to_owned())).collect()
}

async fn commit(store: &impl Store, writes: Vec<Write>) -> Vec<u64> {
    must("commit", store.commit(writes)).await
}

async fn empty_at_first(store: &impl Store) {
    let expected = Snapshot { tables: Table::ALL.map(|table| (table, vec![])).to_vec() };
    assert_eq!(everything(store).await, expected, "every table is there, and empty");
    assert_eq!(must("load", store.load(&[])).await, Snapshot::default(), "no table is fine");
    assert_eq!(commit(store, vec![]).await, Vec::<u64>::new(), "nothing to write is fine");
}

async fn gets_one_value(store: &impl Store, other: &impl Store) {
    commit(store, vec![put(Table::Files, "a", &[0, 255, 7]), put(Table::Files, "b", b"")]).await;
    assert_eq!(must("get", other.get(Table::Files, "a")).await, Some(vec![0, 255, 7]));
    assert_eq!(must("get", other.get(Table::Files, "b")).await, Some(vec![]));
    assert_eq!(must("get", other.get(Table::Files, "c")).await, None);
    commit(store, vec![Write::delete(Table::Files, "a"), Write::delete(Table::Files, "b")]).await;
    assert_eq!(must("get", other.get(Table::Files, "a")).await, None);
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
    assert_eq!(commit(one, vec![append("z"), append("b")]).await, vec![1, 2], "from 1, in order");
    assert_eq!(commit(other, vec![append("c")]).await, vec![3], "two connections, one counter");
    let expected = vec![
        ("b".to_owned(), numbered(2, b"b")),
        ("c".to_owned(), numbered(3, b"c")),
        ("z".to_owned(), numbered(1, b"z")),
    ];
    assert_eq!(rows(one, Table::Outbox).await, expected, "under their keys, with their seqs");
}

async fn appends_a_key_once(one: &impl Store, other: &impl Store) {
    let before = everything(one).await;
    let again = Write::Append { key: "c".to_owned(), value: b"another value".to_vec() };
    assert_eq!(commit(other, vec![again.clone()]).await, vec![3], "the seq that it has");
    assert_eq!(everything(one).await, before, "its value and the counter stay");
    let seqs = commit(one, vec![append("d"), again, append("d")]).await;
    assert_eq!(seqs, vec![4, 3, 4], "also within one transaction");
}

async fn counts_on_from_a_set_counter(store: &impl Store) {
    let seqs = commit(store, vec![put(Table::Meta, NEXT_SEQ, b"41"), append("e")]).await;
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
    let before = everything(store).await;
    // The counter is no number: the append fails, and with it the put before it.
    let writes =
        vec![put(Table::Drafts, "half", b"x"), put(Table::Meta, NEXT_SEQ, b"no number"), append("f")];
    let outcome = store.commit(writes).await;
    assert_eq!(outcome.err(), Some(StoreError::Damaged), "a damaged counter is told");
    assert_eq!(everything(store).await, before, "nothing of a failed transaction stays");
    assert_eq!(commit(store, vec![append("g")]).await, vec![42], "and the next one works");
}

async fn numbers_anew(one: &impl Store, other: &impl Store) {
    let order = outbox(one).await.into_iter().map(|row| row.1).collect::<Vec<_>>();
    assert_eq!(order, ["z", "b", "c", "d", "e", "g"], "what there is, by seq");
    // One that was appended in the meantime, through another connection, is not lost either.
    commit(other, vec![append("a late one")]).await;
    commit(one, vec![Write::delete(Table::Outbox, "b"), Write::Renumber]).await;
    let expected = numbers(&["z", "c", "d", "e", "g", "a late one"]);
    assert_eq!(outbox(one).await, expected, "from 1 without gaps, by seq and not by key, keys kept");
    assert_eq!(commit(other, vec![append("d"), append("h")]).await, vec![3, 7], "the counter goes on");
    let stored = rows(other, Table::Outbox).await;
    let value = |key: &str| stored.iter().find(|row| row.0 == key).map(|row| row.1.clone());
    assert_eq!(value("z"), Some(numbered(1, b"z")), "the values are what they were");
    let all = stored.iter().map(|(key, _)| Write::delete(Table::Outbox, key)).collect();
    commit(one, all).await;
    commit(one, vec![Write::Renumber]).await;
    assert_eq!(commit(one, vec![append("i")]).await, vec![1], "nothing to number: from 1 again");
}

/// Two futures side by side, until both have ended.
async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (false, false);
    poll_fn(|context| {
        first = first || one.as_mut().poll(context).is_ready();
        second = second || other.as_mut().poll(context).is_ready();
        if first && second { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

async fn reads_one_moment(one: &impl Store, other: &impl Store) {
    let written = async {
        for n in 0..40 {
            let value = format!("{n}");
            let both = [Table::Drafts, Table::Acked, Table::Held];
            commit(one, both.map(|table| put(table, "n", value.as_bytes())).to_vec()).await;
        }
    };
    let read = async {
        for _ in 0..40 {
            let there = must("load", other.load(&[Table::Held, Table::Drafts, Table::Acked])).await;
            let of = |table| there.of(table).map(|(_, value)| value.to_vec()).collect::<Vec<_>>();
            assert_eq!(of(Table::Held), of(Table::Drafts), "tables of one load are of one moment");
            assert_eq!(of(Table::Acked), of(Table::Drafts), "all of them");
        }
    };
    both(written, read).await;
}

async fn takes_many(one: &impl Store, other: &impl Store) {
    let writes = (0..5_000).map(|n| put(Table::Rows, format!("person:{n:05}"), b"{}"));
    commit(one, writes.collect()).await;
    let got = rows(other, Table::Rows).await;
    assert_eq!(got.len(), 5_000, "five thousand rows in one transaction");
    assert!(got.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order");
}

async fn keeps_nothing_of_another_lead(store: &impl Store) {
    let only = |value: &[u8]| Write::Only { key: "lead".to_owned(), value: value.to_vec() };
    commit(store, vec![put(Table::Meta, "lead", b"me"), only(b"me"), put(Table::Rows, "mine", b"1")]).await;
    let late = vec![put(Table::Rows, "before", b"1"), only(b"you"), put(Table::Rows, "yours", b"1")];
    assert_eq!(
        store.commit(late).await,
        Err(StoreError::Overtaken),
        "a condition that does not hold is told"
    );
    let here: Vec<String> = rows(store, Table::Rows).await.into_iter().map(|row| row.0).collect();
    assert_eq!(here, ["mine"], "and nothing of the transaction is kept");
    commit(store, vec![Write::DeletePrefix { table: Table::Rows, prefix: String::new() }]).await;
}

/// Chance that can be repeated.
struct Chance(u64);

impl Chance {
    const fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let place = self.below(of.len() as u64);
        usize::try_from(place).ok().and_then(|place| of.get(place)).copied().unwrap_or_default()
    }

    fn write(&mut self) -> Write {
        // Few keys, so that they meet; some begin alike.
        let key = self.one(&["a", "a|1", "a|2", "b", "甲", "甲|乙", NEXT_SEQ]).to_owned();
        let table =
            [Table::Outbox, Table::Rows, Table::Meta][usize::try_from(self.below(3)).unwrap_or_default()];
        let seq = self.below(30);
        match self.below(16) {
            0..6 => Write::Append { value: format!("{key}{seq}").into_bytes(), key },
            6..9 => Write::Put { table, key, value: numbered(seq, b"put") },
            9 => Write::Put { table: Table::Meta, key: NEXT_SEQ.to_owned(), value: seq.to_string().into() },
            // Nothing that the store itself would ever write.
            10 => Write::Put { table, key, value: self.one(&["", "short", "no number, but long"]).into() },
            11 => Write::delete(table, key),
            12 => Write::Only { value: numbered(seq % 3, b"put"), key },
            13 => Write::DeletePrefix { table, prefix: self.one(&["a|", "甲", "", "nothing"]).to_owned() },
            _ => Write::Renumber,
        }
    }
}

/// Transactions by chance do to an empty store what they do to the model.
///
/// # Panics
/// They do not.
pub async fn equals_the_model(store: &impl Store, seed: u64, rounds: u32) {
    let (mut chance, mut model) = (Chance(seed), Tables::default());
    for round in 0..rounds {
        let writes: Vec<Write> = (0..=chance.below(6)).map(|_| chance.write()).collect();
        let expected = model.commit(&writes).map(|(seqs, _)| seqs).map_err(StoreError::from);
        let outcome = store.commit(writes.clone()).await;
        assert_eq!(outcome, expected, "seed {seed}, round {round}: {writes:?}");
        assert_eq!(everything(store).await, model.snapshot(&Table::ALL), "seed {seed}, round {round}");
    }
}

/// What [`every_failure`] does: transactions of every kind, each building on the one before.
fn work() -> Vec<Vec<Write>> {
    vec![
        vec![
            put(Table::Meta, "identity", b"1"),
            put(Table::Rows, "r|1", b"1"),
            put(Table::Rows, "r|2", b"2"),
        ],
        vec![append("z"), append("a"), Write::delete(Table::Drafts, "form")],
        // The retry of a page that did not hear of its success, and one more.
        vec![append("a"), append("m")],
        vec![
            Write::delete(Table::Outbox, "z"),
            put(Table::Acked, "z", b"{}"),
            put(Table::Meta, "heard", b"1"),
        ],
        vec![put(Table::Meta, "identity", b"2"), Write::Renumber],
        vec![append("b"), Write::DeletePrefix { table: Table::Rows, prefix: "r|".to_owned() }],
    ]
}

/// Does the same work on a fresh store with the first call failing, then the second, and so on,
/// until a run needs no failure; the number of runs that did. `arm` makes the nth call fail,
/// `armed` says whether that is still to come. Whatever fails leaves nothing behind and takes
/// nothing of what was there, and the work goes on.
///
/// # Panics
/// It does not.
pub async fn every_failure<S: Store>(
    fresh: impl AsyncFn() -> S,
    arm: impl Fn(&S, u64),
    armed: impl Fn(&S) -> bool,
) -> u64 {
    for nth in 1.. {
        let (store, mut model) = (fresh().await, Tables::default());
        arm(&store, nth);
        for writes in work() {
            let before = model.snapshot(&Table::ALL);
            let expected = model.commit(&writes).map(|(seqs, _)| seqs).unwrap_or_default();
            let mut outcome = store.commit(writes.clone()).await;
            if outcome.is_err() {
                assert!(!armed(&store), "call {nth}: it failed by itself: {outcome:?}");
                assert_eq!(everything(&store).await, before, "call {nth}: as if it had never begun");
                outcome = store.commit(writes).await;
            }
            assert_eq!(outcome, Ok(expected), "call {nth}");
        }
        let read = match store.load(&Table::ALL).await {
            Ok(read) => read,
            Err(_) => everything(&store).await,
        };
        assert_eq!(read, model.snapshot(&Table::ALL), "call {nth}: all is there");
        if armed(&store) {
            return nth - 1;
        }
    }
    0
}
