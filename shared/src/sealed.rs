//! Values that are sealed at rest on a phone, and the lock that stands before them (decision 0009).
//! Pure: whoever seals brings the random numbers.

use crate::id::AccountId;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Random bytes that each sealing takes, never the same twice.
pub const NONCE_BYTES: usize = 24;
/// Fewest digits of a PIN.
pub const PIN_MIN: usize = 6;
/// Most digits of a PIN.
pub const PIN_MAX: usize = 12;
/// How often the PIN is hashed (PBKDF2-HMAC-SHA-256): about half a second on a cheap phone.
pub const ROUNDS: u32 = 600_000;
/// Wrong tries before the next one has to wait.
pub const TRIES: u32 = 5;
/// The first wait after too many wrong tries, ms; each further one is twice as long.
const WAIT_MS: i64 = 30_000;
/// The longest wait, ms.
const WAIT_MAX_MS: i64 = 60 * 60_000;

/// A key that seals.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// It was not sealed with this key for this place, or has been changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOpened;

impl Key {
    /// A key of these bytes; none where they are too few or too many.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals a value for one place; the nonce stands before it.
    #[must_use]
    pub fn seal(&self, nonce: &[u8; NONCE_BYTES], place: &str, value: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: value, aad: place.as_bytes() };
        // It fails above 256 GiB alone.
        let sealed = self.cipher().encrypt(XNonce::from_slice(nonce), payload).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(NotOpened)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| NotOpened)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// What the data key is bound to, under the PIN.
const LOCK_PLACE: &str = "lock";

/// The lock before an account's values, as it stands in plain in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Changes with the data key: a page knows by it whether its key is still the one.
    pub id: String,
    /// Whose phone it is, for the lock screen.
    pub name: String,
    /// For hashing the PIN, hex.
    pub salt: String,
    /// How often it is hashed.
    pub rounds: u32,
    /// The data key, sealed under the PIN's key, hex.
    pub wrapped: String,
    /// The data key, sealed to the server as a [`Spare`], hex.
    pub spare: String,
    /// The server's key that it is sealed to (`age1…`).
    pub spare_for: String,
    /// Wrong tries since the last right one.
    #[serde(default)]
    pub wrong: u32,
    /// The phone's clock before which no try counts, ms.
    #[serde(default)]
    pub until_ms: i64,
}

impl Lock {
    /// Puts the data key under another PIN's key.
    pub fn wrap(&mut self, pin: &Key, nonce: &[u8; NONCE_BYTES], data: &Key) {
        self.wrapped = hex(&pin.seal(nonce, LOCK_PLACE, data.bytes()));
    }

    /// The data key, if this is the PIN's key.
    #[must_use]
    pub fn unwrap(&self, pin: &Key) -> Option<Key> {
        Key::of(&pin.open(LOCK_PLACE, &unhex(&self.wrapped)?).ok()?)
    }

    /// Counts a wrong try.
    pub fn wrong_try(&mut self, now_ms: i64) {
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= TRIES {
            let doubled = (self.wrong - TRIES).min(16);
            self.until_ms = now_ms.saturating_add((WAIT_MS << doubled).min(WAIT_MAX_MS));
        }
    }

    /// How long the next try has to wait, ms; 0 where it need not. A clock that was set back makes nobody
    /// wait longer than the longest wait.
    #[must_use]
    pub fn wait_ms(&self, now_ms: i64) -> i64 {
        self.until_ms.saturating_sub(now_ms).clamp(0, WAIT_MAX_MS)
    }

    /// Tries that are left before the first wait; 1 afterwards.
    #[must_use]
    pub fn left(&self) -> u32 {
        TRIES.saturating_sub(self.wrong).max(1)
    }
}

/// Whether this may be a PIN: digits alone, enough of them, not all alike and no mere row up or down.
#[must_use]
pub fn fit(pin: &str) -> bool {
    let digits = pin.as_bytes();
    let fit = (PIN_MIN..=PIN_MAX).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let steps = |step: i16| {
        digits.windows(2).all(|pair| matches!(pair, [a, b] if i16::from(*b) - i16::from(*a) == step))
    };
    fit && ![-1, 0, 1].into_iter().any(steps)
}

/// The data key as the server is handed it: sealed to its key for rescue files, packed like one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spare {
    /// Whose store it opens.
    pub account: AccountId,
    /// The data key, hex.
    pub key: String,
}

/// `POST /api/v1/unlock`: a phone whose PIN was forgotten asks for its data key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnlockRequest {
    /// [`Lock::spare`].
    pub spare: String,
}

