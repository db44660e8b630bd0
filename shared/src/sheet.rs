//! 签到表: the printed sign-in sheet, and the way back from its numbers (序号) to people. Phone and desk print
//! the same sheet, and a phone reads its numbers, because the order of its lines stands here alone.

use crate::closing::ALPHABET;
use crate::id::PersonId;
use crate::person::Person;
use crate::text::Lang;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Lines of people on a page of A4.
pub const LINES: usize = 25;
/// Empty lines at the end, for people who are on no roster.
pub const SPARE: usize = 10;
/// Characters of the check of a sheet.
const CHECK_CHARS: u32 = 4;

/// One person as the sheet knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The name of the person's org.
    pub org_name: &'a str,
    /// Who.
    pub person: &'a Person,
}

/// The order of the lines: by workshop, staff number and name; numbers of digits by what they are worth.
#[must_use]
pub fn order(a: Entry, b: Entry) -> Ordering {
    let number = |entry: Entry| {
        let number = entry.person.staff_no.as_deref().unwrap_or_default().to_lowercase();
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        // Whoever has no number comes last in a workshop.
        (number.is_empty(), if digits { number.len() } else { usize::MAX }, number)
    };
    let name = |entry: Entry| entry.person.name.to_lowercase();
    let key = |entry: Entry| (number(entry), name(entry), entry.person.id);
    a.org_name.cmp(b.org_name).then_with(|| key(a).cmp(&key(b)))
}

/// Tells one list from another: printed on the sheet, and shown where its numbers are typed. A roster that was
/// changed since has another one, and its numbers may be other people's.
#[must_use]
pub fn check(lines: impl Iterator<Item = PersonId>) -> String {
    // FNV-1a: nobody forges a sheet, but a line too many must show.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for id in lines {
        for byte in id.as_bytes() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^= hash >> 32;
    let character = |place: u32| {
        let value = usize::try_from(hash >> (5 * place) & 31).unwrap_or(0);
        char::from(ALPHABET.get(value).copied().unwrap_or(b'0'))
    };
    (0..CHECK_CHARS).map(character).collect()
}

/// How many pages so many lines need, the spare ones included; one at least.
#[must_use]
pub const fn pages(people: usize) -> usize {
    (people + SPARE).div_ceil(LINES)
}

/// Why a text is no list of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// This is neither a number nor two with a dash between them.
    Word(String),
    /// Nobody has this number: the sheet ends before.
    Beyond(String, u32),
    /// Two numbers of which the first is the greater.
    Backwards(String),
}

crate::messages! {
    WRONG_WORD = "“{}”不是序号", "“{}” is no number of the sheet";
    WRONG_BEYOND = "没有 {} 号，最后一个是 {} 号", "There is no {}: the last number is {}";
    WRONG_BACKWARDS = "“{}”前后颠倒了", "“{}” runs backwards";
}

impl Wrong {
    /// One sentence for people.
    #[must_use]
    pub fn says(&self, lang: Lang) -> String {
        match self {
            Self::Word(word) => WRONG_WORD.with(lang, &[word]),
            Self::Beyond(number, last) => WRONG_BEYOND.with(lang, &[number, &last.to_string()]),
            Self::Backwards(word) => WRONG_BACKWARDS.with(lang, &[word]),
        }
    }
}

/// Digits as a phone in Chinese types them, and what stands between two numbers, in one form each.
const fn plain(c: char) -> char {
    match c {
        '０'..='９' => match char::from_u32(c as u32 - '０' as u32 + '0' as u32) {
            Some(digit) => digit,
            None => c,
        },
        '–' | '—' | '－' | '~' | '～' | '至' | '到' => '-',
        ',' | '，' | '、' | ';' | '；' | '.' | '。' | '/' => ' ',
        c => c,
    }
}

