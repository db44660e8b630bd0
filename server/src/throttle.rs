//! Who asks too often: guesses at one login name, and requests of one login. Kept in memory, by
//! name and token and never by address, since a whole factory shares one (docs/security.md).

use sha2::{Digest, Sha256};
use shared::stamp::HOUR_MS;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is kept of a name or of a token.
type Key = [u8; 32];

/// Most names, and most logins, that are remembered at once.
const REMEMBERED: usize = 100_000;

/// Wrong passwords that cost nothing but the time to check them.
const FREE: u32 = 5;
/// The wait after the first one above that, seconds; each further one doubles it.
const FIRST_WAIT_S: i64 = 2;
/// Longest wait: then the name is as good as locked, seconds.
const LONGEST_WAIT_S: i64 = 15 * 60;
/// A name that was left alone so long after its wait is forgotten, ms.
const FORGOTTEN_MS: i64 = HOUR_MS;

/// Requests that one login may make at once; a phone that uploads a day's records makes dozens.
const BURST: f64 = 3_000.0;
/// Requests a second that it may make for ever.
const STEADY: f64 = 50.0;

/// Requests of one link to answer by that may come at once: a hall scans it in one minute.
const HALL: f64 = 1_000.0;
/// Requests a second of one link for ever.
const HALL_STEADY: f64 = 20.0;

/// Refused logins under names that no account has which the audit notes at once, and an hour.
const STRANGE: f64 = 60.0;

/// Guesses at one name.
#[derive(Debug, Clone, Copy)]
struct Guesses {
    count: u32,
    /// Nobody is asked for the password before.
    until_ms: i64,
}

/// What is left of what may be done at once.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at_ms: i64,
}

impl Bucket {
    const fn full(size: f64, at_ms: i64) -> Self {
        Self { left: size, at_ms }
    }

    /// Takes one out; else the milliseconds until there is one.
    fn take(&mut self, size: f64, per_ms: f64, now_ms: i64) -> Result<(), i64> {
        // A clock that was set back fills nothing and takes nothing away.
        let since_ms = now_ms.saturating_sub(self.at_ms).max(0);
        self.left = (since_ms as f64).mul_add(per_ms, self.left).min(size);
        self.at_ms = now_ms;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.left) / per_ms).ceil() as i64)
    }

    fn is_full(self, size: f64, per_ms: f64, now_ms: i64) -> bool {
        (now_ms.saturating_sub(self.at_ms).max(0) as f64).mul_add(per_ms, self.left) >= size
    }
}

/// The memory of both.
#[derive(Debug, Default)]
pub struct Throttle {
    names: Mutex<HashMap<Key, Guesses>>,
    logins: Mutex<HashMap<Key, Bucket>>,
    answering: Mutex<HashMap<Key, Bucket>>,
    strange: Mutex<Option<Bucket>>,
}

/// A thread that panicked has left whole entries.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key_of(login: &str) -> Key {
    Sha256::digest(login.as_bytes()).into()
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.saturating_add(999) / 1_000).unwrap_or(u32::MAX).max(1)
}

/// One request, of so many that may come at once and so many a second.
fn take(
    of: &Mutex<HashMap<Key, Bucket>>,
    key: Key,
    (burst, steady): (f64, f64),
    now_ms: i64,
) -> Result<(), u32> {
    let per_ms = steady / 1_000.0;
    let mut buckets = open(of);
    if buckets.len() >= REMEMBERED {
        buckets.retain(|_, bucket| !bucket.is_full(burst, per_ms, now_ms));
    }
    let bucket = buckets.entry(key).or_insert_with(|| Bucket::full(burst, now_ms));
    bucket.take(burst, per_ms, now_ms).map_err(seconds)
}

impl Throttle {
    /// Somebody says to be this, whether or not there is such an account. Counts as a wrong guess
    /// until [`Self::right`] says otherwise, so that many at once are not one.
    ///
    /// # Errors
    /// The seconds to wait, before which nothing is looked at.
    pub fn guess(&self, login: &str, now_ms: i64) -> Result<(), u32> {
        let mut names = open(&self.names);
        if names.len() >= REMEMBERED {
            names.retain(|_, guesses| now_ms < guesses.until_ms.saturating_add(FORGOTTEN_MS));
        }
        if names.len() >= REMEMBERED {
            // Whoever tries so many names is not one that one name's lock would stop.
            names.retain(|_, guesses| guesses.count > FREE);
        }
        if names.len() >= REMEMBERED {
            names.clear();
        }
        let guesses = names.entry(key_of(login)).or_insert(Guesses { count: 0, until_ms: now_ms });
        if guesses.until_ms > now_ms {
            return Err(seconds(guesses.until_ms - now_ms));
        }
        if now_ms >= guesses.until_ms.saturating_add(FORGOTTEN_MS) {
            guesses.count = 0;
        }
        guesses.count = guesses.count.saturating_add(1);
        let above = guesses.count.saturating_sub(FREE);
        let wait_s = match above {
            0 => 0,
            _ => FIRST_WAIT_S.saturating_mul(1 << (above - 1).min(20)).min(LONGEST_WAIT_S),
        };
        guesses.until_ms = now_ms.saturating_add(wait_s * 1_000);
        Ok(())
    }

