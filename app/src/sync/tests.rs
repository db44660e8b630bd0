#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use super::*;
use crate::browser::Timer;
use crate::store::indexeddb::fault::{Fault, plan};
use js_sys::Promise;
use shared::change::{Body, Headcount};
use shared::id::{ReplicaId, SessionId};
use shared::phone::{Clock, Identity, Opening, unnumbered};
use shared::wire::{Account, LoginAnswer};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

type Heard = Rc<RefCell<Vec<Told>>>;

fn account(n: u128) -> Account {
    Account { id: AccountId::from_u128(n), login: "zhang".to_owned(), name: "张敏".to_owned() }
}

/// An account that has logged in on an empty database.
async fn begun(n: u128) {
    let account = account(n);
    let store = IndexedDb::open(&format!("test-sync-{n}")).await.unwrap();
    let all = Table::ALL.map(|table| Write::DeletePrefix { table, prefix: String::new() });
    store.commit(all.to_vec()).await.unwrap();
    let identity = Identity {
        account,
        replica: ReplicaId::from_u128(n),
        token: "old".to_owned(),
        push_token: "push".to_owned(),
        epoch: None,
        granted: Vec::new(),
        others: Vec::new(),
        rescue_key: None,
    };
    let (_, writes) = Phone::first(identity, Clock::default(), Vec::new());
    store.commit(writes).await.unwrap();
}

/// What a tab does that opens the account.
async fn tab(n: u128, in_front: bool) -> (Driver, Heard) {
    let lock = Lock::ask(&format!("test-push-{n}"), in_front);
    let store = IndexedDb::open(&format!("test-sync-{n}")).await.unwrap();
    let under = lock.lead();
    let snapshot = store.load(&Table::ALL).await.unwrap();
    let Opening::Ready(phone) = Phone::open(&snapshot, None, browser::now_ms()) else {
        panic!("nobody has logged in");
    };
    let heard = Heard::default();
    let into = Rc::clone(&heard);
    let driver = Driver::new(*phone, store, lock, true, move |told| into.borrow_mut().push(told));
    driver.go(under);
    (driver, heard)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..300 {
        if holds() {
            return;
        }
        let slot = RefCell::new(None);
        let later = Promise::new(&mut |resolve, _| {
            *slot.borrow_mut() = Timer::after(10, move || drop(resolve.call0(&JsValue::NULL)));
        });
        let _ = JsFuture::from(later).await;
    }
    panic!("never: {what}");
}

/// Records one fact; what became of it.
async fn recorded(driver: &Driver) -> Recorded {
    let fact = Fact {
        id: uuid::Uuid::now_v7().into(),
        session: Some(SessionId::from_u128(9)),
        after: None,
        body: Body::Headcount(Headcount { count: 7 }),
    };
    let became = Rc::new(Cell::new(None));
    let into = Rc::clone(&became);
    driver.record(vec![fact], Vec::new(), move |recorded| into.set(Some(recorded)));
    until("what became of a record", || became.get().is_some()).await;
    became.get().unwrap()
}

fn unsent(driver: &Driver) -> u32 {
    driver.with(|phone| phone.safety().unsent)
}

async fn seqs(driver: &Driver) -> Vec<u64> {
    let outbox = driver.store().load(&[Table::Outbox]).await.unwrap();
    let mut seqs: Vec<u64> = outbox.of(Table::Outbox).filter_map(|row| Some(unnumbered(row.1)?.0)).collect();
    seqs.sort_unstable();
    seqs
}

#[wasm_bindgen_test]
async fn two_tabs_record_and_one_leads() {
    begun(1).await;
    let (one, _) = tab(1, true).await;
    until("the first leads", || one.leads()).await;
    let (other, _) = tab(1, false).await;
    for n in 1..=3 {
        assert_eq!(recorded(&other).await, Recorded::Saved);
        until("the first knows", || unsent(&one) == 2 * n - 1).await;
        assert_eq!(recorded(&one).await, Recorded::Saved);
        until("the other knows", || unsent(&other) == 2 * n).await;
    }
    assert_eq!(seqs(&one).await, [1, 2, 3, 4, 5, 6]);
    assert!(one.leads() && !other.leads());
    other.to_front();
    until("the one in front leads", || other.leads() && !one.leads()).await;
    other.stop();
    until("the other one leads again", || one.leads()).await;
    assert_eq!(recorded(&other).await, Recorded::NotSaved, "one that has stopped says so");
    one.stop();
}

#[wasm_bindgen_test]
async fn a_silent_store_ends_all_recording() {
    begun(2).await;
    let (one, heard) = tab(2, true).await;
    until("it leads and has come to rest", || one.leads() && !one.is_working()).await;
    plan(1, Fault::Silent);
    assert_eq!(recorded(&one).await, Recorded::NotSaved);
    assert!(heard.borrow().contains(&Told::Broken(StoreError::Silent)));
    assert!(!one.leads(), "another tab may go on");
    assert_eq!(recorded(&one).await, Recorded::NotSaved, "nothing more from here");
    assert_eq!(seqs(&one).await, [1], "the browser had kept it after all");
    let (again, _) = tab(2, true).await;
    assert_eq!((unsent(&again), recorded(&again).await), (1, Recorded::Saved), "loaded again, all is known");
    again.stop();
}

#[wasm_bindgen_test]
async fn what_is_read_undoes_nothing_that_memory_has() {
    begun(3).await;
    let (one, _) = tab(3, true).await;
    until("it leads", || one.leads()).await;
    // Reads the store, and logs in before that has come.
    one.to_front();
    let answer = LoginAnswer {
        token: "new".to_owned(),
        push_token: "push".to_owned(),
        account: account(3),
        granted: Vec::new(),
        epoch: uuid::Uuid::new_v4().into(),
        server_ms: browser::now_ms(),
        others: Vec::new(),
        waits_for: None,
        rescue_key: None,
        admin: false,
        enrol: false,
        may: Vec::new(),
    };
    one.send(Event::LoggedIn(Box::new(answer)));
    until("it rests", || !one.is_working()).await;
    assert_eq!(one.with(|phone| phone.identity().token.clone()), "new");
    one.stop();
}

#[wasm_bindgen_test]
async fn a_database_that_was_emptied_is_not_taken_for_what_there_is() {
    begun(4).await;
    let (one, heard) = tab(4, true).await;
    until("it leads and has come to rest", || one.leads() && !one.is_working()).await;
    assert_eq!(recorded(&one).await, Recorded::Saved);
    until("it has come to rest", || !one.is_working()).await;
    let mark = prefs::canary(AccountId::from_u128(4));
    assert_eq!(mark.map(|mark| mark.next_seq), Some(2));
    let all = Table::ALL.map(|table| Write::DeletePrefix { table, prefix: String::new() });
    one.store().commit(all.to_vec()).await.unwrap();
    one.to_front();
    until("it is told", || heard.borrow().contains(&Told::Broken(StoreError::Emptied))).await;
    assert_eq!(unsent(&one), 1, "memory has forgotten nothing");
    assert_eq!(prefs::canary(AccountId::from_u128(4)), mark, "and the mark is what it was");
    assert_eq!(recorded(&one).await, Recorded::NotSaved);
}
