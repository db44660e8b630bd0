//! 手机密码: the lock before an account's store on this phone (decision 0009). The PIN itself goes nowhere.

use super::rescue::seal;
use crate::store::indexeddb::IndexedDb;
use crate::store::{Store, StoreError};
use crate::{api, browser};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use shared::id::AccountId;
use shared::phone::Table;
use shared::sealed::{Key, Lock, ROUNDS, Spare, hex, unhex};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// Bytes of the salt.
const SALT_BYTES: usize = 16;
/// Bits of the key that the PIN becomes.
const KEY_BITS: u32 = 256;

/// Why a PIN did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is not the one; so many tries are left before one has to wait.
    Pin(u32),
    /// The next try has to wait, ms.
    Wait(i64),
    /// There is no lock any more, or another one.
    Gone,
    /// The browser does not hash, or the key that the spare is sealed to is none.
    Impossible,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Wrong {
    fn from(why: StoreError) -> Self {
        match why {
            StoreError::Overtaken => Self::Gone,
            why => Self::Store(why),
        }
    }
}

/// Whose store is locked.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) account: AccountId,
    pub(super) name: String,
    /// The server's key for rescue files.
    pub(super) server: String,
}

/// What this browser hashes with; none on pages without TLS.
fn subtle() -> Option<SubtleCrypto> {
    let crypto = browser::window()?.crypto().ok()?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?;
    subtle.is_object().then(|| subtle.unchecked_into())
}

/// Whether this browser can lock anything.
pub(super) fn possible() -> bool {
    subtle().is_some()
}

async fn settled(promise: Result<Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}

/// The key that a PIN becomes.
async fn hashed(pin: &str, salt: &str, rounds: u32) -> Option<Key> {
    let (subtle, salt) = (subtle()?, unhex(salt)?);
    let bytes: Object = Uint8Array::from(pin.as_bytes()).unchecked_into();
    let uses = Array::of1(&"deriveBits".into());
    let raw = settled(subtle.import_key_with_str("raw", &bytes, "PBKDF2", false, &uses)).await?;
    let how = Object::new();
    for (name, value) in [
        ("name", JsValue::from("PBKDF2")),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::from(salt.as_slice()).into()),
        ("iterations", rounds.into()),
    ] {
        Reflect::set(&how, &name.into(), &value).ok()?;
    }
    let raw: CryptoKey = raw.unchecked_into();
    let bits = settled(subtle.derive_bits_with_object(&how, &raw, KEY_BITS)).await?;
    Key::of(&Uint8Array::new(&bits).to_vec())
}

/// The data key as it is sealed to the server.
async fn spare(whose: &Whose, data: &Key) -> Option<String> {
    let spare = Spare { account: whose.account, key: hex(data.bytes()) };
    Some(hex(&seal(&whose.server, &serde_json::to_vec(&spare).ok()?).await?))
}

async fn wrap(lock: &mut Lock, pin: &str, data: &Key) -> Option<()> {
    lock.salt = hex(&browser::random::<SALT_BYTES>());
    lock.rounds = ROUNDS;
    let key = hashed(pin, &lock.salt, lock.rounds).await?;
    lock.wrap(&key, &browser::random(), data);
    (lock.wrong, lock.until_ms) = (0, 0);
    Some(())
}

/// Puts everything that is in the store, or will come, under a new lock.
pub(super) async fn set(store: &IndexedDb, whose: &Whose, pin: &str) -> Result<(), Wrong> {
    let data = Key::of(&browser::random::<32>()).ok_or(Wrong::Impossible)?;
    let mut lock = Lock {
        id: hex(&browser::random::<SALT_BYTES>()),
        name: whose.name.clone(),
        salt: String::new(),
        rounds: ROUNDS,
        wrapped: String::new(),
        spare: spare(whose, &data).await.ok_or(Wrong::Impossible)?,
        spare_for: whose.server.clone(),
        wrong: 0,
        until_ms: 0,
    };
    wrap(&mut lock, pin, &data).await.ok_or(Wrong::Impossible)?;
    Ok(store.reseal(Some((lock, data))).await?)
}

/// Opens the store with the PIN, for this page. A try counts before it is tried: closing the page makes
/// none of them undone.
pub(super) async fn unlock(store: &IndexedDb, pin: &str) -> Result<Lock, Wrong> {
    let mut lock = store.lock().await?.ok_or(Wrong::Gone)?;
    let now_ms = browser::now_ms();
    let wait_ms = lock.wait_ms(now_ms);
    if wait_ms > 0 {
        return Err(Wrong::Wait(wait_ms));
    }
    lock.wrong_try(now_ms);
    store.change_lock(&lock).await?;
    let key = hashed(pin, &lock.salt, lock.rounds).await.ok_or(Wrong::Impossible)?;
    let Some(data) = lock.unwrap(&key) else {
        let wait_ms = lock.wait_ms(browser::now_ms());
        return Err(if wait_ms > 0 { Wrong::Wait(wait_ms) } else { Wrong::Pin(lock.left()) });
    };
    (lock.wrong, lock.until_ms) = (0, 0);
    store.change_lock(&lock).await?;
    store.unlock(&lock, data);
    Ok(lock)
}

/// Another PIN before the same data key, which this page holds.
pub(super) async fn renew(store: &IndexedDb, pin: &str) -> Result<(), Wrong> {
    let mut lock = store.lock().await?.ok_or(Wrong::Gone)?;
    let data = store.key().ok_or(Wrong::Gone)?;
    wrap(&mut lock, pin, &data).await.ok_or(Wrong::Impossible)?;
    Ok(store.change_lock(&lock).await?)
}

/// Takes the lock away: everything is stored in plain again.
pub(super) async fn take_away(store: &IndexedDb) -> Result<(), Wrong> {
    Ok(store.reseal(None).await?)
}

/// Opens the store with what the server gives back to whoever has logged in.
pub(super) async fn by_server(store: &IndexedDb, token: &str) -> Result<(), StoreError> {
    let lock = store.lock().await?.ok_or(StoreError::Locked)?;
    let key = api::unlock(token, &lock.spare).await.ok_or(StoreError::Locked)?;
    store.unlock(&lock, key);
    // The key may be none of this store: then it says so now, and not after the first record.
    store.load(&[Table::Meta]).await.map(drop)
}

/// Seals the spare anew where the server has another key by now.
pub(super) async fn follow_server(store: &IndexedDb, whose: &Whose) {
    let (Ok(Some(mut lock)), Some(data)) = (store.lock().await, store.key()) else { return };
    if lock.spare_for == whose.server {
        return;
    }
    if let Some(spare) = spare(whose, &data).await {
        (lock.spare, lock.spare_for) = (spare, whose.server.clone());
        // Tried again at the next opening.
        let _ = store.change_lock(&lock).await;
    }
}