    /// The password was right.
    pub fn right(&self, login: &str) {
        open(&self.names).remove(&key_of(login));
    }

    /// One request of a login.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn request(&self, token_hash: Key, now_ms: i64) -> Result<(), u32> {
        take(&self.logins, token_hash, (BURST, STEADY), now_ms)
    }

    /// One request of a link to answer by.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn answering(&self, token_hash: Key, now_ms: i64) -> Result<(), u32> {
        take(&self.answering, token_hash, (HALL, HALL_STEADY), now_ms)
    }

    /// Whether a refused login under a name that no account has is still noted: names can be
    /// invented without end, and the audit is never emptied.
    pub fn strange_is_noted(&self, now_ms: i64) -> bool {
        let mut strange = open(&self.strange);
        let bucket = strange.get_or_insert_with(|| Bucket::full(STRANGE, now_ms));
        bucket.take(STRANGE, STRANGE / HOUR_MS as f64, now_ms).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_at_a_name_wait_longer_and_longer() {
        let throttle = Throttle::default();
        let mut now_ms = 1_000_000;
        for _ in 0..FREE {
            throttle.guess("li", now_ms).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            throttle.guess("li", now_ms).unwrap();
            let wait_s = throttle.guess("li", now_ms).unwrap_err();
            assert!(throttle.guess("li", now_ms + i64::from(wait_s) * 1_000 - 1).is_err());
            assert!(throttle.guess("wang", now_ms).is_ok() || waits.len() >= FREE as usize, "another name");
            waits.push(wait_s);
            now_ms += i64::from(wait_s) * 1_000;
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        throttle.right("li");
        for _ in 0..FREE {
            throttle.guess("li", now_ms).unwrap();
        }
        throttle.guess("li", now_ms).unwrap();
        assert_eq!(throttle.guess("li", now_ms), Err(2), "from the beginning");
        assert!(throttle.guess("li", now_ms + 2_000 + FORGOTTEN_MS).is_ok());
        assert!(throttle.guess("li", now_ms + 2_000 + FORGOTTEN_MS).is_ok(), "forgotten");
    }

    #[test]
    fn invented_names_take_no_more_room_than_there_is() {
        let throttle = Throttle::default();
        for _ in 0..=FREE {
            throttle.guess("li", 0).unwrap();
        }
        for n in 0..REMEMBERED {
            throttle.guess(&n.to_string(), 0).unwrap();
        }
        assert!(open(&throttle.names).len() <= REMEMBERED);
        assert!(throttle.guess("li", 0).is_err(), "a lock is not pushed out");
    }

    #[test]
    fn a_login_has_a_burst_and_a_steady_rate() {
        let throttle = Throttle::default();
        let (mine, other) = ([1; 32], [2; 32]);
        for _ in 0..BURST as u32 {
            throttle.request(mine, 5_000).unwrap();
        }
        assert_eq!(throttle.request(mine, 5_000), Err(1));
        assert!(throttle.request(other, 5_000).is_ok(), "another login");
        assert!(throttle.request(mine, 1_000).is_err(), "a clock that was set back fills nothing");
        let mut taken = 0;
        while throttle.request(mine, 2_000).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 50, "a second later");
    }

    #[test]
    fn a_hall_that_scans_one_link_is_let_in_and_another_link_is_another() {
        let throttle = Throttle::default();
        for _ in 0..HALL as u32 {
            throttle.answering([1; 32], 0).unwrap();
        }
        assert_eq!(throttle.answering([1; 32], 0), Err(1));
        throttle.answering([2; 32], 0).unwrap();
        throttle.request([1; 32], 0).unwrap();
        throttle.answering([1; 32], 1_000).unwrap();
    }

    /// A phone with a day's records and no patience: every call fails, and it asks again at once.
    #[test]
    fn a_phone_in_a_bad_network_never_meets_it() {
        let throttle = Throttle::default();
        // Three calls every 300 ms for an hour: more than any phone does.
        for beat in 0..12_000 {
            for _ in 0..3 {
                throttle.request([1; 32], beat * 300).unwrap();
            }
        }
    }

    #[test]
    fn invented_names_do_not_fill_the_audit() {
        let throttle = Throttle::default();
        let noted = (0..1_000).filter(|_| throttle.strange_is_noted(0)).count();
        assert_eq!(noted, STRANGE as usize);
        assert!(throttle.strange_is_noted(HOUR_MS / 60));
        assert!(!throttle.strange_is_noted(HOUR_MS / 60));
    }
}
