//! What an account may see (docs/security.md, "Who sees what"), and how a person is masked (脱敏).

use crate::attendance::AttendanceRow;
use crate::id::PersonId;
use crate::person::Person;
use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

words! {
    /// A part of the product that an account may use somewhere.
    May {
        /// Sessions: those of its branch, or those at which it speaks.
        Sessions = "sessions", "场次", "Sessions";
        /// Orgs, figures, people at sessions, and files of them.
        Figures = "figures", "总览", "Figures";
        /// Rosters and closing codes.
        Record = "record", "记录", "Record";
        /// Accounts, devices, what is held, imports; to see what is masked, with a reason.
        Manage = "manage", "管理", "Manage";
        /// The audit.
        Audit = "audit", "审计", "Audit";
    }
}

/// Characters of a reason for which what is masked is shown.
pub const REASON_CHARS: RangeInclusive<usize> = 2..=200;

/// The reason as it is noted; none of one that is too short or too long.
#[must_use]
pub fn reason(given: &str) -> Option<String> {
    let reason = given.trim();
    let plain = !reason.chars().any(char::is_control);
    (plain && REASON_CHARS.contains(&reason.chars().count())).then(|| reason.to_owned())
}

/// A file with nothing masked: `POST /api/v1/exports/….xlsx`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearRequest {
    /// Why: [`REASON_CHARS`].
    pub reason: String,
}

/// `POST /api/v1/sessions/{id}/attendance/reveal`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevealRequest {
    /// Why: [`REASON_CHARS`].
    pub reason: String,
    /// This one alone; none: everybody of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// What was masked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Revealed {
    /// The people in the order of the list, as they are.
    pub persons: Vec<Person>,
}

/// What belongs to the character before it: accents, and selectors of a variant of a character.
fn is_attached(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{200c}'..='\u{200d}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{e0100}'..='\u{e01ef}')
}

/// What parts a name: it stays, so that a name in two parts still looks like one.
fn is_apart(c: char) -> bool {
    c.is_whitespace() || matches!(c, '·' | '•' | '・' | '‧' | '.' | '-' | '－' | '．' | '\u{2013}')
}

/// The first character stays, each further one is a star. A name of one character is hidden whole.
#[must_use]
pub fn masked_name(name: &str) -> String {
    let name = name.trim();
    let mut masked = String::with_capacity(name.len());
    let (mut seen, mut first_ends) = (0, 0);
    for c in name.chars() {
        if is_attached(c) && seen > 0 {
            // Of the first it is a part; of the others nothing is left to attach it to.
            if seen == 1 {
                masked.push(c);
                first_ends = masked.len();
            }
            continue;
        }
        seen += usize::from(!is_apart(c));
        match (is_apart(c), seen) {
            (true, _) => masked.push(c),
            (false, 1) => {
                masked.push(c);
                first_ends = masked.len();
            }
            (false, _) => masked.push('*'),
        }
    }
    if seen == 1 {
        masked.replace_range(..first_ends, "*");
    }
    masked
}

/// Nothing of a staff number but how long it is.
#[must_use]
pub fn masked_staff_no(staff_no: &str) -> String {
    staff_no.chars().map(|_| '*').collect()
}

/// A person as masked lists and files show one: no phone tail, either.
#[must_use]
pub fn masked(person: &Person) -> Person {
    Person {
        id: person.id,
        name: masked_name(&person.name),
        org: person.org,
        staff_no: person.staff_no.as_deref().map(masked_staff_no),
        phone_tail: None,
    }
}

/// An attendance as masked lists and files show one: a note may say anything of a person.
#[must_use]
pub fn masked_row(row: AttendanceRow) -> AttendanceRow {
    AttendanceRow { note: None, ..row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_the_first_character_stays() {
        for (name, want) in [
            ("王芳", "王*"),
            ("欧阳娜娜", "欧***"),
            ("阿依古丽·艾山", "阿***·**"),
            // Beyond the first 65,536 characters: two words of UTF-16, four bytes of UTF-8.
            ("𬱟伟", "𬱟*"),
            ("张𠮷", "张*"),
            // The same character in another writing, chosen by a selector behind it.
            ("葛\u{e0100}葛\u{e0101}亮", "葛\u{e0100}**"),
            ("E\u{301}va Li", "E\u{301}** **"),
            ("丙", "*"),
            ("葛\u{e0100}", "*"),
            (" 丙 ", "*"),
            ("", ""),
            ("·", "·"),
        ] {
            assert_eq!(masked_name(name), want, "{name}");
        }
    }

    #[test]
    fn of_a_person_nothing_else_is_left() {
        let person = Person {
            id: PersonId::from_u128(1),
            name: "王小芳".into(),
            org: crate::id::OrgId::from_u128(2),
            staff_no: Some("A-07".into()),
            phone_tail: Some("9753".into()),
        };
        let masked = masked(&person);
        assert_eq!((masked.name.as_str(), masked.staff_no.as_deref()), ("王**", Some("****")));
        assert_eq!((masked.id, masked.org, masked.phone_tail), (person.id, person.org, None));
    }

    #[test]
    fn a_reason_says_something() {
        assert_eq!(reason(" 核对 ").as_deref(), Some("核对"));
        for bad in ["", " ", "核", " 核 ", "a\u{0}b", &"长".repeat(201)] {
            assert_eq!(reason(bad), None, "{bad:?}");
        }
    }
}
