//! Chance that can be thrown again: what is made, in which batches and when the kill falls follows
//! from the seed. How the threads of phones and server run beside each other does not.

use crate::harness::Done;

/// A small generator (SplitMix64); nothing here needs a better one.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that the environment asks for, to see a run again, or a new one.
    pub(super) fn seed() -> Done<u64> {
        match std::env::var("JIANGDAO_SEED") {
            Ok(text) => Ok(text.parse().map_err(|why| format!("JIANGDAO_SEED is no number: {why}"))?),
            Err(_) => Ok(uuid::Uuid::new_v4().as_u64_pair().0),
        }
    }

    pub(super) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `from..to`.
    pub(super) const fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.roll() % (to - from)
    }

    /// One of `0..n`; 0 of nothing.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.roll() % n).unwrap_or(0)
    }

    /// One of them; none of none.
    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}