/// The numbers that a text names, as `1-14 16 18`; of a sheet with `last` lines.
///
/// # Errors
/// The first part that names none.
pub fn numbers(text: &str, last: u32) -> Result<BTreeSet<u32>, Wrong> {
    let text: String = text.chars().map(plain).collect();
    // `3 - 9` is one part.
    let joined = text.split('-').map(str::trim).collect::<Vec<_>>().join("-");
    let mut all = BTreeSet::new();
    for word in joined.split_whitespace() {
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        let of = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if !digits {
                return Err(Wrong::Word(word.to_owned()));
            }
            let number = part.parse().ok().filter(|number| (1..=last).contains(number));
            number.ok_or_else(|| Wrong::Beyond(part.to_owned(), last))
        };
        let (from, to) = (of(from)?, of(to)?);
        if from > to {
            return Err(Wrong::Backwards(word.to_owned()));
        }
        all.extend(from..=to);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::OrgId;

    fn person(n: u128, name: &str, staff_no: Option<&str>) -> Person {
        Person {
            id: PersonId::from_u128(n),
            name: name.into(),
            org: OrgId::from_u128(1),
            staff_no: staff_no.map(Into::into),
            phone_tail: None,
        }
    }

    #[test]
    fn lines_stand_by_workshop_and_number() {
        let people = [
            ("乙班", person(1, "王一", Some("12"))),
            ("甲班", person(2, "王二", None)),
            ("甲班", person(3, "王三", Some("10"))),
            ("甲班", person(4, "王四", Some("9"))),
            ("甲班", person(5, "王五", Some("A1"))),
        ];
        let mut lines: Vec<Entry> =
            people.iter().map(|(org_name, person)| Entry { org_name, person }).collect();
        lines.sort_by(|a, b| order(*a, *b));
        let names: Vec<&str> = lines.iter().map(|line| line.person.name.as_str()).collect();
        assert_eq!(names, ["王一", "王四", "王三", "王五", "王二"]);
    }

    #[test]
    fn another_list_has_another_check() {
        let ids = |all: &[u128]| check(all.iter().map(|n| PersonId::from_u128(*n)));
        let mut seen: BTreeSet<String> = (0..200_u128).map(|n| ids(&[n, n + 1])).collect();
        assert!(seen.len() > 195, "twenty bits: {}", seen.len());
        seen.extend([ids(&[1, 2, 3]), ids(&[1, 3, 2]), ids(&[1, 2])]);
        assert_ne!(ids(&[1, 2, 3]), ids(&[1, 3, 2]));
        assert_ne!(ids(&[1, 2, 3]), ids(&[1, 2]));
        assert!(seen.iter().all(|check| check.len() == 4));
    }

    #[test]
    fn pages_hold_the_spare_lines_too() {
        assert_eq!([pages(0), pages(15), pages(16), pages(5_000)], [1, 1, 2, 201]);
    }

    #[test]
    fn numbers_are_typed_in_many_ways() {
        let all = |text| numbers(text, 30).map(|set| set.into_iter().collect::<Vec<_>>());
        assert_eq!(all("1-3 16 18"), Ok(vec![1, 2, 3, 16, 18]));
        assert_eq!(all(" １－３，16、18。 "), Ok(vec![1, 2, 3, 16, 18]));
        assert_eq!(all("1 - 3;3～4 5到5"), Ok(vec![1, 2, 3, 4, 5]));
        assert_eq!(all(""), Ok(vec![]));
        assert_eq!(all("x"), Err(Wrong::Word("x".into())));
        for bad in ["3-", "-3", "1-2-3", "+3", "3a"] {
            assert!(matches!(all(bad), Err(Wrong::Word(_))), "{bad}");
        }
        assert_eq!(all("0"), Err(Wrong::Beyond("0".into(), 30)));
        assert_eq!(all("29-31"), Err(Wrong::Beyond("31".into(), 30)));
        assert_eq!(all("99999999999"), Err(Wrong::Beyond("99999999999".into(), 30)));
        assert_eq!(all("9-3"), Err(Wrong::Backwards("9-3".into())));
    }
}