/// The data key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnlockAnswer {
    /// Hex.
    pub key: String,
}

/// First byte of a stored value that is plain.
pub const PLAIN: u8 = 1;
/// First byte of a stored value that is sealed.
pub const SEALED: u8 = 2;

/// The place of a stored value, as it is bound into its seal.
#[must_use]
pub fn place(table: &str, key: &str) -> String {
    format!("{table}/{key}")
}

/// A value as it is stored, sealed.
#[must_use]
pub fn stored(key: &Key, nonce: &[u8; NONCE_BYTES], place: &str, value: &[u8]) -> Vec<u8> {
    [&[SEALED], key.seal(nonce, place, value).as_slice()].concat()
}

/// What a stored value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// The value.
    Value(Vec<u8>),
    /// It is sealed, and there is no key.
    Locked,
    /// It cannot be read: damaged, of another key, or of a newer version.
    Unreadable,
}

/// Reads a stored value with the key there is.
#[must_use]
pub fn read(key: Option<&Key>, place: &str, stored: &[u8]) -> Stored {
    match (stored.split_first(), key) {
        (Some((&PLAIN, value)), _) => Stored::Value(value.to_vec()),
        (Some((&SEALED, _)), None) => Stored::Locked,
        (Some((&SEALED, sealed)), Some(key)) => {
            key.open(place, sealed).map_or(Stored::Unreadable, Stored::Value)
        }
        _ => Stored::Unreadable,
    }
}

/// Bytes as hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]).collect()
}

/// The bytes of hex digits; none where they are none.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        Key::of(&[n; KEY_BYTES]).unwrap()
    }

    fn lock() -> Lock {
        Lock {
            id: "1".to_owned(),
            name: "李".to_owned(),
            salt: String::new(),
            rounds: ROUNDS,
            wrapped: String::new(),
            spare: String::new(),
            spare_for: String::new(),
            wrong: 0,
            until_ms: 0,
        }
    }

    #[test]
    fn a_value_is_read_in_its_place_with_its_key_alone() {
        let place = place("rows", "person:1");
        let sealed = stored(&key(1), &[9; NONCE_BYTES], &place, "王桂兰".as_bytes());
        assert_eq!(read(Some(&key(1)), &place, &sealed), Stored::Value("王桂兰".into()));
        assert_eq!(read(None, &place, &sealed), Stored::Locked);
        assert_eq!(read(Some(&key(2)), &place, &sealed), Stored::Unreadable);
        assert_eq!(read(Some(&key(1)), "rows/person:2", &sealed), Stored::Unreadable);
        assert!(!sealed.windows(3).any(|bytes| bytes == "王".as_bytes()));
        for at in 1..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(read(Some(&key(1)), &place, &changed), Stored::Unreadable, "byte {at}");
            assert_eq!(read(Some(&key(1)), &place, &sealed[..at]), Stored::Unreadable, "cut at {at}");
        }
        assert_eq!(read(Some(&key(1)), &place, b"\x01plain"), Stored::Value(b"plain".to_vec()));
        assert_eq!(read(None, &place, b"\x07new"), Stored::Unreadable);
        assert_eq!(read(None, &place, b""), Stored::Unreadable);
    }

    #[test]
    fn the_pin_opens_the_lock_and_a_new_one_instead() {
        let mut lock = lock();
        lock.wrap(&key(1), &[1; NONCE_BYTES], &key(7));
        assert_eq!((lock.unwrap(&key(1)), lock.unwrap(&key(2))), (Some(key(7)), None));
        lock.wrap(&key(2), &[2; NONCE_BYTES], &key(7));
        assert_eq!((lock.unwrap(&key(1)), lock.unwrap(&key(2))), (None, Some(key(7))));
    }

    #[test]
    fn wrong_tries_take_longer_and_longer() {
        let mut lock = lock();
        let waits: Vec<i64> = (0..14)
            .map(|_| {
                lock.wrong_try(0);
                lock.wait_ms(0) / 1_000
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!((lock.wait_ms(3_600_000), lock.wait_ms(-9_999_999)), (0, 3_600_000));
    }

    #[test]
    fn a_pin_is_enough_digits_that_nobody_tries_first() {
        for good in ["120394", "112233", "135790246810"] {
            assert!(fit(good), "{good}");
        }
        for bad in ["12345", "123456", "987654321", "000000", "12345a", "1234567890123", "一二三四五六", ""]
        {
            assert!(!fit(bad), "{bad}");
        }
    }

    #[test]
    fn hex_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!((unhex("0"), unhex("0g"), unhex(""), unhex("é0")), (None, None, Some(vec![]), None));
    }
}
