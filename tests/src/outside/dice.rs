//! Mutations: the same seed and index give the same input, on every machine.

/// Numbers that are the same on every run.
pub struct Dice(u64);

/// No input is made longer than this: somewhat above the limit of a push.
const LONGEST: usize = 320 * 1024;

/// Bytes of a list that is swapped as a whole.
const SMALL: usize = 400;

/// What a token of JSON or a field of a file is swapped for.
const SWAPS: [&str; 24] = [
    "null",
    "true",
    "0",
    "-1",
    "-0.0",
    "1.5",
    "1e999",
    "-1e-999",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "{}",
    "[]",
    "[null]",
    "{\"id\":1,\"id\":2}",
    "\"00000000-0000-0000-0000-000000000000\"",
];

/// Bytes that mean something to some reader.
const BYTES: &[u8] = b"\",;\t\r\n<>/=&%+:{}[]\\0A-\0\x01\x02\x1b\x7f\x80\xc0\xe5\xef\xf0\xff ";

/// Bytes that are no UTF-8, and characters that are unlike others.
const ODD: [&[u8]; 8] = [
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    "\u{feff}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{3000}".as_bytes(),
    "İ".as_bytes(),
];

impl Dice {
    /// Those of one input.
    #[must_use]
    pub fn new(seed: u64, index: u64) -> Self {
        let mut dice =
            Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xbf58_476d_1ce4_e5b9));
        for _ in 0..4 {
            dice.below(2);
        }
        dice
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a generator repeat.
        usize::try_from(self.0 >> 33).unwrap_or_default() % end.max(1)
    }

    /// One of them.
    ///
    /// # Panics
    /// There is none.
    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A seed with a few things done to it.
    pub fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.of(seeds).clone();
        for _ in 0..=self.below(4) {
            self.mutate(&mut bytes, seeds);
            bytes.truncate(LONGEST);
        }
        bytes
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        match self.below(14) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + self.below(40)).min(bytes.len()))),
            2 => {
                let part = bytes[at..(at + self.below(400)).min(bytes.len())].to_vec();
                let times = *self.of(&[1, 1, 2, 20, 600]);
                let room = LONGEST.saturating_sub(bytes.len());
                let many = part.repeat(times);
                bytes.splice(at..at, many.into_iter().take(room));
            }
            3 => {
                let other = self.of(seeds);
                let from = self.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            4 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << self.below(8)),
            5 | 6 => {
                let new = *self.of(BYTES);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = new);
            }
            7 => {
                let odd = *self.of(&ODD);
                bytes.splice(at..at, odd.iter().copied());
            }
            8 => self.length(bytes, at),
            9 => self.digits(bytes, at),
            _ => self.swap(bytes),
        }
    }

    /// Four bytes that may be a length become another one.
    fn length(&mut self, bytes: &mut [u8], at: usize) {
        let new = *self.of(&[0, 1, 0x7f_ff_ff_ff, 0x80_00_00_00, u32::MAX, 64 << 20, 65_536]);
        for (byte, new) in bytes.iter_mut().skip(at).zip(new.to_le_bytes()) {
            *byte = new;
        }
    }

    /// The next run of digits becomes longer, or another number.
    fn digits(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let Some(from) = bytes.iter().skip(at).position(is_digit).map(|skipped| at + skipped) else { return };
        let many = bytes[from..].iter().take_while(|byte| is_digit(byte)).count();
        let new = match self.below(3) {
            0 => bytes[from..from + many].repeat(2),
            1 => self.of(&SWAPS).as_bytes().to_vec(),
            _ => self.below(1_000).to_string().into_bytes(),
        };
        bytes.splice(from..from + many, new);
    }

    /// A token of JSON becomes another value.
    fn swap(&mut self, bytes: &mut Vec<u8>) {
        let spans = tokens(bytes);
        if spans.is_empty() {
            return;
        }
        let (from, to) = *self.of(&spans);
        let new = match self.below(8) {
            0 => format!("\"{}\"", "长x".repeat(self.below(9_000))).into_bytes(),
            1 => deep(*self.of(&[100, 127, 200, 20_000])),
            2 => [b"\"".as_slice(), self.of::<&[u8]>(&ODD), b"\""].concat(),
            3 => {
                let (from, to) = *self.of(&spans);
                bytes[from..to].to_vec()
            }
            4 => Vec::new(),
            _ => self.of(&SWAPS).as_bytes().to_vec(),
        };
        bytes.splice(from..to, new);
    }
}

/// Brackets within brackets.
fn deep(levels: usize) -> Vec<u8> {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels)).into_bytes()
}

/// Where strings, numbers, words and small lists stand, as far as it looks like JSON.
fn tokens(bytes: &[u8]) -> Vec<(usize, usize)> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest[0] {
            b'"' => {
                let mut length = 1;
                while length < rest.len() && rest[length] != b'"' {
                    length += if rest[length] == b'\\' { 2 } else { 1 };
                }
                (length + 1).min(rest.len())
            }
            byte if word(byte) => rest.iter().take_while(|byte| word(**byte)).count(),
            b'[' | b'{' => {
                let end = rest.iter().take(SMALL).position(|byte| b"]}".contains(byte));
                if let Some(end) = end {
                    found.push((at, at + end + 1));
                }
                at += 1;
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        found.push((at, at + length));
        at += length;
    }
    found
}
