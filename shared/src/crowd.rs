//! Distinct persons (人数): a sorted set of numbers in few bytes, and the counting of several together.
//!
//! People of one workshop have numbers close to each other, so that most take one byte. Whoever was
//! present at a session is kept this way beside its counters; a branch's distinct people are then read
//! without reading attendances ([decision](../../docs/decisions/0012-kept-rollups.md)).

/// Bits of a word.
const WORD: u64 = 64;

/// Packs numbers in ascending order as the differences between them, seven bits a byte, the lowest
/// first. Numbers out of order are left out: a set has none.
#[must_use]
pub fn pack(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut next = 0_u64;
    for number in numbers {
        let Some(mut rest) = number.checked_sub(next) else { continue };
        next = number.saturating_add(1);
        loop {
            let low = u8::try_from(rest & 0x7f).unwrap_or(0);
            rest >>= 7;
            if rest == 0 {
                bytes.push(low);
                break;
            }
            bytes.push(low | 0x80);
        }
    }
    bytes
}

/// The numbers of [`pack`], in order; ends where the bytes are no such thing.
pub fn unpack(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let mut bytes = bytes.iter();
    let mut next = 0_u64;
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = *bytes.next()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        let number = number.checked_add(next)?;
        next = number.checked_add(1)?;
        Some(number)
    })
}

/// Persons who count once however often they are added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    words: Vec<u64>,
}

impl Crowd {
    /// Adds one.
    pub fn add(&mut self, number: u64) {
        let Ok(place) = usize::try_from(number / WORD) else { return };
        if place >= self.words.len() {
            self.words.resize(place + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (number % WORD);
        }
    }

    /// Adds all of another.
    pub fn join(&mut self, other: &Self) {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn what_is_packed_comes_out(set in prop::collection::btree_set(prop_oneof![0..500_u64, any::<u64>()], 0..60)) {
            let bytes = pack(set.iter().copied());
            // The highest number of all has none after it and ends the set.
            let expected: BTreeSet<u64> = set.into_iter().filter(|number| *number < u64::MAX).collect();
            prop_assert_eq!(unpack(&bytes).collect::<BTreeSet<u64>>(), expected);
        }

        #[test]
        fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let numbers: Vec<u64> = unpack(&bytes).collect();
            prop_assert!(numbers.is_sorted());
        }

        #[test]
        fn persons_of_several_sessions_count_once(
            sessions in prop::collection::vec(prop::collection::btree_set(0..2_000_u64, 0..50), 0..6),
        ) {
            let mut all = Crowd::default();
            for session in &sessions {
                let mut one = Crowd::default();
                unpack(&pack(session.iter().copied())).for_each(|number| one.add(number));
                prop_assert_eq!(one.count(), session.len() as u64);
                all.join(&one);
            }
            let union: BTreeSet<u64> = sessions.into_iter().flatten().collect();
            prop_assert_eq!(all.count(), union.len() as u64);
        }
    }

    #[test]
    fn people_of_one_workshop_take_a_byte_each() {
        assert_eq!(pack(100_000..100_050).len(), 3 + 49);
    }
}
