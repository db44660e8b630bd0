//! Passwords are kept as argon2id hashes. Checking one is slow on purpose, so few are checked at
//! once, off the threads that serve everybody.

use crate::refuse::Refusal;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use shared::problem::Code;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Most passwords checked at the same time; each takes 19 MiB.
const AT_ONCE: usize = 2;
/// Most that wait for their turn.
const WAITING: usize = 64;
/// Longest password that is looked at, bytes.
const MAX_BYTES: usize = 1024;

/// The place where passwords are checked.
#[derive(Clone)]
pub struct Hashing {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), places: Arc::new(Semaphore::new(AT_ONCE + WAITING)) }
    }
}

impl Hashing {
    /// Whether the password belongs to the hash. Without a hash it is as slow, and false.
    ///
    /// # Errors
    /// `too_many` where too many wait already.
    pub async fn check(&self, password: String, known: Option<String>) -> Result<bool, Refusal> {
        let _place = self.places.try_acquire().map_err(|_| Code::TooMany)?;
        let _turn = self.turns.acquire().await.map_err(|_| Code::Busy)?;
        let checked = tokio::task::spawn_blocking(move || verify(&password, known.as_deref()));
        checked.await.map_err(|_| Code::Internal.into())
    }
}

fn verify(password: &str, known: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if password.len() > MAX_BYTES {
        return false;
    }
    // So that the time taken does not tell whether the name is known.
    let nobody = || NOBODY.get_or_init(|| hash("nobody's password").unwrap_or_default()).as_str();
    let Ok(parsed) = PasswordHash::new(known.unwrap_or_else(nobody)) else { return false };
    let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    right && known.is_some()
}

/// The hash of a new password, for the account's row.
///
/// # Errors
/// The machine gave no randomness, or the password is out of all bounds.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let hashed = Argon2::default().hash_password(password.as_bytes())?;
    Ok(hashed.to_string())
}
