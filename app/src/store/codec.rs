//! The one way in which values get into the store and out of it: plain, or sealed under the key that its
//! lock asks for (decision 0009).

use super::StoreError;
use crate::browser;
use shared::phone::Table;
use shared::sealed::{self, Key, Lock, PLAIN, Stored};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Key in [`Table::Meta`] of the [`Lock`], which alone is always plain.
pub const LOCK: &str = "lock";

/// A data key, and the lock that it belongs to.
type Held = Rc<RefCell<Option<(String, Key)>>>;

thread_local! {
    /// What this page was given, by the name of the database: gone with the page.
    static KEYS: RefCell<BTreeMap<String, Held>> = const { RefCell::new(BTreeMap::new()) };
}

/// What one page knows of one database's key; clones know the same.
#[derive(Clone, Default)]
pub struct Codec(Held);

impl Codec {
    /// That of the database of this name, shared by all of this page.
    #[must_use]
    pub fn of(database: &str) -> Self {
        let known = KEYS.with_borrow_mut(|keys| Rc::clone(keys.entry(database.to_owned()).or_default()));
        Self(known)
    }

    /// From now on this key is used under the lock of that id.
    pub fn hold(&self, lock: &Lock, key: Key) {
        *self.0.borrow_mut() = Some((lock.id.clone(), key));
    }

    /// There is no key any more.
    pub fn forget(&self) {
        *self.0.borrow_mut() = None;
    }

    /// The key that is held, whatever lock stands.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        self.0.borrow().as_ref().map(|(_, key)| key.clone())
    }

    /// The key that values are sealed with under this lock; none without a lock.
    ///
    /// # Errors
    /// [`StoreError::Locked`]: there is a lock, and its key is not here.
    pub fn under(&self, lock: Option<&Lock>) -> Result<Option<Key>, StoreError> {
        let Some(lock) = lock else {
            self.forget();
            return Ok(None);
        };
        let held = self.0.borrow();
        let key = held.as_ref().filter(|(id, _)| *id == lock.id).map(|(_, key)| key.clone());
        key.map(Some).ok_or(StoreError::Locked)
    }
}

/// A value as it is stored.
#[must_use]
pub fn encode(key: Option<&Key>, table: Table, name: &str, value: &[u8]) -> Vec<u8> {
    match key {
        Some(key) if !is_lock(table, name) => {
            sealed::stored(key, &browser::random(), &sealed::place(table.name(), name), value)
        }
        _ => [&[PLAIN], value].concat(),
    }
}

/// What was given to [`encode`].
///
/// # Errors
/// [`StoreError::Damaged`], also of a newer version's or another key's.
pub fn decode(key: Option<&Key>, table: Table, name: &str, stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    match sealed::read(key, &sealed::place(table.name(), name), stored) {
        Stored::Value(value) => Ok(value),
        Stored::Locked | Stored::Unreadable => Err(StoreError::Damaged),
    }
}

/// Whether this is the lock itself.
#[must_use]
pub fn is_lock(table: Table, name: &str) -> bool {
    table == Table::Meta && name == LOCK
}

/// The place of a form's last words, which stand beside the database.
const LAST_WORDS: &str = "last words";

impl Codec {
    /// A form's last words as they are kept, at once: sealed where there is a key.
    #[must_use]
    pub fn last_words(&self, text: &str) -> String {
        self.key().map_or_else(
            || text.to_owned(),
            |key| sealed::hex(&key.seal(&browser::random(), LAST_WORDS, text.as_bytes())),
        )
    }

    /// What was given to [`Codec::last_words`]; none where it cannot be read.
    #[must_use]
    pub fn heard(&self, kept: &str) -> Option<String> {
        // Forms are JSON objects, and those are no hex.
        let Some(sealed) = sealed::unhex(kept) else { return Some(kept.to_owned()) };
        String::from_utf8(self.key()?.open(LAST_WORDS, &sealed).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_there_and_back() {
        for value in [&b""[..], b"x", b"{\"a\":1}"] {
            let stored = encode(None, Table::Rows, "k", value);
            assert_eq!(decode(None, Table::Rows, "k", &stored), Ok(value.to_vec()));
        }
        for strange in [&b""[..], &[2, 1, 1], &[9]] {
            assert_eq!(decode(None, Table::Rows, "k", strange), Err(StoreError::Damaged));
        }
    }

    #[test]
    fn the_key_of_another_lock_is_none() {
        let lock = |id: &str| -> Lock {
            let text = format!(
                r#"{{"id":"{id}","name":"","salt":"","rounds":1,"wrapped":"","spare":"","spare_for":""}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let key = Key::of(&[1; 32]).unwrap();
        let (codec, same) = (Codec::of("a"), Codec::of("a"));
        assert_eq!(codec.under(Some(&lock("1"))), Err(StoreError::Locked));
        codec.hold(&lock("1"), key.clone());
        assert_eq!(same.under(Some(&lock("1"))), Ok(Some(key)));
        assert_eq!(Codec::of("b").key(), None);
        assert_eq!(codec.under(Some(&lock("2"))), Err(StoreError::Locked));
        assert_eq!(codec.under(None), Ok(None));
        assert_eq!(same.key(), None, "a key without its lock seals nothing more");
    }
}
