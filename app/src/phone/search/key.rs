//! What of a person is searched, made ready once; and how one word of a query fits it.

use super::pinyin::{Readings, pinyin};
use shared::person::Person;

/// The rank of a word that names the workshop.
pub(super) const ORG: u8 = 9;
/// Up to here a word is a name, its sound, or a whole number.
pub(super) const SELF: u8 = 4;
/// Longer rows of letters are no name.
const LETTERS_MAX: usize = 40;

/// How one part of a name sounds.
#[derive(Debug, Clone, PartialEq)]
enum Sound {
    /// A character, by its readings.
    Read(Readings),
    /// A word in letters: a piece of the name's key.
    Word(usize, usize),
    /// A character that nobody told us how to read: it may be left out, or stand for any one letter.
    Unknown,
}

/// What of a person is searched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    /// The name in small letters, without what parts it.
    name: String,
    number: String,
    sounds: Vec<Sound>,
}

/// One word of a query.
#[derive(Debug, Clone)]
pub(super) struct Term {
    text: String,
    /// The same as Latin letters, where it is nothing else.
    letters: Option<Vec<u8>>,
}

/// In small letters, full width as half width.
fn folded(c: char) -> impl Iterator<Item = char> {
    let c = match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    };
    c.to_lowercase()
}

/// What stands between the parts of a name, in the many ways in which people type it.
fn parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, '·' | '•' | '・' | '‧' | '∙' | '⋅' | '．' | '.' | '\'' | '’' | '-')
}

impl Term {
    pub(super) fn of(word: &str) -> Self {
        let text: String = word.chars().filter(|c| !parts(*c)).flat_map(folded).collect();
        // `lü` and passports' `lyu` are typed `lv` or `lu`.
        let plain = text.replace('ü', "v").replace("lyu", "lv").replace("nyu", "nv").into_bytes();
        let letters =
            !plain.is_empty() && plain.len() <= LETTERS_MAX && plain.iter().all(u8::is_ascii_lowercase);
        Self { text, letters: letters.then_some(plain) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// One digit or letter is in every second number or name.
    pub(super) fn is_long(&self) -> bool {
        self.text.chars().nth(1).is_some()
    }
}

impl Key {
    pub(super) fn of(person: &Person) -> Self {
        let mut key = Self {
            name: String::with_capacity(person.name.len()),
            number: person.staff_no.as_deref().unwrap_or_default().chars().flat_map(folded).collect(),
            sounds: Vec::new(),
        };
        let name: Vec<char> = person.name.chars().filter(|c| !parts(*c)).collect();
        let mut read = pinyin().read(&name).into_iter();
        let mut word = None;
        for c in person.name.chars() {
            if parts(c) {
                word = None;
                continue;
            }
            let from = key.name.len();
            key.name.extend(folded(c));
            let readings = read.next().unwrap_or_default();
            if c.is_ascii() {
                match (word, key.sounds.last_mut()) {
                    (Some(()), Some(Sound::Word(_, to))) => *to = key.name.len(),
                    _ => key.sounds.push(Sound::Word(from, key.name.len())),
                }
                word = Some(());
            } else {
                let known = readings.iter().any(Option::is_some);
                key.sounds.push(if known { Sound::Read(readings) } else { Sound::Unknown });
                word = None;
            }
        }
        key
    }

    /// How well a word fits: 0 best, none not at all.
    pub(super) fn rank(&self, term: &Term, tail: Option<&str>) -> Option<u8> {
        let text = term.text.as_str();
        if text.is_empty() {
            return Some(0);
        }
        if self.name.starts_with(text) {
            return Some(u8::from(self.name.len() != text.len()));
        }
        if self.number == text || tail == Some(text) {
            return Some(1);
        }
        if let Some(letters) = &term.letters {
            // The initials of the whole name, before others that only begin so.
            if let Some(whole) = self.sounds_like(letters, 0) {
                return Some(if whole { 2 } else { 3 });
            }
        }
        if self.name.contains(text) {
            return Some(4);
        }
        if !term.is_long() {
            return None;
        }
        if self.number.ends_with(text) {
            return Some(5);
        }
        if self.number.contains(text) || tail.is_some_and(|tail| tail.starts_with(text)) {
            return Some(6);
        }
        let later =
            |letters: &Vec<u8>| (1..self.sounds.len()).any(|at| self.sounds_like(letters, at).is_some());
        term.letters.as_ref().is_some_and(later).then_some(7)
    }

    /// Whether the letters are those of the sounds from here on: of each its first letter or more, as `zw`,
    /// `zhangw`, `zhwei`. Some(true) where no sound is left over.
    fn sounds_like(&self, letters: &[u8], at: usize) -> Option<bool> {
        let Some((first, _)) = letters.split_first() else { return Some(at == self.sounds.len()) };
        let mut best = None;
        let mut go_on = |from: usize| {
            if best != Some(true) {
                best = best.max(letters.get(from..).and_then(|rest| self.sounds_like(rest, at + 1)));
            }
        };
        match self.sounds.get(at)? {
            Sound::Unknown => {
                go_on(1);
                go_on(0);
            }
            Sound::Word(from, to) => {
                let word = self.name.as_bytes().get(*from..*to).unwrap_or_default();
                (1..=shared_start(word, letters)).rev().for_each(go_on);
            }
            Sound::Read(readings) => {
                for reading in readings.iter().flatten() {
                    let syllable = pinyin().syllable(*reading).as_bytes();
                    if syllable.first() == Some(first) {
                        (1..=shared_start(syllable, letters)).rev().for_each(&mut go_on);
                    }
                }
            }
        }
        best
    }
}

/// How many letters both begin with; `u` is typed for `v` as well.
fn shared_start(sound: &[u8], letters: &[u8]) -> usize {
    let same = |(a, b): &(&u8, &u8)| a == b || (**a == b'v' && **b == b'u');
    sound.iter().zip(letters).take_while(same).count()
}
