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

/// Shortest password that is taken, characters.
const MIN_CHARS: usize = 8;
/// What people think of first, in small letters; so do those who guess.
const COMMON: [&str; 20] = [
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "password",
    "password1",
    "passw0rd",
    "qwertyui",
    "qwertyuiop",
    "1qaz2wsx",
    "abcd1234",
    "a1234567",
    "a12345678",
    "11112222",
    "12341234",
    "woaini520",
    "woaini1314",
    "iloveyou",
    "admin123",
    "jiangdao",
];

/// Whether a password may be set. Length is what protects; the list and the rule against one sign over and
/// over keep out what is guessed first.
///
/// # Errors
/// One sentence in both languages.
pub(crate) fn fit(password: &str) -> Result<(), String> {
    if password.chars().count() < MIN_CHARS {
        return Err(format!("密码至少 {MIN_CHARS} 个字符 / a password has at least {MIN_CHARS} characters"));
    }
    if password.len() > MAX_BYTES {
        return Err("密码太长 / the password is too long".to_owned());
    }
    let mut signs: Vec<char> = password.chars().collect();
    signs.sort_unstable();
    signs.dedup();
    if signs.len() < 3 || COMMON.contains(&password.to_lowercase().as_str()) {
        return Err("这个密码太常见，请换一个 / this password is too common: choose another".to_owned());
    }
    Ok(())
}

/// What is guessed of whoever uses this product.
const OF_THE_PRODUCT: [&str; 6] = ["jiangdao", "讲到", "gonghui", "工会", "union", "xuanjiang"];

/// Whether a person may choose this one: beside [`fit`], an estimate of how many guesses it takes, by one who
/// knows login and name.
///
/// # Errors
/// One sentence in both languages.
fn strong(password: &str, known: &[String; 2]) -> Result<(), String> {
    fit(password)?;
    let known: Vec<&str> = known.iter().map(String::as_str).chain(OF_THE_PRODUCT).collect();
    if zxcvbn::zxcvbn(password, &known).score() < zxcvbn::Score::Three {
        return Err(
            "这个密码容易猜到：请把几个不相干的词连起来，或者再长一些，不要用姓名、用户名、日期和连着的键 / \
             this password is easy to guess: join a few unrelated words, or make it longer, without names, \
             dates or neighbouring keys"
                .to_owned(),
        );
    }
    Ok(())
}

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

impl Hashing {
    /// The hash of a password that a person of this login and name chooses, made in its turn.
    ///
    /// # Errors
    /// `bad_value` where it is easy to guess, `too_many` where too many wait already, or the machine gave no
    /// randomness.
    pub(crate) async fn fresh(&self, password: String, known: [String; 2]) -> Result<String, Refusal> {
        let _place = self.places.try_acquire().map_err(|_| Code::TooMany)?;
        let _turn = self.turns.acquire().await.map_err(|_| Code::Busy)?;
        let hashed = tokio::task::spawn_blocking(move || {
            strong(&password, &known).map_err(Refusal::bad_value)?;
            hash(&password).map_err(|error| {
                tracing::error!(%error, "a password could not be hashed");
                Refusal::from(Code::Internal)
            })
        });
        hashed.await.map_err(|_| Code::Internal)?
    }
}

fn verify(password: &str, known: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if password.len() > MAX_BYTES {
        return false;
    }
    // Accounts that come in by links have none, and are no hash.
    let known = known.filter(|hash| !hash.is_empty());
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

#[cfg(test)]
mod tests {
    use super::{fit, strong};

    #[test]
    fn what_is_guessed_first_is_refused_and_told_why() {
        let known = ["zhaoxiaomei".to_owned(), "赵小梅".to_owned()];
        for weak in [
            "password1234",
            "zhaoxiaomei1",
            "jiangdao2026",
            "gonghui888",
            "19900101",
            "1qaz2wsx3edc",
            "aaaabbbb1",
            "summer2025",
        ] {
            fit(weak).unwrap();
            let why = strong(weak, &known).unwrap_err();
            assert!(why.contains("容易猜到") && why.contains(" / "), "{weak}: {why}");
        }
        for good in ["three walls of brick", "梧桐 铁轨 茶缸 冬至", "k7#vQz!m2Lp9"] {
            strong(good, &known).unwrap_or_else(|why| panic!("{good}: {why}"));
        }
        assert!(strong("short", &known).unwrap_err().contains("at least 8"));
        assert!(strong(&"长".repeat(500), &known).unwrap_err().contains("too long"));
    }
}
