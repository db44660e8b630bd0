//! People: of a roster (花名册), or added on the spot as a walk-in (名单外人员).

use crate::id::{OrgId, PersonId};
use serde::{Deserialize, Serialize};

/// Longest name of a person that is taken.
pub const NAME_MAX_CHARS: usize = 60;
/// Longest staff number that is taken.
pub const STAFF_NO_MAX_CHARS: usize = 32;

/// A person as rosters, walk-ins and pulled rows describe one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person.
    pub id: PersonId,
    /// Name as on the roster.
    pub name: String,
    /// The workshop or union of the roster, or where a walk-in says to belong.
    pub org: OrgId,
    /// Staff number, unique within a grassroots union.
    #[serde(default)]
    pub staff_no: Option<String>,
    /// Last four digits of the phone number; nothing more is ever kept.
    #[serde(default)]
    pub phone_tail: Option<String>,
}

/// What is wrong with a person's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonFault {
    /// No name.
    NoName,
    /// Name longer than [`NAME_MAX_CHARS`].
    NameTooLong,
    /// Name that a spreadsheet would run as a formula, or with control characters.
    NameNotText,
    /// Staff number longer than [`STAFF_NO_MAX_CHARS`] or with control characters.
    BadStaffNo,
    /// Phone tail that is not four digits.
    BadPhoneTail,
}

impl PersonFault {
    /// One sentence for people.
    #[must_use]
    pub const fn says(self, lang: crate::text::Lang) -> &'static str {
        let (zh, en) = match self {
            Self::NoName => ("没有姓名", "no name"),
            Self::NameTooLong => ("姓名超过 60 个字", "the name has more than 60 characters"),
            Self::NameNotText => {
                ("姓名像公式或含有控制字符", "the name looks like a formula or has control characters")
            }
            Self::BadStaffNo => {
                ("工号过长或含有控制字符", "the staff number is too long or has control characters")
            }
            Self::BadPhoneTail => ("手机尾号必须是四位数字", "the phone tail must be four digits"),
        };
        lang.pick(zh, en)
    }
}

impl Person {
    /// Everything that is wrong with the data, in the order of the columns.
    #[must_use]
    pub fn faults(&self) -> Vec<PersonFault> {
        let mut faults: Vec<PersonFault> = name_fault(&self.name).into_iter().collect();
        let control = |text: &str| text.chars().any(char::is_control);
        if let Some(no) = &self.staff_no
            && (no.is_empty() || no.chars().count() > STAFF_NO_MAX_CHARS || control(no))
        {
            faults.push(PersonFault::BadStaffNo);
        }
        if let Some(tail) = &self.phone_tail
            && (tail.len() != 4 || !tail.bytes().all(|b| b.is_ascii_digit()))
        {
            faults.push(PersonFault::BadPhoneTail);
        }
        faults
    }
}

fn name_fault(name: &str) -> Option<PersonFault> {
    if name.trim().is_empty() {
        return Some(PersonFault::NoName);
    }
    if name.chars().count() > NAME_MAX_CHARS {
        return Some(PersonFault::NameTooLong);
    }
    let formula = name.starts_with(['=', '+', '-', '@']);
    (formula || name.chars().any(char::is_control)).then_some(PersonFault::NameNotText)
}
